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
TEXT = "{ things { id name } grid late }"


def each(*values: Any) -> Iterator[Any]:
    """The values once; an exception among them is raised."""
    for value in values:
        if isinstance(value, Exception):
            raise value
        yield value


def thing(name: Any = "n") -> Record:
    return Record(id="t", name=name)


@pytest.mark.parametrize(
    ("make", "way"),
    [
        (lambda: Record(things=each(thing(), thing(None))), "compiled"),
        (lambda: Record(things=each(thing(), thing()), late=Later("x")), "an awaitable in a plain field"),
        (lambda: Record(things=each(thing(None), ValueError("gone"))), "an iterable that fails"),
        (lambda: Record(grid=each([1], [2])), "compiled"),
        (lambda: Record(grid=[[1], each(2, 3)]), "an iterator in a list"),
        (lambda: Record(grid=[each(1, "odd"), [4]]), "an iterator in a list"),
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
