"""Sales taxes as Kashoo's JSON: with their dated rates, in the older form, and those that could be charged."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ledgermesh.sandbox.books import Tax
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.money import plain
from ledgermesh.sandbox.kashoo.view import Document, View

_OFFERED = {
    "CA": (("QST 9.975%", "9.975", "Quebec sales tax"), ("PST MB 7%", "7", "Retail sales tax, Manitoba")),
    "GB": (("VAT 20%", "20", "Value added tax"), ("VAT 5%", "5", "Value added tax, reduced rate")),
}
"""What a country charges, for those who do not charge it yet."""


def tax_documents(view: View) -> list[Document]:
    """TaxCompositeInfo, one for each name; rates of different periods stand inside."""
    taxes = view.business.books.taxes
    return [_tax(view, name, [row for row in taxes if row.name == name]) for name in view.business.taxes]


def available_documents(view: View) -> list[Document]:
    """The taxes of the business, and those of its country that it does not charge; they have no configuration."""
    business = view.business
    start = business.started.date()
    offered = [
        Tax(name, Decimal(percent), description, start)
        for name, percent, description in _OFFERED.get(business.books.country, ())
        if name not in business.taxes
    ]
    rows = [_tax(view, row.name, [row]) | {"system": True, "configuration": []} for row in offered]
    return tax_documents(view) + rows


def legacy_tax_documents(view: View) -> list[Document]:
    """The older form, which knows one rate: the newest."""
    business = view.business
    newest = {row.name: row for row in sorted(business.books.taxes, key=lambda row: row.valid_from)}
    return [
        {
            "id": business.taxes[name],
            "business": business.id,
            "code": name,
            "name": newest[name].description or name,
            "rate": tax_fraction(newest[name].percent),
            "removed": False,
        }
        for name in business.taxes
    ]


def tax_fraction(percent: Decimal) -> Decimal:
    """5 percent is 0.05 on the wire."""
    return plain(percent / 100)


def _tax(view: View, name: str, rows: Sequence[Tax]) -> Document:
    business = view.business
    id = _id(business, name)
    accounts = _tax_accounts(business, name)
    return {
        "id": id,
        "business": business.id,
        "name": name,
        "description": rows[-1].description,
        "lazyRounding": False,
        "system": False,
        "removed": False,
        "archived": False,
        "canBeRegistered": True,
        "canBeRecovered": True,
        "registeredDefault": True,
        "recoveredDefault": True,
        "rates": [_rate(view, id, row) for row in rows],
        "accounts": accounts,
        "configuration": [_configuration(view, rows, accounts)],
    }


def _rate(view: View, tax: int, row: Tax) -> Document:
    business = view.business
    start, end = view.day(row.valid_from), view.day(row.valid_to)
    region: Document = {
        "id": business.part("region", row.name),
        "country": business.books.country,
        "provinceOrState": None,
        "currency": business.books.currency,
        "isoCode": business.books.country,
        "callingCode": None,
        "empty": False,
    }
    return {
        "id": business.part("rate", row.name, row.valid_from.isoformat()),
        "tax": tax,
        "rate": tax_fraction(row.percent),
        "startDate": start,
        "endDate": end,
        "compound": False,
        "archived": False,
        "removed": False,
        "regions": [region],
        "period": {"start": start, "end": end},
    }


def _tax_accounts(business: Business, name: str) -> Document:
    return {
        "id": business.part("tax accounts", name),
        "business": business.id,
        "tax": _id(business, name),
        "payableAccount": business.tax_account,
        "receivableAccount": business.tax_account,
        "expenseAccount": None,
        "archived": False,
    }


def _configuration(view: View, rows: Sequence[Tax], accounts: Document) -> Document:
    business = view.business
    start = view.day(min(row.valid_from for row in rows))
    return {
        "id": business.part("tax configuration", rows[0].name),
        "businessTaxAccountConfig": accounts,
        "registered": True,
        "recoverable": True,
        "startDate": start,
        "endDate": None,
        "registrationNumber": "",
        "archived": False,
        "removed": False,
        "business": business.id,
        "actualEndDate": None,
        "period": {"start": start, "end": None},
        "tax": _id(business, rows[0].name),
    }


def _id(business: Business, name: str) -> int:
    return business.taxes.get(name) or business.part("offered tax", name)
