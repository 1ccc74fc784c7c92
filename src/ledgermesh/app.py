"""The composition root: parts in, an application out. The only file that knows everything."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import structlog
from starlette.applications import Starlette

from ledgermesh.background import Background
from ledgermesh.clock import Clock
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from ledgermesh.engine.index import Indexes
from ledgermesh.errors import StateDown
from ledgermesh.graph.catalogue import catalogue
from ledgermesh.graph.context import Parts
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.schema import Gateway, make_schema
from ledgermesh.playground import (
    PlaygroundCompany,
    PlaygroundConfig,
    PlaygroundKey,
    read_examples,
    routes,
)
from ledgermesh.providers import discover
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.world import World, make_world
from ledgermesh.sandbox.world.companies import COMPANIES
from ledgermesh.settings import Settings, to_entries, to_grants, to_key, to_keys
from ledgermesh.spec.provider import Provider
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, Entry, KeyEntry, TenantEntry, digest
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.registry import Registry
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State, make_state
from ledgermesh.upstream.stack import make_stack
from ledgermesh.upstream.wire import Wire
from ledgermesh.upstream.wire_aiohttp import OwnWire

DEMO_KEYS = {
    "lm_demo_read": frozenset(("api.read",)),
    "lm_demo_write": frozenset(("api.read", "api.write")),
}
"""The demo's API keys and what they may do."""

DEMO_TENANT = TenantEntry(id="demo", name="Demo tenant")


@dataclass(frozen=True, kw_only=True)
class Running:
    """A gateway that answers, and how to end it."""

    answers: Gateway
    state: State
    sdl: str
    close: Callable[[], Awaitable[None]]


def make_gateway(
    *,
    state: State,
    wire: Wire,
    clock: Clock,
    keys: tuple[SealingKey, ...],
    random: Random,
    scan_pages_max: int = 200,
    cache_bytes_max: int = 32_000_000,
    definitions: Mapping[str, Provider] | None = None,
) -> Running:
    """The gateway over these connections; raises DefinitionError for a provider that contradicts itself.

    `definitions` are those of the providers here by default.
    """
    definitions = discover(NAMES) if definitions is None else definitions
    stack = make_stack(
        clock=clock, random=random, wire=wire, grants=state.grants, cache_bytes_max=cache_bytes_max
    )
    parts = Parts(
        state=state,
        definitions=definitions,
        providers=catalogue(definitions),
        send=stack,
        indexes=Indexes(clock),
        keys=keys,
        clock=clock,
        scan_pages_max=scan_pages_max,
    )
    schema = make_schema()
    return Running(
        answers=Gateway(schema, parts),
        state=state,
        sdl=schema.as_str(),
        close=stack.close,
    )


def operations() -> Path:
    """The example operations: beside the package when installed, at the top of a checkout."""
    inside = Path(__file__).parent / "operations"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "schema" / "operations"


def web(running: Running, *, limits: Limits, playground: PlaygroundConfig, wire: OwnWire) -> Starlette:
    """The gateway as an application with its playground; as the server stops, its calls and its wire end."""
    background = Background({"follow the store": running.state.directory.follow})

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with background.running():
            yield
        await running.close()
        await wire.close()
        await running.state.store.close()

    def trouble() -> str | None:
        try:
            running.state.registry.check()
        except StateDown as error:
            return error.message
        return f"ended: {', '.join(background.ended)}" if background.ended else None

    return application(
        answers=running.answers,
        registry=running.state.registry,
        sdl=running.sdl,
        limits=limits,
        pages=routes(playground),
        trouble=trouble,
        lifespan=lifespan,
    )


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The gateway over emulated providers, both ready to be served."""

    gateway: Starlette
    sandbox: Starlette


async def make_demo(*, clock: Clock, sandbox_url: str, scale: int = 0) -> Demo:
    """The demo: a world of books, the emulators that show them, and a gateway linked to all of them."""
    world = make_world(today=clock.now().date(), scale=scale)
    sandbox = make_sandbox(world, clock)
    tell_left_out(sandbox.emulators)
    keys = (to_key(secrets.token_hex(32)),)
    state = make_state(MemoryStore(clock), keys, clock)
    await link_demo(state, world, sandbox.emulators, sandbox_url)
    wire = OwnWire()
    running = make_gateway(state=state, wire=wire, clock=clock, keys=keys, random=Random())
    page = PlaygroundConfig(
        environment="sandbox",
        keys=(PlaygroundKey("Read only", "lm_demo_read"), PlaygroundKey("Read and write", "lm_demo_write")),
        companies=tuple(PlaygroundCompany(each.key, each.name) for each in _demo_companies(state.registry)),
        default_company="grand-tour",
        examples=read_examples(operations()),
    )
    return Demo(gateway=web(running, limits=Limits(), playground=page, wire=wire), sandbox=sandbox.app)


def tell_left_out(there: Container[str]) -> None:
    """Log the connections of the demo's companies whose provider is not there yet."""
    left_out = [
        f"{company.key}-{name}" for company in COMPANIES for name in company.books if name not in there
    ]
    if left_out:
        structlog.get_logger("ledgermesh").info("connections left out", connections=left_out)


def _demo_companies(registry: Registry) -> list[CompanyEntry]:
    principal = registry.principal("lm_demo_read")
    assert principal is not None, "the demo has this key"
    return registry.companies(principal)


async def make_served(settings: Settings, *, environ: Mapping[str, str], clock: Clock) -> Starlette:
    """The gateway over the operator's connections; raises ConfigurationError."""
    definitions = discover(NAMES)
    keys = to_keys(settings)
    state = make_state(MemoryStore(clock), keys, clock)
    for entry in to_entries(settings, definitions, environ):
        await state.directory.add(entry)
    for grant in to_grants(settings, environ):
        await state.grants.write(grant)
    wire = OwnWire()
    running = make_gateway(
        state=state, wire=wire, clock=clock, keys=keys, random=Random(),
        scan_pages_max=settings.server.scan_pages_max, cache_bytes_max=settings.server.cache_bytes_max,
    )  # fmt: skip
    limits = Limits(
        body_bytes_max=settings.server.body_bytes_max,
        timeout_seconds=settings.server.request_seconds,
        timeout_seconds_max=settings.server.request_seconds_max,
    )
    page = PlaygroundConfig(environment="live", examples=read_examples(operations()))
    return web(running, limits=limits, playground=page, wire=wire)


def demo_connection(company: str, provider: str) -> str:
    """The id of a demo connection."""
    return f"{company}-{provider}"


async def link_demo(state: State, world: World, emulators: Mapping[str, Emulator], sandbox_url: str) -> None:
    """Register the demo's tenant, keys and companies, and link every set of books whose emulator is there."""
    for entry in demo_entries(world):
        await state.directory.add(entry)
    for (company, provider), books in world.books.items():
        if provider not in emulators:
            continue
        access, id = emulators[provider].access(books), demo_connection(company, provider)
        await state.directory.add(
            ConnectionEntry(
                id=id,
                company=company,
                provider=provider,
                environment="sandbox",
                base_url=f"{sandbox_url}/{provider}{access.base_path}",
                scheme=access.scheme,
                settings={"currency": books.currency} | dict(access.settings),
                owner=DEMO_TENANT.id,
            )
        )
        kept = {name: Secret(value) for name, value in access.secrets.items()}
        await state.grants.write(
            Grant(
                tenant=DEMO_TENANT.id,
                environment="sandbox",
                connection=id,
                scheme=access.scheme,
                secrets=kept,
            )
        )


def demo_entries(world: World) -> list[Entry]:
    """The demo's tenant, keys and companies."""
    names = {books.company: books.name for books in world.books.values()}
    return [
        DEMO_TENANT,
        *(
            KeyEntry(id=key, digest=digest(key), tenant=DEMO_TENANT.id, environment="sandbox", scopes=scopes)
            for key, scopes in DEMO_KEYS.items()
        ),
        *(
            CompanyEntry(
                key=key,
                name=name,
                environment="sandbox",
                tenants=frozenset((DEMO_TENANT.id,)),
                owner=DEMO_TENANT.id,
            )
            for key, name in names.items()
        ),
    ]
