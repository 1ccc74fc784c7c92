"""One run of a compiled operation: resolvers of a level together, values completed in slices."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from types import CoroutineType, SimpleNamespace
from typing import Any, NamedTuple, cast

from graphql import (
    GraphQLResolveInfoHelpers,
    default_field_resolver,
    default_type_resolver,
    get_named_type,
)
from graphql.execution import Executor
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import gather_with_cancel, is_awaitable

from ledgermesh.compiler.careful import Careful, details, refused, settled
from ledgermesh.compiler.early import Early
from ledgermesh.compiler.emit import AT_ONCE_MAX, Functions, ListFill
from ledgermesh.compiler.guard import Caught, Elements, Fault, Trouble
from ledgermesh.compiler.plan import Level, Place, Plan
from ledgermesh.compiler.terms import Memo, Odd, Options, Surprise

CHUNK = 8
"""Values that are completed between two looks at the clock."""

STARTED_MAX = 250
"""Resolvers that are set going before others have the event loop."""

CLASSES_MAX = 1000
"""Classes that are remembered for one place; more are made at run time by somebody."""

SYNC = frozenset((type(None), bool, int, float, str, bytes, list, tuple, dict))
"""Classes of values that nobody awaits; looked at first because it is quick."""

Waits = list[Coroutine[Any, Any, None]]


class Asked(NamedTuple):
    """What a run is given by its caller."""

    root: Any
    context: Any
    variables: VariableValues


class Long(NamedTuple):
    """A list that is completed piece by piece."""

    place: Place
    items: Sequence[Any]
    fill: ListFill
    done: list[Any]


class Run:
    """The state of one run."""

    def __init__(
        self, plan: Plan, functions: Functions, options: Options, clock: Callable[[], float], asked: Asked
    ) -> None:
        self.plan = plan
        self.asked = asked
        self.objects: dict[int, list[Any]] = {level.id: [] for level in plan.calling}
        self.structs: dict[int, list[Any]] = {level.id: [] for level in plan.calling}
        self.slots = plan.slots
        self.later: list[Long] = []
        self.long: list[Long] = []
        self.troubles: list[Trouble] = []
        self.awaited: dict[int, tuple[Sequence[Any], Sequence[int]]] = {}
        """Of each field that somebody had to wait for: its objects of the answer, and for which of them."""
        self.surprise = ""
        """Why graphql-core has to answer; empty where it need not."""
        self.memo = Memo()
        self._early = Early()
        self._infos, self._wrapped = dict[int, Any](), dict[int, Any]()
        self.options = options
        self._clock = clock
        self._since = clock()
        self.functions = functions

    # -- for the generated code ----------------------------------------------------------------------------------------

    def careful_row(self, level: Level, source: Any) -> Any:
        """An object of the answer, however odd its fields; raises Odd or Fault where it cannot stand."""
        return Careful(self).row(level, source)

    def careful_field(self, place: Place, value: Any, struct: Any) -> None:
        """Complete what a resolver gave into its object of the answer."""
        Careful(self).field(place, value, struct)

    def careful_item(self, place: Place, value: Any, done: list[Any]) -> Any:
        """The next element of a long list."""
        return Careful(self).item(place, value, done)

    def check(self, level: Level, source: Any) -> None:
        """Remember the class of an object that fields may be read from; raises Odd for any other."""
        if refused(level, source):
            raise Odd
        test: Any = level.type.is_type_of
        by_class = self.options.kinds_by_class and test is not None and level.at is not None
        if by_class and test(source, self.info(cast("Place", level.at))) is not True:
            raise Odd
        if len(level.known) < CLASSES_MAX:
            level.known.add(source.__class__)

    def kind(self, place: Place, value: Any) -> str:
        """The name of the object type of a value of an interface or union, as graphql-core finds it."""
        type: Any = get_named_type(place.type)
        resolve = type.resolve_type or default_type_resolver
        name = settled(resolve(value, self.info(place), type), "an awaitable resolve_type")
        found = Executor.ensure_valid_runtime_type(
            cast("Any", SimpleNamespace(schema=self.plan.schema)),
            name, type, details(place), self.info(place), value,
        ).name  # fmt: skip
        if self.options.kinds_by_class and len(place.kinds) < CLASSES_MAX:
            place.kinds[value.__class__] = found
        return found

    def info(self, place: Place) -> Any:
        """What the resolver of a field gets beside its source: the same for all sources of this run."""
        found = self._infos.get(place.id)
        if found is None:
            found = self._infos[place.id] = self.options.info(
                place.name,
                place.nodes,
                place.type,
                place.above.type,
                place.path,
                self.plan.schema,
                self.plan.fragments,
                self.asked.root,
                self.plan.operation,
                self.asked.variables,
                self.asked.context,
                is_awaitable,
                None,
                HELPERS,
            )
        return found

    def wrapped(self, place: Place) -> Any:
        """The same, as a resolver gets it that is called by itself."""
        found = self._wrapped.get(place.id)
        if found is None:
            assert place.direct is not None, "it is called by itself"
            found = self._wrapped[place.id] = place.direct.wrap(self.info(place))
        return found

    def usual(self, place: Place, objects: Sequence[Any]) -> list[Any]:
        """The outcome for each object of the schema's own resolver, with all that stands around it."""
        resolve, column = place.definition.resolve or default_field_resolver, list[Any]()
        with Caught() as caught:
            arguments, info = self.arguments(place), self.info(place)
        if caught.error is not None:
            return [caught.error] * len(objects)
        for each in objects:
            with Caught() as caught:
                column.append(resolve(each, info, **arguments))
            if caught.error is not None:
                column.append(caught.error)
        return column

    def arguments(self, place: Place) -> dict[str, Any]:
        """The coerced arguments of a field; raises GraphQLError."""
        if place.arguments is not None:
            return place.arguments
        return get_argument_values(place.definition, place.nodes[0], self.asked.variables)

    def listed(self, value: Iterable[Any]) -> Sequence[Any]:
        """The elements, gone through once; raises Surprise."""
        if isinstance(value, list | tuple):
            return value
        if isinstance(value, Iterator):
            raise Surprise("an iterator")  # the first place that goes through it has its elements, no other
        known = self.memo.listed
        if id(value) not in known:
            known[id(value)] = (value, Elements(value))
        found: Elements = known[id(value)][1]
        if found.error is not None:
            # graphql-core completes the elements before it, and keeps their errors.
            raise Surprise("an iterable that fails")
        return found.found

    def defer(self, place: Place, items: Sequence[Any], fill: ListFill) -> list[Any]:
        """A list of the answer that is filled piece by piece, after what is around it."""
        done: list[Any] = []
        self.later.append(Long(place, items, fill, done))
        return done

    # -- level by level ------------------------------------------------------------------------------------------------

    async def complete(self) -> Any:
        """The object of the answer, not to be used after a surprise."""
        top, waits = None, Waits()
        try:
            top = self.functions.row(self, self.asked.root)
            if self.later:
                waits.append(self._drain(self._taken(), None))
            else:
                self._below(None, waits)
        except Surprise as surprise:
            self.surprise = surprise.reason
        except Fault:
            self.surprise = "a null at the root"
        if waits:
            await _together(waits)
        return top

    async def pause(self) -> None:
        """Let others have the event loop, if this run has had it for long."""
        if self._clock() - self._since > self.options.slice_seconds:
            await asyncio.sleep(0)
            self._since = self._clock()

    def _begin(self, levels: Iterable[Level], waits: Waits) -> None:
        """Call the resolvers of these levels, and go on with those that have answered."""
        for level in levels:
            if self.surprise or not self.objects[level.id]:
                continue
            if len(self.objects[level.id]) > AT_ONCE_MAX:
                waits.append(self._begin_long(level))
                continue
            objects, structs = self.objects[level.id], self.structs[level.id]
            for place in level.called:
                self._land(place, structs, self._called(place, objects), waits)

    async def _begin_long(self, level: Level) -> None:
        objects, structs, waits = self.objects[level.id], self.structs[level.id], Waits()
        for place in level.called:
            if place.many is not None:
                begun = self._early.taken(place, objects)
                self._land(place, structs, begun or self._called(place, objects), waits)
                continue
            column = list[Any]()
            for start in range(0, len(objects), CHUNK):
                column += self._called(place, objects[start : start + CHUNK])
                await self.pause()
            self._land(place, structs, column, waits)
        if waits:
            await _together(waits)

    def _called(self, place: Place, objects: Sequence[Any]) -> Any:
        """What the resolver of a field gives for each, or an awaitable of that."""
        return self.functions.fields[place.id][0](self, objects)

    def _land(self, place: Place, structs: list[Any], column: Any, waits: Waits) -> None:
        objects = self.objects[place.above.id]
        if place.many is not None and not isinstance(column, list):
            waits.append(self._later_many(place, structs, column))
            return
        waiting = [
            index
            for index, value in enumerate(column)
            if value.__class__ not in SYNC
            and value.__class__ not in place.known
            and (value.__class__ is CoroutineType or is_awaitable(value))
        ]
        self.memo.keep(place.nodes[0], objects, column, waiting)
        if waiting:
            self.awaited[place.id] = structs, waiting
            waits.append(self._later(place, structs, column, waiting))
        else:
            self._fill(place, structs, column, waits)

    async def _later(self, place: Place, structs: list[Any], column: list[Any], waiting: list[int]) -> None:
        if len(waiting) == 1:
            with Caught() as caught:
                column[waiting[0]] = await column[waiting[0]]
            if caught.error is not None:
                column[waiting[0]] = caught.error
        else:
            await self._gather(column, waiting)
        self._since = self._clock()
        below = Waits()
        self._fill(place, structs, column, below)
        if below:
            await _together(below)

    async def _gather(self, column: list[Any], waiting: list[int]) -> None:
        """All at once, so that what is loaded in batches is loaded in one; a crowd is set going bit by bit."""
        tasks: list[Any] = []
        try:
            for start in range(0, len(waiting), STARTED_MAX):
                some = waiting[start : start + STARTED_MAX]
                tasks += [asyncio.ensure_future(column[index]) for index in some]
                if len(waiting) > STARTED_MAX:
                    await asyncio.sleep(0)
            found = await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            for task in tasks:  # all have ended, unless this run was cancelled
                task.cancel()
        for index, value in zip(waiting, found, strict=True):
            if isinstance(value, BaseException) and not isinstance(value, Exception):
                raise value
            column[index] = value

    async def _later_many(self, place: Place, structs: list[Any], asking: Awaitable[Sequence[Any]]) -> None:
        objects, column = self.objects[place.above.id], list[Any]()
        with Caught() as caught:
            column = list(await asking)
            if len(column) != len(objects):
                raise ValueError(f"{len(column)} values for {len(objects)} objects")
        if caught.error is not None:
            column = [caught.error] * len(objects)
        self.awaited[place.id] = structs, range(len(column))
        self._since = self._clock()
        self.memo.keep(place.nodes[0], objects, column, range(len(column)))
        below = Waits()
        self._fill(place, structs, column, below)
        if below:
            await _together(below)

    def _fill(self, place: Place, structs: list[Any], column: list[Any], waits: Waits) -> None:
        """Complete the values; in one go, if they are few."""
        if self.surprise:
            return
        if len(column) > AT_ONCE_MAX:
            waits.append(self._fill_long(place, structs, column))
            return
        try:
            self.functions.fields[place.id][1](self, structs, column, {})
        except Surprise as surprise:
            self.surprise = surprise.reason
            return
        if self.later:
            waits.append(self._drain(self._taken(), place))
        else:
            self._below(place, waits)

    async def _fill_long(self, place: Place, structs: list[Any], column: list[Any]) -> None:
        fill, done = self.functions.fields[place.id][1], dict[int, Any]()
        work: list[Long] = []
        try:
            for start in range(0, len(column), CHUNK):
                fill(self, structs[start : start + CHUNK], column[start : start + CHUNK], done)
                if self.later:
                    work += self._taken()
                await self.pause()
        except Surprise as surprise:
            self.surprise = surprise.reason
        await self._drain(work, place)

    def _taken(self) -> list[Long]:
        taken, self.later = self.later, []
        return taken

    async def _drain(self, work: list[Long], place: Place | None) -> None:
        """Fill the long lists below a field, or those of the root, then go on below."""
        try:
            await self._early.begin([(each.place, each.items) for each in work], self._called)
            for each in work:  # grows on the way
                await self._drain_one(each, work)
        except Surprise as surprise:
            self.surprise = surprise.reason
        except asyncio.CancelledError:
            self._early.give_up()
            raise
        waits = Waits()
        self._below(place, waits)
        if waits:
            await _together(waits)

    async def _drain_one(self, each: Long, work: list[Long]) -> None:
        self.long.append(each)
        for start in range(0, len(each.items), CHUNK):
            each.fill(self, each.items[start : start + CHUNK], each.done)
            if self.later:
                work += self._taken()
            await self.pause()

    def _below(self, place: Place | None, waits: Waits) -> None:
        if not self.surprise:
            self._begin(self.plan.begins if place is None else place.begins, waits)


def _together(waits: Waits) -> Awaitable[None]:
    """Until all have ended; what is one needs nothing around it."""
    return waits[0] if len(waits) == 1 else _all_of(waits)


async def _all_of(waits: Waits) -> None:
    """Until all have ended, also where one of them fails."""
    for found in await asyncio.gather(*waits, return_exceptions=True):
        if found is not None:
            raise found


def _track(values: Sequence[Any]) -> None:
    """Let pending work come to its end."""
    pending = [value for value in values if is_awaitable(value)]
    if pending:
        asyncio.gather(*pending, return_exceptions=True)


HELPERS = GraphQLResolveInfoHelpers(gather=lambda values: gather_with_cancel(*values), track=_track)
"""What graphql-core lends to resolvers: nothing of it belongs to one run."""
