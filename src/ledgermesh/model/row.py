"""A provider's document as it came, and the paths by which wires read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Any, ClassVar, Final, NamedTuple

import msgspec
from msgspec import UNSET

from ledgermesh.model.exact import UNREAD, exact

TAIL: Final = "_"
"""What the attribute of a field ends in, behind the provider's name, so that it is never the name of a method."""


class Part(NamedTuple):
    """What stands in a field: null, or what this says."""

    shape: type[Document]
    many: bool
    """Whether there is a list of them."""


class Document(msgspec.Struct, frozen=True, eq=False, gc=False):
    """An object of a provider's answer. A mapping for whoever takes it for one.

    Its attributes may hold numbers as their text (see `model/exact`); who reads it as a mapping is given numbers.
    """

    parts: ClassVar[Mapping[str, Part | None]] = {}
    """Its fields by name, and what is inside of them where that is documents."""
    verbatim: ClassVar[bool] = False
    """Whether JSON has all of its texts as they are, between quotes; and its numbers, whose text attributes hold."""
    attributes: ClassVar[Mapping[str, str]] = {}
    """The attribute of each field."""

    def get(self, name: str, default: object = None) -> Any:
        """The value there; what is absent is `default`."""
        attribute = self.attributes.get(name)
        found = getattr(self, attribute) if attribute is not None else UNSET
        if found is UNSET:
            return default
        return exact(found) if found.__class__ in UNREAD else found

    def __getitem__(self, name: str) -> Any:
        found = self.get(name, UNSET)
        if found is UNSET:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        attribute = self.attributes.get(name) if isinstance(name, str) else None
        return attribute is not None and getattr(self, attribute) is not UNSET

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.parts if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def keys(self) -> Iterable[str]:
        """Of the fields that are there."""
        return list(self)

    def values(self) -> Iterable[Any]:
        """See `keys`."""
        return [self[name] for name in self]

    def items(self) -> Iterable[tuple[str, Any]]:
        """See `keys`."""
        return [(name, self[name]) for name in self]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(self.items()) == dict(other.items())

    __hash__ = None  # type: ignore[assignment]  # as a dict


Mapping.register(Document)


def alike(documents: Sequence[object]) -> bool:
    """Whether all of these are dicts, or all documents of one shape."""
    classes = set(map(type, documents))
    return len(classes) == 1 and (dict in classes or issubclass(classes.pop(), Document))


def each_at(documents: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """What `get` gives of each of these: at once where all are of one shape."""
    shape: Any = documents[0].__class__ if documents else dict
    attribute = shape.attributes.get(name) if issubclass(shape, Document) else None
    if attribute is not None:
        with suppress(AttributeError):  # of those that are no documents
            return [
                None if each is UNSET else exact(each) if each.__class__ in UNREAD else each
                for each in map(attrgetter(attribute), documents)
            ]
    return [each.get(name) for each in documents]


def plain(value: Any) -> Any:
    """The same value with dicts for the documents in it."""
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


class Malformed(Exception):
    """A value of a provider's document that is not what the contract says."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Row(msgspec.Struct, frozen=True, eq=False):
    """One record's document (numbers are int or Decimal, never float), inside its parent's, for one connection.

    Made for every row that is read, which a Struct is several times quicker at than a frozen dataclass.
    """

    doc: Mapping[str, object]
    parent: Row | None = None
    settings: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Settings of the connection, for example `currency` where the documents leave it out."""
    index: int = 0
    """Place in its parent's list, from 0."""


Read = Callable[[Row], object]


def at(path: str) -> Read:
    """A reader of one dotted path: `a.b` in the row, `^a.b` in its parent, `@name` among the connection's settings.

    What is absent reads as None, as null does.
    """
    if path.startswith("@"):
        name = path[1:]
        return lambda row: row.settings.get(name)
    if path.startswith("^"):
        above = at(path[1:])
        return lambda row: above(row.parent) if row.parent is not None else None
    keys = path.split(".")
    if len(keys) == 1:
        return lambda row: row.doc.get(path)
    return lambda row: _descend(row.doc, keys, path)


def _descend(value: object, keys: list[str], path: str) -> object:
    for key in keys:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise Malformed(path, f"expected an object around {key!r}")
        value = value.get(key)
    return value
