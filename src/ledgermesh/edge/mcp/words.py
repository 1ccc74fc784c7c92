"""Find parts of the schema by words, best first, one line each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    GraphQLSchema,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    is_specified_scalar_type,
)
from msgspec import Struct

EXACT, NAME, OWNER, TEXT = 12, 6, 3, 1
"""What a word weighs: the whole name, a part of the name, a part of its type's name, a word of the description."""
WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
SHOWN_CHARACTERS: Final = 140


class Entry(Struct, frozen=True):
    """One part of the schema that can be found."""

    coordinate: str
    """`Invoice`, `Invoice.dueDate`, `InvoiceStatus.OPEN`."""
    type: str
    description: str
    whole: str
    """The last name of the coordinate in lower case."""
    names: frozenset[str]
    owners: frozenset[str]
    texts: frozenset[str]

    @property
    def line(self) -> str:
        """As it is shown."""
        text = " ".join(self.description.split())
        short = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
        return f"{self.coordinate}{': ' if self.type else ''}{self.type}{f' - {short}' if short else ''}"


def index(schema: GraphQLSchema, operations: Mapping[str, str] | None = None) -> tuple[Entry, ...]:
    """Every type, field and enum value of the schema, and the operations: their descriptions by their names."""
    ready = (_entry("", name, "operation", text) for name, text in (operations or {}).items())
    return (*ready, *_entries(schema))


def find(entries: tuple[Entry, ...], words: str, first: int) -> list[Entry]:
    """Those that hold all of the words, best first; where none does, those that hold any."""
    wanted = _split(words)
    if not wanted:
        return []
    rated = [(_rate(entry, wanted, words.strip().casefold()), entry) for entry in entries]
    whole = [(rate, entry) for (met, rate), entry in rated if met == len(wanted)]
    some = whole or [(met * 100 + rate, entry) for (met, rate), entry in rated if met]
    return [
        entry
        for _, entry in sorted(some, key=lambda each: (-each[0], len(each[1].coordinate), each[1].coordinate))
    ][:first]


def _rate(entry: Entry, wanted: frozenset[str], asked: str) -> tuple[int, int]:
    """How many of the words it holds, and how well."""
    met = rate = 0
    for word in wanted:
        weight = _weight(entry, word)
        met, rate = met + (weight > 0), rate + weight
    return met, rate + (EXACT if asked in (entry.whole, entry.coordinate.casefold()) else 0)


def _weight(entry: Entry, word: str) -> int:
    if word in entry.names:
        return NAME
    if word in entry.owners:
        return OWNER
    return TEXT if word in entry.texts else 0


def _split(text: str) -> frozenset[str]:
    """Words in lower case, without the plural's s."""
    return frozenset(_stem(word.casefold()) for word in WORD.findall(text))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _entries(schema: GraphQLSchema) -> Iterator[Entry]:
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(type_):
            continue
        yield _entry("", name, "", type_.description)
        if is_enum_type(type_):
            for value, said in type_.values.items():
                yield _entry(name, value, "", said.description)
        elif is_object_type(type_) or is_interface_type(type_) or is_input_object_type(type_):
            for field, told in type_.fields.items():
                yield _entry(name, field, str(told.type), told.description)


def _entry(owner: str, name: str, type_: str, description: str | None) -> Entry:
    return Entry(
        coordinate=f"{owner}.{name}" if owner else name,
        type=type_,
        description=description or "",
        whole=name.casefold(),
        names=_split(name),
        owners=_split(owner),
        texts=_split(description or ""),
    )
