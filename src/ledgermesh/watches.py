"""Who watches a gateway: its figures, its traces, both or nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from msgspec import Struct
from starlette.applications import Starlette
from starlette.routing import Route

from ledgermesh.background import Work
from ledgermesh.clock import Clock
from ledgermesh.edge.figures import Readers, figures
from ledgermesh.edge.watching import RequestWatch, Watching
from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.question import Answers
from ledgermesh.graph.schema import Gateway, Schema
from ledgermesh.graph.watched import OperationWatch, Watched
from ledgermesh.metrics.board import Fellows
from ledgermesh.metrics.looked import of_drift, of_kept, of_queries, of_stack, of_state
from ledgermesh.metrics.page import Metrics
from ledgermesh.metrics.work import WorkFigures
from ledgermesh.state.replicas import Replicas
from ledgermesh.state.shared import State
from ledgermesh.telemetry import Drift
from ledgermesh.tracing.options import Options, Tracing
from ledgermesh.upstream.stack import Stack
from ledgermesh.upstream.watch import Watch
from ledgermesh.upstream.wire import Wire

OTEL: Final = "ledgermesh.tracing.otel"


class Watches(Struct, frozen=True, kw_only=True):
    """Nobody by default: what is not watched costs nothing."""

    metrics: Metrics | None = None
    readers: Readers | None = None
    """Who may read the figures."""
    tracing: Tracing | None = None

    @property
    def calls(self) -> Sequence[Watch]:
        """Who sees calls to providers."""
        counted = (self.metrics.calls,) if self.metrics is not None else ()
        return (*counted, self.tracing.calls) if self.tracing is not None else counted

    @property
    def operations(self) -> Sequence[OperationWatch]:
        """Who sees operations."""
        counted = (self.metrics.operations,) if self.metrics is not None else ()
        return (*counted, self.tracing.operations) if self.tracing is not None else counted

    @property
    def requests(self) -> Sequence[RequestWatch]:
        """Who sees requests. Traces come first: their span is there for whatever the others do."""
        counted = (self.metrics.requests,) if self.metrics is not None else ()
        return (self.tracing.requests, *counted) if self.tracing is not None else counted

    @property
    def beside(self) -> WorkFigures | None:
        """Who sees what goes on beside the requests."""
        return self.metrics.work if self.metrics is not None else None

    def answers(self, gateway: Gateway, schema: Schema, clock: Clock) -> Answers:
        """The gateway, as it is watched."""
        operations = self.operations
        return Watched(gateway, schema.known.find, clock, operations) if operations else gateway

    def gateway(self, stack: Stack, gateway: Gateway, drift: Drift) -> None:
        """Show what these know."""
        if self.metrics is not None:
            self.metrics.add(
                *of_stack(stack), *of_queries(gateway.queries), *of_kept(gateway.kept), *of_drift(drift)
            )

    def work(self, state: State, replicas: Replicas, clock: Clock) -> Mapping[str, Work]:
        """What has to go on beside the requests so that some of it is known."""
        if self.metrics is None:
            return {}
        self.metrics.add(*of_state(state.registry, lambda: replicas.count))
        sharing = {"share figures": partial(self.metrics.publish, clock)} if self.metrics.shared else {}
        return {
            **sharing,
            "watch the event loop": partial(self.metrics.work.watch_loop, clock),
            "watch the queue": partial(self.metrics.work.watch_queue, state.queue, clock),
        }

    def wire(self, wire: Wire) -> Wire:
        """The wire to providers, which may tell them the trace."""
        return wire if self.tracing is None else self.tracing.wire(wire)

    def pages(self) -> Sequence[Route]:
        """The page of figures."""
        if self.metrics is None or self.readers is None:
            return ()
        return (Route("/metrics", figures(self.metrics.render, self.readers)),)

    def around(self, app: Starlette, clock: Clock) -> None:
        """See every request, from before anything else does."""
        if requests := self.requests:
            app.add_middleware(Watching, clock=clock, watches=requests)

    async def close(self) -> None:
        """Send the last traces."""
        if self.tracing is not None:
            await self.tracing.close()


def make_watches(
    readers: Readers | None, tracing: Options | None, clock: Clock, fellows: Fellows | None = None
) -> Watches:
    """Figures where anybody may read them, traces where anybody wants them.

    `fellows` are the other workers of this gateway. Raises ConfigurationError where the extra that makes traces is
    missing.
    """
    return Watches(
        metrics=Metrics(fellows) if readers is not None else None,
        readers=readers,
        tracing=make_tracing(tracing, clock) if tracing is not None else None,
    )


def make_tracing(options: Options, clock: Clock) -> Tracing:
    """OpenTelemetry's packages are an extra and take a while to load: they are, when somebody wants them."""
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        raise ConfigurationError("telemetry.otlp_endpoint needs the extra `otel`: install ledgermesh[otel]")
    made: Tracing = import_module(OTEL).make(options, clock)
    return made
