"""Wires: how one field of a record is read from a provider's document, and written back into one.

A wire names its transform and the paths it consumes, so that provenance, unmapped fields and the coverage of a
contract follow from the definition. Every wire reads null for null and raises Malformed for what it cannot read.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from msgspec import Struct

from ledgermesh.model.mapped import Finding, Mapped
from ledgermesh.model.row import Malformed, Read, Row, at
from ledgermesh.spec.pointer import Pointer

Write = Callable[[Any], dict[str, object]]


class Usual(NamedTuple):
    """How the usual values of a wire are read, for code that reads whole documents at once.

    It says nothing that `read` does not do, and only of values of these classes; all others go through `read`.
    """

    how: Literal["text", "number", "flag", "word", "money", "position", "object", "here", "list"]
    """text: text as it is, whole numbers as they are written. number: an exact number, from its text too. flag: true
    or false. word: `convert` of text, of which there are not many. money: an amount in major units and a currency.
    position: the place in the list, from 1. object, here, list: parts."""
    of: Read
    """The `read` of the wire that this was said of: a wire made from that one with another `read` is not usual."""
    path: str = ""
    currency: str = ""
    """Of money: the path of its currency."""
    convert: Callable[[object], object] | None = None
    words: frozenset[str] = frozenset()
    """Of an enum: the provider's words for its members, folded; empty where any text will do."""


class Refers(NamedTuple):
    """What a reference names, for code that follows those of many records at once."""

    kind: str
    id_of: Callable[[Row], str | None]
    """The other record's id, as the reference itself has it; raises Malformed."""
    of: Read
    """The `read` of the wire that this was said of; see Usual."""
    path: str
    """Where the id stands."""
    prefix: str
    """What stands before it in ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One field's way from the provider's document and back."""

    transform: str
    """The name provenance shows, for example `minor_money`."""
    paths: tuple[str, ...]
    """The provider's fields it consumes."""
    gives: object
    """The Python type of its values: compared with the model's field when definitions are checked."""
    read: Read
    write: Write | None = None
    """Our value to the part of the document that carries it, as {path: value}; None where the field is read-only."""
    missing: object = None
    expand: str = ""
    """Word for the list's expand parameter without which the answer lacks this field."""
    parts: Fields | None = None
    """How the parts of a nested object or of the elements of a list are mapped."""
    held: frozenset[str] = frozenset()
    """Of a reference: the fields of the other record that this document holds."""
    embeds: bool = False
    """Of a reference: whether this document may hold the other one whole."""
    usual: Usual | None = None
    refers: Refers | None = None
    """Of a reference to one record."""

    @property
    def usually(self) -> Usual | None:
        """`usual`, where it was said of this very `read`."""
        return self.usual if self.usual is not None and self.usual.of is self.read else None

    def value(self, row: Row, findings: list[Finding]) -> object:
        """The field's value for one row."""
        if self.parts is None:
            return self.read(row)
        return self.parts.build(self.read(row), row, findings, self)


class Fields(Struct, frozen=True):
    """How a model type is read from one provider's documents: a wire for each field."""

    model: type[Any]
    wires: MappingOf[str, Wire]

    def record(self, row: Row, findings: list[Finding]) -> Any:
        """The object over this row; nothing is mapped yet."""
        return self.model.over(row, self.wires, findings)

    def build(self, found: object, row: Row, findings: list[Finding], wire: Wire) -> object:
        """The nested object, or the tuple of elements, that `found` holds."""
        if isinstance(wire.missing, tuple):
            return self._each(found, row, findings, wire)
        if found is None:
            return None
        if not isinstance(found, MappingOf):
            raise Malformed(wire.paths[0], "expected an object")
        return self.record(Row(found, row, row.settings), findings)

    def _each(self, found: object, row: Row, findings: list[Finding], wire: Wire) -> tuple[object, ...]:
        if found is None:
            return ()
        if not isinstance(found, list | tuple):
            raise Malformed(wire.paths[0], "expected a list")
        return tuple(
            self.record(Row(element, row, row.settings, index), findings)
            for index, element in enumerate(found)
            if _object(element, wire.paths[0], findings)
        )


def _object(element: object, path: str, findings: list[Finding]) -> bool:
    if isinstance(element, MappingOf):
        return True
    findings.append(Finding(code="MALFORMED", path=path, message="expected an object", source_path=path))
    return False


ABSENT = "absent"
"""The transform of fields that a provider does not have."""


def fields(model: type[Mapped], **wires: Wire) -> Fields:
    """The mapping of one model type. Fields without a wire are null: the provider has no such value."""
    absent = {
        name: _ABSENT_LIST if is_list(hint) else _ABSENT_VALUE
        for name, hint in declared(model).items()
        if name not in wires
    }
    return Fields(model, {**wires, **absent})


def declared(model: type[Mapped]) -> MappingOf[str, object]:
    """The fields of a model type that a provider may map, with their types."""
    found: MappingOf[str, object] = _declared(model)  # type: ignore[arg-type]  # a class has a hash, whatever its objects have
    return found


@cache
def _declared(model: Any) -> MappingOf[str, object]:
    own: MappingOf[str, Any] = model.__dataclass_fields__
    hints = get_type_hints(model)
    return MappingProxyType(
        {
            name: hints[name]
            for name, field in own.items()
            if not name.startswith("_") and getattr(field, "base_resolver", None) is None
        }
    )


def is_list(hint: object) -> bool:
    """Whether a field's type is a list, null or not."""
    return any(get_origin(part) is list for part in (hint, *get_args(hint)))


_ABSENT_VALUE = Wire(transform=ABSENT, paths=(), gives=None, read=lambda row: None)
_ABSENT_LIST = Wire(transform=ABSENT, paths=(), gives=None, read=lambda row: (), missing=())


# -- parts and references ----------------------------------------------------------------------------------------


def one(path: str, parts: Fields, *, expand: str = "") -> Wire:
    """A nested object."""
    read = at(path)
    return Wire(
        transform="one", paths=(path,), gives=parts.model, read=read, expand=expand, parts=parts,
        usual=Usual("object", read, path),
    )  # fmt: skip


def here(parts: Fields, *paths: str) -> Wire:
    """An object made of fields of this same document."""
    return Wire(
        transform="here",
        paths=paths,
        gives=parts.model,
        read=_document,
        parts=parts,
        usual=Usual("here", _document),
    )


def _document(row: Row) -> object:
    return row.doc


def each(path: str, parts: Fields, *, expand: str = "") -> Wire:
    """A list of nested objects; elements that are no objects are left out with a finding."""
    gives = list[parts.model]  # type: ignore[name-defined]  # a type at run time
    read = at(path)
    return Wire(
        transform="each", paths=(path,), gives=gives, read=read, missing=(), expand=expand, parts=parts,
        usual=Usual("list", read, path),
    )  # fmt: skip


def made(
    gives: object, *paths: str, read: Read, transform: str, expand: str = "", parts: Fields | None = None
) -> Wire:
    """A value that a pure function of the provider's quirks makes; `transform` names it.

    What it cannot read it may leave to a ValueError or an ArithmeticError: the field is malformed then.
    """
    missing = () if getattr(gives, "__origin__", None) is list else None
    checked = _checked(_empty(read, missing), transform, paths)
    return Wire(
        transform=transform, paths=paths, gives=gives, read=checked, missing=missing, expand=expand, parts=parts,
    )  # fmt: skip


def _checked(read: Read, transform: str, paths: tuple[str, ...]) -> Read:
    def checked(row: Row) -> object:
        try:
            return read(row)
        except (ValueError, ArithmeticError) as error:
            raise Malformed(", ".join(paths), f"cannot be read as {transform}") from error

    return checked


def _empty(read: Read, missing: object) -> Read:
    if missing is None:
        return read

    def listed(row: Row) -> object:
        found = read(row)
        return missing if found is None else found

    return listed


def position() -> Wire:
    """The place of an element in its parent's list, from 1."""
    return Wire(transform="position", paths=(), gives=int, read=_position, usual=Usual("position", _position))


def _position(row: Row) -> object:
    return row.index + 1


def constant(value: object) -> Wire:
    """The same for every record of this provider."""
    return Wire(transform="constant", paths=(), gives=type(value), read=lambda row: value)


def ref(
    kind: str,
    path: str,
    *,
    prefix: str = "",
    embed: str = "",
    expand: str = "",
    summary: Fields | None = None,
) -> Wire:
    """A reference to another record of the same connection by its native id.

    `embed` is where this document may hold the other one whole; `summary` reads those fields of the other record
    that this document holds itself, so that asking for nothing else costs no call. 0 and "" are no reference.
    """
    find, find_embedded = at(path), at(embed) if embed else None

    def id_of(row: Row) -> str | None:
        found = find(row)
        if found.__class__ is str:  # as a rule
            return prefix + found if found else None
        if found is None or found == 0:
            return None
        if isinstance(found, bool) or not isinstance(found, int | str):
            raise Malformed(path, "expected an id")
        return f"{prefix}{found}"

    def read(row: Row) -> object:
        native_id = id_of(row)
        if native_id is None:
            return None
        embedded = find_embedded(row) if find_embedded is not None else None
        inner = Row(embedded, row, row.settings) if isinstance(embedded, MappingOf) else None
        return Pointer(kind, native_id, inner, summary.wires if summary else None, row if summary else None)

    others = summary.wires if summary is not None else {}
    held = tuple(path for wire in others.values() for path in wire.paths)
    paths = tuple(dict.fromkeys((path, *((embed,) if embed else ()), *held)))
    return Wire(
        transform="ref", paths=paths, gives=Pointer, read=read,
        write=lambda value: {path: value.native_id.removeprefix(prefix)}, expand=expand, embeds=bool(embed),
        held=frozenset(name for name, wire in others.items() if wire.transform != ABSENT),
        refers=Refers(kind, id_of, read, path, prefix),
    )  # fmt: skip


def refs(kind: str, path: str, id: str) -> Wire:
    """References to other records, held in a list of objects with the native id at `id`."""
    find = at(path)

    def read(row: Row) -> object:
        found = find(row)
        if found is None:
            return ()
        if not isinstance(found, list):
            raise Malformed(path, "expected a list")
        return tuple(
            Pointer(kind, str(element[id]))
            for element in found
            if isinstance(element, MappingOf) and isinstance(element.get(id), int | str)
        )

    return Wire(transform="refs", paths=(path,), gives=list[Pointer], read=read, missing=())
