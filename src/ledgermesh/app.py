"""The composition root: parts in, an application out. The only file that knows everything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from starlette.applications import Starlette

from ledgermesh.background import Background, Work
from ledgermesh.clock import Clock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.connect.routes import connect_routes
from ledgermesh.edge.documents import Documents, read_trusted
from ledgermesh.edge.drain import Drain
from ledgermesh.edge.handed import handed_routes
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.mcp.extra import check_installed
from ledgermesh.edge.provider_hooks import hook_routes
from ledgermesh.edge.routes import application
from ledgermesh.edge.transport.values import Transport
from ledgermesh.errors import ConfigurationError, StateDown
from ledgermesh.gateway import Choices, Running, make_gateway
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.kept.memory import Room
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.limits.values import Budget, DocumentLimits
from ledgermesh.graph.schema import Schema, make_schema
from ledgermesh.metrics.board import Fellows
from ledgermesh.playground import PlaygroundConfig, read_examples, routes
from ledgermesh.providers import discover
from ledgermesh.settings import Settings, bootstrap, state_url, to_issuers, to_keys, to_openness, to_transport
from ledgermesh.settings.telemetry import to_readers, to_tracing
from ledgermesh.spec.provider import Provider
from ledgermesh.state.allowances import sandbox_addresses
from ledgermesh.state.limits import Rate
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.opening import open_store
from ledgermesh.state.queues import open_queue
from ledgermesh.state.replicas import Replicas
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State, make_state
from ledgermesh.state.watched import Told, WatchedStore
from ledgermesh.sync.notify import Notifier
from ledgermesh.sync.webhooks import Deliverer, nobody
from ledgermesh.upstream.guard import Guard, make_guard, origins
from ledgermesh.upstream.wire_http1 import GuardedWire
from ledgermesh.watches import make_watches

if TYPE_CHECKING:
    from ledgermesh.edge.issuers.verifying import Issuers
    from ledgermesh.edge.mcp.mount import McpEndpoint

MOUNT: Final = "ledgermesh.edge.mcp.mount"
"""Loaded where it is switched on: most gateways have no tools for agents."""


def operations() -> Path:
    """The example operations: beside the package when installed, at the top of a checkout."""
    inside = Path(__file__).parent / "operations"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "schema" / "operations"


def web(
    running: Running,
    *,
    limits: Limits,
    playground: PlaygroundConfig,
    connect: ConnectParts,
    wires: Sequence[GuardedWire],
    work: Mapping[str, Work],
    documents: Documents | None = None,
    mcp: McpEndpoint | None = None,
    origins: frozenset[str] = frozenset(),
    transport: Transport | None = None,
    issuers: Issuers | None = None,
    drain: Drain | None = None,
) -> Starlette:
    """The gateway as an application with its playground; as the server stops, so does all that it holds."""
    background, state = Background({**work, **({"serve agents": mcp.run} if mcp else {})}), running.state

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with background.running():
            yield
        await running.close()
        await running.watches.close()
        for wire in wires:
            await wire.close()
        await state.queue.close()
        await state.store.close()

    def trouble() -> str | None:
        try:
            state.registry.check()
        except StateDown as error:
            return error.message
        return f"ended: {', '.join(background.ended)}" if background.ended else None

    app = application(
        answers=running.watched,
        who=Authenticator(state.registry, running.keys, running.clock, issuers),
        sdl=lambda: running.sdl,
        limits=limits,
        pages=[
            *routes(playground),
            *connect_routes(connect),
            *hook_routes(state, connect.definitions, running.keys, running.clock),
            *handed_routes(state.store, running.keys, running.clock),
            *([mcp.route] if mcp else []),
            *running.watches.pages(),
        ],
        documents=documents,
        origins=origins,
        transport=transport,
        trouble=trouble,
        lifespan=lifespan,
        drain=drain,
    )
    running.watches.around(app, running.clock)
    return app


def beside(running: Running, replicas: Replicas, hooks: GuardedWire) -> Mapping[str, Work]:
    """What goes on beside the requests."""
    state, clock, watches = running.state, running.clock, running.watches
    posted = watches.beside.posted if watches.beside is not None else nobody
    return {
        **running.pushing,
        **watches.work(state, replicas, clock),
        "follow the store": state.directory.follow,
        "count replicas": replicas.run,
        "tell webhooks": Notifier(state, clock, repair_url=running.repairs).run,
        "deliver webhooks": Deliverer(state, hooks, clock, Random(), posted=posted).run,
    }


class Ready(Struct, frozen=True, kw_only=True):
    """What is the same for every process of a gateway, and takes a while to make."""

    definitions: Mapping[str, Provider]
    schema: Schema


async def make_served(
    settings: Settings,
    *,
    environ: Mapping[str, str],
    clock: Clock,
    drain: Drain | None = None,
    ready: Ready | None = None,
    fellows: Fellows | None = None,
) -> Starlette:
    """The gateway over the operator's connections; raises ConfigurationError.

    `drain` tells that the process ends, `fellows` are the other workers.
    """
    ready = ready or Ready(definitions=discover(NAMES), schema=make_schema())
    definitions, keys = ready.definitions, to_keys(settings)
    given = settings.telemetry
    watches = make_watches(to_readers(given), to_tracing(given, environ), clock, fellows)
    state = await opened(settings, keys, clock, told=watches.beside.asked if watches.beside else None)
    await bootstrap(state, settings, definitions, environ)
    allowed = [str(network) for network in settings.network.allow]
    wire = GuardedWire(make_guard(allowed, own=own_origins(settings)))
    guard = make_guard(allowed)
    hooks = GuardedWire(guard)
    # Where issuers' keys are, the operator says: this wire reaches nothing else, and no other reaches them for that.
    vouching = GuardedWire(Guard(own=origins([each.jwks_url or "" for each in settings.issuers])))
    replicas = Replicas(state.store, clock)
    running = make_gateway(
        state=state, wire=wire, clock=clock, keys=keys, random=Random(), definitions=definitions,
        public_url=settings.server.public_url or "", guard=guard, replicas=lambda: replicas.count,
        choices=to_choices(settings), watches=watches, schema=ready.schema,
    )  # fmt: skip
    limits = Limits(
        body_bytes_max=settings.server.body_bytes_max,
        timeout_seconds=settings.server.request_seconds,
        timeout_seconds_max=settings.server.request_seconds_max,
        upload_bytes_max=settings.server.upload_bytes_max,
        upload_files_max=settings.server.upload_files_max,
        batch_max=settings.server.batch_max,
        newer_statuses=settings.server.newer_statuses,
        gzip=settings.server.gzip,
    )
    page = PlaygroundConfig(environment="live", examples=read_examples(operations()))
    work = beside(running, replicas, hooks)
    connect = ConnectParts(
        state=state, definitions=definitions, wire=wire, clock=clock, keys=keys,
        public_url=settings.server.public_url or "", bases=await sandbox_addresses(state.store),
    )  # fmt: skip
    return web(
        running, limits=limits, playground=page, connect=connect, wires=(wire, hooks, vouching), work=work,
        transport=to_transport(settings.server), issuers=to_issuers(settings, vouching, state.registry, clock),
        documents=to_documents(settings), origins=frozenset(settings.server.origins),
        mcp=to_mcp(settings, running), drain=drain,
    )  # fmt: skip


def to_choices(settings: Settings) -> Choices:
    """What the settings say of the gateway itself."""
    server, limits = settings.server, settings.limits
    return Choices(
        scan_pages_max=server.scan_pages_max,
        cache_bytes_max=server.cache_bytes_max,
        rate=Rate(per_second=limits.requests_per_second, burst=limits.burst),
        document_limits=DocumentLimits(**limits.documents.model_dump()),
        budget=Budget(**limits.operation.model_dump()),
        calls_per_minute=limits.calls_per_minute,
        compiling=Compiling(on=server.compile, shadow_every=server.compile_shadow),
        openness=to_openness(settings),
        room=Room(
            bytes_max=server.answers_bytes_max,
            tenant_bytes_max=server.answers_tenant_bytes_max,
            answer_bytes_max=server.answer_bytes_max,
        ),
    )


def to_mcp(settings: Settings, running: Running) -> McpEndpoint | None:
    """The tools for agents, where they are switched on; raises ConfigurationError where the extra is missing."""
    if not settings.server.mcp:
        return None
    check_installed("server.mcp")
    made: McpEndpoint = import_module(MOUNT).McpEndpoint(
        lambda: running.sdl, operations(), unasked=settings.server.mcp_commit, waiting=False
    )
    return made


def to_documents(settings: Settings) -> Documents:
    """The operations that clients may name; raises ConfigurationError for a folder that cannot be read."""
    given = settings.documents
    trusted = read_trusted(given.trusted, only=given.only) if given.trusted is not None else None
    return Documents(trusted, automatic=given.automatic)


async def opened(
    settings: Settings, keys: Sequence[SealingKey], clock: Clock, *, told: Told | None = None
) -> State:
    """The state that the settings name; raises ConfigurationError where it cannot be reached.

    `told` hears how long each answer of a store took that is not this process's own memory.
    """
    url = state_url(settings.state)
    if url is None:
        raise ConfigurationError("state.url_from_file: the file is empty or cannot be read")
    try:
        store = await open_store(url, clock)
        queue = await open_queue(url, store, clock)
    except StateDown as error:
        raise ConfigurationError(f"state.url: {error.message}") from error
    if told is not None and not isinstance(store, MemoryStore):
        store = WatchedStore(store, clock, told)
    return make_state(store, keys, clock, lease_seconds=settings.state.lease_seconds, queue=queue)


def own_origins(settings: Settings) -> frozenset[str]:
    """Addresses that the operator gave, wherever they lead; those of tenants are guarded."""
    given = [each.base_url for each in settings.connections if each.base_url is not None]
    more = [value for each in settings.connections for value in each.settings.values() if "://" in value]
    return origins([*given, *more, *settings.sandbox.base_urls.values()])
