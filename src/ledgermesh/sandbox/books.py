"""What a set of emulated books holds, in no provider's terms: plain double-entry bookkeeping.

The world (`world/`) fills these values once, deterministically; every emulator shows the same values in its
own provider's words, ids, paging and money encoding. Amounts are exact decimals in major units of the
currency beside them; dates have no time zone. Values are mutable where a provider lets its users change them;
whoever changes anything calls `Books.invalidate()` afterwards, because lookups and totals are indexed on
first use.

What a paper comes to is in `arithmetic.py`, the double-entry view in `ledger.py`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar, cast

from ledgermesh.sandbox.more_books import MoreBooks
from ledgermesh.sandbox.office_books import OfficeBooks

K = TypeVar("K")
T = TypeVar("T")


@dataclass
class Account:
    """One row of the chart of accounts."""

    number: str
    name: str
    type: str
    """BANK CREDIT_CARD ACCOUNTS_RECEIVABLE INVENTORY OTHER_CURRENT_ASSET FIXED_ASSET ACCOUNTS_PAYABLE TAX
    OTHER_CURRENT_LIABILITY LONG_TERM_LIABILITY EQUITY INCOME COST_OF_GOODS_SOLD EXPENSE"""
    currency: str
    description: str = ""
    parent: str | None = None
    """Number of the account above it, if any."""
    archived: bool = False
    iban: str | None = None
    bank_name: str | None = None

    @property
    def debit_normal(self) -> bool:
        """Whether a debit raises this account (assets and expenses)."""
        return self.type not in _CREDIT_NORMAL


_CREDIT_NORMAL = frozenset(
    (
        "ACCOUNTS_PAYABLE",
        "TAX",
        "OTHER_CURRENT_LIABILITY",
        "LONG_TERM_LIABILITY",
        "EQUITY",
        "INCOME",
        "CREDIT_CARD",
    )
)


@dataclass
class Party:
    """A customer, a supplier, or both."""

    number: str
    name: str
    customer: bool
    supplier: bool
    person: bool
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    website: str | None
    street: str
    street_no: str
    postcode: str
    city: str
    region: str | None
    country: str
    """ISO 3166 alpha-2."""
    currency: str
    language: str
    """de en es fr it"""
    tax_number: str | None
    payment_terms_days: int | None
    notes: str | None
    created_at: dt.datetime
    """UTC."""
    archived: bool = False
    removed: bool = False


@dataclass
class Tax:
    """One sales tax at one rate; rows with the same name are one tax whose rate changed over time."""

    name: str
    """Short name that documents refer to, for example `GST 5%`."""
    percent: Decimal
    description: str
    valid_from: dt.date
    valid_to: dt.date | None = None


@dataclass
class Item:
    """A product or a service that is sold."""

    number: str
    name: str
    description: str
    service: bool
    price: Decimal
    """Net sales price for one unit, in the books' currency."""
    purchase_price: Decimal | None
    unit: str
    tax: str
    """Name of the tax."""
    income_account: str
    expense_account: str | None
    category: str
    created_at: dt.datetime
    quantity_on_hand: Decimal | None = None
    archived: bool = False


@dataclass(slots=True)
class Line:
    """One line of an invoice or a bill. Prices are net of tax."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    """At most two decimals for money, up to four for rates."""
    account: str
    tax: str | None
    item: str | None = None
    """Number of the item."""
    discount_percent: Decimal = Decimal(0)


@dataclass(slots=True)
class Paper:
    """An invoice (receivable) or a bill (payable)."""

    kind: str
    """invoice | bill"""
    number: str
    """Unique among the books' papers of this kind."""
    date: dt.date
    due: dt.date
    party: str
    """Number of the party."""
    currency: str
    exchange_rate: Decimal
    """1 unit of `currency` in the books' home currency."""
    lines: list[Line]
    memo: str
    po_number: str
    created_at: dt.datetime
    updated_at: dt.datetime
    discount_percent: Decimal = Decimal(0)
    """On the whole document, before tax."""
    state: str = "sent"
    """draft | sent | void"""
    removed: bool = False
    terms: str = ""


@dataclass(slots=True)
class Settlement:
    """Money received for invoices or paid for bills."""

    kind: str
    """receipt (for invoices) | disbursement (for bills)"""
    number: str
    date: dt.date
    party: str
    account: str
    """Number of the bank account."""
    currency: str
    amount: Decimal
    """Always allocations + unallocated."""
    method: str
    """bank_transfer | cash | card | check"""
    allocations: list[tuple[str, Decimal]]
    """(number of the paper, amount in its currency)."""
    created_at: dt.datetime
    updated_at: dt.datetime
    unallocated: Decimal = Decimal(0)
    memo: str = ""
    removed: bool = False
    exchange_rate: Decimal = Decimal(1)
    """1 unit of `currency` in the books' home currency on the day of payment."""


@dataclass(slots=True)
class Posting:
    """One side of a journal entry; exactly one of debit and credit is not zero."""

    account: str
    debit: Decimal
    credit: Decimal
    memo: str = ""


@dataclass
class Journal:
    """A manual journal entry; its debits equal its credits, in the home currency."""

    number: str
    date: dt.date
    memo: str
    postings: list[Posting]
    created_at: dt.datetime
    updated_at: dt.datetime
    removed: bool = False


@dataclass(slots=True)
class BankLine:
    """One line of a bank statement: signed, money in is positive."""

    id: str
    date: dt.date
    description: str
    amount: Decimal
    currency: str
    account: str
    """Number of the bank account."""
    category: str | None
    """Number of the ledger account it was booked to; None while uncategorised."""
    confidence: Decimal | None
    notes: str | None = None
    vat_percent: Decimal | None = None


@dataclass
class File:
    """A document somebody uploaded."""

    id: str
    name: str
    type: str
    """receipt | invoice | contract | bank_statement | other"""
    status: str
    """pending | processed | error"""
    mime_type: str
    size: int
    created_at: dt.datetime
    bank_line: str | None = None


@dataclass
class DueDate:
    """Something the authorities want by a day."""

    id: str
    type: str
    due: dt.date
    status: str
    """pending | completed"""
    notes: str = ""


@dataclass
class Books:
    """One set of books: what one company keeps in one system."""

    company: str
    """The account key, for example `maple-bakery`."""
    provider: str
    """kashoo | trulysmall | accountsos | smallinvoice | bossinsights"""
    name: str
    legal_name: str
    currency: str
    """The home currency."""
    country: str
    accounts: list[Account] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    taxes: list[Tax] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    invoices: list[Paper] = field(default_factory=list)
    bills: list[Paper] = field(default_factory=list)
    receipts: list[Settlement] = field(default_factory=list)
    disbursements: list[Settlement] = field(default_factory=list)
    journals: list[Journal] = field(default_factory=list)
    bank_lines: list[BankLine] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    due_dates: list[DueDate] = field(default_factory=list)
    more: MoreBooks = field(default_factory=MoreBooks)
    office: OfficeBooks = field(default_factory=OfficeBooks)
    _indexes: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def invalidate(self) -> None:
        """Forget every index and cached total; to be called after any change to what these books hold."""
        self._indexes.clear()

    def index(self, name: str, make: Callable[[], T]) -> T:
        """The value `make` gives, made once per name and kept until `invalidate()`."""
        if name not in self._indexes:
            self._indexes[name] = make()
        return cast("T", self._indexes[name])

    def account(self, number: str) -> Account | None:
        """The account with this number."""
        return self.index("account", lambda: {row.number: row for row in self.accounts}).get(number)

    def party(self, number: str) -> Party | None:
        """The party with this number, also an archived or removed one."""
        return self.index("party", lambda: {row.number: row for row in self.parties}).get(number)

    def item(self, number: str) -> Item | None:
        """The item with this number, also an archived one."""
        return self.index("item", lambda: {row.number: row for row in self.items}).get(number)

    def invoice(self, number: str) -> Paper | None:
        """The invoice with this number, also a void or removed one."""
        return self.index("invoice", lambda: {row.number: row for row in self.invoices}).get(number)

    def bill(self, number: str) -> Paper | None:
        """The bill with this number, also a void or removed one."""
        return self.index("bill", lambda: {row.number: row for row in self.bills}).get(number)

    def paper(self, kind: str, number: str) -> Paper | None:
        """The invoice or bill with this number."""
        return self.invoice(number) if kind == "invoice" else self.bill(number)

    def papers_of(self, party: str) -> list[Paper]:
        """The party's invoices, then its bills, each in the order of the books."""
        return self.index("papers_of", self._papers_by_party).get(party, [])

    def settlements(self, paper: Paper) -> list[Settlement]:
        """Receipts of an invoice, disbursements of a bill; without those that are removed."""
        return self.index("settlements", self._settlements_by_paper).get((paper.kind, paper.number), [])

    def paid(self, paper: Paper) -> Decimal:
        """How much of the paper is settled, in the paper's currency; removed settlements do not count."""
        return self.index("paid", self._paid_by_paper).get((paper.kind, paper.number), Decimal(0))

    def tax(self, name: str, on: dt.date) -> Tax | None:
        """The row of this tax that is valid on the day; its earliest row for days before all of them."""
        rows = self.index("tax", self._taxes_by_name).get(name, [])
        return next((row for row in reversed(rows) if row.valid_from <= on), rows[0] if rows else None)

    def bank_line(self, id: str) -> BankLine | None:
        """The bank line with this id."""
        return self.index("bank_line", lambda: {row.id: row for row in self.bank_lines}).get(id)

    def _papers_by_party(self) -> dict[str, list[Paper]]:
        return _grouped((row.party, row) for row in (*self.invoices, *self.bills))

    def _taxes_by_name(self) -> dict[str, list[Tax]]:
        return _grouped((row.name, row) for row in sorted(self.taxes, key=lambda row: row.valid_from))

    def _settlements_by_paper(self) -> dict[tuple[str, str], list[Settlement]]:
        return _grouped((key, row) for key, row, _ in self._allocations())

    def _paid_by_paper(self) -> dict[tuple[str, str], Decimal]:
        paid: dict[tuple[str, str], Decimal] = {}
        for key, _, amount in self._allocations():
            paid[key] = paid.get(key, Decimal(0)) + amount
        return paid

    def _allocations(self) -> Iterable[tuple[tuple[str, str], Settlement, Decimal]]:
        for kind, rows in (("invoice", self.receipts), ("bill", self.disbursements)):
            for row in rows:
                if not row.removed:
                    yield from (((kind, number), row, amount) for number, amount in row.allocations)


def _grouped(pairs: Iterable[tuple[K, T]]) -> dict[K, list[T]]:
    groups: dict[K, list[T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
