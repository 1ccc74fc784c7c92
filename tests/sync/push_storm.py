"""Workers that are killed while they push: `python -m tests.sync.push_storm URL FOLDER JOBS KILLS SEED`.

Jobs are accepted on a Valkey; forked workers push them and are killed at random moments, and a last one does what is
left. A provider's books are a folder, in which a file for each key is made once. Prints what became of it as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ledgermesh.clock import SystemClock
from ledgermesh.engine.planned import Outcome
from ledgermesh.state.opening import open_store
from ledgermesh.state.queues import open_queue
from ledgermesh.sync.job import Job, Part
from ledgermesh.sync.worker import Worker
from tests.state.storm import forked
from tests.sync.pushes import Office, part, process, working

LEASE_SECONDS = 0.15
LATEST_SECONDS = 0.3
"""A worker is killed at a random moment before this, counted from when it began."""
CONNECTIONS = ("maple-acme", "maple-b")


class Folder:
    """A provider's books."""

    def __init__(self, path: Path, *, stuck: Callable[[], object] | None = None) -> None:
        self._path = path
        self._stuck = stuck
        """Called in the middle of the first push, which then never ends."""
        path.mkdir(exist_ok=True)

    async def run(self, job: Job, part: Part) -> Outcome:
        """See worker.Run: the effect is there once, however often the key comes."""
        plan, key = part.plan, part.client_key
        with (self._path / "asked").open("a") as asked:
            asked.write(f"{key}\n")
        await asyncio.sleep(0.002)
        made = self._path / f"{key}.done"
        replayed = made.exists()
        if not replayed:
            made.touch(exist_ok=False)
        if self._stuck is not None:
            self._stuck()
            await asyncio.Event().wait()
        await asyncio.sleep(0.002)
        return Outcome(
            status="COMMITTED", connection=plan.connection, kind=plan.kind, verb=plan.verb, native_id=key,
            replayed=replayed,
        )  # fmt: skip

    @property
    def asked(self) -> list[str]:
        return (self._path / "asked").read_text().split()

    @property
    def done(self) -> set[str]:
        return {path.stem for path in self._path.glob("*.done")}


async def opened(url: str) -> Office:
    """One process over the server."""
    clock = SystemClock()
    store = await open_store(url, clock)
    queue = await open_queue(url, store, clock, lease_seconds=LEASE_SECONDS)
    office = await process(store, clock, queue=queue)
    await office.register(*CONNECTIONS)
    return office


async def closed(office: Office) -> None:
    await office.state.queue.close()
    await office.state.store.close()


async def accept(url: str, count: int) -> list[str]:
    """So many jobs, of three parts each."""
    office = await opened(url)
    ids = [
        await office.push(*(part(f"k{number}-{n}", CONNECTIONS[n % 2]) for n in range(3)))
        for number in range(count)
    ]
    await closed(office)
    return ids


async def work(told: int, *, url: str, folder: Path, stuck: bool) -> None:
    """Push until killed; or begin one push, which does not end."""
    office = await opened(url)
    tell = partial(os.write, told, b"began\n")
    if not stuck:
        tell()
    books = Folder(folder, stuck=tell if stuck else None)
    await Worker(office.jobs, books.run, office.clock, lease_seconds=LEASE_SECONDS).run()


async def finish(url: str, folder: Path, ids: list[str]) -> dict[str, object]:
    """Do what is left, and say how all of it stands."""
    office = await opened(url)
    books = Folder(folder)
    office.books.run = books.run  # type: ignore[method-assign,assignment]  # the same, in a folder
    async with working(office, lease_seconds=LEASE_SECONDS):
        ended = await office.ended(ids)
        while await office.state.store.under("job/"):
            await asyncio.sleep(0.01)
    every = [one for each in ended for one in each.parts]
    asked, statuses = books.asked, {each.status for each in ended}
    found = {
        "statuses": sorted(statuses),
        "missing": sorted({f"k{n}-{p}" for n in range(len(ids)) for p in range(3)} - books.done),
        "wrong": [
            one.client_key for one in every if one.outcome is None or one.outcome.native_id != one.client_key
        ],
        "again": len(asked) - len(set(asked)),
        "attempts": max(one.attempts for one in every),
        "left": len(await office.state.store.under("job/")),
    }
    await closed(office)
    return found


def main() -> None:
    """See above."""
    url, path, jobs, kills, seed = sys.argv[1:]
    chance, folder = random.Random(int(seed)), Path(path)
    ids = asyncio.run(accept(url, int(jobs)))
    began = 0
    for number in range(int(kills)):
        # The first is killed in the middle of a push for certain.
        pushing = partial(work, url=url, folder=folder, stuck=number == 0)
        began += len(forked(pushing, chance.uniform(0.0, LATEST_SECONDS), told_first=True))
    print(json.dumps({**asyncio.run(finish(url, folder, ids)), "began": began}))


if __name__ == "__main__":
    main()
