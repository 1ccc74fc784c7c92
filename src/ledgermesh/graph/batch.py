"""Records that are asked for one by one and read together: all that one turn of the event loop asks for."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ledgermesh.engine.picking import Loaded, good
from ledgermesh.model.record import Record
from ledgermesh.slices import Slices


class Key(NamedTuple):
    """What is asked for."""

    native_id: str
    since: dt.date | None = None
    """A day before which the record does not lie, where the caller knows one."""


Reading = asyncio.Task[dict[str, Loaded]]

Read = Callable[[Sequence[str], dt.date | None], Awaitable[dict[str, Loaded]]]


class Asked:
    """What is being read for somebody. Awaiting it gives the records in their order, or raises the first error."""

    def __init__(self, tasks: Mapping[Key, Reading]) -> None:
        self._tasks = tasks

    def __await__(self) -> Generator[Any, None, list[Record | None]]:
        return self._rows().__await__()

    async def found(self) -> dict[str, Loaded]:
        """Them by id, with the error that stands for what could not be read."""
        found: dict[str, Loaded] = {}
        last, known = None, dict[str, Loaded]()
        for key, task in self._tasks.items():
            if task is not last:  # as a rule one has read all of them
                last, known = task, await task
            found[key.native_id] = known[key.native_id]
        return found

    async def _rows(self) -> list[Record | None]:
        return [good(each) for each in (await self.found()).values()]


class Batch:
    """The records of one kind of one connection, as one request reads them; each is read once."""

    def __init__(self, read: Read, slices: Slices) -> None:
        self._read = read
        self._slices = slices
        self._known: dict[Key, Reading] = {}
        self._next: tuple[list[Key], Reading] | None = None

    def ask(self, keys: Iterable[Key]) -> Asked:
        """Have these read, with what else is asked for in this turn."""
        return Asked({key: self._reading(key) for key in keys})

    async def one(self, key: Key) -> Record | None:
        """One of them; raises LedgermeshError."""
        return good((await self._reading(key))[key.native_id])

    def _reading(self, key: Key) -> Reading:
        found = self._known.get(key)
        if found is None:
            if self._next is None:
                keys: list[Key] = []
                self._next = keys, asyncio.ensure_future(self._together(keys))
            self._next[0].append(key)
            found = self._known[key] = self._next[1]
        return found

    async def _together(self, keys: list[Key]) -> dict[str, Loaded]:
        # Not all have asked when this begins: those that this turn wakes do at its end.
        await asyncio.sleep(0)
        # Others of a crowd stand in line to ask, where they would hold the loop for long.
        await self._slices.behind()
        self._next = None
        days = [key.since for key in keys if key.since is not None]
        since = min(days) if len(days) == len(keys) else None
        return await self._read(list(dict.fromkeys(key.native_id for key in keys)), since)
