"""A source that does not sort as asked."""

from __future__ import annotations

import datetime as dt
import weakref
from typing import Any

import pytest

from ledgermesh.engine.pages import Days, Page
from ledgermesh.spec.query import And, Compare, ListQuery, Order
from tests.engine.books import START, TODAY, ByNumber, ByOffset, Desk, Paper, Provider, brute, chf

NEWEST = ListQuery("Paper", order=(Order("day", descending=True),))
LARGEST = ListQuery("Paper", order=(Order("total", descending=True, currency="CHF"),))


def bank(desk: Desk, *, rows: int = 300, span: int = 600, **settings: Any) -> ByOffset:
    """An unsorted list over so many days, oldest first."""
    papers = [
        Paper(
            native_id=str(number + 1),
            day=TODAY - dt.timedelta(days=span - number * span // rows),
            total=chf(number * 7919 % 1_009),
        )
        for number in range(rows)
    ]
    return ByOffset("bank", papers, desk.clock, **{"size_max": 20, "windowed": "day", **settings})


async def pages(
    desk: Desk, source: Provider, query: ListQuery, first: int, count: int
) -> tuple[list[Any], str]:
    """The rows of so many pages, and the last cursor."""
    rows: list[Any] = []
    cursor = None
    for _ in range(count):
        merged, cursor = await desk.page([source], query, first, cursor)
        rows += merged.rows
    assert cursor is not None
    return rows, cursor


async def test_a_small_book_is_one_call() -> None:
    """A list that fits on one page is read once, windows or not."""
    desk = Desk()
    source = bank(desk, rows=15)

    await desk.page([source], NEWEST, 50)

    assert 1 == source.calls


async def test_later_pages_read_only_what_they_show() -> None:
    """With the index at hand and nothing kept below, a page of 10 rows in 1 or 2 pages costs 1 or 2 calls."""
    desk = Desk()
    source = bank(desk, keeps=False, windowed=None)
    _, cursor = await desk.page([source], NEWEST, 10)
    before = source.calls

    merged, _ = await desk.page([source], NEWEST, 10, cursor)

    assert 10 == len(merged.rows)
    assert source.calls - before <= 2


@pytest.mark.parametrize("exclusive", [False, True])
async def test_windows_lose_and_repeat_nothing(exclusive: bool) -> None:
    """Whether the provider includes the ends of a window or not, every row comes once, in order."""
    desk = Desk()
    source = bank(desk, exclusive=exclusive)

    assert brute([source], NEWEST.order, lambda row: True) == await desk.all([source], NEWEST, 25)
    assert {days for _, _, days in source.asked} >= {None, Days(TODAY - dt.timedelta(days=30), None)}


async def test_a_lost_index_is_taken_up_where_it_was() -> None:
    """After 300 seconds windows start at the day of the cursor, not at the newest; the rest is right."""
    desk = Desk()
    source = bank(desk, rows=3_000)
    rows, cursor = await pages(desk, source, NEWEST, 100, 12)
    desk.clock.advance(1_000)
    source.asked.clear()

    merged, _ = await desk.page([source], NEWEST, 100, cursor)

    assert brute([source], NEWEST.order, lambda row: True)[1_200:1_300] == list(merged.rows)
    assert all(days is None or days.end == rows[-1].day + dt.timedelta(days=1) for _, _, days in source.asked)
    assert len(source.asked) <= 12


async def test_an_index_from_further_down_is_not_used_further_up() -> None:
    """An index that was begun at a later cursor's day does not hide the rows before it."""
    desk = Desk()
    source = bank(desk)
    _, early = await pages(desk, source, NEWEST, 10, 1)
    _, late = await pages(desk, source, NEWEST, 10, 9)
    desk.clock.advance(1_000)
    await desk.page([source], NEWEST, 10, late)

    merged, _ = await desk.page([source], NEWEST, 10, early)

    assert brute([source], NEWEST.order, lambda row: True)[10:20] == list(merged.rows)


async def test_a_new_reading_is_fresh() -> None:
    """Without a cursor nothing older is used, unless the caller takes it."""
    desk = Desk()
    source = bank(desk, windowed=None)
    await desk.page([source], LARGEST, 10)
    source.rows.append(Paper(native_id="new", day=TODAY, total=chf(999_999)))

    fresh, _ = await desk.page([source], LARGEST, 10)
    assert "new" == fresh.rows[0].native_id

    calls, desk.max_age = source.calls, 60.0
    source.rows.pop()
    older, _ = await desk.page([source], LARGEST, 10)
    assert "new" == older.rows[0].native_id
    assert calls == source.calls


@pytest.mark.parametrize("shape", [ByOffset, ByNumber])
async def test_a_changed_page_is_read_anew(shape: type[Provider]) -> None:
    """When a page no longer holds the row it should, the list is read again, and nothing that stayed is missed."""
    desk = Desk()
    rows = bank(desk).rows
    source = shape("bank", rows, desk.clock, size_max=20, keeps=False)
    shown, cursor = await pages(desk, source, LARGEST, 10, 2)
    source.rows = [row for number, row in enumerate(rows) if number % 3 or row in shown]

    merged, _ = await desk.page([source], LARGEST, 1_000, cursor)

    assert shown + list(merged.rows) == brute([source], LARGEST.order, lambda row: True)


async def test_a_list_that_never_stands_still_ends() -> None:
    """When every look shows another list, each page still comes, after one more reading of the list."""
    desk = Desk()

    class Restless(ByOffset):
        def cut(self, position: int | None, size: int, days: Days | None) -> Page[Any]:
            self.rows = [Paper(native_id=f"{self.calls:03}-{number}", day=TODAY) for number in range(60)]
            return super().cut(position, size, days)

    restless = Restless("restless", [], desk.clock, size_max=20, keeps=False)
    _, cursor = await desk.page([restless], NEWEST, 10)

    merged, _ = await desk.page([restless], NEWEST, 10, cursor)

    assert ("OK", 10) == (merged.sources[0].status, len(merged.rows))
    assert 3 + 1 + 3 == restless.calls


async def test_rows_without_the_date_end_the_windows() -> None:
    """A window that shows a row without a date is not believed: the list is read whole and nothing is lost."""
    desk = Desk()

    class Lenient(ByOffset):
        def _in(self, row: Any, days: Days) -> bool:
            return row.day is None or super()._in(row, days)

    source = Lenient("bank", bank(desk).rows, desk.clock, size_max=20, windowed="day")
    source.rows.insert(7, Paper(native_id="undated"))

    got = await desk.all([source], NEWEST, 50)

    assert brute([source], NEWEST.order, lambda row: True) == got


async def test_only_the_newest_first_takes_windows() -> None:
    """Oldest first, or by another field, the list is read whole."""
    for order in (Order("day"), Order("total", descending=True, currency="CHF")):
        desk = Desk()
        source = bank(desk)

        await desk.page([source], ListQuery("Paper", order=(order,)), 10)

        assert {None} == {days for _, _, days in source.asked}


class Leaf(Paper):
    """A record that can be watched."""

    __slots__ = ("__weakref__",)
    __hash__ = object.__hash__


class Watched(ByOffset):
    """Makes its rows anew for each page, and counts how many are alive when the next page is asked for."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.alive: weakref.WeakSet[Leaf] = weakref.WeakSet()
        self.most = 0

    def cut(self, position: int | None, size: int, days: Days | None) -> Page[Any]:
        self.most = max(self.most, sum(1 for _ in self.alive))
        page = super().cut(position, size, days)
        rows = tuple(Leaf(native_id=row.native_id, day=row.day, total=row.total) for row in page.rows)
        for row in rows:
            self.alive.add(row)
        return Page(rows, page.next)


@pytest.mark.parametrize("sorts, most", [(False, 3_000), (True, 1_500)])
async def test_ten_thousand_rows_are_never_in_memory(sorts: bool, most: int) -> None:
    """10,000 rows paged by 1,000 hold a few pages' worth of records at any time, not the list."""
    desk = Desk()
    query = NEWEST if sorts else LARGEST
    source = Watched(
        "bank",
        bank(desk, rows=10_000).rows,
        desk.clock,
        size_max=100,
        keeps=False,
        order=query.order if sorts else None,
    )
    cursor, seen = None, 0
    for _ in range(3):
        merged, cursor = await desk.page([source], query, 1_000, cursor)
        seen += len(merged.rows)
        del merged

    assert 3_000 == seen
    assert source.most <= most


async def test_windows_stay_within_the_days_asked_for() -> None:
    """A condition on the days moves the windows: no call is made for days on which it cannot hold."""
    desk = Desk()
    source = bank(desk)
    first, last = TODAY - dt.timedelta(days=300), TODAY - dt.timedelta(days=250)
    where = And((Compare("day", "gte", first), Compare("day", "lte", last)))
    query = ListQuery("Paper", where=where, order=NEWEST.order)

    got = await desk.all([source], query, 10)

    assert brute([source], query.order, lambda row: first <= row.day <= last) == got
    asked = {days for _, _, days in source.asked if days}
    assert {last + dt.timedelta(days=1)} < {days.end for days in asked}
    assert all(days.start is not None and days.end is not None for days in asked)


async def test_windows_are_not_believed_for_instants() -> None:
    """Windows of days over a field of instants are given up, also when the index is lost between two pages."""
    desk = Desk()
    rows = [Paper(native_id=str(number), at=START - dt.timedelta(hours=number)) for number in range(200)]
    source = ByOffset("bank", rows, desk.clock, size_max=20, windowed="at", honest=False)
    query = ListQuery("Paper", order=(Order("at", descending=True),))

    got = await desk.all([source], query, 60, between=lambda: desk.clock.advance(1_000))

    assert rows == got
