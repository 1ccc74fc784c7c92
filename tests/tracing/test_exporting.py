"""Spans on their way to a collector that is there, that is not, and that hangs."""

from __future__ import annotations

import asyncio
import socket

import pytest
from structlog.testing import capture_logs

from ledgermesh.clock import SystemClock
from ledgermesh.errors import ConfigurationError
from ledgermesh.settings import Settings
from ledgermesh.settings.telemetry import to_readers, to_tracing
from ledgermesh.state.base import Secret
from ledgermesh.tracing.options import Options
from ledgermesh.tracing.otel import make
from ledgermesh.watches import make_watches
from tests.tracing.collector import collector
from tests.watched import INVOICES, watched


async def test_a_collector_gets_what_is_left_when_the_gateway_ends() -> None:
    """Over real HTTP, with the operator's headers and the service's name; one request, one operation, one call."""
    with collector() as there:
        options = Options(
            endpoint=f"{there.url}/v1/traces",
            service_name="books",
            headers={"x-key": Secret("of the collector")},
        )
        async with watched(readers=None, tracing=make(options, SystemClock())) as house:
            await house.ask(INVOICES, company="maple-bakery", first=5)

    assert [name.partition(" ")[0] for name in there.names()] == ["GET", "POST", "query"]
    assert there.headers[0]["x-key"] == "of the collector"
    told = {each.key: each.value.string_value for each in there.got[0].resource_spans[0].resource.attributes}
    assert told["service.name"] == "books"


async def test_a_collector_that_is_down_is_nobody_s_problem() -> None:
    """Requests are answered as ever, and the end does not wait for it longer than it says."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        options = Options(endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}/v1/traces")
        with capture_logs() as lines:
            async with watched(readers=None, tracing=make(options, SystemClock())) as house:
                answer = await house.ask(INVOICES, company="maple-bakery", first=5)

    assert answer["data"]["company"]["invoices"]["nodes"]
    said = [line for line in lines if line["event"] == "traces"]
    assert said
    assert "127.0.0.1" not in repr(said)


async def test_a_collector_that_hangs_is_not_waited_for() -> None:
    """It takes the connection and never answers: the end of the gateway has a bound of its own."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        options = Options(endpoint=f"http://127.0.0.1:{deaf.getsockname()[1]}/v1/traces")
        tracing = make(options, SystemClock(), flush_seconds=0.2)
        async with watched(readers=None, tracing=tracing) as house:
            await house.ask("{ __typename }")
            async with asyncio.timeout(4):  # less than the collector's own time
                await tracing.close()


def settings(**telemetry: object) -> Settings:
    return Settings(telemetry=telemetry)  # type: ignore[arg-type]  # as the file has it


@pytest.mark.parametrize(
    ("given", "environ", "endpoint"),
    [
        ({}, {}, None),
        ({"otlp_endpoint": "http://c:4318"}, {}, "http://c:4318/v1/traces"),
        ({"otlp_endpoint": "http://c:4318/v1/traces"}, {}, "http://c:4318/v1/traces"),
        ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"}, "http://c:4318/v1/traces"),
        ({}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/here"}, "http://c/here"),
        (
            {"otlp_endpoint": "http://a"},
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://b"},
            "http://a/v1/traces",
        ),
        ({"otlp_endpoint": "http://a"}, {"OTEL_SDK_DISABLED": "true"}, None),
        ({"otlp_endpoint": "http://a"}, {"OTEL_TRACES_EXPORTER": "none"}, None),
    ],
)
def test_where_traces_go(given: dict[str, object], environ: dict[str, str], endpoint: str | None) -> None:
    """The settings first, then OpenTelemetry's own variables; nobody asked for traces, or switched them off: none."""
    found = to_tracing(settings(**given).telemetry, environ)

    assert (found.endpoint if found is not None else None) == endpoint


def test_opentelemetry_s_own_variables_count_where_the_settings_say_nothing() -> None:
    """Name, share and headers; what the settings say wins."""
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SERVICE_NAME": "books",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25",
        "OTEL_EXPORTER_OTLP_HEADERS": "X-Key=a%20b, broken",
    }  # fmt: skip
    found = to_tracing(settings().telemetry, environ)
    other = to_tracing(settings(service_name="ours", sample_ratio=0.5).telemetry, environ)

    assert found is not None and other is not None
    assert (found.service_name, found.sample_ratio) == ("books", 0.25)
    assert found.headers == {"x-key": Secret("a b")}
    assert (other.service_name, other.sample_ratio) == ("ours", 0.5)
    assert "a b" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"), ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("OTEL_TRACES_SAMPLER_ARG", "often"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "hush:4317"),
    ],
)  # fmt: skip
def test_a_variable_that_cannot_be_meant_is_named(name: str, value: str) -> None:
    """The gateway does not start and trace otherwise than it was told; the value is not repeated."""
    with pytest.raises(ConfigurationError) as wrong:
        to_tracing(settings().telemetry, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", name: value})

    assert name.replace("_TRACES_ENDPOINT", "_ENDPOINT") in str(wrong.value)
    assert "hush" not in str(wrong.value)


def test_without_settings_nobody_traces() -> None:
    """Figures for this machine alone, and no traces."""
    watches = make_watches(to_readers(settings().telemetry), None, SystemClock())

    assert (watches.tracing, watches.readers is not None and watches.readers.loopback) == (None, True)
