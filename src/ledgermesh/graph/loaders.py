"""Relations: what a document holds already costs no call, what it does not is loaded in one batch a level."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from aiodataloader import DataLoader

from ledgermesh.compiler.guard import Caught
from ledgermesh.engine.hub import Loaded, below, names_its_documents
from ledgermesh.engine.mapping import Maker
from ledgermesh.engine.version import version_of
from ledgermesh.errors import LedgermeshError, Unsupported
from ledgermesh.graph.downloads import downloads
from ledgermesh.model.mapped import field_name
from ledgermesh.model.platform import Quota
from ledgermesh.model.record import Download, Origin, Record
from ledgermesh.model.row import Row
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.query import Ref
from ledgermesh.spec.wires import ABSENT
from ledgermesh.state.entries import ConnectionEntry
from ledgermesh.state.hook_secrets import HookSecrets
from ledgermesh.state.minting import BROWSER_PREFIX
from ledgermesh.state.repair import REPAIRABLE, ends_soon

if TYPE_CHECKING:
    from ledgermesh.graph.context import Context

FREE = frozenset(("id", "__typename"))
"""Fields that every reference answers by itself."""

LINKS = frozenset(("api.write", "admin"))
"""Scopes whose keys may have connections linked."""

Wanted = frozenset[str]


class Loaders:
    """One set of loaders for one request. Implements `model.reach.Reach`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._records: dict[tuple[str, str, Wanted], DataLoader[Any, Any]] = {}
        self._children: dict[tuple[str, str, Wanted, str], DataLoader[Any, Any]] = {}
        self._makers: dict[tuple[str, str], list[Maker]] = {}

    async def follow(self, record: Record, pointer: Pointer | None, wanted: Wanted) -> Any:
        """The record a pointer names; raises LedgermeshError when it cannot be read."""
        found = self._followed(record, pointer, wanted)
        return await found if isinstance(found, asyncio.Future) else found

    async def follow_each(self, records: Sequence[Record], reference: str, wanted: Wanted) -> list[Any]:
        """What `follow` gives for the pointer in this field of each record; an exception stands for what it raises."""
        found: list[Any] = []
        for record in records:
            with Caught() as caught:
                found.append(self._followed(record, getattr(record, reference), wanted))
            if caught.error is not None:
                found.append(caught.error)
        return await _awaited(found)

    def _followed(self, record: Record, pointer: Pointer | None, wanted: Wanted) -> Any:
        """The record, or its future."""
        if pointer is None:
            return None
        origin: Origin = record.__dict__["_origin"]
        maker = self._maker(origin.connection.id, pointer)
        held = _held(maker, pointer, wanted, origin.fetched_at) if maker is not None else None
        if held is not None:
            return held
        return self._loader(origin.connection.id, pointer.kind, wanted).load((pointer.native_id, None))

    async def load(self, ref: Ref, wanted: Wanted) -> Any:
        """A record by its reference; raises Forbidden for a connection that the caller does not see."""
        return await self._loader(ref.connection, ref.kind, wanted).load((ref.native_id, None))

    def _maker(self, connection: str, pointer: Pointer) -> Maker | None:
        makers = self._makers_of(connection, pointer.kind)
        name = pointer.native_id.partition(":")[0]
        named = next((maker for maker in makers if maker.resource.name == name), None)
        return named or next((maker for maker in makers if not maker.resource.name), None)

    def _makers_of(self, connection: str, kind: str) -> list[Maker]:
        """How a connection's records of a kind are made; looked up once, for every record of a page asks it."""
        key = (connection, kind)
        if key not in self._makers:
            self._makers[key] = self._context.hub_of(connection).makers(kind)
        return self._makers[key]

    def _loader(self, connection: str, kind: str, wanted: Wanted) -> DataLoader[Any, Any]:
        key = (connection, kind, wanted)
        if key not in self._records:

            async def load(keys: Sequence[tuple[str, dt.date | None]]) -> list[Loaded]:
                days = [day for _, day in keys]
                since = None if None in days else min(day for day in days if day is not None)
                ids = list(dict.fromkeys(id for id, _ in keys))
                found = await _all(self._context.hub_of(connection).many(kind, ids, wanted, since), ids)
                return [found[id] for id, _ in keys]

            self._records[key] = DataLoader(batch_load_fn=load)
        return self._records[key]

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

    def _belonging(self, record: Record, kind: str, wanted: Wanted) -> asyncio.Future[Any]:
        """The future of the records of a kind that belong to one."""
        origin: Origin = record.__dict__["_origin"]
        connection = origin.connection.id
        makers = self._makers_of(connection, kind)
        if below(makers, origin.kind) is not None or (
            not _says_what_settles_it(record) and names_its_documents(makers)
        ):
            return self._below(connection, kind, wanted, origin.kind).load(record)
        return self._referred(record, connection, kind, wanted)

    def _referred(self, record: Record, connection: str, kind: str, wanted: Wanted) -> asyncio.Future[Any]:
        if not _says_what_settles_it(record):
            raise Unsupported(f"the provider does not say which {kind} records belong to this one")
        pointers: Sequence[Pointer] = record.payment_refs  # type: ignore[attr-defined]  # it says so
        loader = self._loader(connection, kind, wanted | {"date"})
        # What settles a document is not older than it; one that is, is found singly.
        since: dt.date | None = getattr(record, "date", None)
        return loader.load_many([(pointer.native_id, since) for pointer in pointers])

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

            async def load(parents: Sequence[Record]) -> list[Sequence[Record] | LedgermeshError]:
                hub = self._context.hub_of(connection)
                if below(hub.makers(kind), parent) is None:
                    return await hub.naming(kind, parents, wanted)
                return await hub.children(kind, parents, wanted)

            self._children[key] = DataLoader(
                batch_load_fn=load, get_cache_key=lambda parent: parent.native_id
            )
        return self._children[key]


def _says_what_settles_it(record: Record) -> bool:
    wire = record.__dict__["_wires"].get("payment_refs")
    return wire is not None and wire.transform != ABSENT


async def _awaited(found: list[Any]) -> list[Any]:
    """The same with what its futures came to. Several may wait for one, which costs nothing more."""
    for index, each in enumerate(found):
        if isinstance(each, asyncio.Future):
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


async def _all(reading: Any, ids: Sequence[str]) -> dict[str, Loaded]:
    """A batch; an error of all is the error of each, so that each field says it."""
    try:
        found: dict[str, Loaded] = await reading
    except LedgermeshError as error:
        return dict.fromkeys(ids, error)
    return found


def _held(maker: Maker, pointer: Pointer, wanted: Wanted, fetched_at: dt.datetime) -> Record | None:
    """The record as far as the referring document holds it, if that is all that is wanted."""
    if wanted <= FREE:
        return maker.over(Row({}), pointer.native_id, fetched_at)
    if pointer.summary is not None and pointer.holder is not None:
        known = {
            name for name, wire in pointer.summary.items() if getattr(wire, "transform", ABSENT) != ABSENT
        }
        if wanted <= FREE | known:
            return maker.over(pointer.holder, pointer.native_id, fetched_at, pointer.summary)
    if pointer.row is not None and _complete(maker, pointer, wanted):
        return maker.over(pointer.row, pointer.native_id, fetched_at)
    return None


def _complete(maker: Maker, pointer: Pointer, wanted: Wanted) -> bool:
    """Whether an embedded document holds the parts that the provider only shows when asked for."""
    assert pointer.row is not None, "the caller has looked"
    wires = maker.resource.fields.wires
    asked = [
        wire for name, wire in wires.items() if wire.expand and {name, field_name(name), "source"} & wanted
    ]
    return all(wire.expand in pointer.row.doc for wire in asked)
