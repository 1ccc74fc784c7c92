"""Ours beside the other gateways on the same work: `python -m tests.bench.peers [seconds] [rounds]` prints Markdown.

Plain Strawberry, Hive Gateway, Apollo Server, GraphQL Yoga, Mercurius and Tailcall, each one process on one core; the
provider and the load are on another. Every answer is checked against the provider's own values before anything is
measured. The systems take turns within each round. npm packages are installed first, once. Options: `--only` parts
(uncached, cached, late, memory, fanout, with commas), `--beside` systems (as the table names them, with commas),
`--out` a file for the table.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.bench import load
from tests.bench.peers import goals
from tests.bench.peers.parts import DELAYS, PARTS, Bench
from tests.bench.peers.systems import Systems, versions
from tests.bench.processes import machine
from tests.bench.provider import serving

SECONDS, ROUNDS = 3.0, 5
NOTES: Final = """
Each system is one process on one core; the provider (a C program that counts calls) and the load are on the other.
Variables differ from request to request, except in the repeats. Figures are medians of the rounds, ratios are of
medians in this run; those of CPU time for each request are the steadier ones on a machine that others use. Before it
is measured, every system's answers are compared with the provider's own values: 28 leaves for each invoice. Ours has
exact decimals, where `unitPrice` and `net` are money, and says in extensions which calls were made; it has
authentication, tenant checks, limits, masked errors, request lines and figures on, which the others have not. It
reads contacts in one list, or singly by id; the others by ids.
"""


def printed(bench: Bench, parts: list[str]) -> Iterator[str]:
    """The whole text."""
    names = [way.name for way in bench.systems.uncached()]
    yield f"{machine()}; load by {load.name()}; load average at the start {_average()}."
    yield f"At least {bench.seconds:g} s a round, {bench.rounds} rounds."
    yield NOTES
    yield from (f"- {line}" for line in versions(names))
    yield from (f"- {name} is left out: {why}" for name, why in bench.systems.left_out.items())
    for part in parts:
        yield from PARTS[part](bench)
    yield "\n### Goals\n"
    yield from goals.table(bench.goals)
    yield "\nTwo workers against one: `python -m tests.bench.workers`."
    yield f"Load average at the end {_average()}."


def _average() -> str:
    return " ".join(f"{each:.1f}" for each in os.getloadavg())


def main() -> None:
    """Start, check, measure, print, end."""
    told = argparse.ArgumentParser(prog="python -m tests.bench.peers")
    told.add_argument("seconds", type=float, nargs="?", default=SECONDS)
    told.add_argument("rounds", type=int, nargs="?", default=ROUNDS)
    told.add_argument("--only", default=",".join(PARTS))
    told.add_argument("--beside", default="")
    told.add_argument("--out", type=Path)
    given = told.parse_args()
    # So that what was started ends also when this is told to.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), cores[-1], DELAYS) as books:
        systems = Systems(Path(folder), frozenset(filter(None, given.beside.split(","))))
        bench = Bench(systems, books, cores[0], given.seconds, given.rounds)
        lines = []
        for line in printed(bench, given.only.split(",")):
            print(line, flush=True)
            lines.append(line)
    if given.out is not None:
        given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
