"""Reading whole lists in tests, page by page, as the merge does."""

from __future__ import annotations

from dataclasses import dataclass

from ledgermesh.engine.mapping import Maker, Rejected
from ledgermesh.engine.read import ReadPages, open_list
from ledgermesh.engine.reading import Bounds, Reading, Walk
from ledgermesh.errors import LedgermeshError
from ledgermesh.model.record import Record
from ledgermesh.spec.query import ListQuery
from ledgermesh.spec.resource import Resource
from tests.contract.stand import Stand


@dataclass(frozen=True)
class Whole:
    """A list read to its end."""

    rows: list[Record]
    rejected: list[Rejected]
    truncated: str | None
    pages: int


async def read_list(stand: Stand, pages: ReadPages, *, size: int | None = None) -> Whole:
    """All of one list; raises what the provider's answers raise."""
    bounds = Bounds(clock=stand.clock, deadline=1e9)
    walk = Walk(Reading(pages, bounds), None, size or pages.size_max)
    rows: list[Record] = []
    truncated = None
    while not walk.ended:
        _, page = await walk.read()
        rows.extend(page.rows)
        truncated = page.truncated or truncated
    return Whole(rows, pages.seen.rejected, truncated, walk.reading.pages)


def open_resource(stand: Stand, resource: Resource, query: ListQuery | None = None) -> ReadPages:
    """The list of one resource."""
    hub = stand.hub()
    maker = Maker(hub.link, hub.connection, resource, hub.ids)
    return open_list(hub.send, hub.terms, maker, query or ListQuery(resource.kind))


async def all_of(stand: Stand, kind: str, fields: frozenset[str] = frozenset()) -> Whole:
    """All records of a kind: of each of its lists, or below each parent; as for who reads these fields."""
    mine = [one for one in stand.provider.resources if one.kind == kind]
    children = None if any(one.children is None for one in mine) else mine[0].children
    if children is None:
        lists = [await read_list(stand, pages) for pages in stand.hub().lists(ListQuery(kind, fields=fields))]
        rows, rejected = (
            [row for each in lists for row in each.rows],
            [row for each in lists for row in each.rejected],
        )
        return Whole(rows, rejected, lists[0].truncated, sum(each.pages for each in lists))
    parents = (await all_of(stand, children.parent)).rows
    below = await stand.hub().children(kind, parents, fields)
    rows = []
    for found in below:
        assert not isinstance(found, LedgermeshError)
        rows.extend(found)
    return Whole(rows, [], None, len(below))
