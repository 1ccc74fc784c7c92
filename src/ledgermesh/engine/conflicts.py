"""A record that is not what somebody believed who wants to change it: what it was, what it is, and what is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledgermesh.engine.version import MISSING, changed_since, equal, same_version, seen
from ledgermesh.errors import Conflict
from ledgermesh.model.record import Record


def conflict(
    record: Record, version: str, asked: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> Conflict | None:
    """The conflict where the record is not of this version any more, with the three-way difference of what is asked.

    `before` are the values that a plan saw; what it does not hold is told where it did not change.
    """
    if same_version(version, record):
        return None
    changed = changed_since(version, record)
    return Conflict(
        f"the record changed since this version: {', '.join(changed) or 'something of it'}",
        details={"difference": list(_difference(record, asked, set(changed), before))},
    )


def _difference(
    record: Record, asked: Mapping[str, Any], changed: set[str], before: Mapping[str, Any] | None
) -> Iterator[dict[str, Any]]:
    for name, wish in asked.items():
        now = seen(record, name, wish)
        now = None if now == MISSING else now
        stood = not changed & {name, f"{name}_ref", f"{name[:-1]}_refs"}
        if stood and equal(wish, now):
            continue
        known = now if stood else None if before is None else before.get(name, wish)
        yield {"field": name, "before": known, "asked": wish, "now": now}
