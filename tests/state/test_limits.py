"""How many operations may come in."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Swapped
from ledgermesh.state.limits import Allowed, Limits, Rate
from ledgermesh.state.memory import MemoryStore

START = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
RATE = Rate(per_second=100.0, burst=200)


class Moody(MemoryStore):
    """A store that is away when told to, and counts what it is asked."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.away = False
        self.asked = 0

    async def swap(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        self.asked += 1
        await asyncio.sleep(0)  # as over a network: others run meanwhile
        if self.away:
            raise StateDown("the store is away")
        return await super().swap(key, value, expect=expect, seconds=seconds)


@dataclass
class Street:
    """Replicas over one store."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    store: Moody = field(init=False)
    replicas: list[Limits] = field(init=False)

    def __post_init__(self) -> None:
        self.store = Moody(self.clock)
        self.replicas = [Limits(self.store, self.clock, replicas=lambda: 2) for _ in range(2)]

    async def take(self, count: int, *whose: str, at: int | None = None, rate: Rate = RATE) -> list[Allowed]:
        """So many at once, over the replicas by turns or at one of them."""
        doors = [self.replicas[number % 2 if at is None else at] for number in range(count)]
        return await asyncio.gather(
            *(door.take(*(whose or ("t", "live", "shop")), rate=rate) for door in doors)
        )


@pytest.fixture
def street() -> Street:
    """Two replicas that share a store."""
    return Street()


def let_in(found: list[Allowed]) -> int:
    """How many may go on."""
    return sum(1 for each in found if each.wait_seconds is None)


async def test_a_burst_then_the_rate_over_all_replicas_together(street: Street) -> None:
    """400 at once: 200 go on, whichever replica they meet; then as many as the time makes room for, not one more."""
    assert let_in(await street.take(400)) == 200
    for seconds, more in ((0.5, 50), (0.01, 1), (1.0, 100), (10.0, 200)):
        street.clock.advance(seconds)
        assert let_in(await street.take(400)) == more


async def test_what_it_says_is_true(street: Street) -> None:
    """What is left, when all of it is back, and when the next may come: then, and no moment earlier, it may."""
    [first] = await street.take(1)
    assert (first.limit, first.remaining) == (200, 199)
    assert first.reset_seconds == pytest.approx(0.01)
    found = await street.take(200)
    assert let_in(found) == 199
    [refused] = [each for each in found if each.wait_seconds is not None]
    assert refused.remaining == 0
    assert refused.reset_seconds == pytest.approx(2.0)
    assert refused.wait_seconds is not None
    street.clock.advance(refused.wait_seconds - 0.001)
    assert let_in(await street.take(1)) == 0
    street.clock.advance(0.001)
    assert let_in(await street.take(1)) == 1


async def test_buckets_are_apart(street: Street) -> None:
    """Another tenant, environment or company is not held back."""
    await street.take(400)
    for whose in (
        ("u", "live", "shop"),
        ("t", "sandbox", "shop"),
        ("t", "live", "bakery"),
        ("t", "live/shop"),
    ):
        assert let_in(await street.take(1, *whose)) == 1


async def test_a_refusal_costs_no_round_trip_and_nothing_lasts(street: Street) -> None:
    """A flood of refused callers does not reach the store; a full bucket leaves nothing behind in it."""
    await street.take(300, at=0)
    asked = street.store.asked
    assert let_in(await street.take(1000, at=0)) == 0
    assert street.store.asked == asked
    street.clock.advance(3.0)
    assert await street.store.under("limit/") == {}


async def test_an_ordinary_operation_costs_one_round_trip(street: Street) -> None:
    """A caller well below the rate, at one replica: one question each, however long the pauses."""
    for pause in (0.001, 0.5, 100.0, 0.001):
        before = street.store.asked
        await street.take(1, at=0)
        assert street.store.asked == before + 1
        street.clock.advance(pause)


async def test_without_the_store_each_replica_counts_its_part(street: Street) -> None:
    """Two replicas let in half of the rate each, without asking the store again and again; then they count together."""
    street.store.away = True
    assert let_in(await street.take(400)) == 200
    assert street.store.asked <= 2, "one caller finds out for all"
    street.clock.advance(0.5)
    assert let_in(await street.take(400)) == 50
    street.store.away = False
    street.clock.advance(2.0)
    assert let_in(await street.take(600)) == 200


async def test_what_was_spent_together_is_not_given_again_alone(street: Street) -> None:
    """The store goes away right after a burst: nobody is let in twice as fast because of it."""
    await street.take(200)
    street.store.away = True
    assert let_in(await street.take(400)) == 0
    street.clock.advance(1.0)
    assert let_in(await street.take(400)) <= 100


async def test_a_store_that_was_emptied_starts_anew(street: Street) -> None:
    """Versions that are gone do no harm."""
    await street.take(10)
    for key in await street.store.under("limit/"):
        kept = await street.store.get(key)
        assert kept is not None
        await street.store.swap(key, None, expect=kept.version, seconds=0)
    assert let_in(await street.take(100)) == 100


def test_a_key_of_its_own_speed_has_a_burst_in_proportion() -> None:
    """A tenth of the rate, a tenth of the burst; never less than one."""
    assert RATE.at(None) == RATE
    assert RATE.at(10.0) == Rate(per_second=10.0, burst=20)
    assert RATE.at(0.1) == Rate(per_second=0.1, burst=1)


async def test_slow_rates_are_exact(street: Street) -> None:
    """One in ten seconds is one in ten seconds, although tenths are no binary numbers."""
    rate = RATE.at(0.1)
    for _ in range(50):
        assert let_in(await street.take(2, rate=rate)) == 1
        street.clock.advance(10.0)


async def test_what_was_not_foreseen_is_counted_afterwards(street: Street) -> None:
    """So many at once, given back or added later by any replica, up to what a bucket holds and beyond."""
    rate, whose = Rate(per_second=1.0, burst=10), ("t", "live")
    one, two = street.replicas
    assert (await one.take(*whose, rate=rate, count=8)).remaining == 2
    refused = await two.take(*whose, rate=rate, count=3)
    assert refused.wait_seconds == pytest.approx(1.0)
    assert refused.remaining == 2
    await one.settle(*whose, rate=rate, count=-8)
    street.clock.advance(0.001)  # what is given back is there in a moment
    assert (await one.take(*whose, rate=rate, count=10)).remaining == 0
    await one.settle(*whose, rate=rate, count=5)
    assert (await one.take(*whose, rate=rate)).wait_seconds == pytest.approx(6.0)
    street.clock.advance(6.0)
    assert (await two.take(*whose, rate=rate)).wait_seconds is None


async def test_kinds_are_counted_apart(street: Street) -> None:
    """The same words mean another bucket in another kind."""
    other, rate = Limits(street.store, street.clock, kind="calls"), Rate(per_second=1.0, burst=1)
    found = [await each.take("t", "live", rate=rate) for each in (street.replicas[0], other)]

    assert let_in(found) == 2


async def test_without_waiting_it_counts_the_same() -> None:
    """In the process's own memory, by turns with those who wait: over the end, refused, and after pauses."""
    clock, rate, whose = ManualClock(START), Rate(per_second=2.0, burst=3), ("t", "live", "shop")
    one, two = Limits(MemoryStore(clock), clock), Limits(MemoryStore(clock), clock)
    spot = one.spot(*whose, rate=rate)
    assert spot is not None
    found = []
    for seconds in (0.0, 0.0, 0.1, 0.0, 0.0, 0.5, 10.0, 0.0, 0.3):
        clock.advance(seconds)
        found.append(spot.take())
        assert found[-1] == await two.take(*whose, rate=rate)
        found.append(await one.take(*whose, rate=rate))
        assert found[-1] == await two.take(*whose, rate=rate)
    assert {each is not None and each.wait_seconds is None for each in found} == {False, True}


async def test_whoever_cannot_wait_asks_nobody_else(street: Street) -> None:
    """Where others count too there is no such way; alone, nobody waits, so that nobody comes in between."""
    assert street.replicas[0].spot("t", "live", "shop", rate=RATE) is None
    clock = ManualClock(START)
    alone = Limits(MemoryStore(clock), clock)
    spot = alone.spot("t", "live", "shop", rate=RATE)
    assert spot is not None
    found = spot.take()
    assert found is not None
    assert found.remaining == RATE.burst - 1
    with pytest.raises(StopIteration) as ended:
        alone.take("t", "live", "shop", rate=RATE).send(None)
    assert ended.value.value.remaining == RATE.burst - 2


async def test_a_calendar_that_jumps_holds_nobody_up() -> None:
    """The store forgets by another clock: a number that it still has counts no more, and nobody asks for ever."""
    clock, whose = ManualClock(START), ("t", "live", "shop")
    limits = Limits(MemoryStore(clock), clock)
    for _ in range(3):
        await limits.take(*whose, rate=RATE)
    clock._now += dt.timedelta(days=1)
    assert (await limits.take(*whose, rate=RATE)).remaining == RATE.burst - 1


async def test_a_bucket_that_was_forgotten_counts_no_operation_twice() -> None:
    """Its spot has one of its own then: the store tells them apart, and whoever was slower asks again."""
    clock, whose = ManualClock(START), ("t", "live", "shop")
    limits = Limits(MemoryStore(clock), clock)
    spot = limits.spot(*whose, rate=RATE)
    assert spot is not None
    limits._buckets.clear()
    assert (await limits.take(*whose, rate=RATE)).remaining == RATE.burst - 1
    assert spot.take() is None, "the store knows better"
    left = [
        found.remaining for found in (spot.take(), await limits.take(*whose, rate=RATE), spot.take()) if found
    ]
    assert left == [RATE.burst - 2, RATE.burst - 3]
    assert (await limits.take(*whose, rate=RATE)).remaining == RATE.burst - 4
