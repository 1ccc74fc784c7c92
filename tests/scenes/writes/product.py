"""The whole product in this process: HTTP to the gateway with its background work, and from it to the emulators.

Time runs as it does outside, from the tests' day on; every request to a provider is kept, with its body.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
from starlette.applications import Starlette

from ledgermesh.app import operations, web
from ledgermesh.clock import ManualClock
from ledgermesh.demo import link_demo
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.incoming import Limits
from ledgermesh.gateway import Choices, Running, make_gateway
from ledgermesh.playground import PlaygroundConfig, read_examples
from ledgermesh.sandbox.app import Sandbox, make_sandbox
from ledgermesh.sandbox.world import World
from ledgermesh.sync.webhooks import Deliverer
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.harness import NOW, SANDBOX, UNBOUND, world_today
from tests.shared import shared_providers, shared_schema
from tests.states import KEYS, memory_state

PUBLIC: Final = "http://gateway.test"
SECONDS: Final = 120.0
"""For one request, and for anything that is waited for: far more than it takes."""
SIGNING_IN: Final = ("/authTokens", "/auth/access-tokens", "/oauth2/")
"""Paths that give tokens: requests to them change no books."""
OPERATIONS: Final = Path(__file__).parents[3] / "schema" / "operations"


class OnGoingClock(ManualClock):
    """Goes on by itself, and can be put forward."""

    def __init__(self, start: dt.datetime) -> None:
        super().__init__(start)
        self._began = time.monotonic()

    def now(self) -> dt.datetime:
        return super().now() + dt.timedelta(seconds=time.monotonic() - self._began)

    def monotonic(self) -> float:
        return super().monotonic() + time.monotonic() - self._began

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class Tape(httpx.AsyncBaseTransport):
    """The way to the emulators, which keeps what went over it."""

    inner: httpx.AsyncBaseTransport
    sent: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.sent.append(request)
        return await self.inner.handle_async_request(request)

    @property
    def changes(self) -> list[httpx.Request]:
        """The requests that may have changed something."""
        return [each for each in self.sent if each.method != "GET" and not _signs_in(each)]


def _signs_in(request: httpx.Request) -> bool:
    return any(part in request.url.path for part in SIGNING_IN)


@dataclass
class Receiver(httpx.AsyncBaseTransport):
    """Where webhooks arrive."""

    got: list[httpx.Request] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.got.append(request)
        self.arrived.set()
        return httpx.Response(204)

    async def event(self, sync_id: str) -> httpx.Request:
        """The request that tells of a sync."""
        async with asyncio.timeout(SECONDS):
            while True:
                self.arrived.clear()
                for each in self.got:
                    if json.loads(each.content)["data"].get("sync") == sync_id:
                        return each
                await self.arrived.wait()


@dataclass
class Product:
    """The gateway as it is served, the emulators behind it, and everything that went between them."""

    clock: OnGoingClock
    world: World
    sandbox: Sandbox
    running: Running
    app: Starlette
    client: httpx.AsyncClient
    tape: Tape
    hooks: Receiver

    async def post(
        self,
        text: str,
        variables: Mapping[str, Any] | None = None,
        *,
        key: str = "lm_demo_write",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One operation over HTTP."""
        return await self.client.post(
            "/graphql",
            json={"query": text, "variables": variables or {}},
            headers={"Authorization": f"Bearer {key}", **(headers or {})},
        )

    async def ask(self, text: str, variables: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The whole answer; numbers exact enough for tests."""
        return (await self.post(text, variables, **more)).json()

    async def done(self, text: str, variables: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The one field that was asked for; fails where there are errors."""
        answer = await self.ask(text, variables, **more)
        assert "errors" not in answer, answer["errors"]
        [found] = answer["data"].values()
        return found

    async def later(self, seconds: float) -> None:
        """Let so much pass, and the gateway look at its store again, which it has not done for so long then."""
        self.clock.advance(seconds)
        async with asyncio.timeout(SECONDS):
            while (await self.post("{ viewer { id } }")).status_code != httpx.codes.OK:
                await asyncio.sleep(0.02)

    def log(self) -> list[str]:
        """The emulators' own log of everything that was no read, oldest first."""
        return [
            f"{each.method} /{each.provider}{each.path}"
            for each in self.sandbox.board.log
            if each.method != "GET" and not any(part in each.path for part in SIGNING_IN)
        ]

    @asynccontextmanager
    async def stream(
        self, text: str, variables: Mapping[str, Any] | None = None, key: str = "lm_demo_write"
    ) -> AsyncIterator[Events]:
        """Somebody who listens by server-sent events, and leaves at the end of the block."""
        events = Events(json.dumps({"query": text, "variables": variables or {}}).encode())
        scope = {
            "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql", "query_string": b"",
            "headers": [
                (b"accept", b"text/event-stream"), (b"content-type", b"application/json"),
                (b"authorization", f"Bearer {key}".encode()), (b"host", b"gateway.test"),
            ],
            "http_version": "1.1", "scheme": "http", "server": ("gateway.test", 80), "client": ("127.0.0.1", 1),
            "asgi": {"version": "3.0", "spec_version": "2.4"}, "root_path": "", "state": {},
        }  # fmt: skip
        task = asyncio.ensure_future(self.app(scope, events.receive, events.send))
        try:
            yield events
        finally:
            events.gone.set()
            await asyncio.wait_for(task, SECONDS)


class Events:
    """One stream, from the listener's side."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self._queue.put_nowait(message["body"])

    async def opened(self) -> None:
        """Return when the stream is there."""
        assert (await asyncio.wait_for(self._queue.get(), SECONDS)).startswith(b":")

    async def next(self) -> Any:
        """The data of the next event; None when it is the last one."""
        async with asyncio.timeout(SECONDS):
            while (part := await self._queue.get()).startswith(b":"):
                pass
        name, data = part.decode().strip().split("\n")[:2]
        return None if name == "event: complete" else json.loads(data.removeprefix("data: "))["data"]


@asynccontextmanager
async def product(world: World | None = None) -> AsyncIterator[Product]:
    """The gateway over a demo world of its own, while it serves."""
    clock, world = OnGoingClock(NOW), world or world_today()
    sandbox = make_sandbox(world, clock, turned={"write_enabled": True})
    tape, hooks, state = Tape(httpx.ASGITransport(sandbox.app)), Receiver(), memory_state(clock)
    await link_demo(state, world, sandbox.emulators, SANDBOX)
    async with (
        httpx.AsyncClient(transport=tape, base_url=SANDBOX) as upstream,
        httpx.AsyncClient(transport=hooks) as receiver,
    ):
        wire = HttpxWire(upstream)
        running = make_gateway(
            state=state,
            wire=wire,
            clock=clock,
            keys=KEYS,
            random=Random(1),
            choices=Choices(rate=UNBOUND),
            schema=shared_schema(),
            providers=shared_providers(),
            public_url=PUBLIC,
        )
        work = {
            **running.pushing,
            "follow the store": state.directory.follow,
            "deliver webhooks": Deliverer(state, HttpxWire(receiver), clock, Random(1)).run,
        }
        page = PlaygroundConfig(environment="sandbox", examples=read_examples(operations()))
        connect = ConnectParts(
            state=state, definitions={}, wire=wire, clock=clock, keys=KEYS, public_url=PUBLIC
        )
        limits = Limits(timeout_seconds=SECONDS, timeout_seconds_max=SECONDS)
        app = web(running, limits=limits, playground=page, connect=connect, wires=(), work=work)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client,
        ):
            yield Product(clock, world, sandbox, running, app, client, tape, hooks)


def example(name: str) -> tuple[str, dict[str, Any]]:
    """An operation of `schema/operations`, and the variables beside it."""
    text = (OPERATIONS / f"{name}.graphql").read_text(encoding="utf-8")
    beside = OPERATIONS / f"{name}.variables.json"
    return text, json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}


def alone(payload: Any) -> Any:
    """The only connection of a mutation's answer."""
    sources: Sequence[Any] = payload["sources"]
    assert len(sources) == 1, sources
    return sources[0]
