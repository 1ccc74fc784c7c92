"""What one call to a provider costs in CPU: `python -m tests.bench.calls [rounds] [calls]` prints two tables.

The first: the layers, from the wire upwards, over a wire that answers at once from memory; each line is what the layer
adds, as the best of the rounds. The second: wires over real sockets on loopback to an upstream in a process of its own,
one call after another, 16 at once, over TLS, and after a thousand calls that were given up. Everything is on that a
gateway has: figures, a grant in the store, budgets where a column says so, guarded addresses.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import importlib
import importlib.util
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
from msgspec import structs

from ledgermesh.clock import SystemClock
from ledgermesh.metrics.calls import CallFigures
from ledgermesh.sandbox.certificate import self_signed
from ledgermesh.settings import to_key
from ledgermesh.spec.budgets import Budget
from ledgermesh.spec.provider import Provider
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.shared import make_state
from ledgermesh.upstream.call import Call, Handler, Link, Trace
from ledgermesh.upstream.guard import make_guard
from ledgermesh.upstream.stack import Stack, make_stack
from ledgermesh.upstream.wire import Answer, Request, Wire
from ledgermesh.upstream.wire_http1 import GuardedWire
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.bench.books.oak.definition import PROVIDER

ROUNDS, CALLS = 15, 100
TOGETHER: Final = 16
STORM: Final = 1_000
ROW: Final = b'{"id":"inv-000000","number":"INV-20000","total":123.45}'
SMALL: Final = b'{"total":1,"rows":[%s]}' % ROW
LARGE: Final = b'{"total":1150,"rows":[%s]}' % b",".join([ROW] * 1_150)
BUDGETS: Final = tuple(Budget(calls=10**9, per_seconds=each, per="connection") for each in (60, 3_600))
HEADERS: Final = (("accept", "application/json"), ("user-agent", "ledgermesh"), ("x-oak-key", "oak"))

Asked = Callable[[], Awaitable[object]]


async def cpu_micros(asked: Asked, calls: int) -> float:
    """CPU microseconds of one, over so many one after another."""
    began = time.process_time()
    for _ in range(calls):
        await asked()
    return (time.process_time() - began) / calls * 1e6


async def best(ways: Sequence[Asked], rounds: int, calls: int) -> list[float]:
    """Of each way the best round; they take turns."""
    found: list[list[float]] = [[] for _ in ways]
    for each in ways:
        await each()
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for times, each in zip(found, ways, strict=True):
            times.append(await cpu_micros(each, calls))
    return [min(each) for each in found]


# -- layers ------------------------------------------------------------------------------------------------------------


class AtOnce:
    """A wire that has the answer already."""

    async def send(self, request: Request) -> Answer:
        """See Wire."""
        return Answer(200, {"content-type": "application/json"}, SMALL)


@asynccontextmanager
async def stack_over(
    wire: Wire, provider: Provider, url: str
) -> AsyncIterator[tuple[Stack, Callable[[], Call]]]:
    """A stack with a linked connection, and how to make a call of it."""
    clock = SystemClock()
    state = make_state(MemoryStore(clock), (to_key("a secret for measuring only"),), clock)
    await state.grants.write(
        Grant(
            tenant="bench", environment="sandbox", connection="oak-1", scheme="api_key",
            secrets={"api_key": Secret("oak")},
        )
    )  # fmt: skip
    stack = make_stack(clock=clock, random=Random(1), wire=wire, state=state, watches=(CallFigures(),))

    def made() -> Call:
        now = clock.monotonic()
        # A link is made once for each request, so here once for each call.
        return Call(
            link=Link("bench", "sandbox", "oak-1", provider, url), method="GET", path="/invoices",
            template="/invoices", deadline=now + 10, arrived=now, trace=Trace(), keep=False,
            query=(("limit", "100"), ("offset", "0"), ("order", "-day")),
        )  # fmt: skip

    yield stack, made
    await stack.close()


def handlers(stack: Stack) -> list[tuple[str, Handler]]:
    """Each layer with all below it, from the bottom."""
    found: list[tuple[str, Handler]] = []
    handler: Any = stack._handler
    while isinstance(handler, partial):
        found.append((type(handler.func.__self__).__name__.lower(), handler))  # type: ignore[attr-defined]  # a bound method
        handler = handler.keywords["send"]
    return [("send", handler), *reversed(found)]


async def layers(rounds: int, calls: int) -> None:
    """Print what each layer costs, without and with declared budgets."""
    columns: list[list[float]] = []
    names: list[str] = []
    for provider in (PROVIDER, replace(PROVIDER, budgets=BUDGETS)):
        async with stack_over(AtOnce(), provider, "http://127.0.0.1:9") as (stack, made):

            async def ask(handler: Handler, made: Callable[[], Call] = made) -> object:
                return await handler(made())

            async def nothing(made: Callable[[], Call] = made) -> object:
                return made()

            chain = handlers(stack)
            names = [name for name, _ in chain]
            found = await best([nothing, *(partial(ask, handler) for _, handler in chain)], rounds, calls)
            columns.append([after - before for before, after in pairwise(found)])
    print("\n| layer | µs | µs with two budgets |\n|---|---|---|")
    for name, plain, paced in zip(names, *columns, strict=True):
        print(f"| {name} | {plain:.0f} | {paced:.0f} |")
    print(f"| all | {sum(columns[0]):.0f} | {sum(columns[1]):.0f} |")


# -- wires -------------------------------------------------------------------------------------------------------------


class Answering(asyncio.Protocol):
    """Answers what was made before; what asks for `/hold` waits for ever."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._rest = transport, b""

    def data_received(self, data: bytes) -> None:
        """See Protocol."""
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            path, self._rest = self._rest.split(b" ", 2)[1], self._rest[end + 4 :]
            if not path.startswith(b"/hold"):
                body = LARGE if path.startswith(b"/large") else SMALL
                head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                self._transport.write(head % len(body) + body)


async def upstream(pem: str, pipe: Connection) -> None:
    """Serve over HTTP and HTTPS until the process ends."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    loop = asyncio.get_running_loop()
    plain = await loop.create_server(Answering, "127.0.0.1", 0, backlog=2_000)
    secure = await loop.create_server(Answering, "127.0.0.1", 0, ssl=tls)
    pipe.send([each.sockets[0].getsockname()[1] for each in (plain, secure)])
    await plain.serve_forever()


def served(pem: str, pipe: Connection) -> None:
    """The upstream's process."""
    asyncio.run(upstream(pem, pipe))


class Aiohttp:
    """aiohttp with all turned off that can be; only where it is installed."""

    def __init__(self, aiohttp: Any, tls: ssl.SSLContext) -> None:
        self._url: Any = importlib.import_module("yarl").URL
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=300, ssl=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10.0),
            skip_auto_headers=("User-Agent", "Accept"),
        )

    async def send(self, request: Request) -> Answer:
        """See Wire."""
        url = self._url(request.url, encoded=True)
        asked = self._session.request(request.method, url, headers=request.headers, allow_redirects=False)
        async with asked as answer:
            body = await answer.content.read()
            return Answer(answer.status, {name.lower(): each for name, each in answer.headers.items()}, body)

    async def close(self) -> None:
        """End its connections."""
        await self._session.close()


def candidates(tls: ssl.SSLContext) -> dict[str, Any]:
    """The wires by name."""
    wires: dict[str, Any] = {"http1 (production)": GuardedWire(make_guard(["127.0.0.0/8"]), tls=tls)}
    if importlib.util.find_spec("aiohttp") is not None:
        wires["aiohttp"] = Aiohttp(importlib.import_module("aiohttp"), tls)
    wires["httpx"] = HttpxWire(httpx.AsyncClient(verify=tls, timeout=30))
    return wires


async def together(wire: Wire, request: Request) -> None:
    """So many at once."""
    await asyncio.gather(*(wire.send(request) for _ in range(TOGETHER)))


async def storm(wire: Wire, url: str) -> str:
    """What is left after a thousand calls that were given up."""
    held = [asyncio.ensure_future(wire.send(get(f"{url}/hold/{number}"))) for number in range(STORM)]
    await asyncio.sleep(0.3)
    for each in held:
        each.cancel()
    await asyncio.wait(held)
    try:
        async with asyncio.timeout(3):
            return "works" if (await wire.send(get(f"{url}/small"))).status == 200 else "fails"
    except (TimeoutError, OSError) as error:
        return f"blocked ({type(error).__name__})"


def get(url: str) -> Request:
    """A GET as the stack makes it."""
    return Request(method="GET", url=url, headers=HEADERS)


async def wires(ports: Sequence[int], tls: ssl.SSLContext, rounds: int, calls: int) -> None:
    """Print what each wire costs."""
    plain, secure = f"http://127.0.0.1:{ports[0]}", f"https://127.0.0.1:{ports[1]}"
    asked = {
        f"{len(SMALL)} B": (f"{plain}/small", 1), f"{len(LARGE) // 1000} kB": (f"{plain}/large", 1),
        f"small, {TOGETHER} at once": (f"{plain}/small", TOGETHER), "small, TLS": (f"{secure}/small", 1),
        "large, TLS": (f"{secure}/large", 1),
    }  # fmt: skip
    found = candidates(tls)
    columns: list[list[float]] = []
    for url, many in asked.values():
        ways: list[Asked] = [
            partial(wire.send, get(url)) if many == 1 else partial(together, wire, get(url))
            for wire in found.values()
        ]
        columns.append([each / many for each in await best(ways, rounds, max(calls // many, 3))])
    print("\n| wire, CPU µs a call |", " | ".join(asked), f"| after {STORM} calls given up |")
    print("|---" * (len(asked) + 2) + "|")
    for name, costs in zip(found, zip(*columns, strict=True), strict=True):
        print(
            f"| {name} |",
            " | ".join(f"{each:.0f}" for each in costs),
            f"| {await storm(found[name], plain)} |",
        )
    await whole(plain, rounds, calls)
    for wire in found.values():
        if not isinstance(wire, HttpxWire):
            await wire.close()


async def whole(url: str, rounds: int, calls: int) -> None:
    """Print the stack over the wire: the whole of a call, until its document is there."""
    wire = GuardedWire(make_guard(["127.0.0.0/8"]))
    async with stack_over(wire, replace(PROVIDER, budgets=BUDGETS), url) as (stack, made):

        async def asked(path: str) -> object:
            return await stack(structs.replace(made(), path=path))

        many = [partial(asked, path) for path in ("/small", "/large")]
        small, large = await best(many, rounds, calls)
    await wire.close()
    print(f"\nthe whole of a call: {small:.0f} µs, of a large one {large:.0f} µs")


async def main(rounds: int, calls: int) -> None:
    """Measure and print."""
    await layers(rounds, calls)
    with TemporaryDirectory() as folder:
        pem = Path(folder) / "upstream.pem"
        made = self_signed(("127.0.0.1",), dt.datetime.now(dt.UTC))
        pem.write_bytes(made.key + made.pem)
        tls = ssl.create_default_context(cadata=made.pem.decode())
        here, there = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=served, args=(str(pem), there))
        process.start()
        try:
            await wires(here.recv(), tls, rounds, calls)
        finally:
            process.terminate()
            process.join()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        given = [int(each) for each in sys.argv[1:]]
        asyncio.run(main(*(given + [ROUNDS, CALLS][len(given) :])))
