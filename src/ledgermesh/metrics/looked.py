"""Figures that others keep already, looked up when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ledgermesh.graph.compiled import CompiledQueries
from ledgermesh.graph.kept.answers import KeptAnswers
from ledgermesh.metrics.figures import Figure, Labels, Looked, alone, least
from ledgermesh.state.registry import Registry
from ledgermesh.telemetry import Drift
from ledgermesh.upstream.stack import Stack

STATES: Final = ("closed", "half_open", "open")


def of_stack(stack: Stack) -> Sequence[Figure]:
    """How the way to the providers stands."""

    def circuits() -> dict[Labels, float]:
        counts = stack.circuits()
        # All states of a pair that is there, so that an alert on `open` does not end with a series that vanished.
        pairs = {(provider, scope) for provider, scope, _ in counts}
        return {
            (*pair, state): float(sum(n for key, n in counts.items() if key == (*pair, state)))
            for pair in pairs
            for state in STATES
        }

    return (
        Looked(
            "ledgermesh_provider_circuits",
            "Circuits of the breaker that were used lately, by state; open ones leave the provider alone.",
            circuits, ("provider", "scope", "state"),
        ),
        Looked(
            "ledgermesh_provider_budget_left_min",
            "Calls left of the scarcest budget of any connection in use here; 0: somebody has to wait. "
            "Which connection it is stands in the schema, for those who may see it.",
            lambda: least(stack.left()), ("provider",),
        ),
        Looked("ledgermesh_cache_bytes", "Kept of providers' answers.", alone(lambda: stack.bytes_kept)),
        Looked(
            "ledgermesh_flights", "Calls in the air that others may join.", alone(lambda: stack.in_the_air)
        ),
    )  # fmt: skip


def of_queries(queries: CompiledQueries) -> Sequence[Figure]:
    """How queries were run."""
    shadow = queries.shadow
    return (
        Looked(
            "ledgermesh_query_runs_total",
            "Queries, by the way they were run (compiled, interpreted, replayed) and why it was not the compiled one.",
            lambda: {(way, reason or "none"): n for (way, reason), n in queries.counts.items()},
            ("way", "reason"),
        ),
        Looked(
            "ledgermesh_shadow_comparisons_total",
            "Compiled answers that were made again by graphql-core and compared.",
            lambda: {("same",): shadow.same, ("different",): shadow.different}, ("result",),
        ),
    )  # fmt: skip


def of_kept(kept: KeptAnswers) -> Sequence[Figure]:
    """Answers that were made before, or for several at once."""
    return (
        Looked(
            "ledgermesh_shareable_answers_total",
            "Answers that may be kept and shared, by how they came: kept, joined with an equal question, or made.",
            lambda: {(came,): n for came, n in kept.counts.items()}, ("came",),
        ),
        Looked("ledgermesh_kept_answer_bytes", "Kept of whole answers.", alone(lambda: kept.memory.size)),
    )  # fmt: skip


def of_state(registry: Registry, replicas: Callable[[], int]) -> Sequence[Figure]:
    """What replicas share, as this one knows it."""
    return (
        Looked("ledgermesh_replicas", "Processes that share the state, as last known.", alone(replicas)),
        Looked(
            "ledgermesh_registry_age_seconds",
            "Since keys and connections were last known to be as the store has them; past the lease nobody is let in.",
            alone(lambda: registry.age_seconds),
        ),
    )


def of_drift(drift: Drift) -> Sequence[Figure]:
    """What providers do that their definitions do not say."""

    def kinds() -> dict[Labels, float]:
        found: dict[Labels, float] = {}
        for each in drift.seen():
            key = (each.provider, each.kind)
            found[key] = found.get(key, 0.0) + each.times
        return found

    return (
        Looked(
            "ledgermesh_provider_drift_total",
            "Records and answers that are not as the provider's definition says.",
            kinds, ("provider", "kind"),
        ),
    )  # fmt: skip
