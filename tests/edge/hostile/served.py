"""The gateway that hostile requests go to: a process of its own, `python -m tests.edge.hostile.served`.

It prints one line of JSON: its ports, tokens that are good, and what nobody may ever see. Its log is on stderr. Under
`/state` of the control port it tells how many tasks run, and for how long at most nothing else could run lately.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ledgermesh import telemetry
from ledgermesh.app import beside, operations, web
from ledgermesh.clock import ManualClock, SystemClock
from ledgermesh.demo import LOOPBACK, link_demo
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.drain import Drain
from ledgermesh.edge.figures import Readers
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.mcp.mount import McpEndpoint
from ledgermesh.edge.transport.values import Transport
from ledgermesh.edge.transport.wire import WireLimits
from ledgermesh.engine.ids import Ids
from ledgermesh.gateway import Choices, make_gateway
from ledgermesh.graph.kinds import NAMES
from ledgermesh.metrics.page import Metrics
from ledgermesh.playground import PlaygroundConfig
from ledgermesh.providers import discover
from ledgermesh.sandbox.app import Sandbox, make_sandbox
from ledgermesh.sandbox.world import World, make_world
from ledgermesh.server import Site, serve
from ledgermesh.spec.query import Ref
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, KeyEntry, TenantEntry, digest
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.replicas import Replicas
from ledgermesh.state.shared import State, make_state
from ledgermesh.upstream.guard import make_guard
from ledgermesh.upstream.wire_http1 import GuardedWire
from ledgermesh.watches import Watches
from tests.bench.documents import Watchdog
from tests.edge.vouching import Login, issuers
from tests.harness import UNBOUND
from tests.ports import free_ports
from tests.states import KEYS

RIVAL: Final = "Zanzibar Canary Holdings"
RIVAL_SECRET: Final = "canary-secret-of-the-rival"
WIRE: Final = WireLimits(head_seconds=2.0, body_seconds=2.0, stalled_seconds=2.0)


@dataclass
class Control:
    """What a test sees of the process."""

    watchdog: Watchdog

    async def state(self, request: Request) -> JSONResponse:
        """How it is, since it was last asked."""
        longest, self.watchdog.longest = self.watchdog.longest, 0.0
        return JSONResponse({"tasks": len(asyncio.all_tasks()), "held_ms": longest * 1000})


async def link_rival(state: State, sandbox_url: str) -> dict[str, str]:
    """Another tenant with a company; ids of a record of theirs, as they and as we would be shown it."""
    await state.directory.add(TenantEntry(id="rival", name=RIVAL))
    scopes = frozenset(("api.read", "api.write", "admin"))
    await state.directory.add(
        KeyEntry(
            id="lm_rival", digest=digest("lm_rival"), tenant="rival", environment="sandbox", scopes=scopes
        )
    )
    tenants = frozenset(("rival",))
    await state.directory.add(
        CompanyEntry(key="zanzibar", name=RIVAL, environment="sandbox", tenants=tenants, owner="rival")
    )
    await state.directory.add(
        ConnectionEntry(
            id="zanzibar-oak", company="zanzibar", provider="oak", environment="sandbox",
            base_url=f"{sandbox_url}/oak", scheme="api_key", settings={}, owner="rival",
        )
    )  # fmt: skip
    secret = {"api_key": Secret(RIVAL_SECRET)}
    await state.grants.write(
        Grant(
            tenant="rival", environment="sandbox", connection="zanzibar-oak", scheme="api_key", secrets=secret
        )
    )
    shown = {
        tenant: Ids(KEYS, tenant=tenant, environment="sandbox").seal(Ref("Invoice", "zanzibar-oak", "1"))
        for tenant in ("rival", "demo")
    }
    return {"theirs": shown["rival"], "theirs_as_ours": shown["demo"]}


def canaries(world: World, sandbox: Sandbox) -> list[str]:
    """Every secret of a connection, and names of another tenant."""
    found = {RIVAL, RIVAL_SECRET, KEYS[0].secret.decode()}
    for (_, provider), books in world.books.items():
        if provider in sandbox.emulators:
            found |= set(sandbox.emulators[provider].access(books).secrets.values())
    return sorted(each for each in found if len(each) > 7)


async def make(url: str, sandbox_url: str, drain: Drain) -> tuple[Starlette, Starlette, dict[str, Any]]:
    """The gateway, the emulators behind it, and what a test knows of both."""
    clock = SystemClock()
    world = make_world(today=clock.now().date())
    sandbox = make_sandbox(world, clock, turned={"write_enabled": True})
    state = make_state(MemoryStore(clock), KEYS, clock)
    await link_demo(state, world, sandbox.emulators, sandbox_url)
    rival = await link_rival(state, sandbox_url)
    guard = make_guard(LOOPBACK)
    wire, definitions = GuardedWire(guard), discover(NAMES)
    running = make_gateway(
        state=state, wire=wire, clock=clock, keys=KEYS, random=Random(1), guard=guard, public_url=url,
        choices=Choices(rate=UNBOUND),
        watches=Watches(metrics=Metrics(), readers=Readers()),
    )  # fmt: skip
    login = Login(ManualClock(clock.now()))
    connect = ConnectParts(
        state=state, definitions=definitions, wire=wire, clock=clock, keys=KEYS, public_url=url, bases={}
    )
    gateway = web(
        running, limits=Limits(), playground=PlaygroundConfig(environment="sandbox"), connect=connect, wires=(wire,),
        work=beside(running, Replicas(state.store, clock), wire),
        mcp=McpEndpoint(lambda: running.sdl, operations(), unasked=False, waiting=False), drain=drain,
        transport=Transport(plain_http=True, hosts=("gateway.test",)),
        issuers=issuers(login, state.registry), origins=frozenset(("https://books.example",)),
    )  # fmt: skip
    known = {
        "canaries": canaries(world, sandbox),
        **rival,
        "jwt": login.token(org="demo"),
        "jwt_elsewhere": login.token(org="rival", aud="somebody-else"),
        "jwt_old": login.token(org="demo", exp=1_000_000_000),
    }
    return gateway, sandbox.app, known


async def main() -> None:
    """Serve until it is told to stop."""
    port, behind, control = free_ports(3)
    drain, watchdog = Drain(), Watchdog()
    gateway, sandbox, known = await make(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{behind}", drain)
    state = Starlette(routes=[Route("/state", Control(watchdog).state)])
    watching = asyncio.create_task(watchdog.run())

    def started(ports: list[int]) -> None:
        gc.collect()
        watchdog.longest = 0.0
        print(json.dumps({"port": port, "control": control, **known, "at": time.time()}), flush=True)

    sites = [
        Site(sandbox, "127.0.0.1", behind),
        Site(state, "127.0.0.1", control),
        Site(gateway, "127.0.0.1", port, drain=drain, wire=WIRE),
    ]
    await serve(sites, started=started)
    watching.cancel()


if __name__ == "__main__":
    telemetry.configure(stream=sys.stderr)
    asyncio.run(main())
