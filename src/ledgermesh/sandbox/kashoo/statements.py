"""Bank statements that are taken in: each line becomes an adjustment between the bank account and suspense."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.clock import Clock
from ledgermesh.sandbox.books import Account, Journal, Posting
from ledgermesh.sandbox.kashoo.base import adjustment_document
from ledgermesh.sandbox.kashoo.body import Body, read_body
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.changes import check_closed
from ledgermesh.sandbox.kashoo.door import Door
from ledgermesh.sandbox.kashoo.extras import Detail
from ledgermesh.sandbox.kashoo.listing import record_document
from ledgermesh.sandbox.kashoo.lookups import cash_account
from ledgermesh.sandbox.kashoo.ofx import StatementLine, read_statement
from ledgermesh.sandbox.kashoo.records import ADJUSTMENT
from ledgermesh.sandbox.kashoo.view import View
from ledgermesh.sandbox.ledger import SUSPENSE

_KINDS = (".ofx", ".qbo")
_NOT_MADE = 0
"""The id of what a preview shows."""


class _Taken(Struct, frozen=True):
    """One statement and where its lines go."""

    account: Account
    lines: list[StatementLine]


class Statements:
    """Takes statements in; a line that was taken in before is left out."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def take_in(self, request: Request) -> Response:
        """The records that the statement makes, or would make."""
        view, body = self._door.enter(request), await read_body(request)
        taken = _read(view, body)
        known = view.business.extras.imported
        account = view.business.accounts[taken.account.number]
        lines = [line for line in taken.lines if (account, line.id) not in known]
        if body.flag("preview"):
            return self._door.answer(
                [_previewed(view, taken.account, line, self._door.clock) for line in lines]
            )
        journals = [
            _journal(view.business, taken.account, line, number="", clock=self._door.clock) for line in lines
        ]
        for journal in journals:
            check_closed(view.business, None, journal)
        documents = [self._made(view, taken.account, line) for line in lines]
        known.update((account, line.id) for line in lines)
        return self._door.answer(documents)

    def _made(self, view: View, account: Account, line: StatementLine) -> object:
        business = view.business
        number = business.records.free(ADJUSTMENT, business.numbers.next(ADJUSTMENT))
        journal = _journal(business, account, line, number=number, clock=self._door.clock)
        return record_document(view, business.put_record(ADJUSTMENT, journal, Detail(number=number)))


def _read(view: View, body: Body) -> _Taken:
    account = cash_account(body, "account", view.business)
    if account.currency != view.business.books.currency:
        raise body.wrong("account", "must be in the home currency")
    if not body.text("filename").casefold().endswith(_KINDS):
        raise body.wrong("filename", f"must end in {' or '.join(_KINDS)}")
    body.maybe_text("uuid")
    try:
        return _Taken(account, read_statement(body.text("url"), view.today))
    except ValueError as error:
        raise body.wrong("url", "is no OFX or QBO statement") from error


def _previewed(view: View, account: Account, line: StatementLine, clock: Clock) -> object:
    business = view.business
    journal = _journal(business, account, line, number="", clock=clock)
    record = business.records.make(_NOT_MADE, ADJUSTMENT, journal)
    return adjustment_document(view, record, journal)


def _journal(
    business: Business, account: Account, line: StatementLine, *, number: str, clock: Clock
) -> Journal:
    other, amount, zero = _other(business, line), abs(line.amount), Decimal(0)
    first, second = (account.number, other) if line.amount > 0 else (other, account.number)
    sides = [Posting(first, amount, zero, line.text), Posting(second, zero, amount, line.text)]
    now = clock.now()
    return Journal(number, line.date, line.text, sides, now, now)


def _other(business: Business, line: StatementLine) -> str:
    """Suspense, or what comes nearest to it in a chart without one."""
    if SUSPENSE in business.accounts:
        return SUSPENSE
    type = "INCOME" if line.amount > 0 else "EXPENSE"
    return next((row.number for row in business.books.accounts if row.type == type), SUSPENSE)
