"""What some books hold beside plain bookkeeping: pay, a shop, cash purchases, credit, and where records come from.

The ledger knows none of it; `booking.py` writes the journal entry that books each of these records. Amounts are exact
decimals in major units, as in `books.py`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from ledgermesh.sandbox.books import Line, Paper

_ZERO = Decimal(0)


class Origin(Struct, frozen=True):
    """The system a record was first kept in."""

    integration: str
    """For example quickbooks."""
    id: str
    """Its id there."""


@dataclass
class Employee:
    """Somebody who works for the company."""

    number: str
    name: str
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    title: str | None
    department: str | None
    frequency: str
    """How often there is pay: biweekly | monthly, or another word."""
    hourly_rate: Decimal | None
    salary: Decimal | None
    """For a year."""
    standard_hours: Decimal | None
    """In a pay period."""
    hired: dt.date
    ended: dt.date | None
    created_at: dt.datetime
    updated_at: dt.datetime
    active: bool = True


@dataclass
class PayCheck:
    """What one employee was paid for one period. In the mappings, what is not there is nothing."""

    number: str
    """Of the check; unique."""
    employee: str
    start: dt.date
    end: dt.date
    date: dt.date
    description: str
    hours: dict[str, Decimal]
    """By kind: regular overtime holiday sick."""
    earnings: dict[str, Decimal]
    """By kind: regular overtime holiday sick commission bonus other."""
    taxes: dict[str, Decimal]
    """The employee's: social_security medicare fica federal state local other."""
    deductions: dict[str, Decimal]
    """dental health hsa pre_tax after_tax voluntary garnishment."""
    employer: dict[str, Decimal]
    """Taxes on top: futa suta social_security medicare state other_tax other_contributions."""
    created_at: dt.datetime
    updated_at: dt.datetime
    reimbursements: Decimal = _ZERO

    @property
    def gross(self) -> Decimal:
        """All earnings."""
        return sum(self.earnings.values(), _ZERO)

    @property
    def net(self) -> Decimal:
        """What is paid out: gross less the employee's taxes and deductions, plus reimbursements."""
        kept = sum(self.taxes.values(), _ZERO) + sum(self.deductions.values(), _ZERO)
        return self.gross - kept + self.reimbursements


@dataclass(slots=True)
class Order:
    """What a customer bought in the shop."""

    number: str
    date: dt.date
    party: str | None
    """Number of the party; None for somebody unknown."""
    lines: list[Line]
    tax: Decimal
    shipping: Decimal
    status: str
    """completed | refunded"""
    created_at: dt.datetime
    updated_at: dt.datetime
    net: Decimal = _ZERO
    """Sum of the lines."""

    @property
    def total(self) -> Decimal:
        """What the customer paid."""
        return self.net + self.tax + self.shipping


@dataclass(slots=True)
class Charge:
    """Money that the shop's payment service moved; a refund is negative."""

    id: str
    date: dt.date
    type: str
    """payment | refund"""
    order: str
    description: str
    amount: Decimal
    fee: Decimal
    created_at: dt.datetime
    status: str = "completed"


@dataclass
class Expense:
    """A purchase that was paid at once."""

    paper: Paper
    """Of kind `expense`; its party is the vendor."""
    account: str
    """Number of the account it was paid from."""
    method: str
    """bank_transfer | cash | card | check"""


@dataclass
class CreditNote:
    """What a customer gets back."""

    paper: Paper
    """Of kind `credit_note`; amounts are positive."""
    refunded_from: str | None = None
    """Number of the account it was paid out of; None while it is open."""


@dataclass
class MoreBooks:
    """All of that for one set of books."""

    employees: list[Employee] = field(default_factory=list)
    pay_checks: list[PayCheck] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    expenses: list[Expense] = field(default_factory=list)
    credit_notes: list[CreditNote] = field(default_factory=list)
    origins: dict[tuple[str, str], Origin] = field(default_factory=dict)
    """(kind of record, its number) -> where it was taken over from."""
