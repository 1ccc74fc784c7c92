"""Whoever goes through many rows lets others have the event loop: counted in rows, not in seconds."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.engine.index import Indexes
from ledgermesh.engine.merge import Run, merge
from ledgermesh.engine.read import open_list
from ledgermesh.engine.reading import ROWS_AT_ONCE
from ledgermesh.slices import Slices
from ledgermesh.spec.paging import Whole as AllAtOnce
from ledgermesh.spec.query import Compare, ListQuery, Order
from tests.engine.books import START, TODAY, Paper, Whole
from tests.engine.test_mapping import maker
from tests.engine.tiny import INVOICES, Shop, terms

ROWS = 3_000


async def most(work: Awaitable[object], counted: Callable[[], int]) -> int:
    """The most that was counted between two turns of the loop."""
    found, before, done = 0, counted(), False

    async def turning() -> None:
        nonlocal found, before
        while not done:
            found, before = max(found, counted() - before), counted()
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(turning())
    await asyncio.sleep(0)
    await work
    done = True
    await counting
    return found


def impatient() -> Slices:
    """Whoever looks has worked for long."""
    seconds = iter(range(1 << 40))
    return Slices(lambda: next(seconds), 0.5)


PAPERS = [
    Paper(native_id=str(number), day=TODAY - dt.timedelta(days=number), name=str(number * 7 % ROWS))
    for number in range(ROWS)
]


@pytest.mark.parametrize("sorts", [True, False], ids=["sorted there", "sorted here"])
@pytest.mark.parametrize("windowed", ["day", None])
async def test_ordering_and_filtering_pause(*, sorts: bool, windowed: str | None) -> None:
    """A page of thousands of rows is gone through in small parts, in whichever order it comes."""
    order = (Order("day", descending=True),)
    clock, looked = ManualClock(START), 0
    source = Whole("a", list(PAPERS), clock, order=order if sorts else None, size_max=ROWS, windowed=windowed)

    def keep(_: Any) -> bool:
        nonlocal looked
        looked += 1
        return True

    run = Run(
        tenant="acme", environment="live", clock=clock, deadline=30.0, indexes=Indexes(clock), slices=impatient()
    )  # fmt: skip
    query = ListQuery("Invoice", where=Compare("name", "ne", "x"), order=order)
    merging = merge([source], query=query, first=1_000, state=None, run=run, keep=keep)
    assert await most(merging, lambda: looked) <= 2 * ROWS_AT_ONCE
    assert looked >= ROWS


async def test_mapping_pauses() -> None:
    """Rows become records in small parts."""
    looked = 0

    def keep(_: Any) -> bool:
        nonlocal looked
        looked += 1
        return True

    assert INVOICES.list is not None
    resource = replace(INVOICES, keep=keep, list=replace(INVOICES.list, page=AllAtOnce()))
    shop = Shop({"/a%2Fb/invoices": {"rows": [{"id": number} for number in range(ROWS)]}})
    pages = open_list(shop, terms(slices=impatient()), maker(resource), ListQuery("Invoice"))
    assert await most(pages.page(None, size=ROWS), lambda: looked) <= 2 * ROWS_AT_ONCE
    assert looked == ROWS
