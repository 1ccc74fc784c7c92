"""Turns changes of connections into events for webhooks: at least once, and rarely more often."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, Environment, Standing, place
from ledgermesh.state.repair import REPAIRABLE
from ledgermesh.state.shared import State
from ledgermesh.sync.entries import find, webhooks
from ledgermesh.sync.outbox import Event, Outbox

CHANGED: Final = "connection.changed"
TOLD: Final = "told"
RETRY_SECONDS: Final = 1.0

RepairUrl = Callable[[ConnectionEntry], str | None]
"""Where a person repairs a connection; None where there is no such page."""


def no_page(_: ConnectionEntry) -> str | None:
    """For a gateway whose address from outside nobody said."""
    return None


@dataclass(frozen=True, kw_only=True)
class Told:
    """The last change of a connection that tenants were told of. None stored means ACTIVE."""

    id: str
    state: str
    code: str
    since: dt.datetime

    def covers(self, standing: Standing) -> bool:
        """Whether this change, or a later one, has been told."""
        same = (self.state, self.code, self.since) == (standing.state, standing.code, standing.since)
        return same or self.since > standing.since


class Notifier:
    """Runs on every replica: what one of them writes all see, and the store keeps the first of equal events.

    An event is written before it is noted as told, so a crash in between tells it again under the same id.
    """

    def __init__(self, state: State, clock: Clock, *, repair_url: RepairUrl = no_page) -> None:
        self._state = state
        self._clock = clock
        self._outbox = Outbox(state.store, clock)
        self._repair_url = repair_url

    async def run(self) -> None:
        """Tell every change until cancelled, beginning with those that nobody told so far."""
        while True:
            try:
                await self._follow()
            except StateDown:
                await self._clock.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        """Until changes were missed."""
        with self._state.directory.listening() as changes:
            await self.catch_up()
            async for changed in changes:
                if changed.place.startswith(f"{Standing.kind}/"):
                    await self._tell(changed.place)

    async def catch_up(self) -> None:
        """Tell what stands otherwise than was told: after a start, or when changes were missed. Raises StateDown."""
        there = await self._state.store.under(f"{Standing.kind}/")
        noted = await self._state.store.under(f"{TOLD}/")
        gone = {where.replace(TOLD, Standing.kind, 1) for where in noted}
        for where in sorted(gone.union(there)):
            await self._tell(where)

    async def _tell(self, where: str) -> None:
        """Tell how the connection with the standing at this place stands now, if that is news."""
        store, note_place = self._state.store, where.replace(Standing.kind, TOLD, 1)
        noted = await store.get(note_place)
        told = msgspec.json.decode(noted.value, type=Told) if noted is not None else None
        environment, connection = words(where)
        standing = await find(store, Standing, environment, connection)
        news = _news(
            standing or _fine(environment, connection, self._clock.now()), told, stored=standing is not None
        )
        if news is None:
            return
        await self._announce(news)
        await store.put(
            note_place, msgspec.json.encode(news.told), expect=noted.version if noted is not None else 0
        )

    async def _announce(self, news: News) -> None:
        """Put the event for everybody who wants it."""
        store, now = self._state.store, news.standing
        connection = await find(store, ConnectionEntry, now.environment, now.connection)
        if connection is None:
            return
        company = await find(store, CompanyEntry, connection.environment, connection.company)
        if company is None:
            return
        # Guests of a company are told how its connections stand; linking them again is its owner's.
        owner = connection.owner or company.owner
        for tenant in sorted(company.tenants):
            for hook in await webhooks(store, tenant, connection.environment, CHANGED):
                await self._outbox.add(
                    Event(
                        id=news.told.id,
                        environment=connection.environment,
                        tenant=tenant,
                        webhook=hook.id,
                        type=CHANGED,
                        at=now.since,
                        company=connection.company,
                        data=self._said(now, connection, repairs=tenant == owner),
                        next_at=self._clock.now(),
                    )
                )

    def _said(self, now: Standing, connection: ConnectionEntry, *, repairs: bool) -> dict[str, str | None]:
        said = {
            "connection": connection.id,
            "company": connection.company,
            "provider": connection.provider,
            "environment": connection.environment,
            "state": now.state,
            "reason": now.reason or None,
            "code": now.code or None,
            "since": instant(now.since),
        }
        url = self._repair_url(connection) if repairs and now.state in REPAIRABLE else None
        return said if url is None else said | {"repairUrl": url}


class News(Struct, frozen=True):
    """A change that nobody was told of, and what is noted once they are."""

    standing: Standing
    told: Told


def _fine(environment: Environment, connection: str, now: dt.datetime) -> Standing:
    """A connection of which nothing is stored: nothing is wrong with it."""
    return Standing(environment=environment, connection=connection, state="ACTIVE", since=now)


def _news(standing: Standing, told: Told | None, *, stored: bool) -> News | None:
    """The change since what was told last; None where there is none."""
    state, code, since = standing.state, standing.code, standing.since
    if state == "ACTIVE" and (told is None or told.state == "ACTIVE"):
        return None
    if told is not None and told.covers(standing):
        return None
    # Equal on every replica that sees the same change. When a standing went away nobody knows; what it was they do.
    mark = instant(since) if stored or told is None else told.id
    id = _id(standing.place, state, code, mark)
    return News(standing, Told(id=id, state=state, code=code, since=since))


def words(where: str) -> tuple[Environment, str]:
    """Environment and connection of a standing's place."""
    _, environment, connection = where.split("/")
    return ("live" if environment == "live" else "sandbox"), unquote(connection)


def _id(*said: str) -> str:
    """The same on every replica that sees the same change."""
    return f"msg_{hashlib.sha256(place(*said).encode()).hexdigest()[:32]}"


def instant(when: dt.datetime) -> str:
    """UTC, with a Z."""
    return when.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
