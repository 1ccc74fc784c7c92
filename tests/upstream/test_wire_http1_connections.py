"""The production wire's connections: kept, lost, closed, and over TLS."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from ledgermesh.sandbox.certificate import self_signed
from ledgermesh.upstream.wire import Unreachable, Wire
from ledgermesh.upstream.wire_http1 import OwnWire

from .wires import Answers, Server, get, serving, whole


@pytest.fixture
async def wire() -> AsyncIterator[OwnWire]:
    """Closed as the application closes it."""
    made = OwnWire()
    yield made
    await made.close()


# -- connections -------------------------------------------------------------------------------------------------------


def hanging_up(server: Server) -> Answers:
    """Answers the first request of each connection and hangs up on the next without a word."""
    served: set[object] = set()

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        if peer in served:
            server.heads.append(head)
            writer.close()
            return
        served.add(peer)
        await server(head, writer)

    return answer


async def test_a_read_on_a_connection_that_is_closing_is_sent_once_more(wire: Wire) -> None:
    """On a new one; the caller sees the answer."""
    server = Server(whole(b"{}"))
    async with serving(hanging_up(server)) as url:
        assert [(await wire.send(get(url))).body for _ in range(2)] == [b"{}", b"{}"]
    assert (len(server.heads), len(server.peers)) == (3, 2)


async def test_a_write_is_never_sent_twice(wire: Wire) -> None:
    """Whether it had its effect before the connection was lost, nobody here knows."""
    server = Server(whole(b"{}"))
    async with serving(hanging_up(server)) as url:
        await wire.send(get(url))
        with pytest.raises(Unreachable):
            await wire.send(get(url, method="POST", body=b"{}"))
    assert [head.split()[0] for head in server.heads] == [b"GET", b"POST"]


async def test_a_new_connection_that_is_lost_is_not_tried_again(wire: Wire) -> None:
    """A server that hangs up on everybody is asked once."""
    server = Server(b"")

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        await server(head, writer)
        writer.close()

    async with serving(answer) as url:
        with pytest.raises(Unreachable):
            await wire.send(get(url))
    assert len(server.heads) == 1


async def test_idle_connections_end(wire: Wire) -> None:
    """After their time, though nobody asks anything any more."""
    ended = asyncio.Event()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(whole(b"{}"))
        assert await reader.read() == b""
        ended.set()
        writer.close()

    hasty = OwnWire(idle_seconds=0.0)
    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        await hasty.send(get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
        async with asyncio.timeout(10):
            await ended.wait()
    await hasty.close()


async def test_closing_ends_what_is_on_its_way(wire: OwnWire) -> None:
    """Callers are told, and no socket is left."""
    reached, gone = asyncio.Event(), asyncio.Event()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        reached.set()
        with suppress(ConnectionError):
            await reader.read()
        gone.set()
        writer.close()

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        asked = asyncio.ensure_future(wire.send(get(url)))
        await reached.wait()
        await wire.close()
        with pytest.raises(Unreachable):
            await asked
        await gone.wait()


# -- TLS ---------------------------------------------------------------------------------------------------------------


async def test_over_tls() -> None:
    """With the certificate verified for the host's name, whatever address that led to; kept alive like any other."""
    made = self_signed(("books.example",), dt.datetime.now(dt.UTC))
    names: list[object] = []
    context = made.context()
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    peers: list[object] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername"))
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(whole(gzip.compress(b'"%s"' % (b"x" * 300_000)), b"Content-Encoding: gzip"))
        except asyncio.IncompleteReadError:
            writer.close()

    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    trusting = ssl.create_default_context(cadata=made.pem.decode())
    async with await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        wire = OwnWire(lookup=lookup, tls=trusting)
        for _ in range(3):
            assert len((await wire.send(get(f"https://books.example:{port}/"))).body) == 300_002
        with pytest.raises(Unreachable, match="Certificate"):
            await wire.send(get(f"https://other.example:{port}/"))
        await wire.close()
    assert (names, len(peers)) == (["books.example", "other.example"], 1)
