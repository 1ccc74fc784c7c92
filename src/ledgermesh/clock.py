"""Time as an argument: what the calendar says, what has passed, and waiting."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from functools import partial
from typing import Protocol


class Clock(Protocol):
    """All that ledgermesh asks of time."""

    def now(self) -> dt.datetime:
        """The instant, in UTC."""
        ...

    def epoch(self) -> float:
        """The same in seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start that never run backwards; deadlines are points on this scale."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds of this clock."""
        ...


class SystemClock:
    """The machine's own time."""

    # As they are: every call and every request asks some dozens of times.
    now = staticmethod(partial(dt.datetime.now, dt.UTC))
    epoch = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """Time that moves only when told to; whoever sleeps on it moves it."""

    def __init__(self, start: dt.datetime) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> dt.datetime:
        return self._now

    def epoch(self) -> float:
        return self.now().timestamp()

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._now += dt.timedelta(seconds=seconds)
        self._monotonic += seconds

    async def sleep(self, seconds: float) -> None:
        self.advance(max(seconds, 0.0))
        await asyncio.sleep(0)
