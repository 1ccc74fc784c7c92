"""The states of all pushes in the store, for seven days; the plans themselves only until their outcome is known."""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.engine.planned import Outcome
from ledgermesh.state.base import Store
from ledgermesh.state.entries import Environment, place
from ledgermesh.state.sealing import NotSealed, SealingKey
from ledgermesh.sync.job import KIND, LASTS, Bodies, Job, SyncIds
from ledgermesh.sync.status import Sync, bare

KEPT: Final = dt.timedelta(days=7)
SWEPT: Final = dt.timedelta(days=7)
"""Days beyond those kept that a sweep looks at: for a gateway that stood still for as long."""
STATUS: Final = "sync-"
DETAILS: Final = "outcome"

EXPIRY: Final = struct.Struct(">Q")
"""In front of a body, in the clear: Unix seconds after which it is erased even where no key opens it."""


@dataclass(frozen=True, slots=True)
class Known:
    """How a push stood when it was read or written last."""

    sync: Sync
    version: int


class Unreadable(Exception):
    """A body that was sealed under a key that is not here."""

    def __init__(self, expires_at: dt.datetime) -> None:
        super().__init__("sealed under a key that is not here")
        self.expires_at = expires_at


class Body(Struct, frozen=True):
    """A job as it lies in the store."""

    job: Job
    version: int
    bytes: int
    """Sealed."""


class Syncs:
    """Every method raises StateDown."""

    def __init__(self, store: Store, keys: Sequence[SealingKey], clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._bodies = Bodies(keys)
        self.ids = SyncIds(keys)

    # -- how they stand ----------------------------------------------------------------------------------------

    async def find(self, tenant: str, environment: str, id: str) -> Sync | None:
        """How it stands, with all that is known of its outcomes; None for an id that is not this tenant's."""
        opened = self.ids.open(id, tenant, environment)
        sync = await self.at(_status(tenant, environment, id, opened[0])) if opened is not None else None
        return await self._whole(sync) if sync is not None else None

    @staticmethod
    def place(sync: Sync) -> str:
        """Where a sync stands."""
        return _status(sync.tenant, sync.environment, sync.id, sync.created_at)

    async def at(self, where: str) -> Sync | None:
        """What stands at a place, without details."""
        kept = await self._store.get(where)
        return _sync(kept.value) if kept is not None else None

    async def on(self, tenant: str, environment: str, day: dt.date) -> list[Sync]:
        """All that a tenant began on a day (UTC), the newest first, without details."""
        found = await self._store.under(f"{kind(tenant, environment, day)}/")
        syncs = [_sync(kept.value) for kept in found.values()]
        return sorted(syncs, key=lambda sync: (sync.created_at, sync.id), reverse=True)

    async def begin(self, sync: Sync) -> Known | None:
        """Keep how one stands of which nothing was known; None where something stands."""
        done = await self._store.put(self.place(sync), msgspec.json.encode(sync), expect=0)
        return Known(sync, 1) if done else None

    async def known(self, tenant: str, environment: str, id: str) -> Known | None:
        """What stands there, for `follow`."""
        opened = self.ids.open(id, tenant, environment)
        return await self._known(_status(tenant, environment, id, opened[0])) if opened is not None else None

    async def follow(self, known: Known, change: Callable[[Sync], Sync]) -> Known:
        """What `change` makes of it; whoever was faster is not overwritten, `change` is asked again with that."""
        where: Known | None = known
        while where is not None:
            after = change(where.sync)
            if after == where.sync:
                return where
            place = self.place(where.sync)
            if await self._store.put(place, msgspec.json.encode(after), expect=where.version):
                return Known(after, where.version + 1)
            where = await self._known(place)
        return known  # swept meanwhile: nobody asks any more

    async def _known(self, where: str) -> Known | None:
        kept = await self._store.get(where)
        return Known(_sync(kept.value), kept.version) if kept is not None else None

    async def sweep(self) -> int:
        """Delete what is older than is kept; how many those were."""
        done, last = 0, self._clock.now() - KEPT
        for days in range(1, SWEPT.days + 1):
            old = await self._store.under(f"{STATUS}{(last - dt.timedelta(days=days)).date():%Y%m%d}-")
            for where, kept in old.items():
                done += await self._store.delete(where, expect=kept.version)
        return done

    # -- what they are to do -----------------------------------------------------------------------------------

    async def waiting(self, *words: str) -> list[str]:
        """The places of all bodies, or of those in an environment, or of a tenant in it."""
        return sorted(await self._store.keys(f"{place(KIND, *words)}/"))

    async def body(self, where: str) -> Body | None:
        """The job at a place; None when its outcome is known. Raises Unreadable where no key opens it."""
        kept = await self._store.get(where)
        if kept is None:
            return None
        try:
            job = self._bodies.open(kept.value[EXPIRY.size :], Job, *where.split("/"))
        except NotSealed as error:
            [expires] = EXPIRY.unpack_from(kept.value)
            raise Unreadable(dt.datetime.fromtimestamp(expires, dt.UTC)) from error
        return Body(job, kept.version, len(kept.value))

    async def keep(self, job: Job) -> bool:
        """Keep a new job, sealed; it is on disk when this returns True."""
        envelope = self._bodies.seal(job, *job.place.split("/"))
        return await self._store.put(
            job.place, EXPIRY.pack(int(job.expires_at.timestamp())) + envelope, expect=0
        )

    async def erase(self, where: str, *, expect: int | None = None) -> bool:
        """Its outcome is known; False where it stands there otherwise than expected."""
        if expect is None:
            kept = await self._store.get(where)
            expect = kept.version if kept is not None else 0
        return not expect or await self._store.delete(where, expect=expect)

    # -- what is said of them for a day ------------------------------------------------------------------------

    async def detail(self, sync: Sync, number: int, outcome: Outcome) -> None:
        """Keep an outcome whole, sealed, as long as a body may live; it ends by itself."""
        where = _detail(sync, number, bare(outcome))
        envelope = self._bodies.seal(outcome, where)
        await self._store.swap(where, envelope, expect=0, seconds=LASTS.total_seconds())

    async def _whole(self, sync: Sync) -> Sync:
        parts = list(sync.parts)
        for number, part in enumerate(parts):
            if part.outcome is not None:
                whole = await self._detailed(_detail(sync, number, part.outcome))
                parts[number] = replace(part, outcome=whole or part.outcome)
        return replace(sync, parts=tuple(parts))

    async def _detailed(self, where: str) -> Outcome | None:
        kept = await self._store.get(where)
        try:
            return self._bodies.open(kept.value, Outcome, where) if kept is not None else None
        except NotSealed:  # under a key that has gone; the bare outcome stands
            return None


def words(where: str) -> tuple[Environment, str, str, int]:
    """Environment, tenant, sync id and number of the first part of a body's place."""
    _, environment, tenant, id, first = map(unquote, where.split("/"))
    return ("live" if environment == "live" else "sandbox"), tenant, id, int(first)


def kind(tenant: str, environment: str, day: dt.date) -> str:
    """The first word of keys: a store lists one such word at a time, so it is one tenant's day."""
    return f"{STATUS}{day:%Y%m%d}-{whose(tenant, environment)}"


def whose(tenant: str, environment: str) -> str:
    """What the first words of one tenant's keys in an environment end with."""
    return hashlib.sha256(place(environment, tenant).encode()).hexdigest()[:16]


def _status(tenant: str, environment: str, id: str, at: dt.datetime) -> str:
    return f"{kind(tenant, environment, at.date())}/{id}"


def _detail(sync: Sync, number: int, known: Outcome) -> str:
    """Beside the outcome that stands: one that came second has another place."""
    digest = hashlib.sha256(msgspec.msgpack.encode(known)).hexdigest()[:16]
    return place(DETAILS, sync.environment, sync.tenant, sync.id, str(number), digest)


def _sync(value: bytes) -> Sync:
    return msgspec.json.decode(value, type=Sync)
