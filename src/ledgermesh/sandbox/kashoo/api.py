"""The endpoints below `/api`: who asks, for which business, and which document answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledgermesh.clock import Clock
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.kashoo import masterdata as master
from ledgermesh.sandbox.kashoo.business import business
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.limits import Limits
from ledgermesh.sandbox.kashoo.listing import list_records, record_document
from ledgermesh.sandbox.kashoo.numbers import next_numbers
from ledgermesh.sandbox.kashoo.query import read, read_page, read_query, read_unlimited, truth, whole_number
from ledgermesh.sandbox.kashoo.records import ADJUSTMENT, BILL, BILL_PAYMENT, INVOICE, INVOICE_PAYMENT, TYPES
from ledgermesh.sandbox.kashoo.rendered import encode
from ledgermesh.sandbox.kashoo.switches import Switches
from ledgermesh.sandbox.kashoo.tokens import Tokens
from ledgermesh.sandbox.kashoo.users import User
from ledgermesh.sandbox.kashoo.view import View, with_additions

_COLLECTIONS = {
    "": TYPES,
    "/invoices": (INVOICE,),
    "/bills": (BILL,),
    "/invoicePayments": (INVOICE_PAYMENT,),
    "/billPayments": (BILL_PAYMENT,),
    "/adjustments": (ADJUSTMENT,),
}
_RECORDS_LIMIT = 50
_CONTACTS_LIMIT = 100
_BUSINESSES_LIMIT = 50
_ROLES = {"CUSTOMER": "customer", "VENDOR": "supplier"}


class Api:
    """Reads; nothing here changes the books."""

    def __init__(
        self, books: Mapping[int, Books], tokens: Tokens, limits: Limits, *, clock: Clock, switches: Switches
    ) -> None:
        self._books = books
        self._tokens = tokens
        self._limits = limits
        self._clock = clock
        self._switches = switches

    def routes(self) -> list[Route]:
        """The table of paths, most particular first."""
        within = "/businesses/{business:int}"
        collections = [
            Route(f"{within}/records{path}", self._collection(types)) for path, types in _COLLECTIONS.items()
        ]
        return [
            Route("/users/me/businesses", self.businesses),
            Route(within, self.business),
            Route(f"{within}/accounts", self.accounts),
            Route(f"{within}/contacts", self.contacts),
            Route(f"{within}/items", self.items),
            Route(f"{within}/items/{{id:int}}", self.item),
            Route(f"{within}/taxes", self.taxes),
            Route(f"{within}/records/nextNumbers", self.next_numbers),
            *collections,
            Route("/records/{id:int}", self.record),
            Route("/accounts/{id:int}", self.account),
            Route("/contacts/{id:int}", self.contact),
        ]

    async def businesses(self, request: Request) -> Response:
        """The businesses of the caller."""
        user = self._user(request)
        page = read_page(
            request.query_params, default=_BUSINESSES_LIMIT, limit_max=self._switches.page_size_max
        )
        views = [self._view(request, id) for id in user.businesses[page.offset : page.stop]]
        return self._answer([master.business_document(view) for view in views])

    async def business(self, request: Request) -> Response:
        """One business."""
        return self._answer(master.business_document(self._enter(request)))

    async def accounts(self, request: Request) -> Response:
        """The chart of accounts, whole unless a limit is given."""
        view = self._enter(request)
        page = read_unlimited(request.query_params)
        archived = read(request.query_params, "archived", truth, None)
        type = request.query_params.get("type")
        rows = [
            row
            for row in view.business.books.accounts
            if archived in (None, row.archived) and type in (None, master.account_type(row))
        ]
        shown = (master.account_document(view, row) for row in rows[page.offset : page.stop])
        return self._answer([view.shown(_id(document), document) for document in shown])

    async def contacts(self, request: Request) -> Response:
        """Customers and vendors by name."""
        view = self._enter(request)
        params = request.query_params
        page = read_page(params, default=_CONTACTS_LIMIT, limit_max=self._switches.page_size_max)
        role = params.get("type")
        if role is not None and role not in _ROLES:
            raise Refusal(400, f"type: {role!r} is not one of {', '.join(_ROLES)}")
        rows = [
            row
            for row in view.business.contacts_by_name
            if (role is None or getattr(row, _ROLES[role]))
            and (self._switches.list_removed or not row.removed)
        ]
        shown = (master.contact_document(view, row) for row in rows[page.offset : page.stop])
        return self._answer([view.shown(_id(document), document) for document in shown])

    async def items(self, request: Request) -> Response:
        """Every item; the list has no pages."""
        view = self._enter(request)
        shown = (master.item_document(view, row) for row in view.business.books.items)
        return self._answer([view.shown(_id(document), document) for document in shown])

    async def item(self, request: Request) -> Response:
        """One item."""
        view = self._enter(request)
        id = request.path_params["id"]
        row = view.business.item_by_id.get(id)
        if row is None:
            raise Refusal(404, f"No item {id} in this business")
        return self._answer(view.shown(id, master.item_document(view, row)))

    async def taxes(self, request: Request) -> Response:
        """Taxes with their dated rates in version 2, with one rate each before."""
        view = self._enter(request)
        version = read(request.query_params, "version", whole_number, 1)
        return self._answer(master.tax_documents(view) if version == 2 else master.legacy_tax_documents(view))

    async def next_numbers(self, request: Request) -> Response:
        """The number that the next invoice and the next bill will get."""
        return self._answer(next_numbers(self._enter(request).business))

    async def record(self, request: Request) -> Response:
        """One record of any type, also a removed one."""
        id = request.path_params["id"]
        view = self._find(request, "record", lambda view: id in view.business.records.by_id)
        return self._answer(record_document(view, view.business.records.by_id[id]))

    async def account(self, request: Request) -> Response:
        """One account."""
        id = request.path_params["id"]
        view = self._find(request, "account", lambda view: id in view.business.account_by_id)
        return self._answer(view.shown(id, master.account_document(view, view.business.account_by_id[id])))

    async def contact(self, request: Request) -> Response:
        """One contact, also a removed one."""
        id = request.path_params["id"]
        view = self._find(request, "contact", lambda view: id in view.business.contact_by_id)
        return self._answer(view.shown(id, master.contact_document(view, view.business.contact_by_id[id])))

    def _collection(self, types: tuple[str, ...]) -> Callable[[Request], object]:
        filtered = {INVOICE, BILL} & set(types)

        async def records(request: Request) -> Response:
            view = self._enter(request)
            params = request.query_params
            page = read_page(params, default=_RECORDS_LIMIT, limit_max=self._switches.page_size_max)
            query = read_query(params, payments=not filtered)
            return self._answer(list_records(view, query, page, types))

        return records

    def _user(self, request: Request) -> User:
        user = self._tokens.user(request.headers.get("authorization"))
        self._limits.count(user)
        return user

    def _enter(self, request: Request) -> View:
        """The business of the path as its user sees it; 401, 402, 403, 404 or 429 otherwise."""
        user = self._user(request)
        id = request.path_params["business"]
        if id not in self._books:
            raise Refusal(404, f"No business {id}")
        return self._allowed(request, user, id)

    def _find(self, request: Request, kind: str, holds: Callable[[View], bool]) -> View:
        """The business that holds the object of the path, looked for among all of them."""
        user = self._user(request)
        for id in self._books:
            if holds(self._view(request, id)):
                return self._allowed(request, user, id)
        raise Refusal(404, f"No {kind} {request.path_params['id']}")

    def _allowed(self, request: Request, user: User, id: int) -> View:
        if id not in user.businesses:
            raise Refusal(403, f"No access to business {id}")
        if id in self._switches.lapsed_businesses:
            raise Refusal(402, f"The subscription of business {id} has ended")
        return self._view(request, id)

    def _view(self, request: Request, id: int) -> View:
        # The scope's root path ends in /api here, and begins with whatever the emulator is mounted below.
        base = f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"
        return View(business(self._books[id]), self._switches, self._clock.now().date(), base)

    def _answer(self, document: object) -> Response:
        shown = with_additions(document) if self._switches.additive else document
        return Response(encode(shown), media_type="application/json")


def _id(document: Mapping[str, object]) -> int:
    return int(str(document["id"]))
