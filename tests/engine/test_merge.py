"""The merge: cost, bounds, failures and what it says about each source."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.engine.cursor import State
from ledgermesh.errors import CurrencyRequired
from ledgermesh.model.money import Money
from ledgermesh.spec.query import And, Compare, ListQuery, Order
from tests.engine.books import TODAY, ByNumber, ByOffset, Desk, FirstOnly, Paper, Provider, Whole, brute, chf

NEWEST = ListQuery("Paper", order=(Order("day", descending=True),))
LARGEST = ListQuery("Paper", order=(Order("total", descending=True, currency="CHF"),))


def days_back(count: int, *, span: int, start: int = 1) -> list[Paper]:
    """Records spread evenly over so many days back from today, oldest first; amounts are in no order of days."""
    return [
        Paper(
            native_id=str(start + number),
            day=TODAY - dt.timedelta(days=span - 1 - number * span // count),
            total=chf(number * 7919 % 10_007),
        )
        for number in range(count)
    ]


def two_years(desk: Desk, **settings: object) -> ByOffset:
    """3,000 records over 24 months at a provider that cannot sort but takes windows of days."""
    return ByOffset("bank", days_back(3_000, span=730), desk.clock, size_max=100, windowed="day", **settings)  # type: ignore[arg-type]  # names are checked by the call


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("query", [NEWEST, LARGEST], ids=["by day", "by amount"])
async def test_unsorted_source_costs_one_reading(query: ListQuery, counts: bool) -> None:
    """3,000 rows of a source that cannot sort, paged by 50 to the end, cost at most 1.2 times one full reading."""
    desk = Desk()
    bank = two_years(desk, counts=counts)

    rows = await desk.all([bank], query, 50)

    assert 3_000 == len(rows)
    assert bank.calls <= 36


async def test_newest_rows_cost_a_window() -> None:
    """The newest 50 of 3,000 unsorted rows cost a look at the list and the newest window, not the whole list."""
    desk = Desk()
    bank = two_years(desk, keeps=False)

    merged, _ = await desk.page([bank], NEWEST, 50)

    assert 50 == len(merged.rows)
    assert bank.calls <= 3


async def test_sorted_source_costs_one_call_a_page() -> None:
    """A source that sorts is asked once for each page, also when resuming, and when a few rows were deleted."""
    desk = Desk()
    sales = ByOffset("sales", days_back(1_000, span=700), desk.clock, size_max=100, order=NEWEST.order)

    def delete() -> None:
        sales.rows.pop()

    rows = await desk.all([sales], NEWEST, 50, between=delete)

    pages = -(-len(rows) // 50)
    assert sales.calls <= pages + 1


async def test_a_condition_asks_for_larger_pages() -> None:
    """Where rows may be left out here, more are asked for at once, within what the provider allows."""
    desk = Desk()
    odd = ListQuery("Paper", where=Compare("count", "isNull", True), order=NEWEST.order)
    source = ByOffset("a", days_back(500, span=500), desk.clock, size_max=60, order=NEWEST.order)

    await desk.page([source], NEWEST, 10)
    await desk.page([source], odd, 10)

    (_, plain, _), (_, filtered, _) = source.asked
    assert 10 < plain < filtered <= 60


async def test_more_costs_no_call() -> None:
    """Whether there is a next page is told from what is known: a full first page of 50 costs one call a source."""
    desk = Desk()
    sources: list[Provider] = [
        ByOffset(name, days_back(200, span=200), desk.clock, size_max=100, order=NEWEST.order)
        for name in "ab"
    ]

    merged, _ = await desk.page(sources, NEWEST, 50)

    assert merged.more
    assert [1, 1] == [source.calls for source in sources]


async def test_first_pages_are_read_at_once() -> None:
    """The sources are asked at the same time, not one after the other."""
    desk, waiting = Desk(), []

    class Slow(Whole):
        async def page(self, *args: object, **options: object) -> object:  # type: ignore[override]  # takes whatever its parent takes
            waiting.append(self.name)
            while len(waiting) < 2:
                await desk.clock.sleep(0)
            return await super().page(*args, **options)  # type: ignore[arg-type]  # as above

    sources = [Slow(name, days_back(2, span=2), desk.clock) for name in "ab"]

    merged, _ = await desk.page(sources, NEWEST, 10)

    assert 4 == len(merged.rows)


async def test_down_source_costs_its_own_rows_only() -> None:
    """A source that is down is named with its error; the others' rows come; a next page is offered."""
    desk = Desk()
    sources = [Whole(name, days_back(3, span=3), desk.clock) for name in "ab"]
    sources[0].down = True

    merged, cursor = await desk.page(sources, NEWEST, 10)

    assert ("b", "b", "b") == merged.names
    assert merged.more
    down, well = merged.sources
    assert ("FAILED", "NONE", "PROVIDER_UNAVAILABLE") == (
        down.status,
        down.completeness,
        down.error and down.error.code,
    )
    assert ("OK", "COMPLETE", None) == (well.status, well.completeness, well.error)

    sources[0].down = False
    again, _ = await desk.page(sources, NEWEST, 10, cursor)

    assert ("a", "a", "a") == again.names
    assert [True, False] == [source.late for source in again.sources]
    assert not again.more


async def test_failure_in_the_middle_keeps_what_was_read() -> None:
    """A source that fails at its second page is PARTIAL; what it lacks comes on the next page, once."""
    desk = Desk()
    source = ByOffset("a", days_back(20, span=20), desk.clock, size_max=5, order=NEWEST.order, fails_at=2)

    merged, cursor = await desk.page([source], NEWEST, 10)
    again, _ = await desk.page([source], NEWEST, 50, cursor)

    assert ("FAILED", "PARTIAL") == (merged.sources[0].status, merged.sources[0].completeness)
    assert 0 < len(merged.rows) < 10
    assert list(merged.rows + again.rows) == list(reversed(source.rows))


async def test_broken_order_is_finished_here() -> None:
    """A provider that does not keep the order it promises is sorted here from then on, and says UNORDERED."""
    desk = Desk()
    rows = days_back(60, span=60)
    liar = ByOffset("liar", rows, desk.clock, size_max=10, order=(Order("total"),))
    other = ByOffset("other", days_back(60, span=60, start=100), desk.clock, size_max=10, order=NEWEST.order)
    pages: list[Any] = []

    got = await desk.all([liar, other], NEWEST, 7, seen=pages.append)

    assert [row.day for row in got] == sorted((row.day for row in rows + other.rows), reverse=True)
    assert 120 == len({id(row) for row in got})
    assert {("UNORDERED", "COMPLETE")} == {
        (page.sources[0].status, page.sources[0].completeness) for page in pages
    }
    assert {"OK"} == {page.sources[1].status for page in pages}


async def test_order_that_breaks_late_is_partial() -> None:
    """When rows may have been passed over before the order broke, every page from there on says PARTIAL and why."""
    desk = Desk()
    rows = list(reversed(days_back(40, span=40)))
    liar = ByOffset("liar", rows, desk.clock, size_max=10, order=())
    liar.view = lambda days: rows  # type: ignore[method-assign]  # a liar's own view
    rows.append(rows.pop(2))
    pages: list[Any] = []

    await desk.all([liar], NEWEST, 5, seen=pages.append)

    assert ["COMPLETE", "PARTIAL"] == [pages[0].sources[0].completeness, pages[-1].sources[0].completeness]
    assert "UNORDERED" in pages[-1].sources[0].notes
    assert "passed over" in (pages[-1].sources[0].reason or "")


async def test_repeated_page_is_refused() -> None:
    """A provider that answers every page number with the same page is garbled, not read for ever."""
    desk = Desk()

    class Circle(ByNumber):
        def cut(self, position, size, days):  # type: ignore[no-untyped-def]  # as its parent
            page = super().cut(None, size, days)
            return type(page)(page.rows, (position or 1) + 1)

    circle = Circle("circle", days_back(30, span=30), desk.clock, size_max=10)

    merged, _ = await desk.page([circle], NEWEST, 50)

    assert "PROVIDER_GARBLED" == (merged.sources[0].error and merged.sources[0].error.code)
    assert 2 == circle.calls


async def test_ignored_windows_are_not_believed() -> None:
    """A provider that takes no notice of the dates is read whole, and says WINDOW_IGNORED; the order is right."""
    desk = Desk()
    bank = two_years(desk, honest=False)

    merged, _ = await desk.page([bank], NEWEST, 50)

    assert list(merged.rows) == brute([bank], NEWEST.order, lambda row: True)[:50]
    assert ("WINDOW_IGNORED", "COMPLETE") == (merged.sources[0].status, merged.sources[0].completeness)


async def test_scan_limit_ends_a_page_early() -> None:
    """A condition that hardly ever holds ends at the bound: an empty page, a next page, and in the end every row."""
    desk = Desk(scan_pages_max=4)
    query = ListQuery("Paper", where=Compare("native_id", "in", ("1", "500")), order=NEWEST.order)
    sales = ByOffset("sales", days_back(1_000, span=1_000), desk.clock, size_max=20, order=NEWEST.order)
    pages: list[Any] = []

    got = await desk.all([sales], query, 10, seen=pages.append)

    assert ["500", "1"] == [row.native_id for row in got]
    assert (0, True, "SCAN_LIMIT", "COMPLETE") == (
        len(pages[0].rows), pages[0].more, pages[0].sources[0].status, pages[0].sources[0].completeness,
    )  # fmt: skip
    assert max(page.sources[0].pages for page in pages) <= 4


async def test_deadline_ends_a_page_early() -> None:
    """After the deadline no further page is asked for; what is known is shown and the rest is offered."""
    desk = Desk(seconds=1.0)

    class Slow(ByOffset):
        async def page(self, *args: object, **options: object) -> object:  # type: ignore[override]  # takes whatever its parent takes
            await desk.clock.sleep(0.6)
            return await super().page(*args, **options)  # type: ignore[arg-type]  # as above

    slow = Slow("slow", days_back(50, span=50), desk.clock, size_max=10, order=NEWEST.order)

    merged, _ = await desk.page([slow], NEWEST, 50)

    assert 2 == slow.calls
    assert 0 < len(merged.rows) < 20
    assert ("SCAN_LIMIT", True) == (merged.sources[0].status, merged.more)


async def test_equal_rows_without_end_are_cut_off() -> None:
    """Rows that are all equal in the order, more than the bound lets in, end PARTIAL with a reason, not in a loop."""
    desk = Desk(scan_pages_max=3)
    rows = [Paper(native_id=str(number), day=TODAY) for number in range(1, 100)]
    sales = ByOffset("sales", rows, desk.clock, size_max=10, order=NEWEST.order)
    pages: list[Any] = []

    got = await desk.all([sales], NEWEST, 10, seen=pages.append)

    assert 30 == len({row.native_id for row in got}) == len(got)
    assert {("TRUNCATED", "PARTIAL")} == {
        (page.sources[0].status, page.sources[0].completeness) for page in pages
    }


async def test_bound_of_an_unsorted_source_is_partial() -> None:
    """More pages than the bound in a list that is sorted here: PARTIAL with the bound as the reason."""
    desk = Desk(scan_pages_max=3)
    heap = ByOffset("heap", days_back(100, span=100), desk.clock, size_max=10)

    merged, _ = await desk.page([heap], NEWEST, 50)

    assert ("TRUNCATED", "PARTIAL") == (merged.sources[0].status, merged.sources[0].completeness)
    assert "first 3 pages" in (merged.sources[0].reason or "")
    assert 30 == len(merged.rows)


async def test_rows_out_of_reach_are_partial() -> None:
    """A provider with a limit and no offset is PARTIAL with its own reason."""
    desk = Desk()
    contacts = FirstOnly("contacts", days_back(30, span=30), desk.clock, size_max=10)

    merged, _ = await desk.page([contacts], NEWEST, 50)

    assert ("TRUNCATED", "PARTIAL", "no offset") == (
        merged.sources[0].status, merged.sources[0].completeness, merged.sources[0].reason,
    )  # fmt: skip


async def test_two_currencies_need_one_named() -> None:
    """Ordering by money of two currencies without naming one is the caller's error, even when they come pages apart."""
    desk = Desk()
    rows = [Paper(native_id=str(n), day=TODAY - dt.timedelta(days=n), total=chf(n)) for n in range(1, 9)]
    euros = Paper(
        native_id="9", day=TODAY - dt.timedelta(days=99), total=Money(amount=Decimal(5), currency="EUR")
    )
    source = ByOffset("a", [*rows, euros], desk.clock, size_max=2, order=NEWEST.order)
    dear = And((Compare("total", "gt", Decimal(0)),))

    with pytest.raises(CurrencyRequired):
        await desk.page([Whole("a", source.rows, desk.clock)], ListQuery("Paper", order=(Order("total"),)), 2)
    with pytest.raises(CurrencyRequired):
        await desk.all([source], ListQuery("Paper", where=dear, order=NEWEST.order), 2)


async def test_the_currency_met_goes_on_with_the_cursor() -> None:
    """A page remembers the currency it compared in, and the next one holds on to it."""
    desk = Desk()
    source = Whole("a", [Paper(native_id="1", total=chf(1))], desk.clock)
    query = ListQuery("Paper", order=(Order("total"),))

    merged, _ = await desk.page([source], query, 1)

    assert {"total": "CHF"} == merged.end.currencies
    with pytest.raises(CurrencyRequired):
        await desk.merge([source], query, 1, State(currencies={"total": "EUR"}))


async def test_another_currency_is_null() -> None:
    """Ordered by money in one currency, amounts in another come last, as null does."""
    desk = Desk()
    rows = [
        Paper(native_id="1", total=Money(amount=Decimal(900), currency="EUR")),
        Paper(native_id="2", total=chf("1.50")),
        Paper(native_id="3"),
        Paper(native_id="4", total=chf("20")),
    ]

    merged, _ = await desk.page([Whole("a", rows, desk.clock)], LARGEST, 10)

    assert ["4", "2", "1", "3"] == [row.native_id for row in merged.rows]


async def test_totals() -> None:
    """The provider's count where it sorts, the rows the condition holds for where it is sorted here."""
    desk = Desk()
    query = ListQuery("Paper", where=Compare("day", "lt", TODAY), order=NEWEST.order)
    sources = [
        ByOffset("a", days_back(30, span=30), desk.clock, order=NEWEST.order, counts=True),
        ByOffset("b", days_back(30, span=30), desk.clock),
    ]

    merged, _ = await desk.page(sources, query, 5)

    assert [30, 29] == [source.total for source in merged.sources]


async def test_cursor_stays_small() -> None:
    """Six sources, all of them behind at different places, by two order keys: the cursor is under 2 kB."""
    desk = Desk()
    query = ListQuery("Paper", order=(Order("name"), Order("total", currency="CHF")))
    sources = [
        Whole(
            f"3fa85f64-5717-4562-b3fc-2c963f66af{number:02}",
            [
                Paper(
                    native_id=f"0d9c1f7e-{number:04}-4c1b-9a55-{each:012}",
                    name=f"Müller & Söhne {each:03}",
                    total=chf(each),
                )
                for each in range(20)
            ],
            desk.clock,
            keeps=False,
        )
        for number in range(6)
    ]
    cursor = None
    for down in range(7):
        for number, source in enumerate(sources):
            source.down = number < down
        merged, cursor = await desk.page(sources, query, 3, cursor)

    assert len(merged.end.own) >= 5
    assert desk.longest < 2_000


async def test_empty_state_is_the_start() -> None:
    """A state in which nothing was shown begins at the first row."""
    desk = Desk()
    source = Whole("a", days_back(3, span=3), desk.clock)

    merged = await desk.merge([source], NEWEST, 2, State())

    assert ["3", "2"] == [row.native_id for row in merged.rows]
