"""What one connection may still spend: what its provider's documents declare and what its answers say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledgermesh.spec.budgets import Budget, BudgetHeaders

BURST_SECONDS = 60.0
"""After a refusal although something is left of the told budget: a shorter, untold window is spent. One call may try
after a minute; is it refused as well, the told reset counts. AccountsOS tells of its hour and also counts a minute."""
UNTOLD_SECONDS = 15.0
"""After a refusal that says nothing about when to come back."""
BLOCK_SECONDS_MAX = 86_400.0
SAME_RESET_SECONDS = 2.0
"""A reset told as seconds left is rounded; within this it is the same window."""


@dataclass(slots=True)
class Window:
    """Calls spent in one fixed window. Windows begin at multiples of their length, as the providers' do."""

    budget: Budget
    start: float = 0.0
    used: int = 0

    def roll(self, now: float) -> None:
        """Begin the window of this moment if it is another one."""
        start = now - now % self.budget.per_seconds
        if start != self.start:
            self.start, self.used = start, 0

    @property
    def end(self) -> float:
        """When the next window begins."""
        return self.start + self.budget.per_seconds


class Allowance:
    """All windows at once. Moments are epoch seconds, as providers tell them."""

    def __init__(self, budgets: tuple[Budget, ...], headers: BudgetHeaders | None) -> None:
        self._windows = [Window(budget) for budget in budgets]
        self._headers = headers
        self._left: int | None = None
        self._reset_at = 0.0
        self._heard_reset_at = 0.0
        self._blocked_until = 0.0
        self._burst_until: float | None = None

    def opens_at(self, now: float) -> float:
        """When the next call may go; not after `now` if it may go at once."""
        opens = self._blocked_until
        if self._left is not None and self._left <= 0 and self._reset_at > now:
            opens = max(opens, self._reset_at)
        for window in self._windows:
            window.roll(now)
            if window.used >= window.budget.calls:
                opens = max(opens, window.end)
        return opens

    def left(self, now: float) -> int | None:
        """Calls that may go before a window ends, by the scarcest one; None where nothing is declared or told."""
        if now < self._blocked_until:
            return 0
        known = [self._left] if self._left is not None and now < self._reset_at else []
        for window in self._windows:
            window.roll(now)
            known.append(window.budget.calls - window.used)
        return max(min(known), 0) if known else None

    def spend(self, now: float) -> None:
        """Count one call in every window."""
        for window in self._windows:
            window.roll(now)
            window.used += 1
        if self._left is not None:
            self._left = self._left - 1 if now < self._reset_at else None

    def hear(self, headers: Mapping[str, str], now: float) -> None:
        """Believe an answer's headers. Of answers about the same window the smallest remainder counts."""
        if self._headers is None:
            return
        left, reset = _whole(headers, self._headers.remaining), _whole(headers, self._headers.reset)
        if left is None or reset is None:
            return
        reset_at = float(reset) if self._headers.reset_is == "epoch_seconds" else now + reset
        self._heard_reset_at = reset_at
        if reset_at < self._reset_at - SAME_RESET_SECONDS and now < self._reset_at:
            return
        same = self._left is not None and abs(reset_at - self._reset_at) <= SAME_RESET_SECONDS
        self._left = min(left, self._left) if same and self._left is not None else left
        self._reset_at = min(reset_at, now + BLOCK_SECONDS_MAX)

    def granted(self, sent_at: float) -> None:
        """A call that left at this moment was not refused."""
        if self._burst_until is not None and sent_at >= self._burst_until:
            self._burst_until = None

    def refused(self, now: float, sent_at: float, told: float | None) -> float:
        """A call that left at `sent_at` was refused; when the next may go, `told` by the provider or worked out."""
        until = told if told is not None else self._worked_out(now, sent_at)
        self._blocked_until = max(self._blocked_until, min(until, now + BLOCK_SECONDS_MAX))
        return self._blocked_until

    def _worked_out(self, now: float, sent_at: float) -> float:
        if self._left is None or self._reset_at <= now:
            return now + UNTOLD_SECONDS
        if self._left <= 0:
            return self._reset_at
        if now < self._heard_reset_at <= now + BURST_SECONDS:
            return self._heard_reset_at
        if self._burst_until is None:
            self._burst_until = min(now + BURST_SECONDS, self._reset_at)
            return self._burst_until
        # Calls that were on their way when the first was refused belong to the same burst.
        return self._reset_at if sent_at >= self._burst_until else self._burst_until

    def idle(self, now: float) -> bool:
        """Whether forgetting all this changes nothing."""
        told = self._left is not None and now < self._reset_at
        spent = any(window.used and now < window.end for window in self._windows)
        return not told and not spent and now >= self._blocked_until


def _whole(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name.lower(), "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None
