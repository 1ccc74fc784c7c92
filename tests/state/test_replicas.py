"""How many replicas there are, as each knows it."""

from __future__ import annotations

import asyncio

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.errors import StateDown
from ledgermesh.state.replicas import BEAT_SECONDS, END_SECONDS, Replicas
from tests.state.stores import START, Engine, Failing


async def test_everyone_counts_everyone(engine: Engine) -> None:
    """One before it has asked; after a beat of each, all of them, however often they beat."""
    replicas = [Replicas(await engine.open(), engine.clock) for _ in range(3)]
    assert [each.count for each in replicas] == [1, 1, 1]

    for _ in range(3):
        for each in replicas:
            await each.beat()

    assert [each.count for each in replicas] == [3, 3, 3]


async def test_who_is_not_heard_of_is_not_counted(engine: Engine) -> None:
    """After a few missed beats; once it beats again it is."""
    one, two = [Replicas(await engine.open(), engine.clock) for _ in range(2)]
    await one.beat()
    await two.beat()
    await engine.pass_seconds(next(iter(await (await engine.open()).under("replica/"))), END_SECONDS)

    await two.beat()
    assert two.count == 1
    await one.beat()
    assert one.count == 2


async def test_without_the_store_the_last_count_stands() -> None:
    """Budgets are divided by it meanwhile."""
    clock = ManualClock(START)
    store = Failing(clock)
    one, two = Replicas(store, clock), Replicas(store, clock)
    await two.beat()
    await one.beat()
    store.down = True
    clock.advance(100 * END_SECONDS)

    with pytest.raises(StateDown):
        await one.beat()
    assert one.count == 2

    store.down = False
    await one.beat()
    assert one.count == 1


async def test_a_running_process_stays_counted_until_it_ends() -> None:
    """It beats by itself, over an outage too, and takes its leave."""
    clock = ManualClock(START)
    store = Failing(clock)
    watcher = Replicas(store, clock)
    running = asyncio.create_task(Replicas(store, clock).run())
    started = clock.monotonic()
    while clock.monotonic() < started + 5 * BEAT_SECONDS:
        store.down = clock.monotonic() < started + 2 * BEAT_SECONDS
        await asyncio.sleep(0)
    await watcher.beat()
    assert watcher.count == 2

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await watcher.beat()

    assert watcher.count == 1
