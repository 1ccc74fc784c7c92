"""Money that settles invoices and bills."""

from __future__ import annotations

import datetime as dt

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.account import Account
from ledgermesh.model.enums import PaymentKind, PaymentMethod
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.party import Party
from ledgermesh.model.reach import Info
from ledgermesh.model.record import Attachment, Record
from ledgermesh.model.selection import selected
from ledgermesh.spec.pointer import Pointer


@declare.object_type(description="The part of a payment that settles one document.")
class Allocation(Mapped):
    amount: Money | None = strawberry.field(description="In the document's currency.")
    document_native_id: str | None = strawberry.field(description="The provider's id of the invoice or bill.")


@declare.interface(description="Money received or paid.")
class Settlement(Record):
    number: str | None = strawberry.field(description="Number, where payments have one.")
    date: dt.date | None = strawberry.field(description="Day the money moved.")
    kind: PaymentKind | None = strawberry.field(description="What it is; only some kinds move money.")
    kind_raw: str | None = strawberry.field(description="The provider's own word for the kind.")
    method: PaymentMethod | None = strawberry.field(description="How it was moved.")
    method_raw: str | None = strawberry.field(description="The provider's own word for the method.")
    currency: str | None = strawberry.field(description="ISO 4217 code of its amounts.")
    amount: Money | None = strawberry.field(description="All of it, always positive.")
    unallocated: Money | None = strawberry.field(description="The part that settles nothing yet.")
    memo: str | None = strawberry.field(description="Text.")
    allocations: list[Allocation] = strawberry.field(description="What it settles.")
    attachments: list[Attachment] = strawberry.field(description="Files kept with it: what is known of them.")
    reference: str | None = strawberry.field(description="Check number or other reference.")
    party_ref: strawberry.Private[Pointer | None]
    account_ref: strawberry.Private[Pointer | None]

    @declare.field(description="Who paid or was paid.")
    async def party(self, info: Info) -> Party | None:
        found: Party | None = await info.context.reach.follow(self, self.party_ref, selected(info))
        return found

    @declare.field(description="The bank or cash account.")
    async def account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(self, self.account_ref, selected(info))
        return found


@declare.object_type(description="Money received from a customer, or what else lowers an invoice's balance.")
class Payment(Settlement):
    pass


@declare.object_type(description="Money paid to a supplier.")
class BillPayment(Settlement):
    pass
