"""From an HTTP request to the parts of a question; every mistake is a typed error before anything is executed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request

from ledgermesh.errors import BadInput
from ledgermesh.upstream.call import Fresh


class TooLarge(BadInput):
    """The body is over the byte limit."""

    code = "BODY_TOO_LARGE"
    remedy = "Send a smaller request."
    status = 413


class UnsupportedMedia(BadInput):
    """The body is not JSON in UTF-8."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    remedy = "Send Content-Type: application/json in UTF-8."
    status = 415


class NotAcceptable(BadInput):
    """The caller takes no media type that we speak."""

    code = "NOT_ACCEPTABLE"
    remedy = "Accept application/graphql-response+json or application/json."
    status = 406


@dataclass(frozen=True, slots=True)
class Limits:
    """What one HTTP request may ask of us."""

    body_bytes_max: int = 1_000_000
    timeout_seconds: float = 20.0
    """When the caller says nothing."""
    timeout_seconds_max: float = 120.0


@dataclass(frozen=True, slots=True)
class Params:
    """The GraphQL parameters of a request."""

    query: str
    operation: str | None
    variables: Mapping[str, Any]


async def body_params(request: Request, limits: Limits) -> Params:
    """The parameters of a POST."""
    _check_media(request.headers.get("content-type", ""))
    return _params(_decoded(await _body(request, limits.body_bytes_max)))


def query_params(request: Request) -> Params:
    """The parameters of a GET."""
    found: dict[str, Any] = {"query": request.query_params.get("query")}
    if (operation := request.query_params.get("operationName")) is not None:
        found["operationName"] = operation
    for name in ("variables", "extensions"):
        if text := request.query_params.get(name):
            found[name] = _decoded(text.encode(errors="surrogatepass"), f"`{name}`")
    return _params(found)


def _check_media(content_type: str) -> None:
    media, *parameters = (part.strip().casefold() for part in content_type.split(";"))
    if media != "application/json":
        raise UnsupportedMedia(f"the body is {media or 'of no declared type'}, not application/json")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            raise UnsupportedMedia("the body is not in UTF-8")


async def _body(request: Request, bytes_max: int) -> bytes:
    """The body, refused as soon as it is known to be too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise TooLarge(f"the body is over {bytes_max} bytes")
    return bytes(body)


# An amount in the variables stays what the caller wrote; as a float it would be rounded before anyone looks.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def _decoded(body: bytes, what: str = "the request") -> Any:
    try:
        return _DECODER.decode(body)
    except RecursionError as error:
        raise BadInput(f"{what} is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{what} is not JSON: {error}") from error


def _params(found: Any) -> Params:
    if isinstance(found, list):
        raise BadInput("batches are not supported: send one operation for each request")
    if not isinstance(found, dict):
        raise BadInput("the request is not a JSON object")
    query, operation = found.get("query"), found.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadInput("`query` is missing or not text", details={"field": "query"})
    if operation is not None and not isinstance(operation, str):
        raise BadInput("`operationName` is not text", details={"field": "operationName"})
    for name in ("variables", "extensions"):
        if found.get(name) is not None and not isinstance(found[name], dict):
            raise BadInput(f"`{name}` is not an object", details={"field": name})
    return Params(query, operation, found.get("variables") or {})


# -- headers -----------------------------------------------------------------------------------------------------


def account_key(request: Request) -> str | None:
    """The company by header or by query parameter; raises BadInput when the two differ."""
    header, parameter = request.headers.get("x-account-key"), request.query_params.get("X_ACCOUNT_KEY")
    if header and parameter and header != parameter:
        raise BadInput("X-Account-Key and X_ACCOUNT_KEY name different companies")
    return header or parameter or None


def timeout(request: Request, limits: Limits) -> float:
    """The caller's deadline in seconds, within the operator's."""
    text = request.headers.get("x-request-timeout")
    if text is None:
        return limits.timeout_seconds
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text.strip()) or not (seconds := float(text)):
        raise BadInput(
            "X-Request-Timeout is a number of seconds above 0", details={"field": "X-Request-Timeout"}
        )
    return min(seconds, limits.timeout_seconds_max)


def fresh(request: Request) -> Fresh:
    """How old answers may be, by Cache-Control.

    Anything but `max-age`, `stale-if-error`, `no-cache` and `no-store` is ignored; the last two rule out the others.
    """
    ages, no_cache = {"max-age": 0.0, "stale-if-error": 0.0}, False
    for word in request.headers.get("cache-control", "").split(","):
        name, _, value = word.strip().casefold().partition("=")
        if name in ("no-cache", "no-store"):
            no_cache = True
        elif name in ages and value.isdecimal() and len(value) < 10:
            ages[name] = float(value)
    if no_cache:
        return Fresh(no_cache=True)
    return Fresh(max_age_seconds=ages["max-age"], stale_seconds=ages["stale-if-error"])


TRACE_CHARACTERS_MAX = 128


def tracking_id(request: Request) -> str | None:
    """The caller's X-Tracking-ID, which every answer and every error echoes; None where it may not be echoed."""
    given = request.headers.get("x-tracking-id")
    return given if given is not None and fit(given) else None


def check_tracking_id(request: Request) -> None:
    """Raises BadInput for an X-Tracking-ID that cannot be echoed."""
    if "x-tracking-id" in request.headers and tracking_id(request) is None:
        raise BadInput(
            "X-Tracking-ID is 1 to 128 visible ASCII characters", details={"field": "X-Tracking-ID"}
        )


def fit(text: str) -> bool:
    """Whether text may be echoed in a header: 1 to 128 visible ASCII characters."""
    return 0 < len(text) <= TRACE_CHARACTERS_MAX and all(0x21 <= ord(letter) <= 0x7E for letter in text)


# -- which media type goes out -------------------------------------------------------------------------------------

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"


def accepted(accept: str | None) -> str:
    """The media type of the answer; raises NotAcceptable. Without a header it is application/json."""
    if not accept or not accept.strip():
        return JSON
    weights = {JSON: 0.0, GRAPHQL_JSON: 0.0}
    for media in (JSON, GRAPHQL_JSON):
        weights[media] = _weight(accept, media)
    best = max(weights.values())
    if best <= 0:
        raise NotAcceptable("neither application/graphql-response+json nor application/json is accepted")
    preferred = (GRAPHQL_JSON, JSON) if "graphql-response+json" in accept.casefold() else (JSON, GRAPHQL_JSON)
    return next(media for media in preferred if weights[media] == best)


def _weight(accept: str, media: str) -> float:
    """The weight of a media type: the most specific range that names it decides."""
    kind = media.partition("/")[0]
    found: dict[str, float] = {}
    for part in accept.casefold().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        found[name] = float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 0.0
    for name in (media, f"{kind}/*", "*/*"):
        if name in found:
            return found[name]
    return 0.0
