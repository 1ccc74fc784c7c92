"""The kinds of record a company's books hold: where they stand in the schema, and their documented defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledgermesh.model.account import Account
from ledgermesh.model.banking import BankAccount, BankTransaction
from ledgermesh.model.item import Item, TaxRate
from ledgermesh.model.ledger import JournalEntry
from ledgermesh.model.paper import Deadline, Document
from ledgermesh.model.party import Party
from ledgermesh.model.payment import BillPayment, Payment
from ledgermesh.model.trade import Bill, Invoice
from ledgermesh.spec.query import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of record."""

    type: Any
    """The Strawberry type, a subclass of Record."""
    many: str
    """Python name of the list field on Company."""
    one: str
    """Python name of the singular field."""
    what: str
    """The records in words, for descriptions."""
    order: tuple[Order, ...]
    """The default order."""
    search: tuple[str, ...]
    """Text fields that `search` looks into, ignoring case."""
    number: str | None = None
    """The field that people know a record by."""

    @property
    def name(self) -> str:
        """The GraphQL type name."""
        name: str = self.type.__name__
        return name


NEWEST = (Order("date", descending=True),)

KINDS: tuple[Kind, ...] = (
    Kind(
        type=Account, many="accounts", one="account", what="Accounts of the chart", number="code",
        order=(Order("code"), Order("name")), search=("code", "name", "description"),
    ),
    Kind(
        type=Party, many="parties", one="party", what="Customers and suppliers", number="number",
        order=(Order("display_name"),), search=("display_name", "company_name", "email", "number", "tax_number"),
    ),
    Kind(
        type=Item, many="items", one="item", what="Products and services", number="code",
        order=(Order("name"),), search=("code", "name", "description"),
    ),
    Kind(
        type=TaxRate, many="tax_rates", one="tax_rate", what="Taxes", number="code",
        order=(Order("name"),), search=("code", "name", "description"),
    ),
    Kind(
        type=Invoice, many="invoices", one="invoice", what="Invoices to customers", number="number",
        order=NEWEST, search=("number", "reference", "memo", "private_note", "payment_reference"),
    ),
    Kind(
        type=Bill, many="bills", one="bill", what="Bills of suppliers", number="number",
        order=NEWEST, search=("number", "reference", "memo", "private_note"),
    ),
    Kind(
        type=Payment, many="payments", one="payment", what="Payments for invoices", number="number",
        order=NEWEST, search=("number", "memo"),
    ),
    Kind(
        type=BillPayment, many="bill_payments", one="bill_payment", what="Payments for bills", number="number",
        order=NEWEST, search=("number", "memo"),
    ),
    Kind(
        type=JournalEntry, many="journal_entries", one="journal_entry", what="Manual journal entries",
        number="number", order=NEWEST, search=("number", "description"),
    ),
    Kind(
        type=BankAccount, many="bank_accounts", one="bank_account", what="Bank accounts", number="account_number",
        order=(Order("name"),), search=("name", "bank_name", "iban", "account_number"),
    ),
    Kind(
        type=BankTransaction, many="bank_transactions", one="bank_transaction", what="Lines of bank statements",
        order=NEWEST, search=("description", "notes"),
    ),
    Kind(
        type=Document, many="documents", one="document", what="Uploaded documents", number="name",
        order=(Order("created_at", descending=True),), search=("name",),
    ),
    Kind(
        type=Deadline, many="deadlines", one="deadline", what="What authorities want by a day",
        order=(Order("due_date"),), search=("kind_raw", "notes"),
    ),
)  # fmt: skip

NAMES = tuple(kind.name for kind in KINDS)
BY_NAME = {kind.name: kind for kind in KINDS}
