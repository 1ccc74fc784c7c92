"""The connections to one site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ledgermesh.upstream.guard import looked_up, read
from ledgermesh.upstream.http1.dialing import Dialer, Names
from ledgermesh.upstream.http1.head import Message
from ledgermesh.upstream.http1.pool import Pool
from ledgermesh.upstream.wire import Answer, Unreachable

from .wires import serving, whole

REQUEST = Message(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n", 100)


@asynccontextmanager
async def pooled(url: str, most: int) -> AsyncIterator[tuple[Pool, list[str]]]:
    """A pool of so many connections at most, and how often it was empty."""
    emptied: list[str] = []
    pool = Pool(
        Dialer(read(url), Names(looked_up), None), lambda: emptied.append("empty"), connections_max=most
    )
    try:
        yield pool, emptied
    finally:
        await pool.close()


class Held:
    """A server that answers nobody until it is let go, and knows how many were there at once."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.arrived = asyncio.Semaphore(0)
        self.peers: set[object] = set()

    async def __call__(self, _head: bytes, writer: asyncio.StreamWriter) -> None:
        self.peers.add(writer.get_extra_info("peername"))
        self.arrived.release()
        await self.go.wait()
        writer.write(whole(b"{}"))


async def test_no_more_connections_than_allowed_and_everybody_has_a_turn() -> None:
    """Those who find none wait for one; whoever of them leaves holds up nobody."""
    server = Held()
    async with serving(server) as url, pooled(url, 2) as (pool, _):
        asked = [asyncio.ensure_future(pool.send(REQUEST)) for _ in range(9)]
        for _ in range(2):
            await server.arrived.acquire()
        for each in (asked[2], asked[3], asked[0]):  # two that wait, and one that has a connection
            each.cancel()
        server.go.set()
        done = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(each) for each in done].count(asyncio.CancelledError) == 3
        assert [each.body for each in done if isinstance(each, Answer)] == [b"{}"] * 6
    assert len(server.peers) == 3


async def test_a_closed_pool_sends_nothing() -> None:
    """Also for those who waited, and it is empty then."""
    server = Held()
    async with serving(server) as url, pooled(url, 1) as (pool, emptied):
        asked = [asyncio.ensure_future(pool.send(REQUEST)) for _ in range(3)]
        await server.arrived.acquire()
        await pool.close()
        done = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(each) for each in done] == [Unreachable] * 3
        assert emptied
        with pytest.raises(Unreachable):
            await pool.send(REQUEST)
        server.go.set()


async def test_a_thousand_calls_given_up_leave_nothing_behind() -> None:
    """Neither a connection nor a turn: the pool is empty, and works."""
    server = Held()
    async with serving(server) as url, pooled(url, 100) as (pool, emptied):
        asked = [asyncio.ensure_future(pool.send(REQUEST)) for _ in range(1_000)]
        for _ in range(100):
            await server.arrived.acquire()
        for each in asked:
            each.cancel()
        await asyncio.wait(asked)
        while not emptied:
            await asyncio.sleep(0)
        server.go.set()
        assert (await pool.send(REQUEST)).body == b"{}"
