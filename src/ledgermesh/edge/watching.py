"""HTTP requests and sockets, seen by those who count and trace them. Watching changes no answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledgermesh.clock import Clock
from ledgermesh.edge.repeats import LIKE
from ledgermesh.edge.stream import EVENTS
from ledgermesh.edge.trail import LINKS

OTHER: Final = "other"
"""Stands for every path and method that is not one of ours: strangers make up as many as they like."""
ROUTES: Final = frozenset(("/", "/graphql", "/schema.graphql", "/healthz", "/readyz", "/metrics", "/mcp"))
_EVENTS: Final = EVENTS.encode()
METHODS: Final = frozenset(("GET", "HEAD", "POST", "OPTIONS", "DELETE", "PUT", "PATCH"))


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a request when it is over."""

    method: str
    route: str
    """Never a path that somebody made up or that is a permission."""
    status: int
    """Of a socket that was opened 101."""
    stream: str
    """sse or websocket; empty for an answer that ends by itself."""
    seconds: float
    request_id: str
    """Of the log line; empty for a socket."""


class Seen:
    """One request, as one watch follows it; does nothing by itself. All in the middle of a request: never raises."""

    def opened(self, stream: str) -> None:
        """It goes on as a stream from now on."""

    def end(self, exchange: Exchange) -> None:
        """It is over."""


class RequestWatch:
    """Sees nothing by itself; whoever wants to see something overrides what tells it."""

    def begin(self, scope: Scope, headers: Headers, route: str) -> Seen:
        """A request or a socket begins, in the task that will answer it."""
        return Seen()

    def again(self, route: str, method: str) -> Callable[[float], None] | None:
        """Told of each request that is like one before and is answered as it was, by 200, with its seconds, instead of
        seeing it begin and end; None for who has to see it.
        """
        return None


class Watching:
    """ASGI middleware around everything that is served."""

    def __init__(self, app: ASGIApp, *, clock: Clock, watches: Sequence[RequestWatch]) -> None:
        self._app = app
        self._clock = clock
        self._watches = watches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, and tell what became of it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        began, route, headers = self._clock.monotonic(), route_of(scope["path"]), Headers(scope=scope)
        if (like := scope.get(LIKE)) is not None:
            for watch in self._watches:
                like.tell(watch.again(route, scope["method"]))
        seen = [watch.begin(scope, headers, route) for watch in self._watches]
        noted = _Noted(send, seen)
        try:
            await self._app(scope, receive, noted)
        finally:
            method = scope.get("method", "GET")
            exchange = Exchange(
                method=method if method in METHODS else OTHER,
                route=route,
                status=noted.status,
                stream=noted.stream,
                seconds=self._clock.monotonic() - began,
                request_id=noted.request_id,
            )
            for each in reversed(seen):
                each.end(exchange)


class _Noted:
    """Passes messages on, and notes what they say of the answer."""

    def __init__(self, send: Send, seen: Sequence[Seen]) -> None:
        self.status = 500
        self.stream = ""
        self.request_id = ""
        self._send = send
        self._seen = seen

    def __call__(self, message: Message) -> Awaitable[None]:
        match message["type"]:
            case "http.response.body":
                pass
            case "http.response.start" | "websocket.http.response.start":
                self._answered(message)
            case "websocket.accept":
                self.status = 101
                self._begin("websocket")
            case "websocket.close" if not self.stream:
                self.status = 403  # what a server makes of a socket that is closed before it is opened
        return self._send(message)

    def _answered(self, message: Message) -> None:
        self.status = message["status"]
        headers = dict(message.get("headers", ()))
        self.request_id = headers.get(b"x-request-id", b"").decode("latin-1")
        if headers.get(b"content-type", b"").startswith(_EVENTS):
            self._begin("sse")

    def _begin(self, stream: str) -> None:
        self.stream = stream
        for each in self._seen:
            each.opened(stream)


def route_of(path: str) -> str:
    """The route of a path, for figures and traces: one of a few."""
    if path in ROUTES:
        return path
    return next((f"{prefix}…" for prefix in LINKS if path.startswith(prefix)), OTHER)
