"""The company as its own books describe it, and what stands ready there: next numbers, payment slips."""

from __future__ import annotations

import datetime as dt

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.party import Address
from ledgermesh.model.record import Record


@declare.object_type(description="The company as one source describes it, with the settings of its books.")
class Organization(Record):
    name: str | None = strawberry.field(description="Name.")
    legal_name: str | None = strawberry.field(description="Registered name.")
    base_currency: str | None = strawberry.field(description="ISO 4217 code of the books.")
    country: str | None = strawberry.field(
        description="As the provider writes it; ISO 3166 alpha-2 where it does so."
    )
    language: str | None = strawberry.field(description="ISO 639-1.")
    time_zone: str | None = strawberry.field(description="Name of the time zone.")
    tax_number: str | None = strawberry.field(description="VAT or other tax registration number.")
    registration_number: str | None = strawberry.field(description="Number in the register of companies.")
    fiscal_year_end_month: int | None = strawberry.field(
        description="Last month of the fiscal year, 1 to 12."
    )
    books_closed_through: dt.date | None = strawberry.field(
        description="Last day nobody may change any more."
    )
    address: Address | None = strawberry.field(description="Main address.")
    email: str | None = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(description="Telephone number as it was typed.")
    website: str | None = strawberry.field(description="Web address as it was typed.")
    subdomain: str | None = strawberry.field(description="Its host name with the provider, where it has one.")
    active: bool | None = strawberry.field(description="Whether the provider serves it.")


@declare.object_type(description="The number that the next document of a kind gets.")
class NextNumber(Record):
    kind_raw: str | None = strawberry.field(description="The provider's own word for the kind of document.")
    number: str | None = strawberry.field(description="The number.")


@declare.object_type(description="A payment slip that invoices can carry.")
class PaymentSlip(Record):
    name: str | None = strawberry.field(description="What people call it.")
    kind_raw: str | None = strawberry.field(description="The provider's own word for its kind.")
    bank_name: str | None = strawberry.field(description="The bank.")
    recipient_name: str | None = strawberry.field(description="Who is paid.")
    recipient_city: str | None = strawberry.field(description="Where who is paid sits.")
    delivery_number: str | None = strawberry.field(description="The bank's number of the customer.")
    iban: str | None = strawberry.field(description="IBAN.")
    is_default: bool | None = strawberry.field(description="Whether invoices carry it by default.")
