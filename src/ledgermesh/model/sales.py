"""Documents of sales beside the invoice: quotes, orders, delivery notes, credit notes, letters, reminders."""

from __future__ import annotations

import datetime as dt
from enum import Enum

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.money import Money
from ledgermesh.model.party import Party
from ledgermesh.model.payment import Allocation
from ledgermesh.model.reach import Info
from ledgermesh.model.record import Record
from ledgermesh.model.selection import selected
from ledgermesh.model.trade import CommercialDocument
from ledgermesh.spec.pointer import Pointer


@strawberry.enum(description="Where a quote, an order or a delivery note stands.")
class OrderStatus(Enum):
    DRAFT = "DRAFT"
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    PARTIALLY_BILLED = "PARTIALLY_BILLED"
    BILLED = "BILLED"
    CLOSED = "CLOSED"
    VOID = "VOID"
    OTHER = "OTHER"


@strawberry.enum(description="Where a credit note stands.")
class CreditNoteStatus(Enum):
    DRAFT = "DRAFT"
    OPEN = "OPEN"
    PARTIALLY_APPLIED = "PARTIALLY_APPLIED"
    APPLIED = "APPLIED"
    REFUNDED = "REFUNDED"
    VOID = "VOID"
    OTHER = "OTHER"


@strawberry.enum(description="Where a letter stands.")
class LetterStatus(Enum):
    DRAFT = "DRAFT"
    SENT = "SENT"
    VOID = "VOID"
    OTHER = "OTHER"


@declare.object_type(description="An offer to a customer.")
class Quote(CommercialDocument):
    status: OrderStatus | None = strawberry.field(description="Where it stands.")
    valid_until: dt.date | None = strawberry.field(description="Last day it can be accepted.")
    accept_online: bool | None = strawberry.field(description="Whether the customer may accept it on a page.")
    accept_url: str | None = strawberry.field(description="That page.")
    accept_status_raw: str | None = strawberry.field(
        description="The provider's own word for what the customer did there."
    )


@declare.object_type(description="An order of a customer, confirmed.")
class SalesOrder(CommercialDocument):
    status: OrderStatus | None = strawberry.field(description="Where it stands.")


@declare.object_type(description="What was delivered to a customer.")
class DeliveryNote(CommercialDocument):
    status: OrderStatus | None = strawberry.field(description="Where it stands.")


@declare.object_type(description="What a customer is given back, or need not pay.")
class CreditNote(CommercialDocument):
    status: CreditNoteStatus | None = strawberry.field(description="Where it stands.")
    remaining: Money | None = strawberry.field(description="What of it is not used yet.")
    allocations: list[Allocation] = strawberry.field(description="What it was used for.")


@declare.object_type(description="A letter to a customer or supplier, without amounts.")
class Letter(Record):
    title: str | None = strawberry.field(description="Title.")
    content: str | None = strawberry.field(description="Its text, as the provider keeps it.")
    date: dt.date | None = strawberry.field(description="Its day.")
    status: LetterStatus | None = strawberry.field(description="Where it stands.")
    status_raw: str | None = strawberry.field(description="The provider's own word for the status.")
    language: str | None = strawberry.field(description="Language, ISO 639-1.")
    private_note: str | None = strawberry.field(description="Text for the company only.")
    party_name: str | None = strawberry.field(description="The receiver's name.")
    party_ref: strawberry.Private[Pointer | None]

    @declare.field(description="The receiver.")
    async def party(self, info: Info) -> Party | None:
        found: Party | None = await info.context.reach.follow(self, self.party_ref, selected(info))
        return found


@declare.object_type(description="What somebody wants to be reminded of about a customer or supplier.")
class Reminder(Record):
    title: str | None = strawberry.field(description="Title.")
    description: str | None = strawberry.field(description="Text.")
    due_at: dt.datetime | None = strawberry.field(description="When, UTC.")
    interval: int | None = strawberry.field(
        description="So many units of `intervalUnitRaw` before the moment."
    )
    interval_unit_raw: str | None = strawberry.field(description="The provider's own word for the unit.")
    party_name: str | None = strawberry.field(description="Whom it is about.")
    party_ref: strawberry.Private[Pointer | None]

    @declare.field(description="Whom it is about.")
    async def party(self, info: Info) -> Party | None:
        found: Party | None = await info.context.reach.follow(self, self.party_ref, selected(info))
        return found
