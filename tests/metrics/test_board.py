"""What several workers counted, put together: by kind of figure, around whoever has ended or was cut short."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from prometheus_client.core import Metric

from ledgermesh.metrics.board import PLACE_BYTES, Board, Fellows
from ledgermesh.metrics.figures import Counter, Gauge, Histogram
from ledgermesh.metrics.merged import LEAST, MOST
from ledgermesh.metrics.page import Metrics

ASKED = ("ledgermesh_asked_total", (("route", "/"),))


def counted(by: float, *labels: str) -> list[Metric]:
    """A counter, a histogram and gauges of each kind, at this figure."""
    asked = Counter("ledgermesh_asked_total", "Asked.", ("route",))
    for label in labels or ("/",):
        asked.add(label, by=by)
    took = Histogram("ledgermesh_took_seconds", "Took.", bounds=(1.0, 5.0))
    took.observe(value=by)
    gauges = [
        Gauge(name, "A gauge.")
        for name in ("ledgermesh_open", "ledgermesh_replicas", "ledgermesh_provider_budget_left_min")
    ]
    for gauge in gauges:
        gauge.set(to=by)
    return [asked.snapshot(), took.snapshot(), *(gauge.snapshot() for gauge in gauges)]


def values(figures: list[Metric]) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], float]:
    found = {}
    for metric in figures:
        for sample in metric.samples:
            key = (sample.name, tuple(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def test_each_kind_is_put_together_in_its_way() -> None:
    """Counts, buckets and what is open are added up; of what all see alike the largest or the scarcest is shown; a
    series that one of them alone has is there.
    """
    board = Board(2)
    Fellows(board, 0, 100).publish(counted(2, "/", "/other"))
    found = values(Fellows(board, 1, 101).together(counted(3)))

    assert (found[ASKED], found["ledgermesh_asked_total", (("route", "/other"),)]) == (5, 2)
    buckets = [found["ledgermesh_took_seconds_bucket", (("le", bound),)] for bound in ("1.0", "5.0", "+Inf")]
    assert buckets == [0, 2, 2]
    assert (found["ledgermesh_took_seconds_sum", ()], found["ledgermesh_open", ()]) == (5, 5)
    assert (found["ledgermesh_replicas", ()], found["ledgermesh_provider_budget_left_min", ()]) == (3, 2)


def test_what_the_ended_counted_still_counts_and_only_once() -> None:
    """A sum never falls because a worker ended: Prometheus would take it for a new start. Its gauges go with it."""
    board = Board(2)
    Fellows(board, 0, 100).publish(counted(2))
    here = Fellows(board, 1, 101)
    before = values(here.together(counted(3)))
    board.ended(0, 100)
    board.ended(0, 100)
    between = values(here.together(counted(3)))
    Fellows(board, 0, 102).publish(counted(1))
    after = values(here.together(counted(3)))
    board.ended(0, 102)

    assert [each[ASKED] for each in (before, between, after)] == [5, 5, 6]
    assert (between["ledgermesh_open", ()], after["ledgermesh_open", ()]) == (3, 4)
    assert values(here.together(counted(3)))[ASKED] == 6


@pytest.mark.parametrize("half", [0, 1])
def test_a_worker_that_was_killed_while_it_told_leaves_what_it_told_before(half: int) -> None:
    """Half written figures are not read."""
    board = Board(1)
    told = Fellows(board, 0, 100)
    for _ in range(1 + half):
        told.publish(counted(2))
    before = board.read(0)
    written = 1 - board._memory[0]
    at = 1 + written * (PLACE_BYTES - 1) // 2
    board._memory[at : at + 40] = b"x" * 40

    assert before is not None
    assert board.read(0) == before


def test_every_gauge_that_is_named_is_there() -> None:
    """A renamed figure would be added up without anybody noticing."""
    known = {*Metrics().names(), "ledgermesh_provider_budget_left_min", "ledgermesh_registry_age_seconds"}
    known |= {"ledgermesh_replicas", "process_start_time_seconds", "process_max_fds", "python_info"}
    assert known >= LEAST | MOST
