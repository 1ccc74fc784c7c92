"""Products, services, their categories and units, and the taxes they name: smallinvoice API v2."""

from __future__ import annotations

from ledgermesh.model.enums import ItemKind, RecordStatus
from ledgermesh.model.item import Item, ItemCategory, TaxRate, Unit
from ledgermesh.providers.smallinvoice import quirks
from ledgermesh.providers.smallinvoice.lists import (
    CUSTOM_FIELDS,
    PERMISSIONS,
    expanded,
    listed,
    local,
    single,
)
from ledgermesh.spec.leaves import decimal, flag, money, text, whole
from ledgermesh.spec.resource import Derived, Resource
from ledgermesh.spec.wires import Wire, constant, fields

ITEM_WIRES: dict[str, Wire] = {
    "native_id": text("id"),
    "code": text("number"),
    "name": text("name"),
    "description": text("description"),
    "status": constant(RecordStatus.ACTIVE),
    "category": expanded("category_name"),
    "unit": expanded("unit_name"),
    "sales_price": money("price", currency="@currency"),
    "price_includes_tax": flag("including_vat"),
    "tax_percent": decimal("vat"),
    "notes": text("notes"),
    "custom_fields": CUSTOM_FIELDS,
    "created_at": local("created"),
}

ITEM_OMITTED = {
    "category_id": "The model carries the category by its name; the record is an ItemCategory.",
    "unit_id": "The model carries the unit by its name; the record is a Unit.",
    "default_amount": "The quantity that a new line proposes is not carried.",
    **PERMISSIONS,
}

PRODUCT_LIST, SERVICE_LIST = listed("/catalog/products"), listed("/catalog/services")

PRODUCTS = Resource(
    kind="Item",
    name="product",
    list=PRODUCT_LIST,
    get=single("/catalog/products"),
    fields=fields(
        Item,
        **ITEM_WIRES,
        kind=constant(ItemKind.INVENTORY),
        purchase_price=money("price_purchase", currency="@currency"),
        quantity_on_hand=decimal("inventory_available"),
    ),
    omitted={
        "inventory_reserved": "The model carries what is there, not what is promised of it.",
        **ITEM_OMITTED,
    },
)

SERVICES = Resource(
    kind="Item",
    name="service",
    list=SERVICE_LIST,
    get=single("/catalog/services"),
    fields=fields(Item, **ITEM_WIRES, kind=constant(ItemKind.SERVICE)),
    omitted=ITEM_OMITTED,
)

TAX_RATES = Resource(
    kind="TaxRate",
    derived=Derived(lists=(PRODUCT_LIST, SERVICE_LIST), rows=quirks.percents),
    fields=fields(TaxRate, native_id=text("id"), name=text("name"), rate=decimal("rate")),
)


def _categories(name: str, path: str, kind: ItemKind) -> Resource:
    return Resource(
        kind="ItemCategory",
        name=name,
        list=listed(path),
        get=single(path),
        fields=fields(
            ItemCategory,
            native_id=text("id"),
            name=text("name"),
            kind=constant(kind),
            account_code=text("accounting_account_number"),
            size=whole("usage"),
        ),
        omitted=PERMISSIONS,
    )


PRODUCT_CATEGORIES = _categories("product", "/catalog/products/categories", ItemKind.INVENTORY)
SERVICE_CATEGORIES = _categories("service", "/catalog/services/categories", ItemKind.SERVICE)

UNITS = Resource(
    kind="Unit",
    list=listed("/catalog/configuration/units"),
    get=single("/catalog/configuration/units"),
    fields=fields(
        Unit, native_id=text("id"), name=text("name"), scope_raw=text("scope"), custom=flag("custom")
    ),
    omitted=PERMISSIONS,
)
