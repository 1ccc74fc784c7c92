"""Who goes next: calls that wait for the same budget, the tenant that spent least first, a write before reads."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections import deque
from collections.abc import Iterator
from typing import Final

from ledgermesh.clock import Clock
from ledgermesh.upstream.call import Call
from ledgermesh.upstream.fair import NOW, Prospect
from ledgermesh.upstream.lane import Demand, Lane, Taken, less
from ledgermesh.upstream.spent import ANNOUNCED_SECONDS, Spent

RECHECK_SECONDS: Final = 0.25
"""How often is looked whether those to whom the rest of a budget is due still want it."""


class Waiter:
    """One call that waits. Its end is a call let go, or a refusal."""

    def __init__(self, call: Call, number: int) -> None:
        self.call = call
        self.number = number
        self.end: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()


class Line:
    """One tenant's waiting calls on one lane: first come, first served, writes before reads."""

    def __init__(self, lane: Lane, tenant: str) -> None:
        self.lane = lane
        self.tenant = tenant
        self._writes: deque[Waiter] = deque()
        self._reads: deque[Waiter] = deque()
        self._checked_until = -math.inf

    def __len__(self) -> int:
        return len(self._writes) + len(self._reads)

    def __iter__(self) -> Iterator[Waiter]:
        return itertools.chain(self._writes, self._reads)

    def join(self, waiter: Waiter) -> None:
        """Wait at the end."""
        (self._reads if waiter.call.safe else self._writes).append(waiter)

    def leave(self, waiter: Waiter) -> None:
        """Wait no longer, whoever was served or not."""
        waiting = self._reads if waiter.call.safe else self._writes
        if waiter in waiting:
            waiting.remove(waiter)

    def next(self) -> Waiter | None:
        """Whoever is served next, who leaves the line."""
        for waiting in (self._writes, self._reads):
            while waiting:
                waiter = waiting.popleft()
                if not waiter.end.done():
                    return waiter
        return None

    def order(self) -> tuple[int, bool, int]:
        """Lines with a smaller one go first: who spent less, writes, who came first."""
        head = next(iter(self))
        return self.lane.pool.spent_by(self.tenant), head.call.safe, head.number

    def refuse(self, found: Prospect, now: float) -> None:
        """Send away whose deadline (monotonic seconds, as `now`) is before the budget opens."""
        opens_at = now + found.seconds
        if not found.sure or opens_at <= self._checked_until:
            return
        self._checked_until = opens_at
        for waiter in tuple(self):
            if waiter.call.ends <= opens_at:
                self.leave(waiter)
                if not waiter.end.done():
                    waiter.end.set_exception(self.lane.refusal(found.seconds))


class Turns:
    """The lines of all lanes that share a budget. A task serves them while anybody waits, and ends by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[tuple[Lane, str], Line] = {}
        self._numbers = itertools.count()
        self._woken = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._announcing: set[Spent] = set()
        self._rechecked_at = -math.inf

    @property
    def empty(self) -> bool:
        """Whether nobody waits."""
        return not self._lines

    def wake(self) -> None:
        """Look again who may go."""
        self._woken.set()

    async def wait(self, lane: Lane, call: Call) -> None:
        """Return when the call may go and is counted. Raises SlowDown when its deadline comes before that."""
        line = self._lines.setdefault((lane, call.link.tenant), Line(lane, call.link.tenant))
        waiter = Waiter(call, next(self._numbers))
        line.join(waiter)
        self._serve()
        try:
            await waiter.end
        except asyncio.CancelledError:
            if waiter.end.done() and not waiter.end.cancelled() and waiter.end.exception() is None:
                lane.give_back(line.tenant, waiter.end.result())
            raise
        finally:
            line.leave(waiter)
            self._tidy(line)
            self.wake()

    def demand(self) -> Demand:
        """Who waits for which budget."""
        demand: dict[Spent, dict[str, int]] = {}
        opens_at: float | None = None
        for line in self._lines.values():
            _add(demand, line.lane.own, line.tenant, len(line))
            if line.lane.app is not None:
                opens_at = line.lane.app.opens_at() if opens_at is None else opens_at
                _add(demand, line.lane.app, line.tenant, line.lane.usable(len(line), opens_at))
        return demand

    def _tidy(self, line: Line) -> None:
        key = (line.lane, line.tenant)
        if not len(line) and self._lines.get(key) is line:
            del self._lines[key]

    def _serve(self) -> None:
        self.wake()
        if self._serving is None or self._serving.done():
            self._serving = asyncio.ensure_future(self._run())
            self._serving.add_done_callback(self._ended)

    def _ended(self, serving: asyncio.Task[None]) -> None:
        """Nobody goes on waiting for a task that failed or was cancelled."""
        error = None if serving.cancelled() else serving.exception()
        if error is None and not serving.cancelled():
            return
        for waiter in itertools.chain.from_iterable(self._lines.values()):
            if error is None:
                waiter.end.cancel()
            elif not waiter.end.done():
                waiter.end.set_exception(error)

    async def _run(self) -> None:
        while self._lines or self._announcing:
            self._woken.clear()
            pause = await self._round()
            if self._lines and pause > 0:
                await self._pause(pause)

    async def _round(self) -> float:
        """Let the first go that may. Seconds until it is worth looking again; 0 after somebody went."""
        pause, demand = math.inf, self.demand()
        lines = [line for line in self._lines.values() if len(line) and not line.lane.full]
        closed = lines[0].lane.pool.closed() if lines else NOW
        for line in lines if closed.sure else sorted(lines, key=Line.order):
            found = closed if closed.sure else await self._try(line, demand)
            if found.seconds <= 0:
                return 0.0
            line.refuse(found, self._clock.monotonic())
            self._tidy(line)
            pause = min(pause, found.seconds if found.sure else min(found.seconds, RECHECK_SECONDS))
            if not closed.sure:
                self._announcing.update(line.lane.awaited(line.tenant, demand))
        if closed.sure:
            self._announcing.update(lines[0].lane.awaited(lines[0].tenant, demand))
        await self._announce(demand)
        return min(pause, ANNOUNCED_SECONDS) if self._announcing and pause < math.inf else pause

    async def _try(self, line: Line, demand: Demand) -> Prospect:
        found = line.lane.prospect(line.tenant, demand)
        if found.sure or (found.seconds > 0 and not self._recheck()):
            return found
        taken = await line.lane.take(line.tenant, less(demand, line.lane, line.tenant))
        if isinstance(taken, Prospect):
            return taken
        waiter = line.next()
        if waiter is None:
            line.lane.give_back(line.tenant, taken)
        else:
            waiter.end.set_result(taken)
        self._tidy(line)
        return NOW

    def _recheck(self) -> bool:
        now = self._clock.monotonic()
        if now - self._rechecked_at < RECHECK_SECONDS:
            return False
        self._rechecked_at = now
        return True

    async def _announce(self, demand: Demand) -> None:
        """Tell other replicas who waits for a budget, and that nobody does any more."""
        for spent in tuple(self._announcing):
            calls = demand.get(spent, {})
            await spent.announce(calls)
            if not calls:
                self._announcing.discard(spent)

    async def _pause(self, seconds: float) -> None:
        """Until so many seconds have passed or somebody wakes us."""
        if self._woken.is_set():
            return
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(_wait(self._woken))]
        if seconds < math.inf:
            waits.append(asyncio.ensure_future(_sleep(self._clock, seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()


async def _wait(event: asyncio.Event) -> object:
    return await event.wait()


async def _sleep(clock: Clock, seconds: float) -> object:
    await clock.sleep(seconds)
    return None


def _add(demand: dict[Spent, dict[str, int]], spent: Spent, tenant: str, calls: int) -> None:
    if calls:
        counts = demand.setdefault(spent, {})
        counts[tenant] = counts.get(tenant, 0) + calls
