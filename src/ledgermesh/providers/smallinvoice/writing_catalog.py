"""Writing products, services and their categories: smallinvoice API v2."""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.model.enums import ItemKind
from ledgermesh.providers.smallinvoice.writing_encodings import (
    amount,
    crud,
    filled,
    fixed,
    given,
    names,
    numbered,
    optional,
    share,
    stamp,
    words,
)
from ledgermesh.spec.write import Put, Search, Values, Writes

_STAYS = "products are INVENTORY and services are SERVICE, and neither becomes the other"


def _is_service(values: Values) -> bool:
    return values.get("kind") is ItemKind.SERVICE


def _item(resource: str, kind: ItemKind) -> Mapping[str, Put]:
    return {
        "kind": fixed(kind, _STAYS, required=True),
        "code": numbered("number"),
        "name": filled("name", required=True),
        "description": words("description"),
        "notes": words("notes"),
        "category": names("ItemCategory", "category_id", resource=resource),
        "unit": names("Unit", "unit_id", clear=False, required=True),
        "price_includes_tax": given("including_vat", required=True),
        "tax_percent": given("vat", share, required=True),
        "sales_price": given("price", amount, required=True),
    }


# Services come first: of a new item the first whose kind it is takes it, and products take what names no kind.
ITEMS: Writes = (
    *crud(
        "Item",
        "/catalog/services",
        _item("service", ItemKind.SERVICE),
        resource="service",
        applies=_is_service,
        repeat=stamp("notes"),
        own_fields=True,
    ),
    *crud(
        "Item",
        "/catalog/products",
        {
            **_item("product", ItemKind.INVENTORY),
            "purchase_price": optional("price_purchase", amount),
        },
        resource="product",
        repeat=stamp("notes"),
        own_fields=True,
    ),
)


def _categories(resource: str, kind: ItemKind) -> Writes:
    return crud(
        "ItemCategory",
        f"/catalog/{resource}s/categories",
        {
            "kind": fixed(
                kind, "categories of products are INVENTORY, those of services SERVICE", required=True
            ),
            "name": filled("name", required=True),
            "account_code": words("accounting_account_number"),
        },
        resource=resource,
        applies=_is_service if kind is ItemKind.SERVICE else lambda values: True,
        repeat=Search(("name", "kind")),
    )


CATEGORIES: Writes = (
    *_categories("service", ItemKind.SERVICE),
    *_categories("product", ItemKind.INVENTORY),
)

CATALOG_WRITES: Writes = (*ITEMS, *CATEGORIES)
