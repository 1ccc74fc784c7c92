"""Long lists on graphql-core let others have the event loop; nothing else about the answer changes."""

from __future__ import annotations

import asyncio
import weakref
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest
from graphql import ExecutionResult, FieldNode, FragmentDefinitionNode, OperationDefinitionNode, build_schema
from graphql.execution import execute
from graphql.language import parse
from graphql.pyutils import is_awaitable

from ledgermesh.engine.picking import Loaded
from ledgermesh.graph.batch import Batch
from ledgermesh.graph.pacing import AT_ONCE, LONG, Paced, _reads
from ledgermesh.slices import FREED, Slices

SCHEMA = build_schema(
    """type Query { rows(count: Int!): [Row] named(count: Int!): [Row!] }
       type Row { number: Int later: Int wrong: Int sure: Int! rows: [Row] }"""
)
DOCUMENT = """query ($count: Int!) { rows(count: $count) { number later wrong rows { number sure } }
  named(count: $count) { number sure } }"""


class Row:
    """What a resolver gives: now, later, or never."""

    made = 0
    begun = 0

    def __init__(self, number: int, inner: int = 0) -> None:
        self._number = number
        self.rows = [Row(each) for each in range(inner)]

    def number(self, _: Any) -> int:
        Row.made += 1
        return self._number

    async def later(self, _: Any) -> int:
        Row.begun += 1
        await asyncio.sleep(0)
        return -self._number

    def wrong(self, _: Any) -> int:
        if self._number % 7 == 3:
            raise ValueError(f"no {self._number}")
        return 0

    def sure(self, _: Any) -> int | None:
        return None if self._number == 30 else 1


async def answered(count: int, slices: Slices | None) -> ExecutionResult:
    """Both lists, which have `count` rows."""

    def listed(_: Any, count: int) -> list[Row]:
        return [Row(number, 2) for number in range(count)]

    found: Any = execute(
        SCHEMA,
        parse(DOCUMENT),
        SimpleNamespace(rows=listed, named=listed),
        SimpleNamespace(terms=SimpleNamespace(slices=slices)),
        {"count": count},
        executor_class=Paced,
    )
    result: ExecutionResult = await found if is_awaitable(found) else found
    return result


def impatient() -> Slices:
    """Whoever looks has worked for long."""
    seconds = iter(range(1 << 40))
    return Slices(lambda: next(seconds), 0.5)


def told(result: ExecutionResult) -> list[tuple[str, list[Any]]]:
    """Errors by message and place, in the order of the places."""
    return sorted(((each.message, each.path or []) for each in result.errors or ()), key=repr)


@pytest.mark.parametrize("count", [0, LONG - 1, LONG, 200])
async def test_the_answer_is_the_same(count: int) -> None:
    """Data in its order, errors with their places, also where a null goes up."""
    one, other = await answered(count, None), await answered(count, impatient())
    assert (one.data, told(one)) == (other.data, told(other))
    assert bool(one.errors) == (count > 0)


async def test_the_loop_turns_while_a_long_list_is_completed() -> None:
    """Counted in elements: no turn completes more than a few."""
    most, before, done = 0, Row.made, False

    async def turning() -> None:
        nonlocal most, before
        while not done:
            most, before = max(most, Row.made - before), Row.made
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(turning())
    await asyncio.sleep(0)
    begun = Row.made
    await answered(300, impatient())
    done = True
    await counting
    assert Row.made - begun >= 600
    # Both lists are completed at the same time, a row of the first one with two rows inside.
    assert most <= 4 * AT_ONCE * 2


async def test_the_rows_of_an_answer_are_let_go_of_in_parts() -> None:
    """No turn of the loop frees the objects of a whole list once the answer is made; in the end all are gone."""
    alive = weakref.WeakSet[Row]()

    def listed(_: Any, count: int) -> list[Row]:
        made = [Row(number) for number in range(count)]
        alive.update(made)
        return made

    slices = impatient()
    found: Any = execute(
        SCHEMA,
        parse("{ rows(count: 300) { number later } }"),
        SimpleNamespace(rows=listed),
        SimpleNamespace(terms=SimpleNamespace(slices=slices)),
        executor_class=Paced,
    )
    running, left = asyncio.ensure_future(found), [300]
    while not running.done() or alive:
        await asyncio.sleep(0)
        left.append(len(alive))
    assert max(before - after for before, after in pairwise(left)) <= 4 * FREED


async def test_a_crowd_is_begun_and_completed_in_parts() -> None:
    """What elements of a long list wait for is not begun for all of them in one turn."""
    most, before, done = 0, Row.begun, False

    async def turning() -> None:
        nonlocal most, before
        while not done:
            most, before = max(most, Row.begun - before), Row.begun
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(turning())
    await asyncio.sleep(0)
    begun = Row.begun
    await answered(300, impatient())
    done = True
    await counting
    assert Row.begun - begun == 300 and most <= 4


async def test_who_stands_in_line_asks_in_the_same_batch() -> None:
    """Asking bit by bit takes no more calls than asking at once."""
    slices, reads = impatient(), list[list[str]]()

    async def read(ids: Any, since: Any) -> dict[str, Loaded]:
        reads.append(list(ids))
        return dict.fromkeys(ids)

    batch = Batch(read, slices)

    async def one(number: int) -> None:
        await slices.pause()
        await batch.one(str(number))

    async with asyncio.timeout(30):
        await asyncio.gather(*map(one, range(40)))
    assert reads == [[str(number) for number in range(40)]]


@pytest.mark.parametrize(
    ("selection", "last"),
    [
        ("number", True),
        ("part { text part { text } }", True),
        ("...Parts", True),
        ("other { id }", False),
        ("part { row { number } }", False),
        ("any { __typename }", False),
        ("... { part { any { __typename } } }", False),
    ],
)
def test_what_may_be_read_below_is_begun_at_once(selection: str, last: bool) -> None:  # a parameter
    """Records have ids, and so may what is one of several types; parts of a record cost no call."""
    schema = build_schema(
        """type Query { top: Row } union Any = Row | Part
           type Row { id: ID number: Int part: Part other: Row any: Any }
           type Part { text: String part: Part row: Row any: Any }"""
    )
    document = parse(f"{{ top {{ {selection} }} }} fragment Parts on Row {{ part {{ text }} }}")
    operation, fragment = document.definitions
    assert isinstance(operation, OperationDefinitionNode) and isinstance(fragment, FragmentDefinitionNode)
    [top] = operation.selection_set.selections
    info = SimpleNamespace(fragments={"Parts": fragment})
    assert _reads(schema.type_map["Row"], [cast("FieldNode", top)], info) is not last
