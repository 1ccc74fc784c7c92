"""Faults on demand: what a sick provider does to its answers, for chosen providers and paths."""

from __future__ import annotations

import fnmatch
import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import parse_qs

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledgermesh.clock import Clock

Kind = Literal["latency", "status", "html", "truncate", "drop", "drip", "repeat_page"]
KINDS: tuple[str, ...] = get_args(Kind)

LOG_MAX = 10_000
"""Requests that the log remembers."""
PIECE_BYTES = 256
"""Of a dripping body."""
HTML = b"<!doctype html><html><head><title>Gateway</title></head><body><h1>Something went wrong</h1></body></html>"


class Dropped(ConnectionError):
    """The connection was dropped without an answer, on a server whose transport cannot be reached."""


@dataclass
class Fault:
    """One fault. `after` skips so many matching requests, `times` (None: for ever) counts those it spoils."""

    id: int
    provider: str
    kind: Kind
    path: str = "*"
    """A glob over the provider's own path, for example `/api/businesses/*/records/invoices`."""
    times: int | None = None
    after: int = 0
    seconds: float = 1.0
    """Of latency, or between the pieces of a dripping body."""
    status: int = 500
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    declared: bool = True
    """Whether a truncated answer still announces its whole length, so that the connection breaks."""

    def takes(self, provider: str, path: str) -> bool:
        """Whether this request is spoiled; counts it."""
        if provider != self.provider or self.times == 0 or not fnmatch.fnmatchcase(path, self.path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(frozen=True)
class Seen:
    """One request that arrived. No headers and no body: they hold credentials and books."""

    provider: str
    method: str
    path: str
    query: str
    status: int | None
    """None when the connection was dropped."""


class Switchboard:
    """The faults that are on, and the requests that were seen."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.log: deque[Seen] = deque(maxlen=LOG_MAX)
        self._ids = itertools.count(1)

    def add(self, provider: str, kind: Kind, **given: object) -> Fault:
        """Switch a fault on."""
        fault = Fault(next(self._ids), provider, kind, **given)  # type: ignore[arg-type]  # checked by the caller
        self.faults.append(fault)
        return fault

    def clear(self, id: int | None = None) -> None:
        """Switch one fault off, or all of them."""
        self.faults = [fault for fault in self.faults if id is not None and fault.id != id]

    def chosen(self, provider: str, path: str) -> Iterator[Fault]:
        """The faults that this request meets, in the order they were switched on."""
        return (fault for fault in list(self.faults) if fault.takes(provider, path))


@dataclass
class Whole:
    """A whole answer, held back."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        """Collect what an application sends."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


class Faults:
    """ASGI: one emulator behind the switchboard."""

    def __init__(self, app: ASGIApp, provider: str, board: Switchboard, clock: Clock) -> None:
        self._app, self._provider, self._board, self._clock = app, provider, board, clock
        self._first: dict[str, Whole] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, spoiled if a fault says so."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        status: int | None = None

        async def watching(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._spoiled(scope, receive, watching, path)
        finally:
            query = scope.get("query_string", b"").decode("latin-1")
            self._board.log.append(Seen(self._provider, scope["method"], path, query, status))

    async def _spoiled(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        for fault in self._board.chosen(self._provider, path):
            match fault.kind:
                case "latency":
                    await self._clock.sleep(fault.seconds)
                case "status" | "html":
                    await _instead(fault)(scope, receive, send)
                    return
                case "drop":
                    _drop(receive)
                    return
                case "truncate":
                    await self._truncated(fault, scope, receive, send)
                    return
                case "drip":
                    await self._dripping(fault, scope, receive, send)
                    return
                case "repeat_page":
                    await self._repeated(scope, receive, send, path)
                    return
        await self._app(scope, receive, send)

    async def _held(self, scope: Scope, receive: Receive) -> Whole:
        whole = Whole()
        await self._app(scope, receive, whole.take)
        return whole

    async def _truncated(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        whole = await self._held(scope, receive)
        half = whole.body[: len(whole.body) // 2]
        if fault.declared:
            await _start(send, whole)
            await send({"type": "http.response.body", "body": half, "more_body": True})
            _drop(receive)
            return
        whole.headers = [pair for pair in whole.headers if pair[0] != b"content-length"]
        whole.headers.append((b"content-length", str(len(half)).encode()))
        await _start(send, whole)
        await send({"type": "http.response.body", "body": half})

    async def _dripping(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        whole = await self._held(scope, receive)
        await _start(send, whole)
        for start in range(0, len(whole.body), PIECE_BYTES):
            await self._clock.sleep(fault.seconds)
            piece = whole.body[start : start + PIECE_BYTES]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _repeated(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        """A later page shows the first page's body again."""
        later = _is_later(scope.get("query_string", b"").decode("latin-1"))
        whole = self._first[path] if later and path in self._first else await self._held(scope, receive)
        if not later:
            self._first[path] = whole
        await _start(send, whole)
        await send({"type": "http.response.body", "body": whole.body})


def _is_later(query: str) -> bool:
    found = parse_qs(query)
    return found.get("offset", ["0"])[0] not in ("", "0") or found.get("page", ["1"])[0] not in ("", "0", "1")


def _instead(fault: Fault) -> Response:
    if fault.kind == "html":
        return Response(fault.body.encode() or HTML, fault.status, fault.headers, "text/html")
    media = "application/json" if fault.body[:1] in ("{", "[") else "text/plain"
    return Response(fault.body, fault.status, fault.headers, media)


async def _start(send: Send, whole: Whole) -> None:
    await send({"type": "http.response.start", "status": whole.status, "headers": whole.headers})


def _drop(receive: Receive) -> None:
    """Close the connection at once. ASGI has no word for it: uvicorn's transport stands behind `receive`."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise Dropped("the connection was dropped")
    transport.abort()
