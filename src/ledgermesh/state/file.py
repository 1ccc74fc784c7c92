"""A store in a folder: for the processes of one machine, and kept over their restarts."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import structlog

from ledgermesh.clock import Clock
from ledgermesh.errors import ConfigurationError, StateDown
from ledgermesh.state.base import Changes, Kept, Swapped
from ledgermesh.state.folder import LASTING, PASSING, Folder, Head, Held, Torn
from ledgermesh.state.journal import Journal, Numbers

LOOK_SECONDS: Final = 0.1
"""How often a process looks whether another one changed anything."""
LOCK_SECONDS: Final = 5.0
SWEEP_SWAPS: Final = 1_000

Got = TypeVar("Got")


class FileStore:
    """See Store. Opening it raises ConfigurationError where the folder cannot be used."""

    def __init__(self, folder: Path, clock: Clock, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self._clock = clock
        self._folder = Folder(folder.absolute(), lock_seconds=lock_seconds)
        self._journal = Journal(self._folder)
        self._numbers = Numbers(self._folder)
        self._swaps = 0
        # The tasks of one process queue here, so that their threads do not fight for the lock of the folder.
        self._turn = asyncio.Lock()
        self._folder.prepare()
        try:
            self._under_lock(self._prepare)
        except (OSError, struct.error) as error:
            raise ConfigurationError(f"The state folder {folder} cannot be written: {error}.") from error

    async def get(self, key: str) -> Kept | None:
        """See Store."""
        # A small file that is mostly in the page cache: quicker read here than handed to a thread.
        return self._answer(lambda: self._find(key))

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        """See Store."""
        return await self._write(lambda: self._put(key, value, expect))

    async def delete(self, key: str, *, expect: int) -> bool:
        """See Store."""
        return await self._write(lambda: self._delete(key, expect))

    async def swap(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        """See Store."""
        return await self._write(lambda: self._swap(key, value, expect, seconds))

    async def under(self, prefix: str) -> Mapping[str, Kept]:
        """See Store."""
        return await asyncio.to_thread(self._answer, lambda: dict(self._held(prefix)))

    async def keys(self, prefix: str) -> Sequence[str]:
        """See Store. A key stands in the same file as its value, so that both are read; one value at a time is held."""
        return await asyncio.to_thread(self._answer, lambda: [key for key, _ in self._held(prefix)])

    async def changes(self, cursor: str | None, *, seconds: float) -> Changes:
        """See Store."""
        if cursor is None:
            return Changes(await self._write(self._journal.end), ())
        until = self._clock.monotonic() + seconds
        while self._answer(self._journal.end) == cursor:
            left = until - self._clock.monotonic()
            if left <= 0:
                return Changes(cursor, ())
            await self._clock.sleep(min(LOOK_SECONDS, left))
        return Changes(*await self._write(lambda: self._journal.since(cursor)))

    async def close(self) -> None:
        """See Store."""

    # -- in a thread, under the lock ---------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._folder.tidy()
        self._journal.prepare()
        self._numbers.prepare()
        self._sweep()

    def _put(self, key: str, value: bytes, expect: int) -> bool:
        if self._version(key) != expect:
            return False
        self._journal.note(key)
        self._folder.write(LASTING, Held(Head(key=key, version=expect + 1), value), durable=True)
        return True

    def _delete(self, key: str, expect: int) -> bool:
        if not expect or self._version(key) != expect:
            return False
        self._journal.note(key)
        self._folder.erase(LASTING, key, durable=True)
        return True

    def _swap(self, key: str, value: bytes | None, expect: int, seconds: float) -> Swapped:
        kept = self._passing(key)
        if (kept.version if kept is not None else 0) != expect:
            return Swapped(won=False, kept=kept)
        if value is None:
            self._folder.erase(PASSING, key, durable=False)
            return Swapped(won=True, kept=None)
        self._swaps += 1
        if self._swaps % SWEEP_SWAPS == 0:
            self._sweep()
        head = Head(key=key, version=self._numbers.take(), ends_at=self._now() + seconds)
        self._folder.write(PASSING, Held(head, value), durable=False)
        return Swapped(won=True, kept=Kept(value, head.version))

    def _sweep(self) -> None:
        for file, held in self._folder.under(PASSING, ""):
            if held is None or self._ended(held):
                file.unlink(missing_ok=True)

    # -- reading, without a lock -------------------------------------------------------------------------------

    def _find(self, key: str) -> Kept | None:
        held = self._folder.read(LASTING, key)
        return Kept(held.value, held.head.version) if held is not None else self._passing(key)

    def _version(self, key: str) -> int:
        held = self._folder.read(LASTING, key)
        return held.head.version if held is not None else 0

    def _passing(self, key: str) -> Kept | None:
        try:
            held = self._folder.read(PASSING, key)
        except Torn:
            # Passing values are not waited for until they are on disk: the machine stopped in between.
            return None
        return Kept(held.value, held.head.version) if held is not None and not self._ended(held) else None

    def _held(self, prefix: str) -> Iterator[tuple[str, Kept]]:
        for sort in (LASTING, PASSING):
            for file, held in self._folder.under(sort, prefix):
                if held is None and sort == LASTING:
                    raise Torn(file.name)
                if held is not None and not self._ended(held):
                    yield held.head.key, Kept(held.value, held.head.version)

    def _ended(self, held: Held) -> bool:
        return held.head.ends_at is not None and held.head.ends_at <= self._now()

    def _now(self) -> float:
        # The one clock that all processes of a machine share.
        return self._clock.now().timestamp()

    # -- how each is run ---------------------------------------------------------------------------------------

    async def _write(self, do: Callable[[], Got]) -> Got:
        async with self._turn:
            return await asyncio.to_thread(self._answer, lambda: self._under_lock(do))

    def _under_lock(self, do: Callable[[], Got]) -> Got:
        with self._folder.locked():
            return do()

    def _answer(self, do: Callable[[], Got]) -> Got:
        try:
            return do()
        except OSError as error:
            raise StateDown(f"The state folder cannot be used ({type(error).__name__}).") from error
        except (Torn, struct.error) as error:
            structlog.get_logger("ledgermesh").error("state folder is damaged", file=str(error))
            raise StateDown("The state folder is damaged.") from error
