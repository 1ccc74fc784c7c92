"""What our gateway does end to end beside plain Strawberry: `python -m tests.bench.gateway [seconds] [rounds]`.

Each way is one process on one core; the provider and the load are on another. Every request has variables of its own
and nothing is cached. The ways take turns within each round; the figures are medians of the rounds, and the worst one.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from tests.bench.processes import free_port
from tests.bench.served import COMPANIES, KEY

SECONDS, ROUNDS = 2.0, 5
START_SECONDS = 90
WAYS: Final = ("plain", "interpreted", "compiled")
"""Strawberry without a gateway's duties; ours on graphql-core; ours on compiled code."""

FIELDS = """id number date total { amount currency } party { id displayName email }
  lines { description quantity unitPrice { amount } net { amount } }"""
TEXTS: Final = {
    "plain": f"query Page($first: Int!, $p: String) {{ invoices(first: $first, search: $p) {{ {FIELDS} }} }}",
    "ours": "query Page($company: ID!, $first: Int!, $p: Boolean!) { company(key: $company) {"
    " invoices(first: $first) { nodes {" + FIELDS + " } more: pageInfo @include(if: $p) { endCursor } } } }",
}


@dataclass
class Round:
    """One way in one round."""

    requests: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    calls: int = 0
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    def percentile(self, part: float) -> float:
        """Milliseconds."""
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * part))] * 1000


@dataclass(frozen=True)
class Way:
    """A process that answers."""

    name: str
    port: int
    pid: int

    def message(self, first: int, number: int, caller: int = 0) -> bytes:
        """One request; no two are alike."""
        plain = self.name == "plain"
        variables = {"first": first, "p": str(number) if plain else False, "n": number}
        if not plain:
            variables["company"] = f"shop-{caller}"
        body = json.dumps({"query": TEXTS["plain" if plain else "ours"], "variables": variables}).encode()
        return (
            b"POST /graphql HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
            b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s" % (KEY.encode(), len(body), body)
        )

    def cpu_seconds(self) -> float:
        """Used so far, by the kernel's account."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> bytes:
    writer.write(message)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    if b" 200 " not in head[:20]:
        raise RuntimeError(f"{head!r} {body[:500]!r}")
    return body


async def _load(way: Way, first: int, seconds: float, start: int) -> Round:
    found, until, number = Round(), time.perf_counter() + seconds, iter(range(start, 1 << 40))

    async def caller(index: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", way.port, limit=1 << 24)
        while (began := time.perf_counter()) < until:
            await _ask(reader, writer, way.message(first, next(number), index))
            found.times.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(caller(index) for index in range(COMPANIES)))
    found.requests, found.seconds = len(found.times), time.perf_counter() - began
    return found


def _calls(upstream: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{upstream}/count") as answer:
        return int(answer.read())


def measured(way: Way, upstream: int, first: int, seconds: float, start: int) -> Round:
    """One round of one way."""
    calls, cpu = _calls(upstream), way.cpu_seconds()
    found = asyncio.run(_load(way, first, seconds, start))
    found.cpu_seconds, found.calls = way.cpu_seconds() - cpu, _calls(upstream) - calls
    return found


async def _rows(way: Way, first: int) -> object:
    """The answer without what differs by the way: opaque ids."""
    reader, writer = await asyncio.open_connection("127.0.0.1", way.port, limit=1 << 24)
    for number in range(3):  # the first time is never compiled
        answer = json.loads(await _ask(reader, writer, way.message(first, number)))
    writer.close()
    assert "errors" not in answer, answer["errors"]
    if way.name == "plain":
        rows = answer["data"]["invoices"]
    else:
        rows = answer["data"]["company"]["invoices"]["nodes"]
        assert answer["extensions"]["compiled"].startswith(way.name), answer["extensions"]
    for row in rows:
        row["id"] = row["party"]["id"] = ""
    text = json.dumps(rows, sort_keys=True)
    # Scales are the provider's in ours, as Decimal has them in the other.
    return len(rows), [row["number"] for row in rows], len(text) // 1000


def _start(what: str, core: int, *more: str) -> tuple[subprocess.Popen[bytes], int]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.served", what, str(port), str(core), *more]
    # What they log costs what it costs, and goes nowhere.
    return subprocess.Popen(command, stdout=subprocess.DEVNULL), port


def _wait(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            asyncio.run(_touch(port))
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nobody listens on {port}")


async def _touch(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def main(seconds: float, rounds: int) -> None:
    """Start, check, measure, print, end."""
    cores = sorted(os.sched_getaffinity(0))
    ours, theirs = cores[0], cores[-1]
    os.sched_setaffinity(0, {theirs})
    started: list[subprocess.Popen[bytes]] = []
    try:
        process, upstream = _start("upstream", theirs)
        started.append(process)
        ways = []
        for name in WAYS:
            process, port = _start(name, ours, f"http://127.0.0.1:{upstream}")
            started.append(process)
            ways.append(Way(name, port, process.pid))
        for port in (upstream, *(way.port for way in ways)):
            _wait(port)
        for first in (100, 1):
            report(first, compare(ways, upstream, first, seconds, rounds))
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=20)


def compare(
    ways: list[Way], upstream: int, first: int, seconds: float, rounds: int
) -> dict[str, list[Round]]:
    """All rounds of all ways, after a check that they give the same rows."""
    given = [asyncio.run(_rows(way, first)) for way in ways]
    assert given.count(given[-1]) == len(given), given
    found: dict[str, list[Round]] = {way.name: [] for way in ways}
    for way in ways:
        measured(way, upstream, first, 0.5, 1)
    for turn in range(rounds):
        for way in ways[turn % len(ways) :] + ways[: turn % len(ways)]:
            found[way.name].append(measured(way, upstream, first, seconds, 1_000_000 * (turn + 1)))
    return found


def report(first: int, found: dict[str, list[Round]]) -> None:
    """One table."""
    print(f"\n{first} invoices with contact and lines, {COMPANIES} callers, one core")
    heads = ("req/s", "worst", "CPU ms", "p50 ms", "p99 ms", "calls")
    print(f"{'way':<14}" + "".join(f"{head:>10}" for head in heads) + "   times plain, times interpreted")
    for name, rounds in found.items():
        ratios = (
            median(one.rate / other.rate for one, other in zip(rounds, found[base], strict=True))
            for base in ("plain", "interpreted")
        )
        figures = (
            median(each.rate for each in rounds),
            min(each.rate for each in rounds),
            median(each.cpu_seconds / each.requests * 1000 for each in rounds),
            median(each.percentile(0.5) for each in rounds),
            median(each.percentile(0.99) for each in rounds),
            sum(each.calls for each in rounds) / sum(each.requests for each in rounds),
        )
        print(
            f"{name:<14}"
            + "".join(f"{each:>10.2f}" for each in figures)
            + "".join(f"{each:>8.2f}" for each in ratios)
        )


if __name__ == "__main__":
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS,
        int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS,
    )
