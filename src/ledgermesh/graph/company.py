"""A company: its connections, and every list of its books, made from the table of kinds."""

from __future__ import annotations

import datetime as dt
from typing import Any, Optional

import strawberry

from ledgermesh.errors import BadInput
from ledgermesh.graph.context import Context
from ledgermesh.graph.fanout import Paging, listing, single
from ledgermesh.graph.freshness import Info, freshness
from ledgermesh.graph.inputs import order_input, to_order, to_where, where_input
from ledgermesh.graph.kinds import BY_NAME, KINDS, Kind
from ledgermesh.graph.reports import Reports
from ledgermesh.graph.results import Listing
from ledgermesh.model.enums import DeadlineKind
from ledgermesh.model.platform import Connection
from ledgermesh.model.selection import selected
from ledgermesh.spec.query import And, Compare, ListQuery, Where
from ledgermesh.state.registry import CompanyEntry

FIRST = 50


class CompanyBase:
    """The fields of Company that are not lists of records."""

    entry: strawberry.Private[CompanyEntry]

    def __init__(self, entry: CompanyEntry) -> None:
        self.entry = entry

    @strawberry.field(description="The account key: what `company(key:)` and X-Account-Key take.")
    def key(self) -> strawberry.ID:
        return strawberry.ID(self.entry.key)

    @strawberry.field(description="For people.")
    def name(self) -> str:
        return self.entry.name

    @strawberry.field(description="`live` or `sandbox`; never mixed.")
    def environment(self) -> str:
        return self.entry.environment

    @strawberry.field(description="Where the company's books lie.")
    def connections(self, info: Info) -> list[Connection]:
        context = info.context
        return [context.connection(entry) for entry in context.connections(self.entry)]

    @strawberry.field(description="Statements as each source computes them.")
    def reports(self) -> Reports:
        return Reports(entry=self.entry)


def _fields(info: Info) -> frozenset[str]:
    """The fields of the records that are read below this list, also through edges."""
    return selected(info, "nodes") | selected(info, "edges", "node")


async def _list(
    company: CompanyBase,
    info: Info,
    kind: Kind,
    given: dict[str, Any],
    extra: Where | None = None,
) -> Listing[Any]:
    context: Context = info.context
    where = to_where(kind.type, given.get("where"), lambda id: context.ids.open(id).native_id)
    order = to_order(given.get("order_by")) or kind.order
    conditions = tuple(part for part in (where, extra) if part is not None)
    top, named = selected(info), {each.field for each in order}
    query = ListQuery(
        kind=kind.name,
        where=conditions[0] if len(conditions) == 1 else And(conditions) if conditions else None,
        order=order,
        search=given.get("search") or None,
        sources=tuple(given.get("from_") or ()),
        fields=_fields(info) | _read_here(kind, conditions, given) | named,
    )
    paging = Paging(
        first=given["first"], after=given.get("after"), count="total_count" in top, edges="edges" in top
    )
    return await listing(context, company.entry, kind, query, paging, freshness(info))


def _read_here(kind: Kind, conditions: tuple[Where, ...], given: dict[str, Any]) -> frozenset[str]:
    """The fields that conditions and search read on every record."""
    named = {compare.field for where in conditions for compare in compares(where)}
    return frozenset(named | set(kind.search if given.get("search") else ()))


def _list_field(kind: Kind) -> Any:
    async def resolve(self: CompanyBase, info: Info, **given: Any) -> Any:
        return await _list(self, info, kind, given)

    return _field(
        resolve,
        f"{kind.what}, merged from every source in one order.",
        Listing[kind.type],  # type: ignore[name-defined]  # a type at run time
        _list_arguments(kind),
    )


def _list_arguments(kind: Kind) -> dict[str, tuple[Any, Any]]:
    return {
        "first": (int, FIRST),
        "after": (Optional[str], None),
        "where": (Optional[where_input(kind.type)], None),
        "order_by": (Optional[list[order_input(kind.type)]], None),  # type: ignore[misc]  # a type at run time
        "from_": (FROM, None),
        "search": (SEARCH, None),
    }
