"""Large pages one after the other: each is made and used before the next one is made.

Where several answers arrive in one turn of the event loop, all would be decoded before the first of them is read, and
by then none is in the processor's caches any more: eight pages of 64 kB at once took a fifth more time each.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

TURNS: Final = 3
"""Turns of the loop until those who wait for what was made have gone on with it."""


class Alone:
    """Lets those who make thousands of objects begin one by one, in the order in which they came."""

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
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._taken = False
