"""Windows of days, from the newest back."""

from __future__ import annotations

import datetime as dt

import pytest

from ledgermesh.engine.windows import widening
from tests.engine.books import START, TODAY


@pytest.mark.parametrize("top", [None, TODAY, TODAY - dt.timedelta(days=500)])
def test_every_day_counts_in_one_window(top: dt.date | None) -> None:
    """Each day up to the top is taken from exactly one window, in which it lies with a day to spare on either side."""
    windows = widening(TODAY, top)
    for back in range(-40, 1_000):
        day = TODAY - dt.timedelta(days=back)
        counting = [window for window in windows if window.counts(day)]
        assert len(counting) == (1 if top is None or day <= top else 0)
        for window in counting:
            assert window.lies(day)
            assert window.days.start is None or day > window.days.start
            assert window.days.end is None or day < window.days.end


def test_the_first_is_open_to_the_future_and_the_last_to_the_past() -> None:
    """Nothing lies before the first window or behind the last; there are few of them."""
    windows = widening(TODAY)

    assert windows[0].days.end is None and windows[-1].days.start is None
    assert 3 == len(windows)


@pytest.mark.parametrize("day", [None, "2026-06-30", START, TODAY - dt.timedelta(days=31)])
def test_what_lies_outside(day: object) -> None:
    """No date, an instant, and a day before the window do not lie in the newest window."""
    assert not widening(TODAY)[0].lies(day)


def test_windows_before_the_first_day_are_left_out() -> None:
    """Where no earlier day is asked for, no window of earlier days is."""
    assert 1 == len(widening(TODAY, TODAY, TODAY - dt.timedelta(days=29)))
    assert 2 == len(widening(TODAY, TODAY, TODAY - dt.timedelta(days=30)))
    assert 3 == len(widening(TODAY, None, TODAY - dt.timedelta(days=150)))
