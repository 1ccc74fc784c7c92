"""What is measured, part by part: throughput, repeats, latency, memory, fan-out. Each starts its own processes."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from tests.bench.load import MARK, Ask, ask, run
from tests.bench.peers import goals
from tests.bench.peers.goals import Goal
from tests.bench.peers.systems import Systems
from tests.bench.provider import Books
from tests.bench.rounds import Plan, Round, Running, compare, started, turn, warm
from tests.bench.served import KEY, WIDE
from tests.bench.ways import Way, answer, served

CALLERS: Final = 8
REPEATING: Final = 16
"""Callers of the repeats."""
LATE_MS: Final = 50
WIDE_MS: Final = (20, 30, 40, 50, 60)
"""How long each of five providers takes."""
DELAYS: Final = (0, LATE_MS, *WIDE_MS)
LONG_ROWS: Final = 1000
PAGES: Final = 10
FLOOR_SECONDS: Final = 3.0


@dataclass
class Bench:
    """One run of everything."""

    systems: Systems
    books: Books
    core: int
    seconds: float
    rounds: int
    goals: list[Goal] = field(default_factory=list)

    def plan(self, first: int, callers: int, *, fixed: bool = False) -> Plan:
        """So much of everybody."""
        return Plan(first=first, callers=callers, seconds=self.seconds, rounds=self.rounds, fixed=fixed)


def uncached(bench: Bench) -> Iterator[str]:
    """Requests that are not alike: 100 invoices, and one."""
    upstream = bench.books.url()
    with started(bench.systems.uncached(), upstream, bench.core) as ways:
        for first in (100, 1):
            _say(f"{first} invoices, no two requests alike")
            found = compare(ways, bench.books, upstream, bench.plan(first, CALLERS))
            yield f"\n### {first} invoices with contact and lines, no two requests alike, {CALLERS} callers\n"
            yield from found.table("plain")
            word = "uncached 100 invoices, req/s" if first == 100 else "uncached 1 invoice, req/s"
            bench.goals += goals.times(word, found.results, goals.HUNDRED if first == 100 else goals.ONE)
            if first == 100:
                own = found.results.get("ours")
                bench.goals.append(goals.calls(own.calls if own is not None else None))


def cached(bench: Bench) -> Iterator[str]:
    """One request again and again, each with what it has to keep answers."""
    upstream, ways = bench.books.url(), bench.systems.cached()
    with started(ways, upstream, bench.core) as running:
        _say("100 invoices, the same request again")
        found = compare(running, bench.books, upstream, bench.plan(100, REPEATING, fixed=True))
    yield f"\n### 100 invoices, the same request again, {REPEATING} callers, answers up to 60 s old\n"
    yield from found.table(ways[0].name)
    bench.goals += goals.cached(found.results, ways[-1].name)


def late(bench: Bench) -> Iterator[str]:
    """What each adds to a provider that takes its time, with one caller."""
    upstream, port = bench.books.url(1), bench.books.ports[1]
    ids = ",".join(f"c{number}" for number in range(60))
    paths = ("/invoices?limit=100&page=1", f"/contacts?ids={ids}")
    floor = sum(run(port, Ask(path), callers=1, seconds=FLOOR_SECONDS).p50 for path in paths)
    with started(bench.systems.uncached(), upstream, bench.core) as ways:
        _say(f"100 invoices over a provider that takes {LATE_MS} ms")
        found = compare(ways, bench.books, upstream, bench.plan(100, 1))
    yield f"\n### 100 invoices over a provider that takes {LATE_MS} ms, one caller\n"
    yield f"The two calls alone take {floor:.1f} ms.\n"
    yield "| system | p50 ms | added p50 ms | worst round, added p50 ms | p99 ms | CPU ms/req |"
    yield "|---|---|---|---|---|---|"
    for name, each in found.results.items():
        worst = max(one.figures.p50 for one in each.rounds)
        yield (
            f"| {name} | {each.p50:.1f} | {each.p50 - floor:.1f} | {worst - floor:.1f} | {each.p99:.1f} "
            f"| {each.cpu_ms:.2f} |"
        )
    yield from found.lines()
    own = found.results.get("ours")
    added = own.p50 - floor if own is not None else None
    bench.goals.append(
        goals.below(f"added p50, {LATE_MS} ms upstream", "two calls", added, goals.ADDED_MS, "ms")
    )


# -- memory ------------------------------------------------------------------------------------------------------------

LONG: Final = """query Page($first: Int!, $after: String) { company(key: "shop-0") {
  invoices(first: $first, after: $after) { nodes { id number date total { amount currency }
    party { id displayName email } lines { description quantity unitPrice { amount } net { amount } } }
  pageInfo { hasNextPage endCursor } } } }"""


def _pages_of_peer(running: Running) -> int:
    """All pages, one after the other: rows."""
    what, rows = running.way.asks(LONG_ROWS), 0
    for number in range(PAGES):
        rows += len(running.way.rows(answer(running.port, what, number).data))
    return rows


def _pages_of_ours(running: Running) -> int:
    """All pages along their cursors: rows."""
    rows, after, follows = 0, None, True
    while follows:
        page = _asked(running.port, LONG, {"first": LONG_ROWS, "after": after})["company"]["invoices"]
        rows, after = rows + len(page["nodes"]), page["pageInfo"]["endCursor"]
        follows = page["pageInfo"]["hasNextPage"]
    return rows


def _asked(port: int, text: str, variables: Mapping[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    body = json.dumps({"query": text, "variables": variables}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, headers)
    with urllib.request.urlopen(request, timeout=120) as response:
        found = json.load(response)
    if found.get("errors"):
        raise RuntimeError(f"{found['errors']}")
    return found["data"]


@dataclass(frozen=True)
class Held:
    """What one way held."""

    idle: float
    peak: float
    seconds: float


def _held(bench: Bench, way: Way, pages: Callable[[Running], int]) -> Held:
    with started([way], bench.books.url(), bench.core) as (running,):
        answer(running.port, way.asks(1), 1)
        idle = running.process.rss_mb()
        running.process.reset_peak()
        began = time.perf_counter()
        rows = pages(running)
        seconds = time.perf_counter() - began
        if rows != PAGES * LONG_ROWS:
            raise RuntimeError(f"{way.name}: {rows} rows")
        return Held(idle, running.process.rss_mb("VmHWM"), seconds)


def memory(bench: Bench) -> Iterator[str]:
    """10,000 invoices in pages of 1,000, of a process that did nothing before but one small question."""
    found: dict[str, Held] = {}
    lost: dict[str, str] = {}
    for way in bench.systems.uncached():
        _say(f"memory of {way.name}")
        pages = _pages_of_ours if way.name == "ours" else _pages_of_peer
        try:
            found[way.name] = _held(bench, way, pages)
        except (RuntimeError, OSError) as error:
            lost[way.name] = str(error)
    yield "\n### 10,000 invoices with contact and lines in pages of 1,000\n"
    yield "| system | idle MB | peak MB | peak - idle MB | seconds |"
    yield "|---|---|---|---|---|"
    for name, each in found.items():
        over = each.peak - each.idle
        yield f"| {name} | {each.idle:.0f} | {each.peak:.0f} | {over:.0f} | {each.seconds:.1f} |"
    yield from (f"\n{name} has no figures: {why}" for name, why in lost.items())
    own = found.get("ours")
    taken = own.peak - own.idle if own is not None else None
    bench.goals.append(goals.below("10,000 invoices, peak - idle", "idle", taken, goals.MEMORY_MB, "MB"))


# -- fan-out -----------------------------------------------------------------------------------------------------------

INVOICES: Final = (
    "invoices(first: 10) { nodes { id number date total { amount currency } } sources { status } }"
)
WIDE_ASKS: Final = {
    "one company, 5 sources": f"query One($company: ID!) {{ company(key: $company) {{ {INVOICES} }} }}",
    f"{WIDE} companies, {5 * WIDE} sources": f"query All {{ companies {{ {INVOICES} }} }}",
}


def fan_out(bench: Bench) -> Iterator[str]:
    """Companies whose books lie with five providers of different speed."""
    lines = range(2, 2 + len(WIDE_MS))
    urls = [bench.books.url(each) for each in lines]
    way = Way(
        "ours", lambda port, upstream: [*served("wide")(port, upstream), *urls[1:]], lambda first: Ask(), list
    )
    slowest = bench.books.ports[lines[-1]]
    floor = run(slowest, Ask("/invoices?limit=10"), callers=1, seconds=FLOOR_SECONDS).p50
    yield f"\n### Fan-out over five providers that take {', '.join(map(str, WIDE_MS))} ms, one caller\n"
    yield f"The slowest alone takes {floor:.1f} ms.\n"
    yield "| work | p50 ms | added p50 ms | worst round, added p50 ms | p99 ms | CPU ms/req |"
    yield "|---|---|---|---|---|---|"
    with started([way], urls[0], bench.core) as (running,):
        for words, text in WIDE_ASKS.items():
            _say(f"fan-out: {words}")
            goal = f"fan-out, {words}, added p50"
            try:
                found = _fanned(bench, running, text)
            except (RuntimeError, OSError) as error:
                yield f"| {words} | {error} | | | | |"
                bench.goals.append(goals.below(goal, "slowest source", None, goals.WIDE_MS, "ms"))
                continue
            rounds, cpu = [each.figures for each in found], median(each.cpu_ms for each in found)
            p50, worst = median(each.p50 for each in rounds), max(each.p50 for each in rounds)
            p99 = median(each.p99 for each in rounds)
            yield f"| {words} | {p50:.1f} | {p50 - floor:.1f} | {worst - floor:.1f} | {p99:.1f} | {cpu:.2f} |"
            bench.goals.append(goals.below(goal, "slowest source", p50 - floor, goals.WIDE_MS, "ms"))


def _fanned(bench: Bench, running: Running, text: str) -> Sequence[Round]:
    """Rounds of one question, after a look at its answer."""
    variables = {"company": f"wide-{MARK}", "n": MARK} if "$company" in text else {"n": MARK}
    what = ask(text, variables, modulo=WIDE, headers={"Authorization": f"Bearer {KEY}"})
    for number in range(3):
        found = answer(running.port, what, number).data
    for company in found.get("companies") or [found["company"]]:
        page = company["invoices"]
        if len(page["nodes"]) != 10 or {each["status"] for each in page["sources"]} != {"OK"}:
            raise RuntimeError(f"a source is missing: {page}")
    warm(running, what, callers=1)
    return [
        turn(running, what, callers=1, seconds=bench.seconds, start=number * 7)
        for number in range(bench.rounds)
    ]


def _say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


PARTS: Final[Mapping[str, Callable[[Bench], Iterator[str]]]] = {
    "uncached": uncached, "cached": cached, "late": late, "memory": memory, "fanout": fan_out,
}  # fmt: skip
