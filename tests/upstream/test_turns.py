"""Who goes next at one process."""

from __future__ import annotations

import asyncio

import pytest

from ledgermesh.errors import SlowDown
from ledgermesh.spec.budgets import Budget
from ledgermesh.upstream.call import Response
from tests.simulated import simulated

from .test_pace_replicas import Frail, House, acme


def test_writes_go_before_reads() -> None:
    """Of one tenant's waiting calls the write that came last goes first; reads keep their order."""

    async def main() -> None:
        house = House(acme(Budget(calls=1, per_seconds=60)), replicas=1)
        await house.ask(0, "/first")
        await asyncio.gather(
            house.ask(0, "/read1"), house.ask(0, "/read2"), house.ask(0, "/write", method="POST")
        )
        assert house.paths == ["/first", "/write", "/read1", "/read2"]

    simulated(main())


def test_a_write_goes_before_the_reads_of_who_spent_as_much() -> None:
    """Between tenants that spent the same it is the write that decides, not who came first."""

    async def main() -> None:
        house = House(acme(Budget(calls=1, per_seconds=60)), replicas=1)
        await house.ask(0, "/first")
        await asyncio.gather(
            house.ask(0, "/read", tenant="a"), house.ask(0, "/write", tenant="b", method="POST")
        )
        assert house.paths == ["/first", "/write", "/read"]

    simulated(main())


def test_whoever_leaves_just_when_its_turn_came_gives_it_back() -> None:
    """Counted, and cancelled before it went out: another call goes in its place, in the same window."""

    async def main() -> None:
        house = House(acme(Budget(calls=1, per_seconds=60), concurrent_max=1), replicas=1)
        await house.ask(0)
        leaver = asyncio.ensure_future(house.ask(0, "/leaver"))
        await asyncio.sleep(1)
        leave_when_counted(house, leaver)
        with pytest.raises(asyncio.CancelledError):
            await leaver
        await house.ask(0, "/next", deadline=5)
        assert house.came == [("/x", 0.0), ("/next", 60.0)]

    simulated(main())


def leave_when_counted(house: House, leaver: asyncio.Future[Response]) -> None:
    """Cancel this caller after the store has counted its call, before it knows."""
    store = house.store
    assert isinstance(store, Frail)
    store.then = lambda: asyncio.get_running_loop().call_soon(leaver.cancel)


def test_tenants_take_turns() -> None:
    """Two tenants of one shared connection get the same number of calls in each window, whoever asks for more."""

    async def main() -> None:
        house = House(acme(Budget(calls=4, per_seconds=60)), replicas=1)
        await asyncio.gather(
            *(house.ask(0, f"/a{n}", tenant="a") for n in range(16)),
            *(house.ask(0, f"/b{n}", tenant="b") for n in range(4)),
        )
        minutes = ["".join(path[1] for path, at in house.came if at // 60 == minute) for minute in range(5)]
        assert [sorted(each) for each in minutes] == [
            list(each) for each in ("aaaa", "aabb", "aabb", "aaaa", "aaaa")
        ]
        assert [path for path in house.paths if "a" in path] == [f"/a{n}" for n in range(16)]

    simulated(main())


def test_cancelled_waiters_leave_nothing_behind() -> None:
    """Whoever leaves, before or just when its turn comes, spends nothing, and nothing goes on in their name."""

    async def main() -> None:
        house = House(acme(Budget(calls=3, per_seconds=60)), replicas=2)
        await asyncio.gather(*(house.ask(0) for _ in range(3)))
        waiting = [asyncio.ensure_future(house.ask(0)) for _ in range(3)]
        await asyncio.sleep(30)
        waiting.pop().cancel()
        asyncio.get_running_loop().call_at(60, waiting.pop().cancel)
        await waiting.pop()
        house.came.clear()
        await asyncio.gather(*(house.ask(replica, deadline=5) for replica in (0, 1)))
        assert [round(moment) for _, moment in house.came] == [60, 60]
        await asyncio.sleep(10)
        assert len(asyncio.all_tasks()) == 1

    simulated(main())


def test_a_longer_pause_sends_away_whoever_cannot_wait_so_long() -> None:
    """A refusal by the provider while others wait: those whose deadline is before its end are told at once."""

    async def main() -> None:
        house = House(acme(concurrent_max=1), replicas=1, seconds=1.0)
        house.error = SlowDown("429", retry_at=house.clock.now().replace(minute=house.clock.now().minute + 1))
        calls = (house.ask(0, "/1"), house.ask(0, "/2", deadline=30), house.ask(0, "/3", deadline=90))
        first, second, third = [asyncio.ensure_future(call) for call in calls]
        with pytest.raises(SlowDown):
            await first
        with pytest.raises(SlowDown) as caught:
            await second
        assert house.clock.monotonic() == 1.0
        assert caught.value.retry_at == house.error.retry_at
        house.error = None
        assert isinstance(await third, Response)
        assert house.came[-1] == ("/3", 60.0)

    simulated(main())
