"""A customer, a supplier, or both."""

from __future__ import annotations

import strawberry

from ledgermesh.model.account import Account
from ledgermesh.model.enums import PartyRole, RecordStatus
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.reach import Info
from ledgermesh.model.record import Record
from ledgermesh.model.selection import selected
from ledgermesh.spec.pointer import Pointer


@strawberry.type(description="A postal address.")
class Address(Mapped):
    lines: list[str] = strawberry.field(
        description="Street and further lines, in the order they are written."
    )
    city: str | None = strawberry.field(description="City or town.")
    region: str | None = strawberry.field(description="State, province or canton.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    country: str | None = strawberry.field(
        description="As the provider writes it; ISO 3166 alpha-2 where it does so."
    )


@strawberry.type(description="A customer, a supplier, or both.")
class Party(Record):
    roles: list[PartyRole] = strawberry.field(description="What it is to the company.")
    display_name: str | None = strawberry.field(description="The name on documents.")
    company_name: str | None = strawberry.field(description="Name of the business, where it is one.")
    first_name: str | None = strawberry.field(description="Given name, where it is a person.")
    last_name: str | None = strawberry.field(description="Family name, where it is a person.")
    is_individual: bool | None = strawberry.field(description="Whether it is a person.")
    number: str | None = strawberry.field(description="Customer or supplier number in these books.")
    status: RecordStatus | None = strawberry.field(description="Whether it is in use.")
    email: str | None = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(description="Telephone number as it was typed.")
    website: str | None = strawberry.field(description="Web address as it was typed.")
    address: Address | None = strawberry.field(description="The main address.")
    tax_number: str | None = strawberry.field(description="VAT or other tax registration number.")
    currency: str | None = strawberry.field(description="ISO 4217 code its documents are usually in.")
    payment_terms: str | None = strawberry.field(description="Terms as the provider words them.")
    payment_terms_days: int | None = strawberry.field(description="Days until payment is due.")
    language: str | None = strawberry.field(description="Language of its documents, ISO 639-1.")
    balance_due: Money | None = strawberry.field(description="What it owes, where the provider tells.")
    notes: str | None = strawberry.field(description="Private notes.")
    receivable_account_ref: strawberry.Private[Pointer | None]
    payable_account_ref: strawberry.Private[Pointer | None]

    @strawberry.field(description="The account its invoices are owed on.")
    async def receivable_account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(
            self, self.receivable_account_ref, selected(info)
        )
        return found

    @strawberry.field(description="The account its bills are owed on.")
    async def payable_account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(
            self, self.payable_account_ref, selected(info)
        )
        return found
