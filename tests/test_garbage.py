"""Full collections wait while large answers are made, and come again after them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from ledgermesh.garbage import USUAL, WAITING, Postponed


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, USUAL)
    yield
    gc.set_threshold(*before)


async def ended(postponed: Postponed) -> None:
    """Until nothing is postponed any more."""
    async with asyncio.timeout(10):
        while gc.get_threshold()[2] != USUAL or postponed.waits:
            await asyncio.sleep(0)


async def test_full_collections_wait_and_come_again() -> None:
    """Those of the young generations go on as before."""
    postponed = Postponed(seconds=0.0)
    postponed()
    postponed()
    assert gc.get_threshold() == (700, 10, WAITING)
    await ended(postponed)
    assert gc.get_threshold() == (700, 10, USUAL)


async def test_as_long_as_work_goes_on() -> None:
    """Each slice that was spent puts them off again."""
    postponed = Postponed(seconds=3_600.0)
    postponed()
    for _ in range(20):
        await asyncio.sleep(0)
        postponed()
    assert gc.get_threshold()[2] == WAITING
    postponed.close()
    assert gc.get_threshold()[2] == USUAL


async def test_two_of_one_process_leave_it_as_it_was() -> None:
    """Who comes second does not take what the first has set for what was there."""
    one, other = Postponed(seconds=0.0), Postponed(seconds=0.0)
    one()
    other()
    await ended(one)
    await ended(other)
    assert gc.get_threshold()[2] == USUAL


async def test_another_threshold_is_left_alone() -> None:
    """Somebody had a reason for it."""
    gc.set_threshold(700, 10, 50)
    postponed = Postponed(seconds=0.0)
    postponed()
    assert gc.get_threshold() == (700, 10, 50) and not postponed.waits
