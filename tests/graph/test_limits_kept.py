"""What the limits remember of a document is never taken for what other variables, keys or companies would cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from graphql import parse

from ledgermesh.graph.limits.indifferent import indifferent, split
from ledgermesh.graph.limits.values import Budget
from ledgermesh.graph.question import Question
from ledgermesh.graph.schema import Gateway
from ledgermesh.upstream.call import Fresh
from tests.graph.demo import Demo, codes, demo_house

LISTS = """query Lists($company: ID!, $first: Int, $search: String, $other: String, $after: String, $number: String) {
  company(key: $company) {
    invoices(first: $first, search: $search, after: $after) { nodes { number party { displayName email } } }
    again: invoices(first: $first, search: $other) { nodes { number party { displayName email } } }
    invoice(number: $number) { number }
  } }"""
USUAL = {"company": "grand-tour", "first": 5, "number": "1"}
ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"search": "a"},
    {"search": "b"},
    {"search": ""},
    {"search": None},
    {"search": "a", "other": "b"},
    {"search": "a", "other": "a"},
    {"search": "b", "other": "b"},
    {"search": "", "other": "a"},
    {"after": "x"},
    {"after": "y"},
    {"after": "y", "search": "y"},
    {"first": 300},
    {"first": 300, "search": "a"},
    {"company": "maple-bakery"},
    {"company": "alpine-studio", "search": "a", "after": "z"},
    {"number": None},
)
PLACES: tuple[tuple[str, set[str]], ...] = (
    ("{ company { invoices(search: $a, after: $b) { nodes { id } } } }", {"a", "b"}),
    ("{ company { ...f } } fragment f on Company { bills(after: $a) { nodes { id } } }", {"a"}),
    ("{ company { invoices(search: $a, first: $b) { nodes { id } } } }", {"a"}),
    ("{ company { invoices(search: $a) { nodes { id } } invoice(number: $a) { id } } }", set()),
    ("{ company { invoices(where: {number: {eq: $a}}) { nodes { id } } } }", set()),
    ("{ company { invoices(from: [$a]) { nodes { id } } } }", set()),
    ("{ company { invoices @include(if: $a) { nodes { id } } } }", set()),
    ("{ company { invoices @own(search: $a) { nodes { id } } } }", set()),
    ("{ other(search: $a, after: $b) { id } }", set()),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Demo]:
    """A gateway over the demo's providers."""
    async with demo_house() as built:
        yield built


def question(
    house: Demo, variables: dict[str, Any], *, key: str = "lm_demo_read", age: float = 0.0
) -> Question:
    principal = house.gateway.state.registry.principal(key)
    assert principal is not None
    return Question(
        text=LISTS, variables=USUAL | variables, principal=principal, timeout_seconds=20.0,
        fresh=Fresh(max_age_seconds=age),
    )  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PLACES)
def test_a_variable_counts_unless_it_stands_for_text_alone(text: str, expected: set[str]) -> None:
    """Only as `search` or `after` of a company's list, and in no other place of the document."""
    asking = f"query Q($a: String, $b: String) {text}"
    assert indifferent(parse(asking)) == expected


def test_what_counts_of_texts() -> None:
    """Whether they are there, and which of them are the same; anything that is no text counts as it is."""
    names = frozenset(("a", "b", "c"))
    assert split({"a": "x", "b": "y", "n": 1}, names) == ({"n": 1}, (("a", 0), ("b", 1)))
    assert split({"a": "y", "b": "y"}, names) == ({}, (("a", 0), ("b", 0)))
    assert split({"a": "", "b": "z"}, names) == ({}, (("a", -1), ("b", 0)))
    assert split({"a": None, "b": 3, "c": ["x"]}, names) == ({"a": None, "b": 3, "c": ["x"]}, ())


@pytest.mark.asyncio(loop_scope="module")
async def test_the_figures_are_those_that_would_be_told_anew(house: Demo) -> None:
    """For each set of variables, whatever was asked before it; also for older answers and for another key."""
    gateway: Any = house.gateway.answers
    gate = gateway._gate
    for variables in (*ASKED, *reversed(ASKED)):
        for told in ({}, {"age": 60.0}, {"key": "lm_demo_write"}):
            asked = question(house, variables, **told)
            assert await gate.check(asked) is None
            anew = await gate.cost(asked)
            assert asked.notes.cost is not None
            assert (asked.notes.cost.count, asked.notes.cost.points) == (anew.count, anew.points), variables


@pytest.mark.asyncio(loop_scope="module")
async def test_pages_are_planned_once(house: Demo) -> None:
    """The second page of a list is not planned again; a longer one is."""
    gateway: Any = house.gateway.answers
    fresh: Any = Gateway(gateway._schema, gateway._parts)
    for variables, kept in (({"after": "x"}, 1), ({"after": "y"}, 1), ({"after": "y", "first": 6}, 2)):
        await fresh._gate.check(question(house, variables))
        assert len(fresh._gate._costs) == kept


@pytest.mark.asyncio(loop_scope="module")
async def test_a_known_document_is_held_to_its_limits(house: Demo) -> None:
    """After it was let in with few rows and small variables, it is refused with many and with large ones."""
    gateway: Any = house.gateway.answers
    poor: Any = Gateway(gateway._schema, replace(gateway._parts, budget=Budget(points=1_000)))
    assert await poor._gate.check(question(house, {"search": "a"})) is None
    for variables in ({"search": "a", "first": 1_000}, {"search": "a", "first": [1] * 20_000}):
        assert codes(await poor._gate.check(question(house, variables))) == ["TOO_COSTLY"]
    deep: Any = []
    for _ in range(60):
        deep = [deep]
    assert codes(await poor._gate.check(question(house, {"search": deep}))) == ["TOO_COSTLY"]
    assert await poor._gate.check(question(house, {"search": "a"})) is None
