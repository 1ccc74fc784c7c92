"""Rounds in which the ways take turns, each on the same core, and what came of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import median
from typing import Final

from tests.bench.load import Ask, Figures, run
from tests.bench.processes import free_port
from tests.bench.provider import Books
from tests.bench.spawned import Spawned, held, listening
from tests.bench.ways import Way, answer, checked

WARM_REQUESTS: Final = 500
WARM_TIMES: Final = 10
"""Seconds at most."""
SETTLE_SECONDS: Final = 15.0
QUIET_SECONDS: Final = 0.1
"""Without a tick of CPU time; timers of the systems are rarer than that."""
ONE_BY_ONE: Final = 10
ENOUGH: Final = 4
"""Answers to each caller, below which what was in flight at the end is a good part of the round."""
SECONDS_MAX: Final = 30.0
"""After a round so long, none longer is tried."""
NUMBERS: Final = 1_000_000
"""Numbers of requests that one round of one way has for itself."""


@dataclass(frozen=True)
class Running:
    """A way that answers."""

    way: Way
    port: int
    process: Spawned


@dataclass(frozen=True)
class Round:
    """One way in one round."""

    figures: Figures
    cpu_ms: float
    """Of the way's processes, for each request."""


@dataclass(frozen=True)
class Result:
    """All rounds of one way."""

    rounds: Sequence[Round]
    rss_mb: float
    calls: float
    """To the provider for one request, asked one by one."""
    rows: float
    """That the provider gave for it."""

    @property
    def rate(self) -> float:
        """Requests a second, the median."""
        return median(each.figures.rate for each in self.rounds)

    @property
    def worst(self) -> float:
        """Requests a second in the worst round."""
        return min(each.figures.rate for each in self.rounds)

    @property
    def cpu_ms(self) -> float:
        """Milliseconds for each request, the median."""
        return median(each.cpu_ms for each in self.rounds)

    @property
    def p50(self) -> float:
        """Milliseconds, the median."""
        return median(each.figures.p50 for each in self.rounds)

    @property
    def p99(self) -> float:
        """Milliseconds, the median."""
        return median(each.figures.p99 for each in self.rounds)


@contextmanager
def started(ways: Sequence[Way], upstream: str, core: int) -> Iterator[list[Running]]:
    """All of them, each one process on this core; they end with the block."""
    with ExitStack() as stack:
        found = []
        for way in ways:
            port = free_port()
            process = stack.enter_context(
                held(
                    way.command(port, upstream),
                    core=core,
                    environ=way.environ(port, upstream),
                    folder=way.folder,
                )
            )
            found.append(Running(way, port, process))
        for each in found:
            listening(each.port, each.process)
        yield found


def one_by_one(running: Running, books: Books, what: Ask) -> tuple[float, float]:
    """Calls to the provider for one request, and rows that it gives, of several that are asked one after the other."""
    answer(running.port, what, 0)
    calls, rows = books.count()
    for number in range(1, ONE_BY_ONE + 1):
        answer(running.port, what, number)
    after = books.count()
    return (after[0] - calls) / ONE_BY_ONE, (after[1] - rows) / ONE_BY_ONE


def warm(running: Running, what: Ask, *, callers: int) -> None:
    """Ask until code that is compiled when it is hot has been, within a bound."""
    asked, number = 0, 0
    while asked < WARM_REQUESTS and number < WARM_TIMES:
        number += 1
        asked += run(
            running.port, what, callers=callers, seconds=1.0, start=NUMBERS // 2 + 10_000 * number
        ).requests
    settled(running)


def turn(running: Running, what: Ask, *, callers: int, seconds: float, start: int) -> Round:
    """One round of one way; a longer one, where hardly anything is answered in so short a time."""
    cpu = running.process.cpu_seconds()
    found = run(running.port, what, callers=callers, seconds=seconds, start=start)
    used = running.process.cpu_seconds() - cpu
    if found.requests < ENOUGH * callers:
        if seconds > SECONDS_MAX:
            raise RuntimeError(f"{running.way.name}: {found.requests} answers within {seconds} s")
        longer = seconds * 3
        return turn(running, what, callers=callers, seconds=longer, start=start + NUMBERS // 2)
    settled(running)
    return Round(found, used * 1000 / found.requests)


def settled(running: Running) -> None:
    """Until a way does nothing any more: what was in flight when the callers went is not the next one's to pay."""
    until, before = time.monotonic() + SETTLE_SECONDS, -1.0
    while time.monotonic() < until and (now := running.process.cpu_seconds()) > before:
        before = now
        time.sleep(QUIET_SECONDS)


@dataclass(frozen=True)
class Plan:
    """How much is asked."""

    first: int
    callers: int
    seconds: float
    rounds: int
    fixed: bool = False


@dataclass
class Comparison:
    """What came of all ways: figures, or why there are none."""

    results: dict[str, Result] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    """Ways that did not give the right answers, and why."""

    def table(self, base: str) -> Iterator[str]:
        """Markdown; ratios are of medians, to the way that is named where it is there."""
        if self.results:
            yield from table(self.results, base if base in self.results else next(iter(self.results)))
        yield from self.lines()

    def lines(self) -> Iterator[str]:
        """Markdown of those that are lost."""
        yield from (f"\n{name} has no figures: {why}" for name, why in self.lost.items())


class _Comparing:
    """The rounds of some ways. A way that fails is left out from then on; the others go on."""

    def __init__(self, ways: Sequence[Running], books: Books, upstream: str, plan: Plan) -> None:
        self._ways, self._books, self._upstream, self._plan = list(ways), books, upstream, plan
        self._asks = {each.way.name: replace(each.way.asks(plan.first), fixed=plan.fixed) for each in ways}
        self._sizes: dict[str, int] = {}
        self._read: dict[str, tuple[float, float]] = {}
        self._rounds: dict[str, list[Round]] = {each.way.name: [] for each in ways}
        self._lost: dict[str, str] = {}

    def compared(self) -> Comparison:
        """All of it."""
        self._each(self._ways, self._check)
        self._each(self._ways, self._warm)
        for number in range(self._plan.rounds):
            at = number % max(1, len(self._ways))
            self._each([*self._ways[at:], *self._ways[:at]], partial(self._turn, number))
        results = {}
        for each in self._ways:
            name = each.way.name
            results[name] = Result(self._rounds[name], each.process.rss_mb(), *self._read[name])
        return Comparison(results, self._lost)

    def _each(self, ways: Sequence[Running], do: Callable[[Running], None]) -> None:
        for each in list(ways):
            try:
                do(each)
            except (RuntimeError, OSError) as error:
                self._lost[each.way.name] = str(error)
                self._ways.remove(each)

    def _check(self, running: Running) -> None:
        name = running.way.name
        self._sizes[name] = checked(running.way, running.port, self._upstream, self._plan.first).size
        self._read[name] = one_by_one(running, self._books, self._asks[name])

    def _warm(self, running: Running) -> None:
        warm(running, self._asks[running.way.name], callers=self._plan.callers)

    def _turn(self, number: int, running: Running) -> None:
        name, plan = running.way.name, self._plan
        start = 0 if plan.fixed else NUMBERS * (number + 1)
        found = turn(running, self._asks[name], callers=plan.callers, seconds=plan.seconds, start=start)
        _alike(name, found.figures, self._sizes[name])
        self._rounds[name].append(found)


def compare(ways: Sequence[Running], books: Books, upstream: str, plan: Plan) -> Comparison:
    """All rounds of all ways, after a check that each gives the provider's own values."""
    return _Comparing(ways, books, upstream, plan).compared()


def _alike(name: str, figures: Figures, size: int) -> None:
    """Raise RuntimeError where answers under load are not as long as the one that was checked."""
    mean = figures.bytes / figures.requests
    if not 0.8 * size < mean < 1.2 * size + 2000:
        raise RuntimeError(f"{name}: answers of {mean:.0f} bytes under load, {size} when it was checked")


def table(results: Mapping[str, Result], base: str) -> Iterator[str]:
    """Markdown; ratios are of medians, to the way that is named."""
    yield (
        f"| system | req/s | worst round | times {base} | CPU ms/req | times {base} by CPU | p50 ms | p99 ms | RSS MB "
        "| calls/req | rows read/req |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for name, each in results.items():
        ratio, by_cpu = each.rate / results[base].rate, results[base].cpu_ms / each.cpu_ms
        yield (
            f"| {name} | {each.rate:,.1f} | {each.worst:,.1f} | {ratio:.2f} | {each.cpu_ms:.2f} | {by_cpu:.2f} "
            f"| {each.p50:.1f} | {each.p99:.1f} | {each.rss_mb:.0f} | {each.calls:.2f} | {each.rows:.0f} |"
        )
