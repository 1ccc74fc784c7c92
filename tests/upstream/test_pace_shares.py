"""Ten minutes of twenty tenants over three replicas: no budget is exceeded, and everybody gets a fair part."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

from ledgermesh.errors import SlowDown, TooLate
from ledgermesh.spec.budgets import Budget
from ledgermesh.upstream.call import Call, Link, Response
from ledgermesh.upstream.local import is_local
from ledgermesh.upstream.pace import Pace
from tests.simulated import FarStore, SimulatedClock, simulated

from .conftest import ACME, START

SECONDS = 600
ASKING = 480
"""For so many seconds calls are asked for."""
APP = (Budget(calls=100, per_seconds=60, per="app"), Budget(calls=440, per_seconds=300, per="app"))
OWN = (Budget(calls=30, per_seconds=60), Budget(calls=90, per_seconds=300))
PROVIDER = replace(ACME, budgets=(*APP, *OWN), concurrent_max=4)
LOADS: Mapping[str, int] = {
    **{f"greedy-{n}": 150 for n in range(6)},
    **{f"busy-{n}": 80 for n in range(4)},
    **{f"modest-{n}": 8 + 2 * n for n in range(10)},
}
"""How many calls each tenant would make."""
OF = {"modest-0": "shared", "greedy-0": "shared"}
"""Tenants that share one company's connection; each of the others has one of its own."""


@dataclass
class Provider:
    """Counts every call when it arrives, by its own windows, and refuses the one that is too many."""

    clock: SimulatedClock
    random: Random
    served: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    _windows: Counter[tuple[str, int, int]] = field(default_factory=Counter)

    async def __call__(self, call: Call) -> Response:
        await asyncio.sleep(self.random.uniform(0.02, 0.4))
        now = int(self.clock.now().timestamp())
        for budget in PROVIDER.budgets:
            whose = "app" if budget.per == "app" else call.link.connection
            window = whose, budget.per_seconds, now // budget.per_seconds
            self._windows[window] += 1
            if self._windows[window] > budget.calls:
                self.refused += 1
                raise SlowDown("too many")
        self.served[call.link.tenant] += 1
        await asyncio.sleep(self.random.uniform(0.02, 0.4))
        return Response(200, {}, b"{}", {}, self.clock.now())

    def fullest(self, whose: str, seconds: int) -> list[int]:
        """Calls of each window, in their order."""
        return [
            count
            for (name, length, _), count in sorted(self._windows.items())
            if (name, length) == (whose, seconds)
        ]


@dataclass
class Crowd:
    """Twenty tenants, each with two connections, on three replicas."""

    clock: SimulatedClock
    paces: tuple[Pace, ...]
    provider: Provider
    random: Random
    asked: Counter[str] = field(default_factory=Counter)
    waits: dict[str, float] = field(default_factory=dict)
    """Tenant → the longest that one of its calls waited."""
    refused: int = 0

    async def tenant(self, name: str, calls: int) -> None:
        """So many calls, spread over the time."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(calls):
                tasks.create_task(self._call(name, number, ASKING * (number + self.random.random()) / calls))

    async def _call(self, name: str, number: int, at: float) -> None:
        await asyncio.sleep(at)
        self.asked[name] += 1
        began = self.clock.monotonic()
        link = Link(name, "live", OF.get(name, name), PROVIDER, PROVIDER.base_url, owner="owner")
        call = Call(link, "GET" if number % 5 else "POST", f"/{number}", "/", SECONDS - 1.0, arrived=began)
        try:
            await self.paces[self.random.randrange(3)].answer(call, self.provider)
        except (SlowDown, TooLate) as error:
            assert is_local(error)
            self.refused += 1
        waited = self.clock.monotonic() - began
        self.waits[name] = max(waited, self.waits.get(name, 0.0))


def fair(asked: Mapping[str, int], calls: int) -> dict[str, float]:
    """The max-min fair parts of so many calls: nobody gets more than asked for, the rest is shared equally."""
    parts, left = dict[str, float](), float(calls)
    for place, (name, count) in enumerate(sorted(asked.items(), key=lambda each: each[1])):
        parts[name] = min(float(count), left / (len(asked) - place))
        left -= parts[name]
    return parts


async def ten_minutes() -> Crowd:
    """All of them at once."""
    clock = SimulatedClock(START)
    store = FarStore(clock, Random(3))
    paces = tuple(Pace(clock, store, replicas=lambda: 3, name=f"replica-{n}") for n in range(3))
    crowd = Crowd(clock, paces, Provider(clock, Random(2)), Random(1))
    async with asyncio.TaskGroup() as tasks:
        for name, calls in LOADS.items():
            tasks.create_task(crowd.tenant(name, calls))
    assert store.lost > 100
    return crowd


def test_twenty_tenants_over_three_replicas() -> None:
    """Nothing exceeded, everybody within a tenth of the fair part, the modest served in full, nobody starved."""
    assert START.timestamp() % 300 == 0
    crowd = simulated(ten_minutes())
    provider = crowd.provider

    assert provider.refused == 0
    assert provider.fullest("app", 60) == [100, 100, 100, 100, 40] * 2
    assert provider.fullest("app", 300) == [440, 440]
    parts = fair(crowd.asked, 880)
    assert {
        name for name, part in parts.items() if not 0.9 * part <= provider.served[name] <= 1.1 * part
    } == set()
    modest = [name for name in LOADS if parts[name] == crowd.asked[name]]
    assert len(modest) == 10
    assert [name for name in modest if provider.served[name] != crowd.asked[name]] == []
    assert max(crowd.waits[name] for name in modest) < 62
    assert crowd.refused == sum(crowd.asked.values()) - 880
