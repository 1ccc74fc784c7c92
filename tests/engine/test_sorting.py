"""Sorting a part at a time is sorting."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from ledgermesh.engine.sorting import PART, in_order
from ledgermesh.slices import Slices, endless


@pytest.mark.parametrize("count", [0, 1, PART, PART + 1, 7 * PART + 3, 60_000])
@pytest.mark.parametrize("kinds", [3, 10**9])
async def test_in_order(count: int, kinds: int) -> None:
    """Few and many, equal and different, also where they stand in order or the other way round."""
    chance = Random(count)
    found = [chance.randrange(kinds) for _ in range(count)]
    for each in (found, sorted(found), sorted(found, reverse=True)):
        assert await in_order(each, endless()) == sorted(found)


async def test_many_are_sorted_in_many_turns() -> None:
    """With a clock that ends a slice at each look, no turn sorts more than a few parts."""
    seconds, turns, done = iter(range(1 << 40)), 0, False

    async def turning() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(turning())
    await in_order(list(range(40 * PART)), Slices(lambda: next(seconds), 0.5))
    done = True
    await counting
    assert turns >= 40
