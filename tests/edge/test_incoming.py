"""What is read of a request: nothing that a caller sends is our failure."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from ledgermesh.edge.incoming import Limits
from tests.edge.desk import NEW, OLD, Desk, code, gateway, post

# -- bodies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"true",
        b"7",
        b"1e999999999",
        b'"text"',
        b"{",
        b"{}",
        b"{} {}",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"\x00" * 1000,
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'{"query": 7}',
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": "  \\n "}',
        b'{"query": ["{ word }"]}',
        b'{"query": "{ word }", "variables": []}',
        b'{"query": "{ word }", "variables": "{}"}',
        b'{"query": "{ word }", "variables": 0}',
        b'{"query": "{ word }", "operationName": {}}',
        b'{"query": "{ word }", "extensions": "no"}',
        b'{"query": "{ word }", "variables": {"a": NaN}}',
        b'{"query": "{ word }", "variables": {"a": ' + b"9" * 9000 + b"}}",
        b"[" * 10_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"variables":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"query": "{ word }", "variables": {"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}",
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_a_malformed_body_is_the_caller_s_mistake(
    http: httpx.AsyncClient, desk: Desk, body: bytes
) -> None:
    """Whatever is not a JSON object with a query is a 400 with a code, in both media types; nothing is executed."""
    for accept in (NEW, OLD):
        answer = await post(http, body, Accept=accept)

        assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
        assert answer.json()["errors"][0]["extensions"]["remedy"]
    assert desk.questions == []


async def test_a_deep_document_is_the_caller_s_mistake(http: httpx.AsyncClient) -> None:
    """10,000 brackets in the document are a syntax error like any other."""
    for query in (
        "{" * 10_000,
        "{word" * 10_000 + "}" * 10_000,
        "{word(text:" + "[" * 10_000 + "]" * 10_000 + ")}",
    ):
        answer = await http.post("/graphql", json={"query": query}, headers={"Accept": NEW})

        assert (400, "GRAPHQL_PARSE_FAILED") == (answer.status_code, code(answer))


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"query": ""},
        {"query": "{ word }", "variables": "{"},
        {"query": "{ word }", "variables": "[]"},
        {"query": "{ word }", "variables": "[" * 10_000},
        {"query": "{ word }", "extensions": "7"},
    ],
    ids=lambda params: repr(params)[:60],
)
async def test_a_malformed_get_is_the_caller_s_mistake(
    http: httpx.AsyncClient, params: dict[str, str]
) -> None:
    """The parameters of a GET are checked like those of a POST."""
    answer = await http.get("/graphql", params=params)

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))


async def test_broken_utf_8_in_an_address_is_no_failure_of_ours(http: httpx.AsyncClient) -> None:
    """Bytes that are no text are still a refusal with a code."""
    answer = await http.get("/graphql?query=%7Bword%7D&variables=%ff%fe")

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))


@pytest.mark.parametrize(
    "media",
    ["", "text/plain", "application/graphql", "multipart/form-data; boundary=x", "application/json; charset=utf-16",
     "application/json; charset=latin-1", "application/jsonp", ";charset=utf-8", "application/x-www-form-urlencoded"],
)  # fmt: skip
async def test_only_json_in_utf_8_is_read(http: httpx.AsyncClient, desk: Desk, media: str) -> None:
    """Another media type or another encoding is a 415."""
    answer = await post(http, b'{"query": "{ word }"}', Content_Type=media)

    assert (415, "UNSUPPORTED_MEDIA_TYPE") == (answer.status_code, code(answer))
    assert desk.questions == []


@pytest.mark.parametrize(
    "media", ["application/json;charset=UTF-8", 'application/json; charset="utf-8"', "APPLICATION/JSON"]
)
async def test_the_ways_to_say_utf_8(http: httpx.AsyncClient, media: str) -> None:
    """Case, quotes and spaces do not matter."""
    assert (await post(http, b'{"query": "{ word }"}', Content_Type=media)).status_code == 200


async def test_a_huge_body_is_refused_before_it_is_read_to_its_end(desk: Desk) -> None:
    """A body over the limit is a 413 after the limit's bytes, not after all of them, whatever length was declared."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 1
            yield b" " * 1_000

    async with gateway(desk, limits=Limits(body_bytes_max=10_000)) as http:
        answer = await http.post(
            "/graphql", content=endless(), headers={"Content-Type": "application/json", "Content-Length": "5"}
        )

    assert (413, "BODY_TOO_LARGE") == (answer.status_code, code(answer))
    assert sent < 20
    assert desk.questions == []


async def test_a_body_of_just_the_limit_is_read(desk: Desk) -> None:
    """The limit itself is allowed."""
    body = b'{"query": "{ word }"}'
    async with gateway(desk, limits=Limits(body_bytes_max=len(body))) as http:
        good = await post(http, body)
        long = await post(http, body + b" ")

    assert (200, 413) == (good.status_code, long.status_code)


# -- headers -------------------------------------------------------------------------------------------------------


async def test_answers_are_private(http: httpx.AsyncClient) -> None:
    """Nobody between us and the caller keeps an answer, good or bad."""
    for body in (b'{"query": "{ word }"}', b"{"):
        answer = await post(http, body)

        assert answer.headers["cache-control"] == "private, no-store"
        assert "Authorization" in answer.headers["vary"]


@pytest.mark.parametrize("given", ["abc-1", "!~", "x" * 128])
async def test_trace_headers_are_echoed(http: httpx.AsyncClient, given: str) -> None:
    """Both ids come back on answers and on errors."""
    for body in (b'{"query": "{ word }"}', b"{"):
        answer = await post(http, body, X_Request_Id=given, X_Tracking_ID=given)

        assert (given, given) == (answer.headers["x-request-id"], answer.headers["x-tracking-id"])


async def test_the_tracking_id_comes_back_to_strangers_too(desk: Desk) -> None:
    """A refusal for want of a key echoes it."""
    async with gateway(desk, headers={}) as http:
        answer = await post(http, b"{}", X_Tracking_ID="t-1")

    assert (401, "t-1") == (answer.status_code, answer.headers["x-tracking-id"])


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "ü", "tab\there"])
async def test_unfit_trace_headers(http: httpx.AsyncClient, given: str) -> None:
    """An unfit request id is replaced by one of ours; an unfit tracking id is a 400 and never echoed."""
    good = await http.post(
        "/graphql", json={"query": "{ word }"}, headers={b"X-Request-Id": given.encode("latin-1")}
    )  # fmt: skip
    bad = await http.post(
        "/graphql", json={"query": "{ word }"}, headers={b"X-Tracking-ID": given.encode("latin-1")}
    )  # fmt: skip

    assert good.status_code == 200
    assert len(good.headers["x-request-id"]) == 36
    assert (400, "BAD_USER_INPUT") == (bad.status_code, code(bad))
    assert "x-tracking-id" not in bad.headers


async def test_every_request_has_its_own_id(http: httpx.AsyncClient) -> None:
    """Without an id of the caller's, ours tells two requests apart."""
    first, second = await post(http, b"{"), await post(http, b"{")

    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(None, 20.0), ("5", 5.0), ("0.25", 0.25), (" 7 ", 7.0), ("120", 120.0), ("999999", 120.0)],
)
async def test_the_caller_sets_the_deadline(
    http: httpx.AsyncClient, desk: Desk, given: str | None, seconds: float
) -> None:
    """X-Request-Timeout in seconds, within the operator's bound."""
    await post(http, b'{"query": "{ word }"}', **({} if given is None else {"X-Request-Timeout": given}))

    assert desk.questions[0].timeout_seconds == seconds


@pytest.mark.parametrize(
    "given", ["0", "0.000", "-1", "1e3", "soon", "", "nan", "inf", "1_0", "+5", "1,5", "9" * 400]
)
async def test_a_malformed_deadline_is_refused(http: httpx.AsyncClient, desk: Desk, given: str) -> None:
    """Rather a 400 than a deadline that the caller did not mean."""
    answer = await post(http, b'{"query": "{ word }"}', X_Request_Timeout=given)

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert desk.questions == []


@pytest.mark.parametrize(
    ("given", "age", "no_cache"),
    [
        (None, 0.0, False),
        ("max-age=60", 60.0, False),
        ("Max-Age=60 , stale-while-revalidate=5", 60.0, False),
        ("no-cache", 0.0, True),
        ("no-store", 0.0, True),
        ("no-cache, max-age=60", 0.0, True),
        ("max-age=-1", 0.0, False),
        ("max-age=1.5", 0.0, False),
        ("max-age=" + "9" * 400, 0.0, False),
        ("max-age", 0.0, False),
        (",,=;only-if-cached", 0.0, False),
    ],
)
async def test_the_caller_says_how_old_an_answer_may_be(
    http: httpx.AsyncClient, desk: Desk, given: str | None, age: float, no_cache: bool
) -> None:
    """Cache-Control of the request: max-age, no-cache and no-store count, anything else is ignored."""
    await post(http, b'{"query": "{ word }"}', **({} if given is None else {"Cache-Control": given}))

    fresh = desk.questions[0].fresh
    assert (fresh.max_age_seconds, fresh.no_cache) == (age, no_cache)


@pytest.mark.parametrize(
    ("given", "stale"),
    [
        ("max-age=5", 0.0),
        ("stale-if-error=600", 600.0),
        ("max-age=5, Stale-If-Error=60", 60.0),
        ("stale-if-error=60, no-cache", 0.0),
        ("no-store, stale-if-error=60", 0.0),
        ("stale-if-error=-1", 0.0),
        ("stale-if-error", 0.0),
    ],
)
async def test_the_caller_says_how_old_an_answer_may_be_where_a_provider_fails(
    http: httpx.AsyncClient, desk: Desk, given: str, stale: float
) -> None:
    """stale-if-error counts beside max-age; no-cache and no-store rule it out."""
    await post(http, b'{"query": "{ word }"}', **{"Cache-Control": given})

    assert desk.questions[0].fresh.stale_seconds == stale


@pytest.mark.parametrize(
    ("header", "parameter", "expected"),
    [(None, None, None), ("a", None, "a"), (None, "b", "b"), ("c", "c", "c"), ("", "b", "b")],
)
async def test_the_company_by_header_or_parameter(
    http: httpx.AsyncClient, desk: Desk, header: str | None, parameter: str | None, expected: str | None
) -> None:
    """Either names the company; both may, when they agree."""
    answer = await http.post(
        "/graphql",
        json={"query": "{ word }"},
        params={} if parameter is None else {"X_ACCOUNT_KEY": parameter},
        headers={} if header is None else {"X-Account-Key": header},
    )

    assert answer.status_code == 200
    assert desk.questions[0].account_key == expected


async def test_two_different_companies_are_refused(http: httpx.AsyncClient, desk: Desk) -> None:
    """Header and parameter that differ are a 400."""
    answer = await http.post(
        "/graphql", json={"query": "{ word }"}, params={"X_ACCOUNT_KEY": "a"}, headers={"X-Account-Key": "b"}
    )

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert desk.questions == []
