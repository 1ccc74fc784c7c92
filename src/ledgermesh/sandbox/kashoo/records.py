"""The records of one business in Kashoo's order of things: numbered, typed, sorted and found quickly."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ledgermesh.sandbox.arithmetic import totals
from ledgermesh.sandbox.books import Books, Journal, Paper, Settlement
from ledgermesh.sandbox.kashoo.dates import milliseconds
from ledgermesh.sandbox.kashoo.money import exponent, minor_units

INVOICE, BILL = "INVOICE", "BILL"
INVOICE_PAYMENT, BILL_PAYMENT = "INVOICE_PAYMENT", "BILL_PAYMENT"
ADJUSTMENT = "ADJUSTMENT"
TYPES = (INVOICE, BILL, INVOICE_PAYMENT, BILL_PAYMENT, ADJUSTMENT)
COLUMNS = ("date", "number", "amount", "lastModified")


@dataclass(frozen=True, slots=True)
class Record:
    """One paper, settlement or journal entry under its Kashoo id."""

    id: int
    type: str
    source: Paper | Settlement | Journal
    contact: int | None
    currency: str
    amount: int
    """Minor units: total due, money moved, or the entry's debits."""
    removed: bool
    date: dt.date
    modified_ms: int


@dataclass(frozen=True)
class Ordering:
    """Records in one order; `days` ascends beside them when the order is by date, else it is empty."""

    rows: Sequence[Record]
    days: Sequence[int]
    descending: bool

    def between(self, start: dt.date | None, end: dt.date | None) -> Iterator[Record]:
        """The records from `start` to `end`, both included."""
        if not self.days:
            return (row for row in self.rows if _within(row.date, start, end))
        first, last = (end, start) if self.descending else (start, end)
        sign = -1 if self.descending else 1
        low = 0 if first is None else bisect_left(self.days, sign * first.toordinal())
        high = len(self.rows) if last is None else bisect_right(self.days, sign * last.toordinal())
        return iter(self.rows[low:high])


class Records:
    """Every record of one business; orders are made when first asked for and kept."""

    def __init__(self, books: Books, make_id: Callable[[str, str], int], contacts: dict[str, int]) -> None:
        self._books = books
        self._make_id = make_id
        self._contacts = contacts
        self.by_type = {type: list(self._of_type(type)) for type in TYPES}
        self.by_id = {row.id: row for rows in self.by_type.values() for row in rows}
        self.ids = {(row.type, row.source.number): row.id for row in self.by_id.values()}
        self._orderings: dict[tuple[tuple[str, ...], str, bool, bool], Ordering] = {}

    def ordering(self, types: tuple[str, ...], column: str, *, descending: bool, removed: bool) -> Ordering:
        """The records of these types in this order; `removed` lets removed ones in.

        Equal keys keep the order in which the books list them, which is not the order of ids.
        """
        key = (types, column, descending, removed)
        if key not in self._orderings:
            rows = [row for type in types for row in self.by_type[type] if removed or not row.removed]
            rows.sort(key=_KEYS[column], reverse=descending)
            sign = -1 if descending else 1
            days = [sign * row.date.toordinal() for row in rows] if column == "date" else []
            self._orderings[key] = Ordering(rows, days, descending)
        return self._orderings[key]

    def _of_type(self, type: str) -> Iterable[Record]:
        sources: dict[str, Sequence[Paper | Settlement | Journal]] = {
            INVOICE: self._books.invoices,
            BILL: self._books.bills,
            INVOICE_PAYMENT: self._books.receipts,
            BILL_PAYMENT: self._books.disbursements,
            ADJUSTMENT: self._books.journals,
        }
        # Kashoo knows no drafts: what is not issued yet is not there.
        return (self._record(type, row) for row in sources[type] if getattr(row, "state", "") != "draft")

    def _record(self, type: str, source: Paper | Settlement | Journal) -> Record:
        currency, amount = self._money(source)
        return Record(
            id=self._make_id(type, source.number),
            type=type,
            source=source,
            contact=None if isinstance(source, Journal) else self._contacts.get(source.party),
            currency=currency,
            amount=minor_units(amount, exponent(currency)),
            removed=source.removed or getattr(source, "state", "") == "void",
            date=source.date,
            modified_ms=milliseconds(source.updated_at),
        )

    def _money(self, source: Paper | Settlement | Journal) -> tuple[str, Decimal]:
        if isinstance(source, Paper):
            return source.currency, totals(self._books, source).total
        if isinstance(source, Settlement):
            return source.currency, source.amount
        return self._books.currency, sum((side.debit for side in source.postings), Decimal(0))


def _within(day: dt.date, start: dt.date | None, end: dt.date | None) -> bool:
    return (start is None or start <= day) and (end is None or day <= end)


_KEYS: dict[str, Callable[[Record], dt.date | str | int]] = {
    "date": lambda row: row.date,
    "number": lambda row: row.source.number,
    "amount": lambda row: row.amount,
    "lastModified": lambda row: row.modified_ms,
}
