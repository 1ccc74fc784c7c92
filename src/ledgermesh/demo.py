"""The demo: the gateway over emulated providers, all in one process."""

from __future__ import annotations

import secrets
from collections.abc import Container, Mapping
from dataclasses import replace
from random import Random

import structlog
from msgspec import Struct
from starlette.applications import Starlette

from ledgermesh.app import beside, operations, web
from ledgermesh.clock import Clock
from ledgermesh.edge.connect.parts import CALLBACK_PATH, ConnectParts
from ledgermesh.edge.drain import Drain
from ledgermesh.edge.figures import Readers
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.mcp.extra import installed
from ledgermesh.edge.mcp.mount import McpEndpoint
from ledgermesh.edge.transport.values import Transport
from ledgermesh.gateway import make_gateway
from ledgermesh.graph.kinds import NAMES
from ledgermesh.metrics.page import Metrics
from ledgermesh.playground import PlaygroundCompany, PlaygroundConfig, PlaygroundKey, read_examples
from ledgermesh.providers import discover
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.emulator import Emulator, oauth_client
from ledgermesh.sandbox.world import World, make_world
from ledgermesh.sandbox.world.companies import COMPANIES
from ledgermesh.settings import to_key
from ledgermesh.state.allowances import keep_sandbox_addresses, sandbox_addresses
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, Entry, KeyEntry, TenantEntry, digest
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.registry import Registry
from ledgermesh.state.replicas import Replicas
from ledgermesh.state.shared import State, make_state
from ledgermesh.upstream.guard import make_guard
from ledgermesh.upstream.renewal import EVERYBODY
from ledgermesh.upstream.wire_http1 import GuardedWire
from ledgermesh.watches import Watches

DEMO_KEYS = {
    "lm_demo_read": frozenset(("api.read",)),
    "lm_demo_write": frozenset(("api.read", "api.write")),
    "lm_demo_admin": frozenset(("api.read", "api.write", "admin")),
}
"""The demo's API keys and what they may do."""

LOOPBACK = ("127.0.0.0/8", "::1/128")
"""Where the emulators are; nothing else of this machine or its network may be called."""

DEMO_TENANT = TenantEntry(id="demo", name="Demo tenant", writes=True)


class Demo(Struct, frozen=True, kw_only=True):
    """The gateway over emulated providers, both ready to be served."""

    gateway: Starlette
    sandbox: Starlette


async def make_demo(
    *, clock: Clock, sandbox_url: str, public_url: str = "", scale: int = 0, drain: Drain | None = None
) -> Demo:
    """The demo: a world of books, the emulators that show them, and a gateway linked to all of them."""
    world = make_world(today=clock.now().date(), scale=scale)
    # Its tenants have the feature to write, where a provider has it switched on for each.
    sandbox = make_sandbox(world, clock, turned={"write_enabled": True})
    tell_left_out(sandbox.emulators)
    keys = (to_key(secrets.token_hex(32)),)
    state = make_state(MemoryStore(clock), keys, clock)
    await link_demo(state, world, sandbox.emulators, sandbox_url)
    if public_url:
        guest = replace(DEMO_TENANT, allowed_urls=(public_url,))
        await state.directory.change(TenantEntry, guest.place, lambda _: guest)
        await register_clients(state, sandbox.emulators, f"{public_url}{CALLBACK_PATH}")
    await keep_sandbox_addresses(state.store, addresses(world, sandbox.emulators, sandbox_url))
    guard = make_guard(LOOPBACK)
    wire = GuardedWire(guard)
    running = make_gateway(
        state=state,
        wire=wire,
        clock=clock,
        keys=keys,
        random=Random(),
        guard=guard,
        public_url=public_url,
        watches=Watches(metrics=Metrics(), readers=Readers()),
    )
    page = PlaygroundConfig(
        environment="sandbox",
        keys=(
            PlaygroundKey("Read only", "lm_demo_read"),
            PlaygroundKey("Read and write", "lm_demo_write"),
            PlaygroundKey("Administer", "lm_demo_admin"),
        ),
        companies=tuple(PlaygroundCompany(each.key, each.name) for each in _demo_companies(state.registry)),
        default_company="grand-tour",
        examples=read_examples(operations()),
    )
    work = beside(running, Replicas(state.store, clock), wire)
    connect = ConnectParts(
        state=state, definitions=discover(NAMES), wire=wire, clock=clock, keys=keys, public_url=public_url,
        bases=await sandbox_addresses(state.store),
    )  # fmt: skip
    mcp = McpEndpoint(lambda: running.sdl, operations(), unasked=False) if installed() else None
    gateway = web(
        running,
        limits=Limits(),
        playground=page,
        connect=connect,
        wires=(wire,),
        work=work,
        mcp=mcp,
        drain=drain,
        transport=Transport(plain_http=True),  # its keys are printed for everybody, its books made up
    )
    return Demo(gateway=gateway, sandbox=sandbox.app)


async def register_clients(state: State, emulators: Mapping[str, Emulator], redirect_uri: str) -> None:
    """Have the gateway's own app registered with every emulated provider that has a consent page."""
    for name, emulator in emulators.items():
        client = oauth_client(emulator, redirect_uri)
        if client is not None:
            kept = {"client_id": Secret(client.client_id), "client_secret": Secret(client.client_secret)}
            await state.clients.write(
                Grant(tenant=EVERYBODY, environment="sandbox", connection=name, scheme="oauth2", secrets=kept)
            )


def addresses(world: World, emulators: Mapping[str, Emulator], sandbox_url: str) -> Mapping[str, str]:
    """Where each provider's emulator is, with `{setting}` where its address depends on the books."""
    found: dict[str, str] = {}
    for (_, provider), books in world.books.items():
        if provider in emulators:
            access = emulators[provider].access(books)
            path = access.base_path
            for name, value in access.settings.items():
                path = path.replace(f"/{value}/", f"/{{{name}}}/")
            found[provider] = f"{sandbox_url}/{provider}{path}"
    return found


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
