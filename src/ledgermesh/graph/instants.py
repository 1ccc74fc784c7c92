"""Instants as callers write them: ISO 8601, or a day that stands for all of it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import NewType

import strawberry
from msgspec import Struct

from ledgermesh.spec.query import And, Compare, Not, Or, Where


class WholeDay(Struct, frozen=True):
    """A day given where an instant is asked for, UTC."""

    start: dt.datetime

    @property
    def end(self) -> dt.datetime:
        """The first instant after it."""
        return self.start + dt.timedelta(days=1)


def parse(text: str) -> dt.datetime | WholeDay:
    """An instant with its zone, or a day `YYYY-MM-DD`; raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("expected an ISO 8601 instant or a day YYYY-MM-DD")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return WholeDay(dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC))
    found = dt.datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no zone; write it with Z or an offset, or give a day YYYY-MM-DD")
    return found.astimezone(dt.UTC)


Instant = NewType("Instant", dt.datetime)

INSTANT = strawberry.scalar(
    name="Instant",
    description="An instant, ISO 8601 with a zone; a day `YYYY-MM-DD` stands for all of it, in UTC.",
    serialize=lambda value: value.isoformat(),
    parse_value=parse,
)


def bounds(compare: Compare) -> Where:
    """The comparison with whole days made instants: from its first instant, or up to before the next day's."""
    value = compare.value
    if isinstance(value, tuple) and any(isinstance(each, WholeDay) for each in value):
        return Or(tuple(bounds(replace(compare, operator="eq", value=each)) for each in value))
    if not isinstance(value, WholeDay):
        return compare
    match compare.operator:
        case "eq":
            return And(
                (
                    replace(compare, operator="gte", value=value.start),
                    replace(compare, operator="lt", value=value.end),
                )
            )
        case "ne":
            return Not(bounds(replace(compare, operator="eq")))
        case "gt":
            return replace(compare, operator="gte", value=value.end)
        case "lte":
            return replace(compare, operator="lt", value=value.end)
        case _:
            return replace(compare, value=value.start)
