"""What the dashboard shows: rows of diagrams, and what each asks Prometheus for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct

PER: Final = "[$__rate_interval]"
ONLY: Final = 'job=~"$job", instance=~"$instance"'
"""Which gateways are looked at, chosen at the top of the dashboard."""


class Query(NamedTuple):
    """One question, and what each of its lines is called."""

    expr: str
    legend: str


class Panel(Struct, frozen=True):
    """One diagram."""

    title: str
    unit: str
    """Grafana's name of it."""
    queries: Sequence[Query]
    about: str = ""


def rate(name: str, by: str = "", legend: str = "") -> Query:
    """Of a counter, per second; without a legend each line is called by its labels."""
    return Query(_rate(name, by), legend or _named(by))


def share(part: float, name: str, by: str, of: str = "") -> Query:
    """Of a histogram: such a part of all was not larger."""
    return Query(
        f"histogram_quantile({part}, {_rate(f'{name}_bucket', f'le, {by}')})",
        f"{_named(by)} {of} {part:.0%}".replace("  ", " "),
    )


def now(name: str, by: str = "", legend: str = "", *, where: str = "", how: str = "sum") -> Query:
    """Of a gauge."""
    inner = f"{name}{{{', '.join(filter(None, (ONLY, where)))}}}"
    return Query(f"{how} by ({by}) ({inner})" if by else f"{how}({inner})", legend or _named(by))


def _rate(name: str, by: str) -> str:
    inner = f"rate({name}{{{ONLY}}}{PER})"
    return f"sum by ({by}) ({inner})" if by else f"sum({inner})"


def _named(by: str) -> str:
    return " ".join(f"{{{{{each}}}}}" for each in by.split(", "))


ROWS: Final[Sequence[tuple[str, Sequence[Panel]]]] = (
    (
        "Operations",
        (
            Panel("Operations", "ops", [rate("ledgermesh_operations_total", "type, outcome")]),
            Panel(
                "Time to answer",
                "s",
                [
                    share(0.5, "ledgermesh_operation_duration_seconds", "type"),
                    share(0.95, "ledgermesh_operation_duration_seconds", "type"),
                ],
            ),
            Panel("Errors by code", "ops", [rate("ledgermesh_operation_errors_total", "code")]),
            Panel(
                "How queries are run",
                "ops",
                [rate("ledgermesh_query_runs_total", "way, reason")],
                about="Compiled is the quick way; the reason says why it was another.",
            ),
            Panel(
                "How answers came",
                "ops",
                [rate("ledgermesh_shareable_answers_total", "came")],
                about="Of questions whose answers may be kept: kept before, joined with an equal one, or made.",
            ),
            Panel(
                "Provider requests of one operation",
                "none",
                [
                    share(0.95, "ledgermesh_operation_provider_requests", "type"),
                ],
            ),
            Panel(
                "Under way and listening",
                "none",
                [
                    now("ledgermesh_operations_in_progress", legend="operations"),
                    now("ledgermesh_streams_open", "transport", "{{transport}} open"),
                    rate("ledgermesh_subscription_events_total", legend="events per second"),
                ],
            ),
        ),
    ),
    (
        "Providers",
        (
            Panel(
                "Requests",
                "reqps",
                [
                    rate("ledgermesh_provider_requests_total", "provider, status, outcome"),
                    rate("ledgermesh_provider_retries_total", "provider", "{{provider}} again"),
                ],
            ),
            Panel(
                "Latency, 95 %",
                "s",
                [
                    share(0.95, "ledgermesh_provider_request_duration_seconds", "provider"),
                ],
                about="On the wire; waiting for the budget is not in it.",
            ),
            Panel("Errors by code", "ops", [rate("ledgermesh_provider_errors_total", "provider, code")]),
            Panel(
                "Where answers came from",
                "ops",
                [rate("ledgermesh_provider_calls_total", "cache, outcome")],
                about="joined: another caller's call; stale: an older answer in place of a failure.",
            ),
            Panel(
                "Calls left in the scarcest budget",
                "none",
                [
                    now("ledgermesh_provider_budget_left_min", "provider", how="min"),
                ],
            ),
            Panel(
                "Waiting, 95 %",
                "s",
                [
                    share(0.95, "ledgermesh_provider_pace_wait_seconds", "provider", "budget"),
                    share(0.95, "ledgermesh_provider_bulkhead_wait_seconds", "provider", "place"),
                ],
            ),
            Panel(
                "Circuits that are not closed",
                "none",
                [
                    now("ledgermesh_provider_circuits", "provider, scope, state", where='state!="closed"'),
                    rate(
                        "ledgermesh_provider_breaker_openings_total",
                        "provider, scope",
                        "{{provider}} {{scope}} openings per second",
                    ),
                ],
            ),
            Panel(
                "In flight",
                "none",
                [
                    now("ledgermesh_provider_requests_in_flight", "provider"),
                    now("ledgermesh_flights", "", "flights that others may join"),
                ],
            ),
            Panel(
                "Not as the definition says",
                "ops",
                [rate("ledgermesh_provider_drift_total", "provider, kind")],
            ),
        ),
    ),
    (
        "Writes and webhooks",
        (
            Panel(
                "Jobs",
                "none",
                [
                    now("ledgermesh_jobs_waiting", legend="waiting", how="max"),
                    now("ledgermesh_jobs_running", legend="running"),
                    rate("ledgermesh_jobs_taken_total", legend="taken per second"),
                    rate("ledgermesh_jobs_interrupted_total", legend="interrupted per second"),
                ],
            ),
            Panel("Changes by outcome", "ops", [rate("ledgermesh_job_parts_total", "provider, outcome")]),
            Panel("Webhook deliveries", "ops", [rate("ledgermesh_webhook_deliveries_total", "outcome")]),
        ),
    ),
    (
        "The process",
        (
            Panel("HTTP", "reqps", [rate("ledgermesh_http_requests_total", "route, status")]),
            Panel("HTTP time, 95 %", "s", [share(0.95, "ledgermesh_http_request_duration_seconds", "route")]),
            Panel(
                "Event loop lag, 99 %", "s", [share(0.99, "ledgermesh_event_loop_lag_seconds", "instance")]
            ),
            Panel(
                "Shared state",
                "s",
                [
                    share(0.95, "ledgermesh_state_request_duration_seconds", "operation"),
                    rate("ledgermesh_state_errors_total", "operation", "{{operation}} errors per second"),
                ],
            ),
            Panel(
                "Replicas, and how old their registry is",
                "none",
                [
                    now("ledgermesh_replicas", legend="replicas", how="max"),
                    now("ledgermesh_registry_age_seconds", "instance", "{{instance}} seconds", how="max"),
                ],
            ),
            Panel("CPU", "percentunit", [rate("process_cpu_seconds_total", "instance")]),
            Panel(
                "Memory",
                "bytes",
                [
                    now("process_resident_memory_bytes", "instance"),
                    now("ledgermesh_cache_bytes", "instance", "{{instance}} cache"),
                    now("ledgermesh_kept_answer_bytes", "instance", "{{instance}} answers"),
                ],
            ),
            Panel("File descriptors", "none", [now("process_open_fds", "instance")]),
            Panel(
                "Compiled answers compared",
                "ops",
                [rate("ledgermesh_shadow_comparisons_total", "result")],
                about="Only with server.compile_shadow. One that is different is a mistake of ours: report it.",
            ),
        ),
    ),
)
