"""How many calls a company may make: fixed windows that begin with their first call."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.sandbox.smallinvoice.switches import Switches

_BUCKETS_MAX = 10_000


@dataclass
class _Window:
    ends: float
    spent: int = 0


class Allowance(Struct, frozen=True):
    """What is left after a call."""

    limit: int
    remaining: int
    reset_seconds: int
    """Until the window ends; a duration, not a point in time."""
    granted: bool


class Limiter:
    """Counts calls; its size and window are switches, read at every call."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def spend(self, bucket: str) -> Allowance:
        """Count one call; a call over the limit is not granted and does not lengthen the wait."""
        now = self._clock.monotonic()
        limit = self._switches.calls_per_window
        window = self._windows.get(bucket)
        if window is None or window.ends <= now:
            window = self._open(bucket, now)
        granted = window.spent < limit
        window.spent += granted
        return Allowance(limit, max(limit - window.spent, 0), math.ceil(window.ends - now), granted)

    def _open(self, bucket: str, now: float) -> _Window:
        window = self._windows[bucket] = _Window(now + self._switches.window_seconds)
        self._windows.move_to_end(bucket)
        if len(self._windows) > _BUCKETS_MAX:
            self._windows.popitem(last=False)
        return window
