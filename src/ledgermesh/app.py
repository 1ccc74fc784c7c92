"""The composition root: parts in, an application out. The only file that knows everything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from starlette.applications import Starlette

from ledgermesh.background import Background, Work
from ledgermesh.clock import Clock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.connect.routes import connect_routes
from ledgermesh.edge.documents import Documents, read_trusted
from ledgermesh.edge.handed import handed_routes
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.provider_hooks import hook_routes
from ledgermesh.edge.routes import application
from ledgermesh.engine.handed import Handing
from ledgermesh.engine.index import Indexes
from ledgermesh.engine.plan_tokens import PlanTokens
from ledgermesh.engine.push import Pusher
from ledgermesh.errors import ConfigurationError, StateDown
from ledgermesh.graph.admission import Doors
from ledgermesh.graph.catalogue import catalogue
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.context import Parts
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.schema import Gateway, make_schema
from ledgermesh.graph.writes.carrier import Carrier
from ledgermesh.graph.writes.write_back import WriteBack
from ledgermesh.playground import PlaygroundConfig, read_examples, routes
from ledgermesh.providers import discover
from ledgermesh.settings import Settings, bootstrap, state_url, to_keys
from ledgermesh.spec.provider import Provider
from ledgermesh.state.allowances import sandbox_addresses
from ledgermesh.state.claims import Claims
from ledgermesh.state.limits import Limits as Buckets
from ledgermesh.state.limits import Rate
from ledgermesh.state.link_tokens import LinkTokens
from ledgermesh.state.opening import open_store
from ledgermesh.state.queues import open_queue
from ledgermesh.state.repair import Repairs
from ledgermesh.state.replicas import Replicas
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State, make_state
from ledgermesh.sync.jobs import Jobs
from ledgermesh.sync.notify import Notifier
from ledgermesh.sync.pushing import pushing
from ledgermesh.sync.webhooks import Deliverer
from ledgermesh.upstream.guard import Guard, make_guard, origins
from ledgermesh.upstream.pace import alone
from ledgermesh.upstream.stack import make_stack
from ledgermesh.upstream.wire import Wire
from ledgermesh.upstream.wire_aiohttp import GuardedWire


@dataclass(frozen=True, kw_only=True)
class Running:
    """A gateway that answers, and how to end it."""

    answers: Gateway
    state: State
    keys: tuple[SealingKey, ...]
    clock: Clock
    repairs: Repairs
    sdl: str
    pushing: Mapping[str, Work]
    """What has to run beside the requests so that accepted writes are carried out."""
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
    public_url: str = "",
    guard: Guard | None = None,
    rate: Rate | None = None,
    replicas: Callable[[], int] = alone,
    compiling: Compiling | None = None,
) -> Running:
    """The gateway over these connections; raises DefinitionError for a provider that contradicts itself.

    `definitions` are those of the providers here by default.
    """
    definitions = discover(NAMES) if definitions is None else definitions
    stack = make_stack(
        clock=clock, random=random, wire=wire, state=state, replicas=replicas, cache_bytes_max=cache_bytes_max
    )
    tokens = LinkTokens(keys, state.store, clock)
    repairs = Repairs(registry=state.registry, tokens=tokens, clock=clock, public_url=public_url)
    parts = Parts(
        state=state,
        definitions=definitions,
        providers=catalogue(definitions),
        send=stack,
        quota=stack.quota,
        wire=wire,
        guard=guard or Guard(),
        repairs=repairs,
        doors=Doors(limits=Buckets(state.store, clock, replicas=replicas), clock=clock, rate=rate or Rate()),
        indexes=Indexes(clock),
        keys=keys,
        clock=clock,
        scan_pages_max=scan_pages_max,
        public_url=public_url,
        compiling=compiling or Compiling(),
    )
    schema = make_schema()
    parts, pusher, jobs = with_writes(parts, random)
    gateway = Gateway(schema, parts)

    async def close() -> None:
        await gateway.close()
        await pusher.close()
        await stack.close()

    return Running(
        answers=gateway,
        state=state,
        keys=keys,
        clock=clock,
        repairs=repairs,
        sdl=schema.as_str(),
        pushing=pushing(jobs, Carrier(parts, pusher).run, clock),
        close=close,
    )


def with_writes(parts: Parts, random: Random) -> tuple[Parts, Pusher, Jobs]:
    """The same parts with what plans writes, and what carries them out."""
    state, clock = parts.state, parts.clock
    jobs = Jobs(state, parts.keys, clock)

    async def raised(environment: str, connection: str) -> None:
        await state.directory.raise_generation("live" if environment == "live" else "sandbox", connection)

    handing = Handing(state.store, parts.keys, clock, public_url=parts.public_url)
    pusher = Pusher(state.store, clock, random, raised, handing)
    tokens, claims = PlanTokens(parts.keys), Claims(state.store, clock)
    writer = WriteBack(jobs=jobs, tokens=tokens, claims=claims, handing=handing, pusher=pusher)
    return replace(parts, writer=writer, syncs=jobs), pusher, jobs


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
    origins: frozenset[str] = frozenset(),
) -> Starlette:
    """The gateway as an application with its playground; as the server stops, so does all that it holds."""
    background, state = Background(work), running.state

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with background.running():
            yield
        await running.close()
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

    return application(
        answers=running.answers,
        who=Authenticator(state.registry, running.keys, running.clock),
        sdl=running.sdl,
        limits=limits,
        pages=[
            *routes(playground),
            *connect_routes(connect),
            *hook_routes(state, connect.definitions, running.keys, running.clock),
            *handed_routes(state.store, running.keys, running.clock),
        ],
        documents=documents,
        origins=origins,
        trouble=trouble,
        lifespan=lifespan,
    )


def beside(running: Running, replicas: Replicas, hooks: GuardedWire) -> Mapping[str, Work]:
    """What goes on beside the requests."""
    state, clock = running.state, running.clock
    return {
        **running.pushing,
        "follow the store": state.directory.follow,
        "count replicas": replicas.run,
        "tell webhooks": Notifier(state, clock, repair_url=running.repairs).run,
        "deliver webhooks": Deliverer(state, hooks, clock, Random()).run,
    }


async def make_served(settings: Settings, *, environ: Mapping[str, str], clock: Clock) -> Starlette:
    """The gateway over the operator's connections; raises ConfigurationError."""
    definitions, keys = discover(NAMES), to_keys(settings)
    state = await opened(settings, keys, clock)
    await bootstrap(state, settings, definitions, environ)
    allowed = [str(network) for network in settings.network.allow]
    wire = GuardedWire(make_guard(allowed, own=own_origins(settings)))
    guard = make_guard(allowed)
    hooks = GuardedWire(guard)
    replicas = Replicas(state.store, clock)
    running = make_gateway(
        state=state, wire=wire, clock=clock, keys=keys, random=Random(), definitions=definitions,
        scan_pages_max=settings.server.scan_pages_max, cache_bytes_max=settings.server.cache_bytes_max,
        public_url=settings.server.public_url or "", guard=guard,
        rate=Rate(per_second=settings.limits.requests_per_second, burst=settings.limits.burst),
        replicas=lambda: replicas.count,
        compiling=Compiling(on=settings.server.compile, shadow_every=settings.server.compile_shadow),
    )  # fmt: skip
    limits = Limits(
        body_bytes_max=settings.server.body_bytes_max,
        timeout_seconds=settings.server.request_seconds,
        timeout_seconds_max=settings.server.request_seconds_max,
        upload_bytes_max=settings.server.upload_bytes_max,
        upload_files_max=settings.server.upload_files_max,
        batch_max=settings.server.batch_max,
        newer_statuses=settings.server.newer_statuses,
    )
    page = PlaygroundConfig(environment="live", examples=read_examples(operations()))
    work = beside(running, replicas, hooks)
    connect = ConnectParts(
        state=state, definitions=definitions, wire=wire, clock=clock, keys=keys,
        public_url=settings.server.public_url or "", bases=await sandbox_addresses(state.store),
    )  # fmt: skip
    return web(
        running, limits=limits, playground=page, connect=connect, wires=(wire, hooks), work=work,
        documents=to_documents(settings), origins=frozenset(settings.server.origins),
    )  # fmt: skip


def to_documents(settings: Settings) -> Documents:
    """The operations that clients may name; raises ConfigurationError for a folder that cannot be read."""
    given = settings.documents
    trusted = read_trusted(given.trusted, only=given.only) if given.trusted is not None else None
    return Documents(trusted, automatic=given.automatic)


async def opened(settings: Settings, keys: Sequence[SealingKey], clock: Clock) -> State:
    """The state that the settings name; raises ConfigurationError where it cannot be reached."""
    url = state_url(settings.state)
    if url is None:
        raise ConfigurationError("state.url_from_file: the file is empty or cannot be read")
    try:
        store = await open_store(url, clock)
        queue = await open_queue(url, store, clock)
    except StateDown as error:
        raise ConfigurationError(f"state.url: {error.message}") from error
    return make_state(store, keys, clock, lease_seconds=settings.state.lease_seconds, queue=queue)


def own_origins(settings: Settings) -> frozenset[str]:
    """Addresses that the operator gave, wherever they lead; those of tenants are guarded."""
    given = [each.base_url for each in settings.connections if each.base_url is not None]
    more = [value for each in settings.connections for value in each.settings.values() if "://" in value]
    return origins([*given, *more, *settings.sandbox.base_urls.values()])
