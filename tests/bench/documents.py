"""How long hostile documents hold the gateway: `python -m tests.bench.documents` prints a table.

For each family and size, 1 kB to 1 MB: how long it takes until the answer is there, and the longest time for which
nothing else could run meanwhile, as a task sees it that wants to run every millisecond. Medians of the rounds.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Any

from graphql import GraphQLSchema

from ledgermesh.graph.known import Known
from ledgermesh.graph.limits.documents import Documents
from ledgermesh.graph.limits.values import DocumentLimits
from ledgermesh.graph.question import Question
from ledgermesh.graph.schema import make_schema
from ledgermesh.state.registry import Principal

SIZES = (1_000, 4_000, 16_000, 50_000, 100_000, 250_000, 1_000_000)
ROUNDS = 5

Family = Callable[[int], tuple[str, Mapping[str, Any]]]


def _filled(size: int, parts: Iterator[str], end: str = "}") -> str:
    made, length = [], 0
    for part in parts:
        made.append(part)
        length += len(part)
        if length >= size - len(end):
            break
    return "".join(made) + end


def aliases(size: int) -> tuple[str, Mapping[str, Any]]:
    """One field under many names."""
    parts = (f" a{number}: __typename" for number in itertools.count())
    return "{" + _filled(size, parts), {}


def doubled(size: int) -> tuple[str, Mapping[str, Any]]:
    """Fragments that spread the next one twice."""
    parts = (
        f"fragment f{number} on Query {{ ...f{number + 1} ...f{number + 1} }} "
        for number in itertools.count()
    )
    return "{ ...f0 } " + _filled(size, parts, "fragment end on Query { __typename }"), {}


def doubled_fields(size: int) -> tuple[str, Mapping[str, Any]]:
    """The same through fields, so that nothing merges."""
    parts = (
        f"fragment f{number} on Party {{ a: parent {{ ...f{number + 1} }} b: parent {{ ...f{number + 1} }} }} "
        for number in itertools.count()
    )
    return "{ node(id: 1) { ...f0 } } " + _filled(size, parts, "fragment end on Party { id }"), {}


def nested(size: int) -> tuple[str, Mapping[str, Any]]:
    """Fields inside of fields."""
    levels = size // 9
    return "{" + "parent {" * levels + "}" * levels + "}", {}


def chained(size: int) -> tuple[str, Mapping[str, Any]]:
    """Fragments inside of fragments."""
    parts = (f"fragment f{n} on Party {{ parent {{ ...f{n + 1} }} }} " for n in itertools.count())
    return "{ node(id: 1) { ...f0 } } " + _filled(size, parts, "fragment end on Party { id }"), {}


def directives(size: int) -> tuple[str, Mapping[str, Any]]:
    """One field with many directives."""
    return "{ __typename " + "@a" * (size // 2) + "}", {}


def overlapping(size: int) -> tuple[str, Mapping[str, Any]]:
    """One field again and again, with selections that have to be compared."""
    return "{" + "companies{name}" * (size // 15) + "}", {}


def side_by_side(size: int) -> tuple[str, Mapping[str, Any]]:
    """Many fragments in one place, each to be compared with each."""
    half = (f"...f{number} " for number in itertools.count())
    spreads = _filled(size // 4, half)
    many = spreads.count("...")
    return "{" + spreads + "".join(f"fragment f{n} on Query{{companies{{name}}}}" for n in range(many)), {}


def comments(size: int) -> tuple[str, Mapping[str, Any]]:
    """Nothing but comments."""
    return "{ __typename }" + "#\n" * (size // 2), {}


def string(size: int) -> tuple[str, Mapping[str, Any]]:
    """A string of escapes."""
    return '{ node(id: "' + "\\n" * (size // 2) + '") { id } }', {}


def unfinished(size: int) -> tuple[str, Mapping[str, Any]]:
    """Strings that never end."""
    return "{" + '"\\' * (size // 2), {}


def variables(size: int) -> tuple[str, Mapping[str, Any]]:
    """Variables with many values."""
    return "query A($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["1"] * (size // 4)}


def deep_variables(size: int) -> tuple[str, Mapping[str, Any]]:
    """Variables with lists inside of lists."""
    value: Any = 1
    for _ in range(size // 2):
        value = [value]
    return "query A($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": value}


FAMILIES: tuple[Family, ...] = (
    aliases, doubled, doubled_fields, nested, chained, directives, overlapping, side_by_side, comments, string,
    unfinished, variables, deep_variables,
)  # fmt: skip


class Watchdog:
    """The longest time for which the loop did not run."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.perf_counter() - before - 0.001)


async def measure(schema: GraphQLSchema, question: Question) -> tuple[float, float, bool]:
    """Seconds until the verdict, the longest hold, and whether it was refused, with nothing known before."""
    door = Documents(schema, DocumentLimits(), Known())
    watchdog = Watchdog()
    watching = asyncio.create_task(watchdog.run())
    await asyncio.sleep(0.003)
    began = time.perf_counter()
    verdict = await door.check(question)
    took = time.perf_counter() - began
    await asyncio.sleep(0.002)
    watching.cancel()
    return took, watchdog.longest, verdict.refusal is not None or not verdict.fine


def principal() -> Principal:
    """Anybody: documents are looked at before it matters who asks."""
    return Principal.__new__(Principal)


async def main(rounds: int) -> None:
    """The table."""
    schema = make_schema().inner
    print(f"{'family':16}{'bytes':>10}{'refused':>9}{'ms':>9}{'hold ms':>9}{'µs/kB':>9}")
    for family in FAMILIES:
        for size in SIZES:
            text, values = family(size)
            question = Question(text=text, variables=values, principal=principal(), timeout_seconds=20.0)
            gc.collect()
            found = [await measure(schema, question) for _ in range(rounds)]
            took, hold = median(each[0] for each in found), max(each[1] for each in found)
            print(
                f"{family.__name__:16}{size:>10,}{found[0][2]!s:>9}{took * 1e3:>9.2f}{hold * 1e3:>9.2f}"
                f"{took * 1e9 / size:>9.1f}"
            )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
