"""From a query to one page of rows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.bossinsights.errors import invalid
from ledgermesh.sandbox.bossinsights.switches import Switches
from ledgermesh.sandbox.bossinsights.tables import Table
from ledgermesh.sandbox.bossinsights.view import View

_WINDOWS_MAX = 32
"""Filtered lists kept for one set of books, so that the pages of one are not filtered again."""
_SHORTER, _EVERY = 7, 3
_PAGE = re.compile(r"[0-9]{1,9}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z")


@dataclass(frozen=True)
class Query:
    """What is asked for; parameters that nobody knows are ignored."""

    page: int = 1
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    category: str | None = None


def read_query(parameters: Mapping[str, str]) -> Query:
    """Raises a Refusal for a page, a start or an end that is none."""
    page = parameters.get("page", "1")
    if not _PAGE.fullmatch(page) or int(page) < 1:
        raise invalid(("page", "is a whole number from 1 on"))
    return Query(
        int(page),
        read_instant(parameters, "start"),
        read_instant(parameters, "end"),
        parameters.get("category"),
    )


def read_instant(parameters: Mapping[str, str], name: str) -> dt.datetime | None:
    """A day is its first second for `start` and its last one for `end`."""
    text = parameters.get(name)
    if text is None:
        return None
    if _DAY.fullmatch(text):
        text += "T00:00:00Z" if name == "start" else "T23:59:59Z"
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError(text)
        return dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid((name, "is a date YYYY-MM-DD or an ISO instant in UTC")) from error


def list_rows(view: View, table: Table, query: Query) -> list[object]:
    """One page; empty past the end, unless a switch says otherwise."""
    switches = view.switches
    if switches.dates_ignored:
        query = replace(query, start=None, end=None)
    rows, page = _window(view.books, table, query), query.page
    if switches.clamp_last_page:
        page = min(page, _last(len(rows), switches))
    low, high = _bounds(page, switches), _bounds(page + 1, switches)
    return [table.document(view, row) for row in rows[low:high]]


def _window(books: Books, table: Table, query: Query) -> Sequence[Any]:
    dated = table.day is not None and (query.start is not None or query.end is not None)
    sorted_out = table.category is not None and query.category is not None
    if not dated and not sorted_out:
        return table.rows(books)
    known: dict[tuple[object, ...], list[Any]] = books.index("bossinsights windows", dict)
    key = (table.name, query.start, query.end, query.category if sorted_out else None)
    if key not in known:
        if len(known) >= _WINDOWS_MAX:
            known.clear()
        known[key] = [row for row in table.rows(books) if _wanted(books, table, query, row)]
    return known[key]


def _wanted(books: Books, table: Table, query: Query, row: Any) -> bool:
    if table.category is not None and query.category not in (None, table.category(books, row)):
        return False
    if table.day is None:
        return True
    moment = dt.datetime.combine(table.day(row), dt.time(), dt.UTC)
    return (query.start is None or query.start <= moment) and (query.end is None or moment <= query.end)


def _bounds(page: int, switches: Switches) -> int:
    """How many rows the pages before this one have."""
    size = switches.page_size_max
    missing = min(_SHORTER, size - 1) if switches.short_pages else 0
    return (page - 1) * size - (page - 1) // _EVERY * missing


def _last(rows: int, switches: Switches) -> int:
    """The last page that has a row."""
    page = 1
    while _bounds(page + 1, switches) < rows:
        page += 1
    return page
