"""Full collections wait while large answers are made, and come again after them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from ledgermesh.garbage import AFTER, OBJECTS, Postponed


@pytest.fixture(autouse=True, params=[(700, 10, 10), AFTER], ids=["Python's own", "a server's"])
def usual(request: pytest.FixtureRequest) -> Iterator[tuple[int, int, int]]:
    """The thresholds that are set when work begins."""
    before = gc.get_threshold()
    gc.set_threshold(*request.param)
    yield request.param
    gc.set_threshold(*before)


async def ended(postponed: Postponed, usual: tuple[int, int, int]) -> None:
    """Until nothing is postponed any more."""
    async with asyncio.timeout(10):
        while gc.get_threshold() != usual or postponed.waits:
            await asyncio.sleep(0)


async def test_full_collections_wait_and_come_again(usual: tuple[int, int, int]) -> None:
    """Those of the young generations go on as before."""
    postponed = Postponed(seconds=0.0)
    postponed()
    postponed()
    young, middle, old = gc.get_threshold()
    assert (young, middle) == usual[:2]
    assert usual[2] < old and young * middle * old <= OBJECTS < young * middle * (old + 1)
    await ended(postponed, usual)
    assert gc.get_threshold() == usual


async def test_as_long_as_work_goes_on(usual: tuple[int, int, int]) -> None:
    """Each slice that was spent puts them off again."""
    postponed = Postponed(seconds=3_600.0)
    postponed()
    for _ in range(20):
        await asyncio.sleep(0)
        postponed()
    assert gc.get_threshold()[2] > usual[2]
    postponed.close()
    assert gc.get_threshold() == usual


async def test_two_of_one_process_leave_it_as_it_was(usual: tuple[int, int, int]) -> None:
    """Who comes second does not take what the first has set for what was there."""
    one, other = Postponed(seconds=0.0), Postponed(seconds=0.0)
    one()
    other()
    await ended(one, usual)
    await ended(other, usual)
    assert gc.get_threshold() == usual


async def test_another_threshold_is_left_alone() -> None:
    """Somebody had a reason for it."""
    gc.set_threshold(700, 10, 30)
    postponed = Postponed(seconds=0.0)
    postponed()
    assert gc.get_threshold() == (700, 10, 30) and not postponed.waits
