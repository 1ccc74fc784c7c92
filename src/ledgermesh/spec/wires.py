"""Wires: how one field of a record is read from a provider's document, and written back into one.

A wire names its transform and the paths it consumes, so that provenance, unmapped fields and the coverage of a
contract follow from the definition. Every wire reads null for null and raises Malformed for what it cannot read.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from ledgermesh.model.mapped import Finding, Mapped
from ledgermesh.model.money import Money, exponent
from ledgermesh.model.row import Malformed, Read, Row, at
from ledgermesh.spec.pointer import Pointer

Write = Callable[[Any], dict[str, object]]


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

    def value(self, row: Row, findings: list[Finding]) -> object:
        """The field's value for one row."""
        if self.parts is None:
            return self.read(row)
        return self.parts.build(self.read(row), row, findings, self)


@dataclass(frozen=True, slots=True)
class Fields:
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
        if not isinstance(found, list):
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


def declared(model: type[Mapped]) -> dict[str, object]:
    """The fields of a model type that a provider may map, with their types."""
    own: MappingOf[str, Any] = model.__dataclass_fields__  # type: ignore[attr-defined]  # strawberry makes dataclasses
    hints = get_type_hints(model)
    return {
        name: hints[name]
        for name, field in own.items()
        if not name.startswith("_") and getattr(field, "base_resolver", None) is None
    }


def is_list(hint: object) -> bool:
    """Whether a field's type is a list, null or not."""
    return any(get_origin(part) is list for part in (hint, *get_args(hint)))


_ABSENT_VALUE = Wire(transform=ABSENT, paths=(), gives=None, read=lambda row: None)
_ABSENT_LIST = Wire(transform=ABSENT, paths=(), gives=None, read=lambda row: (), missing=())


# -- leaves ------------------------------------------------------------------------------------------------------


def _leaf(
    transform: str, path: str, gives: object, convert: Callable[[object], object], write: Write | None
) -> Wire:
    find = at(path)

    def read(row: Row) -> object:
        found = find(row)
        if found is None:
            return None
        try:
            return convert(found)
        except ValueError as error:
            raise Malformed(path, f"{error}") from error

    return Wire(transform=transform, paths=(path,), gives=gives, read=read, write=write)


def _text(found: object) -> str | None:
    if isinstance(found, str):
        return found or None
    if isinstance(found, int | Decimal) and not isinstance(found, bool):
        return str(found)
    raise ValueError("expected text")


def text(path: str) -> Wire:
    """Text; the empty text is null. Numbers are taken as they are written (ids, document numbers)."""
    return _leaf("text", path, str, _text, lambda value: {path: value})


def _flag(found: object) -> bool:
    if isinstance(found, bool):
        return found
    raise ValueError("expected true or false")


def flag(path: str) -> Wire:
    """True or false."""
    return _leaf("flag", path, bool, _flag, lambda value: {path: value})


_NUMBER = re.compile(r"[+-]?[0-9]{1,100}(\.[0-9]{0,100})?")
"""A number written as text: without an exponent, which could make it larger than the memory."""


def to_decimal(found: object) -> Decimal:
    """An exact number from a JSON number or from its text."""
    if isinstance(found, int | Decimal) and not isinstance(found, bool):
        return Decimal(found)
    if isinstance(found, str) and _NUMBER.fullmatch(found):
        return Decimal(found)
    raise ValueError("expected a number")


def whole(path: str) -> Wire:
    """A whole number."""
    return _leaf("whole", path, int, _whole, lambda value: {path: value})


def _whole(found: object) -> int:
    number = to_decimal(found)
    if number != number.to_integral_value():
        raise ValueError("expected a whole number")
    return int(number)


def decimal(path: str) -> Wire:
    """An exact decimal, from a JSON number or its text."""
    return _leaf("decimal", path, Decimal, to_decimal, lambda value: {path: value})


def fraction(path: str) -> Wire:
    """A percentage that the provider writes as a fraction: 0.05 is 5."""
    return _leaf(
        "fraction", path, Decimal, lambda found: to_decimal(found) * 100, lambda value: {path: value / 100}
    )


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def to_day(found: object) -> dt.date:
    """A date from `YYYY-MM-DD`."""
    if isinstance(found, str) and _DAY.fullmatch(found):
        with suppress(ValueError):
            return dt.date.fromisoformat(found)
    raise ValueError("expected a date YYYY-MM-DD")


def day(path: str) -> Wire:
    """A date without a time zone, `YYYY-MM-DD`."""
    return _leaf("day", path, dt.date, to_day, lambda value: {path: value.isoformat()})


def day_as(path: str, transform: str, convert: Callable[[object], dt.date]) -> Wire:
    """A date that the provider writes in its own way; writes `YYYY-MM-DD`."""
    return _leaf(transform, path, dt.date, convert, lambda value: {path: value.isoformat()})


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def to_instant(found: object) -> dt.datetime:
    """An instant from ISO 8601 with a zone, or from epoch milliseconds."""
    with suppress(ValueError, OverflowError):
        if isinstance(found, int) and not isinstance(found, bool):
            return EPOCH + dt.timedelta(milliseconds=found)
        if isinstance(found, str) and (instant := dt.datetime.fromisoformat(found)).tzinfo is not None:
            return instant.astimezone(dt.UTC)
    raise ValueError("expected an instant with a zone, or milliseconds since 1970")


def instant(path: str) -> Wire:
    """An instant as ISO 8601 with a zone or as epoch milliseconds; UTC here."""
    return _leaf("instant", path, dt.datetime, to_instant, None)


def local_instant(path: str, *, zone: str) -> Wire:
    """An instant written as `YYYY-MM-DD HH:MM:SS` on the clocks of one zone. Years before 1 are no instant."""
    place = ZoneInfo(zone)

    def convert(found: object) -> dt.datetime | None:
        if isinstance(found, str):
            if found.startswith(("-", "0000")):
                return None
            with suppress(ValueError, OverflowError):
                return (
                    dt.datetime.strptime(found, "%Y-%m-%d %H:%M:%S").replace(tzinfo=place).astimezone(dt.UTC)
                )
        raise ValueError("expected YYYY-MM-DD HH:MM:SS")

    return _leaf("local_instant", path, dt.datetime, convert, None)


# -- money -------------------------------------------------------------------------------------------------------


_CODE = re.compile(r"[A-Za-z]{3}")


def to_currency(found: object) -> str | None:
    """A currency code in capitals; the empty text is none."""
    if found is None or found == "":
        return None
    if isinstance(found, str) and _CODE.fullmatch(found):
        return found.upper()
    raise ValueError("expected a currency code")


def currency(path: str) -> Wire:
    """An ISO 4217 code, however it is cased."""
    return _leaf("currency", path, str, to_currency, lambda value: {path: value})


def _currency(row: Row, find: Read, path: str) -> str | None:
    try:
        return to_currency(find(row))
    except ValueError as error:
        raise Malformed(path, f"{error}") from error


def in_major(units: int | Decimal, code: str | None) -> Decimal:
    """Minor units of a currency as major ones, exactly, however many digits they have."""
    return _shifted(Decimal(units), -exponent(code or ""))


def _shifted(number: Decimal, places: int) -> Decimal:
    sign, digits, power = number.as_tuple()
    assert isinstance(power, int), "numbers in documents are finite"
    return Decimal((sign, digits, power + places))


def money(path: str, *, currency: str) -> Wire:
    """An amount in major units; `currency` is the path of its ISO code."""
    find, find_currency = at(path), at(currency)

    def read(row: Row) -> object:
        found = find(row)
        if found is None:
            return None
        return Money(amount=_amount(found, path), currency=_currency(row, find_currency, currency))

    return Wire(
        transform="money",
        paths=(path, currency),
        gives=Money,
        read=read,
        write=lambda value: {path: value.amount},
    )


def _amount(found: object, path: str) -> Decimal:
    try:
        return to_decimal(found)
    except ValueError as error:
        raise Malformed(path, "expected an amount") from error


def minor_money(path: str, *, currency: str) -> Wire:
    """A whole number of minor units; `currency` is the path of its ISO code, whose exponent scales it."""
    find, find_currency = at(path), at(currency)

    def read(row: Row) -> object:
        found = find(row)
        if found is None:
            return None
        amount = _amount(found, path)
        if amount != amount.to_integral_value():
            raise Malformed(path, "expected a whole number of minor units")
        code = _currency(row, find_currency, currency)
        return Money(amount=in_major(amount, code), currency=code)

    def write(value: Money) -> dict[str, object]:
        units = _shifted(value.amount, exponent(value.currency or ""))
        if units != units.to_integral_value():
            raise ValueError("the amount has more digits than its currency has minor units")
        return {path: int(units)}

    return Wire(transform="minor_money", paths=(path, currency), gives=Money, read=read, write=write)


# -- words, parts, references ------------------------------------------------------------------------------------


def folded(word: str) -> str:
    """A word without case, spaces, hyphens and underscores."""
    return re.sub(r"[\s_\-]", "", word).casefold()


def one_of(path: str, words: MappingOf[str, Enum], *, other: Enum) -> Wire:
    """An enum member for the provider's word, however it is cased; an unknown word is `other`, never an error.

    Written back as the first word that gives the member.
    """
    known = {folded(word): member for word, member in words.items()}
    first = {member: word for word, member in reversed(list(words.items()))}

    def convert(found: object) -> Enum | None:
        if not isinstance(found, str):
            raise ValueError("expected a word")
        return known.get(folded(found), other) if found else None

    return _leaf("one_of", path, type(other), convert, lambda value: {path: first[value]})


def texts(path: str) -> Wire:
    """A list of texts."""

    def convert(found: object) -> object:
        if not isinstance(found, list):
            raise ValueError("expected a list")
        return tuple(word for element in found if (word := _text(element)) is not None)

    return replace(_leaf("texts", path, list[str], convert, lambda value: {path: list(value)}), missing=())


def one(path: str, parts: Fields, *, expand: str = "") -> Wire:
    """A nested object."""
    return Wire(transform="one", paths=(path,), gives=parts.model, read=at(path), expand=expand, parts=parts)


def here(parts: Fields, *paths: str) -> Wire:
    """An object made of fields of this same document."""
    return Wire(transform="here", paths=paths, gives=parts.model, read=lambda row: row.doc, parts=parts)


def each(path: str, parts: Fields, *, expand: str = "") -> Wire:
    """A list of nested objects; elements that are no objects are left out with a finding."""
    return Wire(
        transform="each", paths=(path,), gives=list[parts.model], read=at(path),  # type: ignore[name-defined]  # a type at run time
        missing=(), expand=expand, parts=parts,
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
    return Wire(transform="position", paths=(), gives=int, read=lambda row: row.index + 1)


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

    def read(row: Row) -> object:
        found = find(row)
        if found is None or found in (0, ""):
            return None
        if isinstance(found, bool) or not isinstance(found, int | str):
            raise Malformed(path, "expected an id")
        embedded = find_embedded(row) if find_embedded is not None else None
        inner = Row(embedded, row, row.settings) if isinstance(embedded, MappingOf) else None
        return Pointer(
            kind, f"{prefix}{found}", inner, summary.wires if summary else None, row if summary else None
        )

    held = (
        tuple(path for wire in summary.wires.values() for path in wire.paths) if summary is not None else ()
    )
    paths = tuple(dict.fromkeys((path, *((embed,) if embed else ()), *held)))
    return Wire(
        transform="ref", paths=paths, gives=Pointer, read=read,
        write=lambda value: {path: value.native_id.removeprefix(prefix)}, expand=expand,
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
