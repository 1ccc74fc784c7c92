"""What a British company owes the authorities by when: some done, one late, the rest ahead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from ledgermesh.sandbox.books import DueDate
from ledgermesh.sandbox.world.span import Span, next_month

_YEAR_END_MONTH = 3


def deadlines(make_id: Callable[[], str], span: Span) -> list[DueDate]:
    """All due dates from the start of the span to a year after today; past ones are completed but one."""
    until = span.today + dt.timedelta(days=365)
    rows = [
        DueDate(make_id(), type, due, "completed" if due < span.today else "pending", notes)
        for type, due, notes in sorted((*_vat_returns(span, until), *_yearly(span)), key=lambda row: row[1])
        if span.start <= due <= until
    ]
    late = DueDate(
        make_id(), "Confirmation Statement", span.today - dt.timedelta(days=12), "pending", "Reminder came"
    )
    return sorted([*rows, late], key=lambda row: row.due)


def _vat_returns(span: Span, until: dt.date) -> list[tuple[str, dt.date, str]]:
    """One month and seven days after the end of each quarter."""
    found, first = [], span.start.replace(day=1)
    while first <= until:
        if first.month % 3 == 2:
            quarter_end = (first - dt.timedelta(days=1)).replace(day=1) - dt.timedelta(days=1)
            found.append(("VAT Return", first.replace(day=7), f"Quarter to {quarter_end}"))
        first = next_month(first)
    return found


def _yearly(span: Span) -> list[tuple[str, dt.date, str]]:
    """For each year end: accounts after nine months, the corporation tax return after twelve."""
    found = []
    for year in range(span.start.year - 1, span.today.year + 2):
        note = f"Year to {year}-{_YEAR_END_MONTH:02d}-31"
        found.append(("Annual Accounts", dt.date(year, 12, 31), note))
        found.append(("CT600", dt.date(year + 1, _YEAR_END_MONTH, 31), note))
        found.append(("Confirmation Statement", dt.date(year, 7, 14), ""))
    return found
