"""An emulator of Acorn Books, which does not exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ledgermesh.clock import Clock
from ledgermesh.sandbox.arithmetic import balance, line_net, totals
from ledgermesh.sandbox.books import Books, Paper, Party
from ledgermesh.sandbox.emulator import Access
from ledgermesh.sandbox.world import World, invoicing_books
from ledgermesh.sandbox.world.companies import Size
from ledgermesh.sandbox.world.keeper import Keeper

KEEPER = Keeper("EUR", "CH", invoicing_books.fill, joins={"maple-bakery": Size(invoices=80, customers=30)})
Json = dict[str, object]


class Acorn:
    """Acorn Books over the world's books."""

    name = "acorn"

    def __init__(self, world: World) -> None:
        self._by_key = {f"acorn-{books.company}": books for books in world.of(self.name)}
        self.app = Starlette(
            routes=[
                Route("/v1/clients", self._clients),
                Route("/v1/clients/{ref}", self._client),
                Route("/v1/sales", self._sales),
                Route("/v1/sales/{ref}", self._sale),
            ]
        )

    def credentials(self, books: Books) -> Mapping[str, str]:
        """The key that its settings page shows."""
        return {"api_key": f"acorn-{books.company}"}

    def access(self, books: Books) -> Access:
        """The same."""
        return Access(base_path="/v1", scheme="api_key", secrets=self.credentials(books))

    def _books(self, request: Request) -> Books | None:
        return self._by_key.get(request.headers.get("x-acorn-key", ""))

    async def _clients(self, request: Request) -> Response:
        books = self._books(request)
        return (
            _refused()
            if books is None
            else JSONResponse(_page(request, [_client(each) for each in books.parties], 25))
        )

    async def _client(self, request: Request) -> Response:
        books = self._books(request)
        found = books.party(request.path_params["ref"]) if books is not None else None
        return _refused() if books is None else _found(_client(found) if found is not None else None)

    async def _sales(self, request: Request) -> Response:
        books = self._books(request)
        if books is None:
            return _refused()
        papers = sorted(books.invoices, key=lambda paper: (paper.date, paper.number))
        if request.query_params.get("order") == "-day":
            papers.reverse()
        size = min(int(request.query_params.get("per_page", "20")), 50)
        return JSONResponse({"rows": _page(request, [_sale(books, paper) for paper in papers], size)})

    async def _sale(self, request: Request) -> Response:
        books = self._books(request)
        found = books.invoice(request.path_params["ref"]) if books is not None else None
        return _refused() if books is None else _found(_sale(books, found) if found is not None else None)


def _refused() -> Response:
    return JSONResponse({"why": "no such key"}, 401)


def _found(document: Json | None) -> Response:
    return JSONResponse({"why": "not there"}, 404) if document is None else JSONResponse(document)


def _page(request: Request, rows: Sequence[Json], size: int) -> Sequence[Json]:
    start = (int(request.query_params.get("page", "1")) - 1) * size
    return rows[start : start + size]


def _client(party: Party) -> Json:
    return {"ref": party.number, "title": party.name, "mail": party.email}


def _sale(books: Books, paper: Paper) -> Json:
    total, left = totals(books, paper).total, balance(books, paper)
    state = "settled" if left == 0 else "open" if left == total else "part"
    return {
        "ref": paper.number, "day": paper.date.isoformat(), "pay_by": paper.due.isoformat(), "state": state,
        "cur": paper.currency, "sum": _text(total), "open": _text(left), "client": paper.party,
        "touched": paper.updated_at.isoformat(),
        "lines": [
            {"what": line.description, "count": _text(line.quantity), "net": _text(line_net(line, paper.currency))}
            for line in paper.lines
        ],
    }  # fmt: skip


def _text(number: Decimal) -> str:
    return format(number, "f")


def make(world: World, clock: Clock) -> Acorn:
    """Acorn Books over the world's books."""
    return Acorn(world)
