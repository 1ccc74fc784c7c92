"""Errors of a finished run: where they stand in the answer, in the order in which graphql-core tells them."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from graphql import GraphQLError, located_error

from ledgermesh.compiler.guard import Key, Trouble
from ledgermesh.compiler.plan import Level, Place, item, nullable
from ledgermesh.compiler.runtime import Run
from ledgermesh.compiler.terms import Surprise

LOOKS = 100
"""Places of the answer that are looked at between two looks at the clock."""


class Step(NamedTuple):
    """One position on the way down the answer."""

    holder: Any
    key: Key
    """The slot of an object, the index in a list."""
    type: Any
    place: Place | None
    """The field of the object; None in a list."""


class Found(NamedTuple):
    """A trouble at one of the places where its object stands: objects that are the same are made once."""

    trouble: Trouble
    path: list[Key]
    trail: tuple[Step, ...]


class Walk:
    """Goes down the answer, only where a trouble may lie."""

    def __init__(self, run: Run) -> None:
        self._levels = {level.struct: level for level in run.plan.levels}
        self._by_anchor: dict[int, list[Trouble]] = {}
        self._toward: set[int] = set()
        for trouble in run.troubles:
            self._by_anchor.setdefault(id(trouble.anchor), []).append(trouble)
            level: Level | None = self._levels.get(type(trouble.anchor), trouble.place.above)
            while level is not None and level.id not in self._toward:
                self._toward.add(level.id)
                level = level.at.above if level.at is not None else None
        self._lists = {trouble.place.id for trouble in run.troubles if isinstance(trouble.anchor, list)}

    def object(self, struct: Any, path: list[Key], trail: tuple[Step, ...]) -> Iterator[Found | None]:
        """What lies in an object of the answer; None now and then, for pausing."""
        yield None
        own = self._by_anchor.get(id(struct), ())
        for place in self._levels[type(struct)].places:
            here = (*trail, Step(struct, place.slot, place.type, place))
            for trouble in own:
                if trouble.rel[0] == place.key:
                    yield Found(trouble, [*path, *trouble.rel], here)
            if self._leads(place):
                yield from self._value(getattr(struct, place.slot), place.type, [*path, place.key], here)

    def _leads(self, place: Place) -> bool:
        below = any(level.id in self._toward for level in place.levels.values())
        return below or place.id in self._lists

    def _value(
        self, value: Any, type: Any, path: list[Key], trail: tuple[Step, ...]
    ) -> Iterator[Found | None]:
        if isinstance(value, list):
            inside, own = item(type), self._by_anchor.get(id(value), ())
            for index, each in enumerate(value):
                here = (*trail, Step(value, index, inside, None))
                for trouble in own:
                    if trouble.rel[0] == index:
                        yield Found(trouble, [*path, *trouble.rel], here)
                yield from self._value(each, inside, [*path, index], here)
        elif value.__class__ in self._levels:
            yield from self.object(value, path, trail)


async def errors_of(run: Run, top: Any) -> tuple[Any, list[GraphQLError]]:
    """The answer with its last nulls, and its errors; raises Surprise where they depend on who was first."""
    if not run.troubles:
        return top, []
    found: list[Found] = []
    for looks, each in enumerate(Walk(run).object(top, [], ()), 1):
        if each is not None:
            found.append(each)
        if looks % LOOKS == 0:
            await run.pause()
    for each in found:
        if each.trouble.fatal:
            top = _nulled(each, found, top)
    awaited = {
        (place, id(structs[index])) for place, (structs, waiting) in run.awaited.items() for index in waiting
    }
    found.sort(key=lambda each: (_waits(each, awaited), _position(each)))
    return top, [located_error(each.trouble.error, each.trouble.place.nodes, each.path) for each in found]


def _waits(found: Found, awaited: Container[tuple[int, int]]) -> int:
    """How often somebody waited on the way: graphql-core tells first what it knows at once."""
    fields = [(step.place.id, id(step.holder)) for step in found.trail if step.place is not None]
    return sum(each in awaited for each in fields)


def _position(found: Found) -> list[int]:
    """Where it stands in the order of the answer."""
    positions: list[int] = []
    place: Place | None = found.trouble.place
    for key in reversed(found.path):
        if isinstance(key, int):
            positions.append(key)
        elif place is not None:
            positions.append(place.above.places.index(place))
            place = place.above.at
    return positions[::-1]


def _nulled(fatal: Found, found: list[Found], top: Any) -> Any:
    """The answer with null in the nearest place that may be null.

    Raises Surprise where another error lies below it: whether graphql-core tells it depends on which comes first.
    """
    level = next((at for at in range(len(fatal.trail) - 1, -1, -1) if nullable(fatal.trail[at].type)), -1)
    above = fatal.path[: level + 1]
    if any(each is not fatal and each.path[: level + 1] == above for each in found):
        raise Surprise("a null above other errors")
    if level < 0:
        return None
    step = fatal.trail[level]
    if isinstance(step.key, int):
        step.holder[step.key] = None
    else:
        setattr(step.holder, step.key, None)
    return top
