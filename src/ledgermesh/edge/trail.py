"""What every HTTP answer and socket carries and leaves behind: safe headers, a request id, one line in the log."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledgermesh.edge.fields import Pairs, Raw, first, pairs
from ledgermesh.edge.incoming import fit
from ledgermesh.edge.repeats import LIKE, OK, Line
from ledgermesh.edge.request_ids import new_id
from ledgermesh.telemetry import Lines

SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "content-security-policy": "frame-ancestors 'none'",
}
"""Unless the answer says otherwise; the playground's page has a policy of its own."""

PRIVATE = {
    "cache-control": "private, no-store",
    "vary": "Accept, Accept-Encoding, Authorization, X-Account-Key",
}
"""Of answers about books."""

PROBES = frozenset(("/healthz", "/readyz"))
"""Asked every few seconds by whoever watches the process; their lines are for debugging only."""

PATH_CHARACTERS_MAX = 200
GRAPHQL: Final = "/graphql"
CONNECT = "/connect/"
LINKS = ("/files/", "/handed/", "/hooks/", CONNECT)
"""Below these the rest of a path is a permission: it opens a file, says that books changed, or links them."""


class Trail:
    """ASGI middleware around everything that is served."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lines = Lines("ledgermesh.edge")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete its answer as it starts, and log it when it is over."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id, began, status = _id(first(scope["headers"], b"x-request-id")), time.perf_counter(), 500
        extra, like = _raw_extra(scope["path"]), scope.get(LIKE)
        if like is not None:
            like.line = self._lines_like(scope)

        def sending(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _completed(message.get("headers", ()), id, extra)
            return send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            _log(self._lines, scope, status, id, time.perf_counter() - began)

    def _lines_like(self, scope: Scope) -> Line:
        """Lines of requests like this one, all of which are answered well."""
        return self._lines.like("request", _told(scope, OK))

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
            _log(self._lines, scope, status, id, time.perf_counter() - began, code)


def request_id(headers: Headers) -> str:
    """The caller's X-Request-Id, or one of ours where it is missing or unfit to be echoed."""
    return _id(headers.get("x-request-id"))


def _id(given: str | None) -> str:
    return given if given is not None and fit(given) else new_id()


def _completed(given: Raw, id: str, extra: Pairs) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with its id, and with those of `extra` that it does not have."""
    headers = [*given]
    own = dict(headers)
    if b"x-request-id" in own:
        headers = [pair for pair in headers if pair[0] != b"x-request-id"]
    headers.append((b"x-request-id", id.encode("latin-1")))
    headers += [pair for pair in extra if pair[0] not in own]
    return headers


def _log(lines: Lines, scope: Scope, status: int, id: str, seconds: float, code: int | None = None) -> None:
    """One line a request: no query string, no headers, no body. `code` says how a socket was closed."""
    told = {**_told(scope, status), "ms": round(seconds * 1000, 1), "request_id": id}
    if code is not None:
        told["close"] = code
    if scope["path"] in PROBES:
        lines.logger.debug("request", **told)
    else:
        lines.info("request", told)


def _told(scope: Scope, status: int) -> dict[str, Any]:
    """What is known of a request and its answer apart from the time and the id."""
    return {
        "method": scope.get("method", "GET"),
        "path": _shown(scope["path"]),
        "status": status,
        "client": client[0] if (client := scope.get("client")) is not None else None,
    }


def _shown(path: str) -> str:
    """A path for the log; what is a permission stays out of it."""
    if path.startswith(LINKS):
        return next(f"{prefix}…" for prefix in LINKS if path.startswith(prefix))
    return path[:PATH_CHARACTERS_MAX]


def _extra(path: str) -> dict[str, str]:
    """The headers of an answer that says nothing of its own."""
    if path == GRAPHQL:
        return SECURITY | PRIVATE
    if path.startswith(CONNECT):
        # Their own policy says who may frame them; the older header knows only nobody.
        return {name: value for name, value in SECURITY.items() if name != "x-frame-options"}
    return SECURITY


_OF_GRAPHQL, _OF_FORMS, _OF_OTHERS = (pairs(_extra(path).items()) for path in (GRAPHQL, CONNECT, "/"))


def _raw_extra(path: str) -> Pairs:
    if path == GRAPHQL:
        return _OF_GRAPHQL
    return _OF_FORMS if path.startswith(CONNECT) else _OF_OTHERS
