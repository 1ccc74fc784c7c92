"""What several workers do beside one: `python -m tests.bench.workers [seconds] [rounds]`.

The query is 100 invoices with contact and lines, uncached: heavy for the gateway, light for who asks. One worker has a
core to itself, for the load and the provider run on the others; as many workers as there are cores share them with the
load. So beside the rate stands what each request cost, and how many cores the gateway had.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

from ledgermesh.clock import SystemClock
from ledgermesh.server import Site, serve
from ledgermesh.settings import Server, to_loop
from ledgermesh.workers.child import Place
from ledgermesh.workers.parent import Workers
from tests.bench.load import Ask, name, run
from tests.bench.processes import free_port, machine
from tests.bench.provider import serving
from tests.bench.served import make_ours, shops
from tests.bench.spawned import Spawned, held, listening
from tests.bench.ways import our_asks

HOST: Final = "127.0.0.1"
CALLERS: Final = 16
FIRST: Final = 100
WAYS: Final = ((1, "asyncio"), (2, "asyncio"), (1, "uvloop"), (2, "uvloop"))
"""Workers, and what runs each."""
WARM_REQUESTS: Final = 500
WARM_TURNS: Final = 10
"""Asked before anything is measured, or as many as a busy machine answers in so many seconds."""


def gateway(count: int, loop: str, port: int, upstream: str) -> None:
    """Until the process is told to stop."""
    maker = to_loop(Server.model_validate({"event_loop": loop}))

    async def answer(place: Place) -> None:
        app = await make_ours(list(shops(upstream)), compiled=True)
        site = Site(app, HOST, port, bound=place.bound)
        await serve([site], started=lambda _: place.answers(), worker=True)

    def work(place: Place) -> None:
        with asyncio.Runner(loop_factory=maker) as runner:
            runner.run(answer(place))

    Workers(count=count, host=HOST, port=port, work=work, clock=SystemClock()).run(lambda _: None)


def memory(process: Spawned) -> float:
    """Megabytes of all its processes, what they share counted once."""
    found = 0
    for pid in process.tree():
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        found += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return found / 1000


def warm(port: int, what: Ask) -> None:
    """Until what is made once is made."""
    asked = 0
    for turn in range(WARM_TURNS):
        if asked < WARM_REQUESTS:
            asked += run(port, what, callers=CALLERS, seconds=1, start=turn << 20).requests


def main(seconds: float, rounds: int) -> None:
    """Start, warm, measure in turns, print, end."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        books = stack.enter_context(serving(Path(folder), 0))
        what = our_asks(FIRST)
        running, cores = {}, os.sched_getaffinity(0)
        for way in WAYS:
            port = free_port()
            command = [sys.executable, "-m", "tests.bench.workers", "serve", *map(str, way), str(port)]
            process = stack.enter_context(held([*command, books.url()], core=min(cores)))
            os.sched_setaffinity(process.popen.pid, cores)  # before it has any workers
            listening(port, process)
            warm(port, what)
            running[way] = port, process
        found: dict[tuple[int, str], list[tuple[float, float, float]]] = {way: [] for way in WAYS}
        for number in range(rounds):
            for way, (port, process) in running.items():
                before = process.cpu_seconds()
                figures = run(port, what, callers=CALLERS, seconds=seconds, start=(number + 1) << 24)
                used = process.cpu_seconds() - before
                found[way].append((figures.rate, used * 1000 / figures.requests, used / figures.seconds))
        print(f"{machine()}; load by {name()}, {CALLERS} callers, {FIRST} invoices\n")
        print("| workers | loop | req/s | beside one | CPU ms/request | cores it had | MB |")
        print("|---|---|---|---|---|---|---|")
        for (count, loop), figures_of in found.items():
            rate, cost, had = (median(each[at] for each in figures_of) for at in range(3))
            paired = [mine[0] / alone[0] for mine, alone in zip(figures_of, found[1, loop], strict=True)]
            mb = memory(running[count, loop][1])
            print(
                f"| {count} | {loop} | {rate:.0f} | {median(paired):.2f} | {cost:.2f} | {had:.2f} | {mb:.0f} |"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        gateway(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5])
    else:
        main(
            float(sys.argv[1]) if len(sys.argv) > 1 else 2.0,
            int(sys.argv[2]) if len(sys.argv) > 2 else 5,
        )
