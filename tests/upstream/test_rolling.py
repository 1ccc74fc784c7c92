"""Counts over the last minute."""

from __future__ import annotations

from ledgermesh.upstream.rolling import Rolling


def test_what_is_older_than_the_window_falls_out() -> None:
    """Counts of the last 60 s, to a tenth of it."""
    counts = Rolling()
    counts.add(0.0, total=5, marked=2)
    counts.add(30.0, total=1)
    counts.add(59.0, total=1, marked=1)
    assert (counts.total, counts.marked) == (7, 3)
    counts.roll(61.0)
    assert (counts.total, counts.marked) == (2, 1)
    counts.roll(1_000.0)
    assert (counts.total, counts.marked) == (0, 0)


def test_clearing_forgets_all() -> None:
    """As if new."""
    counts = Rolling()
    counts.add(1.0, total=3, marked=3)
    counts.clear()
    counts.add(1.0, total=1)
    assert (counts.total, counts.marked) == (1, 0)
