"""What spans say of requests, operations and calls. Part of `otel`: imported by it alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextvars import Token
from typing import Final

from msgspec.structs import replace
from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import Scope

from ledgermesh.clock import Clock
from ledgermesh.edge.watching import METHODS, OTHER, Exchange, RequestWatch
from ledgermesh.edge.watching import Seen as SeenRequest
from ledgermesh.graph.question import Question
from ledgermesh.graph.watched import Operation, OperationWatch
from ledgermesh.graph.watched import Seen as SeenOperation
from ledgermesh.tracing.documents import Documents
from ledgermesh.upstream.call import Call, Step
from ledgermesh.upstream.watch import End, Watch
from ledgermesh.upstream.wire import Answer, Request, Wire

PROBES: Final = frozenset(("/healthz", "/readyz", "/metrics"))
"""Asked every few seconds; their spans would be all that there is to see."""
NAME_CHARACTERS_MAX: Final = 100
"""Of an operation's name, which is the caller's."""
STEPS_MAX: Final = 20
"""Events of one call: more attempts than the gateway ever makes."""
PROPAGATOR: Final = TraceContextTextMapPropagator()
"""`traceparent` and `tracestate`, https://www.w3.org/TR/trace-context/. No baggage: nobody here would read it."""


class RequestSpans(RequestWatch):
    """A span for each request and socket, below the one its caller names."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def begin(self, scope: Scope, headers: Headers, route: str) -> SeenRequest:
        """See RequestWatch."""
        if route in PROBES:
            return SeenRequest()
        method = scope.get("method", "GET")
        method = method if method in METHODS else OTHER
        told = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        span = self._tracer.start_span(
            f"{method} {route}",
            context=PROPAGATOR.extract(told, context=Context()),
            kind=SpanKind.SERVER,
            attributes={
                "http.request.method": method,
                "http.route": route,
                "url.scheme": scope.get("scheme", "http"),
                "network.protocol.version": scope.get("http_version", ""),
            },
        )
        return _Request(span)


class _Request(SeenRequest):
    def __init__(self, span: Span) -> None:
        self._span = span
        self._token: Token[Context] | None = context.attach(trace.set_span_in_context(span))

    def opened(self, stream: str) -> None:
        self._span.set_attribute("ledgermesh.stream", stream)

    def end(self, exchange: Exchange) -> None:
        span = self._span
        span.set_attribute("http.response.status_code", exchange.status)
        if exchange.request_id:
            span.set_attribute("ledgermesh.request_id", exchange.request_id)
        if exchange.status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        if self._token is not None:
            context.detach(self._token)
            self._token = None


class OperationSpans(OperationWatch):
    """A span for each operation; of a subscription one for its whole life."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._documents = Documents()

    def begin(self, question: Question) -> SeenOperation:
        """See OperationWatch."""
        # What type it is of is known when it was parsed; until then it is called by what it is.
        span = self._tracer.start_span(
            "graphql",
            attributes={
                "ledgermesh.tenant": question.principal.tenant.id,
                "ledgermesh.environment": question.principal.key.environment,
            },
        )
        return _Operation(span, self._documents)


class _Operation(SeenOperation):
    def __init__(self, span: Span, documents: Documents) -> None:
        self._span = span
        self._documents = documents
        self._within = trace.set_span_in_context(span)
        self._token: Token[Context] | None = None

    def enter(self) -> None:
        self._token = context.attach(self._within)

    def leave(self) -> None:
        if self._token is not None:
            context.detach(self._token)
            self._token = None

    def end(self, operation: Operation) -> None:
        span = self._span
        if span.is_recording():
            span.update_name(operation.type)
            span.set_attributes(self._told(operation))
            if operation.outcome != "ok":
                span.set_status(Status(StatusCode.ERROR, ", ".join(operation.codes)))
        span.end()

    def _told(self, operation: Operation) -> Mapping[str, str | int]:
        told: dict[str, str | int] = {
            "graphql.operation.type": operation.type,
            "ledgermesh.outcome": operation.outcome,
            "ledgermesh.provider_requests": operation.calls,
        }
        if operation.name is not None:
            told["graphql.operation.name"] = operation.name[:NAME_CHARACTERS_MAX]
        if operation.way:
            told["ledgermesh.way"] = operation.way
        if operation.document is not None:
            shown, digest = self._documents.shown(operation.question.text, operation.document)
            told |= {"ledgermesh.document.sha256": digest} | ({"graphql.document": shown} if shown else {})
        return told


class CallSpans(Watch):
    """A span for each call to a provider, with an event for each line of its trace."""

    def __init__(self, tracer: Tracer, clock: Clock) -> None:
        self._tracer = tracer
        self._clock = clock

    def begin(self, call: Call) -> End:
        """See Watch."""
        span = self._tracer.start_span(
            f"{call.method} {call.template}",
            kind=SpanKind.CLIENT,
            attributes={
                "ledgermesh.provider": call.link.provider.name,
                "ledgermesh.connection": call.link.connection,
                "http.request.method": call.method,
                # The path as the provider's documents print it: no id, no query string.
                "url.template": call.template,
            },
        )
        token = context.attach(trace.set_span_in_context(span))

        def end(steps: Sequence[Step], error: str | None) -> None:
            if span.is_recording():
                self._tell(span, call, steps, error)
            span.end()
            context.detach(token)

        return end

    def _tell(self, span: Span, call: Call, steps: Sequence[Step], error: str | None) -> None:
        arrived = self._clock.now() - dt.timedelta(seconds=self._clock.monotonic() - call.arrived)
        for step in steps[:STEPS_MAX]:
            at = arrived + dt.timedelta(milliseconds=step.started_ms)
            span.add_event("attempt", _attempt(step), timestamp=_nanoseconds(at))
        if steps:
            span.set_attribute("ledgermesh.cache", steps[-1].cache)
            if (status := steps[-1].status) is not None:
                span.set_attribute("http.response.status_code", status)
        if error is not None:
            span.set_attribute("error.type", error)
            span.set_status(Status(StatusCode.ERROR, error))


def _attempt(step: Step) -> Mapping[str, str | int | float]:
    told: dict[str, str | int | float | None] = {
        "attempt": step.attempt,
        "cache": step.cache,
        "ms": round(step.ms, 3),
        "wait_ms": round(step.wait_ms, 3),
        "status": step.status,
        "error": step.error,
        "upstream_request_id": step.upstream_request_id,
    }
    return {name: value for name, value in told.items() if value is not None}


def _nanoseconds(at: dt.datetime) -> int:
    """Of the epoch; by whole microseconds, which is what `at` has."""
    return (at - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(microseconds=1) * 1_000


class TellingWire:
    """A wire that tells providers which trace a call belongs to. See Wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def send(self, request: Request) -> Answer:
        """See Wire."""
        told: dict[str, str] = {}
        PROPAGATOR.inject(told)
        return await self._wire.send(replace(request, headers=(*request.headers, *told.items())))
