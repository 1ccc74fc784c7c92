"""Reads of records: each list of them, one of them, and what belongs to an account or a contact."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.kashoo.door import Door, holds_account, holds_contact, holds_record
from ledgermesh.sandbox.kashoo.journal import list_entries
from ledgermesh.sandbox.kashoo.listing import general_page, list_records, matching, record_document
from ledgermesh.sandbox.kashoo.query import Page, Query, read_page, read_query
from ledgermesh.sandbox.kashoo.records import BILL, INVOICE, TYPES

_RECORDS_LIMIT = 50
_ENTRIES_LIMIT = 100


class RecordReads:
    """Reads; nothing here changes the books."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def collection(self, types: tuple[str, ...]) -> Callable[[Request], Awaitable[Response]]:
        """The list of the records of these types."""
        filtered = {INVOICE, BILL} & set(types)

        async def records(request: Request) -> Response:
            view = self._door.enter(request)
            page = self._page(request, _RECORDS_LIMIT)
            query = read_query(request.query_params, payments=not filtered)
            return self._door.answer(list_records(view, query, page, types))

        return records

    async def record(self, request: Request) -> Response:
        """One record of any type, also a removed one."""
        view, id = self._door.find(request, "record", holds_record)
        return self._door.answer(record_document(view, view.business.records.by_id[id]))

    async def account_entries(self, request: Request) -> Response:
        """What was booked to an account."""
        view, id = self._door.find(request, "account", holds_account)
        page, query = self._page(request, _ENTRIES_LIMIT), self._query(request)
        number = view.business.account_by_id[id].number
        return self._door.answer(list_entries(view, number, query, page))

    async def account_records(self, request: Request) -> Response:
        """The records that are booked to an account."""
        view, id = self._door.find(request, "account", holds_account)
        page, query = self._page(request, _ENTRIES_LIMIT), self._query(request)
        number = view.business.account_by_id[id].number
        ordering = view.business.entries.ordering(number, query.column, descending=query.descending)
        found = matching(view, query, ordering.between(query.start, query.end))
        return self._door.answer(general_page(view, found, page))

    async def contact_records(self, request: Request) -> Response:
        """The records of a contact."""
        view, id = self._door.find(request, "contact", holds_contact)
        page = self._page(request, _ENTRIES_LIMIT)
        query = replace(self._query(request), contact=id)
        return self._door.answer(list_records(view, query, page, TYPES))

    def _page(self, request: Request, default: int) -> Page:
        return read_page(request.query_params, default=default, limit_max=self._door.switches.page_size_max)

    def _query(self, request: Request) -> Query:
        """The filters that lists of an account or a contact know; they show nothing removed."""
        query = read_query(request.query_params, payments=True)
        return replace(query, types=frozenset(), include_removed=False, modified_since_ms=None)
