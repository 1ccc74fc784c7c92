"""The Python of a plan: reading, checking and writing are spelled out, so that nothing is looked up in a run."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import EnumMeta
from keyword import iskeyword
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLOutputType,
    GraphQLScalarType,
    Undefined,
    get_named_type,
    is_abstract_type,
)
from graphql.pyutils import is_awaitable

from ledgermesh.compiler.calls import calls
from ledgermesh.compiler.marks import back_to_marks, is_long, marks_at, marks_of, name_marked, set_marks
from ledgermesh.compiler.plan import Level, Place, Plan, bare, item, nullable
from ledgermesh.compiler.terms import Fused, Leaf, Odd, Options

INLINE_MAX = 4
"""Objects in objects that one function writes."""

AT_ONCE_MAX = 32
"""Elements of a list that are completed without looking at the clock."""

Lines = Iterator[str]
Names = dict[str, Any]

Call = Callable[[Any, Sequence[Any]], Any]
Fill = Callable[[Any, Sequence[Any], Sequence[Any], dict[int, Any]], None]
ListFill = Callable[[Any, Sequence[Any], list[Any]], None]


class Functions(NamedTuple):
    """What a run calls of the generated code. It is the same for all runs: each gives itself as the first argument."""

    row: Callable[[Any, Any], Any]
    """Of the root."""
    fields: Mapping[int, tuple[Call, Fill]]
    """By the number of a field that has a resolver."""
    lists: Mapping[int, ListFill]
    """By the number of a field that is a list of objects."""


def emit(plan: Plan, options: Options) -> tuple[str, Names]:
    """The source, which makes `functions` as Functions has them, and the names that it finds in its module."""
    emitter = Emitter(plan, options)
    source = "\n".join(emitter.module()) + "\n"
    return source, emitter.names


def indented(lines: Lines, by: int = 1) -> Lines:
    """Lines that stand further right."""
    for line in lines:
        yield f"{'    ' * by}{line}"


class Emitter:
    """Writes the functions of a plan; parts of it serve whoever writes objects in a way of their own."""

    def __init__(self, plan: Plan, options: Options) -> None:
        self._plan = plan
        self._options = options
        self.names: Names = {"Odd": Odd}

    def module(self) -> Lines:
        """All functions. None is made for one run: that would take longer than most of them do."""
        fields: list[str] = []
        for place in reversed(self._plan.places):
            yield from self._field(place)
            if place.called:
                fields.append(f"{place.id}: (call_{place.id}, fill_{place.id})")
        yield from self._row(self._plan.root)
        lists = [f"{place.id}: list_{place.id}" for place in self._plan.places if is_long(place)]
        yield ""
        yield f"functions = row_0, {{{', '.join(reversed(fields))}}}, {{{', '.join(lists)}}}"

    def _field(self, place: Place) -> Lines:
        levels = list(place.levels.values())
        inline = not (place.called or item(place.type)) and self._inlines(place)
        for level in levels:
            if not inline:
                yield from self._row(level)
        if is_abstract_type(get_named_type(place.type)):
            yield from self._pick(place)
        if is_long(place):
            yield from self._list(place)
        if place.called:
            yield from calls(place, self._name)
            yield from self._fill(place)

    def _name(self, name: str, value: Any) -> str:
        self.names[name] = value
        return name

    # -- objects ---------------------------------------------------------------------------------------------------

    def _inlines(self, place: Place) -> bool:
        """Whether the one object at this place is written by the function of the object around it."""
        named = get_named_type(place.type)
        if is_abstract_type(named) or item(place.type) is not None or not place.levels:
            return False
        level = place.levels[named.name]
        return not any(each.called for each in level.inside()) and _depth(place) < INLINE_MAX

    def _row(self, level: Level) -> Lines:
        fused = self._options.fuse(level)
        if fused is not None:
            yield from self._fused(level, fused)
        yield ""
        yield f"def {'single' if fused is not None else 'row'}_{level.id}(run, o):  # {level.title}"
        marks = marks_of(level)
        yield from indented(name_marked(marks))
        yield from indented(set_marks(marks))
        yield "    try:"
        yield from indented(self._object(level, "o", "s"), 2)
        yield "    except Exception:"
        yield from indented(back_to_marks(marks), 2)
        yield f"        return run.careful_row({self._name(f'level_{level.id}', level)}, o)"
        yield from indented(_returned(level))

    def _fused(self, level: Level, fused: Fused) -> Lines:
        """The object in one go; read field by field where it is not a usual one."""
        self._name(f"each_{level.id}", fused.each)
        yield ""
        yield f"def row_{level.id}(run, o):  # {level.title}"
        yield "    try:"
        yield f"        s = {self._name(f'fused_{level.id}', fused.one)}(o)"
        yield "    except Exception:"
        yield f"        return single_{level.id}(run, o)"
        yield from indented(_returned(level))

    def _object(self, level: Level, source: str, target: str) -> Lines:
        """Statements that make the answer's object of one that was found."""
        known = self._name(f"known_{level.id}", level.known)
        yield f"if {source}.__class__ not in {known}:"
        yield f"    run.check({self._name(f'level_{level.id}', level)}, {source})"
        if level.type.is_type_of is not None and not self._options.kinds_by_class and level.at is not None:
            test = self._name(f"is_type_of_{level.id}", level.type.is_type_of)
            yield f"if {test}({source}, run.info({self._name(f'place_{level.at.id}', level.at)})) is not True:"
            yield "    raise Odd"
        written = []
        together = self._together(level)
        if together is not None:
            names = [f"v{place.id}" for place in level.places if place.plain is not None]
            yield f"{', '.join(names)}, = {together}({source})"
        for place in level.places:
            if place.typename:
                written.append(repr(level.type.name))
            elif place.plain is None:
                written.append("None")
            else:
                name = f"v{place.id}"
                written.append(name)
                if together is None:
                    yield f"{name} = {_read(source, place.plain.attribute)}"
                yield from self._value(place, place.type, name)
        struct = self._name(f"{level.type.name}_{level.id}", level.struct)
        yield f"{target} = {struct}({', '.join(written)})"

    def _together(self, level: Level) -> str | None:
        """What reads all plain fields of an object at once."""
        attributes = [place.plain.attribute for place in level.places if place.plain is not None]
        reader = self._options.reader(level.type, attributes) if len(attributes) > 1 else None
        return self._name(f"read_{level.id}", reader) if reader is not None else None

    def _pick(self, place: Place) -> Lines:
        """Which object type an interface or union has here."""
        named = self._name(f"place_{place.id}", place)
        rows = ", ".join(f"{name!r}: row_{level.id}" for name, level in place.levels.items())
        yield ""
        yield f"rows_{place.id} = {{{rows}}}"
        yield f"def pick_{place.id}(run, o):"
        if self._options.kinds_by_class:
            kinds = self._name(f"kinds_{place.id}", place.kinds)
            yield f"    return rows_{place.id}[{kinds}.get(o.__class__) or run.kind({named}, o)](run, o)"
        else:
            yield f"    return rows_{place.id}[run.kind({named}, o)](run, o)"

    # -- values ----------------------------------------------------------------------------------------------------

    def _value(self, place: Place, type: GraphQLOutputType, name: str) -> Lines:
        """Statements that complete the value of a name, or raise."""
        inner = bare(type)
        if isinstance(inner, GraphQLScalarType | GraphQLEnumType):
            yield from self._leaf(inner, name, nullable(type))
            return
        if nullable(type):
            yield f"if {name} is not None:"
        lines = self._items(place, inner, name) if item(inner) is not None else self._one(place, name)
        yield from indented(lines, int(nullable(type)))

    def _one(self, place: Place, name: str) -> Lines:
        if not place.called and self._inlines(place):
            (level,) = place.levels.values()
            yield from self._object(level, name, name)
        else:
            yield f"{name} = {_row_of(place)}(run, {name})"

    def _items(self, place: Place, type: GraphQLOutputType, name: str) -> Lines:
        inside = item(type)
        yield f"if {name}.__class__ is not list and {name}.__class__ is not tuple:"
        yield "    raise Odd"
        if place.levels and item(inside) is None:
            each = f"{_row_of(place)}(run, x)"
            if nullable(inside):
                each = f"None if x is None else {each}"
            if is_long(place) and bare(place.type) is type:
                named = self._name(f"place_{place.id}", place)
                yield f"if len({name}) > {AT_ONCE_MAX}:"
                yield f"    {name} = run.defer({named}, {name}, list_{place.id})"
                yield "else:"
                yield f"    {name} = [{each} for x in {name}]"
            else:
                yield f"{name} = [{each} for x in {name}]"
            return
        yield f"{name}_all = []"
        yield f"for {name}_x in {name}:"
        yield from indented(self._value(place, inside, f"{name}_x"))
        yield f"    {name}_all.append({name}_x)"
        yield f"{name} = {name}_all"

    def _leaf(self, type: GraphQLScalarType | GraphQLEnumType, name: str, nullable: bool) -> Lines:  # noqa: FBT001  # read at one place
        leaf = self._options.leaves.get(type.name)
        if leaf is not None:
            yield from self._usual(leaf, name, nullable)
            return
        if isinstance(type, GraphQLEnumType):
            made = f"{self._name(f'names_{type.name}', _names(type))}[{name}]"
        else:
            made = f"{self._name(f'scalar_{type.name}', _scalar(type))}({name})"
        if nullable:
            yield f"if {name} is not None:"
            yield f"    {name} = {made}"
        else:
            yield f"{name} = {made}"

    def _usual(self, leaf: Leaf, name: str, nullable: bool) -> Lines:  # noqa: FBT001  # as above
        kind = leaf.type.__name__
        if getattr(builtins, kind, None) is not leaf.type:
            kind = self._name(kind, leaf.type)
        written = leaf.template.format(name)
        otherwise = f" and {name} is not None" if nullable else ""
        if written == name and not leaf.condition:
            yield f"if {name}.__class__ is not {kind}{otherwise}:"
            yield "    raise Odd"
            return
        condition = f" and {leaf.condition.format(name)}" if leaf.condition else ""
        yield f"if {name}.__class__ is {kind}{condition}:"
        yield f"    {name} = {written}" if written != name else "    pass"
        yield f"elif {name} is not None:" if nullable else "else:"
        yield "    raise Odd"

    # -- fields with a resolver --------------------------------------------------------------------------------------

    def _fill(self, place: Place) -> Lines:
        """Completes what a resolver gave, once for each distinct object."""
        shared = bool(place.levels) and item(place.type) is None
        marks = marks_at(place)
        yield ""
        yield f"def fill_{place.id}(run, structs, column, done):  # {place.above.title}: {place.key}"
        yield from indented(name_marked(marks))
        yield "    for s, given in zip(structs, column):"
        if shared:
            yield "        key = id(given)"
            yield "        if key in done:"
            yield f"            s.{place.slot} = done[key]"
            yield "            continue"
        yield from indented(set_marks(marks), 2)
        yield "        v = given"
        yield "        try:"
        yield from indented(self._value(place, place.type, "v"), 3)
        yield f"            s.{place.slot} = v"
        yield "        except Exception:"
        yield from indented(back_to_marks(marks), 3)
        yield f"            run.careful_field({self._name(f'place_{place.id}', place)}, given, s)"
        if shared:
            yield "        else:"
            yield "            done[key] = v"

    def _list(self, place: Place) -> Lines:
        """Completes some elements of a long list."""
        marks = marks_at(place, itself=False)
        yield ""
        yield f"def list_{place.id}(run, given, done):  # {place.above.title}: {place.key}"
        yield from indented(name_marked(marks))
        yield from indented(self._together_first(place))
        yield "    for x in given:"
        yield from indented(set_marks(marks), 2)
        yield "        try:"
        row = f"{_row_of(place)}(run, x)"
        yield f"            v = {f'None if x is None else {row}' if nullable(item(place.type)) else row}"
        yield "        except Exception:"
        yield from indented(back_to_marks(marks), 3)
        yield f"            v = run.careful_item({self._name(f'place_{place.id}', place)}, x, done)"
        yield "        done.append(v)"

    def _together_first(self, place: Place) -> Lines:
        """Statements that write those whole that are as usual, up to the first one that is not."""
        level = place.levels.get(get_named_type(place.type).name)
        if level is None or f"each_{level.id}" not in self.names:
            return
        yield "begun = len(done)"
        yield "try:"
        yield f"    each_{level.id}(given, done)"
        yield "except Exception:"
        yield "    pass  # it is met again below"
        if level.called:
            yield f"run.objects[{level.id}] += given[:len(done) - begun]"
            yield f"run.structs[{level.id}] += done[begun:]"
        yield "given = given[len(done) - begun:]"


def _returned(level: Level) -> Lines:
    """Statements at the end of a row, which is noted down where resolvers of its fields are called."""
    if level.called:
        yield f"run.objects[{level.id}].append(o)"
        yield f"run.structs[{level.id}].append(s)"
    yield "return s"


def _depth(place: Place) -> int:
    """How many objects stand around this one in the answer."""
    depth, above = 0, place.above.at
    while above is not None and not above.called and item(above.type) is None:
        depth, above = depth + 1, above.above.at
    return depth


def _row_of(place: Place) -> str:
    named = get_named_type(place.type)
    return f"pick_{place.id}" if is_abstract_type(named) else f"row_{place.levels[named.name].id}"


def _read(source: str, attribute: str) -> str:
    if attribute.isidentifier() and not iskeyword(attribute):
        return f"{source}.{attribute}"
    return f"getattr({source}, {attribute!r})"


def _names(type: GraphQLEnumType) -> dict[Any, str]:
    """The names of an enum's values; of members, where it is made of a Python enum."""
    wrapped: Any = getattr(type, "wrapped_cls", None)
    if isinstance(wrapped, EnumMeta):
        members: Iterable[Any] = wrapped
        return {member: type.coerce_output_value(member) for member in members}
    return {value.value: name for name, value in type.values.items() if _hashable(value.value)}


def _hashable(value: object) -> bool:
    return value.__class__.__hash__ is not None


def _scalar(type: GraphQLScalarType) -> Callable[[Any], Any]:
    coerce = type.coerce_output_value

    def written(value: Any) -> Any:
        if value is None or isinstance(value, Exception) or callable(value) or is_awaitable(value):
            raise Odd  # what can be called may have to be, by graphql-core's own resolver
        found = coerce(value)
        if found is None or found is Undefined:
            raise Odd
        return found

    return written
