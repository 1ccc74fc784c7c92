"""What is sold or bought, and the taxes on it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.account import Account
from ledgermesh.model.enums import ItemKind, RecordStatus
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.reach import Info
from ledgermesh.model.record import Record
from ledgermesh.model.selection import selected
from ledgermesh.spec.pointer import Pointer


@declare.object_type(description="A product or a service.")
class Item(Record):
    code: str | None = strawberry.field(description="Article number or SKU.")
    name: str | None = strawberry.field(description="What people call it.")
    description: str | None = strawberry.field(description="Text for documents.")
    kind: ItemKind | None = strawberry.field(description="Product or service.")
    status: RecordStatus | None = strawberry.field(description="Whether it is in use.")
    category: str | None = strawberry.field(description="Category by name, where the provider gives it.")
    unit: str | None = strawberry.field(description="Unit by name, where the provider gives it.")
    sales_price: Money | None = strawberry.field(description="Price of one unit.")
    purchase_price: Money | None = strawberry.field(description="Cost of one unit.")
    price_includes_tax: bool | None = strawberry.field(description="Whether the prices hold tax already.")
    tax_percent: Decimal | None = strawberry.field(description="Tax in percent, where the item carries one.")
    tax_code: str | None = strawberry.field(description="The provider's word for its tax.")
    quantity_on_hand: Decimal | None = strawberry.field(description="Stock; may be negative.")
    notes: str | None = strawberry.field(description="Private notes.")
    sales_account_ref: strawberry.Private[Pointer | None]
    purchase_account_ref: strawberry.Private[Pointer | None]

    @declare.field(description="The account its sales are booked to.")
    async def sales_account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(self, self.sales_account_ref, selected(info))
        return found

    @declare.field(description="The account its purchases are booked to.")
    async def purchase_account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(
            self, self.purchase_account_ref, selected(info)
        )
        return found


@declare.object_type(description="A part of a tax rate, or its rate during a period.")
class TaxComponent(Mapped):
    name: str | None = strawberry.field(description="Its name, where it has one.")
    rate: Decimal | None = strawberry.field(description="Percent.")
    compound: bool | None = strawberry.field(description="Whether it is taken on top of the other taxes.")
    valid_from: dt.date | None = strawberry.field(description="First day.")
    valid_to: dt.date | None = strawberry.field(description="Last day; null while it is open.")


@declare.object_type(description="A sales or purchase tax.")
class TaxRate(Record):
    code: str | None = strawberry.field(description="The word documents use for it.")
    name: str | None = strawberry.field(description="What people call it.")
    description: str | None = strawberry.field(description="Longer text.")
    rate: Decimal | None = strawberry.field(
        description="Percent in force; where it changed over time, the newest one."
    )
    components: list[TaxComponent] = strawberry.field(
        description="Its parts, or its rates over time; never collapsed."
    )
    recoverable: bool | None = strawberry.field(description="Whether tax paid can be claimed back.")
    status: RecordStatus | None = strawberry.field(description="Whether it is in use.")


@declare.object_type(description="A category of products or services.")
class ItemCategory(Record):
    name: str | None = strawberry.field(description="Name.")
    kind: ItemKind | None = strawberry.field(description="What its items are.")
    account_code: str | None = strawberry.field(description="Nominal code its sales are booked to.")
    size: int | None = strawberry.field(description="How many items are in it, where the provider tells.")


@declare.object_type(description="A unit that things are sold in.")
class Unit(Record):
    name: str | None = strawberry.field(description="Name, in the language of the connection.")
    scope_raw: str | None = strawberry.field(description="The provider's own word for what it is used for.")
    custom: bool | None = strawberry.field(description="Whether the company added it itself.")
