"""Records that are asked for one by one and read together: all that one turn of the event loop asks for."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

from ledgermesh.engine.picking import Loaded, good
from ledgermesh.model.record import Record
from ledgermesh.slices import Slices

Key = tuple[str, dt.date | None]
"""A native id, and a day before which the record does not lie, where the caller knows one."""

Reading = asyncio.Task[dict[str, Loaded]]

Read = Callable[[Sequence[str], dt.date | None], Awaitable[dict[str, Loaded]]]


class Asked:
    """What is being read for somebody. Awaiting it gives the records in their order, or raises the first error."""

    def __init__(self, readings: Mapping[str, Reading]) -> None:
        self._readings = readings

    def __await__(self) -> Generator[Any, None, list[Record | None]]:
        return self._rows().__await__()

    async def found(self) -> Mapping[str, Loaded]:
        """Them by id, others perhaps among them, with the error that stands for what could not be read."""
        readings = set(self._readings.values())
        if len(readings) == 1:  # as a rule
            return await readings.pop()
        return {id: (await reading)[id] for id, reading in self._readings.items()}

    async def _rows(self) -> list[Record | None]:
        found = await self.found()
        return [good(found[id]) for id in self._readings]


class Batch:
    """The records of one kind of one connection, as one request reads them; each is read once."""

    def __init__(self, read: Read, slices: Slices) -> None:
        self._read = read
        self._slices = slices
        self._known: dict[Key, Reading] = {}
        self._next: tuple[list[Key], Reading] | None = None

    def ask(self, ids: Iterable[str], since: dt.date | None = None) -> Asked:
        """Have these read, with what else is asked for in this turn; see Key for `since`."""
        known = self._known
        keys = dict.fromkeys(zip(ids, repeat(since)))
        new = [key for key in keys if key not in known]
        if new:
            if self._next is None:
                begun: list[Key] = []
                self._next = begun, asyncio.ensure_future(self._together(begun))
            self._next[0].extend(new)
            known.update(dict.fromkeys(new, self._next[1]))
        return Asked({key[0]: known[key] for key in keys})

    async def one(self, native_id: str) -> Record | None:
        """One of them; raises LedgermeshError."""
        return good((await self.ask((native_id,)).found())[native_id])

    async def _together(self, keys: list[Key]) -> dict[str, Loaded]:
        # Not all have asked when this begins: those that this turn wakes do at its end.
        await asyncio.sleep(0)
        # Others of a crowd stand in line to ask, where they would hold the loop for long.
        await self._slices.behind()
        self._next = None
        days = [since for _, since in keys if since is not None]
        since = min(days) if len(days) == len(keys) else None
        return await self._read(list(dict.fromkeys(id for id, _ in keys)), since)
