"""The registry in the store: written by administrators, followed by every replica."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar
from weakref import WeakValueDictionary

import msgspec
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Kept, Store
from ledgermesh.state.entries import KINDS, Entry, Environment, Generation
from ledgermesh.state.registry import Registry

WAIT_SECONDS = 0.5
"""How long one look for changes waits; a replica that misses a revocation knows it after this at the latest."""
RETRY_SECONDS = 0.2
REST_SECONDS = 0.05
"""Between two looks that found something, so that many changes come as a few: not each is asked for by itself."""
BACKLOG_MAX = 1_000
"""Changes that a listener may be behind; one that is further is ended, and begins again by itself."""

Kind = TypeVar("Kind", bound=Entry)


class Changed(Struct, frozen=True):
    """One lasting value was written or deleted somewhere, and this process knows it now."""

    place: str
    entry: Entry | None
    """What stands there now; None when it is gone, or when it is none of the registry's."""


class Conflict(Exception):
    """An entry that was to be new is there already."""


class Directory:
    """Reads and writes entries, and keeps the registry equal to the store."""

    def __init__(
        self, store: Store, registry: Registry, clock: Clock, *, rest_seconds: float = REST_SECONDS
    ) -> None:
        self._rest_seconds = rest_seconds
        self._store = store
        self._registry = registry
        self._clock = clock
        self._cursor: str | None = None
        self._listeners: set[asyncio.Queue[Changed | None]] = set()
        self._writes = 0
        self._meanwhile: dict[str, Entry | None] | None = None
        """What this process wrote while it was reading everything: what was read may be older."""
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def load(self) -> None:
        """Read everything. Raises StateDown, and then knows what it knew before."""
        meanwhile: dict[str, Entry | None] = {}
        self._meanwhile = meanwhile
        cursor = (await self._store.changes(None, seconds=0.0)).cursor
        read: dict[str, Entry | None] = {}
        for word, kind in KINDS.items():
            found = await self._store.under(f"{word}/")
            read |= {place: msgspec.json.decode(kept.value, type=kind) for place, kept in found.items()}
        read |= meanwhile
        self._registry.only(entry for entry in read.values() if entry is not None)
        self._cursor, self._meanwhile = cursor, None
        self._registry.checked()

    async def follow(self) -> None:
        """Keep up with the store until cancelled; while it is down the registry's lease runs."""
        while True:
            try:
                if await self.catch_up(WAIT_SECONDS):
                    await self._clock.sleep(self._rest_seconds)
            except StateDown:
                await self._clock.sleep(RETRY_SECONDS)

    async def catch_up(self, seconds: float) -> bool:
        """Apply the changes, waiting up to so long for the first; whether there were any. Raises StateDown."""
        changes = await self._store.changes(self._cursor, seconds=seconds)
        if changes.keys is None or self._cursor is None:
            await self.load()
            self._lose()
            return True
        for key in dict.fromkeys(changes.keys):
            await self._apply(key)
        self._cursor = changes.cursor
        self._registry.checked()
        return bool(changes.keys)

    # -- listening ---------------------------------------------------------------------------------------------

    @contextmanager
    def listening(self) -> Iterator[AsyncIterator[Changed]]:
        """Every change from now on, as this process learns of it; ends where one falls behind or all was read anew."""
        queue: asyncio.Queue[Changed | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield _taken(queue)
        finally:
            self._listeners.discard(queue)

    def _tell(self, changed: Changed) -> None:
        for queue in tuple(self._listeners):
            if queue.qsize() >= BACKLOG_MAX:
                self._listeners.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(changed)

    def _lose(self) -> None:
        for queue in self._listeners:
            queue.put_nowait(None)
        self._listeners.clear()

    # -- writing -----------------------------------------------------------------------------------------------

    async def add(self, entry: Entry) -> None:
        """Keep a new entry; raises Conflict where one stands."""
        async with self._lock(entry.place):
            if not await self._store.put(entry.place, msgspec.json.encode(entry), expect=0):
                raise Conflict(entry.place)
            self._know(entry.place, entry)

    async def change(
        self, kind: type[Kind], place: str, change: Callable[[Kind | None], Kind | None]
    ) -> Kind | None:
        """Replace what stands at a place by what `change` makes of it; None deletes, the same leaves it alone.

        Whoever was faster is not overwritten: `change` is asked again with what stands there then.
        """
        # In turn, so that what this process knows follows the order in which it wrote.
        async with self._lock(place):
            while True:
                kept = await self._store.get(place)
                before = msgspec.json.decode(kept.value, type=kind) if kept is not None else None
                after = change(before)
                if after == before or await self._written(place, kept, after):
                    self._know(place, after)
                    return after

    async def raise_generation(self, environment: Environment, connection: str) -> int:
        """Make all older answers of a connection wrong, on every replica; gives the new generation."""
        first = Generation(environment=environment, connection=connection, number=1)
        raised = await self.change(
            Generation, first.place, lambda old: first if old is None else replace(old, number=old.number + 1)
        )
        return raised.number if raised is not None else 0

    def _lock(self, place: str) -> asyncio.Lock:
        return self._locks.setdefault(place, asyncio.Lock())

    async def _written(self, place: str, kept: Kept | None, after: Entry | None) -> bool:
        expect = kept.version if kept is not None else 0
        if after is None:
            return await self._store.delete(place, expect=expect)
        return await self._store.put(place, msgspec.json.encode(after), expect=expect)

    def _know(self, place: str, entry: Entry | None) -> None:
        """What this process wrote counts here at once."""
        self._writes += 1
        if self._meanwhile is not None:
            self._meanwhile[place] = entry
        self._set(place, entry)

    async def _apply(self, place: str) -> None:
        kind = KINDS.get(place.partition("/")[0])
        if kind is None:
            self._tell(Changed(place, None))
            return
        while True:
            writes, kept = self._writes, await self._store.get(place)
            # Whoever wrote here in the meantime knows better than what was read before.
            if writes == self._writes:
                break
        self._set(place, msgspec.json.decode(kept.value, type=kind) if kept is not None else None)

    def _set(self, place: str, entry: Entry | None) -> None:
        if entry == self._registry.at(place):
            return  # what this process wrote itself comes back through the store
        if entry is None:
            self._registry.drop(place)
        else:
            self._registry.set(entry)
        self._tell(Changed(place, entry))


async def _taken(queue: asyncio.Queue[Changed | None]) -> AsyncIterator[Changed]:
    while (changed := await queue.get()) is not None:
        yield changed
