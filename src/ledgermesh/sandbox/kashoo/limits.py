"""A limit on calls, off unless switched on: nothing is known of one in the real API."""

from __future__ import annotations

import math

from ledgermesh.clock import Clock
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.switches import Switches
from ledgermesh.sandbox.kashoo.users import User


class Limits:
    """Counts each user's calls in windows that follow one another."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._counts: dict[str, tuple[int, int]] = {}
        """E-mail -> (number of the window, calls in it)."""

    def count(self, user: User) -> None:
        """Refusal 429 with the seconds to wait when the window's calls are used up."""
        if self._switches.calls_per_window is None:
            return
        seconds = self._switches.window_seconds
        now = self._clock.now().timestamp()
        window = int(now // seconds)
        known, calls = self._counts.get(user.email, (window, 0))
        calls = calls + 1 if known == window else 1
        self._counts[user.email] = (window, calls)
        if calls > self._switches.calls_per_window:
            wait = max(1, math.ceil((window + 1) * seconds - now))
            raise Refusal(429, "Too many requests", {"Retry-After": str(wait)})
