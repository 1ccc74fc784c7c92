"""What the table must show: each goal, what was measured, and whether it was met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.rounds import Result

HUNDRED: Final[Mapping[str, tuple[float, float]]] = {
    "plain": (15, 30),
    "hive": (10, 20),
    "apollo": (4, 8),
    "mercurius_jit": (1.5, 3),
    "tailcall": (1.5, 3),
    "yoga_jit": (1, 2),
}
"""By whom ours is compared with: how many times as many requests a second at least, and aimed at."""
ONE: Final[Mapping[str, tuple[float, float]]] = {"apollo": (0.7, 1.3)}
CACHED: Final = (6.0, 12.0)
ADDED_MS: Final = (5.0, 3.0)
MEMORY_MB: Final = (60.0, 35.0)
WIDE_MS: Final = (25.0, 20.0)
CALLS: Final = 2.0


@dataclass(frozen=True)
class Goal:
    """One row."""

    work: str
    against: str
    measured: str
    least: str
    aim: str
    said: str


def _verdict(*, met: bool, aimed: bool) -> str:
    return "aim met" if aimed else "met" if met else "NOT MET"


def times(
    work: str, results: Mapping[str, Result], names: Mapping[str, tuple[float, float]], own: str = "ours"
) -> Iterator[Goal]:
    """Requests a second, ratios of medians; who does not run here has a row that says so."""
    for name, (least, aim) in names.items():
        if name not in results or own not in results:
            missing = name if name not in results else own
            yield Goal(work, name, "-", f"{least:g}x", f"{aim:g}x", f"not measured: no figures of {missing}")
            continue
        ratio, cpu = results[own].rate / results[name].rate, results[name].cpu_ms / results[own].cpu_ms
        said = _verdict(met=ratio >= least, aimed=ratio >= aim)
        yield Goal(work, name, f"{ratio:.2f}x ({cpu:.2f}x by CPU)", f"{least:g}x", f"{aim:g}x", said)


def cached(results: Mapping[str, Result], own: str) -> Iterator[Goal]:
    """Against the best of the others' caches."""
    others = {name: each for name, each in results.items() if name != own}
    if others:
        best = max(others, key=lambda name: others[name].rate)
        yield from times("cached repeat, req/s", results, {best: CACHED}, own)


def below(work: str, against: str, measured: float | None, bounds: tuple[float, float], unit: str) -> Goal:
    """What must not be more than the first bound, and is aimed at the second."""
    least, aim = bounds
    if measured is None:
        return Goal(work, against, "-", f"{least:g} {unit}", f"{aim:g} {unit}", "not measured")
    said = _verdict(met=measured <= least, aimed=measured <= aim)
    return Goal(work, against, f"{measured:.1f} {unit}", f"{least:g} {unit}", f"{aim:g} {unit}", said)


def calls(measured: float | None) -> Goal:
    """The calls to the provider of one query."""
    said = "not measured" if measured is None else "met" if measured == CALLS else "NOT MET"
    shown = "-" if measured is None else f"{measured:g}"
    return Goal("upstream calls, 100-invoice query", "exactly", shown, f"{CALLS:g}", "", said)


def table(goals: Sequence[Goal]) -> Iterator[str]:
    """Markdown."""
    yield "| work | against | measured | at least | aim | |"
    yield "|---|---|---|---|---|---|"
    for each in goals:
        yield f"| {each.work} | {each.against} | {each.measured} | {each.least} | {each.aim} | {each.said} |"
