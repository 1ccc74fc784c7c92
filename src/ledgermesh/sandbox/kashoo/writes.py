"""Writes of what a business is and what its records refer to."""

from __future__ import annotations

import dataclasses

from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.kashoo import masterdata as master
from ledgermesh.sandbox.kashoo.body import read_body
from ledgermesh.sandbox.kashoo.chart import write_account, write_item
from ledgermesh.sandbox.kashoo.door import Door, holds_account, holds_contact
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.partners import contact_information_of, modified, write_contact, write_group
from ledgermesh.sandbox.kashoo.view import View


class Writes:
    """Each write is one step: nothing is changed before everything was read and checked."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def replace_business(self, request: Request) -> Response:
        """What the business says of itself."""
        view, body = self._door.enter(request), await read_body(request)
        books, month = view.business.books, body.whole("fiscalYearEndMonth")
        information, closed = contact_information_of(body), body.day("booksCloseDate")
        if month is not None and not 1 <= month <= 12:
            raise body.wrong("fiscalYearEndMonth", "is a month from 1 to 12")
        books.legal_name, books.name = body.text("legalName"), information["name"] or ""
        view.business.extras.written[view.business.id] = {
            "contactInformation": information,
            "booksCloseDate": closed,
            "fiscalYearEndMonth": month,
        }
        view.business.touch()
        return self._door.answer(master.business_document(view))

    async def create_account(self, request: Request) -> Response:
        """A new account."""
        view, body = self._door.enter(request), await read_body(request)
        id = write_account(body, view.business, self._door.clock)
        return self._door.created(_account(view, id), f"{view.base_url}/accounts/{id}")

    async def replace_account(self, request: Request) -> Response:
        """The whole account; one of the system's own is closed to changes."""
        view, id = self._door.find(request, "account", holds_account)
        body, old = await read_body(request), view.business.account_by_id[id]
        if old.type in master.SYSTEM_TYPES:
            raise Refusal(409, f"Account {id} is read-only")
        write_account(body, view.business, self._door.clock, old)
        return self._door.answer(_account(view, id))

    async def create_contact(self, request: Request) -> Response:
        """A new customer or vendor."""
        view, body = self._door.enter(request), await read_body(request)
        id = write_contact(body, view.business, self._door.clock)
        return self._door.created(_contact(view, id), f"{view.base_url}/contacts/{id}")

    async def replace_contact(self, request: Request) -> Response:
        """The whole contact."""
        view, id = self._door.find(request, "contact", holds_contact)
        body = await read_body(request)
        write_contact(body, view.business, self._door.clock, view.business.contact_by_id[id])
        return self._door.answer(_contact(view, id))

    async def remove_contact(self, request: Request) -> Response:
        """The row stays and is marked."""
        view, id = self._door.find(request, "contact", holds_contact)
        business, party = view.business, view.business.contact_by_id[id]
        if not party.removed:
            business.put_contact(dataclasses.replace(party, removed=True))
            stamp = modified(business, id, self._door.clock, party.created_at)
            business.extras.written.setdefault(id, {})["lastModified"] = stamp
        return Response(status_code=204)

    async def create_group(self, request: Request) -> Response:
        """A new group of contacts."""
        view, body = self._door.enter(request), await read_body(request)
        id = write_group(body, view.business)
        document = master.group_document(view, view.business.group_by_id[id])
        place = f"{view.base_url}/businesses/{view.business.id}/contactGroups/{id}"
        return self._door.created(view.shown(id, document, "group"), place)

    async def create_item(self, request: Request) -> Response:
        """A new product or service."""
        view, body = self._door.enter(request), await read_body(request)
        id = write_item(body, view.business, self._door.clock)
        place = f"{view.base_url}/businesses/{view.business.id}/items/{id}"
        return self._door.created(_item(view, id), place)

    async def replace_item(self, request: Request) -> Response:
        """The whole item."""
        view, body = self._door.enter(request), await read_body(request)
        id = request.path_params["id"]
        old = view.business.item_by_id.get(id)
        if old is None:
            raise Refusal(404, f"No item {id} in this business")
        write_item(body, view.business, self._door.clock, old)
        return self._door.answer(_item(view, id))


def _account(view: View, id: int) -> object:
    document = master.account_document(view, view.business.account_by_id[id])
    return view.shown(id, document, "account")


def _contact(view: View, id: int) -> object:
    document = master.contact_document(view, view.business.contact_by_id[id])
    return view.shown(id, document, "contact")


def _item(view: View, id: int) -> object:
    return view.shown(id, master.item_document(view, view.business.item_by_id[id]), "item")
