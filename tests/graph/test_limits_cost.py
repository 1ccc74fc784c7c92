"""What operations cost: predicted before, bounded while they run, explained without running them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from ledgermesh.edge import rates
from ledgermesh.graph.limits.asked import Reading
from ledgermesh.graph.limits.points import points
from ledgermesh.graph.limits.values import Budget
from ledgermesh.graph.question import Question
from ledgermesh.graph.schema import Gateway
from tests.graph.demo import Demo, codes, demo_house
from tests.shared import shared_schema

OPERATIONS = Path(__file__).parents[2] / "schema" / "operations"
EXPLAIN = """query Explain($query: String!, $variables: JSON, $name: String) {
  explain(query: $query, variables: $variables, operationName: $name) {
    points pointsMax calls callsMax lastCalls refused
    estimate { least likely most exact }
    sources { connection provider lastCalls calls { least likely most exact } quota { remaining } }
    reads { path connection resource pages filtered sorted calls { least likely most exact } }
  } }"""
LIST = 'query List($first: Int = 50) { company(key: "grand-tour") { invoices(first: $first) { nodes { number } } } }'
EQUAL_AT_ONCE = frozenset(
    ("changes-and-removals", "deadlines", "newest-invoices", "sales-documents", "several-companies",
     "traced-to-the-source", "capabilities")
)  # fmt: skip
"""Examples that cost what the definitions alone let expect; for the others it depends on how long lists are."""


def examples() -> list[Path]:
    """The operations that read books."""
    return [path for path in sorted(OPERATIONS.glob("*.graphql")) if not path.stem.startswith("write-")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Demo]:
    """A gateway over the demo's providers."""
    async with demo_house() as built:
        yield built


async def explained(house: Demo, text: str, **variables: Any) -> Any:
    """The explanation of an operation."""
    answer = await house.ask(EXPLAIN, query=text, variables=variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["explain"]


# -- explain -----------------------------------------------------------------------------------------------------


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
async def test_predicted_calls_hold_the_actual_ones(house: Demo, path: Path) -> None:
    """Never fewer than `least`, never more than `most`; when asked again, exactly as many as predicted. Explaining
    itself asks no provider anything.
    """
    house.clock.advance(600)  # for budgets to be whole again
    beside = path.with_suffix(".variables.json")
    variables = {"company": "grand-tour", **(json.loads(beside.read_text()) if beside.exists() else {})}
    text, before = path.read_text(), len(house.board.log)  # noqa: ASYNC240  # before anything runs
    first = await explained(house, text, **variables)
    assert len(house.board.log) == before
    made = len(house.calls(await house.ask(text, **variables)))
    assert first["estimate"]["least"] <= made <= first["estimate"]["most"]
    assert first["lastCalls"] is None
    if path.stem in EQUAL_AT_ONCE or first["estimate"]["exact"]:
        assert first["calls"] == made
    again = await explained(house, text, **variables)
    asked = house.calls(await house.ask(text, **variables))
    assert again["calls"] == len(asked)
    of = {each["connection"]: each["lastCalls"] for each in again["sources"]}
    assert of == {id: sum(step["connection"] == id for step in asked) for id in of}


@pytest.mark.asyncio(loop_scope="module")
async def test_explain_tells_pages_pushdown_and_quota(house: Demo) -> None:
    """For each connection: which list, how many pages, what its provider filters and sorts, what is left to spend."""
    text = """{ company(key: "grand-tour") { invoices(first: 150, where: { date: { gte: "2026-07-01" } }) {
      nodes { number payments { date } } } reports { trialBalance(asOf: "2026-11-15") { report { name } } } } }"""
    found = await explained(house, text.replace("{ name }", "{ __typename }"))
    lists = {each["connection"]: each for each in found["reads"] if each["path"] == "company.invoices"}
    assert lists.keys() == {
        f"grand-tour-{name}" for name in ("bossinsights", "kashoo", "smallinvoice", "trulysmall")
    }
    kashoo = lists["grand-tour-kashoo"]
    assert (kashoo["sorted"], kashoo["pages"], kashoo["calls"]["least"]) == (True, 2, 1)
    assert not lists["grand-tour-bossinsights"]["sorted"]
    below = [each for each in found["reads"] if each["path"] == "company.invoices.nodes.payments"]
    assert {each["calls"]["least"] for each in below} == {0}
    reports = [each for each in found["reads"] if each["path"] == "company.reports.trialBalance"]
    assert reports
    assert all(each["resource"] == "TRIAL_BALANCE" for each in reports)
    assert any(each["quota"] for each in found["sources"])


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ nothing }", "BAD_USER_INPUT"),
        ("{", "BAD_USER_INPUT"),
        ("query A { viewer { id } } query B { viewer { id } }", "BAD_USER_INPUT"),
        ("{" + " ".join(f"a{number}: __typename" for number in range(400)) + "}", "TOO_COSTLY"),
    ],
)
async def test_what_would_not_run_is_not_explained(house: Demo, text: str, code: str) -> None:
    """Documents that are not valid, name no operation or are too large."""
    assert codes(await house.ask(EXPLAIN, query=text)) == [code]


@pytest.mark.asyncio(loop_scope="module")
async def test_another_tenants_company_is_not_planned(house: Demo) -> None:
    """Whoever does not see a company learns nothing of its connections."""
    found = await explained(house, LIST.replace("grand-tour", "nobody-s"))
    assert (found["calls"], found["sources"]) == (0, [])


@pytest.mark.asyncio(loop_scope="module")
async def test_what_may_be_known_already_may_cost_nothing(house: Demo) -> None:
    """Where older answers are taken, and where the same is asked twice, nothing is certain to be asked again."""
    fresh = LIST.replace("first: $first)", "first: $first) @fresh(maxAge: 60)")
    assert (await explained(house, fresh))["estimate"]["least"] == 0
    twice = LIST.replace("{ invoices", "{ again: invoices(first: $first) { nodes { number } } invoices")
    assert (await explained(house, twice))["estimate"]["least"] == (await explained(house, LIST))["estimate"][
        "least"
    ]


# -- points ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ("{ viewer { id } }", 1),
        ('{ company(key: "x") { name } }', 1),
        ('{ company(key: "x") { invoices(first: 7) { nodes { number } } } }', 1 + 1 + 7),
        (
            '{ company(key: "x") { invoices(first: 7) { nodes { total { amount } lines { name } } } } }',
            2 + 7 * 12,
        ),
        (
            '{ company(key: "x") { invoices(first: 7) { edges { node { number } } sources { status } } } }',
            2 + 14 + 10,
        ),
        ('{ nodes(ids: ["a", "b"]) { id } }', 2),
        ("{ a: viewer { id } ...f } fragment f on Root { viewer { id name } }".replace("Root", "Query"), 2),
        ("query($no: Boolean = false) { viewer @include(if: $no) { id } }", 0),
        ('mutation { commit(planToken: "x") { __typename } }', 11),
    ],
)
def test_points_follow_the_arithmetic(text: str, expected: int) -> None:
    """An object 1, a list as often as `first` says, else 10; a mutation 10; what is left out nothing."""
    schema = shared_schema()
    operation = Reading(schema.inner, schema.known.parse(text)).read(None, {})
    assert operation is not None
    assert points(operation) == expected


# -- limits ------------------------------------------------------------------------------------------------------


def poorer(house: Demo, **budget: int) -> Gateway:
    """The same gateway with another budget for each operation."""
    gateway: Any = house.gateway.answers
    return Gateway(gateway._schema, replace(gateway._parts, budget=Budget(**budget)))


async def ask(house: Demo, gateway: Gateway, text: str, **variables: Any) -> tuple[Any, Question]:
    """An answer, and the question with what was noted."""
    principal = house.gateway.state.registry.principal("lm_demo_read")
    assert principal is not None
    question = Question(text=text, variables=variables, principal=principal, timeout_seconds=20.0)
    answer = await gateway.answer(question)
    return msgspec.json.decode(msgspec.json.encode(answer, enc_hook=str)), question


@pytest.mark.asyncio(loop_scope="module")
async def test_an_operation_over_the_budget_is_refused_before_any_call(house: Demo) -> None:
    """With the figure and the limit, in calls or in points; no provider is asked."""
    before = len(house.board.log)
    for budget, words in (
        ({"calls": 3}, "about 6 calls to providers; the limit is 3"),
        ({"points": 50}, "52 points; the limit is 50"),
    ):
        answer, question = await ask(house, poorer(house, **budget), LIST)
        assert codes(answer) == ["TOO_COSTLY"]
        assert "data" not in answer
        assert words in answer["errors"][0]["message"]
        assert question.notes.cost is not None
    assert len(house.board.log) == before


@pytest.mark.asyncio(loop_scope="module")
async def test_calls_beyond_the_budget_are_refused_while_running(house: Demo) -> None:
    """What could not be foreseen is cut: records that were read stay, the sources that were not say why."""
    text = LIST.replace("(first: $first)", '(first: $first, from: ["bossinsights", "kashoo"])')
    needed = len(house.calls(await house.ask(text, first=300)))
    gateway = poorer(house, calls=needed - 1)
    gateway._gate.check = _passes  # type: ignore[method-assign]  # the prediction knows too much already
    before = len(house.board.log)
    answer, _ = await ask(
        house, gateway, text.replace("nodes { number }", "nodes { number } sources { status error { code } }"),
        first=300,
    )  # fmt: skip
    sources = answer["data"]["company"]["invoices"]["sources"]
    assert [each["error"]["code"] for each in sources if each["error"]] == ["TOO_COSTLY"]
    assert answer["data"]["company"]["invoices"]["nodes"]
    assert len(house.board.log) - before <= needed - 1


async def _passes(question: Question) -> None:
    """In place of the prediction."""


@pytest.mark.asyncio(loop_scope="module")
async def test_costs_near_a_limit_are_told_in_the_answer(house: Demo) -> None:
    """From half of the budget on `extensions.cost` says so; below it the header is enough."""
    answer, question = await ask(house, poorer(house, calls=10), LIST)
    assert answer["extensions"]["cost"] == {"points": 52, "calls": 6, "callsMax": 10}
    assert rates.headers(question.notes)["X-Cost"] == "points=52, calls=6"
    assert "cost" not in (await ask(house, poorer(house), LIST))[0]["extensions"]
