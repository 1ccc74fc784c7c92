"""What every HTTP answer and socket carries and leaves behind: safe headers, a request id, one line in the log."""

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
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
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

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a socket on; log it when it is closed, with the code that says why."""
        id, began = request_id(Headers(scope=scope)), time.perf_counter()
        status, code = 500, None
        scope.setdefault("state", {})["request_id"] = id

        async def sending(message: Message) -> None:
            nonlocal status, code
            match message["type"]:
                case "websocket.accept":
                    status = 101
                    message["headers"] = [*message.get("headers", ()), (b"x-request-id", id.encode())]
                case "websocket.http.response.start":
                    status = message["status"]
                    headers = MutableHeaders(scope=message)
                    for name, value in {"x-request-id": id, **_extra(scope["path"])}.items():
                        headers.setdefault(name, value)
                case "websocket.close":
                    status, code = (403, None) if status == 500 else (status, int(message.get("code", 1000)))
            await send(message)

        async def receiving() -> Message:
            nonlocal code
            message = await receive()
            if message["type"] == "websocket.disconnect" and code is None:
                code = message.get("code", 1005)
            return message

        try:
            await self._app(scope, receiving, sending)
        finally:
            _log(scope, status, id, time.perf_counter() - began, code)


def request_id(headers: Headers) -> str:
    """The caller's X-Request-Id, or one of ours where it is missing or unfit to be echoed."""
    given = headers.get("x-request-id", "")
    return given if fit(given) else str(uuid.uuid4())


def _log(scope: Scope, status: int, id: str, seconds: float, code: int | None = None) -> None:
    """One line a request: no query string, no headers, no body. `code` says how a socket was closed."""
    logger = structlog.get_logger("ledgermesh.edge")
    (logger.debug if scope["path"] in PROBES else logger.info)(
        "request",
        method=scope.get("method", "GET"),
        path=_shown(scope["path"]),
        status=status,
        client=client[0] if (client := scope.get("client")) is not None else None,
        ms=round(seconds * 1000, 1),
        request_id=id,
        **({} if code is None else {"close": code}),
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
