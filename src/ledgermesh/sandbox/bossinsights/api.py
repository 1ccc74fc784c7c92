"""The data API of one company: lists, single objects, metrics, writes and how a push stands."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.clock import Clock
from ledgermesh.sandbox.bossinsights.body import read_body
from ledgermesh.sandbox.bossinsights.door import Door, Visit
from ledgermesh.sandbox.bossinsights.embedding import query_page
from ledgermesh.sandbox.bossinsights.errors import Refusal, answer
from ledgermesh.sandbox.bossinsights.key_figures import KeyFigures
from ledgermesh.sandbox.bossinsights.listing import list_rows, read_query
from ledgermesh.sandbox.bossinsights.switches import Switches
from ledgermesh.sandbox.bossinsights.sync import Pushes
from ledgermesh.sandbox.bossinsights.tables import TABLES, Table
from ledgermesh.sandbox.bossinsights.view import View
from ledgermesh.sandbox.bossinsights.webhooks import Webhooks
from ledgermesh.sandbox.bossinsights.writers import WRITERS
from ledgermesh.sandbox.bossinsights.writing import Writing

SYNC, METRICS = "sync", "metrics"


class Api:
    """What stands below `/api`."""

    def __init__(
        self, door: Door, pushes: Pushes, webhooks: Webhooks, clock: Clock, switches: Switches
    ) -> None:
        self._door, self._pushes, self._webhooks = door, pushes, webhooks
        self._clock, self._switches = clock, switches
        self._figures = KeyFigures()

    async def answer(self, request: Request, host: str, path: str) -> Response:
        """The answer to a request at a host; `path` is what follows `/api/`. Raises Refusal."""
        visit = self._door.admit(request, host)
        steps = path.split("/") if path else []
        if request.method == "POST":
            return await self._post(request, visit, steps)
        self._allow(request, steps)
        return self._get(request, visit, steps)

    def _view(self, visit: Visit) -> View:
        return View(visit.company.books, self._switches, self._clock.now().date())

    def _allow(self, request: Request, steps: Sequence[str]) -> None:
        """405 for a method that is not there; 404 comes first for a path that is not there."""
        known = not steps or steps[0] in TABLES or steps[0] in (SYNC, METRICS)
        if known and request.method not in ("GET", "HEAD"):
            writes = bool(steps) and steps[0] in WRITERS
            raise _not_allowed(request.method, "GET, POST" if writes else "GET")

    # -- reading ---------------------------------------------------------------------------------------------------

    def _get(self, request: Request, visit: Visit, steps: Sequence[str]) -> Response:
        view = self._view(visit)
        match steps:
            case []:
                return query_page(visit.company)
            case ["metrics"]:
                return answer(self._figures.read(view, visit.company.key, request.query_params))
            case ["sync", id]:
                return answer(self._found(self._pushes.find(visit.company, id)))
            case [name] if name in TABLES:
                return answer(list_rows(view, TABLES[name], read_query(request.query_params)))
            case [name, id] if name in TABLES:
                return answer(self._one(view, TABLES[name], id))
        raise _unknown()

    def _one(self, view: View, table: Table, id: str) -> object:
        row = table.find(view, int(id)) if id.isascii() and id.isdecimal() else None
        return table.document(view, self._found(row))

    def _found(self, row: object | None) -> object:
        if row is None:
            raise _unknown()
        return row

    # -- writing ---------------------------------------------------------------------------------------------------

    async def _post(self, request: Request, visit: Visit, steps: Sequence[str]) -> Response:
        self._allow_post(steps)
        name, *rest = steps
        self._door.check_write(visit)
        view, table = self._view(visit), TABLES[name]
        row = None
        if rest:
            row = self._found(
                table.find(view, int(rest[0])) if rest[0].isascii() and rest[0].isdecimal() else None
            )
        body = read_body(await request.body())
        key = WRITERS[name](Writing(view, body, self._clock.now()), row)
        visit.company.books.invalidate()
        id = view.id(name, key)
        headers = self._follow(request, visit, name, id)
        return answer(table.document(view, self._found(table.find(view, id))), headers=headers)

    def _allow_post(self, steps: Sequence[str]) -> None:
        if not steps or len(steps) > 2 or not (steps[0] in TABLES or steps[0] in (SYNC, METRICS)):
            raise _not_allowed("POST", "GET") if not steps else _unknown()
        if steps[0] not in WRITERS:
            raise _not_allowed("POST", "GET")

    def _follow(self, request: Request, visit: Visit, name: str, id: int) -> dict[str, str]:
        """Push what was written if that is wanted, tell of it, and give the headers of the answer."""
        headers, tracking = {}, request.headers.get("x-tracking-id")
        if tracking is not None:
            headers["X-Tracking-ID"] = tracking
        push = None
        if request.headers.get("x-sync-data", "").casefold() == "push":
            sources = request.headers.get("x-sync-sources")
            push = self._pushes.start(visit.company, name, id, sources=sources, tracking_id=tracking)
            headers["X-Sync-ID"] = push.id
        self._webhooks.tell(
            "data.updated",
            visit.company.key,
            object=name,
            ids=(id,),
            sync_id=None if push is None else push.id,
            tracking_id=tracking,
        )
        return headers


def _unknown() -> Refusal:
    return Refusal(404, "There is no such thing")


def _not_allowed(method: str, allowed: str) -> Refusal:
    return Refusal(405, f"{method} is not allowed here", headers={"Allow": allowed})
