"""Spend a provider's budget no faster than it allows."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.errors import SlowDown, TooLate
from ledgermesh.spec.budgets import Budget, BudgetHeaders
from ledgermesh.state.memory import MemoryStore
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.pace import Pace

from .conftest import ACME, START, Gate, World, say

GOOD = Response(200, {}, b"{}", {}, START)


def with_budgets(world: World, *budgets: Budget, **changes: object) -> None:
    """Give the provider such budgets."""
    provider = replace(ACME, budgets=budgets, **changes)  # type: ignore[arg-type]  # names are checked by replace
    world.link = replace(world.link, provider=provider)


class Below:
    """What stands under pace: notes when each call came, and holds it if told to."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.came: list[tuple[str, float, float]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.flying = 0
        self.flying_max = 0

    async def __call__(self, call: Call) -> Response:
        self.came.append((call.path, self.clock.monotonic(), call.waited))
        self.flying += 1
        self.flying_max = max(self.flying, self.flying_max)
        try:
            await self.open.wait()
        finally:
            self.flying -= 1
        return GOOD


async def settle() -> None:
    """Let everything that can run run."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_spent_window_is_waited_for(world: World) -> None:
    """The call over the budget goes out when the window ends; the wait is handed down for the trace."""
    with_budgets(world, Budget(calls=2, per_seconds=60))
    pace, below = Pace(world.clock), Below(world.clock)
    for _ in range(3):
        await pace.answer(world.call(deadline=100.0), below)
    assert [(came, waited) for _, came, waited in below.came] == [(0.0, 0.0), (0.0, 0.0), (60.0, 60.0)]


async def test_a_wait_over_the_deadline_is_refused_at_once(world: World) -> None:
    """The refusal says when to come back, is ours, and costs no time."""
    with_budgets(world, Budget(calls=1, per_seconds=60))
    pace, below = Pace(world.clock), Below(world.clock)
    await pace.answer(world.call(), below)
    with pytest.raises(SlowDown) as caught:
        await pace.answer(world.call(), below)
    assert caught.value.retry_at is not None
    assert (caught.value.retry_at - START).total_seconds() == 60
    assert caught.value.details == {"local": True}
    assert world.clock.monotonic() == 0.0


async def test_a_load_never_exceeds_any_window(world: World) -> None:
    """Three hundred calls at once over two windows: no minute sees over 20, no ten minutes over 100; all arrive."""
    with_budgets(
        world, Budget(calls=20, per_seconds=60), Budget(calls=100, per_seconds=600), concurrent_max=7
    )
    pace, below = Pace(world.clock), Below(world.clock)
    await asyncio.gather(*(pace.answer(world.call(f"/{n}", deadline=1e6), below) for n in range(300)))

    for seconds, calls in ((60, 20), (600, 100)):
        counts: dict[float, int] = {}
        for _, came, _ in below.came:
            counts[came // seconds] = counts.get(came // seconds, 0) + 1
        assert max(counts.values()) == calls
    assert [path for path, _, _ in below.came] == [f"/{n}" for n in range(300)]
    assert below.flying_max <= 7


async def test_so_many_at_once_and_in_order(world: World) -> None:
    """Over the cap calls wait their turn, first come first served."""
    with_budgets(world, concurrent_max=2)
    pace, below = Pace(world.clock), Below(world.clock)
    below.open.clear()
    tasks = [asyncio.ensure_future(pace.answer(world.call(f"/{n}"), below)) for n in range(6)]
    await settle()
    assert [path for path, _, _ in below.came] == ["/0", "/1"]
    below.open.set()
    await asyncio.gather(*tasks)
    assert [path for path, _, _ in below.came] == [f"/{n}" for n in range(6)]
    assert below.flying_max == 2


async def test_cancelling_leaks_no_slot(world: World) -> None:
    """Callers who leave, in the air or in the queue, at the head or behind, leave the lane as they found it."""
    with_budgets(world, concurrent_max=2)
    pace, below = Pace(world.clock), Below(world.clock)
    below.open.clear()
    for _ in range(20):
        tasks = [asyncio.ensure_future(pace.answer(world.call(), below)) for _ in range(6)]
        await settle()
        for task in (*tasks[3:], *tasks[:3]):
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.wait(tasks)
    assert below.flying == 0
    below.open.set()
    await asyncio.gather(*(pace.answer(world.call(), below) for _ in range(10)))
    assert below.flying_max == 2


async def test_a_deadline_in_the_queue_is_kept(world: World) -> None:
    """Whoever's time runs out while the lane is full leaves; those behind move up."""
    with_budgets(world, concurrent_max=1)
    pace, below = Pace(world.clock), Below(world.clock)
    below.open.clear()
    first = asyncio.ensure_future(pace.answer(world.call("/first"), below))
    await settle()
    hasty = asyncio.ensure_future(pace.answer(world.call("/hasty", deadline=0.01), below))
    patient = asyncio.ensure_future(pace.answer(world.call("/patient"), below))
    with pytest.raises(TooLate) as caught:
        await hasty
    assert caught.value.details == {"local": True}
    below.open.set()
    await asyncio.gather(first, patient)
    assert [path for path, _, _ in below.came] == ["/first", "/patient"]


async def test_a_hopeless_wait_does_not_begin(world: World) -> None:
    """Also behind others: whoever's deadline is before the window's end is refused without queueing."""
    with_budgets(world, Budget(calls=1, per_seconds=60), concurrent_max=1)
    pace, below = Pace(world.clock), Below(world.clock)
    below.open.clear()
    first = asyncio.ensure_future(pace.answer(world.call(), below))
    await settle()
    second = asyncio.ensure_future(pace.answer(world.call(deadline=100.0), below))
    await settle()
    with pytest.raises(SlowDown):
        await pace.answer(world.call(deadline=10.0), below)
    below.open.set()
    await asyncio.gather(first, second)


async def test_connections_do_not_wait_for_each_other(world: World) -> None:
    """Each connection of each tenant has its own budget."""
    with_budgets(world, Budget(calls=1, per_seconds=60))
    pace, below = Pace(world.clock), Below(world.clock)
    for link in (world.link, replace(world.link, connection="c2"), replace(world.link, tenant="t2")):
        await pace.answer(world.call(link=link), below)
    assert len(below.came) == 3


async def test_idle_lanes_are_forgotten(world: World) -> None:
    """Memory holds connections that are used, not all that ever were."""
    with_budgets(world, Budget(calls=5, per_seconds=60))
    pace, below = Pace(world.clock), Below(world.clock)
    for number in range(50):
        await pace.answer(world.call(link=replace(world.link, connection=f"c{number}")), below)
    assert pace.lanes == 50
    world.clock.advance(120)
    await pace.answer(world.call(), below)
    assert pace.lanes == 1


async def test_the_providers_headers_are_obeyed(world: World) -> None:
    """Through the stack: an answer that says nothing is left holds the next call back until the reset."""
    epoch = BudgetHeaders(limit="X-Limit", remaining="X-Remaining", reset="X-Reset", reset_is="epoch_seconds")
    with_budgets(world, budget_headers=epoch)
    reset = str(int(START.timestamp()) + 5)
    world.server.then(say({}, x_remaining="0", x_reset=reset), say({}, 404, x_remaining="0", x_reset=reset))
    await world.ask()
    with pytest.raises(SlowDown):
        await world.ask(deadline=2.0)
    assert len(world.server.seen) == 1
    world.server.queued.clear()
    await world.ask()
    assert world.clock.monotonic() == 5.0
    assert world.trace.steps[-1].wait_ms == 5000.0


async def test_a_refusal_that_does_not_fit_says_when(world: World) -> None:
    """A 429 whose pause is longer than the deadline ends the call with the moment, and holds the others back too."""
    world.server.then(say({}, 429, retry_after="50"))
    for _ in range(3):
        with pytest.raises(SlowDown) as caught:
            await world.ask()
        assert caught.value.retry_at is not None
        assert (caught.value.retry_at - START).total_seconds() == 50
    assert len(world.server.seen) == 1


async def test_without_a_budget_a_refusal_counts_all_the_same(world: World) -> None:
    """Calls that nothing is declared for pass uncounted until one is refused; who shares the store waits as well."""
    with_budgets(world, budget_headers=None)
    store, below = MemoryStore(world.clock), Below(world.clock)
    one, other = Pace(world.clock, store), Pace(world.clock, store)

    async def refuse(call: Call) -> Response:
        raise SlowDown("later", retry_at=START + dt.timedelta(seconds=20))

    await other.answer(world.call(deadline=100.0), below)
    with pytest.raises(SlowDown):
        await one.answer(world.call(deadline=100.0), refuse)
    await other.answer(world.call(deadline=100.0), below)
    await one.answer(world.call(deadline=100.0), below)
    assert [(came, waited) for _, came, waited in below.came] == [(0.0, 0.0), (20.0, 20.0), (20.0, 0.0)]


async def test_without_a_budget_no_more_fly_than_the_provider_takes_at_once(world: World) -> None:
    """The cap holds where nothing is counted, and whoever lands lets the next go."""
    with_budgets(world, budget_headers=None, concurrent_max=2)
    pace, below = Pace(world.clock), Below(world.clock)
    below.open.clear()
    tasks = [asyncio.ensure_future(pace.answer(world.call(f"/{n}"), below)) for n in range(5)]
    await settle()
    assert below.flying == 2
    below.open.set()
    await asyncio.gather(*tasks)
    assert (below.flying_max, len(below.came)) == (2, 5)


async def test_a_flight_that_gets_more_time_keeps_its_place(world: World) -> None:
    """In the stack: the cap is kept for a whole burst of different calls."""
    gates = [Gate(say({})) for _ in range(9)]
    world.server.then(*gates)
    tasks = [asyncio.ensure_future(world.ask(f"/{number}")) for number in range(9)]
    for gate in gates:
        await gate.reached.wait()
        gate.open.set()
    await asyncio.gather(*tasks)
    assert world.server.in_flight_max == ACME.concurrent_max
