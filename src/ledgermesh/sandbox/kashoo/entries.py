"""What was booked to each account: the ledger of the books, kept up to date record by record."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from msgspec import Struct

from ledgermesh.sandbox.arithmetic import rounded
from ledgermesh.sandbox.books import Books, Journal, Paper, Posting, Settlement
from ledgermesh.sandbox.kashoo.extras import Transfer
from ledgermesh.sandbox.kashoo.money import exponent, minor_units
from ledgermesh.sandbox.kashoo.records import (
    ADJUSTMENT,
    BILL,
    BILL_PAYMENT,
    INVOICE,
    INVOICE_PAYMENT,
    KEYS,
    TRANSFER,
    Ordering,
    Record,
    Records,
)
from ledgermesh.sandbox.ledger import ledger

_TYPES = {
    "invoice": INVOICE,
    "bill": BILL,
    "receipt": INVOICE_PAYMENT,
    "disbursement": BILL_PAYMENT,
    "journal": ADJUSTMENT,
}


class Row(Struct, frozen=True):
    """One side of an entry, in minor units of the home currency."""

    record: int
    date: dt.date
    debit: int
    credit: int
    memo: str


class Entries:
    """The rows of every account by date; nothing of removed records is booked."""

    def __init__(self, books: Books, records: Records) -> None:
        self._books = books
        self._records = records
        self._digits = exponent(books.currency)
        self._rows: dict[str, list[Row]] = {}
        self._accounts: dict[int, tuple[str, ...]] = {}
        self._balances: dict[str, list[int]] = {}
        self._orderings: dict[tuple[str, str, bool], Ordering] = {}
        for entry in ledger(books):
            self._book(records.ids[_TYPES[entry.kind], entry.number], entry.date, entry.postings)
        for record in records.by_type[TRANSFER]:
            self._book(record.id, record.date, postings(books, records, record))
        for rows in self._rows.values():
            rows.sort(key=_date)

    def of(self, account: str) -> Sequence[Row]:
        """The account's rows, oldest first."""
        return self._rows.get(account, ())

    def between(self, account: str, start: dt.date | None, end: dt.date | None) -> range:
        """Where in these rows the window lies, both ends included."""
        rows = self.of(account)
        low = 0 if start is None else bisect_left(rows, start, key=_date)
        return range(low, len(rows) if end is None else bisect_right(rows, end, key=_date))

    def balances(self, account: str) -> list[int]:
        """Debits less credits up to and with each row."""
        if account not in self._balances:
            self._balances[account] = list(accumulate(row.debit - row.credit for row in self.of(account)))
        return self._balances[account]

    def ordering(self, account: str, column: str, *, descending: bool) -> Ordering:
        """The records that are booked to the account, in this order."""
        key = (account, column, descending)
        if key not in self._orderings:
            ids = dict.fromkeys(row.record for row in self.of(account))
            rows = sorted((self._records.by_id[id] for id in ids), key=KEYS[column], reverse=descending)
            self._orderings[key] = Ordering(rows, [], descending)
        return self._orderings[key]

    def replace(self, record: Record) -> None:
        """Book this record anew, in place of what was booked of it before."""
        for account in self._accounts.pop(record.id, ()):
            self._rows[account] = [row for row in self._rows[account] if row.record != record.id]
            self._balances.pop(account, None)
        self._book(record.id, record.date, postings(self._books, self._records, record))
        for account in self._accounts.get(record.id, ()):
            rows = self._rows[account]
            made = rows.pop()
            rows.insert(bisect_right(rows, made.date, key=_date), made)
            self._balances.pop(account, None)
        self._orderings.clear()

    def _book(self, id: int, date: dt.date, sides: Iterable[Posting]) -> None:
        """At the end of each account's rows; there is at most one side for an account."""
        accounts = []
        for side in sides:
            debit, credit = minor_units(side.debit, self._digits), minor_units(side.credit, self._digits)
            self._rows.setdefault(side.account, []).append(Row(id, date, debit, credit, side.memo))
            accounts.append(side.account)
        if accounts:
            self._accounts[id] = tuple(accounts)


def postings(books: Books, records: Records, record: Record) -> Sequence[Posting]:
    """How one record is booked: the ledger of books that hold nothing but it and what it settles."""
    source = record.source
    if record.removed:
        return ()
    if isinstance(source, Transfer):
        return _moved(books, source)
    part = Books(books.company, books.provider, books.name, books.legal_name, books.currency, books.country)
    part.accounts, part.taxes = books.accounts, books.taxes
    if isinstance(source, Paper):
        part.invoices = [source]
    elif isinstance(source, Settlement):
        _settle(records, part, source)
    else:
        part.journals = [source]
    return _one(part, _kind(source))


def _settle(records: Records, part: Books, source: Settlement) -> None:
    """A payment clears its papers at their own exchange rates, so they must be there."""
    type = INVOICE if source.kind == "receipt" else BILL
    found = (records.by_id[records.ids[type, number]].source for number, _ in source.allocations)
    papers = [row for row in found if isinstance(row, Paper)]
    if source.kind == "receipt":
        part.receipts, part.invoices = [source], papers
    else:
        part.disbursements, part.bills = [source], papers


def _one(part: Books, kind: str) -> Sequence[Posting]:
    return next((entry.postings for entry in ledger(part) if entry.kind == kind), ())


def _kind(source: Paper | Settlement | Journal) -> str:
    return "journal" if isinstance(source, Journal) else source.kind


def _moved(books: Books, transfer: Transfer) -> Sequence[Posting]:
    amount = rounded(transfer.amount * transfer.exchange_rate, books.currency)
    zero = amount * 0
    return (Posting(transfer.target, amount, zero), Posting(transfer.source, zero, amount))


def _date(row: Row) -> dt.date:
    return row.date
