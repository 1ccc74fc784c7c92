"""Which records changed: told by providers and by our own writes, kept for a while, ids and kinds only."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import msgspec
from msgspec import Struct

from ledgermesh.spec.hooks import Named
from ledgermesh.state.base import Store
from ledgermesh.state.entries import Environment, place
from ledgermesh.state.shared import State

KIND: Final = "records"
EVENTS_MAX: Final = 100
"""Of one connection; whoever is further behind is told that something was missed."""
KEPT: Final = dt.timedelta(days=7)

Cause = Literal["PROVIDER", "WRITE", "MISSED"]


@dataclass(frozen=True, kw_only=True)
class RecordsChanged:
    """Something of a connection's books changed."""

    number: int = 0
    """Counts the connection's events; given when it is published."""
    cause: Cause
    event: str = ""
    """The provider's own word; empty of our own writes."""
    kinds: tuple[str, ...] = ()
    """Empty where it may be any kind."""
    records: tuple[Named, ...] = ()
    """Empty where none is named: any of the kinds may have changed."""
    at: dt.datetime
    """When it came to us, UTC."""
    same: str = ""
    """Equal for a notification that came twice."""


class Recent(Struct, frozen=True, kw_only=True):
    """The last events of one connection."""

    number: int = 0
    """Of the newest event there ever was."""
    events: tuple[RecordsChanged, ...] = ()
    """By number. Only the last of equal ones: repeating a notification pushes no other one out."""
    lost: int = 0
    """Of the newest event that was dropped."""
    lost_at: dt.datetime | None = None
    """When that one came."""

    def further(self, event: RecordsChanged) -> Recent:
        """With one more."""
        number = self.number + 1
        kept = [each for each in self.events if not event.same or each.same != event.same]
        events = [*kept, replace(event, number=number)]
        old = [each for each in events if each.at < event.at - KEPT]
        dropped = events[: max(len(events) - EVENTS_MAX, len(old))]
        lost, lost_at = (dropped[-1].number, dropped[-1].at) if dropped else (self.lost, self.lost_at)
        return Recent(number=number, events=tuple(events[len(dropped) :]), lost=lost, lost_at=lost_at)

    def after(self, number: int) -> tuple[RecordsChanged, ...]:
        """What came after the event of this number; MISSED in front where some of it is not known any more."""
        return self._told([each for each in self.events if each.number > number], missed=self.lost > number)

    def since(self, at: dt.datetime) -> tuple[RecordsChanged, ...]:
        """What came since a moment."""
        missed = self.lost_at is not None and self.lost_at >= at
        return self._told([each for each in self.events if each.at >= at], missed=missed)

    def _told(self, found: Sequence[RecordsChanged], *, missed: bool) -> tuple[RecordsChanged, ...]:
        if not missed or self.lost_at is None:
            return tuple(found)
        return (RecordsChanged(number=self.lost, cause="MISSED", at=self.lost_at), *found)


class Records:
    """The events of all connections, in the store. Every method raises StateDown.

    One lasting value for each connection, so that every replica hears of an event as of any other change, nothing
    has to be swept, and what is kept is bounded.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def publish(self, environment: Environment, connection: str, event: RecordsChanged) -> None:
        """Keep it; whoever was faster is not overwritten."""
        where = records_place(environment, connection)
        while True:
            kept = await self._store.get(where)
            recent, version = (_recent(kept.value), kept.version) if kept is not None else (Recent(), 0)
            value = msgspec.msgpack.encode(recent.further(event))
            if await self._store.put(where, value, expect=version):
                return

    async def recent(self, environment: Environment, connection: str) -> Recent:
        """What is known of a connection."""
        kept = await self._store.get(records_place(environment, connection))
        return _recent(kept.value) if kept is not None else Recent()

    async def forget(self, environment: Environment, connection: str) -> None:
        """The connection is gone."""
        where = records_place(environment, connection)
        kept = await self._store.get(where)
        if kept is not None:
            await self._store.delete(where, expect=kept.version)


def records_place(environment: Environment, connection: str) -> str:
    """Where the events of a connection stand."""
    return place(KIND, environment, connection)


async def published(
    state: State,
    environment: Environment,
    connection: str,
    kind: str,
    native_id: str | None,
    *,
    at: dt.datetime,
) -> None:
    """Tell of a record that we have written; without an id, of its kind. Raises StateDown.

    Called after the connection's generation was raised: whoever reads because of it must not see the old answer.
    """
    records = (Named(kind, native_id),) if native_id is not None else ()
    event = RecordsChanged(cause="WRITE", kinds=(kind,), records=records, at=at)
    await Records(state.store).publish(environment, connection, event)


async def notified(
    state: State, environment: Environment, connection: str, event: RecordsChanged, body: bytes
) -> None:
    """A provider says that something changed: all older answers are wrong from now on, and it is told on.

    Raises StateDown; then the provider is to say it again. Saying it twice does no harm.
    """
    await state.directory.raise_generation(environment, connection)
    same = hashlib.sha256(body).hexdigest()[:32]
    await Records(state.store).publish(environment, connection, replace(event, same=same))


def _recent(value: bytes) -> Recent:
    return msgspec.msgpack.decode(value, type=Recent)
