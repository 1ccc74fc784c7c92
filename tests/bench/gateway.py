"""What our gateway does end to end beside plain Strawberry: `python -m tests.bench.gateway [seconds] [rounds]`.

Each way is one process on one core; the provider and the load are on another. No request's variables are like the ones
before, and nothing is cached. The ways take turns within each round; the figures are medians of the rounds, and the
worst one. `python -m tests.bench.peers` has the other gateways too.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.bench.load import name
from tests.bench.processes import machine
from tests.bench.provider import serving
from tests.bench.rounds import Plan, compare, started
from tests.bench.ways import PLAIN, ours

SECONDS, ROUNDS = 2.0, 5
CALLERS: Final = 8
WAYS: Final = (PLAIN, ours("interpreted", "interpreted"), ours("compiled"))
"""Strawberry without a gateway's duties; ours on graphql-core; ours on compiled code."""


def main(seconds: float, rounds: int) -> None:
    """Start, check, measure, print, end."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), cores[-1]) as books,
        started(WAYS, books.url(), cores[0]) as ways,
    ):
        print(f"{machine()}; load by {name()}")
        for first in (100, 1):
            plan = Plan(first=first, callers=CALLERS, seconds=seconds, rounds=rounds)
            found = compare(ways, books, books.url(), plan)
            print(f"\n{first} invoices with contact and lines, {CALLERS} callers, one core\n")
            print("\n".join(found.table("plain")))


if __name__ == "__main__":
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS,
        int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS,
    )
