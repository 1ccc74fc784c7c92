"""Random questions over known records: conditions, orders, searches, page sizes, and what happens between pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from tests.graph.rules import Column, Json

RANGES = ("lt", "lte", "gt", "gte")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "text": ("eq", "ne", "in", "isNull", "contains", *RANGES),
    "flag": ("eq", "ne", "in", "isNull"),
    "number": ("eq", "ne", "in", "isNull", *RANGES),
    "decimal": ("eq", "ne", "in", "isNull", *RANGES),
    "day": ("eq", "ne", "in", "isNull", *RANGES),
    "instant": ("eq", "ne", "in", "isNull", *RANGES),
    "money": ("eq", "ne", "in", "isNull", *RANGES),
    "ref": ("eq", "in", "isNull"),
    "word": ("eq", "ne", "in", "isNull"),
    "words": ("contains",),
}
OUTSIDE: Mapping[str, Any] = {
    "text": "Nobody", "flag": True, "number": 7, "decimal": "7.5", "day": "2026-07-01",
    "instant": "2026-07-01T00:00:00+00:00", "money": ("7.50", "CHF"),
}  # fmt: skip
"""A value of each type where no record has one."""

WAITS = (0, 1, 61, 200, 400)
"""Seconds between two pages; an index of a source that is sorted here is kept for 300."""


@dataclass(frozen=True)
class Pools:
    """The kind's fields with the values that are there."""

    columns: Sequence[Column]
    values: Mapping[str, Sequence[Any]]
    search: Sequence[str]
    """Texts that `search` would find something for."""


def pools(columns: Sequence[Column], records: Sequence[Json], search: Sequence[str]) -> Pools:
    """What conditions over these records may be made of."""
    values = {each.name: _distinct(each, records) for each in columns}
    return Pools(
        [each for each in columns if values[each.name]],
        values,
        [text for name in search for text in values.get(name, ()) if isinstance(text, str)],
    )


def _distinct(column: Column, records: Sequence[Json]) -> list[Any]:
    found: dict[Any, None] = {}
    for record in records:
        value = record[column.name]
        if column.type == "money" and value is not None:
            value = value["amount"], value["currency"]
        elif column.type == "ref" and value is not None:
            value = value["id"]
        for each in value if column.type == "words" else (value,):
            if each is not None:
                found[each] = None
    outside = [OUTSIDE[column.type]] if column.type in OUTSIDE else []
    return [*found, *outside] if found or outside else []


@dataclass(frozen=True)
class Step:
    """What happens before the next page."""

    wait: int = 0
    insert: tuple[tuple[int, int], ...] = ()
    """(which source, which of its records is copied)."""
    delete: tuple[tuple[int, int], ...] = ()
    down: tuple[bool, ...] = ()
    """By source: whether its line is cut from now on."""


@dataclass(frozen=True)
class Walk:
    """One list, paged through."""

    where: Json | None
    order: tuple[Json, ...]
    search: str | None
    sizes: tuple[int, ...]
    steps: tuple[Step, ...]


@st.composite
def walks(draw: st.DrawFn, found: Pools, *, changes: bool, outages: bool, rows: int) -> Walk:
    """A question and what happens while it is paged through."""
    where = draw(st.none() | _condition(found, 2))
    order = tuple(draw(st.lists(_key(found), max_size=2)))
    search = draw(st.none() | _search(found)) if found.search and draw(st.booleans()) else None
    least = max(1, rows // 8)
    sizes = tuple(draw(st.lists(st.integers(least, 60), min_size=1, max_size=4)))
    steps = tuple(draw(st.lists(_step(changes=changes, outages=outages), min_size=1, max_size=5)))
    return Walk(where, order, search, sizes, steps)


def _step(*, changes: bool, outages: bool) -> st.SearchStrategy[Step]:
    pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 99)), max_size=3 if changes else 0).map(tuple)
    cut = st.tuples(*(st.sampled_from((False, False, True)) for _ in range(3))) if outages else st.just(())
    return st.builds(Step, wait=st.sampled_from(WAITS), insert=pairs, delete=pairs, down=cut)


def _search(found: Pools) -> st.SearchStrategy[str]:
    return st.sampled_from(found.search).flatmap(_piece)


def _piece(text: str) -> st.SearchStrategy[str]:
    """A part of a text, perhaps in capitals."""
    cut = st.tuples(st.integers(0, max(len(text) - 2, 0)), st.integers(1, 6), st.booleans())
    return cut.map(lambda how: (text[how[0] :][: how[1]].upper() if how[2] else text[how[0] :][: how[1]]) or text)


@st.composite
def _key(draw: st.DrawFn, found: Pools) -> Json:
    column = draw(st.sampled_from([each for each in found.columns if each.orderable]))
    word = "".join(f"_{letter}" if letter.isupper() else letter for letter in column.name).upper()
    key: Json = {"field": word, "direction": draw(st.sampled_from(("ASC", "DESC")))}
    if column.type == "money":
        key["currency"] = draw(st.sampled_from(found.values[column.name]))[1]
    return key


@st.composite
def _condition(draw: st.DrawFn, found: Pools, depth: int) -> Json:
    said: Json = {}
    for column in draw(st.lists(st.sampled_from(found.columns), min_size=0 if depth else 1, max_size=2)):
        said[column.name] = draw(_filter(found, column))
    if depth:
        word = draw(st.sampled_from(("", "", "and", "or", "not")))
        if word == "not":
            said["not"] = draw(_condition(found, depth - 1))
        elif word:
            said[word] = draw(st.lists(_condition(found, depth - 1), max_size=3))
    return said


@st.composite
def _filter(draw: st.DrawFn, found: Pools, column: Column) -> Json:
    values = found.values[column.name]
    said: Json = {}
    for operator in draw(st.lists(st.sampled_from(OPERATORS[column.type]), min_size=1, max_size=2, unique=True)):
        said[operator] = draw(_given(column, operator, values))
    if column.type == "money":
        said["currency"] = draw(st.sampled_from(values))[1]
    return said


def _given(column: Column, operator: str, values: Sequence[Any]) -> st.SearchStrategy[Any]:
    one = st.sampled_from(values).map(lambda value: value[0] if column.type == "money" else value)
    if column.type == "instant":
        one = one.flatmap(lambda text: st.sampled_from((text, text[:10])))
    if operator == "isNull":
        return st.booleans()
    if operator == "in":
        return st.lists(one, max_size=4)
    if operator == "contains" and column.type == "text":
        return one.flatmap(_piece)
    if operator in ("eq", "ne"):
        return st.sampled_from((True, False, False, False)).flatmap(lambda null: st.none() if null else one)
    return one
