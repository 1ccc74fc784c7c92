"""Everything one request knows: who asks, until when, and the way to each connection's books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.engine.cursor import Cursors
from ledgermesh.engine.drifting import Looks
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.ids import AllIds, Ids
from ledgermesh.engine.index import Indexes
from ledgermesh.engine.request import Terms
from ledgermesh.errors import BadInput, Forbidden
from ledgermesh.garbage import Postponed
from ledgermesh.graph.admission import Admission, Doors
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.limits.quota import CallQuota
from ledgermesh.graph.limits.spending import Spending
from ledgermesh.graph.limits.values import Budget, DocumentLimits
from ledgermesh.graph.linked import Connections
from ledgermesh.graph.loaders import Loaders
from ledgermesh.graph.openness import Openness
from ledgermesh.graph.question import Notes, Question
from ledgermesh.graph.writes.headers import WriteHeaders
from ledgermesh.graph.writes.writer import Writer
from ledgermesh.model.platform import Connection, Provider
from ledgermesh.slices import Slices
from ledgermesh.spec.provider import Provider as Definition
from ledgermesh.spec.query import Ref
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry
from ledgermesh.state.registry import Principal, Registry
from ledgermesh.state.repair import Repairs
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State
from ledgermesh.sync.jobs import Jobs
from ledgermesh.telemetry import Drift
from ledgermesh.upstream import allowance
from ledgermesh.upstream.call import Call, Fresh, Handler, Link, Response, Trace
from ledgermesh.upstream.guard import Guard
from ledgermesh.upstream.wire import Wire

if TYPE_CHECKING:
    from ledgermesh.graph.limits.cost import Explains

READ = "api.read"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What all requests share, made once in `app`."""

    state: State
    definitions: Mapping[str, Definition]
    providers: Mapping[str, Provider]
    """The same, as the schema shows them."""
    send: Handler
    quota: Callable[[Link], Awaitable[Sequence[allowance.Quota]]]
    """What is known of a connection's budget at its provider."""
    wire: Wire
    """To providers, for what is no call of a connection: trying credentials, taking them back."""
    guard: Guard
    """Where addresses that tenants give may lead."""
    repairs: Repairs
    """Where people link a connection again."""
    doors: Doors
    """How often each company may be asked about."""
    indexes: Indexes
    keys: tuple[SealingKey, ...]
    clock: Clock
    scan_pages_max: int = 200
    public_url: str = ""
    """How the gateway is reached from outside, without a trailing slash; empty where nobody said."""
    writer: Writer | None = None
    """Who plans and carries out writes; None for a gateway that only reads."""
    syncs: Jobs | None = None
    """Who knows what became of them."""
    document_limits: DocumentLimits = field(default_factory=DocumentLimits)
    """How large a document may be."""
    budget: Budget = field(default_factory=Budget)
    """What one operation may cost."""
    call_quota: CallQuota | None = None
    """How many calls callers may cause in a minute; None for as many as they want."""
    openness: Openness = field(default_factory=Openness)
    """How much the schema tells of itself."""
    compiling: Compiling = field(default_factory=Compiling)
    """How queries are answered."""
    drift: Drift = field(default_factory=Drift)
    """What providers do that their definitions do not say."""
    looks: Looks = field(default_factory=Looks)
    """Which of their documents are looked at for it."""

    @cached_property
    def slices(self) -> Slices:
        """Whom work on large answers asks when to let others have the event loop."""
        return Slices(self.clock.monotonic, spent=self.garbage)

    @cached_property
    def garbage(self) -> Postponed:
        """Whom they tell that a large answer is being made."""
        return Postponed()

    @cached_property
    def ids(self) -> AllIds:
        """Global ids of every tenant."""
        return AllIds(self.keys)

    @cached_property
    def cursors(self) -> Cursors:
        """Where pages of lists go on."""
        return Cursors(self.keys)

    @cached_property
    def registry(self) -> Registry:
        """Who may ask about what."""
        return self.state.registry

    @cached_property
    def connections(self) -> Connections:
        """How connections are asked and shown."""
        return Connections(self.registry, self.definitions, self.providers, self.clock)


@dataclass(kw_only=True)
class Context:
    """One request. No ambient tenant: whoever reads books holds this."""

    parts: Parts
    principal: Principal
    account_key: str | None
    terms: Terms
    today: dt.date
    ids: Ids
    tokens: Mapping[str, Secret] = field(default_factory=dict)
    """The caller's own tokens for providers, by connection."""
    pushdown: list[dict[str, object]] = field(default_factory=list)
    """What each source took of the question, for `extensions.pushdown`."""
    write_headers: WriteHeaders = field(default_factory=WriteHeaders)
    notes: Notes = field(default_factory=Notes)
    """What is told beside the answer."""
    explains: Explains | None = None
    """Who tells what operations cost; None where nobody asks."""
    reach: Loaders = field(init=False)
    admission: Admission = field(init=False)
    spending: Spending = field(init=False)
    _hubs: dict[str, _Held] = field(init=False, default_factory=dict)
    _seen: dict[str, _Held] = field(init=False, default_factory=dict)
    """Those that were looked up by their ids, so that the caller is known to see them."""

    def __post_init__(self) -> None:
        self.reach = Loaders(self)
        self.admission = self.parts.doors.admission(self.principal)
        self.spending = Spending(self.parts.budget.calls)

    @property
    def cursors(self) -> Cursors:
        return self.parts.cursors

    def company(self, key: str | None) -> CompanyEntry:
        """The company by argument, else by header; raises BadInput without either, Forbidden for a strange one."""
        wanted = key or self.account_key
        if not wanted:
            raise BadInput(
                "which company? Give `key`, or the header X-Account-Key.", details={"field": "key"}
            )
        found = self.parts.registry.company(self.principal, wanted)
        if found is None:
            raise Forbidden("this key does not reach that company, or there is no such company")
        if (reached := self.notes.reached) is not None:
            reached.company(found.environment, found.key)
        return found

    def companies(self) -> list[CompanyEntry]:
        """All companies that the caller sees, by account key."""
        found = self.parts.registry.companies(self.principal)
        if (reached := self.notes.reached) is not None:
            reached.companies(self.principal)
            for company in found:
                reached.company(company.environment, company.key)
        return found

    def ref(self, company: CompanyEntry, id: str, kind: str) -> Ref:
        """Which record of the company a global id names; raises BadInput for an id of anything else.

        The kind `Record` stands for any.
        """
        ref = self.ids.open(id)
        mine = {entry.id for entry in self.connections(company)}
        if kind not in (ref.kind, "Record") or ref.connection not in mine:
            raise BadInput(f"this id is not one of a {kind} of this company", details={"field": "id"})
        return ref

    def connections(self, company: CompanyEntry) -> list[ConnectionEntry]:
        """The company's connections whose provider is known here."""
        return [
            entry
            for entry in self.parts.registry.connections(company)
            if entry.provider in self.parts.definitions
        ]

    def connection(self, entry: ConnectionEntry) -> Connection:
        """A connection as the schema shows it."""
        return self.parts.connections.shown(entry)

    def hub(self, entry: ConnectionEntry, fresh: Fresh | None = None) -> Hub:
        """The books behind a connection, in the caller's name; raises Forbidden for a key that reads no books."""
        if READ not in self.principal.key.scopes:
            raise Forbidden(f"this needs a key with the scope `{READ}`")
        if (reached := self.notes.reached) is not None:
            reached.company(entry.environment, entry.company)
        if fresh is not None:
            terms = self.terms
            return self._hub(
                entry, Terms(terms.deadline, terms.arrived, fresh, terms.trace, terms.today, terms.slices)
            )
        known = self._hubs.get(entry.id)
        if known is not None and known.entry is entry and known.stands(self):
            return known.hub
        hub = self._hub(entry, self.terms)
        self._hubs[entry.id] = _Held(self.parts.registry.changes, self.terms, self.principal, entry, hub)
        return hub

    def _hub(self, entry: ConnectionEntry, terms: Terms) -> Hub:
        connections, tenant = self.parts.connections, self.principal.tenant.id
        linked, token = connections.of(tenant, entry), self.tokens.get(entry.id)
        link = linked.link if token is None else connections.link(tenant, entry, token)
        return Hub(self._way_to(entry.company), terms, link, linked.shown, self.ids.of)

    def _way_to(self, company: str) -> Handler:
        """To the company's providers: past what the operation may make of calls, and the caller's rate."""
        spending, admission, send = self.spending, self.admission, self.parts.send

        async def first(call: Call) -> Response:
            await admission.admit(company)
            return await send(call)

        def counted(call: Call) -> Awaitable[Response]:
            spending.count(call)
            return send(call) if admission.admitted(company) else first(call)

        return counted

    def hub_of(self, connection: str) -> Hub:
        """The books behind a connection by its id; raises Forbidden for one the caller does not see."""
        known = self._seen.get(connection)
        if known is not None and known.stands(self):
            return self.hub(known.entry)
        registry = self.parts.registry
        entry = registry.connection(self.principal, connection)
        if entry is None or entry.provider not in self.parts.definitions:
            raise Forbidden("this key does not reach that connection, or there is no such connection")
        hub = self.hub(entry)
        self._seen[connection] = _Held(registry.changes, self.terms, self.principal, entry, hub)
        return hub


class _Held(Struct, frozen=True):
    """The books behind a connection as they were made ready in this request."""

    changes: int
    terms: Terms
    principal: Principal
    entry: ConnectionEntry
    hub: Hub

    def stands(self, context: Context) -> bool:
        """Whether nothing changed since, neither of what is registered nor of who asks until when."""
        return (
            self.changes == context.parts.registry.changes
            and self.terms is context.terms
            and self.principal is context.principal
        )


def make_context(
    parts: Parts,
    *,
    principal: Principal,
    account_key: str | None,
    fresh: Fresh,
    timeout_seconds: float,
    tokens: Mapping[str, Secret] | None = None,
    write_headers: WriteHeaders | None = None,
    notes: Notes | None = None,
) -> Context:
    """A request that begins now; raises Forbidden for a token of a connection that the caller does not see."""
    for connection in tokens or {}:
        if parts.registry.connection(principal, connection) is None:
            raise Forbidden("X-Provider-Token names a connection that this key does not reach")
    arrived, today = parts.clock.monotonic(), parts.clock.now().date()
    return Context(
        parts=parts,
        principal=principal,
        account_key=account_key,
        terms=Terms(arrived + timeout_seconds, arrived, fresh, Trace(), today, parts.slices),
        today=today,
        ids=parts.ids.of(principal.tenant.id, principal.key.environment),
        tokens=tokens or {},
        write_headers=write_headers or WriteHeaders(),
        notes=notes or Notes(),
    )


def context_of(parts: Parts, question: Question, notes: Notes | None = None) -> Context:
    """The request of a question that begins now, with its notes unless others are given; raises as `make_context`."""
    return make_context(
        parts,
        principal=question.principal,
        account_key=question.account_key,
        fresh=question.fresh,
        timeout_seconds=question.timeout_seconds,
        tokens=question.tokens,
        write_headers=question.write_headers,
        notes=question.notes if notes is None else notes,
    )
