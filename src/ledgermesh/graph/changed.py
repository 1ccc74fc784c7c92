"""Being told which records changed, by providers and by our own writes: `recordsChanged`."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Final

import msgspec
import strawberry
from cachetools import LRUCache

from ledgermesh.engine.request import Terms
from ledgermesh.errors import BadCursor, BadInput, Forbidden, SignIn
from ledgermesh.graph.context import READ, Context
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.loaders import Loaders
from ledgermesh.model import declare
from ledgermesh.model.platform import Connection
from ledgermesh.spec.query import Ref
from ledgermesh.state.directory import Changed
from ledgermesh.state.entries import ConnectionEntry
from ledgermesh.state.sealing import NotSealed, Seal
from ledgermesh.sync.notify import words
from ledgermesh.sync.records import KEPT, KIND, Records
from ledgermesh.sync.records import RecordsChanged as Event
from ledgermesh.sync.ticking import ticking
from ledgermesh.upstream.call import Trace

CHECK_SECONDS: Final = 1.0
"""How often a subscriber's right to listen is looked at when nothing happens."""
MARKS_MAX: Final = 50
"""Connections of which a cursor says exactly how far it came; of others the time decides."""
EVER: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
SLACK: Final = dt.timedelta(minutes=2)
"""How far the clocks of replicas may lie apart."""


@strawberry.enum(
    description="Why records are taken to have changed. PROVIDER: the provider said so. WRITE: we wrote them. MISSED: "
    "more happened than is kept, so any record of the connection may have changed."
)
class ChangeCause(Enum):
    PROVIDER = "PROVIDER"
    WRITE = "WRITE"
    MISSED = "MISSED"


@declare.object_type(description="A record that may have changed.")
class ChangedRecord:
    id: strawberry.ID = strawberry.field(description="Its global id.")
    kind: str = strawberry.field(description="Its kind, a type name of this schema.")
    native_id: str = strawberry.field(description="Its id at the provider.")


@declare.object_type(
    description="Records of one connection that changed. Nothing of the books is told: read them, and the answer is "
    "never older than the change."
)
class RecordsChanged:
    connection: Connection = strawberry.field(description="Where they are kept.")
    cause: ChangeCause = strawberry.field(description="How it is known.")
    event: str | None = strawberry.field(description="The provider's own word, where it said so.")
    kinds: list[str] = strawberry.field(
        description="Kinds of record that changed; empty where it may be any."
    )
    records: list[ChangedRecord] = strawberry.field(
        description="The records, where they were named; empty where any of the kinds may have changed. A provider "
        "that keeps several kinds in one list names each id under all of them."
    )
    at: dt.datetime = strawberry.field(description="When we heard of it, UTC.")
    cursor: str = strawberry.field(description="Give it as `after` to go on here.")


@declare.object_type()
class ChangedSubscription:
    """The part of the root of every subscription that is about records."""

    @declare.subscription(
        description="Records whenever they change: as providers notify us, and by your own and others' writes through "
        "this gateway. At least once each. Ends with an error within a second when the key ends or the company is "
        "shared no more. Needs the scope `api.read`."
    )
    async def records_changed(
        self,
        info: Info,
        *,
        company: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Account key; all companies that the key sees where neither it nor the header "
                "X-Account-Key is given."
            ),
        ] = None,
        kinds: Annotated[
            list[str] | None,
            strawberry.argument(
                description="Only these kinds of record, by their type names. What may concern any kind is told "
                "always."
            ),
        ] = None,
        after: Annotated[
            str | None,
            strawberry.argument(
                description="`cursor` of an event: what came after it is told, for seven days."
            ),
        ] = None,
    ) -> AsyncGenerator[RecordsChanged, None]:
        context = info.context
        watch = RecordsWatch(context, str(company) if company else context.account_key, _kinds(kinds))
        async with aclosing(watch.events(after)) as events:
            async for entry, event, cursor in events:
                begin_anew(context)
                yield _shown(context, entry, event, cursor)


def begin_anew(context: Context) -> None:
    """What is told next is read in a moment of its own: what the last event asked for is forgotten."""
    clock, old = context.parts.clock, context.terms
    now, today = clock.monotonic(), clock.now().date()
    context.terms = Terms(now + old.deadline - old.arrived, now, old.fresh, Trace(), today, old.slices)
    context.today, context.pushdown, context.reach = today, [], Loaders(context)


class _Seen(msgspec.Struct, frozen=True, array_like=True):
    """How far a subscriber came."""

    at: dt.datetime
    marks: dict[str, int]
    """Connection → number of the event told last."""


Told = tuple[ConnectionEntry, Event, str]


@dataclass
class RecordsWatch:
    """What one subscriber hears."""

    context: Context
    company: str | None
    kinds: frozenset[str]
    """Empty for all."""
    _from: dt.datetime = EVER
    """All that came before was told, or is not to be."""
    _behind: bool = True
    """Whether connections are still looked through one after another: no cursor may pass over those that are left."""
    _numbers: dict[str, int] = field(default_factory=dict)
    """Connection → number of the last event that was told or left out."""
    _marks: LRUCache[str, int] = field(default_factory=lambda: LRUCache(maxsize=MARKS_MAX))

    async def events(self, after: str | None) -> AsyncGenerator[Told, None]:
        """Each as it comes; raises BadCursor, Forbidden, SignIn and StateDown."""
        self._check()
        self._from = self.context.parts.clock.now()
        if after is not None:
            self._open(after)
        first = after is None
        while True:
            async with aclosing(self._until_some_are_lost(first=first)) as events:
                async for told in events:
                    self._check()  # whoever listens slowly may have lost the right meanwhile
                    if self._sees(told[0]):
                        yield told
            first = False

    async def _until_some_are_lost(self, *, first: bool) -> AsyncGenerator[Told, None]:
        """For as long as this process knows of every change. At first only what comes from now on."""
        parts = self.context.parts
        with parts.state.directory.listening() as told:
            self._behind, began = True, parts.clock.now()
            async for each in self._news(self._entries(), silent=first):
                yield each
            self._behind, self._from = False, began
            async with aclosing(ticking(told, parts.clock, CHECK_SECONDS)) as ticks:
                async for changed in ticks:
                    self._check()
                    async for each in self._news(self._named(changed)):
                        yield each

    async def _news(
        self, entries: Sequence[ConnectionEntry], *, silent: bool = False
    ) -> AsyncGenerator[Told, None]:
        """The events of these connections that were not told yet; with `silent` they count as told."""
        for entry in entries:
            found = await self._untold(entry)
            for event in () if silent else found:
                if not event.kinds or not self.kinds or self.kinds.intersection(event.kinds):
                    self._marks[entry.id] = event.number
                    yield entry, event, self._sealed(event)

    async def _untold(self, entry: ConnectionEntry) -> Sequence[Event]:
        recent = await Records(self.context.parts.state.store).recent(entry.environment, entry.id)
        known = self._numbers.get(entry.id)
        self._numbers[entry.id] = recent.number
        if known is None:  # the cursor does not speak of it: nothing of it was told for a while
            return recent.since(self._from - SLACK)
        # A new connection of the same name counts anew.
        return recent.after(known if known <= recent.number else 0)

    def _entries(self) -> list[ConnectionEntry]:
        context = self.context
        return [
            entry
            for company in context.parts.registry.companies(context.principal)
            if self.company in (None, company.key)
            for entry in context.connections(company)
        ]

    def _named(self, changed: Changed | None) -> list[ConnectionEntry]:
        """The connection that a change is about, if it is of events and the subscriber sees it."""
        if changed is None or not changed.place.startswith(f"{KIND}/"):
            return []
        environment, id = words(changed.place)
        entry = self.context.parts.registry.connection(self.context.principal, id)
        if entry is None or entry.environment != environment or not self._sees(entry):
            return []
        return [entry] if self.company in (None, entry.company) else []

    def _sees(self, entry: ConnectionEntry) -> bool:
        parts = self.context.parts
        known = entry.provider in parts.definitions
        return known and parts.registry.connection(self.context.principal, entry.id) is not None

    def _check(self) -> None:
        """Raise SignIn, Forbidden or StateDown when the subscriber may listen no more."""
        registry = self.context.parts.registry
        now = registry.current(self.context.principal)
        if now is None:
            raise SignIn("this API key has ended or was revoked")
        if READ not in now.key.scopes:
            raise Forbidden(f"this needs a key with the scope `{READ}`")
        if self.company is not None and registry.company(now, self.company) is None:
            raise Forbidden("this key does not reach that company, or there is no such company")
        self.context.principal = now

    # -- cursors -----------------------------------------------------------------------------------------------

    def _sealed(self, event: Event) -> str:
        if not self._behind:
            self._from = max(self._from, event.at)
        seen = _Seen(self._from, dict(self._marks))
        return self._seal().seal(msgspec.msgpack.encode(seen), self._owner())

    def _open(self, after: str) -> None:
        try:
            seen = msgspec.msgpack.decode(self._seal().open(after, self._owner()), type=_Seen)
        except (NotSealed, msgspec.MsgspecError) as error:
            raise BadCursor("`after` is not the cursor of an event that you were told") from error
        if seen.at < self.context.parts.clock.now() - KEPT:
            raise BadCursor("`after` is older than anything that is kept; begin without it")
        self._from = seen.at
        self._numbers.update(seen.marks)
        self._marks.update(seen.marks)

    def _seal(self) -> Seal:
        return Seal(self.context.parts.keys, "records cursor")

    def _owner(self) -> bytes:
        principal = self.context.principal
        return f"{principal.tenant.id}\0{principal.key.environment}".encode()


def _kinds(kinds: Sequence[str] | None) -> frozenset[str]:
    for kind in kinds or ():
        if kind not in NAMES:
            raise BadInput(f"`kinds`: there is no kind of record {kind!r}", details={"field": "kinds"})
    return frozenset(kinds or ())


def _shown(context: Context, entry: ConnectionEntry, event: Event, cursor: str) -> RecordsChanged:
    return RecordsChanged(
        connection=context.connection(entry),
        cause=ChangeCause(event.cause),
        event=event.event or None,
        kinds=list(event.kinds),
        records=[
            ChangedRecord(
                id=strawberry.ID(context.ids.seal(Ref(each.kind, entry.id, each.native_id))),
                kind=each.kind,
                native_id=each.native_id,
            )
            for each in event.records
        ],
        at=event.at,
        cursor=cursor,
    )
