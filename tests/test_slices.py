"""Long work in slices: who works, and for how long, between two turns of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

from ledgermesh.slices import FREED, Slices


class Ticking:
    """Seconds that pass as somebody looks at them."""

    def __init__(self, step: float = 1.0) -> None:
        self.at, self.step = 0.0, step

    def __call__(self) -> float:
        self.at += self.step
        return self.at


async def worked(slices: Slices, rows: int, note: Callable[[], None]) -> None:
    for _ in range(rows):
        note()
        await slices.pause()


async def turns(slices: Slices, *rows: int) -> list[int]:
    """How many rows all workers together handled in each turn of the loop."""
    found, running = [0], True

    def note() -> None:
        found[-1] += 1

    async def turning() -> None:
        while running:
            await asyncio.sleep(0)
            found.append(0)

    counting = asyncio.ensure_future(turning())
    await asyncio.gather(*(worked(slices, each, note) for each in rows))
    running = False
    await counting
    return [each for each in found if each]


async def test_work_pauses_after_its_slice() -> None:
    """Rows are done until one finds that four seconds are over; the next turn begins with the next row."""
    assert await turns(Slices(Ticking(), 4.0), 18) == [6, 5, 5, 2]


async def test_short_work_never_pauses() -> None:
    """Nobody waits a turn for a page of a few rows."""
    assert await turns(Slices(Ticking(), 4.0), 5) == [5]


async def test_workers_share_the_slice_of_a_turn() -> None:
    """Ten at once do not hold the loop ten times as long: once the slice is spent they take turns."""
    found = await turns(Slices(Ticking(), 4.0), *[12] * 10)
    assert sum(found) == 120
    assert found[0] <= 6 + 10 and max(found[1:]) <= 6


async def test_rows_are_let_go_of_bit_by_bit() -> None:
    """No turn of the loop frees thousands of rows that nobody needs any more; in the end all are gone."""
    rows: list[object] = [object() for _ in range(2_000)]
    left = [len(rows)]
    Slices(Ticking(), 4.0).free(rows)
    while rows:
        await asyncio.sleep(0)
        left.append(len(rows))
    assert max(before - after for before, after in pairwise(left)) <= 6 * FREED


async def test_a_crowd_goes_on_in_its_order_and_bit_by_bit() -> None:
    """Whoever came first goes on first; however many wait, few of them work in one turn."""
    order: list[int] = []
    slices = Slices(Ticking(), 4.0)
    found, running = [0], True

    async def one(number: int) -> None:
        await slices.pause()
        order.append(number)
        found[-1] += 1

    async def turning() -> None:
        while running:
            await asyncio.sleep(0)
            found.append(0)

    counting = asyncio.ensure_future(turning())
    await asyncio.gather(*map(one, range(50)))
    running = False
    await counting
    assert order == list(range(50))
    assert max(found) <= 6


async def test_one_that_is_given_up_does_not_stop_the_others() -> None:
    """Neither before its turn comes nor when it has just come."""
    slices = Slices(Ticking(10.0), 4.0)
    for turns_before in range(4):
        tasks = [asyncio.ensure_future(slices.pause()) for _ in range(7)]
        for _ in range(
            1 + turns_before
        ):  # the first goes on at once; then the next one is called, and goes on
            await asyncio.sleep(0)
        given_up = [task for task in tasks[1::2] if task.cancel()]
        async with asyncio.timeout(10):
            found = await asyncio.gather(*tasks, return_exceptions=True)
        cancelled = [isinstance(each, asyncio.CancelledError) for each in found]
        assert cancelled == [task in given_up for task in tasks] and len(given_up) >= 2


def test_a_loop_that_ended_keeps_nobody_of_another_one() -> None:
    """Its waiters will never be called; those of the new loop are."""
    slices = Slices(Ticking(10.0), 4.0)

    async def left() -> None:
        first, waiting = (asyncio.ensure_future(slices.pause()) for _ in range(2))
        await asyncio.sleep(0)
        assert first.done() and not waiting.done()

    async def going_on() -> None:
        async with asyncio.timeout(10):
            for _ in range(3):
                await slices.pause()

    asyncio.run(left())
    asyncio.run(going_on())


async def test_long_work_is_told() -> None:
    """Once for each slice that was spent; short work is not."""
    told: list[None] = []
    slices = Slices(Ticking(), 4.0, lambda: told.append(None))
    await turns(slices, 5)
    assert not told
    await turns(slices, 18)
    assert told


async def test_a_turn_of_the_loop_begins_a_new_slice() -> None:
    """What was long ago is no reason to pause: the loop has turned since."""
    now = Ticking()
    slices = Slices(now, 4.0)
    assert await turns(slices, 5) == [5]
    now.at += 1_000
    await asyncio.sleep(0)
    assert await turns(slices, 5) == [5]
