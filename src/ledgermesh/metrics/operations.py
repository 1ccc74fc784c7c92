"""Figures of GraphQL operations, whatever they came in over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ledgermesh.graph.question import Question
from ledgermesh.graph.watched import Operation, OperationWatch, Seen
from ledgermesh.metrics.figures import CALLS, Counter, Figure, Gauge, Histogram

STREAMED: Final = "subscription"


class OperationFigures(OperationWatch):
    """Counts by type and outcome. Names of operations are the callers', so they are no labels."""

    def __init__(self) -> None:
        self.operations = Counter(
            "ledgermesh_operations_total",
            "Operations, by type (unknown: refused before it was parsed) and outcome (ok, partial: data with errors "
            "beside it, refused: not run, abandoned).",
            ("type", "outcome"),
        )
        self.latency = Histogram(
            "ledgermesh_operation_duration_seconds",
            "From the question to its answer, providers included. Subscriptions are not in it.",
            ("type",),
        )
        self.errors = Counter(
            "ledgermesh_operation_errors_total",
            "Operations with an error of this code, refused or partial; one with several codes counts in each.",
            ("type", "code"),
        )
        self.calls = Histogram(
            "ledgermesh_operation_provider_requests",
            "Attempts of calls to providers that one operation made.",
            ("type",), CALLS,
        )  # fmt: skip
        self.events = Counter("ledgermesh_subscription_events_total", "Answers given to subscriptions.")
        self.running = Gauge(
            "ledgermesh_operations_in_progress", "Operations under way, open subscriptions among them."
        )

    def figures(self) -> Sequence[Figure]:
        """All of them."""
        return self.operations, self.latency, self.errors, self.calls, self.events, self.running

    def begin(self, question: Question) -> Seen:
        """See OperationWatch."""
        self.running.add(by=1)
        return _Counted(self)

    def again(self, type: str) -> Callable[[float], None]:
        """See OperationWatch."""
        operations, latency, calls = self.operations, self.latency, self.calls

        def count(seconds: float) -> None:
            operations.add(type, "ok")
            latency.observe(type, value=seconds)
            calls.observe(type, value=0)

        return count

    def count(self, operation: Operation) -> None:
        """It is over."""
        type_ = operation.type
        self.running.add(by=-1)
        self.operations.add(type_, operation.outcome)
        for code in operation.codes:
            self.errors.add(type_, code)
        if type_ == STREAMED:
            self.events.add(by=operation.answers)
            return
        self.latency.observe(type_, value=operation.seconds)
        if operation.question.notes.trace is not None:
            self.calls.observe(type_, value=operation.calls)


class _Counted(Seen):
    def __init__(self, figures: OperationFigures) -> None:
        self._figures = figures

    def end(self, operation: Operation) -> None:
        self._figures.count(operation)
