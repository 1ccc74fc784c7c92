"""Fields that are resolved a level at a time are asked for before the objects of a long list are written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from graphql import build_schema

from ledgermesh.compiler.extension import Compiler
from ledgermesh.compiler.terms import Options, Replay
from tests.compiler.test_compiler import Time, owner, request

MANY = 40
"""More than a list may have to be completed at once."""
SDL = """
type Query { things: [Thing] }
type Thing { id: ID! name: String! owner: Owner }
type Owner { id: ID! }
"""


class Thing:
    """Tells when it is written."""

    def __init__(self, number: int, told: list[str], name: str | None = "") -> None:
        self.id = self.number = number
        self._told, self._name = told, name

    @property
    def name(self) -> str | None:
        """Read once, when it is written."""
        self._told.append(f"written {self.number}")
        return self._name


def compiler_of(
    owners: Callable[..., Any], clock: Callable[[], float], things: Sequence[Thing | None], **options: Any
) -> Compiler:
    """Of a schema whose query gives these things."""
    schema = build_schema(SDL)
    assert schema.query_type is not None
    schema.query_type.fields["things"].resolve = lambda root, info: things
    given = Options(many=lambda parent, name, definition: owners if name == "owner" else None, **options)
    return Compiler(schema, clock=clock, options=given)


async def test_relations_are_under_way_while_a_list_is_written() -> None:
    """Owners are asked for once, of all things, before the first thing is written."""
    told: list[str] = []

    async def owners(sources: Sequence[Thing], info: Any) -> list[Any]:
        told.append(f"asked for {len(sources)}")
        await asyncio.sleep(0)
        told.append("on the way")
        return [owner(each.number) for each in sources]

    compiler = compiler_of(owners, Time(), [Thing(number, told) for number in range(MANY)])
    answer = await compiler.answer(request("{ things { name owner { id } } }"))

    assert told == [f"asked for {MANY}", "on the way", *(f"written {number}" for number in range(MANY))]
    assert json.loads(answer.data or b"")["things"][7] == {"name": "", "owner": {"id": "o7"}}


async def test_a_null_in_a_list_has_no_relation() -> None:
    """Owners are asked for once, of the things that are there, and stand with their things."""
    asked: list[int] = []

    async def owners(sources: Sequence[Thing], info: Any) -> list[Any]:
        asked.append(len(sources))
        return [owner(each.number) for each in sources]

    things = [None if number == 3 else Thing(number, []) for number in range(MANY)]
    answer = await compiler_of(owners, Time(), things).answer(request("{ things { name owner { id } } }"))

    shown = json.loads(answer.data or b"")["things"]
    assert asked == [MANY - 1]
    assert [each and each["owner"]["id"] for each in shown] == [
        None if number == 3 else f"o{number}" for number in range(MANY)
    ]


async def test_what_was_begun_for_a_thing_that_becomes_null_is_not_shown() -> None:
    """graphql-core answers then, as it does wherever a null comes above a relation; nothing fails beside it."""
    ended = asyncio.Event()

    async def owners(sources: Sequence[Thing], info: Any) -> list[Any]:
        ended.set()
        raise ValueError("no owners")

    things = [Thing(number, [], None if number == 3 else "") for number in range(MANY)]
    with pytest.raises(Replay, match="a null above a resolver"):
        await compiler_of(owners, Time(), things).answer(request("{ things { name owner { id } } }"))
    assert ended.is_set()


async def test_an_error_of_what_was_begun_is_told_at_each_place() -> None:
    """A resolver that fails while things are written is a null with an error at each of them."""

    async def owners(sources: Sequence[Thing], info: Any) -> list[Any]:
        raise ValueError("no owners")

    things = [Thing(number, []) for number in range(MANY)]
    answer = await compiler_of(owners, Time(), things).answer(request("{ things { name owner { id } } }"))

    assert json.loads(answer.data or b"")["things"] == [{"name": "", "owner": None}] * MANY
    assert [each.path for each in answer.errors] == [["things", number, "owner"] for number in range(MANY)]


async def test_what_was_begun_is_given_up_with_the_request() -> None:
    """Whoever is gone while things are written has nobody read owners for him."""
    told: list[str] = []
    ended = asyncio.Event()

    async def owners(sources: Sequence[Thing], info: Any) -> list[Any]:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return []

    things = [Thing(number, told) for number in range(MANY)]
    # At each look at the clock the slice is over.
    compiler = compiler_of(owners, Time(step=1.0), things, slice_seconds=0.5)
    running = asyncio.ensure_future(compiler.answer(request("{ things { name owner { id } } }")))
    while not told:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.wait_for(ended.wait(), 5)

    assert 0 < len(told) < MANY
