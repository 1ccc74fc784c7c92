"""How much the variables of a request hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

OBJECT: Final = 5
"""Whoever reads an object looks for every field that its type has."""

PLAIN: Final = frozenset((str, int, float, bool, type(None)))
"""Classes of values that hold no others."""


def weight(values: Mapping[str, Any], at_most: int, depth_max: int) -> tuple[int, int]:
    """How many values there are, lists and objects counted too, and how deep they lie. An object counts as OBJECT.

    The counting ends above either bound; it takes time for so many values only.
    """
    found, depth = len(values), 0
    if found <= at_most and PLAIN.issuperset(map(type, values.values())):
        return found, min(found, 1)
    level: list[Any] = list(values.values()) if found <= at_most else []
    while level and found <= at_most and depth <= depth_max:
        depth += 1
        below: list[Any] = []
        for value in level:
            inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            found += len(inside) + (OBJECT - 1 if isinstance(value, dict) else 0)
            if found > at_most:
                break
            below.extend(inside)
        level = below
    return found, depth
