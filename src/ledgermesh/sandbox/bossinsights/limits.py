"""So many requests a second for each company, counted by seconds of the clock."""

from __future__ import annotations

from ledgermesh.clock import Clock
from ledgermesh.sandbox.bossinsights.errors import Refusal
from ledgermesh.sandbox.bossinsights.switches import Switches


class Limits:
    """Counts requests by account key. No header speaks of the limit."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock, self._switches = clock, switches
        self._counts: dict[str, tuple[int, int]] = {}
        """Account key -> (second, requests in it)."""

    def count(self, account_key: str) -> None:
        """Refusal 429 when the second is used up; a refused request is not counted."""
        if not self._switches.limited:
            return
        now = int(self._clock.now().timestamp())
        second, calls = self._counts.get(account_key, (now, 0))
        calls = calls if second == now else 0
        if calls >= self._switches.calls_per_second:
            raise Refusal(429, "Too many requests for this account")
        self._counts[account_key] = (now, calls + 1)
