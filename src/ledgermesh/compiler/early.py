"""Relations of long lists, asked for before the lists' objects are written: their calls are under way meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from operator import is_
from typing import Any, Final

from graphql import get_named_type, is_abstract_type

from ledgermesh.compiler.plan import Level, Place

TURNS: Final = 6
"""Turns of the event loop in which a call that is begun comes to be on its way."""

Call = Callable[[Place, Sequence[Any]], Any]
"""Calls the resolver of a field that is resolved a level at a time."""


class Early:
    """What was begun for objects before they stand in the answer.

    Nearly always all of them come to stand there. Where one does not, what was begun is let go: whoever asks for the
    others finds what was read for this request.
    """

    def __init__(self) -> None:
        self._begun: dict[int, tuple[Sequence[Any], asyncio.Future[Any]]] = {}

    async def begin(self, lists: Iterable[tuple[Place, Sequence[Any]]], call: Call) -> None:
        """Call the resolvers of what these lists hold; each list is the value of a field."""
        objects: dict[int, list[Any]] = {}
        levels: dict[int, Level] = {}
        for place, items in lists:
            level = _level(place)
            if level is not None:
                levels[level.id] = level
                objects.setdefault(level.id, []).extend(each for each in items if each is not None)
        for id, level in levels.items():
            for place in level.called:
                found = call(place, objects[id]) if place.many is not None else None
                if isinstance(found, Awaitable):
                    task = asyncio.ensure_future(found)
                    task.add_done_callback(_looked_at)
                    self._begun[place.id] = objects[id], task
        if self._begun:
            for _ in range(TURNS):
                await asyncio.sleep(0)

    def taken(self, place: Place, objects: Sequence[Any]) -> asyncio.Future[Any] | None:
        """What was begun for exactly these; None where nothing was."""
        expected, task = self._begun.pop(place.id, ((), None))
        alike = len(expected) == len(objects) and all(map(is_, expected, objects))
        return task if alike else None

    def give_up(self) -> None:
        """Nobody will take what is left."""
        for _, task in self._begun.values():
            task.cancel()
        self._begun.clear()


def _level(place: Place) -> Level | None:
    """What stands in a list, where that is of one type and has fields that are resolved a level at a time."""
    named = get_named_type(place.type)
    level = None if is_abstract_type(named) else place.levels.get(named.name)
    return level if level is not None and any(each.many is not None for each in level.called) else None


def _looked_at(task: asyncio.Future[Any]) -> None:
    """An error that nobody comes to is nobody's."""
    if not task.cancelled():
        task.exception()
