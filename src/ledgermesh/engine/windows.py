"""Windows of days, widening from the newest back, for a source that takes dates but does not sort."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import Struct

from ledgermesh.engine.pages import Days

WIDTHS_DAYS: Final = (30, 120)
"""Widths of the windows before the last one, which is open to the past. Few, because each costs a call of its own."""
DAY: Final = dt.timedelta(days=1)


class Window(Struct, frozen=True):
    """What is asked of the provider, and the days of it that are then certainly known.

    It asks for a day more than it counts on at either end, because whether a provider includes the ends is an
    assumption; so neighbours overlap, and each day is taken from one of them only.
    """

    days: Days
    above: dt.date | None
    """Days after this one are known; None for all earlier days."""
    until: dt.date | None
    """Days up to and with this one are known; None for all later days."""

    def lies(self, day: object) -> bool:
        """Whether a row of this day may come in the answer at all; rows without a date may not."""
        if not isinstance(day, dt.date) or isinstance(day, dt.datetime):
            return False
        return _between(day, self.days.start, self.days.end)

    def counts(self, day: dt.date) -> bool:
        """Whether this window is the one that a day's rows are taken from."""
        return (self.above is None or day > self.above) and (self.until is None or day <= self.until)


def _between(day: dt.date, start: dt.date | None, end: dt.date | None) -> bool:
    return (start is None or day >= start) and (end is None or day <= end)


def widening(today: dt.date, top: dt.date | None = None, floor: dt.date | None = None) -> tuple[Window, ...]:
    """The windows from `top` back; without it from the future back. The last one is open to the past.

    Windows that only hold days before `floor` are left out.
    """
    windows: list[Window] = []
    until, newest = top, top or today
    for width in WIDTHS_DAYS:
        above = newest - width * DAY
        windows.append(Window(Days(above, _next(until)), above, until))
        until = newest = above
    windows.append(Window(Days(None, _next(until)), None, until))
    return tuple(each for each in windows if floor is None or each.until is None or each.until >= floor)


def _next(day: dt.date | None) -> dt.date | None:
    return None if day is None else day + DAY
