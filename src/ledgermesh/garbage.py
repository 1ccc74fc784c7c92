"""Full collections of garbage wait while large answers are made: each would go through all of their objects in one go.

What an answer is made of is freed as the last one lets go of it; only cycles are left to collections. The young are
still gone through, and so many at most are made before all are.
"""

from __future__ import annotations

import asyncio
import gc
from typing import Final

SECONDS: Final = 2.0
"""How long after long work a full collection waits."""
OBJECTS: Final = 1_400_000
"""So many more than were freed it waits for at most."""
AFTER: Final = (5_000, 4, 50)
"""When a server looks for garbage: after so many objects more than were freed, then how often before it goes through
older ones. Answers have many objects for a short time and hardly any in a circle, and going through them costs more
than what is found."""
USUAL: Final = (10, AFTER[2])


class Postponed:
    """Call it whenever work on a large answer has gone on for long."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._until = 0.0
        self._before = 0
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        """Let full collections wait from now."""
        loop = asyncio.get_running_loop()
        self._until = loop.time() + self._seconds
        young, middle, old = gc.get_threshold()
        # Who has set another one, or switched it off, had a reason; a loop that ended calls nobody back.
        if self._timer is None and old in USUAL:
            self._before = old
            gc.set_threshold(young, middle, max(old, OBJECTS // max(young * middle, 1)))
            self._timer = loop.call_later(self._seconds, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._until:
            self._timer = loop.call_at(self._until, self._look)
            return
        self._timer = None
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, self._before)

    @property
    def waits(self) -> bool:
        """Whether full collections wait because of this."""
        return self._timer is not None

    def close(self) -> None:
        """As it was."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            young, middle, _ = gc.get_threshold()
            gc.set_threshold(young, middle, self._before)
