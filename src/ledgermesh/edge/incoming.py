"""From an HTTP request to the parts of a question; every mistake is a typed error before anything is executed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.requests import Request

from ledgermesh.errors import BadInput
from ledgermesh.nesting import too_deep
from ledgermesh.upstream.call import Fresh

SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class TooLarge(BadInput):
    """The body is over the byte limit."""

    code = "BODY_TOO_LARGE"
    remedy = "Send a smaller request."
    status = 413


class UnsupportedMedia(BadInput):
    """The body is not JSON in UTF-8, or is compressed in a way that we do not read."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    remedy = "Send Content-Type: application/json in UTF-8."
    status = 415


class NotAcceptable(BadInput):
    """The caller takes no media type that we speak."""

    code = "NOT_ACCEPTABLE"
    remedy = "Accept application/graphql-response+json or application/json."
    status = 406


class Limits(Struct, frozen=True):
    """What one HTTP request may ask of us."""

    body_bytes_max: int = 1_000_000
    timeout_seconds: float = 20.0
    """When the caller says nothing."""
    timeout_seconds_max: float = 120.0
    upload_bytes_max: int = 12_000_000
    """Of a whole multipart body, its files included."""
    upload_files_max: int = 10
    batch_max: int = 10
    """Operations in one request."""
    gzip: bool = True
    """Whether answers are compressed for callers who take them so."""
    newer_statuses: bool = False
    """Whether application/graphql-response+json tells by its status more than good and bad: 422 for a document or
    variables that are not valid, 294 for an answer with errors beside its data."""


class Params(msgspec.Struct, frozen=True):
    """The GraphQL parameters of one operation. One of `query`, `document_id` and `sha256` is there."""

    query: str | None
    operation: str | None
    variables: Mapping[str, Any]
    document_id: str | None = None
    sha256: str | None = None
    """Of an automatically persisted query: 64 hexadecimal digits in lower case."""


def query_params(request: Request, limits: Limits) -> Params:
    """The parameters of a GET."""
    if len(request.scope["query_string"]) > limits.body_bytes_max:
        raise TooLarge(f"the address is over {limits.body_bytes_max} bytes")
    given = request.query_params
    found: dict[str, Any] = {
        name: given[name] for name in ("query", "operationName", "documentId") if name in given
    }
    for name in ("variables", "extensions"):
        if text := given.get(name):
            found[name] = decoded(text.encode(errors="surrogatepass"), f"`{name}`")
    return params(found)


# An amount in the variables stays what the caller wrote; as a float it would be rounded before anyone looks.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def decoded(body: bytes, what: str = "the request") -> Any:
    """The value of a JSON text in UTF-8; raises BadInput."""
    if too_deep(body):
        raise BadInput(f"{what} is nested too deeply")
    try:
        return _DECODER.decode(body)
    except RecursionError as error:
        raise BadInput(f"{what} is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{what} is not JSON: {error}") from error


TEXTS: Final = frozenset(("query", "operationName", "documentId"))
OBJECTS: Final = frozenset(("variables", "extensions"))


def params(found: Any) -> Params:
    """The parameters of one operation; raises BadInput."""
    if not isinstance(found, dict):
        raise BadInput("the request is not a JSON object")
    for name, given in found.items():
        if given is None:
            continue
        if name in TEXTS and not isinstance(given, str):
            raise BadInput(f"`{name}` is not text", details={"field": name})
        if name in OBJECTS and not isinstance(given, dict):
            raise BadInput(f"`{name}` is not an object", details={"field": name})
    query, id = _said(found.get("query")), _said(found.get("documentId"))
    sha256 = _sha256((found.get("extensions") or {}).get("persistedQuery"))
    if query is None and id is None and sha256 is None:
        raise BadInput("`query` is missing", details={"field": "query"})
    if id is not None and (query is not None or sha256 is not None):
        raise BadInput("`documentId` stands for the document: give no other", details={"field": "documentId"})
    return Params(query, found.get("operationName"), found.get("variables") or {}, id, sha256)


def _said(text: str | None) -> str | None:
    """Text that is not blank."""
    return text if text and not text.isspace() else None


def _sha256(found: Any) -> str | None:
    """The hash in `extensions.persistedQuery`, as Apollo's clients send it."""
    if found is None:
        return None
    given = found.get("sha256Hash") if isinstance(found, dict) else None
    if not isinstance(given, str) or not SHA256.fullmatch(given) or found.get("version") != 1:
        raise BadInput(
            "`extensions.persistedQuery` is not {version: 1, sha256Hash: <64 hexadecimal digits>}",
            details={"field": "extensions"},
        )
    return given.casefold()


# -- headers -----------------------------------------------------------------------------------------------------


def account_key(request: Request) -> str | None:
    """The company by header or by query parameter; raises BadInput when the two differ."""
    header = request.headers.get("x-account-key")
    parameter = request.query_params.get("X_ACCOUNT_KEY") if request.scope["query_string"] else None
    if header and parameter and header != parameter:
        raise BadInput("X-Account-Key and X_ACCOUNT_KEY name different companies")
    return header or parameter or None


def timeout(request: Request, limits: Limits) -> float:
    """The caller's deadline in seconds, within the operator's."""
    return seconds(request.headers.get("x-request-timeout"), limits)


def seconds(text: str | None, limits: Limits) -> float:
    """A deadline as the caller wrote it, within the operator's; raises BadInput."""
    if text is None:
        return limits.timeout_seconds
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text.strip()) or not (asked := float(text)):
        raise BadInput(
            "X-Request-Timeout is a number of seconds above 0", details={"field": "X-Request-Timeout"}
        )
    return min(asked, limits.timeout_seconds_max)


LIVE: Final = Fresh()


def fresh(request: Request) -> Fresh:
    """How old answers may be, by Cache-Control.

    Anything but `max-age`, `stale-if-error`, `no-cache` and `no-store` is ignored; the last two rule out the others.
    """
    given = request.headers.get("cache-control")
    if given is None:
        return LIVE
    return _known_fresh(given) if len(given) <= FRESH_CHARACTERS_MAX else _fresh(given)


def _fresh(given: str) -> Fresh:
    ages, no_cache = {"max-age": 0.0, "stale-if-error": 0.0}, False
    for word in given.split(","):
        name, _, value = word.strip().casefold().partition("=")
        if name in ("no-cache", "no-store"):
            no_cache = True
        elif name in ages and value.isdecimal() and len(value) < 10:
            ages[name] = float(value)
    if no_cache:
        return Fresh(no_cache=True)
    return Fresh(max_age_seconds=ages["max-age"], stale_seconds=ages["stale-if-error"])


FRESH_CHARACTERS_MAX: Final = 64
"""Of a Cache-Control that is remembered; callers say the same few things."""
_known_fresh = lru_cache(maxsize=500)(_fresh)


TRACE_CHARACTERS_MAX = 128


def tracking_id(request: Request) -> str | None:
    """The caller's X-Tracking-ID, which every answer and every error echoes; None where it may not be echoed."""
    given = request.headers.get("x-tracking-id")
    return given if given is not None and fit(given) else None


def check_tracking_id(request: Request) -> None:
    """Raises BadInput for an X-Tracking-ID that cannot be echoed."""
    given = request.headers.get("x-tracking-id")
    if given is not None and not fit(given):
        raise BadInput(
            "X-Tracking-ID is 1 to 128 visible ASCII characters", details={"field": "X-Tracking-ID"}
        )


def fit(text: str) -> bool:
    """Whether text may be echoed in a header: 1 to 128 visible ASCII characters."""
    return 0 < len(text) <= TRACE_CHARACTERS_MAX and text.isascii() and text.isprintable() and " " not in text


# -- which media type goes out -------------------------------------------------------------------------------------

ACCEPT_MAX = 4_000
"""Characters of an Accept header; browsers send some 150."""


def accept(request: Request) -> str | None:
    """The Accept header; raises NotAcceptable for one that takes long to read."""
    found = request.headers.get("accept")
    if found is not None and len(found) > ACCEPT_MAX:
        raise NotAcceptable(f"Accept is over {ACCEPT_MAX} characters")
    return found


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
