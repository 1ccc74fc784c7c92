"""Businesses, accounts, contacts, items and taxes as Kashoo's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ledgermesh.sandbox.books import Account, Item, Party, Tax
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.dates import milliseconds
from ledgermesh.sandbox.kashoo.money import plain
from ledgermesh.sandbox.kashoo.view import Document, View

_CASH = "CASH"
"""The one account type that public clients of the live API use; the others carry the books' own names."""

_CONTACT_INFORMATION = (
    "name",
    "firstName",
    "lastName",
    "email",
    "phone",
    "fax",
    "webSite",
    "address1",
    "address2",
    "city",
    "provinceOrState",
    "postalCode",
    "country",
)


def account_type(account: Account) -> str:
    """Kashoo's word for the books' account type."""
    return _CASH if account.type == "BANK" else account.type


def business_document(view: View) -> Document:
    """BusinessInfo."""
    business = view.business
    books = business.books
    return {
        "id": business.id,
        "contactInformation": _contact_information(name=books.name, country=books.country),
        "legalName": books.legal_name,
        "currency": books.currency,
        "booksCloseDate": None,
        "fiscalYearEndMonth": 12,
        "creation": view.instant(business.started),
        "links": view.links(f"/businesses/{business.id}"),
    }


def account_document(view: View, account: Account) -> Document:
    """AccountInfo; like the real one it has no balance."""
    business = view.business
    id = business.accounts[account.number]
    return {
        "id": id,
        "business": business.id,
        "parent": business.account(account.parent),
        "feed": None,
        "type": account_type(account),
        "name": account.name,
        "description": account.description,
        "number": account.number,
        "nameAndNumber": f"{account.number} {account.name}",
        "currency": account.currency if account.type in ("BANK", "CREDIT_CARD") else None,
        "standardTerms": "",
        "taxAuthorityCode": "",
        "taxNumber": None,
        "openDate": None,
        "closeDate": None,
        "removed": False,
        "readOnly": False,
        "archived": account.archived,
        "normalBalanceCredit": not account.debit_normal,
        "system": account.type in ("ACCOUNTS_RECEIVABLE", "ACCOUNTS_PAYABLE", "TAX"),
        "lastModified": milliseconds(business.started),
        "links": view.links(f"/accounts/{id}"),
    }


def contact_document(view: View, party: Party) -> Document:
    """ContactInfo; the role shows only in which of the two control accounts is set."""
    business = view.business
    address = f"{party.street} {party.street_no}".strip()
    flat = ", ".join(
        part for part in (address, party.city, party.region, party.postcode, party.country) if part
    )
    return {
        "id": business.contacts[party.number],
        "business": business.id,
        "contactInformation": _contact_information(
            name=party.name,
            country=party.country,
            firstName=party.first_name,
            lastName=party.last_name,
            email=party.email,
            phone=party.phone,
            webSite=party.website,
            address1=address,
            city=party.city,
            provinceOrState=party.region,
            postalCode=party.postcode,
        ),
        "linkedBusiness": None,
        "receivableAccount": business.receivable if party.customer else None,
        "payableAccount": business.payable if party.supplier else None,
        "incomeOrExpenseAccount": None,
        "paymentAccount": None,
        "defaultTaxCode": "",
        "paymentTerms": _terms(party.payment_terms_days),
        "currency": party.currency,
        "prefix": "",
        "comments": [party.notes] if party.notes else [],
        "collaborationContext": None,
        "parent": None,
        "removed": party.removed,
        "archived": party.archived,
        "organization": not party.person,
        "groups": [],
        "phoneNumbers": party.phone or "",
        "email": party.email or "",
        "address": flat,
        "name": party.name,
        "lastModified": milliseconds(party.created_at),
    }


def item_document(view: View, item: Item) -> Document:
    """ItemInfo; prices are decimals in major units."""
    business = view.business
    id = business.items[item.number]
    return {
        "id": id,
        "itemId": item.number,
        "business": business.id,
        "name": item.name,
        "sku": item.number,
        "description": item.description,
        "defaultTaxCode": item.tax,
        "defaultDiscountCode": "",
        "defaultBuyRate": None if item.purchase_price is None else plain(item.purchase_price),
        "defaultSellRate": plain(item.price),
        "defaultNote": "",
        "inventoryAccount": None,
        "cogsAccount": None,
        "creditAccount": business.account(item.income_account),
        "debitAccount": business.account(item.expense_account),
        "category": None,
        "readOnly": False,
        "removed": False,
        "tracked": item.quantity_on_hand is not None,
        "archived": item.archived,
        "effectiveId": {"value": id},
        "lastModified": milliseconds(item.created_at),
        "links": view.links(f"/businesses/{business.id}/items/{id}"),
    }


def tax_documents(view: View) -> list[Document]:
    """TaxCompositeInfo, one for each name; rates of different periods stand inside."""
    taxes = view.business.books.taxes
    return [_tax(view, name, [row for row in taxes if row.name == name]) for name in view.business.taxes]


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


def _terms(days: int | None) -> str:
    if days is None:
        return ""
    return f"Net {days}" if days else "Due on receipt"


def _contact_information(**known: str | None) -> Document:
    return dict.fromkeys(_CONTACT_INFORMATION) | known


def _tax(view: View, name: str, rows: Sequence[Tax]) -> Document:
    business = view.business
    id = business.taxes[name]
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
        "tax": business.taxes[name],
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
        "tax": business.taxes[rows[0].name],
    }
