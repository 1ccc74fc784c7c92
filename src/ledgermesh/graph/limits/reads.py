"""How many calls one connection needs for one thing that is asked of it, told from its provider's definition."""

from __future__ import annotations

from math import ceil
from typing import Final

import msgspec

from ledgermesh.engine.hub import CHILDREN_MAX, REPORT_PAGES_MAX
from ledgermesh.engine.merge import FILTERED_FACTOR, SLACK_ROWS
from ledgermesh.engine.paging import size_max
from ledgermesh.engine.picking import SINGLES_MAX, UNASKED_MAX, calls_by_id
from ledgermesh.engine.pushdown import elsewhere, pushed
from ledgermesh.engine.read import LEAVES_MAX
from ledgermesh.spec.paging import FirstRows, Offset, Paging, Whole
from ledgermesh.spec.query import ListQuery
from ledgermesh.spec.resource import Derived, List, ReportEndpoint, Resource

ASSUMED_PAGES: Final = 3
"""Of a list that has to be read whole while nobody knows how long it is."""


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls something needs, if every one of them is answered and none is known already."""

    least: int
    likely: int
    most: int
    pushed: tuple[str, ...] = ()
    """Fields whose conditions the provider takes over."""
    sorted: bool = False
    """Whether the provider keeps the order."""
    pages: int = 0
    """Of the likely calls, those for pages of a list."""

    def __add__(self, other: Count) -> Count:
        return Count(
            least=self.least + other.least,
            likely=self.likely + other.likely,
            most=self.most + other.most,
            pages=self.pages + other.pages,
        )


FREE: Final = Count(least=0, likely=0, most=0)
ONE: Final = Count(least=1, likely=1, most=1)


def whole(paging: Paging, pages_max: int) -> Count:
    """A list from its beginning to its end."""
    if isinstance(paging, Whole | FirstRows):
        return Count(least=1, likely=1, most=1, pages=1)
    return Count(least=1, likely=min(ASSUMED_PAGES, pages_max), most=pages_max, pages=ASSUMED_PAGES)


def derived(found: Derived) -> Count:
    """Records that are made of other answers."""
    total = FREE
    for each in found.lists:
        # A list without a place for its rows is one answer, whatever its pages.
        total += whole(each.page, LEAVES_MAX) if each.items else ONE
    return total


def page(resource: Resource, query: ListQuery, first: int, connection: str, pages_max: int) -> Count:
    """The first rows of a list in the order that is asked for."""
    if resource.derived is not None:
        return derived(resource.derived)
    list_ = resource.list
    if list_ is None or resource.children is not None or elsewhere(query.where, connection):
        return FREE
    took = pushed(list_, query, kept=resource.keep is not None)
    found = (
        _in_order(list_, query, first, pages_max) if took.sort is not None else whole(list_.page, pages_max)
    )
    more = 1 if isinstance(list_.page, FirstRows) and query.search and list_.search else 0
    return Count(
        least=found.least, likely=found.likely + more, most=found.most + more, pages=found.pages,
        pushed=took.fields, sorted=took.sort is not None,
    )  # fmt: skip


def _in_order(list_: List, query: ListQuery, first: int, pages_max: int) -> Count:
    """As many pages as the rows take: more when conditions leave rows out, or many are equal in the order."""
    if isinstance(list_.page, Whole | FirstRows):
        return whole(list_.page, pages_max)
    wanted = first + first // 4 + SLACK_ROWS
    filtered = query.where is not None or bool(query.search)
    size = min(size_max(list_.page), wanted * (FILTERED_FACTOR if filtered else 1))
    pages = min(ceil((first + 1) / size), pages_max)
    return Count(least=1, likely=pages, most=pages_max, pages=pages)


def tells_its_end(paging: Paging) -> bool:
    """Whether a page says that it is the last one."""
    return isinstance(paging, Whole | FirstRows) or (
        isinstance(paging, Offset) and bool(paging.total or paging.more)
    )


def many(resource: Resource, ids: int, *, exact: bool) -> Count:
    """So many records by id, of which none is held already; `exact` tells that they are so many and no fewer."""
    if ids <= 0:
        return FREE
    singly = min(ids, SINGLES_MAX)
    if resource.children is not None:
        return Count(least=0, likely=2 * singly, most=singly * (2 + LEAVES_MAX))
    direct = calls_by_id(resource, ids)
    if direct is not None and direct <= UNASKED_MAX:
        return Count(least=direct if exact else 0, likely=direct, most=_refused(resource, direct, singly))
    if resource.derived is not None:
        found = derived(resource.derived)
    elif resource.list is not None:
        found = whole(resource.list.page, LEAVES_MAX)
    else:
        most = min(ids if direct is None else direct, SINGLES_MAX)
        return Count(least=0, likely=most, most=_refused(resource, most, singly))
    if direct is None:
        return Count(least=1 if exact else 0, likely=found.likely, most=found.most, pages=found.likely)
    likely, most = min(found.likely, direct), min(found.most, direct) + min(direct, SINGLES_MAX)
    return Count(least=0, likely=likely, most=_refused(resource, most, singly), pages=likely)


def _refused(resource: Resource, calls: int, singly: int) -> int:
    """The most calls, where the provider may refuse many ids because of one: they are read singly then."""
    return calls + (singly if resource.many is not None and resource.get is not None else 0)


def children(resource: Resource, parents: int, share: int) -> Count:
    """What is listed below each of at most so many parents; `share` of them are likely to be this connection's."""
    list_ = resource.list
    if list_ is None or parents <= 0:
        return FREE
    each = 1 if isinstance(list_.page, Whole | FirstRows) else LEAVES_MAX
    parents = min(parents, CHILDREN_MAX)
    return Count(
        least=0,
        likely=min(share, parents) * (1 if tells_its_end(list_.page) else 2),
        most=parents * each,
    )


def report(endpoint: ReportEndpoint) -> Count:
    """A statement."""
    if endpoint.page is None:
        return ONE
    return Count(least=1, likely=1, most=REPORT_PAGES_MAX, pages=1)
