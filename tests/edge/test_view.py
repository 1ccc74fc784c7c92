"""GraphQL over HTTP: what comes out for what goes in."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.edge.desk import BEARER, NEW, OLD, Desk, code, gateway, post

# -- good requests -------------------------------------------------------------------------------------------------


async def test_post_answers(http: httpx.AsyncClient, desk: Desk) -> None:
    """Query, variables and operation name of a POST are executed."""
    body = {
        "query": "query A { word } query B($t: String!) { word(text: $t) }",
        "variables": {"t": "two"},
        "operationName": "B",
        "extensions": {},
    }

    answer = await http.post("/graphql", json=body)

    assert (200, {"data": {"word": "two"}}) == (answer.status_code, answer.json())
    assert desk.questions[0].operation == "B"


async def test_get_answers(http: httpx.AsyncClient, desk: Desk) -> None:
    """The same parameters in a GET's query string."""
    params = {
        "query": "query B($t: String!) { word(text: $t) }",
        "variables": json.dumps({"t": "zwei & drei"}),
        "operationName": "B",
        "extensions": "{}",
    }

    answer = await http.get("/graphql", params=params)

    assert (200, {"data": {"word": "zwei & drei"}}) == (answer.status_code, answer.json())
    assert desk.questions[0].queries_only


async def test_head_is_a_get_without_a_body(http: httpx.AsyncClient) -> None:
    """HEAD says what GET would say."""
    answer = await http.head("/graphql", params={"query": "{ word }"})

    assert (200, b"") == (answer.status_code, answer.content)


async def test_get_cannot_write(http: httpx.AsyncClient) -> None:
    """A mutation over GET is a 405 that names POST."""
    answer = await http.get("/graphql", params={"query": "mutation { write }"})

    assert (405, "METHOD_NOT_ALLOWED") == (answer.status_code, code(answer))
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("name", ["variables", "operationName", "extensions"])
async def test_null_is_as_good_as_nothing(http: httpx.AsyncClient, name: str) -> None:
    """Optional parameters may be null."""
    answer = await http.post("/graphql", json={"query": "{ word }", name: None, "more": 1})

    assert answer.json() == {"data": {"word": "hello"}}


async def test_numbers_go_out_exactly(http: httpx.AsyncClient) -> None:
    """A decimal in a JSON value is a JSON number with all its digits, a long id too."""
    answer = await http.post("/graphql", json={"query": "{ amount }"})

    assert b'"total":12345678901234567.10' in answer.content
    assert f'"id":{2**80}'.encode() in answer.content


async def test_numbers_come_in_exactly(http: httpx.AsyncClient) -> None:
    """A decimal in the variables has the digits that were sent."""
    body = (
        b'{"query": "query ($a: Decimal!) { money(amount: $a) }", "variables": {"a": 12345678901234567.10}}'
    )

    answer = await post(http, body)

    assert answer.json() == {"data": {"money": "12345678901234567.10"}}


# -- media types ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, OLD),
        ("", OLD),
        ("*/*", OLD),
        ("application/*", OLD),
        ("application/json", OLD),
        ("Application/JSON; charset=utf-8", OLD),
        (NEW, NEW),
        (f"{NEW}, application/json", NEW),
        (f"{NEW}; charset=utf-8, application/json; q=0.9", NEW),
        (f"application/json, {NEW}", NEW),
        (f"application/json, {NEW};q=0.5", OLD),
        (f"{NEW};q=0, */*", OLD),
        (f"application/json;q=0, */*;q=0.1, {NEW};q=0.1", NEW),
        ("text/html, application/xhtml+xml, */*;q=0.8", OLD),
        ("application/json;q=nonsense, */*", NEW),
    ],
)
async def test_the_caller_s_media_type_is_used(desk: Desk, accept: str | None, media: str) -> None:
    """The answer has the media type that the caller likes best; application/json where nothing is said."""
    async with gateway(desk) as http:
        http.headers.pop("accept")
        answer = await http.post(
            "/graphql", json={"query": "{ word }"}, headers={} if accept is None else {"Accept": accept}
        )

    assert (200, f"{media}; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert answer.json() == {"data": {"word": "hello"}}


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", "application/json;q=0", "nonsense", "*/*;q=0", ";;;,,,"]
)
async def test_a_caller_who_takes_neither_gets_406(http: httpx.AsyncClient, desk: Desk, accept: str) -> None:
    """Nothing is executed for a caller who cannot read the answer."""
    answer = await http.post("/graphql", json={"query": "{ word }"}, headers={"Accept": accept})

    assert (406, "NOT_ACCEPTABLE") == (answer.status_code, code(answer))
    assert desk.questions == []


@pytest.mark.parametrize(
    ("query", "expected"), [("{ word", "GRAPHQL_PARSE_FAILED"), ("{ no }", "GRAPHQL_VALIDATION_FAILED")]
)
async def test_a_document_that_cannot_run(http: httpx.AsyncClient, query: str, expected: str) -> None:
    """Nothing is executed: 400 in the newer media type, 200 in the older, and no `data` in either."""
    newer = await http.post("/graphql", json={"query": query}, headers={"Accept": NEW})
    older = await http.post("/graphql", json={"query": query}, headers={"Accept": OLD})

    assert (400, 200) == (newer.status_code, older.status_code)
    assert {code(newer), code(older)} == {expected}
    assert "data" not in newer.json()
    assert "data" not in older.json()


async def test_an_error_of_a_field_is_an_answer(http: httpx.AsyncClient) -> None:
    """What was executed is a 200 in both media types, with data beside the errors."""
    for accept in (NEW, OLD):
        answer = await http.post("/graphql", json={"query": "{ word slow }"}, headers={"Accept": accept})

        assert answer.status_code == 200
        assert answer.json()["data"] == {"word": "hello", "slow": None}
        assert answer.json()["errors"][0]["extensions"]["retryAt"] == "2026-11-15T12:00:00Z"


async def test_a_refusal_has_the_caller_s_media_type(http: httpx.AsyncClient) -> None:
    """Errors before execution come in the media type that was asked for."""
    answer = await post(http, b"{", Accept=NEW)

    assert (400, f"{NEW}; charset=utf-8") == (answer.status_code, answer.headers["content-type"])


# -- what is nobody's plan ---------------------------------------------------------------------------------------


async def test_what_nobody_expected_is_masked(http: httpx.AsyncClient) -> None:
    """An answer that cannot be written is a 500 with a reference that the log has too, and nothing else."""
    with capture_logs() as lines:
        answer = await http.post("/graphql", json={"query": "{ unwritable }"})

    reference = next(line["reference"] for line in lines if "reference" in line)
    assert (500, "INTERNAL") == (answer.status_code, code(answer))
    assert answer.json()["errors"][0]["message"] == f"internal error {reference}"


async def test_a_caller_who_goes_away_while_sending_is_no_failure(desk: Desk) -> None:
    """Half a body and then nothing: no exception reaches the server, nothing is executed."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"query"', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"content-type", b"application/json"),
            (b"authorization", BEARER["Authorization"].encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("gateway.test", 80),
    }
    async with gateway(desk) as http:
        transport: Any = http._transport
        with capture_logs() as lines:
            await transport.app(scope, receive, send)

    assert [line["status"] for line in lines] == [499]
    assert desk.questions == []
