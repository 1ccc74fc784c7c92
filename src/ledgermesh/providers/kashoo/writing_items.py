"""Writes of products and services, which Kashoo's Classic edition has: https://api.kashoo.com/index.html"""

from __future__ import annotations

from ledgermesh.model.enums import ItemKind
from ledgermesh.providers.kashoo import bodies, checks
from ledgermesh.providers.kashoo.encodings import ARCHIVING, TEXT_MAX, account_at, name_at, price_at, text_at
from ledgermesh.providers.kashoo.writing_accounts import CREATED
from ledgermesh.spec.write import Search, Stamp, Write, Writes, at_path

PUTS = {
    "name": name_at("name", required=True),
    "code": text_at("sku"),
    "description": text_at("description"),
    # Tracked items are stock; of the others Kashoo does not say what they are.
    "kind": at_path("tracked", lambda value: value is ItemKind.INVENTORY, words=("INVENTORY", "OTHER")),
    "sales_price": price_at("defaultSellRate"),
    "purchase_price": price_at("defaultBuyRate"),
    "tax_code": text_at("defaultTaxCode"),
    "notes": text_at("defaultNote", length_max=TEXT_MAX),
    "sales_account": account_at("creditAccount"),
    "purchase_account": account_at("debitAccount"),
    **ARCHIVING,
}
PATH = "/businesses/{business_id}/items/{id}"
REPLACED = "That PUT replaces the item whole."

ITEM_WRITES: Writes = (
    Write(
        kind="Item",
        verb="CREATE",
        method="POST",
        path="/businesses/{business_id}/items",
        puts=PUTS,
        empty=True,
        repeat=Stamp("notes", TEXT_MAX),
        assumed=CREATED,
    ),
    Write(
        kind="Item",
        verb="UPDATE",
        method="PUT",
        path=PATH,
        puts=PUTS,
        whole=True,
        dropped=bodies.ITEM_COMPUTED,
        empty=True,
        repeat=Search(()),
        checks=(checks.open_to_changes,),
        assumed=REPLACED,
    ),
    Write(
        kind="Item",
        verb="DELETE",
        method="PUT",
        path=PATH,
        fixed={"removed": True},
        whole=True,
        dropped=bodies.ITEM_COMPUTED,
        empty=True,
        repeat=Search(()),
        checks=(checks.open_to_changes,),
        delete="SOFT",
        assumed=REPLACED,
    ),
)
"""There is no DELETE for items: an item is removed by saving it as removed."""
