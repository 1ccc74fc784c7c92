"""How many operations may come in: one bucket for each caller and company, shared by all replicas."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from cachetools import LRUCache

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Store, Swapped
from ledgermesh.state.entries import place
from ledgermesh.state.memory import MemoryStore, own_memory

_ENCODER: Final = msgspec.json.Encoder()
KIND: Final = "limit"
BUCKETS_MAX: Final = 10_000
TRIES_MAX: Final = 100
"""How often a count that another replica was faster with is made again; then this process counts alone once. Each
time lost is an operation of another replica, so it takes a crowd of replicas at one bucket to get there."""
INSTANT_SECONDS: Final = 0.001
"""How soon at least a number ends that is written: the store forgets it then."""
ALONE_SECONDS: Final = 1.0
"""How long the store is left in peace after it did not answer, so that not every caller waits for it."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """So many operations a second in the long run, and so many at once after a pause."""

    per_second: float = 100.0
    burst: int = 200

    def at(self, per_second: float | None) -> Rate:
        """The same shape at another speed, as a key of its own rate has it."""
        if per_second is None:
            return self
        burst = max(1, round(self.burst * per_second / self.per_second))
        return Rate(per_second=per_second, burst=burst)

    def shared_by(self, count: int) -> Rate:
        """One of so many equal parts; a burst is one operation at least."""
        return Rate(per_second=self.per_second / count, burst=max(1, self.burst // count))


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What one bucket said to one operation."""

    limit: int
    """Operations that a full bucket lets through at once."""
    remaining: int
    """Operations that it would let through now."""
    reset_seconds: float
    """Until it is full again."""
    wait_seconds: float | None = None
    """Until the next operation may come; None when this one may go on."""


@dataclass(slots=True)
class _Bucket:
    """One bucket as this process saw it last. `full_at` and `alone_at` are epoch seconds."""

    turn: asyncio.Lock
    version: int = 0
    full_at: float = 0.0
    """When it is full again, as all replicas count: the theoretical arrival time of GCRA."""
    alone_at: float = 0.0
    """The same as this process counts alone."""

    def expect(self, now: float) -> int:
        """The version that the store has. A full bucket needs no number, so the store has forgotten it."""
        return self.version if self.full_at > now else 0

    def take(self, swapped: Swapped, later: float) -> None:
        """What the store says, once it was told that the bucket is full then."""
        kept = swapped.kept
        self.version = kept.version if kept is not None else 0
        if swapped.won:
            self.full_at = self.alone_at = later
        else:
            self.full_at = msgspec.json.decode(kept.value, type=float) if kept is not None else 0.0


class _Asked(msgspec.Struct, frozen=True):
    """So many operations at this rate."""

    rate: Rate
    count: int = 1
    settled: bool = False
    """Whether they were made already, so that nobody waits for them."""

    def counted(self, full_at: float, now: float) -> tuple[float, Allowed]:
        """So many more in a bucket that is full at this time: when it is full then, and what to say."""
        rate = self.rate
        each, room = 1.0 / rate.per_second, rate.burst / rate.per_second
        begun = max(full_at, now)
        later = begun + self.count * each
        if self.settled:
            later = max(later, now + INSTANT_SECONDS)
        # Sums of thirds and tenths are off by a little; a millionth of an operation is no operation.
        free = (room - (later - now)) / each + 1e-6
        if free >= 0 or self.settled:
            left = max(0, math.floor(free))
            return later, Allowed(limit=rate.burst, remaining=left, reset_seconds=later - now)
        return begun, Allowed(
            limit=rate.burst,
            remaining=0 if self.count == 1 else max(0, math.floor(free + self.count)),
            reset_seconds=begun - now,
            wait_seconds=later - room - now,
        )


class Spot:
    """A bucket in this process's own memory, for operations at one rate."""

    __slots__ = ("_asked", "_bucket", "_clock", "_key", "_store")

    def __init__(self, key: str, bucket: _Bucket, store: MemoryStore, clock: Clock, rate: Rate) -> None:
        # It may be forgotten where there are too many, and another made for the key: the versions tell both apart, as
        # they do for two replicas.
        self._key, self._bucket, self._store, self._clock, self._asked = (
            key,
            bucket,
            store,
            clock,
            _Asked(rate),
        )

    def take(self) -> Allowed | None:
        """Count one, or say when it may come; None where others were counted meanwhile: then nothing was."""
        return _counted(self._store, self._key, self._bucket, self._asked, self._clock.epoch())


def _counted(store: MemoryStore, key: str, bucket: _Bucket, asked: _Asked, now: float) -> Allowed | None:
    """What to say; None where the store has another number than this process saw last, which it has seen then."""
    later, found = asked.counted(bucket.full_at, now)
    if found.wait_seconds is not None:
        return found
    swapped = store.swap_at_once(key, _ENCODER.encode(later), expect=bucket.expect(now), seconds=later - now)
    bucket.take(swapped, later)
    return found if swapped.won else None


class Limits:
    """Buckets that fill at their rate (the generic cell rate algorithm): no timers, one number for each.

    The number is kept in the store and changed by compare-and-set with the version that this process saw last, so
    an operation costs one round trip. A bucket only ever gets emptier by what others do, so a refusal needs none.
    Replicas go by the same clock as far as their machines do. While the store is down each counts alone, at the rate
    divided by the number of replicas last known.
    """

    def __init__(
        self, store: Store, clock: Clock, *, replicas: Callable[[], int] = lambda: 1, kind: str = KIND
    ) -> None:
        """`kind` keeps what is counted apart: its buckets are other ones."""
        self._kind = kind
        self._store = store
        self._own = own_memory(store)
        self._clock = clock
        self._replicas = replicas
        self._buckets: LRUCache[str, _Bucket] = LRUCache(maxsize=BUCKETS_MAX)
        self._alone_until = -math.inf

    async def take(self, *whose: str, rate: Rate, count: int = 1) -> Allowed:
        """Count so many operations in the bucket of these words, or say when they may come. Never raises.

        The first words are the tenant and the environment.
        """
        return await self._turn(whose, _Asked(rate, count))

    def spot(self, *whose: str, rate: Rate) -> Spot | None:
        """Where one after another is counted in the bucket of these words without waiting; None where another process
        has to be asked.
        """
        key = place(self._kind, *whose)
        return None if self._own is None else Spot(key, self._bucket(key), self._own, self._clock, rate)

    async def settle(self, *whose: str, rate: Rate, count: int) -> None:
        """Count what was not foreseen, even where there is no room for it; less than nothing is given back."""
        await self._turn(whose, _Asked(rate, count, settled=True))

    async def _turn(self, whose: tuple[str, ...], asked: _Asked) -> Allowed:
        key = place(self._kind, *whose)
        bucket = self._bucket(key)
        if self._own is not None:
            return self._at_once(self._own, key, bucket, asked)
        await bucket.turn.acquire()
        try:
            if self._clock.monotonic() >= self._alone_until:
                try:
                    found = await self._together(key, bucket, asked)
                except StateDown:
                    self._alone_until = self._clock.monotonic() + ALONE_SECONDS
                else:
                    if found is not None:
                        return found
            return self._alone(bucket, asked)
        finally:
            bucket.turn.release()

    def _bucket(self, key: str) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(asyncio.Lock())
        return bucket

    def _at_once(self, store: MemoryStore, key: str, bucket: _Bucket, asked: _Asked) -> Allowed:
        """In this process's own memory."""
        for _ in range(TRIES_MAX):
            if (found := _counted(store, key, bucket, asked, self._clock.epoch())) is not None:
                return found
        return self._alone(bucket, asked)

    async def _together(self, key: str, bucket: _Bucket, asked: _Asked) -> Allowed | None:
        """By the store; None when others were faster too often. Raises StateDown."""
        for _ in range(TRIES_MAX):
            now = self._clock.epoch()
            later, found = asked.counted(bucket.full_at, now)
            if found.wait_seconds is not None:
                return found
            value = _ENCODER.encode(later)
            swapped = await self._store.swap(key, value, expect=bucket.expect(now), seconds=later - now)
            bucket.take(swapped, later)
            if swapped.won:
                return found
        return None

    def _alone(self, bucket: _Bucket, asked: _Asked) -> Allowed:
        own = asked.rate.shared_by(max(1, self._replicas()))
        now = self._clock.epoch()
        # What was counted together was everybody's: it holds back nobody for longer than an empty bucket of its own.
        begun = min(bucket.alone_at, now + own.burst / own.per_second)
        alone = _Asked(own, asked.count, asked.settled)
        bucket.alone_at, found = alone.counted(begun, now)
        return found
