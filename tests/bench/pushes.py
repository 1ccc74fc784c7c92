"""What many pushes at once cost: `python -m tests.bench.pushes [seconds] [per_second]` prints a table.

100 pushes a second are accepted for 30 s and carried out meanwhile, in one process, with a provider that takes 50 ms
for each: over the memory of the process, and over a Valkey whose file is synced at every write. Accepted within the
second; how long the queue took to empty after the last; lost and done twice; the peak of the process's memory.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ledgermesh.clock import SystemClock
from ledgermesh.engine.planned import Outcome
from ledgermesh.errors import StateDown
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.opening import open_store
from ledgermesh.state.queues import open_queue
from ledgermesh.sync.job import Job, Part
from ledgermesh.sync.jobs import Jobs
from ledgermesh.sync.worker import JOBS_MAX
from tests.bench.processes import machine
from tests.state.stores import Server
from tests.states import KEYS
from tests.sync.pushes import Office, part, process, working

SECONDS = 30
PER_SECOND = 100
PROVIDER_SECONDS = 0.05
DRAIN_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """Of one store."""

    store: str
    accepted: int
    refused: int
    """The store did not answer in time; the caller was told."""
    seconds: float
    late_ms: float
    """The slowest of a hundred acceptances, from when it was due."""
    drained_seconds: float
    lost: int
    twice: int
    idle_mb: float
    peak_mb: float


class Provider:
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def run(self, job: Job, part: Part) -> Outcome:
        """See worker.Run."""
        plan = part.plan
        self.asked.append(part.client_key)
        await asyncio.sleep(PROVIDER_SECONDS)
        return Outcome(
            status="COMMITTED", connection=plan.connection, kind=plan.kind, verb=plan.verb,
            native_id=part.client_key,
        )  # fmt: skip


async def accept(office: Office, count: int, per_second: int) -> tuple[list[str], list[float]]:
    """So many, each when it is due, whatever the ones before take; the ids of those that were accepted, and how long
    each took, seconds.
    """
    began, took = time.perf_counter(), list[float]()

    async def one(number: int) -> str | None:
        try:
            id = await office.push(part(f"k{number}"), tracking_id=f"track-{number}")
        except StateDown:
            return None
        took.append(time.perf_counter() - began - number / per_second)
        return id

    async with asyncio.TaskGroup() as group:
        tasks = []
        for number in range(count):
            await asyncio.sleep(max(0.0, number / per_second - (time.perf_counter() - began)))
            tasks.append(group.create_task(one(number)))
    ids = [task.result() for task in tasks]
    return [id for id in ids if id is not None], took


async def measure(name: str, url: str, count: int, per_second: int) -> Result:
    """All of it over one store."""
    clock, provider = SystemClock(), Provider()
    async with AsyncExitStack() as stack:
        store = await open_store(url, clock) if url else MemoryStore(clock)
        stack.push_async_callback(store.close)
        queue = await open_queue(url or "memory:", store, clock)
        stack.push_async_callback(queue.close)
        office = await process(store, clock, queue=queue)
        office.jobs = Jobs(office.state, KEYS, clock)
        office.books.run = provider.run  # type: ignore[method-assign,assignment]  # one that takes its time
        idle = peak_mb()
        async with working(office, jobs_max=JOBS_MAX), following(office):
            began = time.perf_counter()
            ids, took = await accept(office, count, per_second)
            seconds = time.perf_counter() - began
            drained = await drain(office, provider, len(ids))
        ended = [await office.find(id) for id in ids]
    return Result(
        store=name, accepted=len(ids), refused=count - len(ids), seconds=seconds, late_ms=slowest_ms(took),
        drained_seconds=drained, lost=sum(each.status != "COMMITTED" for each in ended),
        twice=len(provider.asked) - len(set(provider.asked)), idle_mb=idle, peak_mb=peak_mb(),
    )  # fmt: skip


@asynccontextmanager
async def following(office: Office) -> AsyncIterator[None]:
    """The registry keeps up with the store meanwhile, as it does in every gateway."""
    await office.state.directory.load()
    task = asyncio.create_task(office.state.directory.follow())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def drain(office: Office, provider: Provider, accepted: int) -> float:
    """Seconds until nothing is left."""
    began = time.perf_counter()
    while len(set(provider.asked)) < accepted or await office.state.store.under("job/"):
        await asyncio.sleep(0.1)
        if time.perf_counter() - began > DRAIN_SECONDS:
            break
    return time.perf_counter() - began


def slowest_ms(took: list[float]) -> float:
    """Of a hundred."""
    return statistics.quantiles(took, n=100)[-1] * 1000


def peak_mb() -> float:
    """Of this process since it began."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measured(name: str, url: str, count: int, per_second: int) -> Result:
    """In this process."""
    return asyncio.run(measure(name, url, count, per_second))


def main(seconds: int, per_second: int) -> None:
    """Measure and print."""
    count, results = seconds * per_second, []
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            for name, url in (("memory", ""), ("Valkey", server.within(2.0))):
                # Each in a process of its own, for a peak of its own.
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    results.append(pool.apply(measured, (name, url, count, per_second)))
        finally:
            server.stop()
    print(
        f"\n{machine()}, {per_second} pushes a second for {seconds} s, provider {PROVIDER_SECONDS * 1000:.0f} ms\n"
    )
    print(
        "| store | accepted | refused | a second | p99 ms | queue empty after s | lost | twice | idle MB | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for each in results:
        print(
            f"| {each.store} | {each.accepted} | {each.refused} | {each.accepted / each.seconds:.1f} "
            f"| {each.late_ms:.1f} "
            f"| {each.drained_seconds:.1f} | {each.lost} | {each.twice} | {each.idle_mb:.0f} | {each.peak_mb:.0f} |"
        )


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*(given + [SECONDS, PER_SECOND][len(given) :]))
