"""Deadlines as moments on the clock, and waiting no longer than they allow."""

from __future__ import annotations

import asyncio
from types import TracebackType

from ledgermesh.clock import Clock


class Until:
    """When a flight ends: the longest of its joiners' deadlines, in monotonic seconds."""

    def __init__(self, at: float) -> None:
        self.at = at
        self._scopes: set[Within] = set()

    def extend(self, at: float) -> None:
        """Move the end later, also for what is waiting already; an earlier moment changes nothing."""
        more = at - self.at
        if more <= 0:
            return
        self.at = at
        for scope in self._scopes:
            scope.move(more)

    def watch(self, scope: Within) -> None:
        """From now on an extension reaches this scope too."""
        self._scopes.add(scope)

    def unwatch(self, scope: Within) -> None:
        """An extension no longer concerns this scope."""
        self._scopes.discard(scope)


class Within:
    """Cuts the body short with TimeoutError at the deadline, which may move later meanwhile.

    What `asyncio.timeout` does and no more: there is one of these in every call.
    """

    __slots__ = ("_before", "_deadline", "_expired", "_left", "_task", "_timer")

    def __init__(self, deadline: float | Until, clock: Clock) -> None:
        ends = deadline.at if isinstance(deadline, Until) else deadline
        self._deadline = deadline
        self._left = max(ends - clock.monotonic(), 0.0)
        self._expired = False

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._before = task, task.cancelling()
        self._timer = asyncio.get_running_loop().call_later(self._left, self._expire)
        if isinstance(self._deadline, Until):
            self._deadline.watch(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if isinstance(self._deadline, Until):
            self._deadline.unwatch(self)
        # Somebody else may have cancelled the task as well: then that is what happened.
        if self._expired and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def move(self, seconds: float) -> None:
        """End so much later, unless it is over."""
        if not self._expired:
            when = self._timer.when() + seconds
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_at(when, self._expire)

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()
