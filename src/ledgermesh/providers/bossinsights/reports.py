"""Statements and key figures as Boss Insights has them: https://docs.bossinsights.com/developer

The forms of statements are those of the portal's configuration; their places in the API are assumed.
"""

from __future__ import annotations

from ledgermesh.model.money import Money
from ledgermesh.model.report import Metric, MetricPoint, Report, ReportRow, ReportSection
from ledgermesh.providers.bossinsights import statements
from ledgermesh.providers.bossinsights.books import PAGES
from ledgermesh.providers.bossinsights.leaves import cents, currency_of, day_or_none, first_ten, major
from ledgermesh.spec.leaves import decimal, text
from ledgermesh.spec.resource import ReportEndpoint
from ledgermesh.spec.wires import Wire, each, fields, made

METRIC = fields(
    Metric,
    key=text("key"),
    label=text("label"),
    format=text("format"),
    description=text("description"),
    comment=text("comment"),
    series=made(
        list[MetricPoint], "series", read=statements.points, transform="points",
        parts=fields(
            MetricPoint, date=day_or_none("date"), date_raw=text("date"), value=decimal("value")
        ),
    ),
)  # fmt: skip

METRICS = ReportEndpoint(
    report="METRICS",
    path="/metrics",
    params=(("from", "start"), ("to", "end")),
    fields=fields(
        Report,
        period_start=first_ten("start"),
        period_end=first_ten("end"),
        metrics=made(
            list[Metric], "metrics", read=statements.metrics, transform="metrics_by_key", parts=METRIC
        ),
    ),
)

TRIAL_BALANCE = ReportEndpoint(
    report="TRIAL_BALANCE",
    path="/trial_balances",
    params=(("asOf", "end"),),
    page=PAGES,
    pick=statements.newest("date"),
    fields=fields(
        Report,
        as_of=first_ten("date"),
        currency=currency_of("lines"),
        sections=made(
            list[ReportSection], "lines", read=statements.accounts, transform="one_section",
            parts=fields(
                ReportSection,
                key=text("key"),
                rows=each(
                    "rows",
                    fields(
                        ReportRow,
                        native_id=text("accountId"),
                        code=text("accountNumber"),
                        label=text("accountName"),
                        debit=cents("debit", currency="^^currency"),
                        credit=cents("credit", currency="^^currency"),
                    ),
                ),
            ),
        ),
    ),
)  # fmt: skip

SECTION = fields(
    ReportSection,
    key=text("key"),
    total=major("total"),
    rows=each(
        "rows",
        fields(
            ReportRow, native_id=text("id"), label=text("name"), amount=major("value", currency="^currency")
        ),
    ),
)


def _sections(*totals: str) -> Wire:
    paths = ("statements", "periods", *(f"periods.totals.{total}" for total in totals))
    return made(
        list[ReportSection], *paths, read=statements.sections(*totals), transform="sections_of_periods",
        parts=SECTION,
    )  # fmt: skip


def _figures(day: str, *paths: str) -> Wire:
    """Key figures that stand beside a statement, each at the statement's day."""
    read = statements.figures(day, *paths)
    return made(list[Metric], *paths, read=read, transform="figures", parts=METRIC)


BALANCE_SHEET = ReportEndpoint(
    report="BALANCE_SHEET",
    path="/balance_sheets",
    params=(("asOf", "end"),),
    page=PAGES,
    pick=statements.newest("asOf"),
    fields=fields(
        Report,
        as_of=first_ten("asOf"),
        currency=currency_of("periods"),
        sections=_sections("assets", "liabilities", "equity"),
        metrics=_figures("asOf", "debt_asset_ratio", "cash_ebitda", "current_ratio"),
    ),
)

PROFIT_AND_LOSS = ReportEndpoint(
    report="PROFIT_AND_LOSS",
    path="/income_statements",
    params=(("from", "start"), ("to", "end")),
    page=PAGES,
    pick=statements.within,
    fields=fields(
        Report,
        period_start=first_ten("start"),
        period_end=first_ten("end"),
        currency=made(
            str, "currency", "statements", "@currency", read=statements.currency, transform="shared_currency"
        ),
        net=made(Money, "statements", "periods", read=statements.profit, transform="profit_of_the_period"),
        sections=_sections("income", "expenses"),
        metrics=_figures("end", "yoy_sales_growth", "metrics.dscr"),
    ),
)
