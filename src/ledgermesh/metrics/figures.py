"""Counters, histograms and gauges as plain values: adding to one costs less than a microsecond, and needs no lock.

All of them are changed on the event loop. A snapshot is taken there too, and written out elsewhere.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

Labels = tuple[str, ...]

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0)
"""Bounds for what waits for providers."""
INSTANTS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Bounds for what happens in this machine or next to it."""
CALLS: Final = (0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)

SERIES_MAX: Final = 2_000
"""Combinations of labels that one figure keeps. Far more than our code can make; should it be mistaken, what comes
after is left out rather than kept for ever."""


class Figure(Protocol):
    """One figure with all its combinations of labels."""

    name: str
    labels: Labels

    def snapshot(self) -> Metric:
        """As it is now, apart from what it becomes."""
        ...


class Counter:
    """Only grows."""

    def __init__(self, name: str, help: str, labels: Labels = ()) -> None:
        """The name ends in `_total`."""
        self.name, self.help, self.labels = name, help, labels
        self._values: dict[Labels, float] = {} if labels else {(): 0.0}

    def add(self, *labels: str, by: float = 1.0) -> None:
        """It happened once more, or so much of it did."""
        values = self._values
        if labels in values:
            values[labels] += by
        elif len(values) < SERIES_MAX:
            values[labels] = by

    def snapshot(self) -> Metric:
        """See Figure."""
        family = CounterMetricFamily(self.name, self.help, labels=self.labels)
        for labels, value in self._values.items():
            family.add_metric(labels, value)
        return family


class Histogram:
    """How large something was, each time."""

    def __init__(
        self, name: str, help: str, labels: Labels = (), bounds: tuple[float, ...] = SECONDS
    ) -> None:
        self.name, self.help, self.labels, self._bounds = name, help, labels, bounds
        self._rows: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        if not labels:
            self._new(())

    def observe(self, *labels: str, value: float) -> None:
        """It was so large this time."""
        row = self._rows.get(labels)
        if row is None:
            if len(self._rows) >= SERIES_MAX:
                return
            row = self._new(labels)
        row[bisect_left(self._bounds, value)] += 1
        self._sums[labels] += value

    def snapshot(self) -> Metric:
        """See Figure."""
        family = HistogramMetricFamily(self.name, self.help, labels=self.labels)
        for labels, row in self._rows.items():
            family.add_metric(labels, self._buckets(row), sum_value=self._sums[labels])
        return family

    def _new(self, labels: Labels) -> list[int]:
        self._sums[labels] = 0.0
        row = self._rows[labels] = [0] * (len(self._bounds) + 1)
        return row

    def _buckets(self, row: list[int]) -> list[tuple[str, float]]:
        """Each with all that is not larger, as the format has it."""
        found, total = [], 0
        for bound, count in zip((*map(str, self._bounds), "+Inf"), row, strict=True):
            total += count
            found.append((bound, float(total)))
        return found


class Gauge:
    """Goes up and down, as it is told."""

    def __init__(self, name: str, help: str, labels: Labels = ()) -> None:
        self.name, self.help, self.labels = name, help, labels
        self._values: dict[Labels, float] = {} if labels else {(): 0.0}

    def add(self, *labels: str, by: float) -> None:
        """By so much, down where it is negative."""
        if labels in self._values or len(self._values) < SERIES_MAX:
            self._values[labels] = self._values.get(labels, 0.0) + by

    def set(self, *labels: str, to: float) -> None:
        """It stands there now."""
        self._values[labels] = to

    def snapshot(self) -> Metric:
        """See Figure."""
        return _gauge(self.name, self.help, self.labels, self._values)


class Looked:
    """A gauge or a counter that somebody else keeps; looked up when it is asked for."""

    def __init__(
        self,
        name: str,
        help: str,
        read: Callable[[], Mapping[Labels, float]],
        labels: Labels = (),
    ) -> None:
        """A name that ends in `_total` is a counter's."""
        self.name, self.help, self.labels, self._read = name, help, labels, read

    def snapshot(self) -> Metric:
        """See Figure."""
        if not self.name.endswith("_total"):
            return _gauge(self.name, self.help, self.labels, self._read())
        family = CounterMetricFamily(self.name, self.help, labels=self.labels)
        for labels, value in self._read().items():
            family.add_metric(labels, value)
        return family


def _gauge(name: str, help: str, labels: Labels, values: Mapping[Labels, float]) -> Metric:
    family = GaugeMetricFamily(name, help, labels=labels)
    for each, value in values.items():
        family.add_metric(each, value)
    return family


def alone(read: Callable[[], float]) -> Callable[[], Mapping[Labels, float]]:
    """For a figure without labels."""
    return lambda: {(): read()}


def least(found: Iterable[tuple[str, int]]) -> dict[Labels, float]:
    """The smallest figure of each name."""
    values: dict[Labels, float] = {}
    for name, figure in found:
        values[name,] = min(values.get((name,), figure), figure)
    return values
