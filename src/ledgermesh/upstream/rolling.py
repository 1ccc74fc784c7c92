"""Counts over the last minute: of everything and of what is marked, and of everybody's latest mark."""

from __future__ import annotations

from collections import OrderedDict, deque


class Rolling:
    """Counts in buckets, so that what is old falls out a tenth at a time."""

    def __init__(self, *, seconds: float = 60.0, buckets: int = 10) -> None:
        self._bucket_seconds = seconds / buckets
        self._buckets = buckets
        self._counts: deque[list[int]] = deque()
        self.total = 0
        self.marked = 0

    def add(self, now: float, *, total: int = 0, marked: int = 0) -> None:
        """Count at this moment, in monotonic seconds."""
        slot = int(now // self._bucket_seconds)
        newest = self._counts[-1] if self._counts else None
        if newest is None or newest[0] != slot:
            self.roll(now)
            newest = [slot, 0, 0]
            self._counts.append(newest)
        newest[1] += total
        newest[2] += marked
        self.total += total
        self.marked += marked

    def roll(self, now: float) -> None:
        """Forget what is older than the window."""
        oldest = int(now // self._bucket_seconds) - self._buckets + 1
        while self._counts and self._counts[0][0] < oldest:
            _, total, marked = self._counts.popleft()
            self.total -= total
            self.marked -= marked

    def clear(self) -> None:
        """Forget everything."""
        self._counts.clear()
        self.total = self.marked = 0


class Latest:
    """Of everybody heard of in the last minute, the latest mark: how many there are, and how many are marked."""

    def __init__(self, *, seconds: float = 60.0, most: int = 1_000) -> None:
        self._seconds = seconds
        self._most = most
        self._heard: OrderedDict[object, tuple[float, bool]] = OrderedDict()
        self.marked = 0

    @property
    def total(self) -> int:
        """How many were heard of."""
        return len(self._heard)

    def put(self, now: float, who: object, *, marked: bool) -> None:
        """Heard of somebody at this moment, in monotonic seconds; what was heard of them before counts no more."""
        _, before = self._heard.pop(who, (now, False))
        self._heard[who] = (now, marked)
        self.marked += marked - before
        while len(self._heard) > self._most or next(iter(self._heard.values()))[0] <= now - self._seconds:
            _, (_, gone) = self._heard.popitem(last=False)
            self.marked -= gone
