"""What may still be spent: what a provider's documents declare and what its answers say, over a tally of calls.

Every function gives a new tally. Moments are epoch seconds, as providers tell them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from ledgermesh.spec.budgets import Budget, BudgetHeaders, Scope
from ledgermesh.upstream.tally import Tally, Told, Window, plus

BURST_SECONDS = 60.0
"""After a refusal although something is left of the told budget: a shorter, untold window is spent. One call may try
after a minute; is it refused as well, the told reset counts. AccountsOS tells of its hour and also counts a minute."""
UNTOLD_SECONDS = 15.0
"""After a refusal that says nothing about when to come back."""
BLOCK_SECONDS_MAX = 86_400.0
SAME_RESET_SECONDS = 2.0
"""A reset told as seconds left is rounded; within this it is the same window."""
LATE_SECONDS = 1.0
LATE_SHARE = 0.1
"""A call taken within the last second of a window, or its last tenth if that is less, may be counted by the provider in
the next one, so it is counted there too."""


class Quota(Struct, frozen=True, kw_only=True):
    """One window as far as it is known."""

    window: int | None
    """Its length in seconds; None where only the provider's headers or its refusal tell of it."""
    limit: int | None
    remaining: int
    resets_at: dt.datetime
    """UTC."""
    per: Scope


class Scarcest(Struct, frozen=True):
    """The window with the fewest calls left."""

    left: int
    ends_at: float
    by: Mapping[str, int]
    """Tenant → what it spent of it."""


class Allowance(Struct, frozen=True):
    """All windows of one budget at once. Windows begin at multiples of their length, as the providers' do."""

    budgets: tuple[Budget, ...]
    headers: BudgetHeaders | None
    share: int = 1
    """Among how many replicas it is divided, while none of them knows what the others spend."""

    def opens_at(self, tally: Tally, now: float) -> float:
        """When the next call may go; not after `now` if it may go at once."""
        opens = tally.blocked_until
        for left, ends_at, _ in self._known(tally, now):
            if left <= 0:
                opens = max(opens, ends_at)
        return opens

    def left(self, tally: Tally, now: float) -> int | None:
        """Calls that may go before a window ends, by the scarcest one; None where nothing is declared or told."""
        if now < tally.blocked_until:
            return 0
        least = self.least(tally, now)
        return None if least is None else max(least, 0)

    def least(self, tally: Tally, now: float) -> int | None:
        """What is left of the scarcest window, which may be less than nothing; None where nothing is declared or told.

        `scarcest` without who spent it, for the path of every call.
        """
        told = tally.told
        least = told.left if told is not None and now < told.reset_at else None
        windows, share = tally.windows, self.share
        for budget in self.budgets:
            seconds = budget.per_seconds
            left, window = budget.calls // share, windows.get(seconds)
            if window is not None:
                left -= window.used if now < window.start + seconds else _used(window, seconds, now)
            if least is None or left < least:
                least = left
        return least

    def scarcest(self, tally: Tally, now: float) -> Scarcest | None:
        """None where nothing is declared or told."""
        known = self._known(tally, now)
        return Scarcest(*min(known, key=lambda each: each[0])) if known else None

    def spend(self, tally: Tally, now: float, tenant: str) -> Tally:
        """Count one call in every window."""
        windows = {
            budget.per_seconds: _plus(self._window(tally, budget, now), budget.per_seconds, now, tenant, 1)
            for budget in self.budgets
        }
        told = tally.told
        if told is not None:
            told = (
                replace(told, left=told.left - 1, by=plus(told.by, tenant)) if now < told.reset_at else None
            )
        return replace(tally, windows=windows, told=told) if windows or told is not tally.told else tally

    def give_back(self, tally: Tally, taken_at: float, tenant: str) -> Tally:
        """A call that was counted at this moment was never made.

        What the provider told stays as it is: it may have been told after the call was counted.
        """
        windows = dict(tally.windows)
        for seconds, window in tally.windows.items():
            if window.start == _start(taken_at, seconds):
                windows[seconds] = _plus(window, seconds, taken_at, tenant, -1)
        return replace(tally, windows=windows)

    def rejoined(self, tally: Tally, part: Allowance, alone: Tally, now: float) -> Tally:
        """The tally after a time in which each replica spent its part alone.

        What is left of our part is all that is left of these windows: nobody knows yet what the others spent of theirs.
        """
        windows = dict(tally.windows)
        for budget in self.budgets:
            window, own = self._window(tally, budget, now), part._window(alone, budget, now)
            used = self._calls(budget) - max(part._calls(budget) - own.used, 0)
            windows[budget.per_seconds] = replace(window, used=max(window.used, used))
        return replace(tally, windows=windows)

    def same_windows(self, one: float, other: float) -> bool:
        """Whether no window began between these moments."""
        return all(one // each.per_seconds == other // each.per_seconds for each in self.budgets)

    def hear(self, tally: Tally, headers: Mapping[str, str], now: float, *, flying: int = 0) -> Tally:
        """Believe an answer's headers. Of answers about the same window the smallest remainder counts.

        `flying` other calls are in the air, which the provider may not have counted yet.
        """
        if self.headers is None:
            return tally
        left, reset = _whole(headers, self.headers.remaining), _whole(headers, self.headers.reset)
        if left is None or reset is None:
            return tally
        reset_at = float(reset) if self.headers.reset_is == "epoch_seconds" else now + reset
        known = tally.told
        if known is not None and reset_at < known.reset_at - SAME_RESET_SECONDS and now < known.reset_at:
            return replace(tally, heard_reset_at=reset_at)
        told = Told(
            left=left // self.share - flying,
            reset_at=min(reset_at, now + BLOCK_SECONDS_MAX),
            limit=_whole(headers, self.headers.limit),
        )
        if known is not None and abs(reset_at - known.reset_at) <= SAME_RESET_SECONDS:
            told = replace(
                told,
                left=min(told.left, known.left),
                reset_at=max(told.reset_at, known.reset_at),
                by=known.by,
            )
        if told == known and abs(tally.heard_reset_at - reset_at) <= SAME_RESET_SECONDS:
            return tally
        return replace(tally, told=told, heard_reset_at=reset_at)

    def granted(self, tally: Tally, sent_at: float) -> Tally:
        """A call that left at this moment was not refused."""
        forgiven = tally.burst_until is not None and sent_at >= tally.burst_until
        return replace(tally, burst_until=None) if forgiven else tally

    def refused(self, tally: Tally, now: float, sent_at: float, told: float | None) -> Tally:
        """A call that left at `sent_at` was refused; closed until the moment `told` by the provider or worked out."""
        until, burst_until = (
            (told, tally.burst_until) if told is not None else _worked_out(tally, now, sent_at)
        )
        blocked_until = max(tally.blocked_until, min(until, now + BLOCK_SECONDS_MAX))
        return replace(tally, blocked_until=blocked_until, burst_until=burst_until)

    def ends_at(self, tally: Tally, now: float) -> float:
        """When forgetting all this changes nothing; not after `now` if it does now."""
        ends = tally.blocked_until
        for waiting in tally.waiting.values():
            ends = max(ends, waiting.until)
        if tally.told is not None:
            ends = max(ends, tally.told.reset_at)
        for seconds, window in tally.windows.items():
            if window.used and window.start + seconds > ends:
                ends = float(window.start + seconds)
        return ends

    def divided(self, tally: Tally, now: float, replicas: int) -> tuple[Allowance, Tally]:
        """One replica's part of what is allowed, and of what is left of the windows of this moment."""
        part = Allowance(self.budgets, self.headers, max(replicas, 1))
        windows = {}
        for budget in self.budgets:
            window = self._window(tally, budget, now)
            left = max(self._calls(budget) - window.used, 0) // part.share
            windows[budget.per_seconds] = replace(window, used=part._calls(budget) - left)
        told = tally.told
        if told is not None:
            told = replace(told, left=told.left // part.share)
        return part, replace(tally, windows=windows, told=told, waiting={})

    def quotas(self, tally: Tally, now: float, per: Scope) -> tuple[Quota, ...]:
        """What is known of every window; last, where the provider told to stay away, until when."""
        found = []
        for budget in self.budgets:
            window = self._window(tally, budget, now)
            left, ends_at = self._calls(budget) - window.used, window.start + budget.per_seconds
            found.append(_quota(budget.per_seconds, self._calls(budget), left, ends_at, per))
        if tally.told is not None and now < tally.told.reset_at:
            told = tally.told
            found.append(_quota(None, told.limit, told.left, told.reset_at, per))
        if now < tally.blocked_until:
            found.append(_quota(None, None, 0, tally.blocked_until, per))
        return tuple(found)

    def _known(self, tally: Tally, now: float) -> list[tuple[int, float, Mapping[str, int]]]:
        """Of each window what is left of it, when it ends, and who spent how much."""
        known: list[tuple[int, float, Mapping[str, int]]] = []
        if tally.told is not None and now < tally.told.reset_at:
            known.append((tally.told.left, tally.told.reset_at, tally.told.by))
        for budget in self.budgets:
            window = self._window(tally, budget, now)
            left, ends_at = self._calls(budget) - window.used, window.start + budget.per_seconds
            known.append((left, float(ends_at), window.by))
        return known

    def _calls(self, budget: Budget) -> int:
        return budget.calls // self.share

    def _window(self, tally: Tally, budget: Budget, now: float) -> Window:
        """The window of this moment; not an earlier one than that of a replica whose clock is ahead of ours."""
        seconds = budget.per_seconds
        window = tally.windows.get(seconds)
        if window is not None and now < window.start + seconds:
            return window
        return Window(_start(now, seconds), used=_used(window, seconds, now))


def _used(window: Window | None, seconds: int, now: float) -> int:
    """Calls of the window of this moment; of one that begins, those that the one before counts to it as well."""
    if window is None:
        return 0
    ends = window.start + seconds
    if now < ends:
        return window.used
    return window.late if now < ends + seconds else 0


def _start(now: float, seconds: int) -> int:
    return int(now // seconds) * seconds


def _plus(window: Window, seconds: int, now: float, tenant: str, calls: int) -> Window:
    late = calls if now >= window.start + seconds - min(LATE_SECONDS, LATE_SHARE * seconds) else 0
    return Window(
        window.start, max(window.used + calls, 0), max(window.late + late, 0), plus(window.by, tenant, calls)
    )


def _worked_out(tally: Tally, now: float, sent_at: float) -> tuple[float, float | None]:
    """When the next call may go, and until when a burst's refusals are one."""
    told, burst_until = tally.told, tally.burst_until
    if told is None or told.reset_at <= now:
        return now + UNTOLD_SECONDS, burst_until
    if told.left <= 0:
        return told.reset_at, burst_until
    if now < tally.heard_reset_at <= now + BURST_SECONDS:
        return tally.heard_reset_at, burst_until
    if burst_until is None:
        burst_until = min(now + BURST_SECONDS, told.reset_at)
        return burst_until, burst_until
    # Calls that were on their way when the first was refused belong to the same burst.
    return told.reset_at if sent_at >= burst_until else burst_until, burst_until


def _quota(window: int | None, limit: int | None, left: int, ends_at: float, per: Scope) -> Quota:
    return Quota(
        window=window,
        limit=limit,
        remaining=max(left, 0),
        resets_at=dt.datetime.fromtimestamp(ends_at, dt.UTC),
        per=per,
    )


def _whole(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name.lower(), "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None
