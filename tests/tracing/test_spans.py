"""What traces say of requests, operations and calls, and what they never say."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from graphql import parse
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from ledgermesh.tracing.documents import CHARACTERS_MAX, Documents, stripped
from tests.tracing.collector import Memory, attributes, own, parent
from tests.watched import INVOICES, READ, House, watched

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE}-00f067aa0ba902b7-01"
HUSH = "hush-hush"
MODULE = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def served() -> AsyncIterator[tuple[House, Memory]]:
    """One gateway for all who only read."""
    tracing = Memory()
    async with watched(readers=None, tracing=tracing) as house:
        await house.ask(INVOICES, company="maple-bakery", first=5)  # signs in
        yield house, tracing


@pytest.fixture
def tracing(served: tuple[House, Memory]) -> Memory:
    served[1].exporter.clear()
    return served[1]


@pytest.fixture
def house(served: tuple[House, Memory]) -> Iterator[House]:
    yield served[0]
    served[0].line.down.clear()


def calls(tracing: Memory) -> Iterator[ReadableSpan]:
    return (span for span in tracing.spans if span.kind is SpanKind.CLIENT)


@MODULE
async def test_a_trace_goes_from_the_caller_to_the_providers(house: House, tracing: Memory) -> None:
    """The caller's span, the request, the operation, the call: each below the one before, all in the caller's trace."""
    await house.ask(INVOICES, {**READ, "traceparent": CALLER}, company="maple-bakery", first=5)

    [request], [operation] = tracing.named("POST /graphql"), tracing.named("query")
    [call] = calls(tracing)
    assert parent(request) == 0x00F067AA0BA902B7
    assert parent(operation) == own(request)
    assert parent(call) == own(operation)
    assert {f"{span.context.trace_id:032x}" for span in tracing.spans if span.context} == {TRACE}
    assert request.kind is SpanKind.SERVER
    said = attributes(request)
    assert (said["http.route"], said["http.response.status_code"]) == ("/graphql", 200)
    assert said["ledgermesh.request_id"]


@MODULE
async def test_an_operation_says_what_was_asked_and_not_with_which_values(
    house: House, tracing: Memory
) -> None:
    """Type, name, the document without its literals, the hash of its text; no variable, no account key."""
    text = 'query Open($n: Int!) { company(key: "maple-bakery") { invoices(first: $n) { nodes { id } } } }'
    await house.ask(text, n=5)

    [operation] = tracing.named("query")
    said = attributes(operation)
    assert (said["graphql.operation.type"], said["graphql.operation.name"]) == ("query", "Open")
    assert said["graphql.document"].split() == text.replace('"maple-bakery"', "$_").split()
    assert re.fullmatch(r"[0-9a-f]{64}", said["ledgermesh.document.sha256"])
    assert (said["ledgermesh.outcome"], said["ledgermesh.provider_requests"]) == ("ok", 1)
    assert 'maple-bakery"' not in repr([attributes(span) for span in tracing.spans])


@MODULE
async def test_a_call_says_whom_it_asked_for_what(house: House, tracing: Memory) -> None:
    """Provider, connection, the path as the documents print it, status, where the answer came from; each attempt."""
    await house.ask(INVOICES, company="maple-bakery", first=5)

    [call] = calls(tracing)
    said = attributes(call)
    assert call.name == f"GET {said['url.template']}"
    assert "{" in said["url.template"]
    assert "?" not in call.name
    assert {
        name: said[name] for name in ("ledgermesh.provider", "ledgermesh.connection", "ledgermesh.cache")
    } == {
        "ledgermesh.provider": "kashoo",
        "ledgermesh.connection": "maple-bakery-kashoo",
        "ledgermesh.cache": "MISS",
    }
    assert said["http.response.status_code"] == 200
    assert [dict(event.attributes or {})["status"] for event in call.events] == [200]


@MODULE
async def test_every_attempt_of_a_call_that_fails_is_there(house: House, tracing: Memory) -> None:
    """One event each, with its error; the span ends with the code. The operation itself was answered."""
    house.line.down.add("kashoo")
    await house.ask(INVOICES, company="maple-bakery", first=5)

    [call] = calls(tracing)
    tries = [dict(event.attributes or {}) for event in call.events]
    assert [(each["attempt"], each["error"]) for each in tries] == [
        (number, "PROVIDER_UNAVAILABLE") for number in (1, 2, 3)
    ]
    assert (call.status.status_code, attributes(call)["error.type"]) == (
        StatusCode.ERROR,
        "PROVIDER_UNAVAILABLE",
    )
    assert tracing.named("query")[0].status.status_code is StatusCode.UNSET


@MODULE
@pytest.mark.parametrize(
    ("text", "name", "outcome", "code"),
    [
        ("{ nothing }", "query", "refused", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "unknown", "refused", "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_a_refused_operation_is_an_error_with_its_code(
    house: House, tracing: Memory, text: str, name: str, outcome: str, code: str
) -> None:
    """Nothing was run, and why."""
    await house.ask(text)

    [operation] = tracing.named(name)
    assert attributes(operation)["ledgermesh.outcome"] == outcome
    assert (operation.status.status_code, operation.status.description) == (StatusCode.ERROR, code)


@MODULE
async def test_nothing_secret_is_in_a_trace(house: House, tracing: Memory) -> None:
    """Keys, account keys, query strings, variables, made-up paths and literals stay out, wherever they were sent."""
    headers = {**READ, "X-Account-Key": "maple-bakery", "baggage": HUSH, "tracestate": "a=b"}
    await house.ask("query($a: ID) { company(key: $a) { invoices { nodes { id } } } }", headers, a=HUSH)
    await house.ask(f'{{ company(key: "{HUSH}") {{ key }} }}', headers)
    await house.http.get(f"/graphql?query=%7B__typename%7D&X_ACCOUNT_KEY={HUSH}", headers=READ)
    await house.http.get(f"/{HUSH}")
    await house.http.get(f"/files/{HUSH}")

    shown = repr([(span.name, span.to_json()) for span in tracing.spans])
    for word in (HUSH, "lm_demo", "X_ACCOUNT_KEY", "business_id"):
        assert word not in shown
    assert {span.name for span in tracing.spans} >= {"GET other", "GET /files/…"}


@MODULE
async def test_probes_leave_no_trace(house: House, tracing: Memory) -> None:
    """They come every few seconds, and say nothing."""
    for path in ("/healthz", "/readyz"):
        await house.http.get(path)

    assert tracing.spans == []


@pytest.mark.parametrize(
    ("traceparent", "sampled"), [(None, False), (CALLER, True), (f"{CALLER[:-1]}0", False)]
)
async def test_the_caller_decides_before_the_ratio_does(traceparent: str | None, sampled: bool) -> None:
    """With a ratio of 0 only those requests are traced whose caller traces them."""
    tracing = Memory(sample_ratio=0.0)
    headers = READ if traceparent is None else {**READ, "traceparent": traceparent}
    async with watched(readers=None, tracing=tracing) as house:
        await house.ask("{ __typename }", headers)

    assert bool(tracing.spans) is sampled


@MODULE
@pytest.mark.parametrize("propagate", [False, True])
async def test_providers_hear_of_traces_only_where_the_operator_says_so(propagate: bool) -> None:
    """By default nothing about the caller goes to them; otherwise the call's own span is named."""
    tracing = Memory(propagate=propagate)
    async with watched(readers=None, tracing=tracing) as house:
        await house.ask(INVOICES, {**READ, "traceparent": CALLER}, company="maple-bakery", first=5)
        told = [each.get("traceparent") for each in house.line.headers]

    [call] = calls(tracing)
    assert told[-1] == (f"00-{TRACE}-{own(call):016x}-01" if propagate else None)
    assert any(told) is propagate


async def test_a_broken_traceparent_is_no_reason_to_refuse(house: House, tracing: Memory) -> None:
    """A trace of our own begins."""
    answer = await house.http.post(
        "/graphql", json={"query": "{ __typename }"}, headers={**READ, "traceparent": "00-zz-" + "x" * 5_000}
    )

    assert answer.json()["data"] == {"__typename": "Query"}
    assert [parent(span) for span in tracing.named("POST /graphql")] == [None]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{ a(b: "x") }', "{ a(b: $_) }"),
        (
            '{ a(b: """x""", c: 1, d: 1.5, e: true, f: null, g: WORD) }',
            "{ a(b: $_, c: $_, d: $_, e: $_, f: null, g: WORD) }",
        ),
        ('{ a(b: [1, "x"], c: {d: "x", e: $v}) }', "{ a(b: $_, c: $_) }"),
        (
            'query Q($v: ID = "x") @d(w: "x") { n: a(b: $v) ...F } # x',
            "query Q($v: ID = $_) @d(w: $_) { n: a(b: $v) ...F }",
        ),
    ],
)  # fmt: skip
def test_literals_are_stripped(text: str, shown: str) -> None:
    """Values of every kind and depth, comments too; variables and words of the schema stay."""
    assert stripped(parse(text)).split() == shown.split()


def test_a_long_document_is_not_printed() -> None:
    """Its hash is enough to find it by; printing it would hold everybody up."""
    text = "{ " + "a " * CHARACTERS_MAX + "}"

    shown, digest = Documents().shown(text, parse(text))
    assert (shown, len(digest)) == ("", 64)
