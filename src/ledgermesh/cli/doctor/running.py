"""A gateway that runs: whether it can answer, and where providers differ from their definitions."""

from __future__ import annotations

from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from ledgermesh.cli.doctor.finding import Finding

SECONDS: Final = 5.0
BYTES_MAX: Final = 10_000_000
DRIFT: Final = "ledgermesh_provider_drift"
SHOWN_MAX: Final = 20
START = "start it, or see to the way there; its log says why it cannot answer"


async def gateway(url: str, token: str | None) -> list[Finding]:
    """What a running gateway says of itself."""
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS, trust_env=False) as asking:
        try:
            ready = await _read(asking, "/readyz", {})
            figures = await _read(asking, "/metrics", {"Authorization": f"Bearer {token}"} if token else {})
        except httpx.HTTPError as error:
            return [Finding(area="gateway", message=f"{url}: {type(error).__name__}", remedy=START)]
    return [_ready(url, *ready), *_drift(*figures)]


async def _read(asking: httpx.AsyncClient, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Status and text, as far as it is not too long to be ours."""
    found = bytearray()
    async with asking.stream("GET", path, headers=headers) as response:
        async for chunk in response.aiter_bytes():
            found += chunk
            if len(found) > BYTES_MAX:
                raise httpx.DecodingError("too long")
    return response.status_code, found.decode(errors="replace")


def _ready(url: str, status: int, text: str) -> Finding:
    if status == httpx.codes.OK:
        return Finding(area="gateway", message=f"{url}: ready")
    return Finding(area="gateway", message=f"{url}: not ready (HTTP {status}): {text[:200]}", remedy=START)


def _drift(status: int, text: str) -> list[Finding]:
    if status != httpx.codes.OK:
        remedy = "ask from the gateway's machine, or give telemetry.metrics_token to these settings too"
        return [Finding(area="drift", message=f"/metrics cannot be read: HTTP {status}", remedy=remedy)]
    try:
        families = list(text_string_to_metric_families(text))
    except ValueError:
        return [Finding(area="drift", message="/metrics is not of Prometheus' form", remedy=START)]
    samples = [each for family in families if family.name == DRIFT for each in family.samples]
    counted = sorted((each for each in samples if each.value), key=lambda each: -each.value)
    if not counted:
        return [Finding(area="drift", message="drift: providers answer as their definitions say")]
    remedy = "compare the definition with the provider's documents; what is unknown stands in source.unmapped"
    return [
        Finding(
            area="drift",
            message=f"drift: {' '.join(each.labels.values())}, {each.value:.0f} times",
            remedy=remedy,
        )
        for each in counted[:SHOWN_MAX]
    ]
