"""What every HTTP answer carries and leaves behind: safe headers, a request id, one line in the log."""

from __future__ import annotations

import time
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledgermesh.edge.incoming import fit

SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "content-security-policy": "frame-ancestors 'none'",
}
"""Unless the answer says otherwise; the playground's page has a policy of its own."""

PRIVATE = {"cache-control": "private, no-store", "vary": "Accept, Authorization, X-Account-Key"}
"""Of answers about books."""

PROBES = frozenset(("/healthz", "/readyz"))
"""Asked every few seconds by whoever watches the process; their lines are for debugging only."""

PATH_CHARACTERS_MAX = 200
CONNECT = "/connect/"
LINKS = ("/files/", "/handed/", "/hooks/", CONNECT)
"""Below these the rest of a path is a permission: it opens a file, says that books changed, or links them."""


class Trail:
    """ASGI middleware around everything that is served."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete its answer as it starts, and log it when it is over."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id, began, status = request_id(Headers(scope=scope)), time.perf_counter(), 500
        extra = _extra(scope["path"])

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = id
                for name, value in extra.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            _log(scope, status, id, time.perf_counter() - began)


def request_id(headers: Headers) -> str:
    """The caller's X-Request-Id, or one of ours where it is missing or unfit to be echoed."""
    given = headers.get("x-request-id", "")
    return given if fit(given) else str(uuid.uuid4())


def _log(scope: Scope, status: int, id: str, seconds: float) -> None:
    """One line a request: no query string, no headers, no body."""
    logger = structlog.get_logger("ledgermesh.edge")
    (logger.debug if scope["path"] in PROBES else logger.info)(
        "request",
        method=scope["method"],
        path=_shown(scope["path"]),
        status=status,
        ms=round(seconds * 1000, 1),
        request_id=id,
    )


def _shown(path: str) -> str:
    """A path for the log; what is a permission stays out of it."""
    for prefix in LINKS:
        if path.startswith(prefix):
            return f"{prefix}…"
    return path[:PATH_CHARACTERS_MAX]


def _extra(path: str) -> dict[str, str]:
    """The headers of an answer that says nothing of its own."""
    if path == "/graphql":
        return SECURITY | PRIVATE
    if path.startswith(CONNECT):
        # Their own policy says who may frame them; the older header knows only nobody.
        return {name: value for name, value in SECURITY.items() if name != "x-frame-options"}
    return SECURITY
