"""Which pages of other origins may read our answers: the operator's own, and those that browser tokens are for."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledgermesh.edge.fields import first
from ledgermesh.edge.trail import PRIVATE
from ledgermesh.edge.view import refused
from ledgermesh.errors import Forbidden
from ledgermesh.state.entries import TenantEntry
from ledgermesh.state.minting import BROWSER_PREFIX
from ledgermesh.state.registry import Registry

PATH: Final = "/graphql"
MAX_AGE_SECONDS: Final = 600
"""How long a browser may go by a preflight's answer."""

ASKED: Final = (
    "Apollo-Require-Preflight, ApolloGraphQL-Client-Name, ApolloGraphQL-Client-Version, Authorization, Cache-Control, "
    "Content-Encoding, Content-Type, GraphQL-Require-Preflight, Idempotency-Key, Traceparent, Tracestate, "
    "X-Account-Key, X-Apollo-Operation-Name, X-Provider-Token, X-Request-Id, X-Request-Timeout, X-Sync-Data, "
    "X-Sync-Sources, X-Tracking-ID"
)
"""Headers that a page may send."""

SHOWN: Final = (
    "Age, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
    "X-Request-Id, X-Sync-ID, X-Tracking-ID"
)
"""Headers of an answer that a page may read."""


USUAL: Final = (b"vary", f"{PRIVATE['vary']}, Origin".encode())
"""Of an answer to whoever is no page, and that says nothing of its own."""


class CrossOrigin:
    """ASGI middleware around everything; it has to do with `/graphql` alone.

    No cookie means anything here, so pages are never told to send theirs (`Access-Control-Allow-Credentials`), and no
    answer is for every origin (`*`).
    """

    def __init__(self, app: ASGIApp, *, registry: Registry, origins: frozenset[str] = frozenset()) -> None:
        """`origins` (`https://app.example`) may use any key; those that tenants allow may use browser tokens."""
        self._app = app
        self._registry = registry
        self._origins = origins

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer a preflight; say beside any other answer who may read it."""
        if scope["type"] != "http" or scope["path"] != PATH:
            return self._app(scope, receive, send)
        origin = first(scope["headers"], b"origin")
        if scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            return self._preflight(origin)(scope, receive, send)
        reader = None if origin is None else self._reader(origin, scope)

        def sending(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                _say(message, reader)
            return send(message)

        return self._app(scope, receive, sending)

    def _preflight(self, origin: str | None) -> Response:
        """Whether a page may ask at all. No key comes with this question, so tenants' origins are let in together:
        which of them a browser token is for is looked at when it comes.
        """
        if origin is None or not (origin in self._origins or of_tenants(self._registry, origin)):
            response = refused(Forbidden("pages of this origin may not ask"))
        else:
            response = Response(status_code=204)
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = ASKED
            response.headers["Access-Control-Max-Age"] = str(MAX_AGE_SECONDS)
        response.headers["Vary"] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        return response

    def _reader(self, origin: str, scope: Scope) -> str | None:
        """The origin whose pages may read the answer. A refused token's answer too: it holds nothing but why."""
        if origin in self._origins:
            return origin
        _, _, key = (first(scope["headers"], b"authorization") or "").strip().partition(" ")
        browser = key.strip().startswith(BROWSER_PREFIX)
        return origin if browser and of_tenants(self._registry, origin) else None


def of_tenants(registry: Registry, origin: str) -> bool:
    """Whether a tenant allows pages of this origin."""
    return any(origin in tenant.allowed_urls for tenant in registry.all(TenantEntry))


def _say(message: Message, reader: str | None) -> None:
    raw = list(message.get("headers", ()))
    if reader is None and first(raw, b"vary") is None:  # which is nearly always
        message["headers"] = [*raw, USUAL]
        return
    message["headers"] = raw
    headers = MutableHeaders(raw=raw)
    headers.setdefault("vary", PRIVATE["vary"])
    headers.add_vary_header("Origin")
    if reader is not None:
        headers["Access-Control-Allow-Origin"] = reader
        headers["Access-Control-Expose-Headers"] = SHOWN
