"""No tenant's slow calls take up all places at a provider's address."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from ledgermesh.errors import TooLate
from ledgermesh.upstream.bulkhead import Bulkhead
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.local import is_local

from .conftest import START, World

GOOD = Response(200, {}, b"{}", {}, START)


class Slow:
    """What stands below: holds every call until it is let go; counts those in the air by tenant."""

    def __init__(self) -> None:
        self.flying: Counter[str] = Counter()
        self.open = asyncio.Event()
        self.order: list[str] = []

    async def __call__(self, call: Call) -> Response:
        tenant = call.link.tenant
        self.flying[tenant] += 1
        self.order.append(tenant)
        try:
            await self.open.wait()
            return GOOD
        finally:
            self.flying[tenant] -= 1


async def settle() -> None:
    """Let everything that can run run."""
    for _ in range(20):
        await asyncio.sleep(0)


def send(
    bulkhead: Bulkhead, slow: Slow, world: World, tenant: str, count: int
) -> list[asyncio.Task[Response]]:
    """So many calls of a tenant at once."""
    call = world.call(link=replace(world.link, tenant=tenant))
    return [asyncio.ensure_future(bulkhead.answer(call, slow)) for _ in range(count)]


async def ended(tasks: list[asyncio.Task[Response]]) -> None:
    """Give them all up."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_tenant_alone_gets_half_and_every_other_still_finds_room(world: World) -> None:
    """One tenant's 100 hanging calls hold half of 40 places; the next tenants' calls go at once, all the same."""
    bulkhead, slow = Bulkhead(world.clock, places=40), Slow()
    tasks = send(bulkhead, slow, world, "greedy", 100)
    await settle()
    assert slow.flying == {"greedy": 20}
    for number in range(6):
        tasks += send(bulkhead, slow, world, f"t{number}", 1)
    await settle()
    assert slow.flying == {"greedy": 20, **{f"t{number}": 1 for number in range(6)}}
    slow.open.set()
    await asyncio.gather(*tasks)
    assert (slow.flying.total(), bulkhead.halls) == (0, 0)


async def test_every_further_tenant_gets_its_part_and_something_stays_free(world: World) -> None:
    """Three greedy tenants come one after another: none takes the last place, so a fourth is let in at once."""
    bulkhead, slow = Bulkhead(world.clock, places=40), Slow()
    tasks = [task for name in "abc" for task in send(bulkhead, slow, world, name, 100)]
    await settle()
    assert slow.flying == {"a": 20, "b": 10, "c": 5}
    tasks += send(bulkhead, slow, world, "d", 1)
    await settle()
    assert slow.flying["d"] == 1
    await ended(tasks)
    assert bulkhead.halls == 0


async def test_who_holds_least_goes_next(world: World) -> None:
    """A place that is given back goes to the tenant with the fewest in the air, not to who waits longest."""
    bulkhead, slow = Bulkhead(world.clock, places=2), Slow()
    [first, *queue] = send(bulkhead, slow, world, "a", 3)
    await settle()
    late = send(bulkhead, slow, world, "b", 2)
    await settle()
    assert slow.order == ["a", "b"]
    late[0].cancel()
    await settle()
    assert slow.order == ["a", "b", "b"]
    await ended([first, *queue, *late])
    assert (bulkhead.halls, slow.flying.total()) == (0, 0)


async def test_another_address_has_places_of_its_own(world: World) -> None:
    """By host and port, as connections are counted; the path below does not matter."""
    bulkhead, slow = Bulkhead(world.clock, places=2), Slow()
    tasks = send(bulkhead, slow, world, "a", 3)
    below = replace(world.link, tenant="a", base_url="https://acme.example/v2")
    other = replace(below, base_url="https://eu.acme.example/v1")
    tasks += [
        asyncio.ensure_future(bulkhead.answer(world.call(link=link), slow)) for link in (below, other, other)
    ]
    await settle()
    assert (slow.flying.total(), bulkhead.halls) == (2, 2)
    await ended(tasks)
    assert bulkhead.halls == 0


async def test_waiting_ends_at_the_deadline_as_a_refusal_of_our_own(world: World) -> None:
    """No call goes out, nobody's place is lost, and it counts against no provider."""
    bulkhead, slow = Bulkhead(world.clock, places=2), Slow()
    tasks = send(bulkhead, slow, world, "a", 1)
    await settle()
    hasty = world.call(link=replace(world.link, tenant="a"), deadline=0.01)
    with pytest.raises(TooLate) as refused:
        await bulkhead.answer(hasty, slow)
    assert is_local(refused.value)
    slow.open.set()
    await asyncio.gather(*tasks, *send(bulkhead, slow, world, "a", 3))
    assert bulkhead.halls == 0


async def test_a_storm_of_callers_who_leave_loses_no_place(world: World) -> None:
    """A thousand are cancelled in every state, some in the moment a place is given to them: all are free."""
    bulkhead, slow = Bulkhead(world.clock, places=10), Slow()
    tasks = [task for name in "abcde" for task in send(bulkhead, slow, world, name, 200)]
    await settle()
    slow.open.set()
    await asyncio.sleep(0)
    await ended(tasks)
    assert bulkhead.halls == 0
    slow = Slow()
    again = send(bulkhead, slow, world, "a", 20)
    await settle()
    assert slow.flying == {"a": 5}
    await ended(again)
