"""Random worlds for the properties of the merge: sources of every shape, orders, conditions, page sizes."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledgermesh.engine.merge import Merged
from ledgermesh.spec.query import And, Compare, ListQuery, Not, Or, Order, Where
from tests.engine.books import (
    TODAY,
    ByNumber,
    ByOffset,
    Desk,
    FirstOnly,
    Mood,
    Paper,
    Provider,
    Whole,
    brute,
    paper,
)

Condition = tuple[Where, Callable[[Paper], bool]]

ORDERS = (
    Order("day"), Order("day", descending=True), Order("at", descending=True), Order("name"),
    Order("name", descending=True), Order("count"), Order("count", descending=True), Order("flag"),
    Order("mood", descending=True), Order("total", currency="CHF"), Order("total", descending=True, currency="EUR"),
)  # fmt: skip


def condition(chance: random.Random, depth: int = 2) -> Condition:
    """A condition and, written by hand, what it means."""
    kind = chance.choice(["leaf", "leaf", "and", "or", "not"]) if depth else "leaf"
    if kind == "leaf":
        return chance.choice(LEAVES)(chance)
    if kind == "not":
        where, holds = condition(chance, depth - 1)
        return Not(where), lambda row: not holds(row)
    parts = [condition(chance, depth - 1) for _ in range(chance.randrange(3))]
    wheres, tests = tuple(where for where, _ in parts), [test for _, test in parts]
    if kind == "and":
        return And(wheres), lambda row: all(test(row) for test in tests)
    return Or(wheres), lambda row: any(test(row) for test in tests)


def _day(chance: random.Random) -> Condition:
    day = TODAY - dt.timedelta(days=chance.randrange(60))
    return Compare("day", "gte", day), lambda row: row.day is not None and row.day >= day


def _until(chance: random.Random) -> Condition:
    day = TODAY - dt.timedelta(days=chance.randrange(200))
    return Compare("day", "lt", day), lambda row: row.day is not None and row.day < day


def _count(chance: random.Random) -> Condition:
    limit = chance.randrange(-5, 6)
    return Compare("count", "lt", limit), lambda row: row.count is not None and row.count < limit


def _not_named(chance: random.Random) -> Condition:
    name = chance.choice(["a", "Z"])
    return Compare("name", "ne", name), lambda row: row.name != name


def _contains(chance: random.Random) -> Condition:
    part = chance.choice(["z", "MÜ"])
    return Compare(
        "name", "contains", part
    ), lambda row: row.name is not None and part.lower() in row.name.lower()


def _mood(chance: random.Random) -> Condition:
    moods = tuple(chance.sample(list(Mood), 2))
    return Compare("mood", "in", moods), lambda row: row.mood in moods


def _total(chance: random.Random) -> Condition:
    limit = Decimal(chance.randrange(-3, 4))
    return (
        Compare("total", "gt", limit, currency="CHF"),
        lambda row: row.total is not None and row.total.currency == "CHF" and row.total.amount > limit,
    )


def _party(chance: random.Random) -> Condition:
    known = str(chance.randrange(4))
    return Compare("party", "eq", known), lambda row: row.party is not None and row.party.native_id == known


def _null(chance: random.Random) -> Condition:
    null = chance.random() < 0.5
    return Compare("flag", "isNull", null), lambda row: (row.flag is None) == null


LEAVES = (_day, _until, _count, _not_named, _contains, _mood, _total, _party, _null)


@dataclass
class World:
    """Some sources, a question, and somebody who asks it."""

    chance: random.Random
    desk: Desk
    sources: list[Provider]
    query: ListQuery
    keep: Callable[[Any], bool]
    made: int = 0

    def want(self) -> list[Any]:
        """The right answer now."""
        return brute(self.sources, self.query.order, self.keep)

    def first(self) -> int:
        """A page size."""
        return self.chance.choice([1, 2, 5, 10, 50])

    def wait(self) -> None:
        """Let time pass: indexes and kept answers last 300 seconds."""
        self.desk.clock.advance(self.chance.choice([0, 1, 100, 400]))

    def change(self) -> list[Any]:
        """Insert and delete here and there; gives what was deleted."""
        gone = []
        for source in self.sources:
            if self.chance.random() < 0.5:
                self.made += 1
                row = paper(self.chance, f"9{self.made:05}", dated=True)
                source.rows.insert(self.chance.randint(0, len(source.rows)), row)
            if source.rows and self.chance.random() < 0.5:
                gone.append(source.rows.pop(self.chance.randrange(len(source.rows))))
        return gone

    def outage(self, chance_of: float) -> None:
        """Some sources are down, some fail at one of their next calls, the others are well."""
        for source in self.sources:
            source.failures = 0
            source.down = self.chance.random() < chance_of
            source.fails_at = self.chance.randint(1, 4) if self.chance.random() < chance_of else None


def world(seed: int, *, most: int = 50, complete: bool = True) -> World:
    """The world of a seed. Without `complete` some of its sources may not show all their rows."""
    chance = random.Random(seed)
    desk = Desk(scan_pages_max=2_000)
    order = tuple(chance.sample((*ORDERS, *ORDERS[1:2] * 4), chance.choice([1, 1, 2])))
    if len({each.field for each in order}) < len(order):
        order = order[:1]
    where, keep = condition(chance) if chance.random() < 0.6 else (None, lambda row: True)
    query = ListQuery("Paper", where=where, order=order)
    sources = [
        _source(chance, desk, f"{letter}", order, most, complete) for letter in "abcd"[: chance.randint(1, 4)]
    ]
    return World(chance, desk, sources, query, keep)


def _source(
    chance: random.Random, desk: Desk, name: str, order: tuple[Order, ...], most: int, complete: bool
) -> Provider:
    shape = chance.choice([ByOffset, ByOffset, ByNumber, Whole] + ([] if complete else [FirstOnly]))
    windowed = "day" if chance.random() < 0.5 else None
    ids = [
        str(number) if shape is ByNumber else f"{number:04}" for number in range(1, chance.randint(1, most))
    ]
    chance.shuffle(ids)
    return shape(
        name, [paper(chance, each, dated=windowed is not None) for each in ids], desk.clock,
        size_max=chance.choice([1, 3, 7, 50]), order=order if chance.random() < 0.5 else None,
        ties_by_id=chance.random() < 0.3, windowed=windowed, exclusive=chance.random() < 0.3,
        honest=chance.random() < 0.8, counts=chance.random() < 0.5, keeps=chance.random() < 0.7,
    )  # fmt: skip


def never_twice(rows: list[Any]) -> None:
    """Every row at most once."""
    assert len({id(row) for row in rows}) == len(rows)


def all_complete(merged: Merged[Any]) -> None:
    """Every source says that its rows are all there."""
    assert {source.completeness for source in merged.sources} <= {"COMPLETE"}
