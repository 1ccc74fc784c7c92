"""How much the schema tells of itself: by key, by tenant, by settings; and whom other issuers vouch for."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from graphql import get_introspection_query

from ledgermesh.clock import ManualClock
from ledgermesh.gateway import Choices, Running, make_gateway
from ledgermesh.graph.openness import Openness
from ledgermesh.graph.question import Answer, Question
from ledgermesh.state.entries import KeyEntry, TenantEntry
from ledgermesh.state.minting import BROWSER_PREFIX
from ledgermesh.state.registry import Principal
from ledgermesh.upstream.wire import Answer as Sent
from ledgermesh.upstream.wire import Request, Unreachable
from tests.shared import shared_providers, shared_schema
from tests.states import KEYS, memory_state

CLOSED = Openness(introspection=False, suggestions=False)
LIVE = Principal(
    tenant=TenantEntry(id="t", name="T"),
    key=KeyEntry(id="k", digest="", tenant="t", environment="live", scopes=frozenset(("api.read",))),
)
SANDBOX = replace(LIVE, key=replace(LIVE.key, environment="sandbox"))
BROWSER = replace(SANDBOX, key=replace(SANDBOX.key, hint=BROWSER_PREFIX))


class Nowhere:
    """A wire to nothing. Implements `Wire`."""

    async def send(self, request: Request) -> Sent:
        raise Unreachable("nobody is there")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made() -> AsyncIterator[Running]:
    """A gateway that knows nobody's books, and tells live keys nothing of its schema."""
    clock = ManualClock(dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC))
    made = make_gateway(
        state=memory_state(clock),
        wire=Nowhere(),
        clock=clock,
        keys=KEYS,
        random=Random(1),
        choices=Choices(openness=CLOSED),
        schema=shared_schema(),
        providers=shared_providers(),
    )
    yield made
    await made.close()


async def ask(made: Running, text: str, who: Principal, *, stream: bool = False, **variables: Any) -> Answer:
    """The first answer."""
    question = Question(text=text, principal=who, timeout_seconds=5.0, variables=variables)
    if not stream:
        return await made.answers.answer(question)
    answers = made.answers.subscribe(question)
    try:
        return await anext(answers)
    finally:
        await answers.aclose()


def told(openness: Openness, who: Principal, **given: bool | None) -> tuple[bool, bool]:
    """Whether this caller may introspect, and is helped; with what its key says instead."""
    named = replace(who, key=replace(who.key, **given))  # type: ignore[arg-type]  # the two flags
    return openness.introspects(named), openness.suggests(named)


def test_the_key_comes_before_its_tenant_and_both_before_the_settings() -> None:
    """Sandbox keys are told everything unless somebody says otherwise; browser tokens nothing unless their key does."""
    assert told(Openness(), LIVE) == told(CLOSED, SANDBOX) == (True, True)
    assert told(CLOSED, LIVE) == told(Openness(), BROWSER) == (False, False)
    open_ = TenantEntry(id="t", name="T", introspection=True, suggestions=True)
    shut = TenantEntry(id="t", name="T", introspection=False, suggestions=False)
    assert told(CLOSED, replace(LIVE, tenant=open_)) == (True, True)
    assert told(Openness(), replace(SANDBOX, tenant=shut)) == (False, False)
    assert told(Openness(), replace(BROWSER, tenant=open_)) == (False, False)
    assert told(CLOSED, replace(LIVE, tenant=shut), introspection=True) == (True, False)
    assert told(Openness(), replace(LIVE, tenant=open_), suggestions=False) == (True, False)
    assert told(CLOSED, BROWSER, introspection=True) == (True, False)


ASKS = {
    "all of it": get_introspection_query(),
    "one type": '{ __type(name: "Invoice") { name } }',
    "beside books": "{ viewer { name } __schema { queryType { name } } }",
    "under another name": "{ a: __schema { queryType { name } } }",
    "in a fragment": "{ ...x } fragment x on Query { ... { __schema { queryType { name } } } }",
    "left out": "query ($no: Boolean = false) { viewer { name } __schema @include(if: $no) { queryType { name } } }",
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("text", ASKS.values(), ids=ASKS.keys())
async def test_who_may_not_ask_about_the_schema(made: Running, text: str) -> None:
    """Is refused as a whole, also when the answer is kept from somebody who may, and over a stream."""
    for who in (SANDBOX, LIVE, SANDBOX, LIVE):
        for stream in (False, True):
            answer = await ask(made, text, who, stream=stream)
            if who is SANDBOX:
                assert "errors" not in answer
            else:
                assert "data" not in answer
                assert [each["extensions"]["code"] for each in answer["errors"]] == ["FORBIDDEN"]


@pytest.mark.asyncio(loop_scope="module")
async def test_names_of_types_and_texts_are_no_questions_about_the_schema(made: Running) -> None:
    """Clients put `__typename` into every selection."""
    for text in (
        "{ __typename viewer { __typename name } }",
        '{ __typename viewer { name } explain(query: "{ __schema { queryType { name } } }") { points } }',
    ):
        answer = await ask(made, text, LIVE)
        assert answer["data"]["__typename"] == "Query", answer


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("text", "variables", "begins"),
    [
        ("{ viewr { name } }", {}, "Cannot query field 'viewr' on type 'Query'."),
        ('{ company(kye: "a") { name } }', {}, "Unknown argument 'kye' on field 'Query.company'."),
        ("{ viewer { ...on Tenent { name } } }", {}, "Unknown type 'Tenent'."),
        (
            "query ($w: InvoiceWhere) { company { invoices(where: $w) { nodes { id } } } }",
            {"w": {"nubmer": {"eq": "1"}}},
            "Variable '$w' has invalid value",
        ),
    ],
)
async def test_names_that_look_alike_are_told_to_some(
    made: Running, text: str, variables: dict[str, Any], begins: str
) -> None:
    """The same error, with and without them."""
    for who in (SANDBOX, LIVE, SANDBOX):
        [error] = (await ask(made, text, who, **variables))["errors"]
        assert error["message"].startswith(begins)
        assert ("Did you mean" in error["message"]) is (who is SANDBOX)
