"""Figures of what goes on beside the requests: jobs, webhooks, drift."""

from __future__ import annotations

import asyncio

from ledgermesh.engine.mapping import Rejected
from ledgermesh.engine.merge import UNORDERED, SourceResult
from ledgermesh.engine.read import Seen
from ledgermesh.engine.sorted_here import WINDOW_IGNORED
from ledgermesh.graph.verdicts import drifted
from ledgermesh.metrics.looked import of_drift
from ledgermesh.metrics.work import WorkFigures
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.queue_store import StoreQueue
from ledgermesh.telemetry import Drift
from tests.hands import HandClock, settle
from tests.harness import NOW


def values(figure: object) -> dict[tuple[str, ...], float]:
    """A figure's samples by their labels' values."""
    return {tuple(each.labels.values()): each.value for each in figure.snapshot().samples}  # type: ignore[attr-defined]  # any figure


def test_jobs_are_taken_left_and_ended() -> None:
    """As a worker tells: under way in between, their parts by provider and outcome."""
    work = WorkFigures()
    work.taken()
    work.taken()
    assert values(work.running) == {(): 2}
    work.ended("kashoo", "COMMITTED")
    work.left(interrupted=False)
    work.left(interrupted=True)

    assert (values(work.taken_total), values(work.running), values(work.interrupted)) == (
        {(): 2},
        {(): 0},
        {(): 1},
    )
    assert values(work.parts) == {("kashoo", "committed"): 1}


async def test_jobs_that_wait_are_counted_now_and_then() -> None:
    """Those that nobody has taken, as the queue says it."""
    clock, work = HandClock(NOW), WorkFigures()
    queue = StoreQueue(MemoryStore(clock), clock)
    await queue.add("job/live/t/1", "job/live/t/2")
    watching = asyncio.create_task(work.watch_queue(queue, clock))
    await settle()
    first = values(work.waiting)
    await queue.take("w", seconds=0.0)
    await clock.turn(10)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)

    assert (first, values(work.waiting)) == ({(): 2}, {(): 1})


def test_drift_is_told_by_provider_and_kind() -> None:
    """Records that cannot be read, an order that was not kept, a window that was ignored; fields are not told."""
    drift = Drift()
    result = SourceResult(
        name="c-1/invoices", connection="c-1", status="UNORDERED", completeness="COMPLETE", reason=None,
        notes=frozenset((UNORDERED, WINDOW_IGNORED)), late=False, error=None, rows=0, pages=1, total=None,
    )  # fmt: skip
    drifted(
        drift,
        "kashoo",
        Seen(rejected=[Rejected(None, "id", "missing"), Rejected(None, "total", "no")]),
        result,
    )

    [figure] = of_drift(drift)
    assert values(figure) == {
        ("kashoo", "malformed_record"): 2, ("kashoo", "unordered"): 1, ("kashoo", "window_ignored"): 1,
    }  # fmt: skip
