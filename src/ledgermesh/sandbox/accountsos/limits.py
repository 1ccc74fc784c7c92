"""The two limits of an API key: 1,000 requests an hour and 100 a minute, in fixed windows."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.sandbox.accountsos.switches import Switches

HOUR_SECONDS = 3600
MINUTE_SECONDS = 60


@dataclass(slots=True)
class Usage:
    """What one key has spent in the windows that run."""

    hour: int = -1
    in_hour: int = 0
    minute: int = -1
    in_minute: int = 0


class Verdict(Struct, frozen=True):
    """Whether a request may pass, and what the headers say."""

    allowed: bool
    headers: dict[str, str]


@dataclass(slots=True)
class Limiter:
    """Counts requests by key. A refused request is not counted."""

    clock: Clock
    switches: Switches
    _usage: dict[str, Usage] = field(default_factory=dict)

    def ask(self, key: str) -> Verdict:
        """Count a request of this key, unless it is over a limit."""
        now = int(self.clock.now().timestamp())
        usage = self._current(key, now)
        burst = self.switches.limited and usage.in_minute >= self.switches.calls_per_minute
        spent = self.switches.limited and usage.in_hour >= self.switches.calls_per_hour
        if not burst and not spent:
            usage.in_hour += 1
            usage.in_minute += 1
        return Verdict(not burst and not spent, self._headers(usage, now, burst=burst and not spent))

    def _current(self, key: str, now: int) -> Usage:
        usage = self._usage.setdefault(key, Usage())
        if usage.hour != now // HOUR_SECONDS:
            usage.hour, usage.in_hour = now // HOUR_SECONDS, 0
        if usage.minute != now // MINUTE_SECONDS:
            usage.minute, usage.in_minute = now // MINUTE_SECONDS, 0
        return usage

    def _headers(self, usage: Usage, now: int, *, burst: bool) -> dict[str, str]:
        """They describe the hour; after a burst the reset is assumed to be the end of the minute."""
        seconds = MINUTE_SECONDS if burst and not self.switches.awkward_burst else HOUR_SECONDS
        return {
            "X-RateLimit-Limit": str(self.switches.calls_per_hour),
            "X-RateLimit-Remaining": str(max(0, self.switches.calls_per_hour - usage.in_hour)),
            "X-RateLimit-Reset": str((now // seconds + 1) * seconds),
        }
