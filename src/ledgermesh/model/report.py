"""Statements as the providers compute them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import strawberry
from strawberry.scalars import JSON

from ledgermesh.model import declare
from ledgermesh.model.mapped import Finding, Mapped, read_all
from ledgermesh.model.money import Money
from ledgermesh.model.row import plain


@declare.object_type(description="One row of a report.")
class ReportRow(Mapped):
    native_id: str | None = strawberry.field(description="The provider's id of the account or category.")
    label: str | None = strawberry.field(description="What it is.")
    code: str | None = strawberry.field(description="The account's nominal code, where the row names one.")
    amount: Money | None = strawberry.field(description="Amount, signed as the provider gives it.")
    debit: Money | None = strawberry.field(description="For trial balances: the debit balance.")
    credit: Money | None = strawberry.field(description="For trial balances: the credit balance.")


@declare.object_type(description="A part of a report with its total.")
class ReportSection(Mapped):
    key: str | None = strawberry.field(
        description="For example INCOME, EXPENSES, ASSETS, LIABILITIES, EQUITY, BOXES."
    )
    total: Money | None = strawberry.field(description="The part's total, as the provider gives it.")
    rows: list[ReportRow] = strawberry.field(description="Its rows.")


@declare.object_type(description="A value of a metric at one point in time.")
class MetricPoint(Mapped):
    date: dt.date | None = strawberry.field(
        description="The day; null where the provider writes one that no calendar has, see `dateRaw`."
    )
    date_raw: str | None = strawberry.field(description="The day as the provider writes it.")
    value: Decimal | None = strawberry.field(description="The value, in major units where it is money.")


@declare.object_type(description="A figure that the provider computes over time.")
class Metric(Mapped):
    key: str | None = strawberry.field(description="The provider's key of it.")
    label: str | None = strawberry.field(description="What people call it.")
    format: str | None = strawberry.field(description="How to show its values, as the provider says.")
    description: str | None = strawberry.field(description="What it means.")
    comment: str | None = strawberry.field(description="What the provider says about these values.")
    series: list[MetricPoint] = strawberry.field(description="Its values over time.")


@declare.object_type(description="A statement as one provider computes it; nothing is recomputed here.")
class Report(Mapped):
    title: str | None = strawberry.field(description="The provider's own name for it.")
    currency: str | None = strawberry.field(description="ISO 4217 code of its amounts.")
    period_start: dt.date | None = strawberry.field(description="First day, for reports over a period.")
    period_end: dt.date | None = strawberry.field(description="Last day, for reports over a period.")
    as_of: dt.date | None = strawberry.field(description="The day, for reports of a day.")
    period: str | None = strawberry.field(
        description="The period as the provider words it, for example `Q4 2025`."
    )
    due_date: dt.date | None = strawberry.field(description="For tax summaries: when the return is due.")
    net: Money | None = strawberry.field(description="Net profit, or what is owed to the tax authority.")
    sections: list[ReportSection] = strawberry.field(description="Its parts.")
    metrics: list[Metric] = strawberry.field(description="For metrics: the figures.")

    @declare.field(description="The provider's whole answer, numbers exact.")
    def raw(self) -> JSON:
        return JSON(plain(self._row.doc))

    @declare.field(description="What could not be read of it. Reads every field.")
    def findings(self) -> list[Finding]:
        read_all(self)
        return list(self._findings)
