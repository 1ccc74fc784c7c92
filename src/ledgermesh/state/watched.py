"""A store whose answers are timed, for those that are asked over a socket or on a disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Changes, Kept, Store, Swapped

Got = TypeVar("Got")
Told = Callable[[str, float | None], None]
"""The method and how many seconds it took; None where the store could not be asked."""


class WatchedStore:
    """See Store."""

    def __init__(self, store: Store, clock: Clock, told: Told) -> None:
        self._store = store
        self._clock = clock
        self._told = told

    async def get(self, key: str) -> Kept | None:
        """See Store."""
        return await self._timed("get", self._store.get(key))

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        """See Store."""
        return await self._timed("put", self._store.put(key, value, expect=expect))

    async def delete(self, key: str, *, expect: int) -> bool:
        """See Store."""
        return await self._timed("delete", self._store.delete(key, expect=expect))

    async def swap(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        """See Store."""
        return await self._timed("swap", self._store.swap(key, value, expect=expect, seconds=seconds))

    async def under(self, prefix: str) -> Mapping[str, Kept]:
        """See Store."""
        return await self._timed("under", self._store.under(prefix))

    async def keys(self, prefix: str) -> Sequence[str]:
        """See Store."""
        return await self._timed("keys", self._store.keys(prefix))

    async def changes(self, cursor: str | None, *, seconds: float) -> Changes:
        """See Store. It waits for changes on purpose, so only its failures are told with a time."""
        try:
            return await self._store.changes(cursor, seconds=seconds)
        except StateDown:
            self._told("changes", None)
            raise

    async def close(self) -> None:
        """See Store."""
        await self._store.close()

    async def _timed(self, method: str, asked: Awaitable[Got]) -> Got:
        began = self._clock.monotonic()
        try:
            got = await asked
        except StateDown:
            self._told(method, None)
            raise
        self._told(method, self._clock.monotonic() - began)
        return got
