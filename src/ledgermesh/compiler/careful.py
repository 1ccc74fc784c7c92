"""Completion as graphql-core does it, for the few values that the generated code was not made for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import GraphQLError, Undefined, is_abstract_type, is_leaf_type
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor import invalid_return_type_error
from graphql.pyutils import is_awaitable, is_iterable

from ledgermesh.compiler.emit import AT_ONCE_MAX
from ledgermesh.compiler.guard import Caught, Fault, Key, Trouble
from ledgermesh.compiler.plan import Level, Place, bare, item, nullable
from ledgermesh.compiler.terms import Odd, Surprise

if TYPE_CHECKING:
    from ledgermesh.compiler.runtime import Run

Rel = tuple[Key, ...]


def refused(level: Level, value: object) -> bool:
    """Whether a value is none that fields are read from, so that the value around it has to be looked at."""
    if level.at is None:
        return False
    called = level.at.plain is not None and level.at.plain.callables and callable(value)
    return (
        value is None or value is Undefined or called or isinstance(value, Exception) or is_awaitable(value)
    )


def details(place: Place) -> list[FieldDetails]:
    """A field's nodes as graphql-core's executor hands them around."""
    return [FieldDetails(node, None) for node in place.nodes]


def settled(value: Any, reason: str) -> Any:
    """A value that does not have to be awaited; raises Surprise."""
    if is_awaitable(value):
        raise Surprise(reason)
    return value


class Careful:
    """One value and all below it. What it finds is told to the run only when it is done."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._troubles: list[Trouble] = []
        self._objects: list[tuple[Level, Any, Any]] = []
        self._later = len(run.later)

    def row(self, level: Level, source: Any) -> Any:
        """See Run.careful_row."""
        if refused(level, source):
            raise Odd
        struct = self._object(level, source, ())
        self._tell(struct, ())
        return struct

    def field(self, place: Place, value: Any, struct: Any) -> None:
        """See Run.careful_field."""
        with Caught() as caught:
            setattr(struct, place.slot, self._complete(place, place.type, value, (place.key,)))
        if caught.error is not None:
            setattr(struct, place.slot, None)
            self._last(place, place.type, caught.error, (place.key,))
        self._tell(struct, ())

    def item(self, place: Place, value: Any, done: list[Any]) -> Any:
        """See Run.careful_item."""
        found, inside, rel = None, item(place.type), (len(done),)
        settled(value, "an awaitable in a list")
        with Caught() as caught:
            found = self._complete(place, inside, value, rel)
        if caught.error is not None:
            self._last(place, inside, caught.error, rel)
        self._tell([*([None] * len(done)), found], (), instead=done)
        return found

    # -- the walk down -------------------------------------------------------------------------------------------------

    def _object(self, level: Level, source: Any, rel: Rel) -> Any:
        try:
            if level.at is not None and level.type.is_type_of is not None:
                self._check(level, level.at, source)
            values = [self._place(place, source, (*rel, place.key)) for place in level.places]
        except Fault:
            if level.called:
                # graphql-core would have called the resolvers before the null, and kept their errors.
                raise Surprise("a null above a resolver") from None
            raise
        struct = level.struct(*values)
        if level.called:
            self._objects.append((level, source, struct))
        return struct

    def _check(self, level: Level, at: Place, source: Any) -> None:
        test: Any = level.type.is_type_of
        if not settled(test(source, self._run.info(at)), "an awaitable is_type_of"):
            raise invalid_return_type_error(level.type, source, details(at))

    def _place(self, place: Place, source: Any, rel: Rel) -> Any:
        if place.typename:
            return place.above.type.name
        if place.plain is None:
            return None
        begun = len(self._objects), len(self._run.later)
        with Caught() as caught:
            value = place.plain.read(source, self._run.info(place))
            return self._complete(place, place.type, settled(value, "an awaitable in a plain field"), rel)
        return self._failed(place, place.type, caught.error, rel, begun)

    def _failed(
        self, place: Place, type: Any, error: Exception | None, rel: Rel, begun: tuple[int, int]
    ) -> None:
        assert error is not None, "something was raised"
        trouble = error.trouble if isinstance(error, Fault) else Trouble(place, rel, error)
        if not nullable(type):
            raise Fault(trouble)
        if begun != (len(self._objects), len(self._run.later)):
            raise Surprise("a null above a resolver")
        self._troubles.append(trouble)

    def _last(self, place: Place, type: Any, error: Exception, rel: Rel) -> None:
        """The value as a whole has failed."""
        if self._objects or len(self._run.later) != self._later:
            raise Surprise("a null above a resolver")
        trouble = error.trouble if isinstance(error, Fault) else Trouble(place, rel, error)
        trouble.fatal = not nullable(type)
        self._troubles.append(trouble)

    def _complete(self, place: Place, type: Any, value: Any, rel: Rel) -> Any:
        if isinstance(value, Exception):
            raise value
        if not nullable(type):
            found = self._complete(place, type.of_type, value, rel)
            if found is None:
                raise TypeError(f"Cannot return null for non-nullable field {place.above.type}.{place.name}.")
            return found
        if value is None or value is Undefined:
            return None
        if item(type) is not None:
            return self._items(place, type, value, rel)
        if is_leaf_type(type):
            return Executor.complete_leaf_value(type, value)
        name = self._run.kind(place, value) if is_abstract_type(type) else type.name
        return self._object(place.levels[name], value, rel)

    def _items(self, place: Place, type: Any, value: Any, rel: Rel) -> Any:
        if hasattr(value, "__aiter__"):
            raise Surprise("an asynchronous list")
        if not is_iterable(value):
            raise GraphQLError(
                f"Expected Iterable, but did not find one for field '{place.above.type}.{place.name}'."
            )
        items, inside = self._run.listed(value), item(type)
        if len(items) > AT_ONCE_MAX and place.id in self._run.functions.lists and bare(place.type) is type:
            return self._run.defer(place, items, self._run.functions.lists[place.id])
        found: list[Any] = []
        for index, each in enumerate(items):
            found.append(self._item(place, inside, each, (*rel, index)))
        return found

    def _item(self, place: Place, type: Any, value: Any, rel: Rel) -> Any:
        begun = len(self._objects), len(self._run.later)
        with Caught() as caught:
            return self._complete(place, type, settled(value, "an awaitable in a list"), rel)
        return self._failed(place, type, caught.error, rel, begun)

    # -- telling the run -----------------------------------------------------------------------------------------------

    def _tell(self, top: Any, rel: Rel, *, instead: Any = None) -> None:
        for trouble in self._troubles:
            anchor, trouble.rel = self._anchor(top, trouble.rel)
            trouble.anchor = instead if anchor is top and instead is not None else anchor
        self._run.troubles += self._troubles
        for level, source, struct in self._objects:
            self._run.objects[level.id].append(source)
            self._run.structs[level.id].append(struct)

    def _anchor(self, top: Any, rel: Sequence[Key]) -> tuple[Any, Rel]:
        """The last object of the answer on the way, and the way from there."""
        found, rest, value = top, tuple(rel), top
        for index, key in enumerate(rel):
            if isinstance(value, msgspec.Struct):
                found, rest = value, tuple(rel[index:])
                value = getattr(value, self._run.slots[type(value)][str(key)])
            elif isinstance(value, list):
                value = value[key] if isinstance(key, int) and key < len(value) else None
            else:
                break
        return found, rest
