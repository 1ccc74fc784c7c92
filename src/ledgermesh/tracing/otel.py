"""OpenTelemetry: spans of requests, operations and calls, sent to a collector from a thread of their own.

The only module that imports it. Nothing here is global: the provider of tracers belongs to one gateway. Names of
attributes: https://opentelemetry.io/docs/specs/semconv/ (http, graphql); those of ours begin with `ledgermesh.`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Final

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from ledgermesh.clock import Clock
from ledgermesh.tracing.options import Options
from ledgermesh.tracing.spans import CallSpans, OperationSpans, RequestSpans, TellingWire
from ledgermesh.upstream.wire import Wire

EXPORT_SECONDS: Final = 5.0
"""For one batch, tries again included; what the collector does not take by then is dropped."""
FLUSH_SECONDS: Final = 5.0
"""How long the end of the process waits for the last batches."""
QUEUE_MAX: Final = 4_096
"""Spans that wait for the thread. What comes while it is full pushes out the oldest; no request waits for it."""


class Told(logging.Handler):
    """OpenTelemetry's own complaints as lines of our log. Their values stay out: they hold the collector's address."""

    def emit(self, record: logging.LogRecord) -> None:
        """Only the fixed words of it. Its loggers leave out what they said a moment ago."""
        structlog.get_logger("ledgermesh.tracing").warning("traces", said=str(record.msg))


class OtelTracing:
    """See Tracing."""

    def __init__(
        self,
        options: Options,
        clock: Clock,
        processor: SpanProcessor,
        *,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        self._flush_seconds = flush_seconds
        self._options = options
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(options.sample_ratio)),
            resource=Resource.create({"service.name": options.service_name}),
            # Its own hook would run after the event loop has ended, and wait for a collector that is gone.
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        tracer = self._provider.get_tracer("ledgermesh")
        self.requests = RequestSpans(tracer)
        self.operations = OperationSpans(tracer)
        self.calls = CallSpans(tracer, clock)
        self._told = Told(logging.WARNING)
        self._logger = logging.getLogger("opentelemetry")
        self._logger.addHandler(self._told)

    def wire(self, wire: Wire) -> Wire:
        """See Tracing."""
        return TellingWire(wire) if self._options.propagate else wire

    async def close(self) -> None:
        """See Tracing."""
        ended, loop = asyncio.Event(), asyncio.get_running_loop()

        def flush() -> None:
            self._provider.shutdown()
            if not loop.is_closed():
                loop.call_soon_threadsafe(ended.set)

        # A thread that nobody waits for at exit: the collector may hang for longer than anybody wants to.
        threading.Thread(target=flush, name="last traces", daemon=True).start()
        try:
            async with asyncio.timeout(self._flush_seconds):
                await ended.wait()
        except TimeoutError:
            structlog.get_logger("ledgermesh.tracing").warning("the last traces were not taken in time")
        finally:
            self._logger.removeHandler(self._told)


def make(options: Options, clock: Clock, *, flush_seconds: float = FLUSH_SECONDS) -> OtelTracing:
    """Tracing to the collector that the options name."""
    exporter = OTLPSpanExporter(
        endpoint=options.endpoint,
        headers={name: secret.reveal() for name, secret in options.headers.items()},
        timeout=EXPORT_SECONDS,
    )
    processor = BatchSpanProcessor(exporter, max_queue_size=QUEUE_MAX)
    return OtelTracing(options, clock, processor, flush_seconds=flush_seconds)
