"""Jobs for whichever worker is free, on each of the stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from ledgermesh.clock import ManualClock, SystemClock
from ledgermesh.errors import StateDown
from ledgermesh.state.queue import LEASE_SECONDS, Delivery, Queue
from ledgermesh.state.queue_store import StoreQueue
from ledgermesh.state.queue_valkey import GROUP, STREAM
from ledgermesh.state.queues import open_queue
from tests.state.stores import START, Engine, Failing, Memory, Server, Valkey

JOBS = [f"job/live/t1/sy_{number}" for number in range(4)]


@asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[Queue]:
    """As one more process does."""
    url = f"{engine.server.url}&prefix={engine.prefix}" if isinstance(engine, Valkey) else "memory:"
    queue = await open_queue(url, await engine.open(), engine.clock)
    try:
        yield queue
    finally:
        await queue.close()


@asynccontextmanager
async def two(engine: Engine) -> AsyncIterator[tuple[Queue, Queue]]:
    """Of two processes; memory has one."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(opened(engine))
        second = first if isinstance(engine, Memory) else await stack.enter_async_context(opened(engine))
        yield first, second


async def pass_lease(engine: Engine, *deliveries: Delivery, seconds: float = LEASE_SECONDS) -> None:
    """Until these deliveries' leases are over, or so many seconds of them."""
    if not isinstance(engine, Valkey):
        await engine.pass_seconds("", seconds)
        return
    with engine.server.admin() as admin:
        for each in deliveries:
            stream, idle = f"{engine.prefix}{STREAM}", int(seconds * 1000)
            admin.xclaim(stream, GROUP, each.worker, 0, [each.mark], idle=idle, justid=True)


async def taken(queue: Queue, worker: str = "w") -> Delivery:
    [delivery] = await queue.take(worker, seconds=0.0)
    return delivery


async def test_each_job_goes_to_one_worker_in_order(engine: Engine) -> None:
    """The oldest first; none twice while its worker lives, whoever asks and whoever adds it again."""
    async with two(engine) as (one, other):
        await one.add(*JOBS)
        first = [await taken(one, "a"), await taken(one, "b")]
        await other.add(*JOBS)
        second = [await taken(other, "c"), await taken(other, "d")]

        assert [each.job for each in first + second] == JOBS
        assert [each.worker for each in first + second] == ["a", "b", "c", "d"]
        assert not await one.take("a", seconds=0.0)
        assert not await other.take("c", seconds=0.0)


async def test_what_is_done_is_gone(engine: Engine) -> None:
    """Also after every lease; added anew it is a new job."""
    async with two(engine) as (one, other):
        await one.add(JOBS[0])
        delivery = await taken(one)
        assert await one.done(delivery)
        await pass_lease(engine)

        assert not await other.take("w", seconds=0.0)
        assert not await one.done(delivery)
        await one.add(JOBS[0])
        assert (await taken(one)).job == JOBS[0]


async def test_a_dead_workers_job_is_handed_to_another(engine: Engine) -> None:
    """Once its lease is over; the first one then has nothing to say about it any more."""
    async with two(engine) as (one, other):
        await one.add(JOBS[0])
        dead = await taken(one, "dead")
        await pass_lease(engine, dead)
        await other.add(JOBS[0])
        again = await taken(other, "b")

        assert again.job == JOBS[0]
        assert await one.extend(dead) is None
        assert not await one.done(dead)
        assert not await one.release(dead)
        assert await other.done(again)


async def test_a_worker_that_says_so_keeps_its_job(engine: Engine) -> None:
    """For a whole lease from then."""
    async with two(engine) as (one, other):
        await one.add(JOBS[0])
        first = await taken(one, "a")
        await pass_lease(engine, first, seconds=LEASE_SECONDS - 1)
        held = await one.extend(first)
        assert held is not None
        if not isinstance(engine, Valkey):
            await pass_lease(engine, held, seconds=LEASE_SECONDS - 1)
        await other.add(JOBS[0])

        assert not await other.take("b", seconds=0.0)
        if isinstance(engine, Valkey):
            with engine.server.admin() as admin:
                [pending] = admin.xpending_range(f"{engine.prefix}{STREAM}", GROUP, "-", "+", 2)
            assert pending["time_since_delivered"] < LEASE_SECONDS * 1000 / 2
        assert await one.done(held)


async def test_a_released_job_is_there_at_once(engine: Engine) -> None:
    """For any worker, behind those that wait."""
    async with two(engine) as (one, other):
        await one.add(*JOBS[:2])
        assert await one.release(await taken(one))
        await other.add(*JOBS[:2])

        assert {(await taken(other)).job, (await taken(other)).job} == set(JOBS[:2])
        assert not await other.take("w", seconds=0.0)


async def test_a_worker_waits_for_the_next_job(engine: Engine) -> None:
    """And is woken by it; who waits too long gets nothing."""
    async with two(engine) as (one, _):
        assert not await one.take("a", seconds=0.01)
        waiting = asyncio.create_task(one.take("a", seconds=20.0))
        await asyncio.sleep(0)
        await one.add(JOBS[0])

        assert [found.job for found in await waiting] == [JOBS[0]]


async def test_many_takers_share_without_a_job_twice(engine: Engine) -> None:
    """Eight workers of two processes at once; every job goes to exactly one."""
    jobs = [f"job/{number}" for number in range(40)]
    got: list[str] = []

    async def work(queue: Queue, worker: str) -> None:
        while found := await queue.take(worker, seconds=0.0, most=3):
            got.extend(delivery.job for delivery in found)
            assert len(found) <= 3
            assert all([await queue.done(delivery) for delivery in found])

    async with two(engine) as (one, other):
        await one.add(*jobs)
        await asyncio.gather(*(work(queue, f"w{n}") for n in range(4) for queue in (one, other)))

    assert sorted(got) == sorted(jobs)


async def test_several_at_a_time_in_order(server: Server) -> None:
    """First what a dead worker left, then what nobody had; no more than were asked for."""
    engine = Valkey(server, "some:")
    async with two(engine) as (one, other):
        await one.add(*JOBS)
        first = await one.take("dead", seconds=0.0, most=2)
        assert [each.job for each in first] == JOBS[:2]
        with server.admin() as admin:
            marks = [each.mark for each in first]
            admin.xclaim(f"some:{STREAM}", GROUP, "dead", 0, marks, idle=3_600_000, justid=True)

        found = await other.take("b", seconds=0.0, most=3)
        assert [each.job for each in found] == JOBS[:3]
        rest = await other.take("b", seconds=0.0, most=50)
        assert [each.job for each in rest] == JOBS[3:]
        assert not await one.extend(first[0])
        assert all([await other.done(each) for each in (*found, *rest)])
        assert not await one.take("a", seconds=0.0, most=50)
    await engine.close()


async def test_valkeys_queue_outlives_the_server(tmp_path: Path) -> None:
    """Killed after `add` came back: it is all there, and what was in a worker's hands is still in them."""
    server = Server(tmp_path / "own")
    engine = Valkey(server, "q:")
    try:
        async with opened(engine) as before:
            await before.add(*JOBS)
            held = await taken(before, "a")
        await engine.restart()
        async with two(engine) as (one, other):
            rest = [await taken(other, "b") for _ in JOBS[1:]]
            assert [each.job for each in rest] == JOBS[1:]
            assert await one.done(held)
            with server.admin() as admin:
                admin.flushall()
            with pytest.raises(StateDown, match="emptied"):
                await one.take("a", seconds=0.0)
    finally:
        await engine.close()
        server.stop()


async def test_an_opening_forgets_no_worker_that_lives(server: Server) -> None:
    """Consumers that asked a moment ago stay, with or without a job in their hands."""
    engine = Valkey(server, "gone:")
    async with opened(engine) as queue:
        await queue.add(JOBS[0])
        await taken(queue, "a")
        assert not await queue.take("b", seconds=0.0)
        with server.admin() as admin:
            names = [each["name"] for each in admin.xinfo_consumers(f"gone:{STREAM}", GROUP)]
            async with opened(engine):
                assert (
                    [each["name"] for each in admin.xinfo_consumers(f"gone:{STREAM}", GROUP)]
                    == names
                    == [b"a", b"b"]
                )
    await engine.close()


async def test_a_job_is_not_lost_with_the_store() -> None:
    """A worker that could not take it leaves it where it was."""
    clock = ManualClock(START)
    store = Failing(clock)
    queue = StoreQueue(store, clock)
    await queue.add(JOBS[0])
    store.down = True
    with pytest.raises(StateDown):
        await queue.take("a", seconds=0.0)
    store.down = False

    assert (await taken(queue)).job == JOBS[0]


async def test_a_server_that_is_not_there_opens_no_queue(tmp_path: Path) -> None:
    """StateDown, and nothing is left open."""
    with pytest.raises(StateDown):
        await open_queue("valkey://127.0.0.1:1", Failing(), SystemClock())
