"""One provider's real stack over its emulator, without a socket; every exchange is held against the contract."""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import Protocol, cast

import httpx
import strawberry
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.clock import ManualClock
from ledgermesh.demo import link_demo
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.ids import Shelf
from ledgermesh.engine.request import Terms
from ledgermesh.graph.catalogue import catalogue
from ledgermesh.model.platform import Connection, ConnectionState
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.world import World
from ledgermesh.spec.provider import Provider
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.registry import Registry
from ledgermesh.state.vault import Vault
from ledgermesh.upstream.call import Fresh, Link, Trace
from ledgermesh.upstream.stack import Stack, make_stack
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.contract.known import PROVIDERS
from tests.contract.small import small_world
from tests.sandbox.contracts import Contract
from tests.states import memory_state

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
SANDBOX = "http://sandbox"
TENANT = "demo"
SHOWN = catalogue(PROVIDERS)
KEY = "lm_demo_read"
ENVIRONMENT = "sandbox"


class Rig(Protocol):
    """What `tests/providers/<name>/rig.py` says of the provider's emulator: how tests turn its switches."""

    STEADY: frozenset[str]
    """Kinds whose records the emulator cannot spoil."""
    MODES: Mapping[str, Mapping[str, object]]
    """Other ways in which the provider may write the same records: switches of its emulator."""
    BELOW: str
    """Where the contract's paths begin below the emulator's own root; left out where they begin there."""

    def make(self, world: World, clock: ManualClock) -> Emulator: ...

    def page_size(self, emulator: Emulator, rows: int) -> None:
        """Never more rows in one answer, whatever is asked for."""

    def additive(self, emulator: Emulator) -> None:
        """Fields nobody knows in every record."""

    def override(self, emulator: Emulator, native_id: str, fields: dict[str, object]) -> None:
        """Fields shown instead of a record's own."""

    def replace(self, emulator: Emulator, native_id: str, value: object) -> None:
        """A value shown instead of a record."""

    def restore(self, emulator: Emulator) -> None:
        """Every record as it was."""

    def limit(self, emulator: Emulator, calls: int, seconds: int) -> None:
        """So many calls in so many seconds, then 429."""

    async def link(
        self, scheme: str, emulator: Emulator, books: Books
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Secrets and settings of a grant of this scheme, got as a person would get them."""


def rig(name: str) -> Rig:
    """The provider's rig."""
    return cast("Rig", importlib.import_module(f"tests.providers.{name}.rig"))


@cache
def contract(name: str) -> Contract:
    """The provider's contract; reading one takes a while."""
    return Contract(name, mount=f"{SANDBOX}/{name}{getattr(rig(name), 'BELOW', '')}")


Answering = Callable[[httpx.Request], httpx.Response | None]
Editing = Callable[[httpx.Response], httpx.Response]


@dataclass
class Line(httpx.AsyncBaseTransport):
    """The way to the emulator: keeps what went over it, and speaks in the provider's place when told to."""

    inner: httpx.AsyncBaseTransport
    contract: Contract
    clock: ManualClock
    seen: list[tuple[float, httpx.Request]] = field(default_factory=list)
    """Every request with the moment it came, epoch seconds."""
    statuses: list[int] = field(default_factory=list)
    answering: Answering | None = None
    """Answers in the provider's place; None from it lets the request through."""
    editing: Editing | None = None
    lax: bool = False
    """Whether nothing is held against the contract: the emulator was told to leave it, or too many calls are made."""
    in_flight: int = 0
    in_flight_max: int = 0
    _checked: set[str] = field(default_factory=set)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.seen.append((self.clock.now().timestamp(), request))
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight, self.in_flight_max)
        await asyncio.sleep(0)
        try:
            response = await self._answer(request)
        finally:
            self.in_flight -= 1
        self.statuses.append(response.status_code)
        return response

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if not self.lax:
            self.contract.check_request(request)
        spoken = self.answering(request) if self.answering is not None else None
        if spoken is not None:
            return spoken
        response = await self.inner.handle_async_request(request)
        await response.aread()
        self._check(request, response)
        return self.editing(response) if self.editing is not None and request.method == "GET" else response

    def _check(self, request: httpx.Request, response: httpx.Response) -> None:
        """Hold the first answer of each path and status against the contract: holding all of them takes long."""
        form = f"{re.sub(r'/[^/]*[0-9][^/]*', '/{id}', request.url.path)} {response.status_code}"
        if not self.lax and form not in self._checked:
            self._checked.add(form)
            self.contract.check_response(request, response)

    @property
    def signings(self) -> list[httpx.Request]:
        """The requests that asked for a token: all that is not a read."""
        return [request for _, request in self.seen if request.method != "GET"]

    @property
    def reads(self) -> list[httpx.Request]:
        return [request for _, request in self.seen if request.method == "GET"]


@dataclass
class Stand:
    """One provider: its emulator, the line to it, the stack above, and who is linked."""

    provider: Provider
    rig: Rig
    clock: ManualClock
    world: World
    emulator: Emulator
    line: Line
    grants: Vault
    stack: Stack
    links: Mapping[str, Link]
    """By company."""

    @property
    def companies(self) -> tuple[str, ...]:
        return tuple(self.links)

    def books(self, company: str | None = None) -> Books:
        return self.world.books[company or self.companies[0], self.provider.name]

    def link(self, company: str | None = None, *, tenant: str = TENANT, owner: str = TENANT) -> Link:
        return replace(self.links[company or self.companies[0]], tenant=tenant, owner=owner)

    def terms(self, *, seconds: float = 20.0) -> Terms:
        now = self.clock.monotonic()
        return Terms(now + seconds, now, Fresh(), Trace(), self.clock.now().date())

    def hub(
        self,
        company: str | None = None,
        *,
        tenant: str = TENANT,
        owner: str = TENANT,
        seconds: float = 20.0,
    ) -> Hub:
        """The books of a company (the first one by default) during one request."""
        link = self.link(company, tenant=tenant, owner=owner)
        shown = Connection(
            id=strawberry.ID(link.connection),
            provider=SHOWN[self.provider.name],
            company_key=company or self.companies[0],
            environment=ENVIRONMENT,
            state=ConnectionState.ACTIVE,
        )
        return Hub(
            self.stack, self.terms(seconds=seconds), link, shown,
            lambda kind, _: Shelf(lambda id: f"{kind}:{id}", lambda: None),
        )  # fmt: skip

    async def grant(self, company: str | None = None) -> Grant:
        """What is kept of the connection now."""
        found = await self.grants.find(TENANT, ENVIRONMENT, self.link(company).connection)
        assert found is not None
        return found

    async def change(self, grant: Grant, **secrets: str) -> None:
        """Keep this grant, with these secrets instead of its own."""
        hidden = {name: Secret(text) for name, text in secrets.items()}
        assert await self.grants.write(replace(grant, secrets={**grant.secrets, **hidden}))

    async def outlive(self, days: int = 3) -> None:
        """Let every token end at the provider while the grant believes that it lasts."""
        grant = await self.grant()
        await self.change(replace(grant, expires_at=self.clock.now() + dt.timedelta(days=9 * days)))
        self.clock.advance(days * 86_400)

    async def authorize(self, scheme: str) -> None:
        """Link the first company's books by this scheme instead."""
        company, old = self.companies[0], await self.grant()
        secrets, settings = await self.rig.link(scheme, self.emulator, self.books())
        hidden = {name: Secret(text) for name, text in secrets.items()}
        assert await self.grants.write(replace(old, scheme=scheme, secrets=hidden, expires_at=None))
        link = self.links[company]
        self.links = {**self.links, company: replace(link, settings={**link.settings, **settings})}
        self.line.seen.clear()


@asynccontextmanager
async def standing(name: str, *, now: dt.datetime = NOW) -> AsyncIterator[Stand]:
    """A provider's stand over the small world at a moment."""
    clock, world, provider = ManualClock(now), small_world(now.date()), PROVIDERS[name]
    made = rig(name).make(world, clock)
    state = memory_state(clock)
    await link_demo(state, world, {name: made}, SANDBOX)
    line = Line(httpx.ASGITransport(Starlette(routes=[Mount(f"/{name}", made.app)])), contract(name), clock)
    async with httpx.AsyncClient(transport=line) as client:
        stack = make_stack(clock=clock, random=Random(1), wire=HttpxWire(client), state=state)
        links = _links(state.registry, provider)
        yield Stand(provider, rig(name), clock, world, made, line, state.grants, stack, links)
        await stack.close()


def _links(registry: Registry, provider: Provider) -> dict[str, Link]:
    principal = registry.principal(KEY)
    assert principal is not None
    return {
        entry.company: Link(
            tenant=principal.tenant.id,
            environment=ENVIRONMENT,
            connection=entry.id,
            provider=provider,
            base_url=entry.base_url,
            settings=entry.settings,
            owner=entry.owner,
        )
        for company in registry.companies(principal)
        for entry in registry.connections(company)
    }
