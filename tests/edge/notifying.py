"""A gateway over Boss Insights' emulator, which posts its webhooks to the gateway's own address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.clock import ManualClock
from ledgermesh.demo import link_demo
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.handed import handed_routes
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.provider_hooks import hook_routes
from ledgermesh.edge.routes import application
from ledgermesh.gateway import Choices, Running, make_gateway
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.sandbox import kashoo
from ledgermesh.sandbox.bossinsights import BossInsights, Switches, make
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.state.base import Store
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, KeyEntry, TenantEntry, digest
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.shared import State, make_state
from ledgermesh.sync.records import Recent, Records
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.contract.small import small_world
from tests.harness import NOW, UNBOUND
from tests.shared import shared_providers, shared_schema
from tests.states import KEYS

GATEWAY, SANDBOX = "https://gateway.test", "http://sandbox"
PROVIDERS = discover(NAMES)
BOOKS = "bossinsights"
GUEST = "lm_guest"
"""A key of another tenant: the first company is shared with it, the second is not."""


@dataclass
class Replica:
    """One gateway over the shared store."""

    state: State
    running: Running
    http: httpx.AsyncClient

    async def ask(self, text: str, *, key: str = "lm_demo_admin", age: int = 0, **variables: Any) -> Any:
        """The data of an answer that may be so many seconds old."""
        answer = await self.http.post(
            "/graphql",
            json={"query": text, "variables": variables},
            headers={"Authorization": f"Bearer {key}", "Cache-Control": f"max-age={age}"},
        )
        assert "errors" not in answer.json(), answer.text
        return answer.json()["data"]


@dataclass
class Notifying:
    """Replicas, the emulator behind them, and what became of its webhooks."""

    clock: ManualClock
    emulator: BossInsights
    companies: tuple[str, ...]
    provider: httpx.AsyncClient
    replicas: list[Replica] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    _before: dict[int, int] = field(default_factory=dict)

    @property
    def first(self) -> Replica:
        return self.replicas[0]

    def entry(self, company: int = 0, provider: str = BOOKS) -> ConnectionEntry:
        """A connection as it is registered now."""
        found = self.first.state.registry.get(
            ConnectionEntry, "sandbox", f"{self.companies[company]}-{provider}"
        )
        assert found is not None
        return found

    def raised(self, company: int = 0) -> int:
        """How often answers of a connection were made wrong since the last `reset`."""
        return self._generation(company) - self._before.get(company, 0)

    def _generation(self, company: int) -> int:
        return self.first.state.registry.generation("sandbox", self.entry(company).id)

    async def reset(self) -> None:
        """Nothing was told, and there is room for everything."""
        for company in (0, 1):
            self._before[company] = self._generation(company)
            await Records(self.first.state.store).forget("sandbox", self.entry(company).id)
        self.clock.advance(60)
        for each in self.replicas:
            await each.state.directory.catch_up(0)

    async def recent(self, company: int = 0) -> Recent:
        """What is told of a connection."""
        return await Records(self.first.state.store).recent("sandbox", self.entry(company).id)

    async def url(self, company: int = 0, *, key: str = "lm_demo_write", provider: str = BOOKS) -> str | None:
        """The address to register, as callers are told it."""
        text = "query ($company: ID!) { company(key: $company) { connections { id hookUrl } } }"
        data = await self.first.ask(text, key=key, company=self.companies[company])
        id = f"{self.companies[company]}-{provider}"
        [found] = [each["hookUrl"] for each in data["company"]["connections"] if each["id"] == id]
        return str(found) if found is not None else None

    async def post(self, url: str | None, content: bytes = b"{}") -> httpx.Response:
        """A notification that anybody may send."""
        assert url is not None
        return await self.first.http.post(urlsplit(url).path, content=content)

    async def rename(self, id: int, name: str, company: int = 0) -> None:
        """Somebody changes a customer at the provider, which tells whoever listens."""
        settings = self.entry(company).settings
        answer = await self.provider.post(
            f"{urlsplit(self.entry(company).base_url).path}/customers/{id}",
            params={"X_ACCOUNT_KEY": settings["account_key"]},
            json={"name": name},
        )
        assert answer.status_code == 200, answer.text

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """What the emulator posts with."""
        answer = await self.first.http.post(urlsplit(url).path, content=body, headers=dict(headers))
        self.statuses.append(answer.status_code)
        return answer.status_code


@asynccontextmanager
async def notifying(
    clock: ManualClock | None = None,
    *,
    replicas: int = 1,
    public_url: str = GATEWAY,
    store: Store | None = None,
) -> AsyncIterator[Notifying]:
    """So many replicas; nothing follows the store but what a test starts."""
    clock = clock or ManualClock(NOW)
    world = small_world(NOW.date())
    told: list[Notifying] = []

    async def sender(url: str, headers: Mapping[str, str], body: bytes) -> int:
        return await told[0].send(url, headers, body)

    emulator = make(world, clock, switches=Switches(write_enabled=True), sender=sender)
    emulators: Mapping[str, Emulator] = {BOOKS: emulator, "kashoo": kashoo.make(world, clock)}
    companies = tuple(company for company, provider in world.books if provider == BOOKS)
    access = emulator.access(world.books[companies[0], BOOKS])
    sandbox = Starlette(routes=[Mount(f"/{name}", each.app) for name, each in emulators.items()])
    async with (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(sandbox),
            base_url=SANDBOX,
            auth=(access.secrets["user"], access.secrets["password"]),
        ) as provider,
        httpx.AsyncClient(transport=httpx.ASGITransport(sandbox), base_url=SANDBOX) as way,
    ):
        made = Notifying(clock, emulator, companies, provider)
        told.append(made)
        shared = store or MemoryStore(clock)
        for number in range(replicas):
            state = make_state(shared, KEYS, clock, rest_seconds=0.0)
            if number == 0:
                await link_demo(state, world, emulators, SANDBOX)
                await invite(state, companies[0])
            await state.directory.load()
            made.replicas.append(replica(state, clock, way, public_url))
        yield made
        for each in made.replicas:
            await each.http.aclose()
            await each.running.close()


def replica(state: State, clock: ManualClock, way: httpx.AsyncClient, public_url: str) -> Replica:
    """A gateway as it is served, with what providers call."""
    running = make_gateway(
        state=state, wire=HttpxWire(way), clock=clock, keys=KEYS, random=Random(1), choices=Choices(rate=UNBOUND),
        public_url=public_url, schema=shared_schema(), providers=shared_providers(),
    )  # fmt: skip
    app = application(
        answers=running.answers,
        who=Authenticator(state.registry, KEYS, clock),
        sdl=running.sdl,
        limits=Limits(),
        pages=[*hook_routes(state, PROVIDERS, KEYS, clock), *handed_routes(state.store, KEYS, clock)],
    )
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=GATEWAY)
    return Replica(state, running, http)


async def invite(state: State, company: str) -> None:
    """Another tenant, with a company of the first one's shared with it."""
    await state.directory.add(TenantEntry(id="guest", name="Guest", writes=True))
    await state.directory.add(
        KeyEntry(
            id="guest", digest=digest(GUEST), tenant="guest", environment="sandbox",
            scopes=frozenset(("api.read", "api.write", "admin")),
        )
    )  # fmt: skip
    place = CompanyEntry(key=company, name="", environment="sandbox", tenants=frozenset()).place
    await state.directory.change(
        CompanyEntry,
        place,
        lambda old: replace(old, tenants=old.tenants | {"guest"}) if old is not None else None,
    )
