"""The company's settings: bank accounts, exchange rates, payment slips, and who the user is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from ledgermesh.sandbox.books import Account, Books
from ledgermesh.sandbox.office_books import CurrencyRate, User
from ledgermesh.sandbox.smallinvoice.answers import number, timestamp
from ledgermesh.sandbox.smallinvoice.contacts import VIEW_EDIT
from ledgermesh.sandbox.smallinvoice.ids import digest
from ledgermesh.sandbox.smallinvoice.store import Store
from ledgermesh.sandbox.smallinvoice.table import Shape

_OWNERS = (("Nina", "Berger"), ("Luca", "Frei"), ("Sara", "Keller"), ("Jan", "Widmer"))
_ZERO_DATE = "-0001-11-30 00:00:00"


@dataclass(eq=False)
class BankAccountRow:
    """A bank account of the company."""

    id: int
    account: Account
    default: bool
    entered: Mapping[str, object]


@dataclass(eq=False)
class RateRow:
    """What one unit of a currency is in another."""

    id: int
    record: CurrencyRate
    entered: Mapping[str, object]


@dataclass(eq=False)
class SlipRow:
    """A payment slip (ISR)."""

    id: int
    books: Books
    bank_account: BankAccountRow
    entered: Mapping[str, object] = field(default_factory=dict)


@dataclass(eq=False)
class UserRow:
    """Somebody who works with the account."""

    id: int
    record: User

    @property
    def name(self) -> str:
        return f"{self.record.first_name} {self.record.last_name}"


def bank_account_rows(store: Store) -> list[BankAccountRow]:
    """The ledger's bank accounts; the first is the default unless another was made so."""
    accounts = [
        account for account in store.books.accounts if account.type == "BANK" and not account.archived
    ]
    rows = []
    for place, account in enumerate(accounts):
        id = store.ids.of("bank account", account.number)
        entered = store.entered("bank account", id)
        rows.append(BankAccountRow(id, account, bool(entered.get("default", place == 0)), entered))
    return rows


def currency_rates(books: Books) -> list[CurrencyRate]:
    """Those that the office has set; before it has, one for each foreign currency on an invoice, the newest."""
    if books.office.exchange_rates is not None:
        return books.office.exchange_rates
    newest = {paper.currency: paper for paper in sorted(books.invoices, key=attrgetter("date"))}
    newest.pop(books.currency, None)
    return [
        CurrencyRate(name, name, books.currency, paper.exchange_rate, paper.created_at)
        for name, paper in newest.items()
    ]


def rate_rows(store: Store) -> list[RateRow]:
    """The exchange rates."""
    rows = []
    for rate in currency_rates(store.books):
        id = store.ids.of("rate", rate.id)
        rows.append(RateRow(id, rate, store.entered("rate", id)))
    return rows


def owner_row(books: Books) -> UserRow:
    """The user whom the token stands for."""
    name, surname = _OWNERS[digest(books.company, "owner") % len(_OWNERS)]
    return UserRow(100_000_000 + digest(books.company, "user") % 900_000_000, User("", name, surname))


def user_rows(store: Store) -> dict[str, UserRow]:
    """All users by their id in the books; the owner's is empty."""
    others = store.books.office.users
    rows = [owner_row(store.books), *(UserRow(store.ids.of("user", user.id), user) for user in others)]
    return {row.record.id: row for row in rows}


def owner(books: Books) -> dict[str, object]:
    """The owner as answered."""
    row = owner_row(books)
    return {"id": row.id, "name": row.record.first_name, "surname": row.record.last_name}


def profile(books: Books) -> dict[str, object]:
    """The user and the company; the API knows no id of a company."""
    user = owner(books)
    domain = f"{books.company}.example"
    vat = digest(books.company, "vat") % 1_000_000_000
    return {
        **user,
        "email": f"{user['name']}@{domain}".lower(),
        "language": "de",
        "company_name": books.name,
        "company_addition": books.legal_name,
        "company_country": books.country,
        "company_street": "Seestrasse",
        "company_street_no": str(vat % 180 + 1),
        "company_street2": "",
        "company_postcode": "8002",
        "company_city": "Zürich",
        "company_phone": "+41 44 000 00 00",
        "company_fax": "",
        "company_email": f"info@{domain}",
        "company_website": f"https://www.{domain}",
        "company_vat_id": f"CHE-{vat // 1_000_000:03}.{vat // 1000 % 1000:03}.{vat % 1000:03} MWST",
        "company_currency": books.currency,
    }


BANK_ACCOUNT: Shape[BankAccountRow] = Shape(
    "ConfigurationBankAccount",
    {
        "id": attrgetter("id"),
        "default": attrgetter("default"),
        "description": attrgetter("account.name"),
        "bank_name": attrgetter("account.bank_name"),
        "number": attrgetter("account.number"),
        "iban": lambda row: row.account.iban or "",
        "bic": lambda _: None,
        "post_account": lambda _: None,
        "auto_sync": lambda row: "active" if row.default else "inactive",
        "auto_sync_direction": lambda row: "in" if row.default else None,
    },
    {"permissions": lambda _: VIEW_EDIT},
    "id",
    (attrgetter("account.name"), attrgetter("account.bank_name"), attrgetter("account.iban")),
)
RATE: Shape[RateRow] = Shape(
    "ConfigurationExchangeRate",
    {
        "id": attrgetter("id"),
        "currency_from": attrgetter("record.currency_from"),
        "currency_to": attrgetter("record.currency_to"),
        "rate": lambda row: number(row.record.rate),
        "created": lambda row: timestamp(row.record.created_at),
    },
    {"permissions": lambda _: VIEW_EDIT},
    "currency_from,currency_to",
    (attrgetter("record.currency_from"), attrgetter("record.currency_to")),
)
SLIP: Shape[SlipRow] = Shape(
    "ReceivablesConfigurationIsr",
    {
        "id": attrgetter("id"),
        "default": attrgetter("bank_account.default"),
        "type": lambda _: "ISR",
        "position": lambda _: "A",
        "name": lambda _: "",
        "bank_name": attrgetter("bank_account.account.bank_name"),
        "bank_address": lambda _: None,
        "recipient_name": attrgetter("books.legal_name"),
        "recipient_addition": lambda _: None,
        "recipient_street": lambda _: "Seestrasse",
        "recipient_city": lambda _: "8002 Zürich",
        "delivery_number": lambda _: None,
        "iban": lambda row: row.bank_account.account.iban or "",
        "subscriber_number": lambda row: f"01-{row.id % 1_000_000}-{row.id % 10}",
        "created": lambda _: _ZERO_DATE,
    },
    {"permissions": lambda _: VIEW_EDIT},
    "delivery_number",
)
