"""What was booked: journal entries, ledger transactions, transfers; and the rates between currencies."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.account import Account
from ledgermesh.model.enums import Side
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.party import Party
from ledgermesh.model.reach import Info
from ledgermesh.model.record import Attachment, Record
from ledgermesh.model.selection import selected
from ledgermesh.spec.pointer import Pointer


@declare.object_type(description="One side of a journal entry.")
class JournalLine(Mapped):
    account_native_id: str | None = strawberry.field(description="The provider's id of the account.")
    side: Side | None = strawberry.field(description="Debit or credit.")
    amount: Money | None = strawberry.field(description="Never negative.")
    description: str | None = strawberry.field(description="Text.")


@declare.object_type(description="A manual journal entry.")
class JournalEntry(Record):
    number: str | None = strawberry.field(description="Number.")
    date: dt.date | None = strawberry.field(description="Day it counts for.")
    description: str | None = strawberry.field(description="Text.")
    currency: str | None = strawberry.field(description="ISO 4217 code of its amounts.")
    exchange_rate: Decimal | None = strawberry.field(
        description="As the provider gives it, to its home currency."
    )
    lines: list[JournalLine] = strawberry.field(description="Its sides; debits equal credits.")
    attachments: list[Attachment] = strawberry.field(description="Files kept with it: what is known of them.")


@strawberry.enum(description="What a ledger transaction comes from.")
class LedgerKind(Enum):
    INVOICE = "INVOICE"
    BILL = "BILL"
    CREDIT_NOTE = "CREDIT_NOTE"
    PAYMENT = "PAYMENT"
    BILL_PAYMENT = "BILL_PAYMENT"
    EXPENSE = "EXPENSE"
    TRANSFER = "TRANSFER"
    JOURNAL = "JOURNAL"
    PAYROLL = "PAYROLL"
    OTHER = "OTHER"


@declare.object_type(
    description="Anything that was booked, whatever it comes from; or one posting of it to an account."
)
class LedgerTransaction(Record):
    kind: LedgerKind | None = strawberry.field(description="What it comes from.")
    kind_raw: str | None = strawberry.field(description="The provider's own word for the kind.")
    date: dt.date | None = strawberry.field(description="Day it counts for.")
    number: str | None = strawberry.field(description="Number of the document it comes from.")
    description: str | None = strawberry.field(description="Text.")
    memo: str | None = strawberry.field(description="Second text, where there are two.")
    currency: str | None = strawberry.field(description="ISO 4217 code of its amounts.")
    amount: Money | None = strawberry.field(
        description="What it comes to, where the provider tells; never negative."
    )
    balance: Money | None = strawberry.field(
        description="Of the account after it, where the provider tells; signed by the account's side."
    )
    party_name: str | None = strawberry.field(description="The other side's name.")
    lines: list[JournalLine] = strawberry.field(description="The postings, where the provider shows them.")
    attachments: list[Attachment] = strawberry.field(description="Files kept with it: what is known of them.")
    party_ref: strawberry.Private[Pointer | None]
    account_ref: strawberry.Private[Pointer | None]
    document_ref: strawberry.Private[Pointer | None]

    @declare.field(description="The other side.")
    async def party(self, info: Info) -> Party | None:
        found: Party | None = await info.context.reach.follow(self, self.party_ref, selected(info))
        return found

    @declare.field(description="The account it is booked to first.")
    async def account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(self, self.account_ref, selected(info))
        return found

    @declare.field(description="The document it comes from, as its own kind.")
    async def document(self, info: Info) -> Record | None:
        found: Record | None = await info.context.reach.follow(self, self.document_ref, selected(info))
        return found


@declare.object_type(description="Money moved between two accounts of the company.")
class Transfer(Record):
    number: str | None = strawberry.field(description="Number.")
    date: dt.date | None = strawberry.field(description="Day the money moved.")
    description: str | None = strawberry.field(description="Text.")
    currency: str | None = strawberry.field(description="ISO 4217 code of the amount.")
    exchange_rate: Decimal | None = strawberry.field(
        description="As the provider gives it, to its home currency."
    )
    amount: Money | None = strawberry.field(description="What left the first account; never negative.")
    attachments: list[Attachment] = strawberry.field(description="Files kept with it: what is known of them.")
    from_account_ref: strawberry.Private[Pointer | None]
    to_account_ref: strawberry.Private[Pointer | None]

    @declare.field(description="The account it left.")
    async def from_account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(self, self.from_account_ref, selected(info))
        return found

    @declare.field(description="The account it came to.")
    async def to_account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(self, self.to_account_ref, selected(info))
        return found


@declare.object_type(description="The rate between two currencies as the company uses it.")
class ExchangeRate(Record):
    from_currency: str | None = strawberry.field(description="ISO 4217 code.")
    to_currency: str | None = strawberry.field(description="ISO 4217 code.")
    rate: Decimal | None = strawberry.field(description="One unit of the first is so many of the second.")
