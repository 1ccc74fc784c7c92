"""Counts over the last minute."""

from __future__ import annotations

from ledgermesh.upstream.rolling import Latest, Rolling


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


def test_of_everybody_the_latest_counts() -> None:
    """Somebody heard of again is still one; who was not heard of for a minute is none; the oldest go first."""
    latest = Latest(most=3)
    latest.put(0.0, "a", marked=True)
    latest.put(1.0, "b", marked=True)
    latest.put(2.0, "a", marked=False)
    assert (latest.total, latest.marked) == (2, 1)
    latest.put(61.0, "c", marked=True)
    assert (latest.total, latest.marked) == (2, 1), "b is gone"
    for name in "de":
        latest.put(61.5, name, marked=False)
    assert (latest.total, latest.marked) == (3, 1), "a is gone"
    latest.put(200.0, "f", marked=True)
    assert (latest.total, latest.marked) == (1, 1)
