"""What a set of emulated books holds, in no provider's terms: plain double-entry bookkeeping.

The world (`world.py`) fills these values once, deterministically; every emulator shows the same values in its own
provider's words, ids, paging and money encoding. Amounts are exact decimals in major units of the currency beside
them; dates have no time zone. Values are mutable where a provider lets its users change them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal


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
    ("ACCOUNTS_PAYABLE", "TAX", "OTHER_CURRENT_LIABILITY", "LONG_TERM_LIABILITY", "EQUITY", "INCOME", "CREDIT_CARD")
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
    """One sales tax."""

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


@dataclass
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


@dataclass
class Paper:
    """An invoice (receivable) or a bill (payable)."""

    kind: str
    """invoice | bill"""
    number: str
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


@dataclass
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


@dataclass
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


@dataclass
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
