"""Spend a provider's budget no faster than it allows."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

from ledgermesh.clock import Clock
from ledgermesh.errors import LedgermeshError, SlowDown
from ledgermesh.state.base import Store
from ledgermesh.state.memory import MemoryStore
from ledgermesh.upstream.allowance import Quota
from ledgermesh.upstream.call import Call, Handler, Link, Response
from ledgermesh.upstream.deadline import Within
from ledgermesh.upstream.lane import Lane, Taken
from ledgermesh.upstream.lanes import Lanes
from ledgermesh.upstream.local import is_local
from ledgermesh.upstream.spent import Sharing
from ledgermesh.upstream.turns import Turns


def alone() -> int:
    """One replica: this process."""
    return 1


class Pace:
    """A lane for each connection. Waits while the deadline allows, else refuses and says when to come back.

    What is spent is counted in the store, so that all replicas together stay within a budget; who waits there is known
    to all of them, so that tenants who share one get equal parts of it.
    """

    def __init__(
        self,
        clock: Clock,
        store: Store | None = None,
        *,
        replicas: Callable[[], int] = alone,
        name: str | None = None,
    ) -> None:
        self._clock = clock
        self._sharing = Sharing(store or MemoryStore(clock), clock, name or secrets.token_hex(8), replicas)
        self._lanes = Lanes(clock, self._sharing)

    @property
    def lanes(self) -> int:
        """How many connections are remembered now."""
        return len(self._lanes)

    def left(self) -> Iterator[tuple[str, int]]:
        """Provider and calls left, of every connection in use here whose budget is known."""
        return self._lanes.left()

    async def quota(self, link: Link) -> tuple[Quota, ...]:
        """What is known of every window that a call of this connection is counted in."""
        lane, _ = self._lanes.of(link)
        return await lane.quotas()

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        lane, turns = self._lanes.of(call.link)
        waited = 0.0 if turns.empty and lane.passed() else await self._enter(lane, turns, call)
        sent_at = self._sharing.now()
        try:
            response = await send(call.but(waited=waited, listen=lane.hear, left=lane.left))
        except LedgermeshError as error:
            if isinstance(error, SlowDown) and not is_local(error):
                error.retry_at = await lane.refused(sent_at, error.retry_at)
            else:
                await lane.tell()
            raise
        finally:
            lane.land()
        if lane.granted(sent_at):
            await lane.tell()
        return response

    async def _enter(self, lane: Lane, turns: Turns, call: Call) -> float:
        """Seconds waited until the call may go."""
        began, tenant = self._clock.monotonic(), call.link.tenant
        if turns.empty and not lane.full and lane.prospect(tenant, {}).seconds <= 0:
            taken = await lane.take(tenant, {})
            if isinstance(taken, Taken):
                return self._clock.monotonic() - began
        found = lane.prospect(tenant, turns.demand())
        seconds = max(found.seconds, 0.0) if found.sure else 0.0
        if self._clock.monotonic() + seconds >= call.ends:
            raise lane.refusal(seconds)
        try:
            with Within(call.until or call.deadline, self._clock):
                await turns.wait(lane, call)
        except TimeoutError:
            raise lane.too_late(tenant, turns.demand()) from None
        return self._clock.monotonic() - began
