"""Waiting for the next of something, and for the clock at the same time."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from ledgermesh.sync.ticking import ticking
from tests.hands import HandClock, settle

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)


async def test_items_come_as_they_are_and_silence_is_told() -> None:
    """Items at once, None after so many silent seconds, counted anew after each; the end is the end."""
    clock, queue, seen = HandClock(NOW), asyncio.Queue[str](), list[str | None]()

    async def items() -> AsyncIterator[str]:
        while (item := await queue.get()) != "end":
            yield item

    async def listen() -> None:
        async for each in ticking(items(), clock, 10):
            seen.append(each)

    task = asyncio.ensure_future(listen())
    await settle()
    queue.put_nowait("a")
    await clock.turn(6)
    queue.put_nowait("b")
    await clock.turn(0)
    await clock.turn(6)
    assert seen == ["a", "b"]
    await clock.turn(4)
    await clock.turn(10)
    assert seen == ["a", "b", None, None]
    queue.put_nowait("c")
    queue.put_nowait("end")
    await task
    assert seen == ["a", "b", None, None, "c"]


async def test_nothing_is_lost_to_a_tick() -> None:
    """An item that is on its way while a tick is told still comes."""
    clock, gate = HandClock(NOW), asyncio.Event()

    async def items() -> AsyncIterator[str]:
        await gate.wait()
        yield "late"

    async with aclosing(ticking(items(), clock, 1)) as ticks:
        first = asyncio.ensure_future(anext(ticks))
        await settle()
        await clock.turn(1)
        assert await first is None
        gate.set()
        assert await anext(ticks) == "late"


async def test_closing_ends_the_wait() -> None:
    """Who waits for the next item is cancelled, and an error of the items is everybody's."""
    clock, ended = HandClock(NOW), list[str]()

    async def items() -> AsyncIterator[str]:
        try:
            await asyncio.Event().wait()
            yield "never"
        finally:
            ended.append("closed")

    async def broken() -> AsyncIterator[str]:
        yield {"a": "b"}["c"]

    async with aclosing(ticking(items(), clock, 1)) as ticks:
        first = asyncio.ensure_future(anext(ticks))
        await settle()
        await clock.turn(1)
        await first
    assert ended == ["closed"]
    with pytest.raises(KeyError):
        await anext(ticking(broken(), clock, 1))
