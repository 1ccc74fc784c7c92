"""Answers in one write: the same bytes as uvicorn writes by itself, whatever an application does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from ledgermesh.edge.pieces import LONG_BYTES, PIECES
from ledgermesh.edge.transport.whole import BODY_BYTES_MAX
from ledgermesh.edge.transport.wire import WireLimits, bounded

GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
LENGTH = (b"content-length", b"5")


class Wire(asyncio.Transport):
    """A connection whose other end is the test."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5000), "sockname": ("127.0.0.1", 8000)})
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def start(*headers: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(content: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


def says(*messages: Message | Exception) -> ASGIApp:
    """An application that says this, and nothing else."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for each in messages:
            if isinstance(each, Exception):
                raise each
            await send(dict(each))

    return app


async def served(app: ASGIApp, kind: type[asyncio.Protocol], sent: bytes = GET) -> Wire:
    """What goes out for these requests."""
    config = uvicorn.Config(app, http=kind, access_log=False, log_level="critical", server_header=False)
    config.load()
    state, wire = ServerState(), Wire()
    state.default_headers = [(b"date", b"Sun, 15 Nov 2026 12:00:00 GMT")]
    made: Any = kind
    protocol = made(config=config, server_state=state, app_state={})
    protocol.connection_made(wire)
    try:
        protocol.data_received(sent)
        while state.tasks:
            await asyncio.wait(set(state.tasks))
    finally:
        protocol.connection_lost(None)
    return wire


LONG = b"x" * (BODY_BYTES_MAX + 1)
ODD: Iterable[tuple[str, list[Message | Exception], bytes]] = (
    ("whole", [start(LENGTH, (b"x-sync-id", b"\xe9\t1")), body(b"hello")], GET),
    ("whole, refused", [start(LENGTH, status=404), body(b"hello")], GET),
    ("an unknown status", [start(LENGTH, status=299), body(b"hello")], GET),
    ("empty", [start((b"content-length", b"0")), body(b"")], GET),
    ("nothing to come", [start(status=204), body(b"")], GET),
    ("of unknown length", [start(), body(b"hello")], GET),
    ("in two parts", [start(LENGTH), body(b"he", more=True), body(b"llo")], GET),
    ("long", [start((b"content-length", b"%d" % len(LONG))), body(LONG)], GET),
    ("only its head", [start(LENGTH), body(b"hello")], GET.replace(b"GET", b"HEAD")),
    ("the last one", [start(LENGTH), body(b"hello")], GET.replace(b"1.1", b"1.0")),
    ("said to be the last one", [start(LENGTH, (b"connection", b"close")), body(b"hello")], GET),
    ("in capitals", [start((b"X-Word", b"a"), LENGTH), body(b"hello")], GET),
    ("two lines in one", [start(LENGTH, (b"x-word", b"a\r\nset-cookie: b")), body(b"hello")], GET),
    ("a line's end", [start(LENGTH, (b"x-word", b"a\n")), body(b"hello")], GET),
    ("a name that is none", [start(LENGTH, (b"x: y", b"a")), body(b"hello")], GET),
    ("too much", [start(LENGTH), body(b"hello!")], GET),
    ("too little", [start(LENGTH), body(b"hell")], GET),
    ("a failure before", [ValueError()], GET),
    ("a body first", [body(b"hello")], GET),
    ("two of them", [start(LENGTH), body(b"hello"), body(b"hello")], GET),
    ("several requests", [start(LENGTH), body(b"hello")], GET * 3),
)


@pytest.mark.parametrize(("messages", "sent"), [each[1:] for each in ODD], ids=[each[0] for each in ODD])
async def test_the_bytes_are_the_servers_own(messages: list[Message | Exception], sent: bytes) -> None:
    """Also where an application does wrong: what uvicorn refuses is refused, and the connection ends as there."""
    ours = await served(says(*messages), bounded(WireLimits()), sent)
    theirs = await served(says(*messages), HttpToolsProtocol, sent)
    assert (b"".join(ours.writes), ours.closed) == (b"".join(theirs.writes), theirs.closed)


@pytest.mark.parametrize("size", [5, LONG_BYTES, BODY_BYTES_MAX + 1])
@pytest.mark.parametrize("missing", [0, 1])
@pytest.mark.parametrize(
    "sent", [GET, GET.replace(b"GET", b"HEAD"), GET.replace(b"1.1", b"1.0"), GET * 2], ids=bytes.decode
)
async def test_a_body_in_pieces_is_the_same_bytes(size: int, missing: int, sent: bytes) -> None:
    """As in one, whether they go out as they are, come to a head that says another length, or are not sent at all."""
    begins, content = start((b"content-length", b"%d" % size)), b"x" * (size - missing)
    pieces = {**body(content[3:]), PIECES: (content[:1], memoryview(content)[1:3])}
    ours = await served(says(begins, pieces), bounded(WireLimits()), sent)
    theirs = await served(says(begins, body(content)), HttpToolsProtocol, sent)
    assert (b"".join(ours.writes), ours.closed) == (b"".join(theirs.writes), theirs.closed)


async def test_an_answer_is_one_write() -> None:
    """Head and body together, for each of several requests on a connection."""
    wire = await served(says(start(LENGTH), body(b"hello")), bounded(WireLimits()), GET * 2)
    assert [re.sub(rb".*\r\n\r\n", b"", each, flags=re.DOTALL) for each in wire.writes] == [b"hello"] * 2


async def test_a_stream_begins_at_once() -> None:
    """The head of an answer of unknown length does not wait for what follows it."""
    wires: list[Wire] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        wires[0].writes.append(b"|")
        await send(body(b"hello"))

    class Begun(bounded(WireLimits())):  # type: ignore[misc]  # made for these limits
        def connection_made(self, transport: Any) -> None:
            wires.append(transport)
            super().connection_made(transport)

    wire = await served(app, Begun)
    assert wire.writes[0].startswith(b"HTTP/1.1 200 OK")
    assert wire.writes[1] == b"|"


async def test_a_head_without_a_body_becomes_a_failure() -> None:
    """Of an application that fails behind its head, the caller reads 500 and no half of an answer."""
    wire = await served(says(start(LENGTH), ValueError()), bounded(WireLimits()))
    assert b"".join(wire.writes).startswith(b"HTTP/1.1 500 ")
    assert wire.closed
