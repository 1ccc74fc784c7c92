"""Spend a provider's budget no faster than it allows."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from ledgermesh.clock import Clock
from ledgermesh.errors import SlowDown, TooLate
from ledgermesh.spec.provider import Provider
from ledgermesh.upstream.allowance import Allowance
from ledgermesh.upstream.call import Call, Handler, Link, Response
from ledgermesh.upstream.deadline import Within
from ledgermesh.upstream.local import is_local, refusal

SWEEP_SECONDS = 60.0


class Lane:
    """One connection's way to its provider: first come, first served, so many at once."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self.allowance = Allowance(provider.budgets, provider.budget_headers)
        self.turn = asyncio.Lock()
        self.waiting = 0
        self._flying = 0
        self._flying_max = provider.concurrent_max
        self._freed = asyncio.Event()
        self._clock = clock

    def now(self) -> float:
        """Epoch seconds, the scale on which providers tell their resets."""
        return self._clock.now().timestamp()

    def delay(self) -> float:
        """Seconds until the budgets allow the next call; not above 0 when they do now."""
        now = self.now()
        return self.allowance.opens_at(now) - now

    def take(self) -> None:
        """Begin a call."""
        self._flying += 1
        self.allowance.spend(self.now())

    def leave(self) -> None:
        """End a call, however it went."""
        self._flying -= 1
        self._freed.set()

    def hear(self, headers: Mapping[str, str]) -> None:
        """Believe an answer's headers."""
        self.allowance.hear(headers, self.now())

    def left(self) -> int | None:
        """Calls that the budgets allow now, where they are known."""
        return self.allowance.left(self.now())

    @property
    def full(self) -> bool:
        """Whether as many calls are in the air as the provider takes at once."""
        return self._flying >= self._flying_max

    async def slot(self) -> None:
        """Wait until one more may fly. Only whoever has the turn asks."""
        while self.full:
            self._freed.clear()
            await self._freed.wait()

    @property
    def idle(self) -> bool:
        """Whether nobody uses it and forgetting it changes nothing."""
        return not self._flying and not self.waiting and self.allowance.idle(self.now())


class Pace:
    """A lane for each connection. Waits while the deadline allows, else refuses and says when to come back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lanes: dict[tuple[str, str, str], Lane] = {}
        self._sweep_at = clock.monotonic() + SWEEP_SECONDS

    @property
    def lanes(self) -> int:
        """How many connections are remembered now."""
        return len(self._lanes)

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        lane = self._lane(call.link)
        waited = await self._enter(lane, call)
        sent_at = lane.now()
        try:
            response = await send(replace(call, waited=waited, listen=lane.hear, left=lane.left))
        except SlowDown as error:
            if not is_local(error):
                told = error.retry_at.timestamp() if error.retry_at is not None else None
                error.retry_at = _instant(lane.allowance.refused(lane.now(), sent_at, told))
            raise
        finally:
            lane.leave()
        lane.allowance.granted(sent_at)
        return response

    async def _enter(self, lane: Lane, call: Call) -> float:
        delay = lane.delay()
        if delay <= 0 and not lane.waiting and not lane.full:
            lane.take()
            return 0.0
        self._check(call, delay)
        began = self._clock.monotonic()
        lane.waiting += 1
        try:
            async with Within(call.until or call.deadline, self._clock), lane.turn:
                await self._wait(lane, call)
        except TimeoutError:
            title = call.link.provider.title
            raise refusal(TooLate, f"The deadline came while waiting for a turn at {title}.") from None
        finally:
            lane.waiting -= 1
        return self._clock.monotonic() - began

    async def _wait(self, lane: Lane, call: Call) -> None:
        await lane.slot()
        while (delay := lane.delay()) > 0:
            self._check(call, delay)
            await self._clock.sleep(delay)
        lane.take()

    def _check(self, call: Call, delay: float) -> None:
        if self._clock.monotonic() + max(delay, 0.0) >= call.ends:
            retry_at = self._clock.now() + dt.timedelta(seconds=max(delay, 0.0))
            title = call.link.provider.title
            raise refusal(
                SlowDown, f"The budget of calls to {title} is spent for the moment.", retry_at=retry_at
            )

    def _lane(self, link: Link) -> Lane:
        self._sweep()
        key = (link.tenant, link.environment, link.connection)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(link.provider, self._clock)
        return lane

    def _sweep(self) -> None:
        now = self._clock.monotonic()
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            self._lanes = {key: lane for key, lane in self._lanes.items() if not lane.idle}


def _instant(epoch_seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(epoch_seconds, dt.UTC)
