"""Writing products, services and their categories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from ledgermesh.sandbox import ledger
from ledgermesh.sandbox.books import Item
from ledgermesh.sandbox.office_books import ItemCategory
from ledgermesh.sandbox.smallinvoice.amounts import tax_of
from ledgermesh.sandbox.smallinvoice.assigning import (
    CUSTOM_FIELDS,
    Home,
    assign,
    custom_fields,
    exact,
    maybe_named,
    named,
    taken,
    words,
)
from ledgermesh.sandbox.smallinvoice.catalog import CategoryRow, ItemRow, kind_of
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.fields import (
    UNSET,
    Form,
    Values,
    amount,
    between,
    filled,
    flag,
    optional,
    required,
    share,
    text,
)
from ledgermesh.sandbox.smallinvoice.store import next_number

_FIRST_NUMBER = 100
_FIELDS = (
    optional("number", filled, UNSET),
    required("name", filled),
    optional("description", text, ""),
    optional("notes", text),
    optional("category_id", between(1, 10**10)),
    required("including_vat", flag),
    required("vat", share),
    required("unit_id", between(1, 10**10)),
    required("price", amount),
    optional("default_amount", between(0, 10**6), 1),
    CUSTOM_FIELDS,
)
SERVICE = Form(_FIELDS)
PRODUCT = Form((*_FIELDS, optional("price_purchase", amount)))
CATEGORY = Form((required("name", filled), optional("accounting_account_number", text)))
_HOMES: Mapping[str, Home] = {
    "name": Home("name"),
    "description": words("description"),
    "price": Home("price", exact),
    "price_purchase": Home("purchase_price", exact),
}


class Items(Struct, frozen=True):
    """Products or services; both share one sequence of numbers."""

    service: bool
    form: Form
    limited: str = ""

    def create(self, company: Company, values: Values, parent: object) -> int:
        books, store = company.books, company.store
        numbers = {item.number for item in books.items}
        number = values.get("number") or next_number(numbers, _FIRST_NUMBER)
        if number in numbers:
            raise taken("number")
        item = _blank(number, store.now(), service=self.service)
        id = store.ids.of(kind_of(item), number)
        self._assign(company, id, item, values)
        books.items.append(item)
        return id

    def change(self, company: Company, row: ItemRow, values: Values) -> None:
        number, item, store = values.get("number"), row.item, company.store
        store.items()
        if number and number != item.number and company.books.item(number):
            raise taken("number")
        self._assign(company, row.id, item, values)
        if number and number != item.number:
            store.ids.move(kind_of(item), item.number, number)
            for activity in company.books.office.activities:
                activity.item = number if activity.item == item.number else activity.item
            item.number = number

    def remove(self, company: Company, rows: Sequence[ItemRow]) -> None:
        """Lines that name them keep what they said."""
        company.store.items()
        for row in rows:
            company.books.items.remove(row.item)
            company.store.forget(kind_of(row.item), row.item.number)

    def _assign(self, company: Company, id: int, item: Item, values: Values) -> None:
        kind = kind_of(item)
        category = maybe_named(company.categories_of(kind), values, "category_id")
        if "unit_id" in values:
            item.unit = named(company.units, values, "unit_id").name.in_("en")
        rest = assign(item, values, _HOMES)
        if "vat" in rest:
            item.tax = tax_of(company.books, rest["vat"])
        if "category_id" in rest:
            item.category = category.name if category else ""
            item.income_account = (category and category.accounting_account_number) or ledger.SALES
        if "custom_fields" in rest:
            rest["custom_fields"] = custom_fields(None, rest["custom_fields"])
        company.store.enter(
            kind, id, {key: rest[key] for key in rest.keys() - {"number", "category_id", "vat"}}
        )


def _blank(number: str, now: dt.datetime, *, service: bool) -> Item:
    return Item(
        number=number,
        name="",
        description="",
        service=service,
        price=Decimal(0),
        purchase_price=None,
        unit="",
        tax="",
        income_account=ledger.SALES,
        expense_account=None,
        category="",
        created_at=now,
        quantity_on_hand=None if service else Decimal(0),
    )


class Categories(Struct, frozen=True):
    """Categories of products or of services."""

    service: bool
    form: Form = CATEGORY
    limited: str = ""

    @property
    def kind(self) -> str:
        """What the ids of these are counted among."""
        return f"{'service' if self.service else 'product'} category"

    def create(self, company: Company, values: Values, parent: object) -> int:
        name = values["name"]
        self._check_name(company, name)
        account = values["accounting_account_number"]
        company.books.office.categories.append(ItemCategory(self.service, name, account))
        return company.store.ids.of(self.kind, name)

    def change(self, company: Company, row: CategoryRow, values: Values) -> None:
        name = values.get("name", row.name)
        if name != row.name:
            self._check_name(company, name)
        kept = self._kept(company, row)
        kept.account = values.get("accounting_account_number", row.accounting_account_number)
        kept.name = name
        for item in company.books.items:
            if item.service == self.service and item.category == row.name:
                item.category = name
                item.income_account = kept.account or ledger.SALES
        company.store.ids.move(self.kind, row.name, name)

    def remove(self, company: Company, rows: Sequence[CategoryRow]) -> None:
        """Items that were in them are in none."""
        names = {row.name for row in rows}
        categories = company.books.office.categories
        categories[:] = [
            each for each in categories if each.service != self.service or each.name not in names
        ]
        for item in company.books.items:
            if item.service == self.service and item.category in names:
                item.category = ""
        for name in names:
            company.store.forget(self.kind, name)

    def _kept(self, company: Company, row: CategoryRow) -> ItemCategory:
        """The category in the books, which may so far have been no more than a word on items."""
        categories = company.books.office.categories
        for each in categories:
            if each.service == self.service and each.name == row.name:
                return each
        categories.append(ItemCategory(self.service, row.name, row.accounting_account_number))
        return categories[-1]

    def _check_name(self, company: Company, name: str) -> None:
        kind = "service" if self.service else "product"
        if (kind, name) in company.categories:
            raise taken("name")
