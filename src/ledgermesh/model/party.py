"""A customer, a supplier, or both."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.account import Account
from ledgermesh.model.enums import PartyRole, RecordStatus
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.reach import Info
from ledgermesh.model.record import Record
from ledgermesh.model.selection import selected
from ledgermesh.spec.pointer import Pointer

if TYPE_CHECKING:
    from ledgermesh.model.ledger import LedgerTransaction


@declare.object_type(description="A postal address.")
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


@declare.object_type(description="A customer, a supplier, or both.")
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
    overdue: Money | None = strawberry.field(description="What of it is past due, where the provider tells.")
    discount_percent: Decimal | None = strawberry.field(description="Discount it gets, in percent.")
    tax_percent: Decimal | None = strawberry.field(description="Tax on its documents by default, in percent.")
    tax_code: str | None = strawberry.field(description="The provider's word for that tax.")
    phones: list[str] = strawberry.field(description="All telephone numbers as they were typed.")
    notes: str | None = strawberry.field(description="Private notes.")
    group_refs: strawberry.Private[list[Pointer]]
    parent_ref: strawberry.Private[Pointer | None]
    receivable_account_ref: strawberry.Private[Pointer | None]
    payable_account_ref: strawberry.Private[Pointer | None]

    @declare.field(description="The account its invoices are owed on.")
    async def receivable_account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(
            self, self.receivable_account_ref, selected(info)
        )
        return found

    @declare.field(description="The account its bills are owed on.")
    async def payable_account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(
            self, self.payable_account_ref, selected(info)
        )
        return found

    @declare.field(description="The party it belongs to, for branches and sub-customers.")
    async def parent(self, info: Info) -> Party | None:
        found: Party | None = await info.context.reach.follow(self, self.parent_ref, selected(info))
        return found

    @declare.field(description="The groups it is in. Null, with an error, when they cannot be read.")
    async def groups(self, info: Info) -> list[PartyGroup] | None:
        reach, wanted = info.context.reach, selected(info)
        found = await asyncio.gather(*(reach.follow(self, pointer, wanted) for pointer in self.group_refs))
        return [each for each in found if each is not None]

    @declare.field(
        description="What was booked with it, in order of date. Null, with an error, when it cannot be read."
    )
    async def transactions(
        self, info: Info
    ) -> list[Annotated[LedgerTransaction, strawberry.lazy("ledgermesh.model.ledger")]] | None:
        return list(await info.context.reach.children(self, "LedgerTransaction", selected(info)))

    @declare.field(description="All its addresses. Null, with an error, when they cannot be read.")
    async def addresses(self, info: Info) -> list[PartyAddress] | None:
        return list(await info.context.reach.children(self, "PartyAddress", selected(info)))

    @declare.field(description="The people to talk to. Null, with an error, when they cannot be read.")
    async def people(self, info: Info) -> list[ContactPerson] | None:
        return list(await info.context.reach.children(self, "ContactPerson", selected(info)))

    @declare.field(description="Its bank accounts. Null, with an error, when they cannot be read.")
    async def bank_accounts(self, info: Info) -> list[PartyBankAccount] | None:
        return list(await info.context.reach.children(self, "PartyBankAccount", selected(info)))


@declare.object_type(description="A group of customers or suppliers.")
class PartyGroup(Record):
    name: str | None = strawberry.field(description="Name.")
    kind_raw: str | None = strawberry.field(description="The provider's own word for its kind.")
    size: int | None = strawberry.field(description="How many are in it, where the provider tells.")
    member_native_ids: list[str] = strawberry.field(
        description="The provider's ids of its members, where the group names them."
    )


@declare.object_type(description="One of the addresses of a party.")
class PartyAddress(Record):
    lines: list[str] = strawberry.field(
        description="Street and further lines, in the order they are written."
    )
    city: str | None = strawberry.field(description="City or town.")
    region: str | None = strawberry.field(description="State, province or canton.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    country: str | None = strawberry.field(
        description="As the provider writes it; ISO 3166 alpha-2 where it does so."
    )
    is_default: bool | None = strawberry.field(description="Whether documents go there by default.")
    is_postal: bool | None = strawberry.field(description="Whether letters go there by default.")
    hidden_on_documents: bool | None = strawberry.field(description="Whether documents leave it out.")


@declare.object_type(description="A person to talk to at a party.")
class ContactPerson(Record):
    first_name: str | None = strawberry.field(description="Given name.")
    last_name: str | None = strawberry.field(description="Family name.")
    email: str | None = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(description="Telephone number as it was typed.")
    department: str | None = strawberry.field(description="Department.")
    salutation: str | None = strawberry.field(description="How letters address them.")
    gender_raw: str | None = strawberry.field(description="The provider's own word.")
    is_default: bool | None = strawberry.field(description="Whether documents name them by default.")
    wants_newsletter: bool | None = strawberry.field(description="Whether they want the newsletter.")


@declare.object_type(description="A bank account of a party.")
class PartyBankAccount(Record):
    description: str | None = strawberry.field(description="What people call it.")
    kind_raw: str | None = strawberry.field(description="The provider's own word for its kind.")
    number: str | None = strawberry.field(description="IBAN or account number.")
    bic: str | None = strawberry.field(description="BIC.")
    is_default: bool | None = strawberry.field(description="Whether it is used by default.")
