"""The answer of `/metrics`: figures computed once and kept until somebody asks for new ones."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from ledgermesh.sandbox.bossinsights.errors import invalid
from ledgermesh.sandbox.bossinsights.listing import read_instant
from ledgermesh.sandbox.bossinsights.months import months
from ledgermesh.sandbox.bossinsights.statements import FIGURES, series
from ledgermesh.sandbox.bossinsights.view import Document, View, instant

_MONTHS_SHOWN = 12
Series = Mapping[str, Mapping[str, Decimal]]


class KeyFigures:
    """The last computation of each company's figures."""

    def __init__(self) -> None:
        self._kept: dict[str, Series] = {}

    def read(self, view: View, account_key: str, parameters: Mapping[str, str]) -> Document:
        """All figures of the months that touch the asked range; without one, of the last twelve."""
        refresh = parameters.get("refresh", "no")
        if refresh not in ("yes", "no"):
            raise invalid(("refresh", "is yes or no"))
        start, end = self._range(view, parameters)
        if refresh == "yes" or account_key not in self._kept:
            found = months(view.books)
            self._kept[account_key] = {figure.key: series(found, figure) for figure in FIGURES}
        kept = self._kept[account_key]
        first, last = f"{start:%Y-%m}", f"{end:%Y-%m}"
        metrics: Document = {
            figure.key: {
                "label": figure.label,
                "format": figure.format,
                "series": {
                    _month_end(key, odd=view.switches.odd_metric_dates): value
                    for key, value in kept[figure.key].items()
                    if first <= key <= last
                },
                "comment": "",
                "description": figure.description,
            }
            for figure in FIGURES
        }
        if view.switches.additive:
            metrics["unheard_of_figure"] = {
                "label": "?", "format": "@", "series": {}, "comment": "", "description": "", "unit": None,
            }  # fmt: skip
        return {"start": instant(start), "end": instant(end), "metrics": metrics}

    def _range(self, view: View, parameters: Mapping[str, str]) -> tuple[dt.datetime, dt.datetime]:
        midnight = dt.datetime.combine(view.today, dt.time(23, 59, 59), dt.UTC)
        end = read_instant(parameters, "end") or midnight
        start = read_instant(parameters, "start") or _months_before(end, _MONTHS_SHOWN - 1)
        if start > end:
            raise invalid(("start", "is not after end"))
        return start, end


def _months_before(moment: dt.datetime, count: int) -> dt.datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 - count, 12)
    return dt.datetime(max(year, 1), month + 1, 1, tzinfo=dt.UTC)


def _month_end(key: str, *, odd: bool) -> str:
    year, month = (int(part) for part in key.split("-"))
    return f"{key}-31" if odd else f"{key}-{calendar.monthrange(year, month)[1]}"
