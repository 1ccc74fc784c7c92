"""Which types are entities, by which fields routers name one, and how a representation is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ledgermesh.errors import BadInput
from ledgermesh.graph.kinds import NAMES

TYPENAME: Final = "__typename"

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(NAMES, ("id",)),
    "Company": ("id", "key"),
    "Connection": ("id",),
    "Sync": ("id",),
    "Tenant": ("id",),
}
"""Every entity with its keys; each key is one field."""


class Reference(Struct, frozen=True):
    """One entity, as a router names it."""

    typename: str
    key: str
    """Which of the type's keys."""
    value: str


def reference(given: object) -> Reference:
    """What a representation names: its type and the first key that it holds; raises BadInput."""
    if not isinstance(given, dict):
        raise _wrong("a representation is an object with `__typename` and a key")
    typename = given.get(TYPENAME)
    keys = KEYS.get(typename) if isinstance(typename, str) else None
    if keys is None:
        raise _wrong("the representation's `__typename` is not that of an entity of this subgraph")
    for key in keys:
        value = given.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # as GraphQL takes ids
        if isinstance(value, str) and value:
            return Reference(str(typename), key, value)
    named = " or ".join(f"`{key}`" for key in keys)
    raise _wrong(f"the representation of a {typename} has no {named}")


def _wrong(message: str) -> BadInput:
    return BadInput(message, details={"field": "representations"})
