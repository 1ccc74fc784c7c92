"""Journal entries."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import strawberry

from ledgermesh.model.enums import Side
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.record import Record


@strawberry.type(description="One side of a journal entry.")
class JournalLine(Mapped):
    account_native_id: str | None = strawberry.field(description="The provider's id of the account.")
    side: Side | None = strawberry.field(description="Debit or credit.")
    amount: Money | None = strawberry.field(description="Never negative.")
    description: str | None = strawberry.field(description="Text.")


@strawberry.type(description="A manual journal entry.")
class JournalEntry(Record):
    number: str | None = strawberry.field(description="Number.")
    date: dt.date | None = strawberry.field(description="Day it counts for.")
    description: str | None = strawberry.field(description="Text.")
    currency: str | None = strawberry.field(description="ISO 4217 code of its amounts.")
    exchange_rate: Decimal | None = strawberry.field(
        description="As the provider gives it, to its home currency."
    )
    lines: list[JournalLine] = strawberry.field(description="Its sides; debits equal credits.")
