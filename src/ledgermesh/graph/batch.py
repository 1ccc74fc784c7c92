"""Records that are asked for one by one and read together: all that one turn of the event loop asks for."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from ledgermesh.engine.picking import Loaded, good
from ledgermesh.model.record import Record
from ledgermesh.slices import Slices

Since = dt.date | None
"""A day before which a record does not lie, where the caller knows one."""

Part = tuple[Since, Sequence[str]]
"""Native ids that somebody asks for at once."""

Reading = asyncio.Task[dict[str, Loaded]]

Read = Callable[[Sequence[str], Since], Awaitable[dict[str, Loaded]]]


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
        self._known: dict[Since, dict[str, Reading]] = {}
        self._next: tuple[list[Part], Reading] | None = None

    def ask(self, ids: Iterable[str], since: Since = None) -> Asked:
        """Have these read, with what else is asked for in this turn; see Since."""
        known, asked = self._known.setdefault(since, {}), dict.fromkeys(ids)
        new = [id for id in asked if id not in known]
        if new:
            if self._next is None:
                begun: list[Part] = []
                self._next = begun, asyncio.ensure_future(self._together(begun))
            self._next[0].append((since, new))
            known.update(dict.fromkeys(new, self._next[1]))
        return Asked({id: known[id] for id in asked})

    async def one(self, native_id: str) -> Record | None:
        """One of them; raises LedgermeshError."""
        return good((await self.ask((native_id,)).found())[native_id])

    async def _together(self, parts: list[Part]) -> dict[str, Loaded]:
        # Not all have asked when this begins: those that this turn wakes do at its end.
        await asyncio.sleep(0)
        # Others of a crowd stand in line to ask, where they would hold the loop for long.
        await self._slices.behind()
        self._next = None
        days = [since for since, _ in parts if since is not None]
        since = min(days) if len(days) == len(parts) else None
        return await self._read(list(dict.fromkeys(chain.from_iterable(ids for _, ids in parts))), since)
