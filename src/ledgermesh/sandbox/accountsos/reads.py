"""What can be read: lists by pages, single transactions, reports."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from typing import TypeVar

from starlette.requests import Request

from ledgermesh.clock import Clock
from ledgermesh.sandbox.accountsos import additions, asked, reports, shapes
from ledgermesh.sandbox.accountsos.answers import Refusal, bad_request
from ledgermesh.sandbox.accountsos.intake import Intake
from ledgermesh.sandbox.accountsos.shapes import Document
from ledgermesh.sandbox.accountsos.switches import Switches
from ledgermesh.sandbox.books import BankLine, Books

T = TypeVar("T")

LIMIT_DEFAULT = 50
DAYS_DEFAULT = 90


class Reads:
    """The eight reading operations, by name as the contract calls them."""

    def __init__(self, clock: Clock, switches: Switches, intake: Intake) -> None:
        self._clock, self._switches, self._intake = clock, switches, intake

    async def list_transactions(self, request: Request, books: Books) -> object:
        start, end, wanted = (
            asked.day(request, "from"),
            asked.day(request, "to"),
            request.query_params.get("category"),
        )
        if self._switches.window_ignored:
            start = end = None
        rows = [
            line
            for line in _newest_first(books)
            if (start is None or line.date >= start)
            and (end is None or line.date <= end)
            and (not wanted or wanted in _names(books, line))
        ]
        return self._page(request, "transactions", rows, lambda line: shapes.transaction(books, line))

    async def read_transaction(self, request: Request, books: Books) -> object:
        return self.single("transaction", shapes.transaction(books, transaction(request, books)))

    async def list_documents(self, request: Request, books: Books) -> object:
        self._intake.process(books)
        type, status = request.query_params.get("type"), request.query_params.get("status")
        rows = [
            row
            for row in sorted(books.files, key=lambda row: (row.created_at, row.id), reverse=True)
            if (not type or row.type == type) and (not status or row.status == status)
        ]
        return self._page(request, "documents", rows, shapes.file)

    async def list_deadlines(self, request: Request, books: Books) -> object:
        today, type = self._today(), request.query_params.get("type")
        horizon = today + dt.timedelta(days=asked.number(request, "days", DAYS_DEFAULT, least=0))
        rows = [
            row
            for row in sorted(books.due_dates, key=lambda row: (row.due, row.id))
            if row.status != "completed" and row.due <= horizon and (not type or row.type == type)
        ]
        return {"deadlines": [self._shown("deadlines", shapes.deadline(row, today)) for row in rows]}

    async def list_contacts(self, request: Request, books: Books) -> object:
        type, words = request.query_params.get("type"), request.query_params.get("search", "").casefold()
        shown = [shapes.contact(row) for row in books.parties if not row.removed]
        found = [
            row
            for row in sorted(shown, key=lambda row: (str(row["name"]).casefold(), str(row["id"])))
            if (not type or row["type"] == type) and words in f"{row['name']} {row['email'] or ''}".casefold()
        ]
        return {"contacts": [self._shown("contacts", row) for row in found[: self._limit(request)]]}

    async def read_profit_and_loss(self, request: Request, books: Books) -> object:
        today = self._today()
        start, end = (
            asked.day(request, "from") or dt.date(today.year, 1, 1),
            asked.day(request, "to") or today,
        )
        return self._report(reports.profit_loss(books, start, end))

    async def read_balance_sheet(self, request: Request, books: Books) -> object:
        return self._report(reports.balances(books, asked.day(request, "as_of") or self._today()))

    async def read_vat_return(self, request: Request, books: Books) -> object:
        text = request.query_params.get("period")
        period = reports.quarter(text) if text is not None else reports.current(self._today())
        if period is None:
            raise bad_request("period is a quarter: Q4 2025 or 2025-Q4")
        return self._report(reports.vat_return(books, *period))

    def single(self, name: str, row: Document) -> object:
        """One record, in an object named after it or bare."""
        shown = self._shown(f"{name}s", row)
        return {name: shown} if self._switches.wrapped else shown

    # -- shared --------------------------------------------------------------------------------------------------

    def _today(self) -> dt.date:
        return self._clock.now().date()

    def _report(self, report: Document) -> object:
        return report if self._switches.wrapped else {"report": report}

    def _page(self, request: Request, name: str, rows: list[T], shape: Callable[[T], Document]) -> object:
        limit, offset = self._limit(request), asked.number(request, "offset", 0, least=0)
        page = [self._shown(name, shape(row)) for row in rows[offset : offset + limit]]
        total = len(rows)
        pagination = {
            "total": total,
            "limit": limit,
            "offset": offset,
            "has_more": offset + len(page) < total,
        }
        return {name: page, "pagination": pagination}

    def _limit(self, request: Request) -> int:
        return min(asked.number(request, "limit", LIMIT_DEFAULT, least=1), self._switches.page_size_max)

    def _shown(self, kind: str, row: Document) -> object:
        id = str(row["id"])
        if id in self._switches.replacements:
            return self._switches.replacements[id]
        worded = additions.reworded(kind, row) if self._switches.additive else row
        return worded | self._switches.overrides.get(id, {})


def transaction(request: Request, books: Books) -> BankLine:
    """The one that the path names."""
    line = books.bank_line(request.path_params["id"])
    if line is None:
        raise Refusal(404, "not_found", "There is no such transaction")
    return line


def _newest_first(books: Books) -> list[BankLine]:
    """By date, newest first; lines of one day in an order of their own."""
    return books.index("accountsos newest", lambda: sorted(books.bank_lines, key=_newness))


def _newness(line: BankLine) -> tuple[int, str]:
    return -line.date.toordinal(), hashlib.md5(line.id.encode(), usedforsecurity=False).hexdigest()


def _names(books: Books, line: BankLine) -> Iterable[str]:
    shown = shapes.category(books, line.category)
    return [str(value) for value in shown.values()] if shown is not None else ()
