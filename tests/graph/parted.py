"""Answers in parts, from the caller's side: one exchange read as it comes, and the parts put together again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from ledgermesh.clock import SystemClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.stream import Streams
from ledgermesh.edge.view import View
from ledgermesh.sandbox.faults import Exchange as Asked
from ledgermesh.sandbox.faults import Fault, Onward
from tests.graph.demo import Demo
from tests.states import KEYS

KEY = "lm_demo_read"
SECONDS = 20
"""A test that waits longer for something has failed."""
APOLLO = "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9"
APOLLO_NEWER = "multipart/mixed;incrementalSpec=v0.2,application/graphql-response+json,application/json;q=0.9"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)


class Held(Fault, frozen=True, kw_only=True, tag="held"):
    """The provider answers when the test says so."""

    until: Any

    async def spoil(self, exchange: Asked, onward: Onward) -> None:
        await self.until.wait()
        await onward(exchange)


@dataclass
class Exchange:
    """One HTTP exchange of somebody who reads each chunk as it comes."""

    body: bytes
    sent: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    _read: bool = False
    _held: bytes = b""

    async def receive(self) -> Message:
        if not self._read:
            self._read = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.sent.put(dict(message))

    async def start(self) -> None:
        """Until status and headers are there."""
        message = await asyncio.wait_for(self.sent.get(), SECONDS)
        assert message["type"] == "http.response.start"
        self.status = message["status"]
        self.headers = {name.decode(): value.decode() for name, value in message["headers"]}

    async def part(self) -> Any:
        """The next part, as soon as its end is there; None behind the last one."""
        while True:
            text, found, behind = self._held.partition(b"\r\n---")
            if found and text.strip():
                self._held = behind
                head, _, content = text.partition(b"\r\n\r\n")
                assert head.strip() == b"Content-Type: application/json; charset=utf-8"
                return json.loads(content)
            if found:
                self._held = behind  # what stands before the first delimiter
            elif self._held == b"--\r\n":
                return None
            else:
                await self._more()

    async def parts(self) -> list[Any]:
        """All that are left."""
        found = []
        while (part := await self.part()) is not None:
            found.append(part)
        return found

    async def whole(self) -> Any:
        """The JSON of an answer that is one."""
        while await self._more():
            pass
        return json.loads(self._held)

    async def _more(self) -> bool:
        message = await asyncio.wait_for(self.sent.get(), SECONDS)
        self._held += message.get("body", b"")
        more: bool = message.get("more_body", False)
        return more


@asynccontextmanager
async def asking(
    app: ASGIApp,
    query: str,
    accept: str,
    *,
    key: str = KEY,
    method: str = "POST",
    room: int = 0,
    seconds: str = "20",
    **variables: Any,
) -> AsyncIterator[Exchange]:
    """Somebody asks, who takes no more than `room` messages unread, and goes away at the end of the block."""
    asked = {"query": query, "variables": variables}
    words = urlencode({"query": query, "variables": json.dumps(variables)}) if method != "POST" else ""
    exchange = Exchange(json.dumps(asked).encode() if method == "POST" else b"", asyncio.Queue(room))
    headers = {
        "authorization": f"Bearer {key}", "accept": accept, "content-type": "application/json",
        "host": "gateway.test", "x-request-timeout": seconds,
    }  # fmt: skip
    scope = {
        "type": "http", "method": method, "path": "/graphql", "raw_path": b"/graphql", "query_string": words.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "http_version": "1.1", "scheme": "http", "server": ("gateway.test", 80), "client": ("127.0.0.1", 1),
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }  # fmt: skip
    task = asyncio.ensure_future(app(scope, exchange.receive, exchange.send))
    try:
        await exchange.start()
        yield exchange
    finally:
        exchange.gone.set()
        while not exchange.sent.empty():
            exchange.sent.get_nowait()
        await asyncio.wait_for(task, SECONDS)


def app_of(house: Demo, streams: Streams | None = None) -> ASGIApp:
    """The edge before a house."""
    who = Authenticator(house.gateway.state.registry, KEYS, SystemClock())
    view = View(house.gateway.answers, who, Limits(), streams or Streams(house.clock))

    async def graphql(request: Request) -> Response:
        return await view(request)

    return Starlette(routes=[Route("/graphql", graphql, methods=["GET", "POST"])])


def merged(parts: Iterable[Any]) -> dict[str, Any]:
    """The whole answer, of parts as the newest draft has them."""
    pending: dict[str, Any] = {}
    whole: dict[str, Any] = {"errors": []}
    for part in parts:
        pending |= {each["id"]: each for each in part.get("pending", ())}
        whole |= {name: part[name] for name in ("data", "extensions") if name in part}
        whole["errors"] += part.get("errors", [])
        for each in part.get("incremental", ()):
            at = pending[each["id"]]["path"] + each.get("subPath", [])
            _put(whole["data"], at, each["data"])
            whole["errors"] += each.get("errors", [])
        for done in part.get("completed", ()):
            del pending[done["id"]]
            whole["errors"] += done.get("errors", [])
    assert pending == {}
    return whole


def merged_older(parts: Iterable[Any]) -> dict[str, Any]:
    """The same of parts as they were in 2022."""
    whole: dict[str, Any] = {"errors": []}
    for part in parts:
        whole |= {name: part[name] for name in ("data", "extensions") if name in part}
        whole["errors"] += part.get("errors", [])
        for each in part.get("incremental", ()):
            whole["errors"] += each.get("errors", [])
            if each["data"] is not None:
                _put(whole["data"], each["path"], each["data"])
    return whole


def _put(data: Any, path: list[Any], more: Any) -> None:
    for key in path:
        data = data[key]
    _merge(data, more)


def _merge(one: Any, more: Any) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(one.get(key), dict):
            _merge(one[key], value)
        else:
            one[key] = value
