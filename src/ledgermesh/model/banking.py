"""Bank accounts and what happened on them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.enums import BankAccountKind, RecordStatus
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.record import Record


@declare.object_type(description="A bank account of the company.")
class BankAccount(Record):
    name: str | None = strawberry.field(description="What people call it.")
    kind: BankAccountKind | None = strawberry.field(description="What kind of account it is.")
    kind_raw: str | None = strawberry.field(description="The provider's own word for the kind.")
    bank_name: str | None = strawberry.field(description="The bank.")
    account_number: str | None = strawberry.field(description="Domestic account number.")
    iban: str | None = strawberry.field(description="IBAN.")
    bic: str | None = strawberry.field(description="BIC.")
    currency: str | None = strawberry.field(description="ISO 4217 code.")
    is_default: bool | None = strawberry.field(description="Whether documents name it by default.")
    status: RecordStatus | None = strawberry.field(description="Whether it is in use.")


@declare.object_type(description="What a bank transaction was booked to.")
class Category(Mapped):
    native_id: str | None = strawberry.field(description="The provider's id.")
    name: str | None = strawberry.field(description="Name.")


@declare.object_type(description="One line of a bank statement.")
class BankTransaction(Record):
    date: dt.date | None = strawberry.field(description="Day it was booked.")
    description: str | None = strawberry.field(description="Text on the statement.")
    currency: str | None = strawberry.field(description="ISO 4217 code.")
    amount: Money | None = strawberry.field(description="Signed: money in is positive, money out negative.")
    category: Category | None = strawberry.field(description="What it was booked to; null while it is not.")
    category_confidence: Decimal | None = strawberry.field(
        description="How sure the provider is of the category, 0 to 1; null where a person chose it."
    )
    bank_account_native_id: str | None = strawberry.field(
        description="The provider's id of the bank account."
    )
    notes: str | None = strawberry.field(description="Notes of the users.")
    status_raw: str | None = strawberry.field(description="The provider's own word for its status.")
    tax_percent: Decimal | None = strawberry.field(description="VAT in percent, where the provider tells.")
