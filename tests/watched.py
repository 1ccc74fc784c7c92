"""A gateway that is watched, as it is served: figures, traces or both, over emulated providers, without sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.app import beside, operations, web
from ledgermesh.clock import ManualClock
from ledgermesh.demo import link_demo
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.figures import Readers
from ledgermesh.edge.incoming import Limits
from ledgermesh.gateway import Choices, Running, make_gateway
from ledgermesh.metrics.page import Metrics
from ledgermesh.playground import PlaygroundConfig, read_examples
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.world import World
from ledgermesh.state.replicas import Replicas
from ledgermesh.tracing.options import Tracing
from ledgermesh.upstream.guard import make_guard
from ledgermesh.upstream.wire import Answer, Request, Unreachable
from ledgermesh.upstream.wire_http1 import GuardedWire
from ledgermesh.upstream.wire_httpx import HttpxWire
from ledgermesh.watches import Watches
from tests.harness import NOW, SANDBOX, UNBOUND, world_today
from tests.shared import shared_providers, shared_schema
from tests.states import KEYS, memory_state

BASE = "http://gateway.test"
READ = {"Authorization": "Bearer lm_demo_read"}
INVOICES = """query Open($company: ID!, $first: Int!) { company(key: $company) {
  invoices(first: $first) { nodes { number } sources { status } } } }"""
HERE = Readers()
"""Whoever asks from this machine."""
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@cache
def world() -> World:
    """One for all tests that only read."""
    return world_today()


class Line:
    """The wire to the emulators, which a test may cut; keeps the headers that went out."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._wire = HttpxWire(client)
        self.down: set[str] = set()
        self.headers: list[Mapping[str, str]] = []

    async def send(self, request: Request) -> Answer:
        self.headers.append(dict(request.headers))
        if any(f"/{name}/" in request.url for name in self.down):
            raise Unreachable("cut")
        return await self._wire.send(request)


@dataclass
class House:
    """The gateway with somebody to ask it."""

    clock: ManualClock
    running: Running
    app: Starlette
    line: Line
    http: httpx.AsyncClient

    async def ask(self, text: str, headers: Mapping[str, str] = READ, **variables: Any) -> Any:
        """The whole answer of one operation."""
        answer = await self.http.post(
            "/graphql", json={"query": text, "variables": variables}, headers=dict(headers)
        )
        return answer.json()

    async def page(self) -> str:
        """The figures, as whoever asks from this machine reads them."""
        answer = await self.http.get("/metrics")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def samples(self) -> Samples:
        """The figures by name and labels."""
        return samples(await self.page())


def samples(page: str) -> Samples:
    """Every sample of a page."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def figure(found: Samples, name: str, **labels: str) -> float:
    """The sum of all samples of a name that have these labels; 0 without any."""
    wanted = set(labels.items())
    return sum(value for (each, have), value in found.items() if each == name and wanted <= set(have))


@asynccontextmanager
async def watched(
    *,
    readers: Readers | None = HERE,
    tracing: Tracing | None = None,
    peer: str = "127.0.0.1",
    writes: bool = False,
) -> AsyncIterator[House]:
    """The gateway while it is served; `peer` is from where it is asked."""
    clock, made = ManualClock(NOW), world_today() if writes else world()
    emulators = make_sandbox(made, clock, turned={"write_enabled": True}).emulators
    providers = Starlette(routes=[Mount(f"/{name}", each.app) for name, each in emulators.items()])
    state, guarded = memory_state(clock), GuardedWire(make_guard())
    await link_demo(state, made, emulators, SANDBOX)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(providers), base_url=SANDBOX) as upstream:
        line = Line(upstream)
        running = make_gateway(
            state=state, wire=line, clock=clock, keys=KEYS, random=Random(1), choices=Choices(rate=UNBOUND),
            watches=Watches(
                metrics=Metrics() if readers is not None else None, readers=readers, tracing=tracing
            ),
            schema=shared_schema(), providers=shared_providers(),
        )  # fmt: skip
        app = web(
            running,
            limits=Limits(),
            playground=PlaygroundConfig(environment="sandbox", examples=read_examples(operations())),
            connect=ConnectParts(
                state=state, definitions={}, wire=line, clock=clock, keys=KEYS, public_url=""
            ),
            wires=(guarded,),
            work={},
        )
        beside(running, Replicas(state.store, clock), guarded)  # for its figures; nothing of it runs
        transport = httpx.ASGITransport(app, client=(peer, 4711))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=BASE) as http,
        ):
            yield House(clock, running, app, line, http)
