"""The records of one business in Kashoo's order of things: numbered, typed, sorted and found quickly."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from msgspec import Struct

from ledgermesh.sandbox.arithmetic import totals
from ledgermesh.sandbox.books import Books, Journal, Paper, Settlement
from ledgermesh.sandbox.kashoo.dates import milliseconds
from ledgermesh.sandbox.kashoo.extras import Detail, Extras, Transfer
from ledgermesh.sandbox.kashoo.money import exponent, minor_units

INVOICE, BILL = "INVOICE", "BILL"
INVOICE_PAYMENT, BILL_PAYMENT = "INVOICE_PAYMENT", "BILL_PAYMENT"
TRANSFER, ADJUSTMENT = "TRANSFER", "ADJUSTMENT"
TYPES = (INVOICE, BILL, INVOICE_PAYMENT, BILL_PAYMENT, TRANSFER, ADJUSTMENT)
COLUMNS = ("date", "number", "amount", "lastModified")

Source = Paper | Settlement | Transfer | Journal


@dataclass(frozen=True, slots=True)
class Record:
    """One paper, settlement, transfer or journal entry under its Kashoo id."""

    id: int
    type: str
    source: Source
    detail: Detail
    number: str
    contact: int | None
    currency: str
    amount: int
    """Minor units: total due, money moved, or the entry's debits."""
    removed: bool
    date: dt.date
    modified_ms: int


class Ordering(Struct, frozen=True):
    """Records in one order; `days` ascends beside them when the order is by date, else it is empty."""

    rows: Sequence[Record]
    days: Sequence[int]
    descending: bool

    def between(self, start: dt.date | None, end: dt.date | None) -> Iterator[Record]:
        """The records from `start` to `end`, both included."""
        if not self.days:
            return (row for row in self.rows if within(row.date, start, end))
        first, last = (end, start) if self.descending else (start, end)
        sign = -1 if self.descending else 1
        low = 0 if first is None else bisect_left(self.days, sign * first.toordinal())
        high = len(self.rows) if last is None else bisect_right(self.days, sign * last.toordinal())
        return iter(self.rows[low:high])


class Records:
    """Every record of one business; orders are made when first asked for and kept until a record changes."""

    def __init__(
        self, books: Books, extras: Extras, make_id: Callable[[str, str], int], contacts: dict[str, int]
    ) -> None:
        self._books = books
        self._extras = extras
        self._make_id = make_id
        self._contacts = contacts
        self.by_type: dict[str, list[Record]] = {type: [] for type in TYPES}
        self.by_id: dict[int, Record] = {}
        self.ids: dict[tuple[str, str], int] = {}
        """By type and the books' own number."""
        self._places: dict[int, int] = {}
        self._orderings: dict[tuple[tuple[str, ...], str, bool, bool], Ordering] = {}
        for type, sources in listed(books, extras).items():
            for source in sources:
                # Kashoo knows no drafts: what is not issued yet is not there.
                if getattr(source, "state", "") != "draft":
                    self.put(type, source)

    def put(self, type: str, source: Source, detail: Detail | None = None) -> Record:
        """Take in a new record, or one that takes the place of that with the same number."""
        id = self.ids.get((type, source.number))
        new = id is None
        if id is None:
            id = self.ids[type, source.number] = self._make_id(type, source.number)
            self._places[id] = len(self.by_type[type])
        if detail is not None:
            self._extras.details[id] = detail
        record = self.by_id[id] = self.make(id, type, source)
        if new:
            self.by_type[type].append(record)
        else:
            self.by_type[type][self._places[id]] = record
        self._orderings.clear()
        return record

    def free(self, type: str, number: str) -> str:
        """The number, or one made of it that the books do not have yet."""
        found, count = number, 1
        while (type, found) in self.ids:
            count += 1
            found = f"{number}~{count}"
        return found

    def ordering(self, types: tuple[str, ...], column: str, *, descending: bool, removed: bool) -> Ordering:
        """The records of these types in this order; `removed` lets removed ones in.

        Equal keys keep the order in which the books list them, which is not the order of ids.
        """
        key = (types, column, descending, removed)
        if key not in self._orderings:
            rows = [row for type in types for row in self.by_type[type] if removed or not row.removed]
            rows.sort(key=KEYS[column], reverse=descending)
            sign = -1 if descending else 1
            days = [sign * row.date.toordinal() for row in rows] if column == "date" else []
            self._orderings[key] = Ordering(rows, days, descending)
        return self._orderings[key]

    def make(self, id: int, type: str, source: Source) -> Record:
        """The record that this source is, not taken in yet."""
        currency, amount = self._money(source)
        detail = self._extras.detail(type, id)
        party = source.party if isinstance(source, Paper | Settlement) else detail.party
        return Record(
            id=id,
            type=type,
            source=source,
            detail=detail,
            number=source.number if detail.number is None else detail.number,
            contact=None if party is None else self._contacts.get(party),
            currency=currency,
            amount=minor_units(amount, exponent(currency)),
            removed=source.removed or getattr(source, "state", "") == "void",
            date=source.date,
            modified_ms=milliseconds(source.updated_at),
        )

    def _money(self, source: Source) -> tuple[str, Decimal]:
        if isinstance(source, Paper):
            return source.currency, totals(self._books, source).total
        if isinstance(source, Settlement | Transfer):
            return source.currency, source.amount
        return self._books.currency, sum((side.debit for side in source.postings), Decimal(0))


def listed(books: Books, extras: Extras) -> dict[str, list[Source]]:
    """Where the records of each type lie."""
    rows = {
        INVOICE: books.invoices,
        BILL: books.bills,
        INVOICE_PAYMENT: books.receipts,
        BILL_PAYMENT: books.disbursements,
        TRANSFER: extras.transfers,
        ADJUSTMENT: books.journals,
    }
    return cast("dict[str, list[Source]]", rows)


def within(day: dt.date, start: dt.date | None, end: dt.date | None) -> bool:
    """Whether the day is in the window, both ends included."""
    return (start is None or start <= day) and (end is None or day <= end)


def type_word(text: str) -> str:
    """A type in the form in which types are compared: clients write BILL_PAYMENT or billPayment."""
    return text.replace("_", "").casefold()


KEYS: dict[str, Callable[[Record], dt.date | str | int]] = {
    "date": lambda row: row.date,
    "number": lambda row: row.number,
    "amount": lambda row: row.amount,
    "lastModified": lambda row: row.modified_ms,
}
