"""Finding a statement in a list of them, and reading its periods: pure functions, nothing is added up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping

from ledgermesh.errors import Garbled
from ledgermesh.model.money import Money
from ledgermesh.model.row import Read, Row, at
from ledgermesh.providers.bossinsights.quirks import day_of
from ledgermesh.spec.leaves import to_currency, to_decimal

Statement = Mapping[str, object]
Arguments = Mapping[str, str]


def _listed(document: object) -> list[Statement]:
    if not isinstance(document, list):
        raise Garbled("expected a list of statements in the provider's answer")
    return [row for row in document if isinstance(row, Mapping)]


def newest(field: str) -> Callable[[object, Arguments], object]:
    """Picks the newest statement that is not after `asOf`: there is one for each month. Raises Garbled."""

    def pick(document: object, arguments: Arguments) -> object:
        rows, day = _listed(document), dt.date.fromisoformat(arguments["asOf"])
        dated = [(found, row) for row in rows if (found := day_of(row.get(field))) and found <= day]
        _, row = max(dated, key=lambda pair: pair[0], default=(None, None))
        return row

    return pick


def within(document: object, arguments: Arguments) -> object:
    """Picks the income statement of the asked period, or puts those that lie in it side by side.

    There is one for each month. Of several that overlap the one that begins first is taken, the longest of them, so
    that no day counts twice. Raises Garbled.
    """
    rows = _listed(document)
    start, end = (dt.date.fromisoformat(arguments[name]) for name in ("from", "to"))
    inside = [(since, until, row) for since, until, row in _dated(rows) if start <= since <= until <= end]
    exact = [row for since, until, row in inside if (since, until) == (start, end)]
    if exact:
        return exact[0]
    chosen = _apart(sorted(inside, key=lambda each: (each[0], -each[1].toordinal())))
    if len(chosen) < 2:
        return chosen[0] if chosen else None
    return {"start": chosen[0]["start"], "end": chosen[-1]["end"], "statements": chosen}


def _dated(rows: list[Statement]) -> Iterator[tuple[dt.date, dt.date, Statement]]:
    for row in rows:
        since, until = day_of(row.get("start")), day_of(row.get("end"))
        if since is not None and until is not None:
            yield since, until, row


def _apart(ordered: list[tuple[dt.date, dt.date, Statement]]) -> list[Statement]:
    found: list[Statement] = []
    known = dt.date.min
    for since, until, row in ordered:
        if since > known or not found:
            found.append(row)
            known = until
    return found


# -- what a statement holds ------------------------------------------------------------------------------------------


def _statements(row: Row) -> list[Statement]:
    """Those that were put side by side, or the one that it is."""
    found = row.doc.get("statements")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else [row.doc]


def _periods(row: Row) -> list[tuple[Statement, Statement]]:
    """Every period with the statement it stands in; ValueError for what holds none."""
    found = []
    for statement in _statements(row):
        periods = statement.get("periods")
        if periods is not None and not isinstance(periods, list):
            raise ValueError("expected a list of periods")
        found += [(statement, period) for period in periods or () if isinstance(period, Mapping)]
    return found


def _totals(period: Statement) -> Statement:
    totals = period.get("totals")
    return totals if isinstance(totals, Mapping) else {}


def sections(*names: str) -> Read:
    """The rows of every period, then its totals, each as a section.

    Rows do not say under which total they fall, so they stay together. Where there are several periods, the sections'
    keys name theirs.
    """

    def read(row: Row) -> object:
        periods, found = _periods(row), []
        for statement, period in periods:
            suffix = f" {_words(period)}" if len(periods) > 1 else ""
            shared = {"currency": statement.get("currency")}
            found.append({"key": f"DETAILS{suffix}", "rows": period.get("details"), **shared})
            totals = _totals(period)
            found += [
                {"key": f"{name.upper()}{suffix}", "total": totals[name], **shared}
                for name in names
                if totals.get(name) is not None
            ]
        return found

    return read


def _words(period: Statement) -> str:
    """A period as ISO 8601 writes intervals."""
    return "/".join(day.isoformat() for key in ("start", "end") if (day := day_of(period.get(key))))


def profit(row: Row) -> object:
    """The provider's profit of the only period; of several none, because nothing is added up."""
    periods = _periods(row)
    if len(periods) != 1:
        return None
    ((statement, period),) = periods
    found = _totals(period).get("profit")
    return None if found is None else Money(amount=to_decimal(found), currency=_code(statement, row))


def _code(statement: Statement, row: Row) -> str | None:
    """The statement's currency, or the one that the connection assumes."""
    return to_currency(statement.get("currency")) or to_currency(row.settings.get("currency"))


def currency(row: Row) -> object:
    """The currency of all statements that were put side by side; none where they differ."""
    codes = {_code(statement, row) for statement in _statements(row)}
    return codes.pop() if len(codes) == 1 else None


def figures(day: str, *paths: str) -> Read:
    """Figures beside a statement as metrics, each with a value for every statement that has one."""

    def read(row: Row) -> object:
        found = []
        for path in paths:
            values = {
                str(each[day]): value
                for each in _statements(row)
                if each.get(day) is not None and (value := at(path)(Row(each))) is not None
            }
            if values:
                found.append({"key": path.rpartition(".")[2], "series": values})
        return found

    return read


def accounts(row: Row) -> object:
    """The lines of a trial balance as one section."""
    lines = row.doc.get("lines")
    return [] if lines is None else [{"key": "ACCOUNTS", "rows": lines}]


def metrics(row: Row) -> object:
    """Metrics stand by their keys, and which there are differs from company to company."""
    found = row.doc.get("metrics")
    if found is None:
        return []
    if not isinstance(found, Mapping):
        raise ValueError("expected metrics by key")
    return [{**metric, "key": key} for key, metric in found.items() if isinstance(metric, Mapping)]


def points(row: Row) -> object:
    """A series' values by day, in the provider's order."""
    found = row.doc.get("series")
    if found is None:
        return []
    if not isinstance(found, Mapping):
        raise ValueError("expected values by day")
    return [{"date": day, "value": value} for day, value in found.items()]
