"""Statements: one answer for each source, as the source computes it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated

import strawberry

from ledgermesh.errors import BadInput
from ledgermesh.graph.fanout import reports
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.results import ReportSource
from ledgermesh.model import declare
from ledgermesh.state.entries import CompanyEntry

Sources = Annotated[
    list[str] | None, strawberry.argument(description="Providers by name, or connections by id.")
]


@declare.object_type(description="Statements as each source computes them; one answer for each source.")
class Reports:
    entry: strawberry.Private[CompanyEntry]

    @declare.field(description="Income and expenses over a period.")
    async def profit_and_loss(
        self,
        info: Info,
        start: Annotated[dt.date, strawberry.argument(name="from", description="First day.")],
        end: Annotated[dt.date, strawberry.argument(name="to", description="Last day, included.")],
        sources: Sources = None,
    ) -> list[ReportSource]:
        return await self._read(info, "PROFIT_AND_LOSS", _period(start, end), sources)

    @declare.field(description="Assets, liabilities and equity on a day.")
    async def balance_sheet(
        self,
        info: Info,
        as_of: Annotated[dt.date, strawberry.argument(description="The day.")],
        sources: Sources = None,
    ) -> list[ReportSource]:
        return await self._read(info, "BALANCE_SHEET", {"asOf": as_of.isoformat()}, sources)

    @declare.field(description="What is owed to the tax authority for a period.")
    async def tax_summary(
        self,
        info: Info,
        period: Annotated[
            str | None,
            strawberry.argument(description="A quarter, `2026-Q3`. The provider's current one by default."),
        ] = None,
        sources: Sources = None,
    ) -> list[ReportSource]:
        if period is not None and not re.fullmatch(r"\d{4}-Q[1-4]", period):
            raise BadInput(f"`period` is a quarter like 2026-Q3, not {period!r}", details={"field": "period"})
        return await self._read(info, "TAX_SUMMARY", {} if period is None else {"period": period}, sources)

    @declare.field(description="The balance of every account on a day.")
    async def trial_balance(
        self,
        info: Info,
        as_of: Annotated[dt.date, strawberry.argument(description="The day.")],
        sources: Sources = None,
    ) -> list[ReportSource]:
        return await self._read(info, "TRIAL_BALANCE", {"asOf": as_of.isoformat()}, sources)

    @declare.field(description="Key figures over time, as each source computes them.")
    async def metrics(
        self,
        info: Info,
        start: Annotated[dt.date, strawberry.argument(name="from", description="First day.")],
        end: Annotated[dt.date, strawberry.argument(name="to", description="Last day, included.")],
        sources: Sources = None,
    ) -> list[ReportSource]:
        return await self._read(info, "METRICS", _period(start, end), sources)

    async def _read(
        self, info: Info, kind: str, arguments: Mapping[str, str], sources: list[str] | None
    ) -> list[ReportSource]:
        return await reports(info.context, self.entry, kind, arguments, tuple(sources or ()))


def _period(start: dt.date, end: dt.date) -> Mapping[str, str]:
    if start > end:
        raise BadInput(f"`from` {start} lies after `to` {end}", details={"field": "from"})
    return {"from": start.isoformat(), "to": end.isoformat()}
