"""When something was written: the clock's time, but always later than what was there before."""

from __future__ import annotations

import datetime as dt

from ledgermesh.sandbox.kashoo.dates import milliseconds

_STEP = dt.timedelta(milliseconds=1)


def later(now: dt.datetime, before: dt.datetime) -> dt.datetime:
    """Whichever is later, now or the millisecond after."""
    return max(now, before + _STEP)


def later_ms(now: dt.datetime, before_ms: int) -> int:
    """The same in milliseconds since 1970."""
    return max(milliseconds(now), before_ms + 1)
