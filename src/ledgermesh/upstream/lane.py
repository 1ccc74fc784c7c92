"""One connection's way to its provider: so many calls at once, and the budgets that each of them is counted in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from ledgermesh.errors import LedgermeshError, SlowDown, TooLate
from ledgermesh.spec.provider import Provider
from ledgermesh.upstream.allowance import Quota
from ledgermesh.upstream.fair import Prospect
from ledgermesh.upstream.local import refusal
from ledgermesh.upstream.spent import Sharing, Spent
from ledgermesh.upstream.tally import plus

Demand = Mapping[Spent, Mapping[str, int]]
"""Budget → tenant → calls that wait for it in this process."""


NOBODY: Final[Mapping[str, int]] = {}


class Taken(Struct, frozen=True):
    """When a call was counted, epoch seconds, so that it can be given back."""

    at: float
    app_at: float


class Lane:
    """Where the calls of one connection pass."""

    def __init__(
        self, provider: Provider, sharing: Sharing, own: Spent, app: Spent | None, freed: Callable[[], None]
    ) -> None:
        self.own = own
        """The connection's budget."""
        self.app = app
        """The one it shares with all connections of our client; None where the provider has none."""
        self.flying = 0
        headers = provider.budget_headers
        self._told = app if app is not None and headers is not None and headers.per == "app" else own
        self._flying_max = provider.concurrent_max
        self._title = provider.title
        self.provider = provider.name
        self._sharing = sharing
        self._freed = freed
        self._budgets = (own,) if app is None else (own, app)

    @property
    def full(self) -> bool:
        """Whether as many calls are in the air as the provider takes at once."""
        return self.flying >= self._flying_max

    @property
    def pool(self) -> Spent:
        """The widest budget, which decides who goes first."""
        return self.own if self.app is None else self.app

    def idle(self) -> bool:
        """Whether nobody uses it and forgetting it changes nothing."""
        return not self.flying and self.own.idle()

    def prospect(self, tenant: str, demand: Demand) -> Prospect:
        """When this tenant's next call may go, as far as is known here."""
        own = self.own.prospect(tenant, demand.get(self.own, NOBODY))
        return own if self.app is None else max(own, self.app.prospect(tenant, demand.get(self.app, NOBODY)))

    def awaited(self, tenant: str, demand: Demand) -> Iterator[Spent]:
        """The budgets that hold this tenant back, where other replicas have to know of it."""
        if self._sharing.replicas() > 1:
            for spent in self._budgets:
                if spent.prospect(tenant, demand.get(spent, {})).seconds > 0:
                    yield spent

    def usable(self, calls: int, app_opens_at: float) -> int:
        """How many of so many waiting calls wait for the app's budget alone."""
        left = self.own.left()
        if left is None or left > 0:
            return calls if left is None else min(calls, left)
        return calls if self.own.opens_at() <= app_opens_at else 0

    def passed(self) -> bool:
        """Let a call go that there is nothing to count in; whether it went. Nobody may be waiting."""
        own, app = self.own, self.app
        if self.full or not own.uncounted() or (app is not None and not app.uncounted()):
            return False
        self.flying += 1
        for spent in self._budgets:
            spent.flying += 1
        return True

    async def take(self, tenant: str, demand: Demand) -> Taken | Prospect:
        """Count a call in all budgets and let it go, or count it in none; `demand` goes on waiting."""
        self.flying += 1
        found: Taken | Prospect | None = None
        try:
            if self.app is None:
                at, found_own = await self.own.take(tenant, demand.get(self.own, NOBODY))
                found = Taken(at, 0.0) if found_own.seconds <= 0 else found_own
            else:
                found = await self._take_both(self.app, tenant, demand)
        finally:
            if not isinstance(found, Taken):
                self.flying -= 1
        return found

    async def _take_both(self, app: Spent, tenant: str, demand: Demand) -> Taken | Prospect:
        app_at, found = await app.take(tenant, demand.get(app, NOBODY))
        if found.seconds > 0:
            return found
        taken = False
        try:
            at, found = await self.own.take(tenant, demand.get(self.own, NOBODY))
            taken = found.seconds <= 0
        finally:
            if not taken:
                app.give_back(tenant, app_at)
        if not taken:
            await app.tell()
        return Taken(at, app_at) if taken else found

    def give_back(self, tenant: str, taken: Taken) -> None:
        """A call that was let go is not made."""
        self.flying -= 1
        self.own.give_back(tenant, taken.at)
        if self.app is not None:
            self.app.give_back(tenant, taken.app_at)
        self._freed()

    def land(self) -> None:
        """End a call, however it went."""
        self.flying -= 1
        for spent in self._budgets:
            spent.flying -= 1
        self._freed()

    def hear(self, headers: Mapping[str, str]) -> None:
        """Believe an answer's headers."""
        self._told.hear(headers)

    def left(self) -> int | None:
        """Calls that the budgets allow now, where they are known."""
        own, app = self.own.left(), self.app.left() if self.app is not None else None
        return own if app is None else app if own is None else min(own, app)

    def granted(self, sent_at: float) -> bool:
        """A call that left at this moment (epoch seconds) was not refused; whether there is something to tell."""
        self._told.granted(sent_at)
        return self._told.untold

    async def refused(self, sent_at: float, told: dt.datetime | None) -> dt.datetime:
        """A call that left at this moment was refused; when the next may go, `told` by the provider or worked out."""
        until = self._told.refused(sent_at, told.timestamp() if told is not None else None)
        await self._told.tell()
        return dt.datetime.fromtimestamp(until, dt.UTC)

    async def tell(self) -> None:
        """Let other replicas know what was heard."""
        await self._told.tell()

    async def quotas(self) -> tuple[Quota, ...]:
        """What is known of every window."""
        return tuple([quota for spent in self._budgets for quota in await spent.quotas()])

    def refusal(self, seconds: float) -> SlowDown:
        """The answer to a call for which the budget opens too late, in so many seconds."""
        retry_at = self._sharing.clock.now() + dt.timedelta(seconds=max(seconds, 0.0))
        return refusal(
            SlowDown, f"The budget of calls to {self._title} is spent for the moment.", retry_at=retry_at
        )

    def too_late(self, tenant: str, demand: Demand) -> LedgermeshError:
        """The answer to a call whose deadline came while it waited."""
        found = self.prospect(tenant, demand)
        if found.seconds > 0:
            return self.refusal(found.seconds)
        return refusal(TooLate, f"The deadline came while waiting for a turn at {self._title}.")


def less(demand: Demand, lane: Lane, tenant: str) -> Demand:
    """The demand without one of this tenant's calls on this lane."""
    return {
        spent: plus(dict(calls), tenant, -1) if spent in (lane.own, lane.app) else calls
        for spent, calls in demand.items()
    }
