"""Businesses, accounts, contacts, groups and items as Kashoo's JSON."""

from __future__ import annotations

from ledgermesh.sandbox.books import Account, Item, Party
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.dates import milliseconds
from ledgermesh.sandbox.kashoo.extras import Group
from ledgermesh.sandbox.kashoo.money import plain
from ledgermesh.sandbox.kashoo.view import Document, View

_CASH = "CASH"
"""The one account type that public clients of the live API use; the others carry the books' own names."""

CASH_TYPES = ("BANK", "CREDIT_CARD")
"""Accounts that money can be paid from or to, each in a currency of its own."""
SYSTEM_TYPES = ("ACCOUNTS_RECEIVABLE", "ACCOUNTS_PAYABLE", "TAX")
"""Accounts that the product books to by itself, and that nobody may change."""

CONTACT_INFORMATION = (
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
        "product": business.product.marker,
        "contactInformation": contact_information(name=books.name, country=books.country),
        "legalName": books.legal_name,
        "currency": books.currency,
        "booksCloseDate": None,
        "fiscalYearEndMonth": 12,
        "creation": view.instant(business.started),
        "links": view.links(f"/businesses/{business.id}"),
    } | view.written(business.id)


def account_document(view: View, account: Account) -> Document:
    """AccountInfo; like the real one it has no balance."""
    business = view.business
    id = business.accounts[account.number]
    system = account.type in SYSTEM_TYPES
    written = view.written(id)
    number = written.get("number", account.number)
    return {
        "id": id,
        "business": business.id,
        "parent": business.account(account.parent),
        "feed": None,
        "type": account_type(account),
        "name": account.name,
        "description": account.description,
        "number": account.number,
        "nameAndNumber": f"{number or ''} {account.name}".strip(),
        "currency": account.currency if account.type in CASH_TYPES else None,
        "standardTerms": "",
        "taxAuthorityCode": "",
        "taxNumber": None,
        "openDate": None,
        "closeDate": None,
        "removed": False,
        "readOnly": system,
        "archived": account.archived,
        "normalBalanceCredit": not account.debit_normal,
        "system": system,
        "lastModified": milliseconds(business.started),
        "links": view.links(f"/accounts/{id}"),
    } | written


def contact_document(view: View, party: Party) -> Document:
    """ContactInfo; the role shows only in which of the two control accounts is set."""
    business = view.business
    address = f"{party.street} {party.street_no}".strip()
    flat = ", ".join(
        part for part in (address, party.city, party.region, party.postcode, party.country) if part
    )
    id = business.contacts[party.number]
    return {
        "id": id,
        "business": business.id,
        "contactInformation": contact_information(
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
        "groups": groups_of(business, party.number),
        "phoneNumbers": party.phone or "",
        "email": party.email or "",
        "address": flat,
        "name": party.name,
        "lastModified": milliseconds(party.created_at),
    } | view.written(id)


def group_document(view: View, group: Group) -> Document:
    """ContactGroup."""
    business = view.business
    return {
        "id": business.groups[group.key],
        "business": business.id,
        "name": group.name,
        "removed": group.removed,
        "type": group.type,
        "contacts": [business.contacts[number] for number in group.members],
    }


def groups_of(business: Business, number: str) -> list[int]:
    """The ids of the groups that this contact is in."""
    return [
        business.groups[row.key]
        for row in business.extras.groups
        if not row.removed and number in row.members
    ]


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
    } | view.written(id)


def _terms(days: int | None) -> str:
    if days is None:
        return ""
    return f"Net {days}" if days else "Due on receipt"


def contact_information(**known: str | None) -> Document:
    """ContactInformationInfo; what is not known is null."""
    return dict.fromkeys(CONTACT_INFORMATION) | known
