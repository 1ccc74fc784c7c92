"""Objects of the answer written straight from a provider's document, where all of its values are usual ones.

One function for each place of a document and each mapping of a provider: reading, checking and writing of all fields,
and of the parts below them, as JSON and without an object for each part. Only an object with fields that are still to
come is none. Whatever is not usual raises, and is read field by field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring
from types import SimpleNamespace
from typing import Any, Final

import msgspec
from graphql import get_named_type, is_abstract_type

from ledgermesh.compiler.emit import AT_ONCE_MAX, Emitter, indented
from ledgermesh.compiler.plan import Level, Place, Plan, item, nullable
from ledgermesh.compiler.strawberry_schema import DEFINITION
from ledgermesh.compiler.terms import Fused, Odd, Options
from ledgermesh.compiler.text import decimal_written, is_decimal, is_text, json_object, text_written, written
from ledgermesh.graph.fused_paths import (
    WORDS_MAX,
    At,
    Class,
    Lines,
    Unusual,
    currency_written,
    looked_at,
    shape_of,
    single,
)
from ledgermesh.graph.fused_usual import QUICK_MIN, Quick, quick_field, quickly
from ledgermesh.model.exact import exact
from ledgermesh.model.mapped import Mapped, row_of, wires_of
from ledgermesh.model.money import Money
from ledgermesh.model.row import Row
from ledgermesh.spec.leaves import to_currency, to_decimal
from ledgermesh.spec.wires import Fields, Usual, Wire

MAPPINGS_MAX: Final = 100
"""Mappings that one place of a document has functions for; there is one for each resource of each provider."""
GIVEN: Final = frozenset(("native_id",))
"""What a record is given when it is made, whatever its mapping says."""
MISSING: Final = object()

Write = Callable[[Any, Row], Any]
Key = tuple[int, type[Any], type[Any] | None]
"""The number of a mapping, and the classes of a document and of the one around it."""


def fuse(level: Level, options: Options) -> Fused | None:
    """What writes objects of this level whole; None where it never does."""
    origin = _origin(level)
    inner = [each for each in level.inside() if each is not level]
    if origin is None or not issubclass(origin, Mapped) or any(each.called for each in inner):
        return None
    found = _Fusing(level, options)
    return Fused(found.one, found.each)


class _Fusing:
    """The functions for objects of one level, made as they are needed."""

    def __init__(self, level: Level, options: Options) -> None:
        self._level, self._options = level, options
        self._known: dict[Key, tuple[Mapping[str, Wire], Write]] = {}
        """The mapping is kept beside its function, so that its number is not given to another one."""

    def one(self, source: Any) -> Any:
        """See Fused."""
        if source.__class__ not in self._level.known:
            raise Odd
        row = row_of(source)
        return self._writer(wires_of(source), row)(source, row)

    def each(self, sources: Sequence[Any], done: list[Any]) -> None:
        """See Fused. Those are alike that one function writes."""
        if not self._level.known.issuperset(map(type, sources)):
            return
        rows = [*map(row_of, sources)]
        wires, shape, parent = wires_of(sources[0]), rows[0].doc.__class__, rows[0].parent
        write = self._writer(wires, rows[0])
        for source, row, own in zip(sources, rows, map(wires_of, sources), strict=True):
            if own is not wires or row.parent is not parent or row.doc.__class__ is not shape:
                return
            done.append(write(source, row))

    def _writer(self, wires: Mapping[str, Wire], row: Row) -> Write:
        parent = row.parent
        key: Key = (id(wires), row.doc.__class__, parent.doc.__class__ if parent is not None else None)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MAPPINGS_MAX:
                raise Odd
            shape, above = map(shape_of, key[1:])
            found = self._known[key] = (wires, _made(self._level, self._options, wires, shape, above))
        return found[1]


def _origin(level: Level) -> type[Any] | None:
    found: Any = getattr(level.type.extensions.get(DEFINITION), "origin", None)
    return found if isinstance(found, type) else None


def _made(level: Level, options: Options, wires: Mapping[str, Wire], shape: Class, above: Class) -> Write:
    writer = _Writer(options)
    try:
        lines = list(writer.function(level, wires, shape, above))
    except Unusual:
        return _odd
    # Names are those of fields of our own types; paths and other texts stand in it as Python writes them.
    exec(compile("\n".join(lines) + "\n", "<fused>", "exec"), writer.names)  # noqa: S102  # as in the compiler
    made: Write = writer.names["write"]
    return made


def _unknown(level: Level, source: Any) -> None:
    raise Odd


def _odd(source: Any, row: Row) -> Any:
    raise Odd


class _Writer(Emitter):
    """Writes one function. Names end in the number of the place or of the object that they belong to."""

    def __init__(self, options: Options) -> None:
        super().__init__(_NO_PLAN, options)
        self._hoisted: dict[str, str] = {}
        """Paths of currencies in the document itself, and the names that they have."""
        self.names |= {
            "Decimal": Decimal, "Row": Row, "currencies": {}, "to_decimal": to_decimal, "exact": exact,
            "to_currency": to_currency, "MISSING": MISSING, "UNSET": msgspec.UNSET, "Odd": Odd, "Raw": msgspec.Raw,
            "quote": encode_basestring, "encode": options.encode,
            # The first object of a class is looked at where fields are read one by one.
            "run": SimpleNamespace(check=_unknown),
        }  # fmt: skip

    def function(
        self, level: Level, wires: Mapping[str, Wire], shape: Class = None, above: Class = None
    ) -> Lines:
        """`write(source, row)` of an object over a row."""
        yield "def write(o, row_0):"
        yield "    doc_0, above, settings = row_0.doc, row_0.parent, row_0.settings"
        yield "    above = above.doc if above is not None else {}"
        at = At(0, "above", shape, above, text=not level.called)
        if at.text:
            lines = list(self._whole(level, wires, at, "return Raw({})", ""))
        else:
            lines = [*self._fields(level.places, wires, at), f"return {self._struct(level)}"]
        yield from indented(self._currencies(at))
        yield from indented(iter(lines))

    # -- objects -----------------------------------------------------------------------------------------------------

    def _whole(
        self, level: Level, wires: Mapping[str, Wire], at: At, take: str, leave: str | None = None
    ) -> Lines:
        """All of an object, and what takes its text; `leave` is what ends it there, None where nothing does."""
        quick = self._quick(level, wires, at) if leave is not None else {}
        yield from self._fields([place for place in level.places if place.id not in quick], wires, at)
        if quick:
            yield from quickly(level, quick, f"{take}\n{leave}".rstrip())
            yield from self._fields([place for place in level.places if place.id in quick], wires, at)
        yield take.format(json_object(level))

    def _quick(self, level: Level, wires: Mapping[str, Wire], at: At) -> Mapping[int, Quick]:
        found = {
            place.id: each
            for place in level.places
            if not (at.depth == 0 and place.plain is not None and place.plain.attribute in GIVEN)
            and (each := quick_field(place, wires, at, lambda usual: self._hoist(usual, at))) is not None
        }
        return found if len(found) >= QUICK_MIN else {}

    def _fields(self, places: Iterable[Place], wires: Mapping[str, Wire], at: At) -> Lines:
        for place in places:
            if place.plain is None:
                continue
            attribute = place.plain.attribute
            wire = wires.get(attribute)
            if at.depth == 0 and (wire is None or attribute in GIVEN):
                yield f"v{place.id} = o.{attribute}"
                yield from self._done(place, at)
            elif wire is None:
                raise Unusual
            else:
                yield from self._field_of(place, wire, at)

    def _struct(self, level: Level) -> str:
        written = [
            repr(level.type.name) if place.typename else "None" if place.plain is None else f"v{place.id}"
            for place in level.places
        ]
        return f"{self._name(f'{level.type.name}_{level.id}', level.struct)}({', '.join(written)})"

    def _field_of(self, place: Place, wire: Wire, at: At) -> Lines:
        usual = wire.usually
        name = f"v{place.id}"
        match usual.how if usual is not None else "":
            case "object" | "here" | "list" | "money" if usual is not None:
                yield from self._parts(place, wire, usual, at)
                yield from self._part_done(place, at)
            case "position":
                yield f"{name} = index_{at.depth} + 1"
                yield from self._done(place, at)
            case "word" if usual is not None:
                yield from self._word(place, usual, at)
            case "text" | "number" | "flag" if usual is not None:
                yield from at.find(usual.path, name).lines
                yield from self._single(place, usual.how, at)
            case _ if wire.parts is None:
                yield f"{name} = {self._name(f'read_{place.id}', wire.read)}({self._row_at(at)})"
                if place.levels and not self._inlines(place):
                    raise Unusual
                yield from self._done(place, at)
            case _:
                raise Unusual

    def _done(self, place: Place, at: At) -> Lines:
        """A value that was found made into what stands in the answer."""
        name = f"v{place.id}"
        yield from self._value(place, place.type, name)
        if at.text:
            yield from written(place, name)

    def _part_done(self, place: Place, at: At) -> Lines:
        """The same of a part, which is JSON already."""
        name = f"v{place.id}"
        if not nullable(place.type):
            yield f"if {name} is None:"
            yield "    raise Odd"
        if not at.text:
            yield f"if {name} is not None:"
            yield f"    {name} = Raw({name})"
        elif nullable(place.type):
            yield f"if {name} is None:"
            yield f"    {name} = 'null'"

    def _single(self, place: Place, how: str, at: At) -> Lines:
        """A single value; most of them are texts and exact numbers."""
        name = f"v{place.id}"
        if at.text and how == "number" and is_decimal(place):
            yield from decimal_written(name, optional=nullable(place.type))
        elif at.text and how == "text" and is_text(place):
            yield from text_written(name)
        else:
            yield from single(how, name)
            yield from self._done(place, at)

    def _row_at(self, at: At) -> str:
        """The row, made where it is needed for the first time."""
        return "row_0" if at.depth == 0 else f"make_{at.depth}()"

    def _word(self, place: Place, usual: Usual, at: At) -> Lines:
        """Completed once for each text."""
        name = f"v{place.id}"
        convert = self._name(f"convert_{place.id}", usual.convert)
        words = self._name(f"words_{place.id}", {})
        yield from at.find(usual.path, name).lines
        yield f"if {name} is not None:"
        yield f"    if {name}.__class__ is not str:"
        yield "        raise Odd"
        yield f"    w = {words}.get({name}, MISSING)"
        yield "    if w is MISSING:"
        yield f"        w, {name} = {name}, {convert}({name})"
        yield from indented(self._done(place, at), 2)
        # In years there are more: all are forgotten then, and those of these days soon remembered again.
        yield f"        if len({words}) >= {WORDS_MAX}:"
        yield f"            {words}.clear()"
        yield f"        {words}[w] = {name}"
        yield "    else:"
        yield f"        {name} = w"
        yield "else:"
        yield from indented(self._done(place, at))

    # -- parts -------------------------------------------------------------------------------------------------------

    def _parts(self, place: Place, wire: Wire, usual: Usual, at: At) -> Lines:
        named = get_named_type(place.type)
        if is_abstract_type(named) or len(place.levels) != 1:
            raise Unusual
        (level,) = place.levels.values()
        # Lists of lists, and parts of another type than the schema's, are not written here.
        if _origin(level) is not (Money if usual.how == "money" else _model(wire.parts)):
            raise Unusual
        match usual.how:
            case "money":
                yield from self._money(place, level, usual, at)
            case "list":
                yield from self._list_of(place, level, wire, usual, at)
            case _:
                yield from self._one_of(place, level, wire, usual, at)

    def _money(self, place: Place, level: Level, usual: Usual, at: At) -> Lines:
        asked = {each.id: each.plain.attribute for each in level.places if each.plain is not None}
        if not set(asked.values()) <= {"amount", "currency"}:
            raise Unusual
        name = f"v{place.id}"
        yield from at.find(usual.path, name).lines
        yield f"if {name} is not None:"
        yield f"    a = {name}"
        yield from indented(decimal_written("a", optional=False))
        # Also where nobody asks for it: an amount whose currency cannot be read is none.
        yield from indented(self._currency(usual, at))
        yield f"    {name} = {json_object(level, {id: attribute[0] for id, attribute in asked.items()})}"

    def _currency(self, usual: Usual, at: At) -> Lines:
        """The name `c` for a currency as JSON."""
        name = self._hoist(usual, at)
        if name is not None:
            yield f"c = {name}"
            return
        yield from at.find(usual.currency, "c").lines
        yield from currency_written("c")

    def _hoist(self, usual: Usual, at: At) -> str | None:
        """The name of a currency that is looked up before everything else; None where it is not."""
        path = usual.currency
        # All amounts of a document are in one currency, as a rule.
        if not path.startswith("@") and at.holder(path)[0] != "doc_0":
            return None
        return self._hoisted.setdefault(path.removeprefix("^"), f"c{len(self._hoisted)}")

    def _currencies(self, at: At) -> Lines:
        """What is looked up before everything else."""
        for path, name in self._hoisted.items():
            yield from at.find(path, name).lines
            yield from currency_written(name)

    def _one_of(self, place: Place, level: Level, wire: Wire, usual: Usual, at: At) -> Lines:
        name = f"v{place.id}"
        if item(place.type) is not None:
            raise Unusual
        lines, inside = [f"{name} = doc_{at.depth}"], at.shape
        if usual.how != "here":
            lines, inside = at.find(usual.path, name, opened=True)
        below = at.below(place.id + 1, inside)
        yield from lines
        yield f"if {name} is not None:"
        yield from indented(looked_at(name, inside))
        yield f"    doc_{below.depth} = {name}"
        yield from indented(self._inside(level, wire, at, below, "0", f"{name} = {{}}"))

    def _list_of(self, place: Place, level: Level, wire: Wire, usual: Usual, at: At) -> Lines:
        name, element = f"v{place.id}", item(place.type)
        if element is None or item(element) is not None:
            raise Unusual
        lines, inside = at.find(usual.path, name, many=True, opened=True)
        below = at.below(place.id + 1, inside)
        yield from lines
        yield f"if {name} is None:"
        yield f"    {name} = '[]'"
        yield "else:"
        known = "" if inside is not None else f"{name}.__class__ is not list or "
        yield f"    if {known}len({name}) > {AT_ONCE_MAX}:"
        yield "        raise Odd"
        yield f"    all_{place.id} = []"
        yield f"    for index_{below.depth}, doc_{below.depth} in enumerate({name}):"
        yield from indented(looked_at(f"doc_{below.depth}", inside), 2)
        take = f"all_{place.id}.append({{}})"
        inner = self._inside(level, wire, at, below, f"index_{below.depth}", take, "continue")
        yield from indented(inner, 2)
        yield f"    {name} = f'[{{\",\".join(all_{place.id})}}]'"

    def _inside(
        self, level: Level, wire: Wire, at: At, below: At, index: str, take: str, leave: str | None = None
    ) -> Lines:
        assert wire.parts is not None, "it has parts"
        lines = list(self._whole(level, wire.parts.wires, below, take, leave))
        if index == "0":
            yield f"index_{below.depth} = 0"
        if any(f"make_{below.depth}()" in line for line in lines):
            row = f"Row(doc_{below.depth}, {self._row_at(at)}, settings, {index})"
            # Once for all fields of this part that are read by themselves.
            lines = [line.replace(f"make_{below.depth}()", f"part_{below.depth}") for line in lines]
            yield f"part_{below.depth} = {row}"
        yield from lines


def _model(parts: Fields | None) -> type[Any] | None:
    return parts.model if parts is not None else None


_NO_PLAN: Any = Plan.__new__(Plan)
"""A single function has none."""
