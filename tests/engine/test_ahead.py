"""Pages asked for before their turn: as many calls as one after the other, in less time, and never out of order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.engine.ahead import AT_ONCE, foreseen
from ledgermesh.engine.read import Leaves, ListPages
from ledgermesh.engine.reading import Bounds, Reading
from ledgermesh.errors import Garbled, Unavailable
from ledgermesh.spec.paging import Numbered, Offset, Paging
from ledgermesh.spec.query import ListQuery
from ledgermesh.upstream.call import Call, Response
from tests.engine.test_mapping import maker
from tests.engine.tiny import INVOICES, NOW, Shop, terms

COUNTED = Offset(size_max=3, total="total")


@dataclass
class Slow:
    """A provider whose answers come when they are let through, the last asked first."""

    shop: Shop
    going: list[asyncio.Event] = field(default_factory=list)
    most: int = 0
    """Calls that were under way at once."""
    given_up: int = 0

    async def __call__(self, call: Call) -> Response:
        gate = asyncio.Event()
        self.going.append(gate)
        self.most = max(self.most, len(self.going))
        try:
            await gate.wait()
            return await self.shop(call)
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        finally:
            self.going.remove(gate)

    async def until(self, waited: Awaitable[Any]) -> Any:
        """What it comes to, with calls let through one a time."""
        task = asyncio.ensure_future(waited)
        while not task.done():
            for _ in range(5):
                await asyncio.sleep(0)
            if self.going and not task.done():
                self.going[-1].set()
        return await task


def rows(count: int) -> list[dict[str, object]]:
    return [{"id": number} for number in range(count)]


def counted(
    count: int, *, size: int = 3, told: Callable[[int], int] | None = None
) -> Callable[[Call], object]:
    """A list that says how many rows it has."""

    def page(call: Call) -> object:
        start = int(dict(call.query).get("offset", 0))
        return {"rows": rows(count)[start : start + size], "total": told(start) if told else count}

    return page


def leaves(send: Any, paging: Paging = COUNTED) -> Leaves:
    made = maker(INVOICES)
    assert made.resource.list is not None
    list_ = replace(made.resource.list, page=paging)
    return Leaves(ListPages(send, terms(), made, list_, ListQuery("Invoice")))


async def read(all_: Leaves) -> list[str]:
    found: list[str] = []
    while not all_.ended:
        found += [row.native_id for row in (await all_.turn()).rows]
    return found


def slow(answer: object) -> Slow:
    return Slow(Shop({"/a%2Fb/invoices": answer}))


async def test_pages_are_fetched_together_and_taken_in_order() -> None:
    """The first one tells how many there are; the others are on their way at once, a few at a time, none in vain."""
    shop = slow(counted(25))
    assert await shop.until(read(leaves(shop))) == [str(number) for number in range(25)]
    assert (len(shop.shop.calls), shop.most, shop.given_up) == (9, AT_ONCE, 0)


async def test_nothing_is_begun_where_nobody_knows_how_many_there_are() -> None:
    """Without a total, and by page numbers, one page comes after the other."""
    for paging in (Offset(size_max=3), Numbered(size_max=3)):
        shop = slow(counted(7) if isinstance(paging, Offset) else {"rows": []})
        await shop.until(read(leaves(shop, paging)))
        assert shop.most == 1


async def test_a_smaller_page_than_asked_for_is_the_measure() -> None:
    """Providers cap the limit without saying so."""
    shop = slow(counted(11, size=2))
    assert len(await shop.until(read(leaves(shop)))) == 11
    assert (len(shop.shop.calls), shop.given_up) == (6, 0)


def test_no_total_is_believed_further_than_pages_are_asked_for() -> None:
    """A provider may say any number: no more places are made of it than pages are read ahead."""
    assert foreseen(COUNTED, 3, 10**30, 3, 2) == [3, 6]
    assert len(foreseen(COUNTED, 3, 10**30, 3, 1_000)) == AT_ONCE


async def test_what_was_foreseen_wrongly_is_given_up_once() -> None:
    """After a short page in between the others stand elsewhere: each row comes once, and no more calls are wasted."""

    def uneven(call: Call) -> object:
        start = int(dict(call.query).get("offset", 0))
        return {"rows": rows(30)[start : start + (1 if start in (3, 10) else 3)], "total": 30}

    shop = slow(uneven)
    assert await shop.until(read(leaves(shop))) == [str(number) for number in range(30)]
    assert len(shop.shop.calls) + shop.given_up <= 12 + AT_ONCE
    assert shop.going == []


async def test_a_total_that_changes_ends_where_the_newest_says() -> None:
    """Pages begun for rows that are gone are given up; rows that came are read."""
    shrunk = slow(counted(12, told=lambda start: 30 if start == 0 else 12))
    assert len(await shrunk.until(read(leaves(shrunk)))) == 12
    grown = slow(counted(15, told=lambda start: 6 if start < 3 else 15))
    assert len(await grown.until(read(leaves(grown)))) == 15
    assert len(grown.shop.calls) == 5


async def test_repeated_pages_are_refused_also_when_they_come_at_once() -> None:
    """A provider that takes no notice of the offset."""
    shop = slow({"rows": rows(3), "total": 30})
    with pytest.raises(Garbled, match="repeated"):
        await shop.until(read(leaves(shop)))
    await asyncio.sleep(0)
    assert shop.going == []


async def test_an_error_is_told_at_its_page() -> None:
    """What stands before it was read; what was begun behind it is given up."""

    def broken(call: Call) -> object:
        start = int(dict(call.query).get("offset", 0))
        return Unavailable("down") if start == 6 else counted(30)(call)

    class Breaking(Shop):
        async def __call__(self, call: Call) -> Response:
            found = broken(call)
            if isinstance(found, Unavailable):
                raise found
            return await super().__call__(call)

    shop = Slow(Breaking({"/a%2Fb/invoices": counted(30)}))
    all_, found = leaves(shop), list[str]()
    with pytest.raises(Unavailable):
        while True:
            found += [row.native_id for row in (await shop.until(all_.turn())).rows]
    await asyncio.sleep(0)
    assert (found, shop.going) == (["0", "1", "2", "3", "4", "5"], [])


async def test_an_early_end_gives_up_what_was_begun() -> None:
    """Also where whoever reads is cancelled."""
    shop = slow(counted(30))
    all_ = leaves(shop)
    await shop.until(all_.turn())
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(shop.going) == AT_ONCE
    task = asyncio.ensure_future(all_.turn())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(3):
        await asyncio.sleep(0)
    assert (shop.going, shop.given_up, len(shop.shop.calls)) == ([], AT_ONCE, 1)


async def test_no_more_is_begun_than_may_be_read() -> None:
    """The bound on pages is one on calls, also ahead."""
    shop, made = slow(counted(30)), maker(INVOICES)
    assert made.resource.list is not None
    list_ = replace(made.resource.list, page=COUNTED)
    reading = Reading(
        ListPages(shop, terms(), made, list_, ListQuery("Invoice")),
        Bounds(clock=ManualClock(NOW), deadline=20.0, pages_max=3),
    )
    await shop.until(reading.page(None, size=3, ahead=AT_ONCE))
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(shop.going) == 2
    reading.source.drop()


def test_where_the_next_pages_begin() -> None:
    """At the length of this one, up to the end, and no more than are wanted."""
    assert foreseen(COUNTED, 3, 12, 3, 9) == [3, 6, 9]
    assert foreseen(COUNTED, 3, 100, 3, 2) == [3, 6]
    assert len(foreseen(COUNTED, 1, 1_000_000, 1, 50)) == AT_ONCE
    assert foreseen(COUNTED, None, 12, 3, 9) == foreseen(COUNTED, 3, None, 3, 9) == []
    assert foreseen(COUNTED, 3, 12, 0, 9) == foreseen(COUNTED, 3, 12, 3, 0) == []
