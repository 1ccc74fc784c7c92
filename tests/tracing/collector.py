"""Where spans go in tests: into memory, or over HTTP to a small collector that reads what came."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledgermesh.clock import ManualClock
from ledgermesh.tracing.options import Options
from ledgermesh.tracing.otel import OtelTracing
from tests.harness import NOW


class Memory(OtelTracing):
    """Tracing whose spans a test looks at."""

    def __init__(self, **options: Any) -> None:
        self.exporter = InMemorySpanExporter()
        given = Options(endpoint="http://nowhere.test/v1/traces", **options)
        super().__init__(given, ManualClock(NOW), SimpleSpanProcessor(self.exporter))

    @property
    def spans(self) -> list[ReadableSpan]:
        """Those that are over, in the order in which they were."""
        return list(self.exporter.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name == name]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """What a span says."""
    return dict(span.attributes or {})


def parent(span: ReadableSpan) -> int | None:
    """The id of the span above it."""
    return span.parent.span_id if span.parent is not None else None


def own(span: ReadableSpan) -> int:
    """Its id."""
    assert span.context is not None
    found: int = span.context.span_id
    return found


@dataclass
class Collector:
    """A collector as OTLP over HTTP has it."""

    url: str
    status: int = 200
    got: list[ExportTraceServiceRequest] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        self.got.append(ExportTraceServiceRequest.FromString(await request.body()))
        return Response(status_code=self.status, media_type="application/x-protobuf")

    def names(self) -> list[str]:
        """Of all spans that came."""
        return sorted(
            span.name
            for each in self.got
            for resource in each.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        )


@contextmanager
def collector(status: int = 200) -> Iterator[Collector]:
    """One that listens on this machine, in a thread of its own, as another process would."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        made = Collector(f"http://127.0.0.1:{listening.getsockname()[1]}", status)
        app = Starlette(routes=[Route("/v1/traces", made.take, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield made
        finally:
            server.should_exit = True
            thread.join()
