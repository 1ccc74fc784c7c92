"""A gateway behind the server's own protocol on a real socket, and a caller who sends bytes as they are."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message as Fields
from email.parser import BytesParser
from typing import Any, Self

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from ledgermesh.edge.repeats import Repeats
from ledgermesh.edge.transport.wire import WireLimits, bounded
from ledgermesh.tracing.options import Tracing
from tests.watched import INVOICES, House, watched

COMPANY = "maple-bakery"
KEY = "lm_demo_read"


def request(
    text: str = INVOICES, *, age: int | None = 60, key: str = KEY, method: str = "POST", version: str = "1.1",
    headers: Mapping[str, str] | None = None, **variables: Any,
) -> bytes:  # fmt: skip
    """One request on the wire that takes answers so many seconds old."""
    asked = {"query": text, "variables": {"company": COMPANY, "first": 5, **variables}}
    body = json.dumps(asked).encode()
    lines = {
        "Host": "gateway.test", "Authorization": f"Bearer {key}", "Content-Type": "application/json",
        "Content-Length": str(len(body)), **({} if age is None else {"Cache-Control": f"max-age={age}"}),
        **(headers or {}),
    }  # fmt: skip
    head = [f"{method} /graphql HTTP/{version}", *(f"{name}: {value}" for name, value in lines.items())]
    return "\r\n".join([*head, "", ""]).encode() + body


@dataclass(frozen=True)
class Heard:
    """One answer as it came."""

    status: int
    names: tuple[str, ...]
    """Of its headers, in their order."""
    headers: Fields
    content: bytes

    @property
    def body(self) -> Any:
        """What its JSON says."""
        packed = self.headers["content-encoding"] == "gzip"
        return json.loads(gzip.decompress(self.content) if packed else self.content)

    @property
    def kept(self) -> int | None:
        """How old it says that it is; None where it was made for this request."""
        found: Mapping[str, int] | None = self.body["extensions"].get("kept")
        return None if found is None else found["age"]


class Connection:
    """One caller's."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """A new one."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, data: bytes) -> None:
        """Send these bytes."""
        self.writer.write(data)

    async def hear(self) -> Heard:
        """The next answer."""
        async with asyncio.timeout(20):
            head = await self.reader.readuntil(b"\r\n\r\n")
            first, _, rest = head.partition(b"\r\n")
            headers = BytesParser().parsebytes(rest)
            content = await self.reader.readexactly(int(headers["content-length"]))
        names = tuple(name.casefold() for name in headers.keys())  # noqa: SIM118  # it is no mapping
        return Heard(int(first.split()[1]), names, headers, content)

    async def ask(self, data: bytes) -> Heard:
        """Send a request and hear its answer."""
        self.send(data)
        return await self.hear()

    async def ended(self) -> bool:
        """Whether the other end hangs up, with nothing more to say."""
        async with asyncio.timeout(20):
            return await self.reader.read(1) == b""

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


class Never:
    """Nobody reads uvicorn's own log of requests, whatever handlers those who run the tests have set up."""

    def __get__(self, owner: object, kind: type | None = None) -> bool:
        return False

    def __set__(self, owner: object, value: bool) -> None: ...


@dataclass
class Served:
    """The gateway on a socket."""

    house: House
    repeats: Repeats
    port: int
    whole: int = 0
    """Requests that went the whole way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, counted."""
        self.whole += 1
        await self.house.app(scope, receive, send)

    async def learned(self, data: bytes) -> Heard:
        """What is answered to a request that is answered at once from now on: the last answer on the whole way."""
        caller = await Connection.open(self.port)
        for _ in range(2):
            heard = await caller.ask(data)
            assert heard.status == 200, heard.content
        caller.close()
        assert heard.kept == 0
        return heard


@asynccontextmanager
async def served(*, tracing: Tracing | None = None, quiet_seconds: int = 5) -> AsyncIterator[Served]:
    """The gateway while it is served; `quiet_seconds` are for connections on which nothing comes."""
    async with watched(tracing=tracing) as house:
        made = Served(house, Repeats(), 0)
        kind: Any = type("Quiet", (bounded(WireLimits()),), {"repeats": made.repeats, "access_log": Never()})
        config = uvicorn.Config(
            made, http=kind, access_log=False, log_level="warning", server_header=False, proxy_headers=False,
            timeout_keep_alive=quiet_seconds,
        )  # fmt: skip
        config.load()
        state = ServerState()
        state.default_headers = [(b"date", b"Sun, 15 Nov 2026 12:00:00 GMT")]
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: kind(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )
        made.port = server.sockets[0].getsockname()[1]
        try:
            yield made
        finally:
            server.close()
            for connection in list(state.connections):
                connection.transport.abort()
            if state.tasks:
                await asyncio.wait(set(state.tasks))
