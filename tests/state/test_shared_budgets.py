"""Budgets at providers and callers' rates, spent by several replicas over every store there is."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

from ledgermesh.clock import Clock, ManualClock
from ledgermesh.errors import SlowDown
from ledgermesh.spec.budgets import Budget
from ledgermesh.state.limits import Limits, Rate
from ledgermesh.upstream.call import Call, Link, Response
from ledgermesh.upstream.pace import Pace
from tests.contract.known import PROVIDERS
from tests.state.stores import START, Engine

CALLS = 7
ACME = replace(
    PROVIDERS["kashoo"],
    budgets=(Budget(calls=CALLS, per_seconds=3600), Budget(calls=CALLS + 2, per_seconds=86_400)),
    concurrent_max=100,
)


async def test_replicas_never_spend_a_call_too_many(engine: Engine) -> None:
    """Three replicas with ten callers each: as many calls go out as the scarcest window has, the others are told."""
    clock, gone = steady(engine.clock), Counter[str]()

    async def send(call: Call) -> Response:
        gone[call.path] += 1
        return Response(200, {}, b"{}", {}, clock.now())

    async def ask(pace: Pace, number: int) -> bool:
        link = Link("tenant", "live", "connection", ACME, ACME.base_url)
        try:
            await pace.answer(Call(link, "GET", f"/{number}", "/x", clock.monotonic() + 5), send)
        except SlowDown:
            return False
        return True

    paces = [
        Pace(clock, await engine.open(), replicas=lambda: 3, name=f"replica-{number}") for number in range(3)
    ]
    let_go = await asyncio.gather(*(ask(pace, number) for number in range(10) for pace in paces))
    quota = await paces[0].quota(Link("tenant", "live", "connection", ACME, ACME.base_url))

    assert let_go.count(True) == gone.total() == CALLS
    assert [(each.window, each.remaining) for each in quota] == [(3600, 0), (86_400, 2)]


async def test_replicas_let_in_no_caller_too_many(engine: Engine) -> None:
    """Of a burst that comes to three replicas at once as many are let in as one bucket holds."""
    clock = steady(engine.clock)
    limits = [Limits(await engine.open(), clock, replicas=lambda: 3) for _ in range(3)]
    rate = Rate(per_second=0.001, burst=20)
    found = await asyncio.gather(
        *(limit.take("tenant", "live", "company", rate=rate) for _ in range(15) for limit in limits)
    )

    assert sum(each.wait_seconds is None for each in found) == 20


def steady(clock: Clock) -> Clock:
    """Time that stands still, so that no window ends while a real server answers."""
    return clock if isinstance(clock, ManualClock) else ManualClock(START)
