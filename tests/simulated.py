"""An event loop whose time jumps to the next timer when nothing else is to be done: minutes pass in no time."""

from __future__ import annotations

import asyncio
import datetime as dt
import selectors
from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar

from ledgermesh.clock import Clock
from ledgermesh.state.base import Kept, Swapped
from ledgermesh.state.memory import MemoryStore

Got = TypeVar("Got")


class _Jump(selectors.SelectSelector):
    """Does not wait for files: moves the loop's time instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits and nobody will wake them")
        if not ready:
            self.now += timeout or 0.0
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Simulated seconds; `asyncio.sleep` and `asyncio.timeout` keep to them."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


class SimulatedClock:
    """The calendar of a simulated loop."""

    def __init__(self, start: dt.datetime) -> None:
        self._start = start

    def now(self) -> dt.datetime:
        return self._start + dt.timedelta(seconds=self.monotonic())

    def epoch(self) -> float:
        return self.now().timestamp()

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FarStore(MemoryStore):
    """A store that takes a few simulated milliseconds to reach, and as many for its answer to come back."""

    def __init__(self, clock: Clock, random: Random) -> None:
        super().__init__(clock)
        self._random = random
        self.asked = 0
        self.lost = 0

    async def get(self, key: str) -> Kept | None:
        await self._way()
        kept = await super().get(key)
        await self._way()
        return kept

    async def swap(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        await self._way()
        swapped = await super().swap(key, value, expect=expect, seconds=seconds)
        self.lost += not swapped.won
        await self._way()
        return swapped

    async def _way(self) -> None:
        self.asked += 1
        await asyncio.sleep(self._random.uniform(0.0005, 0.003))


def simulated(main: Coroutine[Any, Any, Got]) -> Got:
    """Run this to its end in simulated time."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(main)
