"""Callers who leave: the work for them ends at the provider, and nothing that others need stays taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from msgspec import structs
from starlette.types import Message

from ledgermesh.clock import ManualClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from ledgermesh.errors import Unavailable
from ledgermesh.sandbox.faults import Exchange, Fault, Onward
from ledgermesh.state.base import Grant, Secret
from ledgermesh.upstream.call import Call, Link
from ledgermesh.upstream.stack import Stack, make_stack
from ledgermesh.upstream.wire_http1 import OwnWire
from tests.graph.demo import demo_house
from tests.states import KEYS, memory_state
from tests.upstream.conftest import ACME, START
from tests.upstream.wires import whole

CONNECTIONS = 20
STORM = 1_000
PATIENCE_SECONDS = 10.0
"""Only so that a test that fails ends."""


@dataclass
class SlowServer:
    """A provider on loopback that takes requests and says nothing while it is held."""

    held: bool = True
    status: bytes = b"200 OK"
    sockets: int = 0
    seen: int = 0
    arrived: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sockets += 1
        self.empty.clear()
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.seen += 1
                self.arrived.release()
                if self.held and not await reader.read(1):
                    return  # the caller hung up
                writer.write(whole(b"{}", status=self.status))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.sockets -= 1
            if not self.sockets:
                self.empty.set()
            writer.close()

    async def took(self, count: int) -> None:
        """Return when so many more requests have come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(count):
                await self.arrived.acquire()

    async def emptied(self) -> None:
        """Return when no socket is open."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            if self.sockets:
                await self.empty.wait()


@dataclass
class Bench:
    """A whole stack on the production wire before that server, with a connection for each of many companies."""

    clock: ManualClock
    server: SlowServer
    stack: Stack
    wire: OwnWire
    url: str
    others: set[asyncio.Task[Any]]
    """Tasks that were there before."""

    def call(self, number: int, path: str) -> Call:
        """A GET of the connection with this number."""
        now = self.clock.monotonic()
        link = Link(f"tenant-{number % 4}", "live", f"c{number % CONNECTIONS}", ACME, self.url, owner="owner")
        return Call(link=link, method="GET", path=path, template=path, deadline=now + 60, arrived=now)

    def storm(self, paths: int) -> list[asyncio.Task[Any]]:
        """A thousand calls over all connections; those with the same path of the same connection share a flight."""
        calls = [self.call(number, f"/{number % paths}") for number in range(STORM)]
        return [asyncio.ensure_future(self.stack(call)) for call in calls]

    async def leave(self, tasks: list[asyncio.Task[Any]]) -> None:
        """All callers hang up; nothing of what was done for them is left."""
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
        assert all(task.cancelled() for task in tasks)
        await self.server.emptied()
        assert self.leftover() == []

    def leftover(self) -> list[str]:
        """Tasks of the stack that still run; the server's own are not of the stack."""
        mine = asyncio.all_tasks() - self.others
        return [repr(task) for task in mine if "SlowServer" not in repr(task.get_coro())]

    async def works(self) -> None:
        """Every connection has all its slots: as many calls at once as it may have are answered."""
        self.server.held = False
        calls = [self.call(number, f"/works/{number}") for number in range(5 * CONNECTIONS)]
        async with asyncio.timeout(PATIENCE_SECONDS):
            answers = await asyncio.gather(*(self.stack(call) for call in calls))
        assert [answer.document for answer in answers] == [{}] * len(calls)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    clock, server, wire = ManualClock(START), SlowServer(), OwnWire()
    state = memory_state(clock)
    for number in range(CONNECTIONS):
        secrets = {"api_key": Secret("key-canary")}
        await state.grants.write(
            Grant(
                tenant="owner", environment="live", connection=f"c{number}", scheme="api_key", secrets=secrets
            )
        )
    stack = make_stack(clock=clock, random=Random(1), wire=wire, state=state)
    listening = await asyncio.start_server(server.connected, "127.0.0.1", 0, backlog=1000)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield Bench(clock, server, stack, wire, url, asyncio.all_tasks())
    finally:
        await stack.close()
        await wire.close()
        await server.emptied()
        listening.close()
        await listening.wait_closed()


@pytest.mark.parametrize("taken", [0, 10, 100], ids="{} have arrived".format)
async def test_a_thousand_leave_and_the_next_is_answered(taken: int) -> None:
    """At whatever stage they leave: sockets close, tasks end, every slot of every connection is free again."""
    async with bench() as made:
        tasks = made.storm(paths=STORM)
        await made.server.took(taken)
        await made.leave(tasks)
        await made.works()


async def test_shared_flights_end_with_their_last_caller() -> None:
    """Fifty callers for each of twenty flights: the flights go on while one is left, and end with it."""
    async with bench() as made:
        tasks = made.storm(paths=CONNECTIONS)
        await made.server.took(CONNECTIONS)
        last = tasks[-CONNECTIONS:]
        for task in tasks[:-CONNECTIONS]:
            task.cancel()
        await asyncio.wait(tasks[:-CONNECTIONS])
        assert (made.server.sockets, made.server.seen) == (CONNECTIONS, CONNECTIONS)
        await made.leave(last)
        await made.works()


async def test_a_thousand_leave_while_the_breaker_probes() -> None:
    """An open circuit lets one probe out at a time; probes that are given up leave it neither shut nor half open."""
    async with bench() as made:
        made.server.held, made.server.status = False, b"503 Sick"
        for number in range(2 * STORM):
            with pytest.raises(Unavailable):
                await made.stack(structs.replace(made.call(number, "/sick"), method="POST", body=b""))
            if made.server.seen < number // 2:
                break
        assert made.server.seen < STORM, "the provider is left alone"
        made.clock.advance(30)
        made.server.held, made.server.status, before = True, b"200 OK", made.server.seen
        made.server.arrived = asyncio.Semaphore(0)
        tasks = made.storm(paths=STORM)
        await made.server.took(1)
        done = [task for task in tasks if task.done()]
        assert made.server.seen == before + 1, "one probe for all of the provider"
        assert all(isinstance(task.exception(), Unavailable) for task in done)
        await made.leave([task for task in tasks if not task.done()])
        made.server.held = False
        for number in range(CONNECTIONS):
            assert (await made.stack(made.call(number, "/probe"))).document == {}
        await made.works()


class Silence(Fault, frozen=True, kw_only=True, tag="silence"):
    """Takes the request and says nothing for ever; `ends` is told when it is given up."""

    begins: asyncio.Semaphore
    ends: asyncio.Semaphore

    async def spoil(self, exchange: Exchange, onward: Onward) -> None:
        self.begins.release()
        try:
            await asyncio.Event().wait()
        finally:
            self.ends.release()


async def test_who_hangs_up_at_the_edge_ends_the_call_at_the_provider() -> None:
    """Through the whole gateway: the caller's connection goes, and so does the request to the provider."""
    text = '{ company(key: "alpine-studio") { accounts(first: 3) { nodes { id } sources { status } } } }'
    body = json.dumps({"query": text}).encode()
    gone = asyncio.Event()
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer lm_demo_read"), (b"content-type", b"application/json")]
    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql", "root_path": "",
        "query_string": b"", "headers": headers, "http_version": "1.1", "scheme": "http",
        "client": ("127.0.0.1", 1), "server": ("gateway.test", 80),
    }  # fmt: skip
    async with demo_house() as house, asyncio.timeout(PATIENCE_SECONDS):
        app = application(
            answers=house.gateway.answers,
            who=Authenticator(house.gateway.state.registry, KEYS, house.clock),
            sdl="",
            limits=Limits(),
            pages=[],
        )
        silence = Silence(
            provider="kashoo", method="GET", begins=asyncio.Semaphore(0), ends=asyncio.Semaphore(0)
        )
        house.board.add(silence)
        answering = asyncio.ensure_future(app(scope, receive, send))
        await silence.begins.acquire()
        gone.set()
        await silence.ends.acquire()
        await answering
        assert sent[0]["status"] == 499
        house.board.clear()
        sources = (await house.ask(text))["data"]["company"]["accounts"]["sources"]
        assert {each["status"] for each in sources} <= {"OK", "UNSUPPORTED"}
