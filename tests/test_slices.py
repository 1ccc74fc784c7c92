"""Long work in slices: who works, and for how long, between two turns of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ledgermesh.slices import Slices


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
    """Ten at once do not hold the loop ten times as long: once the slice is spent each does one step."""
    assert max(await turns(Slices(Ticking(), 4.0), *[12] * 10)) <= 6 + 10


async def test_a_turn_of_the_loop_begins_a_new_slice() -> None:
    """What was long ago is no reason to pause: the loop has turned since."""
    now = Ticking()
    slices = Slices(now, 4.0)
    assert await turns(slices, 5) == [5]
    now.at += 1_000
    await asyncio.sleep(0)
    assert await turns(slices, 5) == [5]
