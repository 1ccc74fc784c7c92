"""What has changed in the states of pushes, as it happens, and again from where a listener had been."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
from cachetools import LRUCache
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.errors import BadCursor, StateDown
from ledgermesh.state.base import Changes, Store
from ledgermesh.state.sealing import NotSealed, Seal, SealingKey
from ledgermesh.sync.status import Sync
from ledgermesh.sync.syncs import KEPT, STATUS, Syncs, whose

WAIT_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 0.5
REST_SECONDS: Final = 0.05
"""Between two looks, so that many changes come as a few batches."""
BACKLOG_MAX: Final = 1_000
"""Batches that a listener may be behind; one that is further begins again from where it is."""
KNOWN_MAX: Final = 1_000
SLACK: Final = dt.timedelta(minutes=2)
"""How far the clocks of replicas may lie apart."""


class Batch(Struct, frozen=True):
    """States that changed, by their places, in order."""

    keys: tuple[str, ...]
    cursor: str
    """Of the store, behind them."""

    def speaks_of(self, id: str) -> bool:
        """Whether this sync is among them."""
        return any(key.endswith(f"/{id}") for key in self.keys)


class Feed:
    """One for a process: follows the store, and tells everybody here who listens."""

    def __init__(self, store: Store, clock: Clock, *, rest_seconds: float = REST_SECONDS) -> None:
        self._store = store
        self._clock = clock
        self._rest_seconds = rest_seconds
        self._listeners: set[asyncio.Queue[Batch | None]] = set()

    async def run(self) -> None:
        """Follow until cancelled."""
        cursor: str | None = None
        while True:
            try:
                changes = await self._store.changes(cursor, seconds=WAIT_SECONDS)
            except StateDown:
                await self._clock.sleep(RETRY_SECONDS)
                continue
            if changes.keys is None or cursor is None:
                self._lose()
            elif keys := tuple(key for key in changes.keys if key.startswith(STATUS)):
                self._tell(Batch(keys, changes.cursor))
            cursor = changes.cursor
            await self._clock.sleep(self._rest_seconds)

    @contextmanager
    def listening(self) -> Iterator[AsyncIterator[Batch]]:
        """Everything from now on; ends where changes were missed."""
        queue: asyncio.Queue[Batch | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield _taken(queue)
        finally:
            self._listeners.discard(queue)

    def _tell(self, batch: Batch) -> None:
        for queue in tuple(self._listeners):
            if queue.qsize() >= BACKLOG_MAX:
                self._listeners.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(batch)

    def _lose(self) -> None:
        for queue in self._listeners:
            queue.put_nowait(None)
        self._listeners.clear()


async def _taken(queue: asyncio.Queue[Batch | None]) -> AsyncIterator[Batch]:
    while (batch := await queue.get()) is not None:
        yield batch


class Update(Struct, frozen=True, kw_only=True):
    """A push that stands otherwise than before."""

    sync: Sync
    """Without the details of outcomes."""
    cursor: str
    """Where to go on after it."""


class _Seen(msgspec.Struct, frozen=True, array_like=True):
    """How far a listener had come."""

    store: str
    at: dt.datetime


class Watcher:
    """What one subscriber sees of a tenant's pushes."""

    def __init__(
        self,
        syncs: Syncs,
        store: Store,
        feed: Feed,
        keys: Sequence[SealingKey],
        clock: Clock,
        tenant: str,
        environment: str,
    ) -> None:
        self._syncs = syncs
        self._store = store
        self._feed = feed
        self._clock = clock
        self._owner = f"{tenant}\0{environment}".encode()
        self._tenant, self._environment = tenant, environment
        self._mine = f"-{whose(tenant, environment)}"
        self._seal = Seal(keys, "sync cursor")
        self._told: LRUCache[str, Sync] = LRUCache(maxsize=KNOWN_MAX)
        """Place → how it stood when it was told last."""

    async def updates(self, after: str | None) -> AsyncGenerator[Update, None]:
        """See Jobs.watch."""
        seen = self._opened(after) if after is not None else await self._now()
        while True:
            with self._feed.listening() as batches:
                changes = await self._store.changes(seen.store, seconds=0.0)
                async for update in self._since(seen, changes):
                    yield update
                seen = _Seen(changes.cursor, self._clock.now())
                async for batch in batches:
                    async for update in self._each(batch.keys, seen, batch.cursor):
                        yield update
                    seen = _Seen(batch.cursor, self._clock.now())

    async def _since(self, seen: _Seen, changes: Changes) -> AsyncGenerator[Update, None]:
        keys = changes.keys
        if keys is None:  # too much has happened, or in another store: what changed is known by its times
            keys = await self._changed_since(seen.at - SLACK)
        async for update in self._each(keys, seen, changes.cursor):
            yield update

    async def _each(self, keys: Sequence[str], before: _Seen, behind: str) -> AsyncGenerator[Update, None]:
        """These as they stand; each but the last has the cursor before all of them, so that none is ever skipped."""
        mine = [key for key in dict.fromkeys(keys) if self._is_mine(key)]
        for key in mine:
            sync = await self._syncs.at(key)
            if sync is None or self._told.get(key) == sync:
                continue
            self._told[key] = sync
            at = _Seen(behind, self._clock.now()) if key == mine[-1] else before
            yield Update(sync=sync, cursor=self._sealed(at))

    def _is_mine(self, key: str) -> bool:
        kind, _, rest = key.partition("/")
        return kind.startswith(STATUS) and kind.endswith(self._mine) and bool(rest)

    async def _changed_since(self, at: dt.datetime) -> tuple[str, ...]:
        days = (self._clock.now().date() - at.date()).days
        syncs = [
            sync
            for back in range(max(days, KEPT.days) + 1)
            for sync in await self._syncs.on(
                self._tenant, self._environment, self._clock.now().date() - dt.timedelta(days=back)
            )
            if sync.changed_at >= at
        ]
        ordered = sorted(syncs, key=lambda sync: (sync.changed_at, sync.id))
        return tuple(self._syncs.place(sync) for sync in ordered)

    async def _now(self) -> _Seen:
        return _Seen((await self._store.changes(None, seconds=0.0)).cursor, self._clock.now())

    def _sealed(self, seen: _Seen) -> str:
        return self._seal.seal(msgspec.msgpack.encode(seen), self._owner)

    def _opened(self, after: str) -> _Seen:
        try:
            seen = msgspec.msgpack.decode(self._seal.open(after, self._owner), type=_Seen)
        except NotSealed as error:
            raise BadCursor("`after` is not the cursor of an update that you were told") from error
        if seen.at < self._clock.now() - KEPT:
            raise BadCursor("`after` is older than anything that is kept; begin without it")
        return seen
