"""Statements as AccountsOS computes them. The bodies are not documented: every field is assumed, and tolerated."""

from __future__ import annotations

from ledgermesh.model.report import Report, ReportRow, ReportSection
from ledgermesh.providers.accountsos import quirks
from ledgermesh.spec.leaves import currency, day, money, text
from ledgermesh.spec.resource import ReportEndpoint
from ledgermesh.spec.wires import Wire, each, fields, made

ROWS = each(
    "rows",
    fields(
        ReportRow,
        native_id=text("id"),
        label=text("name"),
        amount=money("amount", currency="^^currency"),
    ),
)

SECTION = fields(ReportSection, key=text("key"), total=money("total", currency="^currency"), rows=ROWS)


def _parts(*parts: tuple[str, str]) -> Wire:
    paths = [theirs for theirs, _ in parts]
    return made(
        list[ReportSection], *paths, read=quirks.sections(*parts), transform="sections", parts=SECTION
    )


PROFIT_AND_LOSS = ReportEndpoint(
    report="PROFIT_AND_LOSS",
    path="/reports/profit-loss",
    params=(("from", "from"), ("to", "to")),
    pick=quirks.bare_report,
    fields=fields(
        Report,
        title=text("report"),
        currency=currency("currency"),
        period_start=day("from"),
        period_end=day("to"),
        net=money("net_profit", currency="currency"),
        sections=_parts(("income", "INCOME"), ("expenses", "EXPENSES")),
    ),
)

BALANCE_SHEET = ReportEndpoint(
    report="BALANCE_SHEET",
    path="/reports/balance-sheet",
    params=(("asOf", "as_of"),),
    pick=quirks.bare_report,
    fields=fields(
        Report,
        title=text("report"),
        currency=currency("currency"),
        as_of=day("as_of"),
        sections=_parts(("assets", "ASSETS"), ("liabilities", "LIABILITIES"), ("equity", "EQUITY")),
    ),
)

TAX_SUMMARY = ReportEndpoint(
    report="TAX_SUMMARY",
    path="/reports/vat",
    params=(("period", "period"),),
    pick=quirks.bare_report,
    fields=fields(
        Report,
        title=text("report"),
        currency=currency("currency"),
        period=text("period"),
        period_start=day("from"),
        period_end=day("to"),
        due_date=day("due_date"),
        net=money("amount_owed", currency="@currency"),
        sections=made(
            list[ReportSection], "boxes", "output_vat", "input_vat",
            read=quirks.vat_sections, transform="vat_sections",
            parts=fields(
                ReportSection,
                key=text("key"),
                rows=each(
                    "rows",
                    fields(
                        ReportRow,
                        native_id=text("id"),
                        label=text("name"),
                        amount=money("amount", currency="@currency"),
                    ),
                ),
            ),
        ),
    ),
)  # fmt: skip
