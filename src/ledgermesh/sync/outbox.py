"""Events on their way to webhooks: ids, states and times, in the store until they are delivered or too old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
import structlog
from cachetools import LRUCache
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.state.base import Store
from ledgermesh.state.entries import Environment, place

KIND: Final = "outbox"
EVENTS_MAX: Final = 1_000
"""Undelivered events of one webhook; what comes on top is left out, with a line in the log."""
COUNTED_SECONDS: Final = 1.0
"""How long a count of a webhook's events is believed: a receiver that is down makes no push more expensive."""
COUNTS_MAX: Final = 1_000
KEPT: Final = dt.timedelta(days=7)
"""How long an event that was given up can be sent again by `replay`."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event for one webhook."""

    id: str
    """The header webhook-id: the same at every attempt, so that receivers can leave out what they have seen."""
    environment: Environment
    tenant: str
    webhook: str
    type: str
    """For example `connection.changed`."""
    at: dt.datetime
    """When it happened, UTC."""
    company: str
    """Account key; a tenant is told only while the company is shared with it, but for how its own pushes ended."""
    data: Mapping[str, str | None] = field(default_factory=dict)
    """What it says. Never books, never a secret."""
    tries: int = 0
    """Attempts that failed."""
    next_at: dt.datetime
    """When to try, UTC."""
    given_up_at: dt.datetime | None = None
    """UTC; None while it is still tried."""

    @property
    def place(self) -> str:
        """Its key in the store."""
        return place(KIND, self.environment, self.tenant, self.webhook, self.id)


class Waiting(Struct, frozen=True):
    """An event in the store."""

    event: Event
    version: int


@dataclass(slots=True)
class _Count:
    """How many events of a webhook wait."""

    events: int
    ends_at: float
    """Monotonic seconds: then they are counted again."""


class Outbox:
    """The events of all webhooks. Every method raises StateDown."""

    def __init__(self, store: Store, clock: Clock, *, events_max: int = EVENTS_MAX) -> None:
        self._store = store
        self._clock = clock
        self._events_max = events_max
        self._counts: LRUCache[str, _Count] = LRUCache(COUNTS_MAX)

    async def add(self, event: Event) -> bool:
        """Keep an event; False where it is there already, or the webhook has too many."""
        count = await self._count(f"{place(KIND, event.environment, event.tenant, event.webhook)}/")
        if count.events >= self._events_max:
            logger = structlog.get_logger("ledgermesh.webhooks")
            logger.warning("webhook's events left out", webhook=event.webhook, tenant=event.tenant)
            return False
        done = await self._store.put(event.place, msgspec.json.encode(event), expect=0)
        count.events += done
        return done

    async def _count(self, prefix: str) -> _Count:
        """Of a webhook's events, with those that this process has added since they were counted."""
        now, count = self._clock.monotonic(), self._counts.get(prefix)
        if count is None or now >= count.ends_at:
            found = await self._store.keys(prefix)
            count = self._counts[prefix] = _Count(len(found), now + COUNTED_SECONDS)
        return count

    async def find(self, where: str) -> Waiting | None:
        """What stands at a place now."""
        kept = await self._store.get(where)
        return None if kept is None else Waiting(_event(kept.value), kept.version)

    async def all(self) -> list[Waiting]:
        """Everything, the oldest first."""
        return await self._under(KIND)

    async def undelivered(self, environment: Environment, tenant: str) -> list[Event]:
        """A tenant's events that were given up, the oldest first."""
        found = await self._under(KIND, environment, tenant)
        return [each.event for each in found if each.event.given_up_at is not None]

    async def replay(self, environment: Environment, tenant: str, webhook: str | None = None) -> int:
        """Try again what was given up, of one webhook or of all; how many those are. Their ids stay."""
        done = 0
        for each in await self._under(KIND, environment, tenant, *([] if webhook is None else [webhook])):
            if each.event.given_up_at is not None:
                fresh = replace(each.event, tries=0, next_at=self._clock.now(), given_up_at=None)
                done += await self.write(each, fresh)
        return done

    async def write(self, before: Waiting, after: Event) -> bool:
        """Keep the event as it is now, unless somebody was faster."""
        return await self._store.put(before.event.place, msgspec.json.encode(after), expect=before.version)

    async def remove(self, waiting: Waiting) -> bool:
        """It is delivered, or nobody wants it any more."""
        return await self._store.delete(waiting.event.place, expect=waiting.version)

    async def _under(self, *words: str) -> list[Waiting]:
        found = await self._store.under(f"{place(*words)}/")
        events = [Waiting(_event(kept.value), kept.version) for kept in found.values()]
        return sorted(events, key=lambda each: (each.event.at, each.event.id))


def _event(value: bytes) -> Event:
    return msgspec.json.decode(value, type=Event)
