"""Invoices, bills, expenses and their lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.account import Account
from ledgermesh.model.enums import DocumentStatus, LineKind, PaymentMethod, TaxMode
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.party import Party
from ledgermesh.model.payment import BillPayment, Payment
from ledgermesh.model.reach import Info
from ledgermesh.model.record import Attachment, Record
from ledgermesh.model.selection import selected
from ledgermesh.spec.pointer import Pointer


@declare.object_type(description="The tax on one line at one rate.")
class LineTax(Mapped):
    code: str | None = strawberry.field(description="The provider's word for the tax.")
    rate: Decimal | None = strawberry.field(description="Percent.")
    amount: Money | None = strawberry.field(description="Tax on this line, where the provider tells.")


@declare.object_type(description="One line of an invoice or a bill.")
class DocumentLine(Mapped):
    native_id: str | None = strawberry.field(
        description="The provider's id of the line, where lines have one."
    )
    line_number: int | None = strawberry.field(description="Place in the document, from 1.")
    kind: LineKind | None = strawberry.field(
        description="What the line is; only ITEM and ACCOUNT carry amounts."
    )
    name: str | None = strawberry.field(description="Short text.")
    description: str | None = strawberry.field(description="Long text.")
    item_code: str | None = strawberry.field(description="Article number, where the line names one.")
    item_native_id: str | None = strawberry.field(
        description="The provider's id of the item, where the line names it."
    )
    account_native_id: str | None = strawberry.field(
        description="The provider's id of the account it is booked to."
    )
    quantity: Decimal | None = strawberry.field(description="How many units.")
    unit_price: Money | None = strawberry.field(description="Price of one unit, in the document's currency.")
    discount_percent: Decimal | None = strawberry.field(description="Discount in percent of the line.")
    discount_amount: Money | None = strawberry.field(description="Discount as an amount off the line.")
    net: Money | None = strawberry.field(description="Amount before tax, after discount.")
    gross: Money | None = strawberry.field(description="Amount with tax.")
    taxes: list[LineTax] = strawberry.field(description="Every tax on the line.")


@declare.object_type(description="The tax of a whole document at one rate.")
class TaxAmount(Mapped):
    name: str | None = strawberry.field(description="The tax.")
    rate: Decimal | None = strawberry.field(description="Percent.")
    taxable: Money | None = strawberry.field(description="Amount the tax is taken on.")
    tax: Money | None = strawberry.field(description="The tax.")


@declare.interface(description="A document of trade: from the offer to the bill.")
class CommercialDocument(Record):
    number: str | None = strawberry.field(description="Document number; text, edited by users.")
    reference: str | None = strawberry.field(
        description="Purchase order number or other reference of the other side."
    )
    date: dt.date | None = strawberry.field(description="Day of issue.")
    status_raw: str | None = strawberry.field(
        description="The provider's own word for the status, where it has one."
    )
    currency: str | None = strawberry.field(description="ISO 4217 code of all its amounts.")
    exchange_rate: Decimal | None = strawberry.field(
        description="As the provider gives it, to its home currency."
    )
    home_currency: str | None = strawberry.field(description="ISO 4217 code of the books.")
    tax_mode: TaxMode | None = strawberry.field(description="Whether line prices hold tax already.")
    subtotal: Money | None = strawberry.field(description="Sum of the lines before tax, after discounts.")
    tax_total: Money | None = strawberry.field(description="All tax.")
    total: Money | None = strawberry.field(description="What it comes to in all, with tax.")
    discount_percent: Decimal | None = strawberry.field(
        description="Discount on the whole document in percent."
    )
    discount_amount: Money | None = strawberry.field(
        description="Discount on the whole document as an amount."
    )
    memo: str | None = strawberry.field(description="Text for the other side.")
    private_note: str | None = strawberry.field(description="Text for the company only.")
    language: str | None = strawberry.field(description="Language of the document, ISO 639-1.")
    lines: list[DocumentLine] = strawberry.field(description="The lines.")
    tax_breakdown: list[TaxAmount] = strawberry.field(
        description="Tax for each rate, where the provider tells."
    )
    attachments: list[Attachment] = strawberry.field(description="Files kept with it: what is known of them.")
    party_name: str | None = strawberry.field(description="The other side's name as the document shows it.")
    party_ref: strawberry.Private[Pointer | None]

    @declare.field(description="The customer or the supplier.")
    async def party(self, info: Info) -> Party | None:
        found: Party | None = await info.context.reach.follow(self, self.party_ref, selected(info))
        return found


@declare.interface(description="A document that asks for money: an invoice, a bill, an expense.")
class TradeDocument(CommercialDocument):
    due_date: dt.date | None = strawberry.field(description="Day it is to be paid by.")
    status: DocumentStatus | None = strawberry.field(description="Where it stands.")
    amount_paid: Money | None = strawberry.field(description="What is settled so far.")
    amount_due: Money | None = strawberry.field(description="What is open.")
    payment_terms: str | None = strawberry.field(description="Terms as the provider words them.")
    account_ref: strawberry.Private[Pointer | None]
    payment_refs: strawberry.Private[list[Pointer]]

    @declare.field(description="The control account it is owed on, or the account it was paid from.")
    async def account(self, info: Info) -> Account | None:
        found: Account | None = await info.context.reach.follow(self, self.account_ref, selected(info))
        return found

    @declare.field(
        description="Open and past its due date today (UTC). Derived, not a status of the provider."
    )
    def is_overdue(self, info: Info) -> bool | None:
        if self.due_date is None or self.status is None:
            return None
        still_open = self.status in (DocumentStatus.OPEN, DocumentStatus.PARTIALLY_PAID)
        return still_open and self.due_date < info.context.today


@declare.object_type(description="What a customer is asked to pay.")
class Invoice(TradeDocument):
    paid_date: dt.date | None = strawberry.field(description="Day it was settled in full.")
    payment_reference: str | None = strawberry.field(description="Structured payment reference on the slip.")
    period_from: dt.date | None = strawberry.field(description="First day of the service.")
    period_to: dt.date | None = strawberry.field(description="Last day of the service.")
    cash_discount_percent: Decimal | None = strawberry.field(
        description="Discount for early payment, percent."
    )
    cash_discount_date: dt.date | None = strawberry.field(description="Last day of that discount.")
    billing_email: str | None = strawberry.field(description="Where it is sent.")

    @declare.field(description="The payments that settle it. Null, with an error, when they cannot be read.")
    async def payments(self, info: Info) -> list[Payment] | None:
        found: Sequence[Payment] = await info.context.reach.children(self, "Payment", selected(info))
        return list(found)


@declare.object_type(description="What a supplier asks to be paid.")
class Bill(TradeDocument):
    @declare.field(description="The payments that settle it. Null, with an error, when they cannot be read.")
    async def payments(self, info: Info) -> list[BillPayment] | None:
        found: Sequence[BillPayment] = await info.context.reach.children(self, "BillPayment", selected(info))
        return list(found)


@declare.object_type(description="A cost that was booked without a bill, usually paid at once.")
class Expense(TradeDocument):
    payment_method: PaymentMethod | None = strawberry.field(description="How it was paid.")
    payment_method_raw: str | None = strawberry.field(description="The provider's own word for the method.")
