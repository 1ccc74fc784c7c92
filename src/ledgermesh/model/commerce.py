"""What a shop knows: orders, and the payments that run through it."""

from __future__ import annotations

import datetime as dt

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.money import Money
from ledgermesh.model.record import Record
from ledgermesh.model.sales import OrderStatus
from ledgermesh.model.trade import CommercialDocument


@declare.object_type(description="An order in a shop.")
class Order(CommercialDocument):
    status: OrderStatus | None = strawberry.field(description="Where it stands.")
    shipping: Money | None = strawberry.field(description="What is charged for delivery.")


@declare.object_type(
    description="A payment, refund, fee or payout of a shop or payment processor. Not a line of a bank statement."
)
class CommerceTransaction(Record):
    date: dt.date | None = strawberry.field(description="Day it happened.")
    kind_raw: str | None = strawberry.field(description="The provider's own word for what it is.")
    status_raw: str | None = strawberry.field(description="The provider's own word for where it stands.")
    description: str | None = strawberry.field(description="Text.")
    currency: str | None = strawberry.field(description="ISO 4217 code of its amounts.")
    amount: Money | None = strawberry.field(
        description="Signed as the provider signs it: what came in is positive."
    )
    fee: Money | None = strawberry.field(description="What the processor kept.")
    net: Money | None = strawberry.field(description="What is left of the amount.")
    account_native_id: str | None = strawberry.field(description="The provider's id of the account.")
