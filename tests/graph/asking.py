"""Random questions over known records: conditions, orders, searches, page sizes, and what happens between pages."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.graph.rules import Column, Json

RANGES = ("lt", "lte", "gt", "gte")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "text": ("eq", "ne", "in", "isNull", "contains", "contains", *RANGES),
    "flag": ("eq", "ne", "in", "isNull"),
    "number": ("eq", "ne", "in", "isNull", *RANGES),
    "decimal": ("eq", "ne", "in", "isNull", *RANGES),
    "day": ("eq", "ne", "in", "isNull", *RANGES, *RANGES),
    "instant": ("eq", "ne", "in", "isNull", *RANGES, *RANGES),
    "money": ("eq", "ne", "in", "isNull", *RANGES),
    "ref": ("eq", "in", "isNull"),
    "word": ("eq", "ne", "in", "isNull"),
    "words": ("contains",),
}
OUTSIDE: Mapping[str, Any] = {
    "text": "Nobody", "flag": True, "number": 7, "decimal": "7.5", "day": "2026-07-01",
    "instant": "2026-07-01T00:00:00+00:00", "money": ("7.50", "CHF"),
}  # fmt: skip
"""A value of each type that perhaps no record has."""

WAITS = (0, 1, 61, 200, 400)
"""Seconds between two pages; an index of a source that is sorted here is kept for 300."""


@dataclass(frozen=True)
class Pools:
    """The kind's fields with the values that are there, each as often as it is there."""

    columns: Sequence[Column]
    values: Mapping[str, Sequence[Any]]
    search: Sequence[str]
    """Texts that `search` would find something for."""
    rows: int


TRICKY = ("day", "instant", "money", "ref")


def pools(
    columns: Sequence[Column], records: Sequence[Json], search: Sequence[str], pushed: Container[str]
) -> Pools:
    """What conditions over these records may be made of.

    Fields that no record has are asked for rarely; those that have rules of their own, or that some provider filters
    or sorts by (`pushed`), often.
    """
    values = {each.name: _values(each, records) for each in columns}
    known = [each for each in columns if len(values[each.name]) > 1]
    often = [each for each in known if each.type in TRICKY] * 2 + [
        each for each in known if each.name in pushed
    ] * 5
    return Pools(
        [*known, *known, *often, *(each for each in columns if values[each.name])],
        values,
        [text for name in search for text in values.get(name, ()) if isinstance(text, str)],
        len(records),
    )


def _values(column: Column, records: Sequence[Json]) -> list[Any]:
    found: list[Any] = [OUTSIDE[column.type]] if column.type in OUTSIDE else []
    for record in records:
        value = record[column.name]
        if column.type == "money" and value is not None:
            value = value["amount"], value["currency"]
        elif column.type == "ref" and value is not None:
            value = value["id"]
        found += [each for each in (value if column.type == "words" else (value,)) if each is not None]
    return found


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


def walk(chance: Random, found: Pools, *, changes: bool, outages: bool) -> Walk:
    """A question and what happens while it is paged through."""
    least = max(1, found.rows // 12)
    return Walk(
        where=_condition(chance, found, 2) if chance.random() < 0.8 else None,
        order=tuple(_key(chance, found) for _ in range(chance.randrange(3))),
        search=_piece(chance, chance.choice(found.search))
        if found.search and chance.random() < 0.2
        else None,
        sizes=tuple(chance.randint(least, chance.choice((2 * least, 60))) for _ in range(3)),
        steps=tuple(_step(chance, changes=changes, outages=outages) for _ in range(5)),
    )


def _step(chance: Random, *, changes: bool, outages: bool) -> Step:
    def some() -> tuple[tuple[int, int], ...]:
        many = chance.randrange(4) if changes else 0
        return tuple((chance.randrange(3), chance.randrange(100)) for _ in range(many))

    down = tuple(chance.random() < 0.3 for _ in range(3)) if outages else ()
    return Step(wait=chance.choice(WAITS), insert=some(), delete=some(), down=down)


def _piece(chance: Random, text: str) -> str:
    """A part of a text, perhaps in capitals."""
    start = chance.randrange(len(text))
    part = text[start : start + chance.randint(1, 5)]
    return part.upper() if chance.random() < 0.4 else part


def _key(chance: Random, found: Pools) -> Json:
    column = chance.choice([each for each in found.columns if each.orderable])
    word = "".join(f"_{letter}" if letter.isupper() else letter for letter in column.name).upper()
    key: Json = {"field": word}
    if chance.random() < 0.8:
        key["direction"] = chance.choice(("ASC", "DESC"))
    if column.type == "money":
        key["currency"] = chance.choice(found.values[column.name])[1]
    return key


def _condition(chance: Random, found: Pools, depth: int) -> Json:
    said: Json = {}
    for _ in range(chance.choice((1, 1, 1, 2)) if chance.random() < 0.8 or not depth else 0):
        column = chance.choice(found.columns)
        said[column.name] = _filter(chance, found, column)
    word = chance.choice(("", "", "and", "or", "or", "not", "not")) if depth else ""
    if word == "not":
        said["not"] = _condition(chance, found, depth - 1)
    elif word:
        said[word] = [_condition(chance, found, depth - 1) for _ in range(chance.choice((0, 1, 2, 2, 3)))]
    return said


def _filter(chance: Random, found: Pools, column: Column) -> Json:
    values, said = found.values[column.name], {}
    for _ in range(chance.choice((1, 1, 1, 2))):
        operator = chance.choice(OPERATORS[column.type])
        said[operator] = _given(chance, column, operator, values)
    if column.type == "money":
        said["currency"] = chance.choice(values)[1]
    return said


def _given(chance: Random, column: Column, operator: str, values: Sequence[Any]) -> Any:
    def one() -> Any:
        value = chance.choice(values)
        if column.type == "money":
            return value[0]
        return value[:10] if column.type == "instant" and chance.random() < 0.5 else value

    if operator == "isNull":
        return chance.random() < 0.5
    if operator == "in":
        return [one() for _ in range(chance.randrange(5))]
    if operator == "contains" and column.type == "text":
        return _piece(chance, one())
    if operator in ("eq", "ne") and chance.random() < 0.2:
        return None
    return one()
