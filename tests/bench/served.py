"""What the benchmark starts, one process each: `python -m tests.bench.served upstream|gateway|plain PORT …`.

`upstream` answers as Oak Books does from bytes made before; `gateway` is ours over it, with everything on that a
gateway in production has; `plain` is what an engineer writes with Strawberry, httpx and a DataLoader and nothing else.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import httpx
import strawberry
from aiodataloader import DataLoader
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

from ledgermesh.app import web
from ledgermesh.clock import SystemClock
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.incoming import Limits
from ledgermesh.gateway import Choices, make_gateway
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.kinds import NAMES
from ledgermesh.playground import PlaygroundConfig
from ledgermesh.providers import discover
from ledgermesh.server import Site, serve
from ledgermesh.settings import to_key
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, KeyEntry, TenantEntry, digest
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.shared import State, make_state
from ledgermesh.upstream.guard import make_guard
from ledgermesh.upstream.wire_aiohttp import GuardedWire

KEY = "lm_bench"
INVOICES, CONTACTS, LINES = 100, 60, 5
COMPANIES = 8
"""One for each caller: the gateway joins equal calls of one company that are in flight, which nobody else does."""
LAST = dt.date(2026, 11, 20)

# -- the provider ------------------------------------------------------------------------------------------------------


def _line(random: Random, number: int) -> dict[str, Any]:
    quantity, cents = random.randint(1, 20), random.randint(100, 90_000)
    return {
        "description": f"Consulting and support, item {number}",
        "quantity": quantity,
        "unitPrice": cents / 100,
        "amount": quantity * cents / 100,
    }


def _invoice(random: Random, number: int) -> dict[str, Any]:
    lines = [_line(random, each) for each in range(LINES)]
    return {
        "id": f"inv-{number:06d}",
        "number": f"INV-{20_000 - number}",
        "issueDate": (LAST - dt.timedelta(days=number)).isoformat(),
        "status": "AUTHORISED",
        "currency": "GBP",
        "total": round(sum(each["amount"] for each in lines), 2),
        "contactId": f"c{number % CONTACTS}",
        "lineItems": lines,
    }


def _contact(number: int) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "name": f"Customer {number} Ltd",
        "email": f"billing{number}@customer{number}.example",
        "phone": f"+44 20 7946 {number:04d}",
        "status": "ACTIVE",
    }


def _message(value: object) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )


class Upstream(asyncio.Protocol):
    """Answers each request with bytes that were made before."""

    def __init__(self, pages: Mapping[bytes, bytes], counts: dict[str, int]) -> None:
        self._pages, self._counts = pages, counts
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See Protocol."""
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            path = self._rest[: self._rest.find(b"\r\n")].split(b" ")[1]
            self._rest = self._rest[end + 4 :]
            if path == b"/count":
                self._transport.write(_message(self._counts["calls"]))
                continue
            self._counts["calls"] += 1
            one = b"limit=1&" in path + b"&"
            name = b"contacts" if path.startswith(b"/contacts") else b"one" if one else b"invoices"
            self._transport.write(self._pages[name])


async def serve_upstream(port: int) -> None:
    """Until the process ends."""
    random = Random(7)
    invoices = [_invoice(random, number) for number in range(INVOICES)]
    contacts = [_contact(number) for number in range(CONTACTS)]
    pages = {
        b"invoices": _message({"total": INVOICES, "rows": invoices}),
        b"one": _message({"total": INVOICES, "rows": invoices[:1]}),
        b"contacts": _message({"total": CONTACTS, "rows": contacts}),
    }
    counts = {"calls": 0}
    server = await asyncio.get_running_loop().create_server(
        lambda: Upstream(pages, counts), "127.0.0.1", port
    )
    await server.serve_forever()


# -- ours --------------------------------------------------------------------------------------------------------------


async def _link(state: State, name: str, upstream: str) -> None:
    """A company with books at Oak Books."""
    tenants = frozenset(("bench",))
    await state.directory.add(CompanyEntry(key=name, name="Shop", environment="sandbox", tenants=tenants))
    await state.directory.add(
        ConnectionEntry(
            id=f"{name}-oak", company=name, provider="oak", environment="sandbox", base_url=upstream,
            scheme="api_key", settings={}, owner="bench",
        )
    )  # fmt: skip
    await state.grants.write(
        Grant(
            tenant="bench", environment="sandbox", connection=f"{name}-oak", scheme="api_key",
            secrets={"api_key": Secret("oak")},
        )
    )  # fmt: skip


async def make_ours(upstream: str, *, compiled: bool) -> Starlette:
    """The gateway as `ledgermesh serve` makes it, over Oak Books."""
    clock, keys = SystemClock(), (to_key("a secret for measuring only"),)
    definitions = discover(NAMES, package="tests.bench.books")
    state = make_state(MemoryStore(clock), keys, clock)
    await state.directory.add(TenantEntry(id="bench", name="Bench"))
    await state.directory.add(
        KeyEntry(
            id="bench", digest=digest(KEY), tenant="bench", environment="sandbox",
            scopes=frozenset(("api.read",)), name="Bench", companies=None, expires_at=None,
            requests_per_second=1_000_000,
        )
    )  # fmt: skip
    for number in range(COMPANIES):
        await _link(state, f"shop-{number}", upstream)
    guard = make_guard(["127.0.0.0/8"])
    wire = GuardedWire(guard)
    running = make_gateway(
        state=state, wire=wire, clock=clock, keys=keys, random=Random(1), definitions=definitions, guard=guard,
        choices=Choices(compiling=Compiling(on=compiled)),
    )  # fmt: skip
    connect = ConnectParts(
        state=state, definitions=definitions, wire=wire, clock=clock, keys=keys, public_url="", bases={}
    )
    return web(
        running, limits=Limits(), playground=PlaygroundConfig(environment="sandbox"), connect=connect,
        wires=(wire,), work={},
    )  # fmt: skip


# -- plain Strawberry --------------------------------------------------------------------------------------------------


@strawberry.type
class Money:
    amount: Decimal
    currency: str


@strawberry.type
class Contact:
    id: strawberry.ID
    display_name: str
    email: str | None


@strawberry.type
class Line:
    description: str
    quantity: Decimal
    unit_price: Money
    net: Money


@strawberry.type
class Invoice:
    id: strawberry.ID
    number: str
    date: dt.date
    total: Money
    lines: list[Line]
    contact_id: strawberry.Private[str]

    @strawberry.field
    async def party(self, info: strawberry.Info) -> Contact | None:
        found: Contact | None = await info.context["contacts"].load(self.contact_id)
        return found


@strawberry.type
class Query:
    @strawberry.field
    async def invoices(self, info: strawberry.Info, first: int, search: str | None = None) -> list[Invoice]:
        client: httpx.AsyncClient = info.context["client"]
        rows = (await client.get(f"/invoices?limit={first}")).json(parse_float=Decimal)["rows"]
        return [_made(row) for row in rows]


def _made(row: Mapping[str, Any]) -> Invoice:
    def money(amount: Any) -> Money:
        return Money(amount=Decimal(amount), currency=row["currency"])

    lines = [
        Line(
            description=each["description"], quantity=Decimal(each["quantity"]),
            unit_price=money(each["unitPrice"]), net=money(each["amount"]),
        )
        for each in row["lineItems"]
    ]  # fmt: skip
    return Invoice(
        id=row["id"], number=row["number"], date=dt.date.fromisoformat(row["issueDate"]),
        total=money(row["total"]), lines=lines, contact_id=row["contactId"],
    )  # fmt: skip


class Plain(GraphQL[dict[str, Any], None]):
    """Strawberry's own view with a client and a loader."""

    client: httpx.AsyncClient

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        """A request's own loader."""

        async def load(keys: list[str]) -> list[Contact | None]:
            rows = (await self.client.get(f"/contacts?ids={','.join(keys)}")).json()["rows"]
            found = {
                row["id"]: Contact(id=row["id"], display_name=row["name"], email=row["email"]) for row in rows
            }
            return [found.get(key) for key in keys]

        return {"client": self.client, "contacts": DataLoader(batch_load_fn=load)}


def make_plain(upstream: str) -> Starlette:
    """The same work without a gateway's duties."""
    view = Plain(strawberry.Schema(query=Query))
    view.client = httpx.AsyncClient(base_url=upstream)
    return Starlette(routes=[Route("/graphql", view)])


# -- processes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """The command line."""

    what: str
    port: int
    core: int
    upstream: str = ""


async def run(told: Told) -> None:
    """Serve until the process ends."""
    if told.what == "upstream":
        await serve_upstream(told.port)
        return
    app = (
        make_plain(told.upstream)
        if told.what == "plain"
        else await make_ours(told.upstream, compiled=told.what == "compiled")
    )
    await serve([Site(app, "127.0.0.1", told.port)], started=lambda ports: None)


def main() -> None:
    """Read the command line and serve."""
    what, port, core, *rest = sys.argv[1:]
    told = Told(what, int(port), int(core), *rest)
    os.sched_setaffinity(0, {told.core})
    with suppress(KeyboardInterrupt):
        asyncio.run(run(told))


if __name__ == "__main__":
    main()
