"""Whether one request may ask about a company: counted once for each company that it reaches."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import ClassVar

import msgspec
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.errors import SlowDown
from ledgermesh.state.limits import Allowed, Limits, Rate, Spot
from ledgermesh.state.registry import Principal


class TooFast(SlowDown):
    """This caller asks more about a company than it may; no provider was asked."""

    remedy = "Ask again after `retryAt`, and less often."
    status: ClassVar[int] = 429

    def __init__(self, company: str, retry_at: dt.datetime) -> None:
        super().__init__(
            f"Too many requests about {company} at once.", retry_at=retry_at, details={"local": True}
        )


class Doors(Struct, frozen=True, kw_only=True):
    """What all requests share: the buckets, and the rate of whoever has no other."""

    limits: Limits
    clock: Clock
    rate: Rate

    def admission(self, principal: Principal) -> Admission:
        """For one request of this caller."""
        return Admission(self, principal)


class Admission:
    """One request. A company is counted when its first provider is about to be asked, and never again."""

    def __init__(self, doors: Doors, principal: Principal) -> None:
        key = principal.key
        self._doors = doors
        self._rate = doors.rate.at(key.requests_per_second)
        # A key with a rate of its own has a bucket of its own; the others of a tenant share theirs. Tenants that share
        # a company do not: what one does would slow the other down, and show in its headers.
        self._own = () if key.requests_per_second is None else (key.id,)
        self._whose = (principal.tenant.id, key.environment)
        self._turn = asyncio.Lock()
        self._found: dict[str, Allowed] = {}
        self._until: dict[str, dt.datetime] = {}

    async def admit(self, company: str) -> None:
        """Go on, or raise TooFast: the same for the whole request."""
        if company not in self._found:
            await self._turn.acquire()
            try:
                await self._ask(company)
            finally:
                self._turn.release()
        if company in self._until:
            raise TooFast(company, self._until[company])

    def spot(self, company: str) -> Spot | None:
        """Where more such requests are counted at a company without waiting; None where that takes waiting."""
        return self._doors.limits.spot(*self._whose, company, *self._own, rate=self._rate)

    async def _ask(self, company: str) -> None:
        if company in self._found:
            return
        allowed = await self._doors.limits.take(*self._whose, company, *self._own, rate=self._rate)
        self._found[company] = allowed
        if allowed.wait_seconds is not None:
            self._until[company] = self._doors.clock.now() + dt.timedelta(seconds=allowed.wait_seconds)

    def admitted(self, company: str) -> bool:
        """Whether it was counted at this company already, and let in."""
        return company in self._found and company not in self._until

    @property
    def companies(self) -> tuple[str, ...]:
        """Those it was counted at."""
        return tuple(self._found)

    @property
    def outcome(self) -> Outcome | None:
        """What to tell the caller; None while no company was reached."""
        found = list(self._found.values())
        if not found:
            return None
        if len(found) == 1:
            return Outcome(scarcest=found[0], wait_seconds=found[0].wait_seconds)
        refused = [each.wait_seconds for each in found if each.wait_seconds is not None]
        return Outcome(
            scarcest=min(found, key=lambda each: each.remaining),
            wait_seconds=max(refused) if len(refused) == len(found) else None,
        )


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a whole request fared at the doors of all companies that it reached."""

    scarcest: Allowed
    """Of the company of which least is left."""
    wait_seconds: float | None
    """Until all of them would let it in, where none did; None when any did."""
