"""Which records a change's references mean: looked for live, and never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledgermesh.engine.change import By
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.read import Leaves
from ledgermesh.engine.where import evaluate
from ledgermesh.errors import Unsupported
from ledgermesh.model.mapped import row_of
from ledgermesh.model.record import Record
from ledgermesh.model.row import plain
from ledgermesh.spec.query import And, Compare, ListQuery
from ledgermesh.spec.write import Problem, Target

REFERENCES_MAX: Final = 200
"""References of one change; a document with more lines than that names its items and accounts by few ids anyway."""


def made_hole(number: int) -> str:
    """What stands for the id of a record that is made first, until its step has a number."""
    return f"${{made.{number}.id}}"


@dataclass(slots=True)
class Resolved:
    """The values with a Target in place of every reference, and what could not be found."""

    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    made: list[By] = field(default_factory=list)
    """References to records that have to be made first; the Target of number n holds `made_hole(n)`."""


async def resolve(hub: Hub, values: Mapping[str, Any]) -> Resolved:
    """Find every reference in these values, each once. Raises LedgermeshError where the provider cannot be asked."""
    wanted = {_identity(by): by for by in references(values)}
    if len(wanted) > REFERENCES_MAX:
        problem = Problem(
            "", f"{len(wanted)} references in one change; {REFERENCES_MAX} are the most", "TOO_COSTLY"
        )
        return Resolved({}, [problem])
    found = await asyncio.gather(*(find(hub, by) for by in wanted.values()))
    out = Resolved({})
    known: dict[Any, Target | None] = {}
    for (identity, by), target in zip(wanted.items(), found, strict=True):
        if isinstance(target, Problem) and target.code == "NOT_FOUND" and by.create and by.key:
            known[identity] = Target(by.kinds[0], made_hole(len(out.made)))
            out.made.append(by)
        elif isinstance(target, Problem):
            out.problems.append(target)
            known[identity] = None
        else:
            known[identity] = target
    out.values = {name: _filled(value, known) for name, value in values.items()}
    return out


def references(value: Any) -> Iterator[By]:
    """Every reference in a value, at any depth."""
    match value:
        case By():
            yield value
        case Mapping():
            for each in value.values():
                yield from references(each)
        case tuple() | list():
            for each in value:
                yield from references(each)


def _identity(by: By) -> tuple[Any, ...]:
    return by.kinds, by.ref, by.native_id, tuple(sorted(by.key.items())), by.create


def _filled(value: Any, known: Mapping[Any, Target | None]) -> Any:
    match value:
        case By():
            return known[_identity(value)]
        case Mapping():
            return {name: _filled(each, known) for name, each in value.items()}
        case tuple() | list():
            return tuple(_filled(each, known) for each in value)
    return value


async def find(hub: Hub, by: By) -> Target | Problem:
    """The one record that a reference means, or why there is none. Raises what is no answer to the question."""
    if by.ref is not None:
        if by.ref.connection != hub.link.connection:
            return Problem(by.path, "this record is kept in another connection", "OTHER_CONNECTION")
        return await _by_id(hub, (by.ref.kind,), by.ref.native_id, by)
    if by.native_id is not None:
        return await _by_id(hub, by.kinds, by.native_id, by)
    if not by.key:
        return Problem(by.path, "a reference names a record by `id`, `nativeId` or a natural key", "REQUIRED")
    return await _by_key(hub, by)


async def _by_id(hub: Hub, kinds: tuple[str, ...], native_id: str, by: By) -> Target | Problem:
    for kind in kinds:
        try:
            record = await hub.one(kind, native_id, frozenset())
        except Unsupported:
            continue
        if record is not None:
            return target_of(kind, record)
    return Problem(by.path, f"there is no {_any(kinds)} with this id", "NOT_FOUND")


async def _by_key(hub: Hub, by: By) -> Target | Problem:
    """By an exact natural key; several records with it are an error, never a choice."""
    asked = ", ".join(f"{name} {value!r}" for name, value in by.key.items())
    supported = False
    for kind in by.kinds:
        try:
            found = await equal_to(hub, kind, by.key)
        except Unsupported:
            continue
        supported = True
        if len(found) > 1:
            return Problem(by.path, f"several {kind} records have {asked}; name one by id", "AMBIGUOUS")
        if found:
            return target_of(kind, found[0])
    if not supported:
        return Problem(
            by.path, f"{hub.provider.title} cannot be searched for a {_any(by.kinds)}", "UNSUPPORTED"
        )
    return Problem(by.path, f"there is no {_any(by.kinds)} with {asked}", "NOT_FOUND")


async def equal_to(hub: Hub, kind: str, key: Mapping[str, str], *, most: int = 2) -> list[Record]:
    """Up to so many records that are equal in these fields; raises Unsupported where not all of them can be seen."""
    where = And(tuple(Compare(name, "eq", value) for name, value in key.items()))
    query = ListQuery(kind=kind, where=where, fields=frozenset())
    found: list[Record] = []
    for pages in hub.lists(query):
        leaves = Leaves(pages)
        while not leaves.ended and len(found) < most:
            page = await leaves.turn()
            found.extend(
                record for record in page.rows if evaluate(where, record) and record.deleted is not True
            )
            if page.truncated is not None:
                raise Unsupported(page.truncated, details={"connection": hub.link.connection})
    return found[:most]


def target_of(kind: str, record: Record) -> Target:
    """A record as a reference means it, with its document."""
    return Target(kind, record.native_id, plain(row_of(record).doc))


def _any(kinds: tuple[str, ...]) -> str:
    return " or ".join(kinds)


async def there(hub: Hub, kind: str, native_id: str) -> Record | None:
    """The record itself, whole; None where the provider has none. Raises LedgermeshError."""
    try:
        return await hub.one(kind, native_id, frozenset())
    except Unsupported:
        return None
