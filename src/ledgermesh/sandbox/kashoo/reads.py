"""Reads of what a business is and what its records refer to."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.books import Account
from ledgermesh.sandbox.kashoo import masterdata as master
from ledgermesh.sandbox.kashoo.billing import contract_invoices, plan_document
from ledgermesh.sandbox.kashoo.dates import parse_day
from ledgermesh.sandbox.kashoo.door import Door, holds_account, holds_contact
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.person import user_document
from ledgermesh.sandbox.kashoo.query import Page, read, read_page, read_unlimited, truth, whole_number
from ledgermesh.sandbox.kashoo.taxes import available_documents, legacy_tax_documents, tax_documents
from ledgermesh.sandbox.kashoo.view import Document, View

_CONTACTS_LIMIT = 100
_BUSINESSES_LIMIT = 50
_CONTRACT_LIMIT = 50
_ROLES = {"CUSTOMER": "customer", "VENDOR": "supplier"}


class Reads:
    """Reads; nothing here changes the books."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def user(self, request: Request) -> Response:
        """Whose token it is."""
        user = self._door.user(request)
        return self._door.answer(user_document(user, self._door, self._door.base(request)))

    async def businesses(self, request: Request) -> Response:
        """The businesses of the caller."""
        user = self._door.user(request)
        page = self._page(request, _BUSINESSES_LIMIT)
        views = [self._door.view(request, id) for id in user.businesses[page.offset : page.stop]]
        return self._door.answer([master.business_document(view) for view in views])

    async def business(self, request: Request) -> Response:
        """One business."""
        return self._door.answer(master.business_document(self._door.enter(request)))

    async def accounts(self, request: Request) -> Response:
        """The chart of accounts, whole unless a limit is given."""
        view = self._door.enter(request)
        page = read_unlimited(request.query_params)
        archived = read(request.query_params, "archived", truth, None)
        type = request.query_params.get("type")
        rows = [
            row
            for row in view.business.books.accounts
            if archived in (None, row.archived)
            and type in (None, master.account_type(row))
            and self._listed(view, view.business.accounts[row.number])
        ]
        shown = (master.account_document(view, row) for row in rows[page.offset : page.stop])
        return self._rows(view, shown, "account")

    async def contacts(self, request: Request) -> Response:
        """Customers and vendors by name."""
        view = self._door.enter(request)
        role = request.query_params.get("type")
        if role is not None and role not in _ROLES:
            raise Refusal(400, f"type: {role!r} is not one of {', '.join(_ROLES)}")
        return self.contact_page(request, view, None if role is None else _ROLES[role])

    def contact_page(self, request: Request, view: View, role: str | None) -> Response:
        """One page of the contacts of a role, customer or supplier."""
        page = self._page(request, _CONTACTS_LIMIT)
        rows = [
            row
            for row in view.business.contacts_by_name
            if (role is None or getattr(row, role)) and (self._door.switches.list_removed or not row.removed)
        ]
        shown = (master.contact_document(view, row) for row in rows[page.offset : page.stop])
        return self._rows(view, shown, "contact")

    async def groups(self, request: Request) -> Response:
        """Every group of contacts; the list has no pages."""
        view = self._door.enter(request)
        rows = [
            row for row in view.business.extras.groups if self._door.switches.list_removed or not row.removed
        ]
        return self._rows(view, (master.group_document(view, row) for row in rows), "group")

    async def items(self, request: Request) -> Response:
        """Every item; the list has no pages."""
        view = self._door.enter(request)
        business = view.business
        rows = [row for row in business.books.items if self._listed(view, business.items[row.number])]
        return self._rows(view, (master.item_document(view, row) for row in rows), "item")

    async def item(self, request: Request) -> Response:
        """One item."""
        view, id = self._door.enter(request), request.path_params["id"]
        row = view.business.item_by_id.get(id)
        if row is None:
            raise Refusal(404, f"No item {id} in this business")
        return self._door.answer(view.shown(id, master.item_document(view, row), "item"))

    async def taxes(self, request: Request) -> Response:
        """Taxes with their dated rates in version 2, with one rate each before."""
        view = self._door.enter(request)
        version = read(request.query_params, "version", whole_number, 1)
        return self._door.answer(tax_documents(view) if version == 2 else legacy_tax_documents(view))

    async def available_taxes(self, request: Request) -> Response:
        """Taxes the business charges or could charge."""
        return self._door.answer(available_documents(self._door.enter(request)))

    async def next_numbers(self, request: Request) -> Response:
        """The number that the next invoice and the next bill will get."""
        return self._door.answer(self._door.enter(request).business.numbers.shown())

    async def account(self, request: Request) -> Response:
        """One account."""
        view, id = self._door.find(request, "account", holds_account)
        row: Account = view.business.account_by_id[id]
        return self._door.answer(view.shown(id, master.account_document(view, row), "account"))

    async def contact(self, request: Request) -> Response:
        """One contact, also a removed one."""
        view, id = self._door.find(request, "contact", holds_contact)
        row = view.business.contact_by_id[id]
        return self._door.answer(view.shown(id, master.contact_document(view, row), "contact"))

    async def contract(self, request: Request) -> Response:
        """The plan of the business."""
        view = self._door.enter(request)
        return self._door.answer(view.shown(view.business.id, plan_document(view.business), "plan"))

    async def contract_invoices(self, request: Request) -> Response:
        """What the vendor has billed for the plan, newest first."""
        view = self._door.enter(request)
        page = self._page(request, _CONTRACT_LIMIT)
        start = read(request.query_params, "startDate", parse_day, None)
        end = read(request.query_params, "endDate", parse_day, None)
        return self._door.answer(contract_invoices(view, start, end)[page.offset : page.stop])

    def _page(self, request: Request, default: int) -> Page:
        return read_page(request.query_params, default=default, limit_max=self._door.switches.page_size_max)

    def _listed(self, view: View, id: int) -> bool:
        removed = view.business.extras.written.get(id, {}).get("removed", False)
        return self._door.switches.list_removed or not removed

    def _rows(self, view: View, documents: Iterable[Document], kind: str) -> Response:
        return self._door.answer([view.shown(int(str(row["id"])), row, kind) for row in documents])
