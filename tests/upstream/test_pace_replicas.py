"""Several replicas spend one budget, and know who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from ledgermesh.errors import LedgermeshError, SlowDown, StateDown
from ledgermesh.spec.budgets import Budget, BudgetHeaders
from ledgermesh.spec.provider import Provider
from ledgermesh.state.base import Kept, Secret, Swapped
from ledgermesh.state.memory import MemoryStore
from ledgermesh.upstream.call import Call, Link, Response
from ledgermesh.upstream.pace import Pace
from tests.simulated import FarStore, SimulatedClock, simulated

from .conftest import ACME, START

HEADERS = BudgetHeaders(limit="X-Limit", remaining="X-Remaining", reset="X-Reset", reset_is="seconds_left")


class Frail(MemoryStore):
    """A store that can be cut off; counts how often it is asked."""

    down = False
    asked = 0
    then: Callable[[], object] | None = None
    """Done after the next swap."""

    async def get(self, key: str) -> Kept | None:
        self._check()
        return await super().get(key)

    async def swap(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        self._check()
        swapped = await super().swap(key, value, expect=expect, seconds=seconds)
        if self.then is not None:
            self.then()
            self.then = None
        return swapped

    def _check(self) -> None:
        self.asked += 1
        if self.down:
            raise StateDown("cut off")


@dataclass
class House:
    """Replicas over one store, and what stands below them."""

    provider: Provider
    clock: SimulatedClock = field(default_factory=lambda: SimulatedClock(START))
    store: MemoryStore | None = None
    replicas: int = 2
    came: list[tuple[str, float]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    error: LedgermeshError | None = None
    seconds: float = 0.0
    """How long the provider takes."""
    paces: list[Pace] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = self.store or Frail(self.clock)
        self.paces = [
            Pace(self.clock, self.store, replicas=lambda: self.replicas, name=f"r{n}")
            for n in range(self.replicas)
        ]

    async def send(self, call: Call) -> Response:
        self.came.append((call.path, self.clock.monotonic()))
        await asyncio.sleep(self.seconds)
        if call.listen is not None:
            call.listen(self.headers)
        if self.error is not None:
            raise self.error
        return Response(200, {}, b"{}", {}, self.clock.now())

    def ask(
        self, replica: int, path: str = "/x", *, tenant: str = "t", deadline: float = 1e6, **changes: object
    ) -> Awaitable[Response]:
        """One call at this replica; `changes` are fields of Link, or the method."""
        method = str(changes.pop("method", "GET"))
        link = Link(tenant, "live", "c", self.provider, self.provider.base_url, owner="o")
        link = replace(link, **changes)  # type: ignore[arg-type]  # names are checked by replace
        call = Call(link, method, path, path, self.clock.monotonic() + deadline)
        return self.paces[replica].answer(call, self.send)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.came]


def acme(*budgets: Budget, **changes: object) -> Provider:
    """A provider with such budgets."""
    return replace(ACME, budgets=budgets, **changes)  # type: ignore[arg-type]  # names are checked by replace


MINUTE = Budget(calls=4, per_seconds=60)


def test_replicas_spend_one_budget() -> None:
    """Twelve calls spread over three replicas with a far store: four a minute, however the swaps interfere."""

    async def main() -> None:
        clock = SimulatedClock(START)
        store = FarStore(clock, Random(1))
        house = House(acme(MINUTE), clock, store, replicas=3)
        await asyncio.gather(*(house.ask(n % 3, f"/{n}", tenant=f"t{n % 2}") for n in range(12)))
        minutes = [int(moment // 60) for _, moment in house.came]
        assert minutes == [0] * 4 + [1] * 4 + [2] * 4
        assert store.lost > 0

    simulated(main())


def test_all_budgets_count_a_call_or_none_does() -> None:
    """A connection that has spent its own budget takes nothing of the app's."""

    async def main() -> None:
        house = House(acme(Budget(calls=3, per_seconds=60, per="app"), Budget(calls=2, per_seconds=60)))
        for replica in (0, 1):
            await house.ask(replica)
        for replica in (0, 1):
            with pytest.raises(SlowDown):
                await house.ask(replica, deadline=10)
        await house.ask(1, connection="c2")
        with pytest.raises(SlowDown) as caught:
            await house.ask(0, connection="c2", deadline=10)
        assert caught.value.retry_at is not None and (caught.value.retry_at - START).total_seconds() == 60
        assert len(house.came) == 3

    simulated(main())


def test_app_budgets_of_different_hosts_are_apart() -> None:
    """Another environment or another address of the provider is another limit."""

    async def main() -> None:
        house = House(acme(Budget(calls=1, per_seconds=60, per="app")))
        await house.ask(0)
        await house.ask(1, base_url="https://eu.acme.example", deadline=1)
        await house.ask(1, environment="sandbox", deadline=1)
        with pytest.raises(SlowDown):
            await house.ask(1, connection="c2", tenant="t2", deadline=1)

    simulated(main())


def test_a_callers_own_token_has_its_own_budget() -> None:
    """Whoever brings a token neither spends the connection's budget nor is held back by it."""

    async def main() -> None:
        house = House(acme(Budget(calls=1, per_seconds=60)))
        await house.ask(0)
        await house.ask(0, token=Secret("canary"), deadline=1)
        with pytest.raises(SlowDown):
            await house.ask(1, token=Secret("canary"), deadline=1)
        assert house.store is not None
        kept = await house.store.under("")
        assert len(kept) == 2 and not any("canary" in f"{key}{each.value!r}" for key, each in kept.items())

    simulated(main())


def test_a_call_costs_one_round_trip() -> None:
    """Also one whose answer tells the remainder, as long as it says what was counted anyway."""

    async def main() -> None:
        store = Frail(SimulatedClock(START))
        house = House(acme(MINUTE, budget_headers=HEADERS), store=store)
        house.headers = {"x-remaining": "9", "x-reset": "50"}
        await house.ask(0)
        house.headers = {"x-remaining": "8", "x-reset": "50"}
        store.asked = 0
        await house.ask(0)
        assert store.asked == 1

    simulated(main())


def test_what_one_replica_hears_stops_the_other() -> None:
    """Nothing left, told to one: the other waits for the reset. A refusal's pause is everybody's too."""

    async def main() -> None:
        house = House(acme(budget_headers=HEADERS))
        house.headers = {"x-remaining": "0", "x-reset": "40"}
        await house.ask(0)
        with pytest.raises(SlowDown):
            await house.ask(1, deadline=10)
        house.headers = {}
        await house.ask(1)
        assert house.came[-1][1] == 40

        house.error = SlowDown("429", retry_at=house.clock.now() + (house.clock.now() - START))
        with pytest.raises(SlowDown):
            await house.ask(0)
        with pytest.raises(SlowDown) as caught:
            await house.ask(1, deadline=39)
        assert caught.value.retry_at == house.error.retry_at
        assert len(house.came) == 3

    simulated(main())


def test_without_the_store_each_replica_spends_its_part() -> None:
    """Of ten a minute one was seen spent: three replicas alone go on with three each, then three of each minute."""

    async def main() -> None:
        store = Frail(SimulatedClock(START))
        house = House(acme(Budget(calls=10, per_seconds=60)), store=store, replicas=3)
        for replica in range(3):
            await house.ask(replica)
        store.down = True
        calls = [house.ask(replica, f"/{replica}", deadline=70) for replica in range(3) for _ in range(8)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        minutes = [int(moment // 60) for _, moment in house.came]
        assert minutes.count(0) <= 10 and minutes.count(1) == 9
        assert sum(isinstance(answer, Response) for answer in answers) == len(house.came) - 3

        store.down = False
        await asyncio.sleep(2)
        more = (house.ask(replica, deadline=1) for replica in range(3) for _ in range(3))
        assert all(isinstance(each, SlowDown) for each in await asyncio.gather(*more, return_exceptions=True))
        house.came.clear()
        await asyncio.gather(*(house.ask(0, deadline=70) for _ in range(10)))
        assert {int(moment // 60) for _, moment in house.came} == {2}

    simulated(main())


def test_who_spent_less_goes_first_wherever_it_waits() -> None:
    """A tenant at another replica that spent nothing yet gets its calls before the one that spent the window."""

    async def main() -> None:
        house = House(acme(Budget(calls=4, per_seconds=60)), seconds=0.1)
        greedy = asyncio.gather(*(house.ask(0, f"/greedy{n}", tenant="greedy") for n in range(12)))
        await asyncio.sleep(30)
        modest = asyncio.gather(*(house.ask(1, f"/modest{n}", tenant="modest") for n in range(2)))
        await modest
        assert house.clock.monotonic() < 61
        await greedy
        second = [path for path, moment in house.came if 60 <= moment < 120]
        assert sum("modest" in path for path in second) == 2 and len(second) == 4
        assert house.paths[-1] == "/greedy11"

    simulated(main())


def test_a_replica_that_died_holds_nobody_back() -> None:
    """What was due to those who waited there falls free a few seconds after it was last heard of."""

    async def main() -> None:
        house = House(acme(Budget(calls=4, per_seconds=60)), replicas=2)
        await asyncio.gather(*(house.ask(0, tenant="greedy") for _ in range(4)))
        lost = [asyncio.ensure_future(house.ask(1, tenant="modest")) for _ in range(4)]
        await asyncio.sleep(59.5)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.wait(lost)
        house.came.clear()
        await asyncio.gather(*(house.ask(0, tenant="greedy") for _ in range(4)))
        assert 60 < house.came[-1][1] < 60 + 3.5

    simulated(main())


def test_nobody_waits_while_something_is_left_and_nobody_else_waits() -> None:
    """One tenant alone may spend all of a shared budget at once."""

    async def main() -> None:
        house = House(acme(Budget(calls=100, per_seconds=60, per="app"), concurrent_max=100))
        await house.ask(1, tenant="other")
        await asyncio.gather(*(house.ask(0) for _ in range(99)))
        assert house.clock.monotonic() == 0

    simulated(main())


def test_a_quota_is_what_all_replicas_spent() -> None:
    """Both windows, and the app's, from a replica that made no call."""

    async def main() -> None:
        house = House(acme(MINUTE, Budget(calls=9, per_seconds=3600, per="app")))
        await house.ask(0)
        await house.ask(0)
        link = Link("t", "live", "c", house.provider, house.provider.base_url, owner="o")
        quotas = await house.paces[1].quota(link)
        shown = [(each.per, each.window, each.limit, each.remaining) for each in quotas]
        assert shown == [("connection", 60, 4, 2), ("app", 3600, 9, 7)]
        assert (quotas[0].resets_at - START).total_seconds() == 60

    simulated(main())
