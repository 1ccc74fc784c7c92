"""A row of the chart of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.enums import AccountClassification, AccountType, RecordStatus, Side
from ledgermesh.model.money import Money
from ledgermesh.model.reach import Info
from ledgermesh.model.record import Record
from ledgermesh.model.selection import selected
from ledgermesh.spec.pointer import Pointer

if TYPE_CHECKING:
    from ledgermesh.model.ledger import LedgerTransaction


@declare.object_type(description="A row of the chart of accounts.")
class Account(Record):
    code: str | None = strawberry.field(description="The nominal code, as text.")
    name: str | None = strawberry.field(description="What people call it.")
    full_name: str | None = strawberry.field(
        description="Name with its code or its parents, where the provider gives it."
    )
    description: str | None = strawberry.field(description="Longer text.")
    classification: AccountClassification | None = strawberry.field(description="Side of the statements.")
    type: AccountType | None = strawberry.field(description="What it is for.")
    type_raw: str | None = strawberry.field(description="The provider's own word for the type.")
    normal_balance: Side | None = strawberry.field(description="The side on which it grows.")
    currency: str | None = strawberry.field(
        description="ISO 4217 code, where the account is kept in one currency."
    )
    balance: Money | None = strawberry.field(
        description="Balance, where the provider tells; never computed from documents here."
    )
    status: RecordStatus | None = strawberry.field(description="Whether it is in use.")
    system: bool | None = strawberry.field(description="Whether the provider keeps it for itself.")
    tax_number: str | None = strawberry.field(description="The tax authority's number or code for it.")
    parent_ref: strawberry.Private[Pointer | None]

    @declare.field(
        description="What was posted to it, in order of date. Null, with an error, when it cannot be read."
    )
    async def transactions(
        self, info: Info
    ) -> list[Annotated[LedgerTransaction, strawberry.lazy("ledgermesh.model.ledger")]] | None:
        return list(await info.context.reach.children(self, "LedgerTransaction", selected(info)))

    @declare.field(description="The account above it.")
    async def parent(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(self, self.parent_ref, selected(info))
        return found
