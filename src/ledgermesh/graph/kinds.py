"""The kinds of record a company's books hold: where they stand in the schema, and their documented defaults."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ledgermesh.model.account import Account
from ledgermesh.model.banking import BankAccount, BankTransaction
from ledgermesh.model.commerce import CommerceTransaction
from ledgermesh.model.commerce import Order as ShopOrder
from ledgermesh.model.item import Item, ItemCategory, TaxRate, Unit
from ledgermesh.model.ledger import ExchangeRate, JournalEntry, LedgerTransaction, Transfer
from ledgermesh.model.organization import NextNumber, Organization, PaymentSlip
from ledgermesh.model.paper import Deadline, Document
from ledgermesh.model.party import ContactPerson, Party, PartyAddress, PartyBankAccount, PartyGroup
from ledgermesh.model.payment import BillPayment, Payment
from ledgermesh.model.sales import CreditNote, DeliveryNote, Letter, Quote, Reminder, SalesOrder
from ledgermesh.model.trade import Bill, Expense, Invoice
from ledgermesh.model.work import Employee, PayrollEntry, Project, TimeEntry, TrackingCategory
from ledgermesh.spec.query import Order


class Kind(Struct, frozen=True, kw_only=True):
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
    below: str = ""
    """`list.field` in GraphQL: where the records are found when no provider lists them as a whole."""

    @property
    def name(self) -> str:
        """The GraphQL type name."""
        name: str = self.type.__name__
        return name


NEWEST = (Order("date", descending=True),)
DOCUMENT_TEXT = ("number", "reference", "memo", "private_note", "party_name")

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
    Kind(
        type=CreditNote, many="credit_notes", one="credit_note", what="Credit notes to customers",
        number="number", order=NEWEST, search=DOCUMENT_TEXT,
    ),
    Kind(
        type=Expense, many="expenses", one="expense", what="Costs booked without a bill", number="number",
        order=NEWEST, search=DOCUMENT_TEXT,
    ),
    Kind(
        type=Quote, many="quotes", one="quote", what="Offers to customers", number="number",
        order=NEWEST, search=DOCUMENT_TEXT,
    ),
    Kind(
        type=SalesOrder, many="sales_orders", one="sales_order", what="Orders of customers, confirmed",
        number="number", order=NEWEST, search=DOCUMENT_TEXT,
    ),
    Kind(
        type=DeliveryNote, many="delivery_notes", one="delivery_note", what="What was delivered to customers",
        number="number", order=NEWEST, search=DOCUMENT_TEXT,
    ),
    Kind(
        type=ShopOrder, many="orders", one="order", what="Orders in shops", number="number",
        order=NEWEST, search=DOCUMENT_TEXT,
    ),
    Kind(
        type=CommerceTransaction, many="commerce_transactions", one="commerce_transaction",
        what="Payments, refunds, fees and payouts of shops and payment processors",
        order=NEWEST, search=("description", "kind_raw"),
    ),
    Kind(
        type=LedgerTransaction, many="ledger_transactions", one="ledger_transaction",
        what="Everything that was booked, whatever it comes from", number="number",
        order=NEWEST, search=("number", "description", "memo"),
    ),
    Kind(
        type=Transfer, many="transfers", one="transfer", what="Money moved between accounts of the company",
        number="number", order=NEWEST, search=("number", "description"),
    ),
    Kind(
        type=ExchangeRate, many="exchange_rates", one="exchange_rate", what="Rates between currencies",
        order=(Order("from_currency"), Order("to_currency")), search=("from_currency", "to_currency"),
    ),
    Kind(
        type=PartyGroup, many="party_groups", one="party_group", what="Groups of customers and suppliers",
        number="name", order=(Order("name"),), search=("name",),
    ),
    Kind(
        type=PartyAddress, many="party_addresses", one="party_address", what="Addresses of customers and suppliers",
        order=(Order("city"),), search=("city", "postal_code"), below="parties.addresses",
    ),
    Kind(
        type=ContactPerson, many="contact_people", one="contact_person", what="People at customers and suppliers",
        order=(Order("last_name"), Order("first_name")), search=("first_name", "last_name", "email"),
        below="parties.people",
    ),
    Kind(
        type=PartyBankAccount, many="party_bank_accounts", one="party_bank_account",
        what="Bank accounts of customers and suppliers", number="number",
        order=(Order("number"),), search=("number", "description"), below="parties.bankAccounts",
    ),
    Kind(
        type=Letter, many="letters", one="letter", what="Letters to customers and suppliers",
        order=NEWEST, search=("title", "content"),
    ),
    Kind(
        type=Reminder, many="reminders", one="reminder", what="What to be reminded of about customers and suppliers",
        order=(Order("due_at"),), search=("title", "description"),
    ),
    Kind(
        type=Project, many="projects", one="project", what="Work for customers", number="code",
        order=(Order("name"),), search=("code", "name", "description"),
    ),
    Kind(
        type=TrackingCategory, many="tracking_categories", one="tracking_category",
        what="Cost centres and activities", number="code", order=(Order("name"),), search=("code", "name"),
    ),
    Kind(
        type=TimeEntry, many="time_entries", one="time_entry", what="Time that people worked",
        order=NEWEST, search=("notes", "employee_name", "activity_name"),
    ),
    Kind(
        type=Employee, many="employees", one="employee", what="People who work for the company", number="number",
        order=(Order("display_name"),), search=("display_name", "number", "email"),
    ),
    Kind(
        type=PayrollEntry, many="payroll_entries", one="payroll_entry", what="Pay, for each employee and check",
        number="check_number", order=(Order("check_date", descending=True),),
        search=("employee_name", "check_number", "description"),
    ),
    Kind(
        type=ItemCategory, many="item_categories", one="item_category", what="Categories of products and services",
        number="name", order=(Order("name"),), search=("name",),
    ),
    Kind(
        type=Unit, many="units", one="unit", what="Units that things are sold in", number="name",
        order=(Order("name"),), search=("name",),
    ),
    Kind(
        type=Organization, many="organizations", one="organization",
        what="The company as each source describes it, with the settings of its books",
        order=(Order("name"),), search=("name", "legal_name"),
    ),
    Kind(
        type=NextNumber, many="next_numbers", one="next_number", what="Numbers that the next documents get",
        order=(Order("kind_raw"),), search=("kind_raw", "number"),
    ),
    Kind(
        type=PaymentSlip, many="payment_slips", one="payment_slip", what="Payment slips that invoices can carry",
        number="name", order=(Order("name"),), search=("name", "recipient_name", "iban"),
    ),
)  # fmt: skip

NAMES = tuple(kind.name for kind in KINDS)
BY_NAME = {kind.name: kind for kind in KINDS}
