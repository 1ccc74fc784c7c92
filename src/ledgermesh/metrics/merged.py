"""The figures of several processes as those of one: what each counted is added up, what all see alike is shown once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

Labels = tuple[tuple[str, str], ...]

LEAST: Final = frozenset(
    ("ledgermesh_provider_budget_left_min", "process_start_time_seconds", "process_max_fds")
)
"""Gauges of which the smallest counts: the scarcest, the oldest."""
MOST: Final = frozenset(
    (
        "ledgermesh_build_info", "ledgermesh_jobs_waiting", "ledgermesh_registry_age_seconds",
        "ledgermesh_replicas", "python_info",
    )
)  # fmt: skip
"""Gauges of something that all of them see, of which the largest counts. All others are added up."""
LASTING: Final = ("counter", "histogram")
"""Kinds that only grow: what a process counted before it ended still counts, or the sum would seem to start again."""


class Family(msgspec.Struct, frozen=True, array_like=True):
    """A figure with all its series, as one process passes it on to another."""

    name: str
    kind: str
    help: str
    samples: tuple[tuple[str, Labels, float], ...]
    """Name of the series, its labels in their order, its value."""


def family(metric: Metric) -> Family:
    """A figure, to be passed on."""
    samples = tuple((each.name, tuple(each.labels.items()), each.value) for each in metric.samples)
    return Family(metric.name, metric.type, metric.documentation, samples)


def metric(family: Family) -> Metric:
    """The figure, for the page."""
    made = Metric(family.name, family.help, family.kind)
    made.samples = [Sample(name, dict(labels), value) for name, labels, value in family.samples]
    return made


def merged(processes: Iterable[Sequence[Family]]) -> list[Family]:
    """One figure in the place of those of the same name; series stand in the order in which they are met."""
    found: dict[str, Family] = {}
    for families in processes:
        for each in families:
            before = found.get(each.name)
            found[each.name] = each if before is None else _both(before, each)
    return list(found.values())


def lasting(families: Iterable[Family]) -> list[Family]:
    """What still counts when the process that counted it has ended."""
    return [each for each in families if each.kind in LASTING]


def _both(one: Family, other: Family) -> Family:
    put = _way(one)
    values: dict[tuple[str, Labels], float] = {(name, labels): value for name, labels, value in one.samples}
    for name, labels, value in other.samples:
        key = (name, labels)
        values[key] = put(values[key], value) if key in values else value
    samples = tuple((name, labels, value) for (name, labels), value in values.items())
    return Family(one.name, one.kind, one.help, samples)


def _way(family: Family) -> Callable[[float, float], float]:
    if family.name in LEAST:
        return min
    return max if family.name in MOST else lambda one, other: one + other
