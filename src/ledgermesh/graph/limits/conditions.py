"""How large the conditions of an operation are, before anybody makes anything of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ledgermesh.errors import TooCostly
from ledgermesh.graph.limits.asked import Asked

OBJECTS_MAX: Final = 150
"""Of one `where`: each may be asked about every field of the kind, which takes long for many."""


def check_conditions(asked: Iterable[Asked]) -> None:
    """Raises TooCostly."""
    for each in asked:
        where = each.arguments.get("where") if each.arguments else None
        if where is not None and (size := _objects(where)) > OBJECTS_MAX:
            raise TooCostly(f"`where` of {each.key} has {size:,} objects; the limit is {OBJECTS_MAX}.")
        if each.below:
            check_conditions(each.below.values())


def _objects(value: Any) -> int:
    found, level = 0, [value]
    while level:
        found += sum(isinstance(each, dict) for each in level)
        level = [inner for each in level for inner in _inside(each)]
    return found


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
