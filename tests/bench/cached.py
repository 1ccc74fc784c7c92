"""What a kept answer costs: `python -m tests.bench.cached [seconds] [rounds]` prints a table.

The gateway over Oak Books, with everything on that a gateway in production has, is asked the same 100 invoices of a few
companies again and again: with `max-age` in plain and compressed, and live. Beside them stands the least that this
server can do: the same number of bytes from an ASGI application of four lines. One core for what is asked, the other
for the load and the provider; the ways take turns within each round, the figures are medians.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from ledgermesh.server import Site, serve
from tests.bench.load import Ask, name, run
from tests.bench.processes import free_port
from tests.bench.provider import serving
from tests.bench.spawned import Spawned, held, listening, pinned
from tests.bench.ways import answer, our_asks, served

SECONDS, ROUNDS = 2.0, 5
FIRST: Final = 100
CALLERS: Final = 8
COMPANIES: Final = 8
AGE: Final = {"Cache-Control": "max-age=300"}
GZIP: Final = {"Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Way:
    """What is asked of which process."""

    name: str
    port: int
    process: Spawned
    asks: Ask


@dataclass(frozen=True)
class Round:
    """One way in one round."""

    rate: float
    cpu_ms: float
    p50: float
    p99: float
    size: float


def asks(headers: Mapping[str, str]) -> Ask:
    """The question about a few companies in turn."""
    made = our_asks(FIRST, headers)
    return Ask(before=made.before, after=made.after, modulo=COMPANIES, headers=made.headers)


@contextmanager
def ways(core: int, upstream: str) -> Iterator[Sequence[Way]]:
    """The gateway, and the least that its server can do with as many bytes; they end with the block."""
    with ExitStack() as stack:
        port = free_port()
        ours = stack.enter_context(held(served("compiled")(port, upstream), core=core))
        listening(port, ours)
        for number in range(3 * COMPANIES):
            found = answer(port, asks(AGE), number)
        assert found.extensions.get("kept") is not None, found.extensions
        least = free_port()
        command = [sys.executable, "-m", "tests.bench.cached", "static", str(least), str(found.size)]
        static = stack.enter_context(held(command, core=core))
        listening(least, static)
        yield (
            Way("static bytes", least, static, Ask(path="/")),
            Way("kept", port, ours, asks(AGE)),
            Way("kept, gzip", port, ours, asks({**AGE, **GZIP})),
            Way("live", port, ours, asks({})),
            Way("live, gzip", port, ours, asks(GZIP)),
        )


def measured(way: Way, seconds: float) -> Round:
    """One round of one way."""
    cpu = way.process.cpu_seconds()
    found = run(way.port, way.asks, callers=CALLERS, seconds=seconds)
    used = way.process.cpu_seconds() - cpu
    size = found.bytes / found.requests
    return Round(found.rate, used / found.requests * 1000, found.p50, found.p99, size)


def report(found: Mapping[str, Sequence[Round]]) -> None:
    """One table."""
    print(f"\n{FIRST} invoices with contact and lines, {CALLERS} callers ({name()}), one core")
    heads = ("req/s", "worst", "CPU ms", "p50 ms", "p99 ms", "kB", "of static")
    print(f"{'way':<14}" + "".join(f"{head:>11}" for head in heads))
    base = found["static bytes"]
    for way, rounds in found.items():
        figures = (
            median(each.rate for each in rounds),
            min(each.rate for each in rounds),
            median(each.cpu_ms for each in rounds),
            median(each.p50 for each in rounds),
            median(each.p99 for each in rounds),
            median(each.size for each in rounds) / 1000,
            median(one.rate / other.rate for one, other in zip(rounds, base, strict=True)),
        )
        print(f"{way:<14}" + "".join(f"{each:>11.3f}" for each in figures))


def main(seconds: float, rounds: int) -> None:
    """Start, measure, print, end."""
    cores = sorted(os.sched_getaffinity(0))
    found: dict[str, list[Round]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), cores[-1]) as books,
        ways(cores[0], books.url()) as all_ways,
        pinned(cores[-1]),
    ):
        for way in all_ways:
            measured(way, 1.0)
        for turn in range(rounds):
            place = turn % len(all_ways)
            for way in (*all_ways[place:], *all_ways[:place]):
                found.setdefault(way.name, []).append(measured(way, seconds))
    report({way.name: found[way.name] for way in all_ways})


async def static(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application that says the same to everybody."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": LENGTH})
        await send({"type": "http.response.body", "body": BYTES})


BYTES, LENGTH = b"", [(b"content-length", b"0")]


if __name__ == "__main__":
    if sys.argv[1:2] == ["static"]:
        BYTES = b"x" * int(sys.argv[3])
        LENGTH = [(b"content-type", b"application/json"), (b"content-length", sys.argv[3].encode())]
        with suppress(KeyboardInterrupt):
            asyncio.run(serve([Site(static, "127.0.0.1", int(sys.argv[2]))], started=lambda ports: None))
    else:
        given = [float(word) for word in sys.argv[1:]]
        main(given[0] if given else SECONDS, int(given[1]) if given[1:] else ROUNDS)
