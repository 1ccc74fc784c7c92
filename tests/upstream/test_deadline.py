"""Deadlines as moments on the clock."""

from __future__ import annotations

import asyncio

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.upstream.deadline import Until, Within

from .conftest import START


async def test_a_passed_deadline_cuts_short() -> None:
    """The body ends with TimeoutError at its first pause."""
    clock = ManualClock(START)
    clock.advance(5)
    with pytest.raises(TimeoutError), Within(4.0, clock):
        await asyncio.Event().wait()


async def test_an_extension_reaches_who_is_waiting() -> None:
    """A wait that would end now goes on when a later deadline is given meanwhile."""
    clock, until = ManualClock(START), Until(0.1)
    done = asyncio.Event()

    async def wait() -> str:
        with Within(until, clock):
            await done.wait()
        return "in time"

    waiting = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    until.extend(60.0)
    until.extend(0.01)
    with pytest.raises(TimeoutError), Within(0.15, clock):
        await asyncio.Event().wait()
    done.set()
    assert await waiting == "in time"
    assert until.at == 60.0


async def test_an_ended_wait_is_forgotten() -> None:
    """Extending a deadline that nobody waits for any more does nothing."""
    clock, until = ManualClock(START), Until(10.0)
    with Within(until, clock):
        pass
    until.extend(20.0)
    assert until.at == 20.0
