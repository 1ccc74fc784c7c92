"""The process ends: answers are finished, streams end with a word that has clients come again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.edge.desk import BEARER
from tests.edge.sockets import SECONDS, Served, served

EVENTS = "subscription { events }"
SSE = {"Accept": "text/event-stream"}
READY = {"status": "ready"}


@pytest.fixture
async def gateway() -> AsyncIterator[Served]:
    """A gateway that runs."""
    async with served() as made:
        yield made


@pytest.fixture
async def http(gateway: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A caller over HTTP."""
    async with httpx.AsyncClient(base_url=gateway.url, headers=BEARER, timeout=SECONDS) as client:
        yield client


async def post(http: httpx.AsyncClient, query: str, **headers: str) -> httpx.Response:
    return await http.post("/graphql", json={"query": query}, headers=headers)


def last_events(body: str) -> list[tuple[str, Any]]:
    """Name and data of the last two events."""
    blocks = [block for block in body.strip().split("\n\n") if block.startswith("event:")]
    found = [dict(line.split(":", 1) for line in block.split("\n")) for block in blocks[-2:]]
    return [
        (each["event"].strip(), json.loads(each["data"]) if each["data"].strip() else None) for each in found
    ]


async def test_readiness_ends_first(gateway: Served, http: httpx.AsyncClient) -> None:
    """While all else goes on as before."""
    assert (await http.get("/readyz")).json() == READY
    gateway.drain.notice()
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "restarting")
    assert (await http.get("/healthz")).status_code == 200
    assert (await post(http, "{ word }")).json() == {"data": {"word": "hello"}}
    async with gateway.caller() as client:
        assert (await client.ask("1", "{ word }"))[-1]["type"] == "complete"


async def test_a_stream_ends_with_a_word(gateway: Served, http: httpx.AsyncClient) -> None:
    """A typed error that says to come again, `complete`, and the end; a new one is refused with the same."""
    async with http.stream("POST", "/graphql", json={"query": EVENTS}, headers=SSE) as answer:
        lines = answer.aiter_lines()
        gateway.source.tell({"data": {"events": 1}})
        while await anext(lines) != 'data: {"data":{"events":1}}':
            pass
        gateway.drain.begin()
        (name, data), end = last_events("\n".join([line async for line in lines]) + "\n\n")
    assert (name, end) == ("next", ("complete", None))
    extensions = data["errors"][0]["extensions"]
    assert (extensions["code"], extensions["retryable"]) == ("RESTARTING", True)
    assert "data" not in data
    refused = await post(http, EVENTS, **SSE)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (503, "RESTARTING")
    await gateway.until(lambda: gateway.source.ended)


async def test_a_stream_with_an_answer_to_come_is_finished(gateway: Served, http: httpx.AsyncClient) -> None:
    """A query over SSE is waited for; when time is up it ends with the same word."""
    finished, given_up = (asyncio.ensure_future(post(http, "{ held }", **SSE)) for _ in range(2))
    await gateway.until(lambda: gateway.source.begun == 2)
    gateway.drain.begin()
    await asyncio.sleep(0)
    assert not finished.done()
    gateway.source.released.set()
    assert [name for name, _ in last_events((await finished).text)] == ["next", "complete"]
    assert "at last" in (await given_up).text
    gateway.source.released.clear()
    late = asyncio.ensure_future(post(http, "{ held }", **SSE))
    await gateway.until(lambda: gateway.source.begun == 3)
    gateway.drain.give_up()
    assert last_events((await late).text)[0][1]["errors"][0]["extensions"]["code"] == "RESTARTING"


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [("{ held }", "RESTARTING", 503), ("mutation { held }", "INDETERMINATE", 200)],
)
async def test_answers_are_finished_or_say_that_they_are_not(
    gateway: Served, http: httpx.AsyncClient, query: str, code: str, status: int
) -> None:
    """What is ready in time goes out; for a write that is not, nobody says to do it again."""
    finished = asyncio.ensure_future(post(http, query))
    await gateway.until(lambda: gateway.source.begun == 1)
    gateway.drain.begin()
    gateway.source.released.set()
    assert (await finished).json() == {"data": {"held": "at last"}}
    gateway.source.released.clear()
    late = asyncio.ensure_future(post(http, query))
    await gateway.until(lambda: gateway.source.begun == 2)
    gateway.drain.give_up()
    answer = await late
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    await gateway.until(lambda: gateway.source.ended == 2)


async def test_a_batch_says_so_as_a_whole(gateway: Served, http: httpx.AsyncClient) -> None:
    """One write in it is enough for nobody to know."""
    batch = [{"query": "{ word }"}, {"query": "mutation { held }"}]
    late = asyncio.ensure_future(http.post("/graphql", json=batch))
    await gateway.until(lambda: gateway.source.begun)
    gateway.drain.give_up()
    assert (await late).json()["errors"][0]["extensions"]["code"] == "INDETERMINATE"


async def test_sockets_get_their_answers_and_are_closed(gateway: Served) -> None:
    """With 1012, on which clients connect again and take up their subscriptions, of which none was completed."""
    async with gateway.caller() as client, gateway.caller() as idle, gateway.client() as stranger:
        await client.subscribe("s", EVENTS)
        await client.subscribe("q", "{ held }")
        await client.subscribe("m", "mutation { held }")
        await gateway.until(lambda: gateway.source.begun == 3)
        gateway.drain.begin()
        assert await idle.closed() == (1012, "RESTARTING")
        assert await stranger.closed() == (1012, "RESTARTING")
        with pytest.raises(InvalidStatus) as refused:
            async with gateway.client():
                pass
        assert refused.value.response.status_code == 503
        gateway.source.tell({"data": {"events": 1}})
        assert (await client.heard())["payload"] == {"data": {"events": 1}}
        await client.subscribe("new", "{ word }")  # not begun, so that the client asks it again
        await client.say(type="ping")
        assert (await client.heard())["type"] == "pong"
        gateway.source.released.set()
        heard = [await client.heard() for _ in range(4)]
        assert {(each["id"], each["type"]) for each in heard} == {
            ("q", "next"), ("q", "complete"), ("m", "next"), ("m", "complete"),
        }  # fmt: skip
        assert await client.closed() == (1012, "RESTARTING")
    await gateway.until(lambda: gateway.source.ended == 3)


async def test_when_time_is_up_no_socket_waits(gateway: Served) -> None:
    """A query is left for the client to ask again, a write is not."""
    async with gateway.caller() as client:
        await client.subscribe("q", "{ held }")
        await client.subscribe("m", "mutation { held }")
        await gateway.until(lambda: gateway.source.begun == 2)
        gateway.drain.begin()
        gateway.drain.give_up()
        error = await client.heard()
        assert (error["id"], error["type"]) == ("m", "error")
        assert error["payload"][0]["extensions"]["code"] == "INDETERMINATE"
        assert await client.closed() == (1012, "RESTARTING")
    await gateway.until(lambda: gateway.source.ended == 2)
    assert gateway.source.finished == 0


async def test_whoever_does_not_answer_the_close_keeps_nobody(gateway: Served) -> None:
    """The server gives up on a socket that does not take its close, and stops."""
    async with gateway.caller() as client:
        client.wire.transport.pause_reading()
        gateway.drain.begin()
        gateway.server.should_exit = True
        await gateway.until(lambda: not gateway.server.server_state.connections)
        client.wire.transport.abort()
