"""Deadlines as moments on the clock, and waiting no longer than they allow."""

from __future__ import annotations

import asyncio
from types import TracebackType

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


class Within:
    """Cuts the body short with TimeoutError at the deadline, which may move later meanwhile."""

    __slots__ = ("_deadline", "_scope")

    def __init__(self, deadline: float | Until, clock: Clock) -> None:
        ends = deadline.at if isinstance(deadline, Until) else deadline
        self._deadline = deadline
        self._scope = asyncio.timeout(max(ends - clock.monotonic(), 0.0))

    async def __aenter__(self) -> None:
        await self._scope.__aenter__()
        if isinstance(self._deadline, Until):
            self._deadline.watch(self._scope)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(self._deadline, Until):
            self._deadline.unwatch(self._scope)
        await self._scope.__aexit__(kind, error, trace)
