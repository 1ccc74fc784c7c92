"""A provider's document as it came, and the paths by which wires read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec


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
