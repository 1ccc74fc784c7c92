"""What is kept of a list that was sorted here."""

from __future__ import annotations

from dataclasses import replace
from sys import getsizeof

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.engine.currencies import Currencies
from ledgermesh.engine.index import Index, Indexes, Key, Sheet, Spot
from ledgermesh.engine.order import Ordering
from ledgermesh.spec.query import Order
from tests.engine.books import START, Paper

KEY = Key("acme", "live", "kashoo", b"q")


def index(rows: int, made_at: float = 0.0) -> Index:
    """An index of so many rows."""
    ordering = Ordering((Order("name"),), Currencies())
    places = [
        ordering.place(Paper(native_id=f"{row:036}", name=f"name {row}"), "kashoo") for row in range(rows)
    ]
    return Index(
        spots=tuple(Spot(place, 0) for place in places), sheets=(Sheet(None, None),), made_at=made_at
    )


@pytest.mark.parametrize(
    "other", [("tenant", "x"), ("environment", "sandbox"), ("source", "x"), ("query", b"x")]
)
def test_nobody_else_finds_it(other: tuple[str, object]) -> None:
    """An index belongs to one tenant, environment, source and query."""
    indexes = Indexes(ManualClock(START))
    indexes.keep(KEY, index(1))

    assert indexes.find(KEY) is not None
    assert indexes.find(KEY._replace(**dict([other]))) is None  # type: ignore[arg-type]  # a field of any type


def test_it_ages() -> None:
    """It is found for 300 seconds from when its reading began, however often it is kept again, or less if asked so."""
    clock = ManualClock(START)
    indexes = Indexes(clock)
    indexes.keep(KEY, index(1))
    clock.advance(200)
    indexes.keep(KEY, index(2))
    clock.advance(99)

    assert indexes.find(KEY, max_age=100) is None
    assert indexes.find(KEY) is not None
    clock.advance(2)
    assert indexes.find(KEY) is None


def test_the_oldest_go_first() -> None:
    """Together they stay under the bound in bytes; one that is larger alone is not kept, nor what it replaces."""
    indexes = Indexes(ManualClock(START), bytes_max=index(10).bytes * 2)
    keys = [KEY._replace(source=name) for name in "abc"]
    for key in keys:
        indexes.keep(key, index(10))

    assert [False, True, True] == [indexes.find(key) is not None for key in keys]
    indexes.keep(keys[1], index(100))
    assert [False, False, True] == [indexes.find(key) is not None for key in keys]


def test_its_weight_is_not_understated() -> None:
    """The bytes it is counted with are at least what its parts weigh."""
    some = replace(index(100))
    weight = sum(
        getsizeof(part)
        for spot in some.spots
        for part in (
            spot,
            spot.place,
            spot.place.rank,
            spot.place.rank[0],
            spot.place.rank[0][1],
            spot.place.number,
            spot.place.number[1],
        )
    )

    assert weight <= some.bytes <= 4 * weight
