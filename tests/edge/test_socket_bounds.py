"""How much sockets may hold, and what becomes of who does not read, does not answer, or leaves."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import structlog
from websockets.exceptions import InvalidStatus

from ledgermesh.edge.socket.caps import SocketLimits
from tests.edge.desk import BEARER, KEY
from tests.edge.sockets import SECONDS, TRANSPORT, Served, served

EVENTS = "subscription { events }"


@asynccontextmanager
async def gateway(**limits: float) -> AsyncIterator[Served]:
    """A gateway with these limits."""
    async with served(limits=SocketLimits(**limits)) as made:  # type: ignore[arg-type]  # each has its own type
        yield made


async def test_sockets_of_one_key() -> None:
    """One more is closed with 1013, on which clients try again later; a place that is given back can be had."""
    async with gateway(sockets_per_key_max=2) as made, made.caller():
        async with made.caller(), made.client() as third:
            await third.say(type="connection_init", payload={"Authorization": f"Bearer {KEY}"})
            assert await third.closed() == (1013, "this key has 2 sockets open already")
        await made.until(lambda: made.sockets.open == 1)
        async with made.caller():
            pass


async def test_sockets_in_all() -> None:
    """One more is refused with 503 and a code before it is one; so is one more of which nobody knows whose it is."""
    for limits in ({"sockets_max": 2}, {"strangers_max": 2}):
        async with gateway(**limits) as made, made.client(), made.client():
            with pytest.raises(InvalidStatus) as refused:
                async with made.client():
                    pass
            assert refused.value.response.status_code == 503
            [error] = json.loads(refused.value.response.body)["errors"]
            assert error["extensions"]["code"] == "TOO_MANY_SOCKETS"


async def test_who_is_known_is_no_stranger() -> None:
    """Strangers have few places of their own, which those who introduced themselves do not take."""
    async with gateway(strangers_max=1) as made, made.caller(), made.caller(), made.client():
        assert (made.sockets.open, made.sockets.strangers) == (3, 1)


async def test_operations_of_one_socket() -> None:
    """One more is an error with a code; when one ends there is room again."""
    async with gateway(operations_max=2) as made, made.caller() as client:
        await client.subscribe("1", EVENTS)
        await client.subscribe("2", "{ held }")
        [refused] = await client.ask("3", "{ word }")
        assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
        await client.say(id="1", type="complete")
        await made.until(lambda: made.source.ended)
        assert (await client.ask("3", "{ word }"))[-1]["type"] == "complete"


async def test_streams_of_one_key_wherever_they_are() -> None:
    """Twenty subscriptions on sockets and over SSE together; a query is none of them."""
    async with gateway() as made, made.caller() as one, made.caller() as two:
        for number in range(10):
            await one.subscribe(str(number), EVENTS)
            await two.subscribe(str(number), EVENTS)
        await made.until(lambda: made.source.begun == 20)
        [refused] = await one.ask("more", EVENTS)
        assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_STREAMS"
        assert (await two.ask("q", "{ word }"))[-1]["type"] == "complete"
        async with httpx.AsyncClient(headers=BEARER | {"Accept": "text/event-stream"}) as http:
            answer = await http.post(f"{made.url}/graphql", json={"query": EVENTS})
        assert answer.status_code == 429


async def test_who_leaves_takes_their_questions_along() -> None:
    """Whatever way they leave, all that runs ends at once; but a write is carried out to its end."""
    async with gateway() as made:
        async with made.caller() as client:
            for id, text in (("1", EVENTS), ("2", "{ held }"), ("3", "mutation { held }")):
                await client.subscribe(id, text)
            await made.until(lambda: made.source.begun == 3)
        await made.until(lambda: made.source.ended == 2)
        assert made.source.finished == 0
        made.source.released.set()
        await made.until(lambda: made.source.finished == 1)
        async with made.caller() as client:
            made.source.released.clear()
            await client.subscribe("1", EVENTS)
            await made.until(lambda: made.source.begun == 4)
            client.wire.transport.abort()
            await made.until(lambda: made.source.ended == 4)
        await made.until(lambda: made.sockets.open == 0)


async def test_nobody_hears_of_a_write_they_completed() -> None:
    """It is carried out, its id is free, and its answer goes to nobody."""
    async with gateway() as made, made.caller() as client:
        await client.subscribe("1", "mutation { held }")
        await made.until(lambda: made.source.begun)
        await client.say(id="1", type="complete")
        await client.subscribe("1", EVENTS)
        await made.until(lambda: made.source.begun == 2)
        made.source.released.set()
        await made.until(lambda: made.source.finished)
        made.source.tell({"data": {"events": 1}})
        assert (await client.heard())["payload"] == {"data": {"events": 1}}


async def test_silence() -> None:
    """After 20 seconds we ask whether anybody is there; who does not answer within as many is closed with 4408."""
    async with gateway() as made, made.caller() as silent, made.caller() as alive:
        for _ in range(3):
            await made.clock.turn(10)
            await made.clock.turn(10)
            assert await alive.heard(pings=True) == {"type": "ping"}
            await alive.say(type="pong")
            await alive.say(type="ping")
            assert (await alive.heard())["type"] == "pong"
        assert await silent.heard(pings=True) == {"type": "ping"}
        assert await silent.closed() == (4408, "no answer to ping")
        assert (await alive.ask("1", "{ word }"))[-1]["type"] == "complete"


# -- bytes by hand ------------------------------------------------------------------------------------------------


def frame(payload: bytes, opcode: int = 1, *, final: bool = True) -> bytes:
    """One frame from a client, RFC 6455 section 5.2."""
    head = bytes([opcode | (0x80 if final else 0)])
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size)
    mask = os.urandom(4)
    return head + length + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


@asynccontextmanager
async def wire(made: Served) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A socket that is open and introduced; nothing is read of it but what the test reads."""
    reader, writer = await asyncio.open_connection("127.0.0.1", made.port, limit=1_000)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        (
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {TRANSPORT}\r\n"
            f"Authorization: {BEARER['Authorization']}\r\n\r\n"
        ).encode()
    )
    try:
        assert b"101" in await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(b'{"type":"connection_init"}'))
        assert b"connection_ack" in await reader.readuntil(b"}}")
        yield reader, writer
    finally:
        writer.transport.abort()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the end."""
    found = b""
    async with asyncio.timeout(SECONDS):
        try:
            while chunk := await reader.read(100_000):
                found += chunk
        except ConnectionError:
            pass
    return found


async def test_who_does_not_read() -> None:
    """The source waits for them: nothing piles up here. After 15 seconds of that the socket is given up, and its end of
    the connection with it.
    """
    big = {"data": {"events": "x" * 300_000}}
    async with gateway() as made, wire(made) as (_, writer):
        writer.write(
            frame(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": EVENTS}}).encode())
        )
        made.source.tell(*[big] * 400)
        await made.until(lambda: made.source.begun)
        await _still(made)
        left = made.source.events.qsize()
        assert left > 300
        await made.clock.turn(14)
        assert made.source.ended == 0
        while not made.source.ended:
            await made.clock.turn(1)
        assert left - made.source.events.qsize() < 5
        while made.sockets.open:
            await made.clock.turn(1)
        await made.until(lambda: not made.server.server_state.connections)


async def _still(made: Served) -> None:
    """Wait until no more is taken from the source."""
    before = -1
    while before != made.source.events.qsize():
        before = made.source.events.qsize()
        for _ in range(200):
            await asyncio.sleep(0.001)


async def test_pings_of_who_does_not_read() -> None:
    """Whoever reads no answer to their pings is not listened to either: they cannot fill our memory."""
    flood = frame(b"x" * 125, opcode=9) * 2_000
    async with gateway() as made, wire(made) as (_, writer):
        [served_] = made.server.server_state.connections
        sent = 0
        async with asyncio.timeout(SECONDS):
            while sent < 100 and not served_.transport.get_write_buffer_size() > 60_000:
                writer.write(flood)
                sent += 1
                await asyncio.sleep(0.01)
        for _ in range(50):
            writer.write(flood)
            await asyncio.sleep(0.002)
        assert served_.transport.get_write_buffer_size() < 1_000_000


async def test_messages_in_pieces() -> None:
    """A message may come in several frames; one of ever more empty frames is refused."""
    text = json.dumps({"type": "ping", "payload": {"n": 1}}).encode()
    async with gateway() as made:
        async with wire(made) as (reader, writer):
            writer.write(frame(text[:5], final=False) + frame(text[5:9], 0, final=False) + frame(text[9:], 0))
            assert b'"pong"' in await reader.readuntil(b"}}")
        async with wire(made) as (reader, writer):
            writer.write(frame(b'{"type"', final=False) + frame(b"", 0, final=False) * 5_000)
            assert b"too many pieces" in await rest(reader)
        await made.until(lambda: made.sockets.open == 0)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(b"\xff\xfe{}"), 4400),
        (frame(b'{"type": "\xed\xa0\x80"}'), 4400),
        (b"\x81\x02{}", 1002),  # not masked
        (b"\x83\x80\x00\x00\x00\x00", 1002),  # an opcode that is none
        (b"\xf1\x80\x00\x00\x00\x00", 1002),  # reserved bits
        (b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 1009),
        (b"\x89\xfe\x00\x80\x00\x00\x00\x00" + b"x" * 128, 1002),  # a ping that is too long
        (b"GET / HTTP/1.1\r\n\r\n", 1002),
    ],
    # Masks are random, so that no case can be named after its bytes.
    ids=[
        "no text",
        "a surrogate",
        "no mask",
        "no opcode",
        "reserved bits",
        "too long",
        "a long ping",
        "no frame",
    ],
)
async def test_what_is_no_frame(sent: bytes, code: int) -> None:
    """Is closed with the protocol's code; no traceback, neither to the client nor in the log."""
    async with gateway() as made:
        async with wire(made) as (reader, writer):
            writer.write(sent)
            answer = await rest(reader)
            assert struct.pack(">H", code) in answer and b"Traceback" not in answer
        async with made.caller() as client:
            assert (await client.ask("1", "{ word }"))[-1]["type"] == "complete"


async def test_what_is_logged() -> None:
    """A line for each operation and one for the socket, with the id that its client was told; no word of theirs."""
    with structlog.testing.capture_logs() as lines:
        async with (
            gateway() as made,
            made.client(query="?secret=query", headers={"X-Request-Id": "r-1"}) as client,
        ):
            await client.begin(Secret="payload")
            await client.ask("secret-id", '{ word(text: "secret") }')
            await client.ask("2", "{ nothing }")
            await client.wire.close(1000, "secret reason")
            await made.until(lambda: made.sockets.open == 0)
        await asyncio.sleep(0)
    shown = [line for line in lines if line["event"] in ("operation", "request")]

    assert [(line["event"], line["request_id"]) for line in shown] == [
        ("operation", "r-1"),
        ("operation", "r-1"),
        ("request", "r-1"),
    ]
    assert [(line["number"], line["outcome"], line["answers"]) for line in shown[:2]] == [
        (1, "ended", 1),
        (2, "refused", 0),
    ]
    assert (shown[2]["status"], shown[2]["close"], shown[2]["path"]) == (101, 1000, "/graphql")
    assert "secret" not in json.dumps(shown, default=str).casefold() and KEY not in json.dumps(
        shown, default=str
    )
