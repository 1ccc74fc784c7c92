"""A question to all connections of a company at once, and one merged page as the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from ledgermesh.engine.cursor import Scope
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.index import Noted
from ledgermesh.engine.merge import Merged, Run, merge
from ledgermesh.engine.read import ReadPages
from ledgermesh.engine.where import check
from ledgermesh.errors import BadInput, LedgermeshError, NotFound, Unavailable
from ledgermesh.graph.context import Context
from ledgermesh.graph.kinds import Kind
from ledgermesh.graph.results import (
    Completeness,
    Listing,
    PageInfo,
    ReportSource,
    SourceStatus,
    SourceVerdict,
)
from ledgermesh.graph.verdicts import drifted, failed, shown, status_of, verdict
from ledgermesh.model.record import Record
from ledgermesh.spec.query import Compare, ListQuery
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry
from ledgermesh.upstream.call import Fresh

FIRST_MAX: Final = 1000
NATIVE_ID_MAX: Final = 200
SEALS_AT_ONCE: Final = 16
"""Cursors made between two looks at the clock."""
MARGIN_SECONDS: Final = 0.25
"""Kept of the deadline for answering, after the last provider was given up."""


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of a list is asked for."""

    first: int
    after: str | None
    count: bool
    """Whether the total is wanted."""
    edges: bool
    """Whether a cursor for each record is wanted."""


def chosen(context: Context, company: CompanyEntry, sources: Sequence[str]) -> list[ConnectionEntry]:
    """The connections a question goes to; raises BadInput for a source that the company does not have."""
    all_ = context.connections(company)
    known = {entry.provider for entry in all_} | {entry.id for entry in all_}
    for source in sources:
        if source not in known:
            raise BadInput(
                f"`from`: {source!r} is neither a provider nor a connection of this company",
                details={"field": "from", "known": sorted(known)},
            )
    return [entry for entry in all_ if not sources or entry.provider in sources or entry.id in sources]


async def listing(
    context: Context, company: CompanyEntry, kind: Kind, query: ListQuery, paging: Paging, fresh: Fresh | None
) -> Listing[Any]:
    """One page of a company's records of a kind, with the verdict on every source."""
    if not 1 <= paging.first <= FIRST_MAX:
        raise BadInput(f"`first` is 1 to {FIRST_MAX}, not {paging.first}", details={"field": "first"})
    check(query.where)
    hubs = [context.hub(entry, fresh) for entry in chosen(context, company, query.sources)]
    opened, refused = _open(hubs, query)
    scope = Scope(
        tenant=context.principal.tenant.id,
        environment=company.environment,
        company=company.key,
        query=query,
        sources=tuple(pages.name for _, pages in opened),
    )
    state = context.cursors.open(paging.after, scope) if paging.after is not None else None
    _note(context, opened)
    merged = await merge(
        [pages for _, pages in opened],
        query=query,
        first=paging.first,
        state=state,
        run=_run(context, fresh),
        keep=_search(kind, query.search),
    )
    first_rows = dict(zip(reversed(merged.names), reversed(merged.rows), strict=True))
    verdicts: list[SourceVerdict] = []
    for (hub, pages), result in zip(opened, merged.sources, strict=True):
        drifted(context.parts.drift, hub.provider.name, pages.seen, result)
        if (row := first_rows.get(result.name)) is not None:
            for what, where in context.parts.looks.at(hub.provider, row):
                context.parts.drift.count(hub.provider.name, what, where)
        verdicts.append(verdict(hub.connection, pages, result))
    _doubt(context, [*verdicts, *refused])
    seals = await _seals(context, scope, merged) if paging.edges else []
    return _listing(context, scope, merged, [*verdicts, *refused], paging, seals)


def _doubt(context: Context, verdicts: Sequence[SourceVerdict]) -> None:
    """Note what may be there when asked again. That a provider has no such records is its last word."""
    for each in verdicts:
        whole = each.status is SourceStatus.OK and each.completeness is Completeness.COMPLETE
        if not whole and each.status is not SourceStatus.UNSUPPORTED:
            context.notes.doubt = each.status.value


def _open(hubs: Sequence[Hub], query: ListQuery) -> tuple[list[tuple[Hub, ReadPages]], list[SourceVerdict]]:
    opened: list[tuple[Hub, ReadPages]] = []
    refused: list[SourceVerdict] = []
    for hub in hubs:
        try:
            opened.extend((hub, pages) for pages in hub.lists(query))
        except LedgermeshError as error:
            refused.append(failed(hub.connection, error))
    return opened, refused


def _run(context: Context, fresh: Fresh | None) -> Run:
    terms = context.terms
    return Run(
        tenant=context.principal.tenant.id,
        environment=context.principal.key.environment,
        clock=context.parts.clock,
        deadline=terms.deadline - MARGIN_SECONDS,
        indexes=Noted(context.parts.indexes, terms.trace.aged),
        max_age=(fresh or terms.fresh).max_age_seconds,
        scan_pages_max=context.parts.scan_pages_max,
        slices=terms.slices,
    )


def _search(kind: Kind, search: str | None) -> Callable[[Any], bool] | None:
    """Whether one of the kind's documented text fields holds the words, ignoring case."""
    if not search:
        return None
    words = search.casefold()

    def keep(record: Any) -> bool:
        return any(words in text.casefold() for name in kind.search if (text := getattr(record, name)))

    return keep


def _note(context: Context, opened: Sequence[tuple[Hub, ReadPages]]) -> None:
    for hub, pages in opened:
        context.pushdown.append(
            {
                "connection": hub.link.connection,
                "source": pages.name,
                "filtered": list(pages.pushed.fields),
                "sorted": pages.pushed.sort is not None,
                "exact": pages.pushed.exact,
            }
        )


async def _seals(context: Context, scope: Scope, merged: Merged[Any]) -> list[str]:
    """A cursor for each row. A thousand of them take their time."""
    cursors, seals = context.cursors, list[str]()
    for row in range(len(merged.rows)):
        if row % SEALS_AT_ONCE == SEALS_AT_ONCE - 1:
            await context.terms.slices.pause()
        seals.append(cursors.seal(merged.state_after(row), scope))
    return seals


def _listing(
    context: Context,
    scope: Scope,
    merged: Merged[Any],
    verdicts: list[SourceVerdict],
    paging: Paging,
    seals: list[str],
) -> Listing[Any]:
    cursors = context.cursors
    counted = all(each.status is SourceStatus.UNSUPPORTED for each in verdicts if each.error is not None)
    totals = [result.total if result.completeness == "COMPLETE" else None for result in merged.sources]
    known = [total for total in totals if total is not None]
    total = sum(known) if counted and known and len(known) == len(totals) else None
    return Listing(
        nodes=list(merged.rows),
        page_info=PageInfo(
            has_next_page=merged.more,
            has_previous_page=paging.after is not None,
            start_of=lambda: cursors.seal(merged.state_after(0), scope) if merged.rows else None,
            end_of=lambda: cursors.seal(merged.end, scope) if merged.rows or merged.more else None,
        ),
        sources=sorted(verdicts, key=lambda each: (str(each.connection.id), each.resource or "")),
        total_count=total if paging.count else None,
        cursors=seals,
    )


async def single(
    context: Context,
    company: CompanyEntry,
    kind: Kind,
    fields: frozenset[str],
    *,
    id: str | None,
    native_id: str | None,
    connection: str | None,
    number: str | None,
) -> Record | None:
    """One record: by global id, by the provider's id in one connection, or by its number where that is unambiguous."""
    given = [
        name for name, value in (("id", id), ("nativeId", native_id), ("number", number)) if value is not None
    ]
    if len(given) != 1:
        raise BadInput(
            f"give exactly one of `id`, `nativeId` with `connection`, `number`; got {given or 'none'}"
        )
    if id is not None:
        ref = context.ids.open(id)
        mine = {entry.id for entry in context.connections(company)}
        if ref.kind != kind.name or ref.connection not in mine:
            raise NotFound(f"this id is not one of a {kind.name} of this company")
        return await context.hub_of(ref.connection).one(kind.name, ref.native_id, fields)
    if native_id is not None:
        if connection is None:
            raise BadInput("`nativeId` needs `connection`: ids are unique within one connection only")
        (entry,) = _one_connection(context, company, connection)
        return await context.hub(entry).one(kind.name, _native_id(native_id), fields)
    assert number is not None, "one of the three was given"
    return await by_number(context, company, kind, fields, number, connection)


def _native_id(text: str) -> str:
    if not (0 < len(text) <= NATIVE_ID_MAX and text.isprintable()):
        raise BadInput(
            f"`nativeId` is 1 to {NATIVE_ID_MAX} printable characters", details={"field": "nativeId"}
        )
    return text


def _one_connection(context: Context, company: CompanyEntry, connection: str) -> list[ConnectionEntry]:
    found = chosen(context, company, (connection,))
    if len(found) != 1:
        raise BadInput(f"`connection`: {connection!r} names {len(found)} connections; give one by its id")
    return found


async def by_number(
    context: Context,
    company: CompanyEntry,
    kind: Kind,
    fields: frozenset[str],
    number: str,
    connection: str | None,
) -> Record | None:
    """The one record with this number; raises BadInput when several have it, Unavailable when it may be unread."""
    if kind.number is None:
        raise BadInput(f"{kind.name} records have no number; give `id`, or `nativeId` with `connection`")
    query = ListQuery(
        kind=kind.name,
        where=Compare(kind.number, "eq", number),
        order=kind.order,
        sources=(connection,) if connection is not None else (),
        fields=fields | {kind.number},
    )
    page = await listing(
        context, company, kind, query, Paging(first=2, after=None, count=False, edges=False), None
    )
    if len(page.nodes) > 1:
        raise BadInput(f"several {kind.name} records have the number {number!r}; give `connection` or `id`")
    if not page.nodes:
        _blame(page.sources)
    return page.nodes[0] if page.nodes else None


def _blame(sources: Sequence[SourceVerdict]) -> None:
    """Nothing was found; say so only where every source that could have it was read."""
    for source in sources:
        if source.error is not None and source.status is not SourceStatus.UNSUPPORTED:
            raise Unavailable(
                f"not found, but {source.connection.id} could not be read: {source.error.message}",
                retry_at=source.error.retry_at,
                details={"connection": source.connection.id},
            )


async def reports(
    context: Context, company: CompanyEntry, kind: str, arguments: Mapping[str, str], sources: Sequence[str]
) -> list[ReportSource]:
    """A statement from every connection: one answer for each source."""
    hubs = [context.hub(entry) for entry in chosen(context, company, sources)]
    found = await asyncio.gather(*(_report(hub, hub.report(kind, arguments)) for hub in hubs))
    for each in found:
        if each.status not in (SourceStatus.OK, SourceStatus.UNSUPPORTED):
            context.notes.doubt = each.status.value
    return list(found)


async def _report(hub: Hub, asking: Awaitable[Any]) -> ReportSource:
    try:
        answer = await asking
    except LedgermeshError as error:
        return ReportSource(
            connection=hub.connection,
            report=None,
            fetched_at=None,
            status=status_of(error),
            error=shown(error),
        )
    return ReportSource(
        connection=hub.connection,
        report=answer.report,
        fetched_at=answer.fetched_at,
        status=SourceStatus.OK if answer.instead is None else SourceStatus.STALE,
        error=None if answer.instead is None else shown(answer.instead),
    )
