"""Ask a gateway over HTTP with the caller's own key, so that every limit, tenant and audit of it applies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import httpx
import msgspec

from ledgermesh.errors import TooCostly, Unavailable

ANSWER_BYTES_MAX: Final = 8_000_000
"""Of one answer; what is shown of it is far less."""
VIEWER: Final = "{ viewer { scopes } }"

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class GatewayAway(Unavailable):
    """The gateway that the tools ask cannot be reached, or answers something else than GraphQL."""

    remedy = "Start the gateway, or give its address with --url; the message says what was seen."


class Denied(Exception):
    """What the gateway refused as a whole, in its own words."""

    def __init__(self, error: Mapping[str, Any], status: int = 400) -> None:
        super().__init__(str(error.get("message", "refused")))
        self.status = status
        self.extensions: Mapping[str, Any] = error.get("extensions") or {}


@dataclass(frozen=True, slots=True)
class Asking:
    """The way to one gateway for one caller."""

    client: httpx.AsyncClient
    headers: Mapping[str, str] = field(repr=False)
    """The caller's credentials among them."""

    async def schema(self) -> str:
        """The gateway's schema; raises GatewayAway and Denied."""
        return (await self._read("GET", "/schema.graphql")).decode()

    async def scopes(self) -> frozenset[str]:
        """What the caller's key may do; raises GatewayAway and Denied."""
        answer = await self.ask(VIEWER)
        if "data" not in answer:
            raise Denied(answer["errors"][0])
        return frozenset(answer["data"]["viewer"]["scopes"])

    async def ask(
        self, text: str, variables: Mapping[str, Any] | None = None, operation: str | None = None
    ) -> dict[str, Any]:
        """The response object of one operation; raises GatewayAway, and TooCostly for one that is too long."""
        body = {"query": text, "variables": variables or {}, "operationName": operation}
        found = _decoded(await self._read("POST", "/graphql", _ENCODER.encode(body)))
        if not isinstance(found, dict) or not ("data" in found or found.get("errors")):
            raise GatewayAway("what answers there speaks no GraphQL")
        return found

    async def _read(self, method: str, path: str, content: bytes | None = None) -> bytes:
        headers = {**self.headers, "Content-Type": "application/json", "Accept": "application/json"}
        if content is None:
            headers = {**self.headers, "Accept": "*/*"}
        try:
            async with self.client.stream(method, path, content=content, headers=headers) as response:
                body = await _bounded(response)
        except httpx.HTTPError as error:
            raise GatewayAway(f"the gateway cannot be reached: {type(error).__name__}") from error
        if response.status_code >= 300 and (refusal := _refusal(body)) is not None:
            raise Denied(refusal, response.status_code)
        if response.status_code >= 300:
            raise GatewayAway(f"what answers there speaks no GraphQL: HTTP {response.status_code}")
        return body


async def _bounded(response: httpx.Response) -> bytes:
    found = bytearray()
    async for chunk in response.aiter_bytes():
        found += chunk
        if len(found) > ANSWER_BYTES_MAX:
            raise TooCostly(f"the answer is over {ANSWER_BYTES_MAX:,} bytes")
    return bytes(found)


def _refusal(body: bytes) -> Mapping[str, Any] | None:
    """The first error of a refusal in the gateway's form; None for anything else."""
    try:
        found = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    errors = found.get("errors") if isinstance(found, dict) else None
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else None


def _decoded(body: bytes) -> Any:
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise GatewayAway("what answers there speaks no GraphQL") from error
