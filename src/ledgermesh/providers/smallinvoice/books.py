"""Contacts, catalog, bank accounts and taxes: smallinvoice API v2, https://api.smallinvoice.com/v2/doc/"""

from __future__ import annotations

from dataclasses import replace

from ledgermesh.model.banking import BankAccount
from ledgermesh.model.enums import BankAccountKind, ItemKind, PartyRole, RecordStatus
from ledgermesh.model.item import Item, TaxRate
from ledgermesh.model.party import Address, Party
from ledgermesh.providers.smallinvoice import quirks
from ledgermesh.spec.leaves import currency, decimal, flag, local_instant, money, text, whole
from ledgermesh.spec.paging import Offset
from ledgermesh.spec.resource import Derived, Expand, Get, List, Resource
from ledgermesh.spec.wires import Wire, constant, fields, made, one

PAGES = Offset(size_max=200, total="pagination.total")
WITH = Expand(param="with")
ZONE = "Europe/Zurich"
"""Assumed: times are written without a zone; the makers are Swiss."""


def local(path: str) -> Wire:
    """A time on Swiss clocks."""
    return local_instant(path, zone=ZONE)


PARTIES = Resource(
    kind="Party",
    list=List(path="/contacts", items="items", page=PAGES, query=(("sort", "id"),), expand=WITH),
    get=Get(path="/contacts/{id}", item="item", expand=WITH),
    fields=fields(
        Party,
        native_id=text("id"),
        roles=made(list[PartyRole], "relation", read=quirks.party_roles, transform="party_roles"),
        display_name=text("name"),
        is_individual=made(bool, "type", read=quirks.is_person, transform="type_is_person"),
        number=text("number"),
        status=constant(RecordStatus.ACTIVE),
        email=text("email"),
        phone=text("phone"),
        website=text("website"),
        address=one(
            "main_address",
            fields(
                Address,
                lines=made(
                    list[str],
                    "street",
                    "street_no",
                    "street2",
                    read=quirks.street_lines,
                    transform="street_lines",
                ),
                city=text("city"),
                postal_code=text("postcode"),
                country=text("country"),
            ),
            expand="main_address",
        ),
        tax_number=text("vat_identification"),
        currency=currency("currency"),
        payment_terms_days=whole("payment_grace"),
        language=text("communication_language"),
        notes=text("notes"),
        created_at=local("created"),
    ),
)

ITEM_WIRES: dict[str, Wire] = {
    "native_id": text("id"),
    "code": text("number"),
    "name": text("name"),
    "description": text("description"),
    "status": constant(RecordStatus.ACTIVE),
    "sales_price": money("price", currency="@currency"),
    "price_includes_tax": flag("including_vat"),
    "tax_percent": decimal("vat"),
    "notes": text("notes"),
    "created_at": local("created"),
}


def expanded(path: str) -> Wire:
    """Text that the answer holds only when asked for."""
    return replace(text(path), expand=path)


PRODUCT_LIST = List(path="/catalog/products", items="items", page=PAGES, query=(("sort", "id"),), expand=WITH)
SERVICE_LIST = List(path="/catalog/services", items="items", page=PAGES, query=(("sort", "id"),), expand=WITH)

PRODUCTS = Resource(
    kind="Item",
    name="product",
    list=PRODUCT_LIST,
    get=Get(path="/catalog/products/{id}", item="item", expand=WITH),
    fields=fields(
        Item,
        **ITEM_WIRES,
        kind=constant(ItemKind.INVENTORY),
        purchase_price=money("price_purchase", currency="@currency"),
        quantity_on_hand=decimal("inventory_available"),
        category=expanded("category_name"),
        unit=expanded("unit_name"),
    ),
)

SERVICES = Resource(
    kind="Item",
    name="service",
    list=SERVICE_LIST,
    get=Get(path="/catalog/services/{id}", item="item", expand=WITH),
    fields=fields(
        Item,
        **ITEM_WIRES,
        kind=constant(ItemKind.SERVICE),
        category=expanded("category_name"),
        unit=expanded("unit_name"),
    ),
)

TAX_RATES = Resource(
    kind="TaxRate",
    derived=Derived(lists=(PRODUCT_LIST, SERVICE_LIST), rows=quirks.percents),
    fields=fields(TaxRate, native_id=text("id"), name=text("name"), rate=decimal("rate")),
)

BANK_ACCOUNTS = Resource(
    kind="BankAccount",
    list=List(path="/configuration/bank-accounts", items="items", page=PAGES, query=(("sort", "id"),)),
    get=Get(path="/configuration/bank-accounts/{id}", item="item"),
    fields=fields(
        BankAccount,
        native_id=text("id"),
        name=text("description"),
        kind=constant(BankAccountKind.CHECKING),
        bank_name=text("bank_name"),
        account_number=text("number"),
        iban=text("iban"),
        bic=text("bic"),
        is_default=flag("default"),
        status=constant(RecordStatus.ACTIVE),
    ),
)
