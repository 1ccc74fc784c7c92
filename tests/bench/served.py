"""What the benchmark starts, one process each: `python -m tests.bench.served WHAT PORT URL …`.

`compiled` and `interpreted` are ours over Oak Books, with everything on that a gateway in production has: a key of a
tenant, its companies, limits, masked errors, request lines and figures. `wide` is ours with companies whose books lie
with five providers, one at each URL. `plain` is what an engineer writes with Strawberry, httpx and a DataLoader.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

import uvicorn
from starlette.applications import Starlette

from ledgermesh import telemetry
from ledgermesh.app import beside, web
from ledgermesh.clock import SystemClock
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.figures import Readers
from ledgermesh.edge.incoming import Limits
from ledgermesh.gateway import Choices, make_gateway
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.kinds import NAMES
from ledgermesh.playground import PlaygroundConfig
from ledgermesh.providers import discover
from ledgermesh.server import Site, serve, uncollected
from ledgermesh.settings import to_key, to_loop
from ledgermesh.settings.values import Server
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, KeyEntry, TenantEntry, digest
from ledgermesh.state.limits import Rate
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.replicas import Replicas
from ledgermesh.state.shared import State, make_state
from ledgermesh.upstream.guard import make_guard
from ledgermesh.upstream.wire_http1 import GuardedWire
from ledgermesh.watches import make_watches
from tests.bench.plain import make_plain
from tests.bench.provider import BOOKS

KEY: Final = "lm_bench"
COMPANIES: Final = BOOKS
WIDE: Final = 40
"""Companies with books at five providers."""
RATE: Final = 1_000_000.0
"""Operations a second that the limits let through: counted like any other, and never reached."""


@dataclass(frozen=True)
class Link:
    """Books of a company at a provider."""

    company: str
    provider: str
    url: str


def shops(upstream: str) -> Iterator[Link]:
    """Companies with books of their own at Oak Books."""
    return (Link(f"shop-{each}", "oak", f"{upstream}/books/{each}") for each in range(COMPANIES))


def wide(names: Sequence[str], upstreams: Sequence[str]) -> Iterator[Link]:
    """Companies with books at every provider."""
    for company in range(WIDE):
        for name, upstream in zip(names, upstreams, strict=True):
            yield Link(f"wide-{company}", name, f"{upstream}/books/{company}")


async def _link(state: State, link: Link) -> None:
    id = f"{link.company}-{link.provider}"
    await state.directory.add(
        ConnectionEntry(
            id=id, company=link.company, provider=link.provider, environment="sandbox", base_url=link.url,
            scheme="api_key", settings={}, owner="bench",
        )
    )  # fmt: skip
    await state.grants.write(
        Grant(
            tenant="bench", environment="sandbox", connection=id, scheme="api_key",
            secrets={"api_key": Secret("oak")},
        )
    )  # fmt: skip


async def _fill(state: State, links: Sequence[Link]) -> None:
    """A tenant with a key, and these companies."""
    tenants = frozenset(("bench",))
    await state.directory.add(TenantEntry(id="bench", name="Bench"))
    await state.directory.add(
        KeyEntry(
            id="bench", digest=digest(KEY), tenant="bench", environment="sandbox",
            scopes=frozenset(("api.read",)), name="Bench", companies=None, expires_at=None,
            requests_per_second=RATE,
        )
    )  # fmt: skip
    for name in dict.fromkeys(link.company for link in links):
        await state.directory.add(CompanyEntry(key=name, name="Shop", environment="sandbox", tenants=tenants))
    for link in links:
        await _link(state, link)


async def make_ours(links: Sequence[Link], *, compiled: bool) -> Starlette:
    """The gateway as `ledgermesh serve` makes it, over the definitions in `tests/bench/books`."""
    clock, keys = SystemClock(), (to_key("a secret for measuring only"),)
    definitions = discover(NAMES, package="tests.bench.books")
    state = make_state(MemoryStore(clock), keys, clock)
    await _fill(state, links)
    guard = make_guard(["127.0.0.0/8"])
    wire, hooks, replicas = GuardedWire(guard), GuardedWire(guard), Replicas(state.store, clock)
    running = make_gateway(
        state=state, wire=wire, clock=clock, keys=keys, random=Random(1), definitions=definitions, guard=guard,
        replicas=lambda: replicas.count, watches=make_watches(Readers(), None, clock),
        choices=Choices(compiling=Compiling(on=compiled), rate=Rate(per_second=RATE, burst=int(RATE))),
    )  # fmt: skip
    connect = ConnectParts(
        state=state, definitions=definitions, wire=wire, clock=clock, keys=keys, public_url="", bases={}
    )
    return web(
        running, limits=Limits(), playground=PlaygroundConfig(environment="sandbox"), connect=connect,
        wires=(wire, hooks), work=beside(running, replicas, hooks),
    )  # fmt: skip


async def ours(what: str, upstreams: Sequence[str]) -> Starlette:
    """The gateway of this name."""
    if what == "wide":
        names = sorted(discover(NAMES, package="tests.bench.books"))
        return await make_ours(list(wide(names, upstreams)), compiled=True)
    return await make_ours(list(shops(upstreams[0])), compiled=what == "compiled")


async def run(what: str, port: int, upstreams: Sequence[str]) -> None:
    """Serve ours until the process ends."""
    with uncollected():
        app = await ours(what, upstreams)
    await serve([Site(app, "127.0.0.1", port)], started=lambda ports: None, lasting=True)


def main() -> None:
    """Read the command line and serve, each as it is served where nobody chose anything."""
    what, port, *upstreams = sys.argv[1:]
    if what == "plain":
        uvicorn.run(make_plain(upstreams[0]), port=int(port), log_level="warning", access_log=False)
        return
    telemetry.configure(stream=sys.stderr)
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=to_loop(Server())) as runner:
        runner.run(run(what, int(port), upstreams))


if __name__ == "__main__":
    main()
