"""The wire over aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ledgermesh.upstream.wire import Wire
from ledgermesh.upstream.wire_aiohttp import PER_HOST_MAX, AiohttpWire, OwnWire, make_session

from .wires import WireContract, get, serving, whole


class TestAiohttpWire(WireContract):
    """The production wire, as the application makes it."""

    @pytest.fixture
    async def wire(self) -> AsyncIterator[Wire]:
        """On a session of its own."""
        async with make_session() as session:
            yield AiohttpWire(session)

    async def test_a_storm_of_cancelled_requests_leaves_the_wire_working(self, wire: Wire) -> None:
        """300 requests that are given up at every stage, more than there are connections; then one that is answered."""
        hold = asyncio.Event()
        arrived = asyncio.Semaphore(0)

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            if b"/last" in head:
                writer.write(whole(b"{}"))
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            await writer.drain()
            arrived.release()
            await hold.wait()

        async with serving(answer) as url:
            for storm in range(3):
                tasks = [asyncio.ensure_future(wire.send(get(f"{url}/{storm}"))) for _ in range(PER_HOST_MAX)]
                for _ in range((0, 10, PER_HOST_MAX)[storm]):
                    await arrived.acquire()
                for task in tasks:
                    task.cancel()
                done, _ = await asyncio.wait(tasks)
                assert all(task.cancelled() for task in done)
            assert (await wire.send(get(f"{url}/last"))).body == b"{}"
            hold.set()


class TestOwnWire(WireContract):
    """The wire as the application holds it: it opens its session itself."""

    @pytest.fixture
    async def wire(self) -> AsyncIterator[Wire]:
        """Closed as the application closes it."""
        wire = OwnWire()
        yield wire
        await wire.close()

    async def test_it_can_be_closed_at_any_time(self) -> None:
        """Before anything was sent, twice, and between two requests; what is left open would warn."""
        wire = OwnWire()
        await wire.close()

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(whole(b"{}"))

        async with serving(answer) as url:
            for _ in range(2):
                assert (await wire.send(get(url))).body == b"{}"
                await wire.close()
                await wire.close()
