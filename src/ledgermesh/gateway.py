"""Everything between an application and its stores and wires: the parts of a gateway, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import Final

from msgspec import Struct, field

from ledgermesh.background import Work
from ledgermesh.clock import Clock
from ledgermesh.engine.handed import Handing
from ledgermesh.engine.index import Indexes
from ledgermesh.engine.plan_tokens import PlanTokens
from ledgermesh.engine.push import Pusher
from ledgermesh.graph.admission import Doors
from ledgermesh.graph.catalogue import catalogue
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.context import Parts
from ledgermesh.graph.kept.memory import DEFAULT_ROOM, Room
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.limits.quota import KIND as CALLS
from ledgermesh.graph.limits.quota import CallQuota
from ledgermesh.graph.limits.values import Budget, DocumentLimits
from ledgermesh.graph.openness import Openness
from ledgermesh.graph.question import Answers
from ledgermesh.graph.schema import Gateway, Schema, make_schema
from ledgermesh.graph.writes.carrier import Carrier
from ledgermesh.graph.writes.write_back import WriteBack
from ledgermesh.model.platform import Provider as Shown
from ledgermesh.providers import discover
from ledgermesh.spec.provider import Provider
from ledgermesh.state.claims import Claims
from ledgermesh.state.limits import Limits as Buckets
from ledgermesh.state.limits import Rate
from ledgermesh.state.link_tokens import LinkTokens
from ledgermesh.state.repair import Repairs
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State
from ledgermesh.sync.jobs import Jobs
from ledgermesh.sync.pushing import Leases, pushing
from ledgermesh.telemetry import Drift
from ledgermesh.upstream.guard import Guard
from ledgermesh.upstream.pace import alone
from ledgermesh.upstream.stack import Stack, make_stack
from ledgermesh.upstream.wire import Wire
from ledgermesh.watches import Watches


@dataclass(frozen=True, kw_only=True)
class Running:
    """A gateway that answers, and how to end it."""

    answers: Gateway
    watched: Answers
    """The same, seen by who watches."""
    watches: Watches
    drift: Drift
    """What providers do that their definitions do not say."""
    state: State
    keys: tuple[SealingKey, ...]
    clock: Clock
    repairs: Repairs
    schema: Schema
    pushing: Mapping[str, Work]
    """What has to run beside the requests so that accepted writes are carried out."""
    close: Callable[[], Awaitable[None]]

    @cached_property
    def sdl(self) -> str:
        """The schema as clients read it: written when somebody wants it, which takes longer than an answer."""
        return self.schema.as_str()


class Choices(Struct, frozen=True, kw_only=True):
    """What an operator chooses of a gateway, with what is chosen where nobody does."""

    scan_pages_max: int = 200
    cache_bytes_max: int = 32_000_000
    rate: Rate = field(default_factory=Rate)
    """How often each company may be asked about."""
    document_limits: DocumentLimits = field(default_factory=DocumentLimits)
    budget: Budget = field(default_factory=Budget)
    calls_per_minute: int | None = None
    """To providers, that a tenant's keys may cause; None for any number."""
    compiling: Compiling = field(default_factory=Compiling)
    leases: Leases = field(default_factory=Leases)
    openness: Openness = field(default_factory=Openness)
    room: Room = DEFAULT_ROOM
    """For answers that are kept."""


DEFAULT: Final = Choices()


def make_gateway(
    *,
    state: State,
    wire: Wire,
    clock: Clock,
    keys: tuple[SealingKey, ...],
    random: Random,
    definitions: Mapping[str, Provider] | None = None,
    public_url: str = "",
    guard: Guard | None = None,
    replicas: Callable[[], int] = alone,
    choices: Choices = DEFAULT,
    watches: Watches | None = None,
    schema: Schema | None = None,
    providers: Mapping[str, Shown] | None = None,
) -> Running:
    """The gateway over these connections; raises DefinitionError for a provider that contradicts itself.

    `definitions` are those of the providers here by default. `schema` is one that was made before, for this gateway,
    and `providers` is the catalogue of the definitions, which any number of gateways may show.
    """
    definitions, watches = discover(NAMES) if definitions is None else definitions, watches or Watches()
    wire = watches.wire(wire)
    stack = make_stack(
        clock=clock, random=random, wire=wire, state=state, replicas=replicas,
        cache_bytes_max=choices.cache_bytes_max, watches=watches.calls,
    )  # fmt: skip
    tokens = LinkTokens(keys, state.store, clock)
    repairs = Repairs(registry=state.registry, tokens=tokens, clock=clock, public_url=public_url)
    parts = Parts(
        state=state,
        definitions=definitions,
        providers=catalogue(definitions) if providers is None else providers,
        send=stack,
        quota=stack.quota,
        wire=wire,
        guard=guard or Guard(),
        repairs=repairs,
        doors=Doors(limits=Buckets(state.store, clock, replicas=replicas), clock=clock, rate=choices.rate),
        document_limits=choices.document_limits,
        budget=choices.budget,
        call_quota=CallQuota(
            limits=Buckets(state.store, clock, replicas=replicas, kind=CALLS),
            clock=clock,
            per_minute=choices.calls_per_minute,
        ),
        indexes=Indexes(clock),
        keys=keys,
        clock=clock,
        scan_pages_max=choices.scan_pages_max,
        public_url=public_url,
        compiling=choices.compiling,
        openness=choices.openness,
    )
    return _running(parts, stack, watches, random, choices, schema or make_schema())


def _running(
    parts: Parts, stack: Stack, watches: Watches, random: Random, choices: Choices, schema: Schema
) -> Running:
    """These parts, with what writes, and what answers on the schema."""
    leases = choices.leases
    parts, pusher, jobs = with_writes(parts, random, leases)
    gateway = Gateway(schema, parts, choices.room)
    watches.gateway(stack, gateway, parts.drift)
    state, clock = parts.state, parts.clock

    async def close() -> None:
        await gateway.close()
        await pusher.close()
        await stack.close()

    return Running(
        answers=gateway,
        watched=watches.answers(gateway, schema, clock),
        watches=watches,
        drift=parts.drift,
        state=state,
        keys=parts.keys,
        clock=clock,
        repairs=parts.repairs,
        schema=schema,
        pushing=pushing(
            jobs, Carrier(parts, pusher, leases.claim_seconds).run, clock, watches.beside, leases
        ),
        close=close,
    )


def with_writes(parts: Parts, random: Random, leases: Leases) -> tuple[Parts, Pusher, Jobs]:
    """The same parts with what plans writes, and what carries them out."""
    state, clock = parts.state, parts.clock
    jobs = Jobs(state, parts.keys, clock)

    async def raised(environment: str, connection: str) -> None:
        await state.directory.raise_generation("live" if environment == "live" else "sandbox", connection)

    handing = Handing(state.store, parts.keys, clock, public_url=parts.public_url)
    pusher = Pusher(state.store, clock, random, raised, handing, claim_seconds=leases.claim_seconds)
    tokens, claims = PlanTokens(parts.keys), Claims(state.store, clock)
    writer = WriteBack(jobs=jobs, tokens=tokens, claims=claims, handing=handing, pusher=pusher)
    return replace(parts, writer=writer, syncs=jobs), pusher, jobs
