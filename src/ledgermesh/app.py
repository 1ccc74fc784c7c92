"""The composition root: parts in, an application out. The only file that knows everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random

from ledgermesh.clock import Clock
from ledgermesh.engine.cursor import CursorKey
from ledgermesh.engine.index import Indexes
from ledgermesh.graph.catalogue import catalogue
from ledgermesh.graph.context import Parts
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.schema import Gateway, make_schema
from ledgermesh.providers import discover
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.world import World
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.memory import MemoryGenerations, MemoryGrants
from ledgermesh.state.registry import (
    CompanyEntry,
    ConnectionEntry,
    KeyEntry,
    Registry,
    TenantEntry,
    digest,
)
from ledgermesh.upstream.stack import make_stack
from ledgermesh.upstream.wire import Wire

DEMO_KEYS = {
    "lm_demo_read": frozenset(("api.read",)),
    "lm_demo_write": frozenset(("api.read", "api.write")),
}
"""The demo's API keys and what they may do."""

DEMO_TENANT = TenantEntry(id="demo", name="Demo tenant")


@dataclass(frozen=True, kw_only=True)
class DemoLink:
    """How the demo links the books of one provider's emulator."""

    base_path: str
    """Below the sandbox's address."""
    scheme: str
    secrets: tuple[str, ...]
    """Which of the emulator's credentials the grant keeps."""
    settings: tuple[str, ...] = ()
    """Which of them are settings of the connection."""


DEMO_LINKS: Mapping[str, DemoLink] = {
    "accountsos": DemoLink(base_path="/accountsos/api", scheme="api_key", secrets=("api_key",)),
    "kashoo": DemoLink(
        base_path="/kashoo/api",
        scheme="first_party",
        secrets=("email", "password"),
        settings=("business_id",),
    ),
    "smallinvoice": DemoLink(
        base_path="/smallinvoice/v2",
        scheme="client_credentials",
        secrets=("client_id", "client_secret"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Running:
    """A gateway that answers, and how to end it."""

    answers: Gateway
    registry: Registry
    grants: MemoryGrants
    generations: MemoryGenerations
    sdl: str
    close: Callable[[], Awaitable[None]]


def make_gateway(
    *, registry: Registry, grants: MemoryGrants, wire: Wire, clock: Clock, keys: tuple[CursorKey, ...], random: Random
) -> Running:
    """The gateway over these connections; raises DefinitionError for a provider that contradicts itself."""
    definitions = discover(NAMES)
    stack = make_stack(clock=clock, random=random, wire=wire, grants=grants)
    generations = MemoryGenerations()
    parts = Parts(
        registry=registry,
        definitions=definitions,
        providers=catalogue(definitions),
        send=stack,
        generations=generations,
        indexes=Indexes(clock),
        keys=keys,
        clock=clock,
    )
    schema = make_schema()
    return Running(
        answers=Gateway(schema, parts),
        registry=registry,
        grants=grants,
        generations=generations,
        sdl=schema.as_str(),
        close=stack.close,
    )


def demo_registry(world: World, emulators: Iterable[str], sandbox_url: str, settings: Mapping[str, Mapping[str, str]]) -> Registry:
    """The demo's tenant, keys and companies; `settings` are the connections' by id."""
    there = set(emulators)
    names = {books.company: books.name for books in world.books.values()}
    return Registry(
        tenants=[DEMO_TENANT],
        keys=[
            KeyEntry(id=key, digest=digest(key), tenant=DEMO_TENANT.id, environment="sandbox", scopes=scopes)
            for key, scopes in DEMO_KEYS.items()
        ],
        companies=[
            CompanyEntry(key=key, name=name, environment="sandbox", tenants=frozenset((DEMO_TENANT.id,)))
            for key, name in names.items()
        ],
        connections=[
            ConnectionEntry(
                id=demo_connection(company, provider),
                company=company,
                provider=provider,
                environment="sandbox",
                base_url=f"{sandbox_url}{DEMO_LINKS[provider].base_path}",
                scheme=DEMO_LINKS[provider].scheme,
                settings=settings[demo_connection(company, provider)],
            )
            for company, provider in world.books
            if provider in there and provider in DEMO_LINKS
        ],
    )


def demo_connection(company: str, provider: str) -> str:
    """The id of a demo connection."""
    return f"{company}-{provider}"


async def demo_parts(
    world: World, emulators: Mapping[str, Emulator], sandbox_url: str
) -> tuple[Registry, MemoryGrants]:
    """Registry and grants that link every set of the world's books whose emulator is there."""
    grants = MemoryGrants()
    settings: dict[str, dict[str, str]] = {}
    for (company, provider), books in world.books.items():
        if provider not in emulators or provider not in DEMO_LINKS:
            continue
        link, id = DEMO_LINKS[provider], demo_connection(company, provider)
        given = emulators[provider].credentials(books)
        settings[id] = {"currency": books.currency} | {name: given[name] for name in link.settings}
        secrets = {name: Secret(given[name]) for name in link.secrets}
        grant = Grant(
            tenant=DEMO_TENANT.id, environment="sandbox", connection=id, scheme=link.scheme, secrets=secrets
        )
        await grants.write(grant)
    return demo_registry(world, emulators, sandbox_url, settings), grants
