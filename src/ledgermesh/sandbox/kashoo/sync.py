"""The older way to list contacts: open a sync of a business, then read its customers or vendors."""

from __future__ import annotations

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.kashoo.door import Door
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.ids import derived
from ledgermesh.sandbox.kashoo.login import form_fields
from ledgermesh.sandbox.kashoo.query import read, whole_number
from ledgermesh.sandbox.kashoo.reads import Reads

_OPEN_MAX = 1000
"""Syncs that can be open at once; the one not used for longest is forgotten."""
_ROLES = {"customers": "customer", "vendors": "supplier", "": None}


class Sync:
    """The syncs that were opened."""

    def __init__(self, door: Door, reads: Reads) -> None:
        self._door = door
        self._reads = reads
        self._businesses: LRUCache[int, int] = LRUCache(_OPEN_MAX)
        self._opened = 0

    async def open(self, request: Request) -> Response:
        """Begin a sync of the business that the form names."""
        user = self._door.user(request)
        fields = await form_fields(request)
        business = read(fields, "business", whole_number, None)
        if business is None:
            raise Refusal(400, "business: is required")
        self._door.allowed(request, user, business)
        self._opened += 1
        id = derived("sync", str(self._opened))
        self._businesses[id] = business
        return self._door.answer({"id": id})

    async def contacts(self, request: Request) -> Response:
        """One page of the contacts of a role, or of both."""
        user = self._door.user(request)
        id, role = request.path_params["sync"], request.path_params.get("role", "")
        if id not in self._businesses or role not in _ROLES:
            raise Refusal(404, f"No sync {id}, or no contacts {role!r} in it")
        view = self._door.allowed(request, user, self._businesses[id])
        return self._reads.contact_page(request, view, _ROLES[role])
