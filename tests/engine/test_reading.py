"""Calls of one request to one source: counted, bounded, never in circles."""

from __future__ import annotations

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.engine.pages import Page
from ledgermesh.engine.reading import Bounds, Reading, ScanLimit, Walk
from ledgermesh.errors import Garbled
from tests.engine.books import START, ByNumber, ByOffset, Paper, Provider


def rows(count: int) -> list[Paper]:
    return [Paper(native_id=str(number)) for number in range(count)]


def reading(source: Provider, *, pages_max: int = 200, seconds: float = 30.0) -> Reading[Paper]:
    return Reading(source, Bounds(clock=source.clock, deadline=seconds, pages_max=pages_max))


@pytest.mark.parametrize("shape", [ByOffset, ByNumber])
async def test_a_walk_reads_every_row(shape: type[Provider]) -> None:
    """From the start to the end, each page with its position."""
    source = shape("a", rows(25), ManualClock(START), size_max=10)
    walk = Walk(reading(source), None, 10)
    found: list[str] = []
    while not walk.ended:
        position, page = await walk.read()
        assert source.cut(position, 10, None) == page
        found += [row.native_id for row in page.rows]

    assert [row.native_id for row in source.rows] == found


async def test_pages_are_bounded() -> None:
    """The call that would be one too many is not made."""
    source = ByOffset("a", rows(25), ManualClock(START), size_max=10)
    bounded = reading(source, pages_max=2)
    await bounded.page(None, size=10)
    await bounded.page(10, size=10)

    with pytest.raises(ScanLimit) as limit:
        await bounded.page(20, size=10)

    assert (2, 2, "PAGES") == (source.calls, bounded.pages, limit.value.why)


async def test_time_is_bounded() -> None:
    """After the deadline no second call is made; the first is left to the layers below, which name the error."""
    source = ByOffset("a", rows(25), ManualClock(START), size_max=10)
    late = reading(source, seconds=0.0)
    await late.page(None, size=10)

    with pytest.raises(ScanLimit) as limit:
        await late.page(10, size=10)

    assert (1, "DEADLINE") == (source.calls, limit.value.why)


async def test_circles_are_refused() -> None:
    """A page that was seen before, or positions that do not advance, end the reading as garbled."""

    class Same(ByOffset):
        def cut(self, position, size, days):  # type: ignore[no-untyped-def]  # as its parent
            return Page(tuple(self.rows[:size]), (position or 0) + size)

    class Stuck(ByOffset):
        def cut(self, position, size, days):  # type: ignore[no-untyped-def]  # as its parent
            return Page(tuple(self.rows[position or 0 :][:size]), position or 0)

    clock = ManualClock(START)
    same = Walk(reading(Same("a", rows(30), clock)), None, 10)
    stuck = Walk(reading(Stuck("a", rows(30), clock)), 10, 10)

    await same.read()
    with pytest.raises(Garbled, match="repeated a page"):
        await same.read()
    with pytest.raises(Garbled, match="advance"):
        await stuck.read()


async def test_empty_pages_are_no_circle() -> None:
    """Pages of which no row is of this kind may follow each other."""

    class Sparse(ByOffset):
        def cut(self, position, size, days):  # type: ignore[no-untyped-def]  # as its parent
            at = position or 0
            return Page((), at + 1 if at < 5 else None)

    walk = Walk(reading(Sparse("a", [], ManualClock(START))), None, 10)
    while not walk.ended:
        assert () == (await walk.read())[1].rows

    assert 6 == walk.reading.pages
