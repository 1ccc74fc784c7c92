"""What a sick provider does to its answers: one value for each way of failing.

Each fault gets the exchange and the way onward, and answers for the provider or changes what comes back. In a process
of its own the sandbox runs under uvicorn, where a dropped connection is one. Called directly, as httpx's
`ASGITransport` does, there is no connection: `Dropped` is raised instead, which is an httpx transport error and comes
out of the client as the real one would; a broken answer cannot begin there, so `truncate` acts like `drop`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Annotated, get_args
from urllib.parse import parse_qsl

import httpx
import msgspec
from msgspec import Meta
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from ledgermesh.clock import Clock

HTML = "<!doctype html><html><head><title>Gateway</title></head><body><h1>Something went wrong</h1></body></html>"
BODILESS = frozenset((204, 304))
_ENCODER = msgspec.json.Encoder(decimal_format="number")

Status = Annotated[int, Meta(ge=200, le=599)]
Seconds = Annotated[float, Meta(ge=0, le=3600)]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]


class Dropped(httpx.RemoteProtocolError):
    """The connection was dropped without a whole answer, where there is no connection to drop."""


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

    async def start(self, send: Send) -> None:
        """Send status and headers."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})

    async def go(self, send: Send) -> None:
        """Send all of it."""
        await self.start(send)
        await send({"type": "http.response.body", "body": self.body})


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request on its way to an emulator."""

    path: str
    """The provider's own, without the sandbox's prefix."""
    scope: Scope
    receive: Receive
    send: Send
    clock: Clock
    pages: MutableMapping[tuple[object, ...], Whole]
    """First pages seen, for `repeat_page`."""
    page_size: int | None = None
    """Rows in one answer at most, for `page_size`."""

    async def drop(self) -> None:
        """Close the connection after what was sent so far; returns when it is closed."""
        # ASGI has no word for it: uvicorn's transport stands behind `receive`.
        transport = getattr(getattr(self.receive, "__self__", None), "transport", None)
        if transport is None:
            raise Dropped("Server disconnected without sending a response.")
        transport.close()
        # Returning earlier would make uvicorn answer 500 for an application that said nothing.
        while (await self.receive())["type"] != "http.disconnect":
            pass


Onward = Callable[[Exchange], Awaitable[None]]
"""The rest of the way to the emulator; it answers through the exchange's `send`."""


async def held(exchange: Exchange, onward: Onward) -> Whole:
    """The whole answer to a request."""
    whole = Whole()
    await onward(replace(exchange, send=whole.take))
    return whole


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Which requests are spoiled: of a provider, by path and method (globs); `after` so many, `times` so many."""

    provider: str
    path: str = "*"
    """Over the provider's own path, for example `/api/businesses/*/records/invoices`."""
    method: str = "*"
    after: Count = 0
    times: Positive | None = None
    """None is for ever."""

    def fits(self, provider: str, method: str, path: str) -> bool:
        """Whether it is about this request."""
        return (
            provider == self.provider
            and fnmatchcase(method, self.method.upper())
            and fnmatchcase(path, self.path)
        )

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        """Answer the request, or pass it on and change what comes back."""
        raise NotImplementedError


class Latency(Fault, frozen=True, kw_only=True, tag="latency"):
    """Wait before anything else."""

    seconds: Seconds = 1.0

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        await exchange.clock.sleep(self.seconds)
        await onward(exchange)


class Answer(Fault, frozen=True, kw_only=True, tag="status"):
    """Another answer in the emulator's place, which sees the request only where `effect` says so."""

    status: Status
    effect: bool = False
    """Whether the emulator has done by then what was asked."""
    body: str | dict[str, object] | list[object] = ""
    """Text as it is; anything else as JSON."""
    headers: dict[str, str] = {}

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        if self.effect:
            await held(exchange, onward)
        text = isinstance(self.body, str)
        body = self.body if isinstance(self.body, str) else _ENCODER.encode(self.body)
        response = Response(
            b"" if self.status in BODILESS else body,
            self.status,
            self.headers,
            "text/plain" if text else "application/json",
        )
        await response(exchange.scope, exchange.receive, exchange.send)


class Html(Fault, frozen=True, kw_only=True, tag="html"):
    """A web page where JSON is expected, as a proxy in front of a provider gives."""

    status: Status = 200
    body: str = HTML

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        response = Response(
            b"" if self.status in BODILESS else self.body, self.status, media_type="text/html"
        )
        await response(exchange.scope, exchange.receive, exchange.send)


class Truncate(Fault, frozen=True, kw_only=True, tag="truncate"):
    """Only the beginning of the body."""

    keep_bytes: Count | None = None
    """Half of it when absent."""
    declared: bool = True
    """Whether the whole length is still announced, so that the connection breaks in the middle of the answer."""

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        whole = await held(exchange, onward)
        keep = len(whole.body) // 2 if self.keep_bytes is None else self.keep_bytes
        whole.body = whole.body[:keep]
        if self.declared:
            await whole.start(exchange.send)
            await exchange.send({"type": "http.response.body", "body": whole.body, "more_body": True})
            await exchange.drop()
            return
        whole.headers = [pair for pair in whole.headers if pair[0].lower() != b"content-length"]
        whole.headers.append((b"content-length", str(len(whole.body)).encode()))
        await whole.go(exchange.send)


class Drop(Fault, frozen=True, kw_only=True, tag="drop"):
    """Close the connection without an answer; the emulator never sees the request."""

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        await exchange.drop()


class Drip(Fault, frozen=True, kw_only=True, tag="drip"):
    """The whole body, in small pieces with pauses between them."""

    seconds: Seconds = 0.1
    """Before each piece."""
    piece_bytes: Positive = 256

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        whole = await held(exchange, onward)
        await whole.start(exchange.send)
        for start in range(0, len(whole.body), self.piece_bytes):
            await exchange.clock.sleep(self.seconds)
            piece = whole.body[start : start + self.piece_bytes]
            await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
        await exchange.send({"type": "http.response.body", "body": b""})


class RepeatPage(Fault, frozen=True, kw_only=True, tag="repeat_page"):
    """A later page of a list answers with what the first page of that list showed last."""

    first: dict[str, str] = msgspec.field(default_factory=lambda: {"offset": "0", "page": "1"})
    """Query parameters that name a page, and what they are on the first one; absent is the first as well."""

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        query = parse_qsl(exchange.scope.get("query_string", b"").decode("latin-1"))
        key = self._key(exchange, query)
        later = any(value != self.first[name] for name, value in query if name in self.first)
        if later and key in exchange.pages:
            await exchange.pages[key].go(exchange.send)
            return
        whole = await held(exchange, onward)
        if not later:
            exchange.pages[key] = whole
        await whole.go(exchange.send)

    def _key(self, exchange: Exchange, query: list[tuple[str, str]]) -> tuple[object, ...]:
        """Which list of whom it is. Keys are hashed: nobody's page is shown to another."""
        who = b"".join(value for name, value in exchange.scope["headers"] if name == b"authorization")
        rest = tuple(sorted(pair for pair in query if pair[0] not in self.first))
        return (self.provider, exchange.path, rest, hashlib.sha256(who).digest())


class PageSize(Fault, frozen=True, kw_only=True, tag="page_size"):
    """At most so many rows in one answer, whatever is asked for."""

    size: Positive

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        await onward(replace(exchange, page_size=self.size))


AnyFault = Latency | Answer | Html | Truncate | Drop | Drip | RepeatPage | PageSize
KINDS: tuple[str, ...] = tuple(str(kind.__struct_config__.tag) for kind in get_args(AnyFault))
