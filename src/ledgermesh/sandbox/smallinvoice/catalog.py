"""The catalog: products, services, their categories, and the units both are counted in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter

from ledgermesh.sandbox.books import Item
from ledgermesh.sandbox.smallinvoice.answers import Words, number, timestamp
from ledgermesh.sandbox.smallinvoice.contacts import VIEW_EDIT
from ledgermesh.sandbox.smallinvoice.ids import Ids
from ledgermesh.sandbox.smallinvoice.store import Store
from ledgermesh.sandbox.smallinvoice.table import Shape


@dataclass(eq=False)
class UnitRow:
    """A unit of the system or of the company."""

    id: int
    name: Words
    scope: str
    """s services, p products, a all."""
    custom: bool = False
    entered: Mapping[str, object] = field(default_factory=dict)


@dataclass(eq=False)
class CategoryRow:
    """A category of products or of services."""

    id: int
    service: bool
    name: str
    accounting_account_number: str | None
    usage: int
    entered: Mapping[str, object]


@dataclass(eq=False)
class ItemRow:
    """A product or a service."""

    id: int
    item: Item
    percent: object
    """The VAT rate in percent, as an amount."""
    unit: UnitRow
    category: CategoryRow | None
    entered: Mapping[str, object]


_SYSTEM_UNITS: tuple[tuple[int, str, str, str, str, str, str], ...] = (
    (1, "s", "Stunde", "hour", "hora", "heure", "ora"),
    (2, "s", "Tag", "day", "día", "jour", "giorno"),
    (3, "s", "Monat", "month", "mes", "mois", "mese"),
    (4, "s", "Jahr", "year", "año", "an", "anno"),
    (7, "a", "Stück", "piece", "unidad", "pièce", "pezzo"),
    (8, "p", "kg", "kg", "kg", "kg", "kg"),
    (9, "p", "Meter", "metre", "metro", "mètre", "metro"),
    (10, "p", "Liter", "litre", "litro", "litre", "litro"),
    (11, "p", "Packung", "package", "paquete", "paquet", "pacchetto"),
    (12, "a", "km", "km", "km", "km", "km"),
    (13, "s", "Pauschale", "flat rate", "tarifa fija", "forfait", "forfait"),
)
_LANGUAGE_ORDER = ("de", "en", "es", "fr", "it")
_PLURALS = {
    "hours": 1,
    "days": 2,
    "months": 3,
    "years": 4,
    "pieces": 7,
    "pcs": 7,
    "each": 7,
    "unit": 7,
    "": 7,
}
PIECE = 7


class Units:
    """The system's units and those the books need beside them."""

    def __init__(self, store: Store) -> None:
        self.rows = [
            UnitRow(id, Words(dict(zip(_LANGUAGE_ORDER, names, strict=True))), scope)
            for id, scope, *names in _SYSTEM_UNITS
        ]
        self._by_id = {row.id: row for row in self.rows}
        self._by_name = {
            row.name.in_(language).casefold(): row for row in self.rows for language in _LANGUAGE_ORDER
        }
        for name in dict.fromkeys(item.unit for item in (*store.books.items, *store.items().values())):
            self._add_if_new(name, store.ids)

    def named(self, name: str) -> UnitRow:
        """The unit with this name in any language; KeyError if no item of the books has it."""
        plural = _PLURALS.get(name.casefold())
        return self._by_id[plural] if plural is not None else self._by_name[name.casefold()]

    def _add_if_new(self, name: str, ids: Ids) -> None:
        key = name.casefold()
        if key not in self._by_name and key not in _PLURALS:
            row = UnitRow(ids.of("unit", key), Words({"de": name}), "a", custom=True)
            self.rows.append(row)
            self._by_name[key] = row


def item_rows(
    items: Iterable[Item],
    store: Store,
    units: Units,
    categories: Categories,
    percent_of: Callable[[str], object],
) -> dict[str, ItemRow]:
    """Products and services by the item's number, whose `service` tells them apart."""
    rows = {}
    for item in items:
        kind = kind_of(item)
        id = store.ids.of(kind, item.number)
        rows[item.number] = ItemRow(
            id=id,
            item=item,
            percent=percent_of(item.tax),
            unit=units.named(item.unit),
            category=categories.get((kind, item.category)),
            entered=store.entered(kind, id),
        )
    return rows


Categories = Mapping[tuple[str, str], "CategoryRow"]
"""By kind and name; products and services have separate ones."""


def category_rows(store: Store) -> Categories:
    """Those that an item is in, and those that the office keeps besides."""
    usage = Counter((kind_of(item), item.category) for item in store.books.items)
    accounts: dict[tuple[str, str], str | None] = {}
    for category in store.books.office.categories:
        accounts["service" if category.service else "product", category.name] = category.account
    for item in store.books.items:
        if item.category:
            accounts.setdefault((kind_of(item), item.category), item.income_account)
    rows = {}
    for (kind, name), account in accounts.items():
        id = store.ids.of(f"{kind} category", name)
        entered = store.entered(f"{kind} category", id)
        rows[kind, name] = CategoryRow(id, kind == "service", name, account, usage[kind, name], entered)
    return rows


def kind_of(item: Item) -> str:
    """Product | service"""
    return "service" if item.service else "product"


def _notes(row: ItemRow) -> str | None:
    return "Nicht mehr verkaufen" if row.item.archived else None


_SHARED: Mapping[str, Callable[[ItemRow], object]] = {
    "id": attrgetter("id"),
    "number": attrgetter("item.number"),
    "name": attrgetter("item.name"),
    "description": attrgetter("item.description"),
    "notes": _notes,
    "category_id": lambda row: row.category.id if row.category else None,
    "including_vat": lambda _: False,
    "vat": attrgetter("percent"),
    "unit_id": attrgetter("unit.id"),
    "price": lambda row: number(row.item.price),
    "default_amount": lambda _: 1,
    "created": lambda row: timestamp(row.item.created_at),
}
_EXTRAS: Mapping[str, Callable[[ItemRow], object]] = {
    "category_name": lambda row: row.category.name if row.category else None,
    "unit_name": attrgetter("unit.name"),
    "custom_fields": lambda _: (),
    "permissions": lambda _: VIEW_EDIT,
}
_SEARCHED: tuple[Callable[[ItemRow], object], ...] = tuple(
    attrgetter(f"item.{name}") for name in ("number", "name", "description")
)

SERVICE: Shape[ItemRow] = Shape("CatalogService", _SHARED, _EXTRAS, "name", _SEARCHED)
PRODUCT: Shape[ItemRow] = Shape(
    "CatalogProduct",
    {
        **_SHARED,
        "price_purchase": lambda row: number(row.item.purchase_price),
        "inventory_available": lambda row: number(row.item.quantity_on_hand or Decimal(0)),
        "inventory_reserved": lambda _: number(Decimal(0)),
    },
    _EXTRAS,
    "name",
    _SEARCHED,
)
CATEGORY: Shape[CategoryRow] = Shape(
    "CatalogCategory",
    {name: attrgetter(name) for name in ("id", "name", "accounting_account_number", "usage")},
    {"permissions": lambda _: VIEW_EDIT},
    "name",
    (attrgetter("name"), attrgetter("accounting_account_number")),
)
UNIT: Shape[UnitRow] = Shape(
    "CatalogConfigurationUnit",
    {name: attrgetter(name) for name in ("id", "name", "scope", "custom")},
    {"permissions": lambda row: VIEW_EDIT if row.custom else VIEW_EDIT[:1]},
    "custom,name",
    (attrgetter("name"),),
)
