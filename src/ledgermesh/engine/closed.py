"""Closed books: up to which day, and which dates of a change lie there; asked of the provider, never guessed."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ledgermesh.engine.hub import Hub
from ledgermesh.engine.planned import Finding, Step
from ledgermesh.engine.read import Leaves
from ledgermesh.errors import LedgermeshError, Refused
from ledgermesh.model.record import Record
from ledgermesh.spec.provider import Closing
from ledgermesh.spec.query import ListQuery
from ledgermesh.spec.write import WriteVerb

CODE = "PERIOD_CLOSED"
MOVING = ("CREATE", "UPDATE", "DELETE", "VOID", "UNPROCESS")
"""Verbs that change what was booked on a day."""


@dataclass(slots=True)
class Closed:
    """The day through which one connection's books are closed: asked once, and only if somebody wants to know."""

    hub: Hub
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _told: list[dt.date | LedgermeshError | None] = field(default_factory=list)

    async def through(self) -> dt.date | None:
        """The last closed day; None where none is. Raises LedgermeshError where that cannot be read."""
        async with self._lock:
            if not self._told:
                self._told.append(await self._read())
        found = self._told[0]
        if isinstance(found, LedgermeshError):
            raise found
        return found

    async def _read(self) -> dt.date | LedgermeshError | None:
        try:
            return await closed_through(self.hub)
        except LedgermeshError as error:
            return error

    async def findings(self, step: Step) -> Iterator[Finding]:
        """What is wrong with the days of this step; that it could not be known does not keep it from being sent."""
        if not step.days:
            return iter(())
        try:
            last = await self.through()
        except LedgermeshError as error:
            words = f"whether the books are closed on that day could not be read ({error.code})"
            return iter((Finding(code="UNCHECKED", path="", message=words),))
        return _closed(step, last, self.hub.provider.title)


def _closed(step: Step, last: dt.date | None, title: str) -> Iterator[Finding]:
    for path, day in step.days:
        if last is not None and day <= last:
            words = (
                f"{title} has its books closed through {last}, and {day} is not after it: give a later date, "
                f"or have whoever closed them in {title} open them again"
            )
            yield Finding(code=CODE, path=path, message=words, blocks=True)


async def closed_through(hub: Hub) -> dt.date | None:
    """The last closed day, as the provider tells it. Raises LedgermeshError."""
    closing = hub.provider.closing
    if closing is None:
        return None
    for pages in hub.lists(ListQuery(kind=closing.kind, fields=frozenset((closing.field,)))):
        leaves = Leaves(pages)
        while not leaves.ended:
            for record in (await leaves.turn()).rows:
                found = getattr(record, closing.field)
                return found if isinstance(found, dt.date) else None
    return None


def days_of(
    closing: Closing | None, kind: str, verb: WriteVerb, values: Mapping[str, Any], record: Record | None
) -> Iterator[tuple[str, dt.date]]:
    """The days on which a change counts, by the name of the model's field: where the record is, and where it goes."""
    name = closing.dates.get(kind) if closing is not None else None
    if name is None or verb not in MOVING:
        return
    standing = getattr(record, name) if record is not None and verb != "CREATE" else None
    days = dict.fromkeys(each for each in (standing, values.get(name)) if isinstance(each, dt.date))
    yield from ((name, day) for day in days)


async def explained(hub: Hub, step: Step, error: LedgermeshError) -> None:
    """Say in a refusal that the books have been closed since the plan was made, where that is so."""
    if not isinstance(error, Refused) or not step.days:
        return
    try:
        last = await closed_through(hub)
    except LedgermeshError:
        return
    paths = [path for path, day in step.days if last is not None and day <= last]
    if paths:
        error.message = f"{error.message} Its books are closed through {last}."
        if paths[0]:
            error.details.setdefault("field", paths[0])
