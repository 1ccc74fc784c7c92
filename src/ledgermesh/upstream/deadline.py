"""Deadlines as moments on the clock, and waiting no longer than they allow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

from ledgermesh.clock import Clock


class Until:
    """When a flight ends: the longest of its joiners' deadlines, in monotonic seconds.

    It has one timer for all who go by it: there is one of these in every call.
    """

    __slots__ = ("_over", "_scopes", "_timer", "at")

    def __init__(self, at: float) -> None:
        self.at = at
        self._scopes: list[Within] = []
        self._timer: asyncio.TimerHandle | None = None
        self._over: Callable[[], None] | None = None

    def begin(self, clock: Clock, over: Callable[[], None] | None = None) -> None:
        """Start the timer; `over` is called at the end as well."""
        left = self.at - clock.monotonic()
        self._timer = asyncio.get_running_loop().call_later(left if left > 0 else 0.0, self._expire)
        self._over = over

    def extend(self, at: float) -> None:
        """Move the end later, also for what is waiting already; an earlier moment changes nothing."""
        more = at - self.at
        if more <= 0:
            return
        self.at = at
        if self._timer is not None:
            when = self._timer.when() + more
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_at(when, self._expire)

    def end(self) -> None:
        """Nobody goes by it any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._over = None  # it leads back to whose end this is, and to the answer that came of it

    def watch(self, scope: Within, clock: Clock) -> None:
        """From now on the end reaches this scope too."""
        self._scopes.append(scope)
        if self._timer is None or self.at <= clock.monotonic():
            over = self._over
            self.end()
            self.begin(clock, over)

    def unwatch(self, scope: Within) -> None:
        """The end no longer concerns this scope."""
        self._scopes.remove(scope)

    def _expire(self) -> None:
        for scope in self._scopes:
            scope.expire()
        if self._over is not None:
            self._over()


class Within:
    """Cuts the body short with TimeoutError at the deadline, which may move later meanwhile.

    What `asyncio.timeout` does and no more, without anything to wait for at its ends.
    """

    __slots__ = ("_before", "_clock", "_deadline", "_expired", "_task", "_timer")

    def __init__(self, deadline: float | Until, clock: Clock) -> None:
        self._deadline = deadline
        self._clock = clock
        self._expired = False
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._before = task, task.cancelling()
        deadline = self._deadline
        if isinstance(deadline, Until):
            deadline.watch(self, self._clock)
        else:
            left = max(deadline - self._clock.monotonic(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(left, self.expire)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        else:
            assert isinstance(self._deadline, Until)
            self._deadline.unwatch(self)
        # Somebody else may have cancelled the task as well: then that is what happened.
        if self._expired and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """The deadline has come."""
        if not self._expired:
            self._expired = True
            self._task.cancel()
