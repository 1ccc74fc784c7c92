"""Long work in slices: the event loop turns between them, whoever works."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final

SECONDS: Final = 0.004
"""How long all work together holds a turn of the event loop before it is asked to pause."""
TURNS: Final = 10
"""Turns of the loop until those who wait for what was made have asked for what they need next, and gone on with it."""
FREED: Final = 16
"""Rows that are let go of between two looks at the clock."""


def _called(waiting: deque[asyncio.Future[None]]) -> bool:
    """Let the first go on who has not given up; whether there was one."""
    while waiting:
        waiter = waiting.popleft()
        if not waiter.done():
            waiter.set_result(None)
            return True
    return False


class Alone:
    """Lets those who make thousands of objects begin one by one, in the order in which they came.

    Where several answers arrive in one turn of the event loop, all would be decoded before the first of them is read,
    and by then none is in the processor's caches any more: eight pages of 64 kB at once took a fifth more time each.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False
        """Whether somebody has begun whose turns are not over."""
        self._loop: asyncio.AbstractEventLoop | None = None

    async def begin(self) -> None:
        """Return when those who began before have had their turns; what is made next has them then."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # nobody of another loop will ever go on
            self._loop, self._taken = loop, False
            self._waiting.clear()
        if self._taken:
            waiter = loop.create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if not waiter.cancelled():  # it was its turn already
                    self._over(0)
                raise
        self._taken = True
        loop.call_soon(self._over, TURNS)

    def _over(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._over, turns - 1)
            return
        self._taken = _called(self._waiting)


class Slices:
    """Says when work has held the event loop for long, and lets others have it.

    One for many requests: what several pieces of work take of one turn of the loop counts together. Where the slice is
    spent, those who have more to do take turns, one in each turn of the loop, in the order in which they came. `now`
    gives monotonic seconds; where it stands still, nobody ever pauses. `spent` is called whenever a slice is.
    """

    def __init__(
        self, now: Callable[[], float], seconds: float = SECONDS, spent: Callable[[], None] | None = None
    ) -> None:
        self._now = now
        self._seconds = seconds
        self._spent = spent
        self._since: float | None = None
        """When work began in this turn of the loop; None where none has."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._calling = False
        """Whether somebody is about to be called, or has been and has not gone on yet."""
        self._freeing: set[asyncio.Task[None]] = set()
        self.alone = Alone()
        """For what makes thousands of objects at once."""
        self._loop: asyncio.AbstractEventLoop | None = None
        """Whose turns these are."""

    async def pause(self) -> None:
        """Call it after every few rows: returns at once while the turn is young, after a turn of others otherwise."""
        if self._since is not None:
            if self._now() - self._since <= self._seconds:
                return
            await self._turn()
        self._begin()

    async def behind(self) -> None:
        """Wait until all who wait now have gone on."""
        if self._waiting:
            await self._turn()
            self._begin()

    def free(self, rows: list[Any]) -> None:
        """Empty it a few at a time: nobody else holds these rows, or lets go of them in one go."""
        task = asyncio.ensure_future(self._free(rows))
        self._freeing.add(task)
        task.add_done_callback(self._freeing.discard)

    async def _free(self, rows: list[Any]) -> None:
        while rows:
            del rows[-FREED:]
            await self.pause()

    async def _turn(self) -> None:
        """Wait behind those who came before."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # nobody of another loop will ever go on
            self._loop, self._calling = loop, False
            self._waiting.clear()
        if self._spent is not None:
            self._spent()
        waiter = loop.create_future()
        self._waiting.append(waiter)
        self._call(loop)
        try:
            await waiter
        finally:
            if not waiter.cancelled():  # it was called, and passes that on, whether it goes on or is given up
                self._calling = False
                self._call(loop)

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting and not self._calling:
            self._calling = True
            loop.call_soon(self._next)

    def _next(self) -> None:
        self._calling = _called(self._waiting)

    def _begin(self) -> None:
        """Unless somebody else has begun in this turn."""
        if self._since is None:
            self._since = self._now()
            asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        """The loop has turned."""
        self._since = None


def endless() -> Slices:
    """Slices that never end: for work that nobody else waits for."""
    return Slices(lambda: 0.0)
