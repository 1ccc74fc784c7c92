"""Several operations in one request."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from ledgermesh.edge.incoming import Limits
from ledgermesh.graph.question import Answer, Question
from ledgermesh.state.limits import Rate
from tests.edge.desk import BEARER, NEW, OLD, Desk, code, gateway
from tests.edge.test_rates import LISTS, VERDICT, caller, told
from tests.graph.demo import demo_house

WORD = "query ($t: String!) { word(text: $t) }"


def words(*texts: str) -> list[dict[str, Any]]:
    """One operation a word."""
    return [{"query": WORD, "variables": {"t": text}} for text in texts]


@pytest.mark.parametrize("media", [NEW, OLD])
async def test_a_batch_is_answered_in_order(http: httpx.AsyncClient, media: str) -> None:
    """An array of operations makes an array of answers in the media type that was asked for; one is an array too."""
    many = await http.post("/graphql", json=words("a", "b", "c"), headers={"Accept": media})
    one = await http.post("/graphql", json=words("a"), headers={"Accept": media})

    assert (200, f"{media}; charset=utf-8") == (many.status_code, many.headers["content-type"])
    assert many.json() == [{"data": {"word": text}} for text in "abc"]
    assert one.json() == [{"data": {"word": "a"}}]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({"query": "{ no }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": 7}, "BAD_USER_INPUT"),
        ({}, "BAD_USER_INPUT"),
        (None, "BAD_USER_INPUT"),
        (7, "BAD_USER_INPUT"),
        ([{"query": "{ word }"}], "BAD_USER_INPUT"),
        ({"documentId": "unknown"}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"query": "{ slow }"}, "RATE_LIMITED"),
        ({"query": "{ unwritable }"}, "INTERNAL"),
    ],
    ids=repr,
)
async def test_each_has_its_own_errors(http: httpx.AsyncClient, bad: Any, expected: str) -> None:
    """One that is wrong has its error in its place; those around it are answered."""
    [first], [last] = words("a"), words("z")

    answer = await http.post("/graphql", json=[first, bad, last])

    assert answer.status_code == 200
    before, refused, after = answer.json()
    assert (before, after) == ({"data": {"word": "a"}}, {"data": {"word": "z"}})
    assert [error["extensions"]["code"] for error in refused["errors"]] == [expected]


async def test_a_batch_of_nothing_good_is_an_answer(http: httpx.AsyncClient, desk: Desk) -> None:
    """Each place says what is wrong; nothing is executed."""
    answer = await http.post("/graphql", json=[None, {}])

    assert [len(each["errors"]) for each in answer.json()] == [1, 1]
    assert desk.questions == []


@dataclass
class Meeting(Desk):
    """Answers nobody before everybody has asked; one breaks."""

    expected: int
    there: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        super().__init__()

    async def answer(self, question: Question) -> Answer:
        self.questions.append(question)
        if len(self.questions) == self.expected:
            self.there.set()
        await self.there.wait()
        if question.variables["t"] == "break":
            raise RuntimeError("a secret")
        return {"data": {"word": question.variables["t"]}}


async def test_they_are_answered_at_the_same_time() -> None:
    """None waits for another to end; one that breaks is masked and changes no other."""
    async with gateway(Meeting(3)) as http:
        answer = await asyncio.wait_for(http.post("/graphql", json=words("a", "break", "c")), 5)

    first, broken, last = answer.json()
    assert (first, last) == ({"data": {"word": "a"}}, {"data": {"word": "c"}})
    assert broken["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "secret" not in answer.text


@dataclass
class Endless(Desk):
    """Answers nobody, and knows which of its work was ended."""

    ended: list[str] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        super().__init__()

    async def answer(self, question: Question) -> Answer:
        self.questions.append(question)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.ended.append(question.text)
            raise
        return {"data": {}}


async def hang_up(desk: Endless, batch: list[dict[str, Any]]) -> list[int]:
    """Send a batch and go away as soon as all of it is being answered; the statuses that were logged."""
    there = asyncio.Event()

    async def receive() -> Any:
        if there.is_set():
            while len(desk.questions) < len(batch):
                await asyncio.sleep(0)
            return {"type": "http.disconnect"}
        there.set()
        return {"type": "http.request", "body": json.dumps(batch).encode(), "more_body": False}

    async def send(message: Any) -> None:
        pass

    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql", "query_string": b"",
        "headers": [
            (b"content-type", b"application/json"), (b"authorization", BEARER["Authorization"].encode()),
        ],
        "http_version": "1.1", "scheme": "http", "server": ("gateway.test", 80), "root_path": "",
        "asgi": {"version": "3.0"},
    }  # fmt: skip
    async with gateway(desk) as http:
        transport: Any = http._transport
        with capture_logs() as lines:
            await asyncio.wait_for(transport.app(scope, receive, send), 5)
    return [line["status"] for line in lines]


async def test_a_caller_who_hangs_up_ends_all_of_them() -> None:
    """Nothing of a batch goes on for nobody."""
    desk = Endless()

    assert await hang_up(desk, words("a", "b")) == [499]
    assert desk.ended == [WORD, WORD]


async def test_a_batch_that_writes_is_carried_out() -> None:
    """With a mutation among them all go on to their end."""
    desk = Endless()
    desk.go.set()

    assert await hang_up(desk, [{"query": "mutation { write }"}, *words("a")]) == [200]
    assert desk.ended == []


async def test_a_batch_has_a_limit(desk: Desk) -> None:
    """Ten operations, or what the operator allows; an empty batch asks nothing. Nothing is executed of either."""
    async with gateway(desk) as http:
        full = await http.post("/graphql", json=words(*"abcdefghij"))
        assert (200, 10) == (full.status_code, len(full.json()))
        desk.questions.clear()
        refused = [
            await http.post("/graphql", json=words(*"abcdefghijk")),
            await http.post("/graphql", json=[]),
        ]
    async with gateway(desk, limits=Limits(batch_max=1)) as http:
        refused.append(await http.post("/graphql", json=words("a", "b")))

    assert [(each.status_code, code(each)) for each in refused] == [(400, "BAD_USER_INPUT")] * 3
    assert "11 operations; the limit is 10" in refused[0].json()["errors"][0]["message"]
    assert desk.questions == []


@pytest.mark.parametrize("header", ["X-Sync-Data", "X-Sync-Sources", "Idempotency-Key"])
async def test_headers_that_mean_one_operation(http: httpx.AsyncClient, desk: Desk, header: str) -> None:
    """Such a header does not say which operation of a batch it means: 400."""
    answer = await http.post("/graphql", json=words("a"), headers={header: "push"})

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert answer.json()["errors"][0]["extensions"]["field"] == header
    assert desk.questions == []


async def test_cache_control_is_for_one_operation(http: httpx.AsyncClient, desk: Desk) -> None:
    """A browser sends it on its own; in a batch it counts for none. The deadline and the company are for all."""
    headers = {"Cache-Control": "max-age=60", "X-Request-Timeout": "5", "X-Account-Key": "shop"}

    await http.post("/graphql", json=words("a", "b"), headers=headers)

    seen = [(each.fresh.max_age_seconds, each.timeout_seconds, each.account_key) for each in desk.questions]
    assert seen == [(0.0, 5.0, "shop")] * 2


async def test_a_stream_has_one_operation(http: httpx.AsyncClient, desk: Desk) -> None:
    """A batch with Accept: text/event-stream is a 400."""
    answer = await http.post("/graphql", json=words("a"), headers={"Accept": "text/event-stream"})

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert desk.questions == []


async def test_each_operation_counts() -> None:
    """The headers are those of the operation that left least; a batch of which none is let in is a 429."""
    ask = {"query": f'{{ company(key: "alpine-studio") {{ {LISTS} }} }} {VERDICT}'}
    async with demo_house(rate=Rate(per_second=2.0, burst=3)) as house, caller(house.gateway) as http:
        first = await http.post("/graphql", json=[ask, {"query": "{ providers { name } }"}, ask])
        second = await http.post("/graphql", json=[ask, ask])
        third = await http.post("/graphql", json=[ask, ask])
        names = await http.post("/graphql", json=[{"query": "{ providers { name } }"}])

    assert [each.status_code for each in (first, second, third, names)] == [200, 200, 429, 200]
    assert [told(each)[1] for each in (first, second, third)] == ["1", "0", "0"]
    assert ["Retry-After" in each.headers for each in (first, second, third)] == [False, False, True]
    assert "RateLimit-Limit" not in names.headers
    assert len(third.json()) == 2
