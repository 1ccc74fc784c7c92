"""Bodies of accounts and items, as the books keep them."""

from __future__ import annotations

from decimal import Decimal

from ledgermesh.clock import Clock
from ledgermesh.sandbox.books import Account, Item
from ledgermesh.sandbox.kashoo.body import Body
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.lookups import account_id, account_of, currency_of, tax_of
from ledgermesh.sandbox.kashoo.masterdata import CASH_TYPES, account_type
from ledgermesh.sandbox.kashoo.money import plain
from ledgermesh.sandbox.kashoo.partners import modified
from ledgermesh.sandbox.kashoo.view import Document

_TYPES = {
    "CASH": "BANK",
    **{
        word: word
        for word in (
            "CREDIT_CARD",
            "ACCOUNTS_RECEIVABLE",
            "INVENTORY",
            "OTHER_CURRENT_ASSET",
            "FIXED_ASSET",
            "ACCOUNTS_PAYABLE",
            "TAX",
            "OTHER_CURRENT_LIABILITY",
            "LONG_TERM_LIABILITY",
            "EQUITY",
            "INCOME",
            "COST_OF_GOODS_SOLD",
            "EXPENSE",
        )
    },
}
"""Kashoo's word -> the books'."""


def write_account(body: Body, business: Business, clock: Clock, old: Account | None = None) -> int:
    """Create or replace an account; its id."""
    if not body.text("name").strip():
        raise body.wrong("name", "is required")
    number, parent = body.label("number"), account_of(body, "parent", business)
    if parent is not None and parent is old:
        raise body.wrong("parent", "must be another account")
    account = Account(
        number=old.number if old else _free(business, number),
        name=body.text("name"),
        type=_type(body, old),
        currency=currency_of(body, "currency", business.books.currency),
        description=body.text("description"),
        parent=None if parent is None else parent.number,
        archived=body.flag("archived"),
    )
    if account.type not in CASH_TYPES:
        account.currency = business.books.currency
    written: Document = {
        "number": number or "",
        "feed": body.whole("feed"),
        "standardTerms": body.text("standardTerms"),
        "taxAuthorityCode": body.text("taxAuthorityCode"),
        "taxNumber": body.whole("taxNumber"),
        "openDate": body.day("openDate"),
        "closeDate": body.day("closeDate"),
        "removed": body.flag("removed"),
    }
    id = business.put_account(account)
    before = business.started if old else None
    business.extras.written[id] = written | {"lastModified": modified(business, id, clock, before)}
    return id


def write_item(body: Body, business: Business, clock: Clock, old: Item | None = None) -> int:
    """Create or replace an item; its id."""
    if not body.text("name").strip():
        raise body.wrong("name", "is required")
    buy, sell = body.number("defaultBuyRate"), body.number("defaultSellRate")
    income = account_of(body, "creditAccount", business)
    expense = account_of(body, "debitAccount", business)
    tax = tax_of(body, "defaultTaxCode", business) or ""
    item = Item(
        number=old.number if old else f"I{len(business.items) + 1}",
        name=body.text("name"),
        description=body.text("description"),
        service=not body.flag("tracked"),
        price=sell or Decimal(0),
        purchase_price=buy,
        unit="piece",
        tax=tax,
        income_account="" if income is None else income.number,
        expense_account=None if expense is None else expense.number,
        category="",
        created_at=old.created_at if old else clock.now(),
        archived=body.flag("archived"),
    )
    written: Document = {
        "itemId": body.text("itemId"),
        "sku": body.text("sku"),
        "defaultDiscountCode": body.text("defaultDiscountCode"),
        "defaultSellRate": None if sell is None else plain(sell),
        "defaultNote": body.text("defaultNote"),
        "inventoryAccount": account_id(body, "inventoryAccount", business),
        "cogsAccount": account_id(body, "cogsAccount", business),
        "category": body.whole("category"),
        "tracked": body.flag("tracked"),
        "removed": body.flag("removed"),
    }
    id = business.put_item(item)
    before = old.created_at if old else None
    business.extras.written[id] = written | {"lastModified": modified(business, id, clock, before)}
    return id


def _type(body: Body, old: Account | None) -> str:
    """The books' word; it is set once."""
    word = body.maybe_text("type")
    if old is not None and word in (None, account_type(old)):
        return old.type
    if old is not None:
        raise body.wrong("type", f"{word!r} cannot replace {account_type(old)}")
    if word not in _TYPES:
        raise body.wrong("type", f"{word!r} is not one of {', '.join(_TYPES)}")
    return _TYPES[word]


def _free(business: Business, number: str | None) -> str:
    """The number, or one made of it that the books do not have yet; several accounts may show the same."""
    found, count = number or "account", 1
    while found in business.accounts or (not number and count == 1):
        count += 1
        found = f"{number or 'account'}~{count}"
    return found
