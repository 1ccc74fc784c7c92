"""What a record says, as comparable values: what was asked against what is, and versions of whole records."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import msgspec

from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.record import Record
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.wires import declared
from ledgermesh.spec.write import File, Target

WHOLE_BYTES: Final = 12
FIELD_BYTES: Final = 2
MISSING: Final = "\0missing"
"""Stands for a field that the record has no home for."""


def value_text(value: Any) -> Any:
    """A value of an input or of a record as JSON that compares: numbers as text without needless zeros, money with its
    currency, dates in ISO form, references as native ids, nothing at all as null.
    """
    match value:
        case None | "" | () | []:
            return None
        case Mapping():
            return {name: value_text(each) for name, each in value.items()}
        case Mapped():
            return {name: value_text(getattr(value, name)) for name in declared(type(value))}
        case tuple() | list():
            texts = [value_text(each) for each in value]
            # Of several references nobody means an order.
            return sorted(texts) if all(isinstance(each, Target | Pointer) for each in value) else texts
        case bool():
            return value
    return next((write(value) for kind, write in _TEXTS if isinstance(value, kind)), str(value))


def _number(number: Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


_TEXTS: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    ((int, Decimal), lambda value: _number(Decimal(value))),
    (Money, lambda value: f"{_number(value.amount)} {value.currency or ''}".strip()),
    (dt.datetime, lambda value: value.astimezone(dt.UTC).isoformat()),
    (dt.date, lambda value: value.isoformat()),
    (Enum, lambda value: value.value),
    ((Target, Pointer), lambda value: value.native_id),
    (File, lambda value: hashlib.sha256(value.body).hexdigest()),
)


def field_of(holder: Mapped, name: str) -> Any:
    """A record's value for a field of its input; MISSING where the record shows no such field."""
    for attribute in (
        name,
        f"{name}_ref",
        f"{name[:-1]}_refs",
        f"{name}_native_id",
        f"{name[:-1]}_native_ids",
    ):
        if attribute in declared(type(holder)):
            return getattr(holder, attribute)
    return MISSING


def seen(holder: Mapped, name: str, asked: Any) -> Any:
    """What a record says where `asked` (as by `value_text`) was asked for; of parts only the fields asked for."""
    return _like(field_of(holder, name), asked)


def _like(found: Any, asked: Any) -> Any:
    if isinstance(found, Mapped) and isinstance(asked, Mapping):
        return {name: seen(found, name, each) for name, each in asked.items()}
    if isinstance(found, tuple) and isinstance(asked, list):
        pairs = [(each, asked[place] if place < len(asked) else None) for place, each in enumerate(found)]
        return [_like(each, wish) for each, wish in pairs]
    return value_text(found)


def equal(asked: Any, found: Any) -> bool:
    """Whether two values of `value_text` are the same; fields that the record has no home for are left aside."""
    if found == MISSING:
        return True
    if isinstance(asked, Mapping) and isinstance(found, Mapping):
        return all(equal(each, found.get(name)) for name, each in asked.items())
    if isinstance(asked, list) and isinstance(found, list):
        return len(asked) == len(found) and all(map(equal, asked, found))
    return bool(asked == found) or not (_filled(asked) or _filled(found))


def _filled(value: Any) -> bool:
    """Whether a value says anything: a part whose fields are all null says as little as none."""
    if isinstance(value, Mapping):
        return any(map(_filled, value.values()))
    return value is not None and value != []


def differing(record: Mapped, asked: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields in which a record is not as asked, with what it says."""
    for name, wish in asked.items():
        found = seen(record, name, wish)
        if not equal(wish, found):
            yield name, None if found == MISSING else found


# -- versions --------------------------------------------------------------------------------------------------------


def version_of(record: Record) -> str:
    """A short text that changes with anything the record says; it also tells which fields changed, but no value."""
    hashes = [_hash(name, getattr(record, name)) for name in _fields(record)]
    whole = hashlib.sha256(b"".join(hashes)).digest()[:WHOLE_BYTES]
    return base64.urlsafe_b64encode(whole + b"".join(each[:FIELD_BYTES] for each in hashes)).decode()


def same_version(version: str, record: Record) -> bool:
    """Whether the record still is of this version."""
    return _decoded(version)[:WHOLE_BYTES] == _decoded(version_of(record))[:WHOLE_BYTES]


def changed_since(version: str, record: Record) -> list[str]:
    """The fields that are not what they were in this version; all of them for a text that is no version of it."""
    names = _fields(record)
    then, now = _decoded(version)[WHOLE_BYTES:], _decoded(version_of(record))[WHOLE_BYTES:]
    if len(then) != len(now):
        return names
    places = range(0, len(now), FIELD_BYTES)
    return [
        name
        for name, at in zip(names, places, strict=True)
        if then[at : at + FIELD_BYTES] != now[at : at + FIELD_BYTES]
    ]


def _decoded(version: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(version)
    except ValueError:
        return b""


def _fields(record: Record) -> list[str]:
    return sorted(name for name in declared(type(record)) if not name.startswith("origin_"))


def _hash(name: str, value: Any) -> bytes:
    return hashlib.sha256(msgspec.json.encode([name, value_text(value)])).digest()
