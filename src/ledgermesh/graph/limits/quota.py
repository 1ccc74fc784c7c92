"""How many calls to providers a caller may cause in a minute, counted over all replicas."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.errors import LedgermeshError, SlowDown, TooCostly
from ledgermesh.state.limits import Allowed, Limits, Rate
from ledgermesh.state.registry import Principal
from ledgermesh.upstream.call import Trace

KIND: Final = "calls"
"""Of its buckets in the store."""


class TooManyCalls(SlowDown):
    """This caller has caused as many calls as it may for now; no provider was asked."""

    remedy = "Ask again after `retryAt`, or for less at once."
    status: ClassVar[int] = 429


@dataclass(frozen=True, slots=True)
class Told:
    """What the quota said to one operation."""

    allowed: Allowed
    counted: int
    """Calls that are counted already: as predicted, then as made."""
    trace: Trace | None = None
    """Of the calls that were made; None while it has not run."""


class CallQuota(Struct, frozen=True, kw_only=True):
    """Calls are counted before an operation runs, as they are predicted, and put right when it has run.

    A key with a figure of its own has its own bucket, the others of a tenant share one; it holds a minute's calls.
    """

    limits: Limits
    clock: Clock
    per_minute: int | None = None
    """Of callers without a figure of their own; None for as many as they want."""

    def counts(self, principal: Principal) -> bool:
        """Whether this caller's calls are counted at all."""
        return self._most(principal) is not None

    async def reserve(self, principal: Principal, calls: int) -> tuple[Told | None, LedgermeshError | None]:
        """Count so many calls. What was said, None where nothing is counted; and why the operation is not run."""
        most = self._most(principal)
        if most is None:
            return None, None
        if calls > most:
            return None, TooCostly(
                f"The operation needs about {calls:,} calls to providers; this caller may make {most:,} a minute."
            )
        allowed = await self.limits.take(*_whose(principal), rate=_rate(most), count=calls)
        if allowed.wait_seconds is None:
            return Told(allowed, calls), None
        retry_at = self.clock.now() + dt.timedelta(seconds=allowed.wait_seconds)
        return Told(allowed, 0), TooManyCalls(
            f"The operation needs about {calls:,} calls to providers; of {most:,} a minute this caller has "
            f"{allowed.remaining:,} left.",
            retry_at=retry_at,
            details={"local": True},
        )

    async def settle(self, principal: Principal, told: Told, trace: Trace) -> Told:
        """Count what was really made, as far as it was not counted before: what an event of a stream makes is new."""
        counted = told.counted if told.trace in (None, trace) else 0
        made = sum(step.cache == "MISS" for step in trace.steps)
        most = self._most(principal)
        if most is not None and made != counted:
            await self.limits.settle(*_whose(principal), rate=_rate(most), count=made - counted)
        return replace(told, counted=made, trace=trace)

    def _most(self, principal: Principal) -> int | None:
        own = principal.key.calls_per_minute
        return self.per_minute if own is None else own


def _whose(principal: Principal) -> tuple[str, ...]:
    key = principal.key
    own = () if key.calls_per_minute is None else (key.id,)
    return (principal.tenant.id, key.environment, *own)


def _rate(per_minute: int) -> Rate:
    return Rate(per_second=per_minute / 60, burst=per_minute)
