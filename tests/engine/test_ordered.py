"""A source whose provider sorts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from ledgermesh.engine.currencies import Currencies
from ledgermesh.engine.order import Ordering, Place
from ledgermesh.engine.ordered import Ordered
from ledgermesh.engine.reading import Bounds, Reading, Unordered
from ledgermesh.spec.query import Order
from tests.engine.books import START, TODAY, ByNumber, ByOffset, Desk, Paper, Provider

ORDER = (Order("day"),)
ORDERING = Ordering(ORDER, Currencies())


def sales(
    count: int, *, a_day: int = 1, shape: type[Provider] = ByOffset, size: int = 10, ties: bool = False
) -> Provider:
    """Records with ids from 1, so many a day."""
    rows = [Paper(native_id=str(n + 1), day=TODAY + dt.timedelta(days=n // a_day)) for n in range(count)]
    return shape("a", rows, Desk().clock, size_max=size, order=ORDER, ties_by_id=ties)


def stream(
    source: Provider,
    *,
    after: Place | None = None,
    hint: int | None = None,
    keep: Callable[[Paper], bool] = lambda row: True,
) -> Ordered[Paper]:
    bounds = Bounds(clock=source.clock, deadline=30.0)
    return Ordered(Reading(source, bounds), ORDERING, keep, after=after, hint=hint, size=source.size_max)


async def drain(ordered: Ordered[Paper]) -> list[str]:
    """Ids of all rows."""
    while not ordered.ended:
        await ordered.fill()
    return [entry.record.native_id for entry in ordered.ready if entry.record]


def place(source: Provider, row: int) -> Place:
    return ORDERING.place(source.rows[row], "a")


async def test_ties_are_completed_before_any_is_shown() -> None:
    """Rows of an unfinished day wait for the next page, and come by id."""
    source = sales(12, a_day=6)
    ordered = stream(source)

    await ordered.fill()

    assert ["1", "2", "3", "4", "5", "6"] == [entry.place.number[1] for entry in ordered.ready]
    assert [str(n) for n in range(1, 13)] == await drain(ordered)


async def test_ties_that_come_by_id_need_not_wait() -> None:
    """Where the provider orders ties by id, all rows of a page are ready at once."""
    ordered = stream(sales(12, a_day=12, ties=True))

    await ordered.fill()

    assert 10 == len(ordered.ready)


@pytest.mark.parametrize("shape", [ByOffset, ByNumber])
@pytest.mark.parametrize("ties", [False, True])
async def test_a_hint_spares_the_way(shape: type[Provider], ties: bool) -> None:
    """With the hint for a place, what follows it comes with one call and no step back."""
    source = sales(100, shape=shape, ties=ties)
    first = stream(source)
    while len(first.ready) < 50:
        await first.fill()
    asked = source.calls

    later = stream(source, after=place(source, 42), hint=first.hint(place(source, 42)))
    await later.fill()

    assert "44" == later.ready[0].place.number[1]
    assert 1 == source.calls - asked


@pytest.mark.parametrize("gone", [1, 10, 39])
async def test_a_page_that_starts_too_late_is_stepped_back(gone: int) -> None:
    """When rows before the place were deleted, no row behind it is passed over."""
    source = sales(100)
    after, hint = place(source, 39), 38
    del source.rows[40 - gone : 40]

    assert "41" == (await drain(stream(source, after=after, hint=hint)))[0]


async def test_books_that_shrink_below_the_hint() -> None:
    """When the hinted page is behind the end, the way back finds what is left."""
    source = sales(100)
    after = place(source, 89)
    del source.rows[1:95]

    assert ["96", "97", "98", "99", "100"] == await drain(stream(source, after=after, hint=88))


async def test_a_row_that_comes_twice_is_taken_once() -> None:
    """Rows pushed onto the next page while reading come once, and are no broken order."""
    source = sales(30)
    ordered = stream(source)
    await ordered.fill()
    source.rows[:0] = [Paper(native_id=str(200 + n), day=TODAY - dt.timedelta(days=9)) for n in range(3)]

    assert [str(n) for n in range(1, 31)] == await drain(ordered)


async def test_an_order_that_runs_backwards_is_told() -> None:
    """A key that runs backwards ends the reading; equal keys with ids backwards only where ids are promised."""
    source = sales(30)
    source.order = (Order("day", descending=True),)
    with pytest.raises(Unordered):
        await drain(stream(source))

    tied = sales(30, a_day=30)
    assert 30 == len(await drain(stream(tied)))
    tied.ties_by_id, tied._views = True, {(None, tuple(map(id, tied.rows))): list(reversed(tied.rows))}
    with pytest.raises(Unordered):
        await drain(stream(tied))


async def test_rows_the_condition_does_not_hold_for_only_mark_the_way() -> None:
    """They come as places without a record, so that the cursor can pass them; nothing is pending behind the last."""
    ordered = stream(sales(30), keep=lambda row: row.native_id == "3")

    assert ["3"] == await drain(ordered)
    assert 30 == len(ordered.ready)
    while ordered.ready[0].record is None:
        ordered.ready.popleft()
    ordered.ready.popleft()
    assert not ordered.pending()


def test_nothing_read_changes_no_hint() -> None:
    """A source that was not reached keeps the hint it came with."""
    assert 40 == stream(sales(3), hint=40).hint(None)
    assert START is not None
