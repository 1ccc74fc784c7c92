"""What an operation costs in points: the objects that it may answer, by the arithmetic of Apollo's demand control.

A query costs nothing, a mutation 10; an object 1, a value 0; a list as often as it is long: by `first` where it takes
that, else `assumedSize`. Source: the IBM cost specification as Apollo Router counts it (`@cost`, `@listSize`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from graphql import OperationType

from ledgermesh.graph.fanout import FIRST_MAX
from ledgermesh.graph.limits.asked import Asked, Operation
from ledgermesh.graph.limits.walk import CEILING

MUTATION: Final = 10
ASSUMED: Final = 10
"""Entries of a list of which nobody says how long it is."""
SLICED: Final = frozenset(("nodes", "edges"))
"""Lists that are as long as `first` of the field above says."""


def points(operation: Operation) -> int:
    """Points of the whole operation, up to CEILING."""
    own = MUTATION * len(operation.roots) if operation.type is OperationType.MUTATION else 0
    return min(own + _sum(operation.roots, None), CEILING)


def _sum(fields: Iterable[Asked], first: int | None) -> int:
    found = 0
    for asked in fields:
        if asked.leaf:
            continue
        found += _field(asked, first)
        if found >= CEILING:
            return CEILING
    return found


def _field(asked: Asked, first: int | None) -> int:
    given = asked.arguments.get("first")
    below = _sum(asked.below.values(), given if isinstance(given, int) else None)
    return min(_many(asked, first) * (1 + below), CEILING)


def _many(asked: Asked, first: int | None) -> int:
    """How often what a field gives may be there."""
    if not asked.many:
        return 1
    if first is not None and asked.name in SLICED:
        return min(max(first, 0), FIRST_MAX)  # what lies outside is refused as such when it is run
    ids = next((value for value in asked.arguments.values() if isinstance(value, list)), None)
    return ASSUMED if ids is None else len(ids)
