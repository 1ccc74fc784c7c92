"""Long work in slices: the event loop turns between them, whoever works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

SECONDS: Final = 0.004
"""How long all work together holds a turn of the event loop before it is asked to pause."""


class Slices:
    """Says when work has held the event loop for long, and lets others have it.

    One for many requests: what several pieces of work take of one turn of the loop counts together. `now` gives
    monotonic seconds; where it stands still, nobody ever pauses.
    """

    def __init__(self, now: Callable[[], float], seconds: float = SECONDS) -> None:
        self._now = now
        self._seconds = seconds
        self._since: float | None = None
        """When work began in this turn of the loop; None where none has."""

    async def pause(self) -> None:
        """Call it after every few rows: returns at once while the turn is young, after a turn of others otherwise."""
        if self._since is not None:
            if self._now() - self._since <= self._seconds:
                return
            await asyncio.sleep(0)
        self._begin()

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
