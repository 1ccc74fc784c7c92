"""Workers carry pushes out: in order, some at a time, and to their truthful end whoever dies."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ledgermesh.clock import SystemClock
from ledgermesh.engine.planned import Failure
from ledgermesh.state.file import FileStore
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.queue import LEASE_SECONDS
from ledgermesh.state.sealing import SealingKey
from ledgermesh.sync.jobs import Jobs
from ledgermesh.sync.status import ATTEMPTS_MAX
from ledgermesh.sync.worker import JOBS_MAX, LARGE_BYTES, LARGE_MAX
from tests.hands import HandClock, settle
from tests.sync.office import CONNECTION, NOW
from tests.sync.pushes import CANARY, Books, Office, part, process, working


@pytest.fixture
async def office() -> Office:
    """A process that keeps everything in memory, by a clock that the test turns."""
    clock = HandClock(NOW)
    made = await process(MemoryStore(clock), clock)
    await made.register("maple-b")
    return made


async def test_parts_of_a_connection_are_in_order_and_connections_side_by_side(office: Office) -> None:
    """The second of a connection waits for its first, also where that fails; another connection's does not."""
    held = office.books.hold("a1")
    await office.push(part("a1"), part("b1", "maple-b"), part("a2"), part("b2", "maple-b"), part("a3"))
    async with working(office):
        await settle()
        assert office.books.asked == ["a1", "b1", "b2"]
        held.set()
        await settle()

    assert office.books.asked == ["a1", "b1", "b2", "a2", "a3"]
    assert office.books.most_at_once == 2


async def test_only_so_many_jobs_are_under_way(office: Office) -> None:
    """The others wait in their order, and nothing is begun twice."""
    keys = [f"k{number}" for number in range(3 * JOBS_MAX)]
    held = [office.books.hold(key) for key in keys]
    ids = [await office.push(part(key)) for key in keys]
    async with working(office):
        await settle()
        assert (office.books.asked, office.books.most_at_once) == (keys[:JOBS_MAX], JOBS_MAX)
        for each in held:
            each.set()
        await settle()
        await settle()

    assert office.books.asked == keys
    assert office.books.most_at_once == JOBS_MAX
    assert {(await office.find(id)).status for id in ids} == {"COMMITTED"}


async def test_only_so_many_large_jobs_are_under_way(office: Office) -> None:
    """However many a worker may have at a time: what they hold of memory is bounded. Small ones go past them."""
    keys, small = [f"large{number}" for number in range(LARGE_MAX + 3)], "small"
    held = [office.books.hold(key) for key in keys]
    for key in keys:
        one = part(key)
        await office.push(replace(one, plan=replace(one.plan, asked={"note": "x" * (LARGE_BYTES + 1)})))
    await office.push(part(small))
    async with working(office, jobs_max=2 * LARGE_MAX):
        await settle()
        assert office.books.asked == [small, *keys[:LARGE_MAX]]
        held[0].set()
        await settle()
        assert office.books.asked == [small, *keys[: LARGE_MAX + 1]]
        for each in held:
            each.set()
        await settle()

    assert sorted(office.books.asked) == sorted([*keys, small])


async def test_a_worker_that_dies_is_replaced(office: Office) -> None:
    """Once its lease is over another begins anew under the same key, so nothing is done twice; and not sooner."""
    office.books.hold("k1")
    id = await office.push(part("k1"))
    worker = asyncio.create_task(office.worker(drain_seconds=1e6).run())
    await settle()
    assert (await office.find(id)).status == "RUNNING"
    # It takes nothing more, and nobody keeps its delivery: as far as others see it was killed.
    worker.cancel()
    for task in [each for each in asyncio.all_tasks() if "_keep" in repr(each.get_coro())]:
        task.cancel()
    other = Office(office.state, office.clock, Books(done=office.books.done))
    async with working(other):
        await settle()
        await office.clock_turn(LEASE_SECONDS / 2)
        assert other.books.asked == []
        for _ in range(2):
            await office.clock_turn(LEASE_SECONDS)
    office.books.held["k1"].set()  # the dead one comes back, and has nothing to add
    await asyncio.wait((worker,))

    [found] = (await other.find(id)).parts
    assert (found.status, found.attempts, other.books.asked) == ("COMMITTED", 2, ["k1"])
    assert found.outcome is not None and found.outcome.replayed
    assert other.books.done == {"k1": "1"}


async def test_a_worker_that_lives_keeps_its_job_however_long_it_takes(office: Office) -> None:
    """Nobody else begins with it meanwhile."""
    held = office.books.hold("k1")
    id = await office.push(part("k1"))
    other = Office(office.state, office.clock, office.books)
    async with working(office), working(other):
        await settle()
        for _ in range(20):
            await office.clock_turn(LEASE_SECONDS / 3)
        held.set()
        await settle()

    assert ((await office.find(id)).status, office.books.asked) == ("COMMITTED", ["k1"])


async def test_what_never_comes_to_an_end_is_said_to_be_unknown(office: Office) -> None:
    """A part that breaks its worker each time is begun so often and no more; the others are not held up."""
    office.books.breaking.add("bad")
    id, fine = await office.push(part("bad")), await office.push(part("k1"))
    with capture_logs() as logs:
        async with working(office):
            await settle()
            assert (await office.find(fine)).status == "COMMITTED"
            for _ in range(2 * ATTEMPTS_MAX + 2):
                await office.clock_turn(LEASE_SECONDS)
                await office.keeper.refill()
                await settle()

    [found] = (await office.find(id)).parts
    assert (found.status, office.books.asked.count("bad")) == ("INDETERMINATE", ATTEMPTS_MAX)
    assert found.client_key == "bad"
    assert [each["event"] for each in logs].count("a job was interrupted") == ATTEMPTS_MAX
    assert not await office.state.store.under("job/")


async def test_an_outcome_that_the_store_could_not_tell_is_none(office: Office) -> None:
    """That nothing was sent this time says nothing of an earlier worker: it is begun again."""
    down = Failure(code="STATE_UNAVAILABLE", message="down", remedy="r", retryable=True)
    office.books.failing["k1"] = down
    id = await office.push(part("k1"))
    with capture_logs() as logs:
        async with working(office):
            await settle()
            assert await office.states(id) == ["RUNNING"]
            del office.books.failing["k1"]
            await office.clock_turn(LEASE_SECONDS)
            await office.keeper.refill()
            await settle()

    [found] = (await office.find(id)).parts
    assert (found.status, found.attempts) == ("COMMITTED", 2)
    assert [each["event"] for each in logs] == ["a job waits for the store"]


async def test_a_process_that_ends_finishes_what_it_can(office: Office) -> None:
    """What is under way comes to its end, and nothing more is begun."""
    held = office.books.hold("k1")
    ids = [await office.push(part("k1"))]
    async with working(office):
        await settle()
        asyncio.get_running_loop().call_later(0.02, held.set)
    ids.append(await office.push(part("k2")))

    assert [await office.states(id) for id in ids] == [["COMMITTED"], ["QUEUED"]]


async def test_a_process_that_ends_hands_back_what_takes_too_long(office: Office) -> None:
    """Another goes on at once, without waiting for the lease."""
    office.books.hold("k1")
    id = await office.push(part("k1"))
    async with working(office, drain_seconds=0.0):
        await settle()
    office.books.held["k1"].set()
    async with working(office):
        await settle()

    [found] = (await office.find(id)).parts
    assert (found.status, found.attempts) == ("COMMITTED", 2)


async def test_a_key_that_is_missing_here_costs_no_job(office: Office) -> None:
    """Another replica has it; when nobody had it for a day the body is erased, and the status tells why."""
    id = await office.push()
    blind = Office(office.state, office.clock, office.books)
    blind.jobs = Jobs(office.state, (SealingKey(9, b"another another another another!"),), office.clock)
    async with working(blind):
        await settle()
    assert await office.states(id) == ["QUEUED"]
    assert len(await office.state.store.under("job/")) == 1
    await office.clock_turn(24 * 3600 + 1)
    async with working(blind):
        await blind.keeper.refill()
        await settle()

    assert not await office.state.store.under("job/")
    await office.clock_turn(3600)
    assert await office.states(id) == ["NOT_COMMITTED"]
    assert office.books.asked == []


async def test_a_folder_keeps_jobs_over_a_stop(tmp_path: Path) -> None:
    """What was queued and what had begun is done by the next process, each once."""
    clock, books = SystemClock(), Books()
    first = await process(FileStore(tmp_path / "state", clock), clock, books)
    books.hold("k1")
    ids = [await first.push(part("k1"))]
    async with working(first, drain_seconds=0.0):
        while not books.asked:
            await asyncio.sleep(0.001)
        ids.append(await first.push(part("k2"), part("k3")))
        await first.until(ids[1])
    ids += [await first.push(part(f"m{number}")) for number in range(3)]
    books.held["k1"].set()

    second = await process(FileStore(tmp_path / "state", clock), clock, books)
    async with working(second):
        ended = await second.ended(ids)

    assert {each.status for each in ended} == {"COMMITTED"}
    assert sorted(books.done) == ["k1", "k2", "k3", "m0", "m1", "m2"]
    assert sorted(books.asked) == ["k1", "k1", "k2", "k3", "m0", "m1", "m2"]
    assert CONNECTION.id == ended[0].parts[0].connection


async def test_two_processes_over_a_folder_never_share_a_job(tmp_path: Path) -> None:
    """Both know of all jobs, and each job is begun once."""
    clock, books = SystemClock(), Books()
    offices = [await process(FileStore(tmp_path / "state", clock), clock, books) for _ in range(2)]
    ids = [await offices[number % 2].push(part(f"k{number}")) for number in range(12)]
    async with working(offices[0]), working(offices[1]):
        ended = await offices[0].ended(ids)

    assert {each.status for each in ended} == {"COMMITTED"}
    assert len(books.asked) == 12


async def test_plans_are_never_readable_and_go_with_their_outcome(tmp_path: Path) -> None:
    """Neither while they wait nor after; then not even sealed. What is said of the outcome is sealed for its day."""
    clock = HandClock(NOW)
    folder = tmp_path / "state"
    office = await process(FileStore(folder, clock), clock)
    id = await office.push(part("k1"))
    [envelope] = [kept.value for kept in (await office.state.store.under("job/")).values()]
    assert holding(folder, CANARY.encode()) == []
    assert len(holding(folder, envelope)) == 1
    async with working(office):
        while not (await office.find(id)).final or await office.state.store.under("job/"):
            await asyncio.sleep(0.001)
            await settle()

    assert holding(folder, envelope) == holding(folder, CANARY.encode()) == []
    assert not await office.state.store.under("job/")
    assert holding(folder, b"/invoices") != []
    assert len(await office.state.store.under("outcome/")) == 1
    await clock.turn(24 * 3600 + 1)
    assert not await office.state.store.under("outcome/")


def holding(folder: Path, content: bytes) -> list[Path]:
    """Files that hold this."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if content in path.read_bytes()]
