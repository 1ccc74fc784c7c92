"""What of a question a provider takes over. Always a superset: the whole condition is evaluated again here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from enum import Enum

import msgspec

from ledgermesh.engine.mapping import CONNECTION
from ledgermesh.spec.query import And, Compare, ListQuery, Or, Order, Where
from ledgermesh.spec.resource import List, Push, Sort

Parameters = tuple[tuple[str, str], ...]
Taken = tuple[Push, Compare, tuple[str, str]]


class Pushed(msgspec.Struct, frozen=True):
    """The parameters that carry a question to the provider, and what they leave to do here."""

    parameters: Parameters
    fields: tuple[str, ...]
    """Fields whose comparisons went along, for `extensions.pushdown`."""
    exact: bool
    """Whether the provider's rows are exactly those asked for, so that its total is ours."""
    sort: Sort | None
    """The order that the provider keeps for us, if it is exactly the one asked for."""


def pushed(list_: List, query: ListQuery, *, kept: bool) -> Pushed:
    """What this list takes of the question. `kept` tells that rows of other kinds are filtered out of it."""
    taken = list(_sent(list_, query.where)) if query.where is not None else []
    parameters = _combined(list_, [pair for _, _, pair in taken]) if taken else ()
    sort = _sort(list_.sorts, query.order)
    if sort is not None:
        parameters = (*parameters, *(sort.descending if query.order[0].descending else sort.ascending))
    exactly = {id(part) for push, part, _ in taken if push.exact}
    exact = not query.search and not kept and _exact(query.where, exactly)
    fields = tuple(sorted({part.field for _, part, _ in taken})) if taken else ()
    return Pushed(parameters, fields, exact, sort)


def elsewhere(where: Where | None, connection: str) -> bool:
    """Whether the condition holds for records of other connections only."""
    match where:
        case Compare(field, "eq", value) if field == CONNECTION:
            return value != connection
        case And(parts):
            return any(elsewhere(part, connection) for part in parts)
        case Or(parts):
            return all(elsewhere(part, connection) for part in parts)
    return False


def _sent(list_: List, where: Where | None) -> Iterator[Taken]:
    """What really goes along: of several comparisons for one parameter only the first, unless the list joins them."""
    seen: set[str] = set()
    for push, part, pair in _taken(list_.pushes, where):
        if list_.combine is not None or push.param not in seen:
            seen.add(push.param)
            yield push, part, pair


def _taken(pushes: Sequence[Push], where: Where | None) -> Iterator[Taken]:
    """Each comparison that can go along. `and` gives any part, `or` only a lone one, `not` never."""
    match where:
        case Compare():
            for push in pushes:
                if push.field == where.field and push.operator == where.operator:
                    text = push.encode(_plain(where.value))
                    if text is not None:
                        yield push, where, (push.param, text)
                        return
        case And(parts):
            for part in parts:
                yield from _taken(pushes, part)
        case Or((part,)):
            yield from _taken(pushes, part)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, dt.date) else value


def _combined(list_: List, pairs: Sequence[tuple[str, str]]) -> Parameters:
    """One value for each parameter: all of them joined where the list says how, else only the first."""
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        found.setdefault(name, []).append(text)
    join = list_.combine or (lambda texts: texts[0])
    return tuple((name, join(texts)) for name, texts in found.items())


def _sort(sorts: Sequence[Sort], order: Sequence[Order]) -> Sort | None:
    """The provider's order, if one key is asked for and it keeps that one."""
    if len(order) != 1:
        return None
    for sort in sorts:
        if sort.field == order[0].field:
            return sort
    return None


def _exact(where: Where | None, exactly: set[int]) -> bool:
    match where:
        case None:
            return True
        case Compare():
            return id(where) in exactly
        case And(parts):
            return all(_exact(part, exactly) for part in parts)
        case _:
            return False
