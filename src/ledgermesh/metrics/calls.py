"""Figures of calls to providers."""

from __future__ import annotations

from collections.abc import Sequence

from ledgermesh.metrics.figures import Counter, Figure, Gauge, Histogram
from ledgermesh.upstream.call import Call, Link, Step
from ledgermesh.upstream.watch import End, Scope, Watch

NO_STATUS = "none"
"""Of an attempt that had no answer."""


class CallFigures(Watch):
    """Counts by provider; see `metrics` for what is never a label."""

    def __init__(self) -> None:
        self.requests = Counter(
            "ledgermesh_provider_requests_total",
            "Attempts on the wire, by method, class of status (none: no answer) and outcome "
            "(ok, failed, abandoned).",
            ("provider", "method", "status", "outcome"),
        )
        self.retries = Counter(
            "ledgermesh_provider_retries_total", "Attempts after the first one of a call.", ("provider",)
        )
        self.latency = Histogram(
            "ledgermesh_provider_request_duration_seconds",
            "From an attempt's first byte out to its last byte in; waiting for the budget is not counted.",
            ("provider", "method"),
        )
        self.flying = Gauge(
            "ledgermesh_provider_requests_in_flight", "Attempts that are on the wire now.", ("provider",)
        )
        self.calls = Counter(
            "ledgermesh_provider_calls_total",
            "Calls, by where the answer came from (miss: the provider, hit: the cache, joined: another caller's "
            "call, stale: an older answer in place of a failure, none: no answer) and outcome "
            "(ok, failed, not_sent: budget, breaker, deadline or signing in kept it from going, abandoned).",
            ("provider", "cache", "outcome"),
        )
        self.errors = Counter(
            "ledgermesh_provider_errors_total", "Calls that failed, by the code of the error.",
            ("provider", "code"),
        )  # fmt: skip
        self.paced = Histogram(
            "ledgermesh_provider_pace_wait_seconds", "How long attempts waited for the provider's budget.",
            ("provider",),
        )  # fmt: skip
        self.places = Histogram(
            "ledgermesh_provider_bulkhead_wait_seconds",
            "How long calls that found no place at the provider's address waited for one.",
            ("provider",),
        )
        self.openings = Counter(
            "ledgermesh_provider_breaker_openings_total",
            "How often a circuit opened, of one connection or of a provider's address.",
            ("provider", "scope"),
        )

    def figures(self) -> Sequence[Figure]:
        """All of them."""
        return (
            self.requests, self.retries, self.latency, self.flying, self.calls, self.errors, self.paced,
            self.places, self.openings,
        )  # fmt: skip

    def begin(self, call: Call) -> End:
        """See Watch."""
        provider = call.link.provider.name

        def end(steps: Sequence[Step], error: str | None) -> None:
            self.calls.add(provider, _source(steps), _outcome(steps, error))
            if error is not None:
                self.errors.add(provider, error)

        return end

    def sent(self, call: Call) -> None:
        """See Watch."""
        self.flying.add(call.link.provider.name, by=1)

    def landed(self, call: Call, step: Step) -> None:
        """See Watch."""
        provider, method = call.link.provider.name, call.method
        status = NO_STATUS if step.status is None else f"{step.status // 100}xx"
        ended = step.error is not None or step.status is not None
        outcome = "abandoned" if not ended else "ok" if step.error is None else "failed"
        self.flying.add(provider, by=-1)
        self.requests.add(provider, method, status, outcome)
        self.paced.observe(provider, value=call.waited)
        if ended:
            self.latency.observe(provider, method, value=step.ms / 1000)
        if call.attempt > 1:
            self.retries.add(provider)

    def queued(self, call: Call, seconds: float) -> None:
        """See Watch."""
        self.places.observe(call.link.provider.name, value=seconds)

    def opened(self, link: Link, scope: Scope) -> None:
        """See Watch."""
        self.openings.add(link.provider.name, scope)


def _source(steps: Sequence[Step]) -> str:
    """Where a call's answer came from: its last line says."""
    return steps[-1].cache.lower() if steps else "none"


def _outcome(steps: Sequence[Step], error: str | None) -> str:
    if error is not None:
        return "failed" if steps else "not_sent"
    return "ok" if steps and steps[-1].status is not None else "abandoned"
