"""What the settings say of figures and traces, beside what OpenTelemetry's own environment variables say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote

from ledgermesh.edge.figures import Readers
from ledgermesh.errors import ConfigurationError
from ledgermesh.settings.named import metrics_token
from ledgermesh.settings.values import Settings, Telemetry
from ledgermesh.state.base import Secret
from ledgermesh.tracing.options import Options

TRACES_PATH: Final = "/v1/traces"
TOKEN_MIN: Final = 16
RATIO_SAMPLERS: Final = ("traceidratio", "parentbased_traceidratio")
FIXED_SAMPLERS: Final = {
    "always_off": 0.0, "parentbased_always_off": 0.0, "always_on": 1.0, "parentbased_always_on": 1.0,
}  # fmt: skip


def unreadable(settings: Settings) -> Iterator[str]:
    """What of it cannot be used."""
    given = settings.telemetry
    named = given.metrics_token is not None or given.metrics_token_from_file is not None
    token = metrics_token(given)
    if given.metrics_token is not None and given.metrics_token_from_file is not None:
        yield "telemetry.metrics_token: give it or metrics_token_from_file, not both"
    elif named and token is None:
        yield "telemetry.metrics_token: is empty, or its file is empty or cannot be read"
    elif token is not None and len(token) < TOKEN_MIN:
        yield f"telemetry.metrics_token: is at least {TOKEN_MIN} characters"
    elif given.metrics == "token" and not named:
        yield "telemetry.metrics: there is no token; give one in LEDGERMESH_TELEMETRY__METRICS_TOKEN"


def to_readers(given: Telemetry) -> Readers | None:
    """Who may read the figures; None where nobody may."""
    if given.metrics == "off":
        return None
    token = metrics_token(given)
    return Readers(
        loopback=given.metrics == "loopback",
        everybody=given.metrics == "open",
        token=Secret(token) if token is not None else None,
    )


def to_tracing(given: Telemetry, environ: Mapping[str, str]) -> Options | None:
    """How to trace; None where nobody wants to. Raises ConfigurationError for what OTEL_… says wrongly.

    The names are OpenTelemetry's: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    """
    endpoint = _endpoint(given, environ)
    off = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if endpoint is None or off or environ.get("OTEL_TRACES_EXPORTER", "").strip() == "none":
        return None
    headers = environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or environ.get(
        "OTEL_EXPORTER_OTLP_HEADERS", ""
    )
    return Options(
        endpoint=endpoint,
        service_name=given.service_name or environ.get("OTEL_SERVICE_NAME") or "ledgermesh",
        sample_ratio=given.sample_ratio if given.sample_ratio is not None else _ratio(environ),
        headers={name: Secret(value) for name, value in _pairs(headers)},
        propagate=given.propagate,
    )


def _endpoint(given: Telemetry, environ: Mapping[str, str]) -> str | None:
    """The one for traces is used as it stands, the general one is a base."""
    base = given.otlp_endpoint or environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    whole = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") if given.otlp_endpoint is None else None
    found = whole or (f"{base.rstrip('/').removesuffix(TRACES_PATH)}{TRACES_PATH}" if base else None)
    if found is not None and not re.match(r"https?://[^\s?#]+$", found):
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT: is no address that begins with http:// or https://"
        )
    return found


def _ratio(environ: Mapping[str, str]) -> float:
    sampler = environ.get("OTEL_TRACES_SAMPLER", RATIO_SAMPLERS[1]).strip()
    if sampler in FIXED_SAMPLERS:
        return FIXED_SAMPLERS[sampler]
    if sampler not in RATIO_SAMPLERS:
        raise ConfigurationError(
            f"OTEL_TRACES_SAMPLER: is none of {', '.join((*FIXED_SAMPLERS, *RATIO_SAMPLERS))}"
        )
    try:
        ratio = float(environ.get("OTEL_TRACES_SAMPLER_ARG") or 1.0)
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise ConfigurationError("OTEL_TRACES_SAMPLER_ARG: is no number from 0 to 1")
    return ratio


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """`name=value,name=value`, percent-encoded."""
    for pair in text.split(","):
        name, equals, value = pair.partition("=")
        if equals and name.strip():
            yield name.strip().lower(), unquote(value.strip())
