"""What must be true of every list that is paged through, whatever its sources do meanwhile. A world per seed."""

from __future__ import annotations

from typing import Any

from ledgermesh.engine.merge import Merged
from tests.engine.worlds import all_complete, never_twice, world


async def pages_equal_brute_force(seed: int, most: int = 50) -> None:
    """In books that stand still, the pages together are exactly fetch all, sort, filter."""
    here = world(seed, most=most)

    got = await here.desk.all(here.sources, here.query, here.first, between=here.wait, seen=all_complete)

    assert got == here.want()


async def changes_cost_nothing_that_stayed(seed: int, most: int = 50) -> None:
    """Under inserts and deletes between pages no row comes twice, none that stayed is missed, and the order is kept."""
    here = world(seed, most=most)
    want = here.want()
    gone: set[int] = set()

    def change() -> None:
        here.wait()
        gone.update(id(row) for row in here.change())

    got = await here.desk.all(here.sources, here.query, here.first, between=change)

    never_twice(got)
    stayed = [row for row in want if id(row) not in gone]
    known = {id(row) for row in stayed}
    assert [row for row in got if id(row) in known] == stayed


async def outages_cost_nothing(seed: int, most: int = 50) -> None:
    """With sources that fail and return, every row comes exactly once, failures are named, late rows are flagged."""
    here = world(seed, most=most)
    want, pages = here.want(), 0
    rank, furthest = {id(row): at for at, row in enumerate(want)}, -1

    def change() -> None:
        nonlocal pages
        pages += 1
        here.wait()
        here.outage(0.3 if pages < 30 else 0.0)

    def check(merged: Merged[Any]) -> None:
        nonlocal furthest
        failed = {source.name for source in merged.sources if source.error is not None}
        assert failed == {source.name for source in here.sources if source.failures}
        assert merged.more or not failed
        for source in merged.sources:
            assert source.completeness == (
                "COMPLETE" if source.error is None else "PARTIAL" if source.rows else "NONE"
            )
        late = {name for name, row in zip(merged.names, merged.rows, strict=True) if rank[id(row)] < furthest}
        flagged = {source.name for source in merged.sources if source.late}
        assert late == flagged if here.query.where is None else late <= flagged
        furthest = max(furthest, *(rank[id(row)] for row in merged.rows), -1)

    here.outage(0.3)
    got = await here.desk.all(here.sources, here.query, here.first, between=change, seen=check)

    never_twice(got)
    assert sorted(got, key=id) == sorted(want, key=id)


async def changes_and_outages_cost_nothing_that_stayed(seed: int, most: int = 50) -> None:
    """With rows that come and go and sources that fail and return, what stayed comes exactly once, if not in order."""
    here = world(seed, most=most)
    want, pages = here.want(), 0
    gone: set[int] = set()

    def change() -> None:
        nonlocal pages
        pages += 1
        here.wait()
        gone.update(id(row) for row in here.change())
        here.outage(0.3 if pages < 30 else 0.0)

    got = await here.desk.all(here.sources, here.query, here.first, between=change)

    never_twice(got)
    assert {id(row) for row in want} - gone <= {id(row) for row in got}


async def what_is_cut_off_is_flagged(seed: int, most: int = 50) -> None:
    """A source that cannot show all its rows says so with a reason; the rows it does show come in order, once."""
    here = world(seed, most=most, complete=False)
    flagged: set[str] = set()

    def check(merged: Merged[Any]) -> None:
        flagged.update(
            source.name for source in merged.sources if source.completeness == "PARTIAL" and source.reason
        )

    got = await here.desk.all(here.sources, here.query, here.first, seen=check)

    want = here.want()
    known = {id(row) for row in got}
    assert got == [row for row in want if id(row) in known]
    missing = {
        source.name
        for source in here.sources
        if any(id(row) not in known for row in source.rows if here.keep(row))
    }
    assert missing <= flagged


async def every_edge_goes_on(seed: int, most: int = 50) -> None:
    """Going on behind any row of a page, not only the last, gives what follows it."""
    here = world(seed, most=most)
    want = here.want()
    merged = await here.desk.merge(here.sources, here.query, 10, None)
    if merged.rows:
        row = here.chance.randrange(len(merged.rows))
        rest = await here.desk.merge(here.sources, here.query, 1_000, merged.state_after(row))
        assert list(rest.rows) == want[row + 1 :]


LAWS = (
    pages_equal_brute_force, changes_cost_nothing_that_stayed, outages_cost_nothing,
    changes_and_outages_cost_nothing_that_stayed, what_is_cut_off_is_flagged, every_edge_goes_on,
)  # fmt: skip
