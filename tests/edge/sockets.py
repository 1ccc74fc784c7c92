"""A gateway on a socket of this machine, and clients that speak its subprotocol word by word."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.documents import Documents
from ledgermesh.edge.drain import Drain
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from ledgermesh.edge.socket.caps import SocketLimits, Sockets
from ledgermesh.edge.socket.frames import LeavingSocket
from ledgermesh.graph.question import Answer, Question
from ledgermesh.state.entries import KeyEntry, TenantEntry
from ledgermesh.state.registry import Registry
from tests.edge.desk import KEY, Desk, registry
from tests.hands import HandClock
from tests.states import KEYS

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
TRANSPORT = "graphql-transport-ws"
BYTES_MAX = 100_000
SECONDS = 20


@dataclass
class Source(Desk):
    """Answers questions, those that last by what a test puts into a queue; a document with `held` waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.events: asyncio.Queue[Answer | BaseException | None] = asyncio.Queue()
        self.released = asyncio.Event()
        self.begun = 0
        self.ended = 0
        self.finished = 0

    async def answer(self, question: Question) -> Answer:
        if "held" not in question.text:
            return await super().answer(question)
        self.questions.append(question)
        self.begun += 1
        try:
            await self.released.wait()
            self.finished += 1
        finally:
            self.ended += 1
        return {"data": {"held": "at last"}}

    async def subscribe(self, question: Question) -> AsyncGenerator[Answer, None]:
        if not question.text.startswith("subscription"):
            yield await self.answer(question)
            return
        self.questions.append(question)
        self.begun += 1
        try:
            while (event := await self.events.get()) is not None:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            self.ended += 1

    def tell(self, *events: Answer | BaseException | None) -> None:
        """What subscribers are told next; None is the end."""
        for event in events:
            self.events.put_nowait(event)


class Client:
    """One WebSocket, from the client's side."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire

    async def say(self, **message: Any) -> None:
        await self.wire.send(json.dumps(message))

    async def heard(self, *, pings: bool = False) -> Any:
        """The next message; pings are left out unless they are asked for."""
        async with asyncio.timeout(SECONDS):
            found = json.loads(await self.wire.recv())
        return await self.heard() if found["type"] == "ping" and not pings else found

    async def begin(self, **payload: Any) -> Any:
        """Introduce oneself, as the tests' key unless the payload says otherwise; what the answer says."""
        await self.say(type="connection_init", payload={"Authorization": f"Bearer {KEY}", **payload})
        answer = await self.heard()
        assert answer["type"] == "connection_ack", answer
        return answer["payload"]

    async def subscribe(self, id: str, query: str | None = None, **more: Any) -> None:
        payload = more if query is None else {"query": query, **more}
        await self.say(id=id, type="subscribe", payload=payload)

    async def ask(self, id: str, query: str | None = None, **more: Any) -> list[Any]:
        """All messages about one operation."""
        await self.subscribe(id, query, **more)
        found = [await self.heard()]
        while found[-1]["type"] == "next":
            found.append(await self.heard())
        assert {each["id"] for each in found} == {id}
        return found

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the close; nothing but a ping comes before."""
        try:
            unexpected = await self.heard()
        except ConnectionClosed as error:
            assert error.rcvd is not None, "it ended without a word"
            return error.rcvd.code, error.rcvd.reason
        raise AssertionError(unexpected)


@dataclass
class Served:
    """The gateway, and the way to it."""

    port: int
    source: Source
    clock: HandClock
    drain: Drain
    sockets: Sockets
    registry: Registry
    server: uvicorn.Server
    clients: list[Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def client(
        self,
        *,
        origin: str | None = None,
        headers: dict[str, str] | None = None,
        protocols: Iterable[str] = (TRANSPORT,),
        query: str = "",
    ) -> AsyncIterator[Client]:
        """Somebody connected, who is gone behind the block."""
        async with connect(
            f"ws://127.0.0.1:{self.port}/graphql{query}",
            subprotocols=[Subprotocol(each) for each in protocols] or None,
            origin=None if origin is None else Origin(origin),
            additional_headers=headers,
            ping_interval=None,
            proxy=None,
            open_timeout=SECONDS,
            close_timeout=SECONDS,
        ) as wire:
            yield Client(wire)

    @asynccontextmanager
    async def caller(self, **payload: Any) -> AsyncIterator[Client]:
        """Somebody who is known by the tests' key."""
        async with self.client() as client:
            await client.begin(**payload)
            yield client

    async def turned(self, client: Client) -> tuple[int, str]:
        """How a socket is closed while time goes by."""
        closing = asyncio.ensure_future(client.closed())
        while not closing.done():
            await self.clock.turn(1)
        return closing.result()

    async def until(self, found: Callable[[], object]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(SECONDS):
            while not found():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def served(
    *,
    limits: SocketLimits | None = None,
    known: Registry | None = None,
    documents: Documents | None = None,
    origins: frozenset[str] = frozenset(),
) -> AsyncIterator[Served]:
    """A gateway with its own clock, which a test turns."""
    source, clock, drain, sockets = Source(), HandClock(NOW), Drain(), Sockets(limits)
    given = known or registry()
    found = Registry(tenants=given.all(TenantEntry), keys=given.all(KeyEntry), clock=clock)
    app = application(
        answers=source, who=Authenticator(found, KEYS, clock), sdl="", limits=Limits(body_bytes_max=BYTES_MAX),
        pages=[], documents=documents, origins=origins, sockets=sockets, drain=drain,
    )  # fmt: skip
    config = uvicorn.Config(
        app, port=0, log_level="critical", lifespan="off", ws=LeavingSocket, ws_max_size=2 * BYTES_MAX,
        ws_per_message_deflate=False, timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(port, source, clock, drain, sockets, found, server)
    finally:
        drain.give_up()
        server.should_exit = True
        await serving
