"""A store in this process's memory: for one process, gone with it."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Mapping, Sequence

import msgspec

from ledgermesh.clock import Clock, SystemClock
from ledgermesh.state.base import Changes, Kept, Store, Swapped

CHANGES_MAX = 10_000
SWEEP_WRITES = 1_000


class _Held(msgspec.Struct, frozen=True):
    kept: Kept
    ends_at: float | None = None
    """Monotonic seconds; None for what lasts."""


class MemoryStore:
    """See Store."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._held: dict[str, _Held] = {}
        self._versions = itertools.count(1)
        self._changed: deque[str] = deque(maxlen=CHANGES_MAX)
        self._changes = 0
        self._told = asyncio.Event()

    async def get(self, key: str) -> Kept | None:
        """See Store."""
        return self.get_at_once(key)

    def get_at_once(self, key: str) -> Kept | None:
        """The same: nobody has to be waited for."""
        held = self._live(key)
        return held.kept if held is not None else None

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        """See Store."""
        if self._version(key) != expect:
            return False
        self._held[key] = _Held(Kept(value, expect + 1))
        self._tell(key)
        return True

    async def delete(self, key: str, *, expect: int) -> bool:
        """See Store."""
        if not expect or self._version(key) != expect:
            return False
        del self._held[key]
        self._tell(key)
        return True

    async def swap(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        """See Store."""
        return self.swap_at_once(key, value, expect=expect, seconds=seconds)

    def swap_at_once(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        """The same: nobody has to be waited for."""
        held = self._live(key)
        if (held.kept.version if held is not None else 0) != expect:
            return Swapped(won=False, kept=held.kept if held is not None else None)
        if value is None:
            self._held.pop(key, None)
            return Swapped(won=True, kept=None)
        version = next(self._versions)
        if version % SWEEP_WRITES == 0:
            self._sweep()
        kept = Kept(value, version)
        self._held[key] = _Held(kept, self._clock.monotonic() + seconds)
        return Swapped(won=True, kept=kept)

    async def under(self, prefix: str) -> Mapping[str, Kept]:
        """See Store."""
        keys = [key for key in self._held if key.startswith(prefix)]
        return {key: held.kept for key in keys if (held := self._live(key)) is not None}

    async def keys(self, prefix: str) -> Sequence[str]:
        """See Store."""
        return [*await self.under(prefix)]

    async def changes(self, cursor: str | None, *, seconds: float) -> Changes:
        """See Store."""
        seen = self._changes if cursor is None else int(cursor)
        if seen == self._changes and cursor is not None:
            self._told.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._told.wait()
            except TimeoutError:
                return Changes(str(seen), ())
        new = self._changes - seen
        keys = tuple(self._changed)[len(self._changed) - new :] if new <= len(self._changed) else None
        return Changes(str(self._changes), keys if new else ())

    async def close(self) -> None:
        """See Store."""

    def _live(self, key: str) -> _Held | None:
        held = self._held.get(key)
        if held is not None and held.ends_at is not None and held.ends_at <= self._clock.monotonic():
            del self._held[key]
            return None
        return held

    def _version(self, key: str) -> int:
        held = self._live(key)
        return held.kept.version if held is not None else 0

    def _sweep(self) -> None:
        for key in list(self._held):
            self._live(key)

    def _tell(self, key: str) -> None:
        self._changed.append(key)
        self._changes += 1
        self._told.set()


def own_memory(store: Store) -> MemoryStore | None:
    """The store, where it is this process's own memory and nothing else: it is never down, and asking it takes no
    waiting, so that nobody comes in between.
    """
    return store if isinstance(store, MemoryStore) and type(store) is MemoryStore else None
