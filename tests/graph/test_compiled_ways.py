"""No question falls back to graphql-core in silence: each is counted with its reason; the shadow sees what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import structlog
from graphql import OperationDefinitionNode, OperationType, parse

from ledgermesh.clock import ManualClock
from ledgermesh.compiler.extension import Compiler, Request
from ledgermesh.compiler.terms import Refusal
from ledgermesh.graph.compiled import REASONS, CompiledQueries, options_for
from ledgermesh.graph.compiling import Compiling
from tests.compiler.mutations import EMITTED, emitting
from tests.graph.demo import demo_house
from tests.harness import NOW
from tests.scenes.test_scenes import variables
from tests.shared import shared_schema

OPERATIONS = Path(__file__).parents[2] / "schema" / "operations"
TEXT = """{ company(key: "maple-bakery") { key name } }"""
PLAIN = """{ company(key: "maple-bakery") { connections { id environment } } }"""
OTHERWISE = {
    "first time": TEXT,
    "mutation": "mutation { __typename }",
    "introspection": '{ viewer { id } __type(name: "Company") { name } }',
    "operation not clear": "query A { viewer { id } } query B { viewer { id } }",
    "too large": "{ " + " ".join(f"a{index}: viewer {{ id }}" for index in range(3001)) + " }",
    "not valid": "{ nothing }",
}
"""Questions that are not answered by compiled code, by the reason that is counted."""


async def asked(queries: CompiledQueries, text: str, times: int = 1) -> str:
    """The reason that is told, for a context that nobody looks at."""
    found = [await queries.answer(text, None, {}, None) for _ in range(times)]
    return found[-1].reason


@pytest.mark.parametrize("reason", OTHERWISE)
async def test_what_is_not_compiled_is_counted_with_its_reason(reason: str) -> None:
    """And the reason is one of those that the figures know: none hides behind `other`."""
    queries = CompiledQueries(
        shared_schema(), ManualClock(NOW), Compiling(from_time=1 + (reason == "first time"))
    )

    found = await asked(queries, OTHERWISE[reason])

    assert found == reason
    assert found in REASONS
    assert queries.counts == {("interpreted", reason): 1}


async def test_switched_off_is_counted_as_well() -> None:
    """So that nobody takes a gateway that compiles nothing for one that does."""
    queries = CompiledQueries(shared_schema(), ManualClock(NOW), Compiling(on=False))
    await asked(queries, TEXT, times=3)
    assert queries.counts == {("interpreted", "switched off"): 3}


async def test_every_answer_is_counted_once() -> None:
    """Compiled, interpreted or replayed: together they are as many as there were questions."""
    texts = [TEXT, TEXT, "{ viewer { id } }", "{ nothing }", TEXT]
    async with demo_house() as house:
        for text in texts:
            await house.ask(text)
        counts = house.gateway.answers.queries.counts
    assert counts[("compiled", "")] == 2
    assert counts.total() == len(texts)


def test_the_examples_that_are_not_compiled_are_those_that_write() -> None:
    """Every other operation of `schema/operations` becomes Python."""
    schema = shared_schema()
    compiler = Compiler(schema.inner, clock=lambda: 0.0, options=options_for(schema))
    refused: dict[str, str] = {}
    writing: dict[str, str] = {}
    for path in sorted(OPERATIONS.rglob("*.graphql")):
        document = parse(path.read_text())
        if any(_kind(each) is not OperationType.QUERY for each in document.definitions):
            writing[path.stem] = "mutation"
        given = variables(path) | {"company": "a", "id": "x", "connection": "x"}
        try:
            compiler.find(Request(text=path.read_text(), document=document, variables=given))
        except Refusal as refusal:
            refused[path.stem] = refusal.reason
    assert refused == writing


def _kind(node: Any) -> OperationType:
    return node.operation if isinstance(node, OperationDefinitionNode) else OperationType.QUERY


# -- the shadow --------------------------------------------------------------------------------------------------------


async def test_the_shadow_follows_one_in_so_many() -> None:
    """The others are not made again."""
    async with demo_house(compiling=Compiling(from_time=1, shadow_every=3)) as house:
        shadow = house.gateway.answers.queries.shadow
        for _ in range(7):
            await house.ask(TEXT)
            await shadow.done()
        assert (shadow.same, shadow.different) == (2, 0)


async def test_the_shadow_sees_what_compiled_code_says_otherwise() -> None:
    """It is counted and logged by its place, without a value; whoever asked has had the answer."""
    [exchanged] = [each for each in EMITTED if each.name == "two fields are exchanged"]
    with emitting(exchanged), structlog.testing.capture_logs() as log:
        async with demo_house(compiling=Compiling(from_time=1, shadow_every=1)) as house:
            answer = await house.ask(PLAIN)
            shadow = house.gateway.answers.queries.shadow
            await shadow.done()
    assert {each["id"] for each in answer["data"]["company"]["connections"]} == {
        "sandbox"
    }  # that is the fault
    assert (shadow.same, shadow.different) == (0, 1)
    [said] = [each for each in log if each["event"] == "compiled code answers otherwise"]
    assert said["where"] == "data.company.connections.0.id"
    assert "sandbox" not in repr(said)
