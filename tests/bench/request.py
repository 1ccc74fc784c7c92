"""What one request costs the gateway itself, in parts: `python -m tests.bench.request [rounds]`.

CPU microseconds of this process for each request, the best of so many rounds; no provider is asked. The connection is
the server's own protocol over a transport in memory, so that the kernel's part is not in it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.server import ServerState

from ledgermesh import telemetry
from ledgermesh.app import web
from ledgermesh.clock import SystemClock
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.figures import Readers
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.transport.wire import WireLimits, bounded
from ledgermesh.gateway import Running, make_gateway
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.question import Question
from ledgermesh.playground import PlaygroundConfig
from ledgermesh.providers import discover
from ledgermesh.settings.keys import to_key
from ledgermesh.state.entries import CompanyEntry, KeyEntry, TenantEntry, digest
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.shared import make_state
from ledgermesh.upstream.guard import make_guard
from ledgermesh.upstream.wire_http1 import GuardedWire
from ledgermesh.watches import make_watches

KEY: Final = "lm_bench"
REQUESTS: Final = 50
"""In one round."""
TEXT: Final = "query Name($key: ID!) { company(key: $key) { name } }"
LIST: Final = """query List($key: ID!, $number: String) { company(key: $key) {
  invoices(first: 5, where: {number: {ne: $number}}) { nodes { number total { amount } party { email } } } } }"""


def body_of(text: str, **variables: Any) -> bytes:
    return json.dumps({"query": text, "variables": variables}).encode()


def headers_of(body: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"host", b"127.0.0.1:8000"), (b"user-agent", b"bench"), (b"accept", b"*/*"),
        (b"content-type", b"application/json"), (b"authorization", f"Bearer {KEY}".encode()),
        (b"content-length", b"%d" % len(body)),
    ]  # fmt: skip


async def make() -> tuple[Starlette, Running]:
    """A gateway with everything on that one in production has."""
    clock, keys = SystemClock(), (to_key("a secret for measuring only"),)
    definitions, state = discover(NAMES), make_state(MemoryStore(clock), keys, clock)
    for entry in (
        TenantEntry(id="bench", name="Bench"),
        KeyEntry(
            id="bench", digest=digest(KEY), tenant="bench", environment="sandbox",
            scopes=frozenset(("api.read",)), requests_per_second=1_000_000,
        ),
        CompanyEntry(key="shop", name="Shop", environment="sandbox", tenants=frozenset(("bench",))),
    ):  # fmt: skip
        await state.directory.add(entry)
    guard = make_guard([])
    wire = GuardedWire(guard)
    running = make_gateway(
        state=state, wire=wire, clock=clock, keys=keys, random=Random(1), definitions=definitions, guard=guard,
        watches=make_watches(Readers(), None, clock),
    )  # fmt: skip
    connect = ConnectParts(
        state=state, definitions=definitions, wire=wire, clock=clock, keys=keys, public_url="", bases={}
    )
    app = web(
        running, limits=Limits(), playground=PlaygroundConfig(environment="sandbox"), connect=connect,
        wires=(wire,), work={},
    )  # fmt: skip
    return app, running


class Memory(asyncio.Transport):
    """The caller's end of a connection."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5000), "sockname": ("127.0.0.1", 8000)})
        self.heard = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.heard += bytes(data)

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None: ...

    def close(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def asking(app: ASGIApp, body: bytes) -> Callable[[], Awaitable[None]]:
    """One request after another on a connection."""
    config = uvicorn.Config(
        app, http=bounded(WireLimits()), access_log=False, log_level="warning", server_header=False
    )
    config.load()
    state, transport = ServerState(), Memory()
    state.default_headers = [(b"date", b"Sun, 15 Nov 2026 12:00:00 GMT")]
    made: Any = config.http_protocol_class
    protocol = made(config=config, server_state=state, app_state={})
    protocol.connection_made(transport)
    lines = b"".join(b"%s: %s\r\n" % each for each in headers_of(body))
    request = b"POST /graphql HTTP/1.1\r\n" + lines + b"\r\n" + body

    async def ask() -> None:
        transport.heard = b""
        protocol.data_received(request)
        await asyncio.wait(set(state.tasks))
        assert transport.heard.startswith(b"HTTP/1.1 200 "), transport.heard

    return ask


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that does nothing."""
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def directly(app: ASGIApp, body: bytes) -> Callable[[], Awaitable[None]]:
    """The application alone."""

    async def ask() -> None:
        sent: list[Message] = [{"type": "http.request", "body": body}]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": "POST",
            "path": "/graphql", "raw_path": b"/graphql", "root_path": "", "query_string": b"", "state": {},
            "headers": headers_of(body), "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 8000),
        }  # fmt: skip

        async def receive() -> Message:
            return sent.pop() if sent else await asyncio.Future()

        async def send(message: Message) -> None: ...

        await app(scope, receive, send)

    return ask


async def best(ask: Callable[[], Awaitable[Any]], rounds: int) -> float:
    """CPU microseconds of one."""
    found = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(REQUESTS):
            await ask()
        found.append((time.process_time() - began) / REQUESTS * 1e6)
    return min(found)


async def measure(rounds: int) -> None:
    """Print the table."""
    app, running = await make()
    who = running.state.registry.principal(KEY)
    assert who is not None
    answers: Any = running.watched
    gateway, number = getattr(answers, "_answers", answers), iter(range(10**9))

    def question(text: str, **variables: Any) -> Question:
        return Question(text=text, variables={"key": "shop"} | variables, principal=who, timeout_seconds=20.0)

    body = body_of(TEXT, key="shop")
    parts: dict[str, Callable[[], Awaitable[Any]]] = {
        "the server's protocol, with an application that does nothing": asking(nothing, body),
        "the limits of a document and variables that were asked before": lambda: gateway._gate.check(
            question(LIST)
        ),
        "the limits of a known document with other variables": lambda: gateway._gate.check(
            question(LIST, number=str(next(number)))
        ),
        "the question answered, its limits among that": lambda: gateway.answer(question(TEXT)),
        "the same, counted": lambda: answers.answer(question(TEXT)),
        "the application: headers, key, body, question, answer, log line": directly(app, body),
        "the whole: protocol and application": asking(app, body),
    }
    async with app.router.lifespan_context(app):
        for ask in parts.values():
            for _ in range(5):
                await ask()
        gc.collect()
        gc.freeze()
        print("| part | CPU µs |\n|---|---:|")
        for name, ask in parts.items():
            print(f"| {name} | {await best(ask, rounds):.0f} |", flush=True)


def main() -> None:
    """Read the command line and measure; lines of the log are made and thrown away."""
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        telemetry.configure(stream=stream)
        asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20))


if __name__ == "__main__":
    main()
