"""The company's settings: bank accounts, exchange rates, payment slips, and who the user is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from ledgermesh.sandbox.books import Account, Books
from ledgermesh.sandbox.smallinvoice.answers import number, timestamp
from ledgermesh.sandbox.smallinvoice.contacts import VIEW_EDIT
from ledgermesh.sandbox.smallinvoice.ids import Ids, digest
from ledgermesh.sandbox.smallinvoice.table import Shape

_OWNERS = (("Nina", "Berger"), ("Luca", "Frei"), ("Sara", "Keller"), ("Jan", "Widmer"))
_ZERO_DATE = "-0001-11-30 00:00:00"


@dataclass(eq=False)
class BankAccountRow:
    """A bank account of the company."""

    id: int
    account: Account
    default: bool


@dataclass(eq=False)
class RateRow:
    """The newest rate of a foreign currency that the books used."""

    id: int
    currency_from: str
    currency_to: str
    rate: Decimal
    created: dt.datetime


@dataclass(eq=False)
class SlipRow:
    """A payment slip (ISR)."""

    id: int
    books: Books
    bank_account: BankAccountRow


def bank_account_rows(books: Books, ids: Ids) -> list[BankAccountRow]:
    """The ledger's bank accounts; the first is the default."""
    accounts = [account for account in books.accounts if account.type == "BANK" and not account.archived]
    return [
        BankAccountRow(ids.of("bank account", account.number), account, default=place == 0)
        for place, account in enumerate(accounts)
    ]


def rate_rows(books: Books, ids: Ids) -> list[RateRow]:
    """One rate for each foreign currency on an invoice."""
    newest = {paper.currency: paper for paper in sorted(books.invoices, key=attrgetter("date"))}
    newest.pop(books.currency, None)
    return [
        RateRow(ids.of("rate", name), name, books.currency, paper.exchange_rate, paper.created_at)
        for name, paper in newest.items()
    ]


def owner(books: Books) -> dict[str, object]:
    """The user whom the token stands for."""
    name, surname = _OWNERS[digest(books.company, "owner") % len(_OWNERS)]
    return {"id": 100_000_000 + digest(books.company, "user") % 900_000_000, "name": name, "surname": surname}


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
        "currency_from": attrgetter("currency_from"),
        "currency_to": attrgetter("currency_to"),
        "rate": lambda row: number(row.rate),
        "created": lambda row: timestamp(row.created),
    },
    {"permissions": lambda _: VIEW_EDIT},
    "currency_from,currency_to",
    (attrgetter("currency_from"), attrgetter("currency_to")),
)
SLIP: Shape[SlipRow] = Shape(
    "ReceivablesConfigurationIsr",
    {
        "id": attrgetter("id"),
        "default": lambda _: True,
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
