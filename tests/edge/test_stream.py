"""GraphQL over server-sent events."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from ledgermesh.clock import SystemClock
from ledgermesh.edge import stream
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.stream import BEAT, DONE, Streams, asked
from ledgermesh.edge.view import safely
from ledgermesh.graph.question import Answer
from tests.edge.desk import BEARER, registry
from tests.hands import HandClock, settle
from tests.states import KEYS

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)


@dataclass
class Source:
    """Answers that a test gives one after another; None is the end."""

    queue: asyncio.Queue[Answer | None] = field(default_factory=asyncio.Queue)
    closed: int = 0

    async def answers(self) -> AsyncGenerator[Answer, None]:
        try:
            while (answer := await self.queue.get()) is not None:
                yield answer
        finally:
            self.closed += 1


@dataclass
class Door:
    """An application that answers every request with the source's events."""

    clock: HandClock
    source: Source
    streams: Streams
    app: Starlette

    @asynccontextmanager
    async def caller(self, method: str = "POST") -> AsyncIterator[Caller]:
        """Somebody connected, who goes away at the end of the block."""
        caller = Caller()
        headers = [(name.lower().encode(), value.encode()) for name, value in BEARER.items()]
        scope = {
            "type": "http", "method": method, "path": "/graphql", "raw_path": b"/graphql", "query_string": b"",
            "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("gateway.test", 80),
            "asgi": {"version": "3.0", "spec_version": "2.4"},
        }  # fmt: skip
        task = asyncio.ensure_future(self.app(scope, caller.receive, caller.send))
        await settle()
        try:
            yield caller
        finally:
            caller.gone.set()
            await settle()
            assert task.done()
            task.result()


@dataclass
class Caller:
    """One HTTP exchange, from the client's side."""

    gone: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[Message] = field(default_factory=list)
    asked: bool = False

    async def receive(self) -> Message:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(dict(message))

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def chunks(self) -> list[bytes]:
        return [message["body"] for message in self.sent[1:]]

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


@pytest.fixture
def door() -> Door:
    """One key, three streams at most, a beat every 15 seconds."""
    clock, source, known = HandClock(NOW), Source(), registry()
    streams = Streams(clock, streams_max=3)

    async def respond(request: Request) -> Response:
        who = await Authenticator(known, KEYS, SystemClock()).principal(request.headers.get("authorization"))
        return streams.respond(source.answers(), who)

    async def endpoint(request: Request) -> Response:
        return await safely(respond(request))

    app = Starlette(routes=[Route("/graphql", endpoint, methods=["GET", "POST"])])
    return Door(clock, source, streams, app)


async def opened(door: Door) -> int:
    return door.streams.open(
        await Authenticator(registry(), KEYS, SystemClock()).principal(BEARER["Authorization"])
    )


def read(body: bytes) -> list[tuple[str, Any]]:
    """Events as the standard's parser reads them, https://html.spec.whatwg.org/multipage/server-sent-events.html"""
    found = []
    for block in body.decode().split("\n\n")[:-1]:
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        fields = dict(line.partition(":")[::2] for line in lines)
        if "data" in fields:
            text = fields["data"].removeprefix(" ")
            found.append((fields["event"].strip(), json.loads(text) if text else None))
    return found


async def test_answers_go_out_as_they_come(door: Door) -> None:
    """A comment first, so that the stream is known to be open; `next` for each answer; `complete`; then the end."""
    async with door.caller() as caller:
        assert (caller.sent[0]["status"], caller.body) == (200, BEAT)
        door.source.queue.put_nowait({"data": {"n": 1}})
        await settle()
        assert caller.chunks[1:] == [b'event: next\ndata: {"data":{"n":1}}\n\n']
        door.source.queue.put_nowait({"data": None, "errors": [{"message": "two\nlines \u2028"}]})
        door.source.queue.put_nowait(None)
        await settle()
        assert caller.chunks[-2:] == [DONE, b""]
        assert caller.sent[-1]["more_body"] is False

    assert read(caller.body) == [
        ("next", {"data": {"n": 1}}),
        ("next", {"data": None, "errors": [{"message": "two\nlines \u2028"}]}),
        ("complete", None),
    ]
    assert b"\r" not in caller.body
    assert caller.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "content-length" not in caller.headers
    assert caller.headers["x-accel-buffering"] == "no"
    assert door.source.closed == 1


async def test_numbers_go_out_exactly(door: Door) -> None:
    """As over JSON: a decimal has all its digits."""
    async with door.caller() as caller:
        door.source.queue.put_nowait({"data": {"total": Decimal("12345678901234567.10")}})
        await settle()
    assert b'"total":12345678901234567.10' in caller.body


async def test_what_cannot_be_written_is_masked(door: Door) -> None:
    """The stream goes on; the caller sees a reference and no more."""
    async with door.caller() as caller:
        door.source.queue.put_nowait({"data": {"thing": object()}})
        door.source.queue.put_nowait({"data": {"n": 2}})
        await settle()
    [(_, masked), (_, good)] = read(caller.body)
    assert masked["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "object" not in str(masked)
    assert good == {"data": {"n": 2}}


async def test_silence_is_broken_every_quarter_of_a_minute(door: Door) -> None:
    """A comment after 15 seconds without an answer, counted from the last; nothing before."""
    async with door.caller() as caller:
        await door.clock.turn(14)
        assert caller.chunks == [BEAT]
        await door.clock.turn(1)
        assert caller.chunks == [BEAT, BEAT]
        await door.clock.turn(10)
        door.source.queue.put_nowait({"data": {}})
        await settle()
        await door.clock.turn(10)
        assert len(caller.chunks) == 3
        await door.clock.turn(5)
        assert caller.chunks[-1] == BEAT
        assert len(caller.chunks) == 4
    assert read(caller.body) == [("next", {"data": {}})]


@pytest.mark.parametrize("told", [0, 1])
async def test_a_caller_who_goes_away_ends_the_source(door: Door, told: int) -> None:
    """At once, not with the next answer; and the key may open another."""
    async with door.caller() as caller:
        for _ in range(told):
            door.source.queue.put_nowait({"data": {}})
            await settle()
        assert (await opened(door), door.source.closed) == (1, 0)
    assert (await opened(door), door.source.closed) == (0, 1)
    assert len(read(caller.body)) == told
    assert DONE not in caller.body


async def test_a_key_has_only_so_many(door: Door) -> None:
    """One more is refused with 429 and a code; when one ends there is room again."""
    async with door.caller(), door.caller():
        async with door.caller() as third:
            assert await opened(door) == 3
            async with door.caller() as fourth:
                assert fourth.sent[0]["status"] == 429
                assert json.loads(fourth.body)["errors"][0]["extensions"]["code"] == "TOO_MANY_STREAMS"
            assert third.sent[0]["status"] == 200
        async with door.caller() as again:
            assert again.sent[0]["status"] == 200
    assert await opened(door) == 0


async def test_a_source_that_breaks_gives_its_place_back(door: Door) -> None:
    """A bug ends the stream without `complete`, and leaves nothing open."""
    who = await Authenticator(registry(), KEYS, SystemClock()).principal(BEARER["Authorization"])

    async def broken() -> AsyncGenerator[Answer, None]:
        yield {"data": {}}
        raise LookupError("a bug")

    caller, response = Caller(), door.streams.respond(broken(), who)
    with pytest.raises(LookupError):
        await response({"type": "http", "method": "POST"}, caller.receive, caller.send)
    assert await opened(door) == 0
    assert DONE not in caller.body


async def test_head_says_what_get_would(door: Door) -> None:
    """Without a body, and without keeping the stream open."""
    async with door.caller("HEAD") as caller:
        assert caller.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
        assert caller.body == b""
        assert await opened(door) == 0


async def test_over_a_real_socket(door: Door) -> None:
    """A server and a client of this world: events arrive while the stream is open, and hanging up ends the source."""
    server = uvicorn.Server(uvicorn.Config(door.app, port=0, log_level="critical", lifespan="off"))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}/graphql"
    async with httpx.AsyncClient(headers=BEARER) as client, client.stream("POST", url) as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == ":"
        door.source.queue.put_nowait({"data": {"n": 1}})
        assert [await anext(lines) for _ in range(3)] == ["", "event: next", 'data: {"data":{"n":1}}']
        assert door.source.closed == 0
    while not door.source.closed:
        await asyncio.sleep(0.01)
    server.should_exit = True
    await serving
    assert await opened(door) == 0


@pytest.mark.parametrize(
    ("accept", "events"),
    [
        ("text/event-stream", True),
        ("Text/Event-Stream; charset=utf-8", True),
        ("text/event-stream, multipart/mixed", True),
        ("text/event-stream, */*", True),
        ("text/event-stream, application/json;q=0.9", True),
        ("application/graphql-response+json, application/json, text/event-stream, multipart/mixed", False),
        ("application/json;q=0.9, text/event-stream;q=0.5", False),
        ("text/event-stream;q=0", False),
        ("text/*", False),
        ("*/*", False),
        ("application/json", False),
        ("", False),
        (None, False),
    ],
)
def test_events_are_for_those_who_ask(accept: str | None, events: bool) -> None:
    """Clients that name both with equal weight, as some do for every query, get JSON."""
    assert asked(accept) is events


def test_the_figures_that_are_promised() -> None:
    """Twenty streams a key, a beat each fifteen seconds."""
    assert (stream.STREAMS_MAX, stream.BEAT_SECONDS) == (20, 15.0)
