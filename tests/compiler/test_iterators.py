"""Values that can be gone through only once, or not to their end: what a replay finds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import build_schema, parse

from tests.compiler.same import Same
from tests.compiler.world import Calls, Later, Record, options

SCHEMA = build_schema("""
    type Query { things: [Thing] grid: [[Int]] late: String }
    type Thing { id: ID! name: String! }
""")
TEXT = "{ things { id name } again: things { id } grid late }"


def each(*values: Any) -> Iterator[Any]:
    """The values once; an exception among them is raised."""
    for value in values:
        if isinstance(value, Exception):
            raise value
        yield value


def thing(name: Any = "n") -> Record:
    return Record(id="t", name=name)


class Asked:
    """Elements that are looked up each time that somebody goes through them."""

    def __init__(self, *values: Any) -> None:
        self._values = values
        self.times = 0

    def __iter__(self) -> Iterator[Any]:
        self.times += 1
        return each(*self._values)


@pytest.mark.parametrize(
    ("make", "way"),
    [
        (lambda: Record(things=each(thing(), thing(None))), "an iterator"),
        (lambda: Record(things=each(thing(), thing()), late=Later("x")), "an iterator"),
        (lambda: Record(things=each(thing(None), ValueError("gone"))), "an iterator"),
        (lambda: Record(grid=[each(1, "odd"), [4]]), "an iterator"),
        (lambda: Record(things=Asked(thing(), thing(None))), "compiled"),
        (lambda: Record(things=Asked(thing()), late=Later("x")), "an awaitable in a plain field"),
        (lambda: Record(things=Asked(thing(None), ValueError("gone"))), "an iterable that fails"),
        (lambda: Record(grid=[[1], Asked(2, 3)]), "compiled"),
    ],
)
async def test_what_can_be_gone_through_once_is_told_as_graphql_core_tells_it(
    make: Callable[[], Any], way: str
) -> None:
    """Elements are found also by a replay, up to where they end."""
    calls: Calls = {}
    same = Same(SCHEMA, options(), calls)

    assert await same.check(parse(TEXT), TEXT, lambda: filled(make()), {}) == way


def filled(root: Record) -> Record:
    """The root with null in what was not given."""
    for name in ("things", "grid", "late"):
        root.__dict__.setdefault(name, None)
    return root


async def test_a_replay_goes_through_nothing_again() -> None:
    """What looks up its elements does so once, also where graphql-core answers in the end."""
    made: list[Asked] = []

    def make() -> Record:
        made.append(Asked(thing(), thing(None)))
        return filled(Record(things=made[-1], late=Later("x")))

    text = "{ things { id name } late }"
    same = Same(SCHEMA, options(), {})

    assert await same.check(parse(text), text, make, {}) == "an awaitable in a plain field"
    assert [each.times for each in made] == [1, 1]
