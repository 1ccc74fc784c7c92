"""Relations: what a document holds already costs no call, what it does not is loaded in one batch a level."""

from __future__ import annotations

import asyncio
import datetime as dt
import weakref
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from aiodataloader import DataLoader

from ledgermesh.compiler.guard import Caught
from ledgermesh.engine.hub import below, names_its_documents
from ledgermesh.engine.mapping import Maker
from ledgermesh.engine.picking import Loaded
from ledgermesh.engine.reading import ROWS_AT_ONCE
from ledgermesh.engine.request import FREE, expanded
from ledgermesh.engine.version import version_of
from ledgermesh.errors import LedgermeshError, Unavailable, Unsupported
from ledgermesh.graph.batch import Asked, Batch
from ledgermesh.graph.downloads import downloads
from ledgermesh.model.mapped import read_alike, row_of, wires_of
from ledgermesh.model.platform import Quota
from ledgermesh.model.record import Download, Origin, Record, origin_of
from ledgermesh.model.row import Malformed, Row
from ledgermesh.spec.columns import referred
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.query import Ref
from ledgermesh.spec.wires import ABSENT, Wire
from ledgermesh.state.entries import ConnectionEntry
from ledgermesh.state.hook_secrets import HookSecrets
from ledgermesh.state.minting import BROWSER_PREFIX
from ledgermesh.state.repair import REPAIRABLE, ends_soon

if TYPE_CHECKING:
    from ledgermesh.graph.context import Context

NOTHING = Row({})
"""The row of a record of which nothing else is asked."""

LINKS = frozenset(("api.write", "admin"))
"""Scopes whose keys may have connections linked."""

Wanted = frozenset[str]
Asking = dict[tuple[str, str], dict[str, list[int]]]
"""By connection and kind: the ids that are asked for, and the places that each goes to."""


class Loaders:
    """One set of loaders for one request. Implements `model.reach.Reach`."""

    def __init__(self, context: Context) -> None:
        # The context holds this: a cycle would keep the rows of an answer until garbage is collected.
        self._holder = weakref.ref(context)
        self._records: dict[tuple[str, str, Wanted], Batch] = {}
        self._children: dict[tuple[str, str, Wanted, str], DataLoader[Any, Any]] = {}
        self._makers: dict[tuple[str, str], list[Maker]] = {}
        self._origins: dict[tuple[str, str, str, dt.datetime], Origin] = {}
        self._summaries: dict[int, tuple[Mapping[str, Any], Wanted]] = {}

    @property
    def _context(self) -> Context:
        """The request; whoever asks holds it."""
        return _held(self._holder)

    async def follow(self, record: Record, pointer: Pointer | None, wanted: Wanted) -> Any:
        """The record a pointer names; raises LedgermeshError when it cannot be read."""
        if pointer is None:
            return None
        origin = origin_of(record)
        held = self._here(origin, pointer, wanted)
        if held is not None:
            return held
        return await self._batch(origin.connection.id, pointer.kind, wanted).one(pointer.native_id)

    async def follow_each(self, records: Sequence[Record], reference: str, wanted: Wanted) -> list[Any]:
        """What `follow` gives for the pointer in this field of each record; an exception stands for what it raises."""
        alike = _alike(records, reference, wanted)
        if alike is not None:
            batch, ids = self._batch(*alike[:2], wanted), alike[2]
            with Caught() as caught:
                known = await batch.ask([id for id in ids if id is not None]).found()
            return [None if id is None else caught.error or known[id] for id in ids]
        found: list[Any] = []
        asked: Asking = {}
        await self._each(records, reference, wanted, found, asked)
        # All are asked for before any is waited for.
        waits = [(self._batch(*each, wanted).ask(indexes), indexes) for each, indexes in asked.items()]
        for wait, indexes in waits:
            await _put(wait, indexes, found)
        return found

    async def _each(
        self, records: Sequence[Record], reference: str, wanted: Wanted, found: list[Any], asked: Asking
    ) -> None:
        while len(found) < len(records):
            if found:
                await self._context.terms.slices.pause()
            with Caught() as caught:
                for index in range(len(found), min(len(found) + ROWS_AT_ONCE, len(records))):
                    record = records[index]
                    found.append(self._ask(record, getattr(record, reference), wanted, asked, index))
            if caught.error is not None:  # the others go on behind it
                found.append(caught.error)

    def _ask(
        self, record: Record, pointer: Pointer | None, wanted: Wanted, asked: Asking, index: int
    ) -> Record | None:
        """The record, where it is known; what is not is noted down with where it goes."""
        if pointer is None:
            return None
        origin = origin_of(record)
        held = self._here(origin, pointer, wanted)
        if held is None:
            indexes = asked.setdefault((origin.connection.id, pointer.kind), {})
            indexes.setdefault(pointer.native_id, []).append(index)
        return held

    def _here(self, origin: Origin, pointer: Pointer, wanted: Wanted) -> Record | None:
        """The record as far as the document that names it holds it, if that is all that is wanted."""
        maker = self._maker(origin.connection.id, pointer)
        return self._held(maker, pointer, wanted, origin.fetched_at) if maker is not None else None

    def _held(self, maker: Maker, pointer: Pointer, wanted: Wanted, fetched_at: dt.datetime) -> Record | None:
        """The record as far as the referring document holds it, if that is all that is wanted."""
        row, fields = pointer.row, None
        if wanted <= FREE:
            row = NOTHING
        elif (
            pointer.summary is not None
            and pointer.holder is not None
            and wanted <= self._told(pointer.summary)
        ):
            row, fields = pointer.holder, pointer.summary
        elif row is None or not _complete(maker, pointer, wanted):
            return None
        key = (maker.link.connection, maker.resource.kind, maker.resource.name, fetched_at)
        origin = self._origins.get(key)
        if origin is None:
            origin = self._origins[key] = maker.origin(fetched_at)
        return maker.over(row, pointer.native_id, origin, fields)

    def _told(self, summary: Mapping[str, Any]) -> frozenset[str]:
        """The fields that a document holds of the record that it names."""
        found = self._summaries.get(id(summary))
        if found is None:
            known = (name for name, wire in summary.items() if getattr(wire, "transform", ABSENT) != ABSENT)
            # Kept beside its fields, so that its number is not given to another one.
            found = self._summaries[id(summary)] = summary, FREE | frozenset(known)
        return found[1]

    async def load(self, ref: Ref, wanted: Wanted) -> Any:
        """A record by its reference; raises Forbidden for a connection that the caller does not see."""
        return await self._batch(ref.connection, ref.kind, wanted).one(ref.native_id)

    def _maker(self, connection: str, pointer: Pointer) -> Maker | None:
        makers = self._makers_of(connection, pointer.kind)
        if len(makers) == 1 and not makers[0].resource.name:
            return makers[0]
        name = pointer.native_id.partition(":")[0]
        named = next((maker for maker in makers if maker.resource.name == name), None)
        return named or next((maker for maker in makers if not maker.resource.name), None)

    def _makers_of(self, connection: str, kind: str) -> list[Maker]:
        """How a connection's records of a kind are made; looked up once, for every record of a page asks it."""
        key = (connection, kind)
        found = self._makers.get(key)
        if found is None:
            found = self._makers[key] = self._context.hub_of(connection).makers(kind)
        return found

    def _batch(self, connection: str, kind: str, wanted: Wanted) -> Batch:
        key = (connection, kind, wanted)
        found = self._records.get(key)
        if found is None:
            holder = self._holder  # and not this, which holds the batch

            async def read(ids: Sequence[str], since: dt.date | None) -> dict[str, Loaded]:
                try:
                    return await _held(holder).hub_of(connection).many(kind, ids, wanted, since)
                except LedgermeshError as error:  # of all is the error of each, so that each field says it
                    return dict.fromkeys(ids, error)

            found = self._records[key] = Batch(read, self._context.terms.slices)
        return found

    async def children(self, record: Record, kind: str, wanted: Wanted) -> Sequence[Any]:
        """The records of a kind that belong to a record, in order of date."""
        return _in_order(await self._belonging(record, kind, wanted))

    async def children_each(self, records: Sequence[Record], kind: str, wanted: Wanted) -> list[Any]:
        """What `children` gives for each record; an exception stands for what it raises."""
        found: list[Any] = []
        for record in records:
            with Caught() as caught:
                found.append(self._belonging(record, kind, wanted))
            if caught.error is not None:
                found.append(caught.error)
        return [each if isinstance(each, Exception) else _in_order(each) for each in await _awaited(found)]

    def _belonging(self, record: Record, kind: str, wanted: Wanted) -> Awaitable[Any]:
        """The records of a kind that belong to one, to be waited for."""
        origin = origin_of(record)
        connection = origin.connection.id
        makers = self._makers_of(connection, kind)
        if below(makers, origin.kind) is not None or (
            not _says_what_settles_it(record) and names_its_documents(makers)
        ):
            return self._below(connection, kind, wanted, origin.kind).load(record)
        return self._referred(record, connection, kind, wanted)

    def _referred(self, record: Record, connection: str, kind: str, wanted: Wanted) -> Awaitable[Any]:
        if not _says_what_settles_it(record):
            raise Unsupported(f"the provider does not say which {kind} records belong to this one")
        pointers: Sequence[Pointer] = record.payment_refs  # type: ignore[attr-defined]  # it says so
        batch = self._batch(connection, kind, wanted | {"date"})
        # What settles a document is not older than it; one that is, is found singly.
        since: dt.date | None = getattr(record, "date", None)
        return batch.ask([pointer.native_id for pointer in pointers], since)

    def downloads(self, record: Record) -> Sequence[Download]:
        """See Reach."""
        return downloads(self._context, record)

    def version(self, record: Record) -> str:
        """See Reach."""
        return version_of(record)

    async def subscription(self, connection: str) -> Any:
        """See Reach."""
        return await self._context.hub_of(connection).subscription()

    async def quota(self, connection: str) -> list[Quota]:
        """See Reach. What all tenants share of a provider is not shown: it would tell one of the other's traffic."""
        known = await self._context.parts.quota(self._context.hub_of(connection).link)
        return [
            Quota(window=each.window, limit=each.limit, remaining=each.remaining, resets_at=each.resets_at)
            for each in known
            if each.per == "connection"
        ]

    def repair_url(self, connection: str) -> str | None:
        """See Reach."""
        parts, entry = self._context.parts, self._administered(connection)
        if entry is None:
            return None
        standing = parts.registry.standing(entry.environment, entry.id)
        if standing is None or not (standing.state in REPAIRABLE or ends_soon(standing, parts.clock.now())):
            return None
        return parts.repairs(entry)

    async def hook_url(self, connection: str) -> str | None:
        """See Reach."""
        parts, entry = self._context.parts, self._administered(connection)
        if entry is None or not parts.public_url or parts.definitions[entry.provider].hooks is None:
            return None
        secret = await HookSecrets(parts.keys, parts.state.store).make(entry)
        return f"{parts.public_url}/hooks/{entry.provider}/{secret}"

    def _administered(self, connection: str) -> ConnectionEntry | None:
        """A connection whose links the caller may have: with such a key of its own, of the tenant that linked it."""
        principal, parts = self._context.principal, self._context.parts
        entry = parts.registry.connection(principal, connection)
        if entry is None or not principal.key.scopes & LINKS or principal.key.hint == BROWSER_PREFIX:
            return None
        return entry if parts.repairs.owner(entry) == principal.tenant.id else None

    def _below(self, connection: str, kind: str, wanted: Wanted, parent: str) -> DataLoader[Any, Any]:
        key = (connection, kind, wanted, parent)
        if key not in self._children:
            holder = self._holder

            async def load(parents: Sequence[Record]) -> list[Sequence[Record] | LedgermeshError]:
                hub = _held(holder).hub_of(connection)
                if below(hub.makers(kind), parent) is None:
                    return await hub.naming(kind, parents, wanted)
                return await hub.children(kind, parents, wanted)

            self._children[key] = DataLoader(
                batch_load_fn=load, get_cache_key=lambda parent: parent.native_id
            )
        return self._children[key]


_CONNECTION: Final = attrgetter("connection")


def _alike(
    records: Sequence[Record], reference: str, wanted: Wanted
) -> tuple[str, str, list[str | None]] | None:
    """The connection, kind and ids of what all of these refer to, where they are of one source and hold nothing of it
    but its id.
    """
    wires = wires_of(records[0])
    wire: Wire | None = wires.get(reference)
    if wire is None or wire.refers is None or wire.refers.of is not wire.read:
        return None
    if wanted <= FREE or wire.held or wire.embeds:
        return None
    connections = set(map(id, map(_CONNECTION, map(origin_of, records))))
    if len(connections) > 1 or not read_alike(records):
        return None
    try:
        return (
            origin_of(records[0]).connection.id,
            wire.refers.kind,
            referred(list(map(row_of, records)), wire.refers),
        )
    except Malformed:
        return None


async def _put(asked: Asked, indexes: Mapping[str, list[int]], found: list[Any]) -> None:
    """What was asked for, or the error of all of it, in its places."""
    with Caught() as caught:
        known = await asked.found()
    for native_id, places in indexes.items():
        for index in places:
            found[index] = caught.error or known[native_id]


def _says_what_settles_it(record: Record) -> bool:
    wire = wires_of(record).get("payment_refs")
    return wire is not None and wire.transform != ABSENT


async def _awaited(found: list[Any]) -> list[Any]:
    """The same with what is waited for in its place. Several may wait for one future, which costs nothing more."""
    for index, each in enumerate(found):
        if isinstance(each, asyncio.Future | Asked):
            with Caught() as caught:
                found[index] = await each
            if caught.error is not None:
                found[index] = caught.error
    return found


def _in_order(found: Iterable[Any]) -> list[Any]:
    return sorted((each for each in found if each is not None), key=_by_day)


def _by_day(record: Any) -> tuple[bool, dt.date, str]:
    day: dt.date | None = getattr(record, "date", None)
    return (day is None, day or dt.date.min, record.native_id)


def _held(holder: weakref.ref[Context]) -> Context:
    """The request; raises Unavailable where it has ended before what it asked for was begun."""
    found = holder()
    if found is None:
        raise Unavailable("the request has ended")
    return found


def _complete(maker: Maker, pointer: Pointer, wanted: Wanted) -> bool:
    """Whether an embedded document holds the parts that the provider only shows when asked for."""
    assert pointer.row is not None, "the caller has looked"
    return all(word in pointer.row.doc for word in expanded(maker.resource.fields, wanted))
