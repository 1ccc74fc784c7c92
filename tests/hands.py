"""A clock whose hands the test turns: whoever sleeps on it waits until enough has passed."""

from __future__ import annotations

import asyncio

from ledgermesh.clock import ManualClock

ROUNDS = 200
"""How often everybody gets a turn, which is more than any chain of tasks in the tests needs."""


class HandClock(ManualClock):
    """Sleepers do not move it, as they do a ManualClock."""

    _sleepers: set[tuple[float, asyncio.Event]]

    async def sleep(self, seconds: float) -> None:
        sleeper = (self.monotonic() + seconds, asyncio.Event())
        self._waiting().add(sleeper)
        try:
            if seconds > 0:
                await sleeper[1].wait()
        finally:
            self._waiting().discard(sleeper)

    async def turn(self, seconds: float) -> None:
        """Let so much pass, wake who has slept enough, and let everybody go on."""
        self.advance(seconds)
        for ends_at, woken in self._waiting():
            if ends_at <= self.monotonic():
                woken.set()
        await settle()

    def _waiting(self) -> set[tuple[float, asyncio.Event]]:
        if not hasattr(self, "_sleepers"):
            self._sleepers = set()
        return self._sleepers


async def settle() -> None:
    """Let every task go on until it waits for something."""
    for _ in range(ROUNDS):
        await asyncio.sleep(0)
