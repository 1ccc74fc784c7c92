"""Deadlines as moments on the clock, and waiting no longer than they allow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ledgermesh.clock import Clock


class Until:
    """When a flight ends: the longest of its joiners' deadlines, in monotonic seconds."""

    def __init__(self, at: float) -> None:
        self.at = at
        self._scopes: set[asyncio.Timeout] = set()

    def extend(self, at: float) -> None:
        """Move the end later, also for what is waiting already; an earlier moment changes nothing."""
        more = at - self.at
        if more <= 0:
            return
        self.at = at
        for scope in self._scopes:
            when = scope.when()
            if when is not None and not scope.expired():
                scope.reschedule(when + more)

    def watch(self, scope: asyncio.Timeout) -> None:
        """From now on an extension reaches this scope too."""
        self._scopes.add(scope)

    def unwatch(self, scope: asyncio.Timeout) -> None:
        """An extension no longer concerns this scope."""
        self._scopes.discard(scope)


@asynccontextmanager
async def within(deadline: float | Until, clock: Clock) -> AsyncIterator[None]:
    """Cut the body short with TimeoutError at the deadline, which may move later meanwhile."""
    ends = deadline if isinstance(deadline, float | int) else deadline.at
    async with asyncio.timeout(max(ends - clock.monotonic(), 0.0)) as scope:
        if not isinstance(deadline, Until):
            yield
            return
        deadline.watch(scope)
        try:
            yield
        finally:
            deadline.unwatch(scope)
