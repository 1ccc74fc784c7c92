"""What an operation will ask of each provider, told before any of it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import Any, Final, Protocol

import msgspec
from graphql import OperationType

from ledgermesh.engine.hub import below, names_its_documents
from ledgermesh.engine.request import FREE as HELD
from ledgermesh.errors import LedgermeshError
from ledgermesh.graph.company import COMPANY, LISTS, ListField
from ledgermesh.graph.context import Context
from ledgermesh.graph.fanout import FIRST_MAX, chosen
from ledgermesh.graph.federation.keys import reference
from ledgermesh.graph.kinds import BY_NAME, KINDS
from ledgermesh.graph.limits.asked import Asked, Operation
from ledgermesh.graph.limits.points import ASSUMED
from ledgermesh.graph.limits.reads import ONE, Count, children, many, page, report
from ledgermesh.model.selection import python_name
from ledgermesh.spec.provider import Provider
from ledgermesh.spec.query import Compare, ListQuery, Ref
from ledgermesh.spec.resource import Resource
from ledgermesh.spec.wires import ABSENT, Wire
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry

ONES: Final = {kind.one: kind for kind in KINDS}
DEPTH_MAX: Final = 40


class Arguments(Protocol):
    """Makes what resolvers get of a field's arguments."""

    def __call__(self, asked: Asked) -> dict[str, Any]: ...


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one field asks of one connection."""

    path: str
    """The names that lead to the field in the answer, with dots."""
    connection: str
    provider: str
    resource: str
    """Kind of record or report, with the provider's list where there are several."""
    count: Count


@dataclass(frozen=True, slots=True)
class Rows:
    """Records of a kind that a field may give: at most so many of each connection."""

    kind: str
    by_connection: Mapping[str, int]
    share: Mapping[str, int]
    """How many are likely, where sources share a page."""


class Planner:
    """Plans one operation in a caller's name; asks nobody and changes nothing."""

    def __init__(self, context: Context, arguments: Arguments) -> None:
        self._context = context
        self._arguments = arguments
        self._seen: set[object] = set()
        self._entries: dict[str, ConnectionEntry | None] = {}

    def parts(self, operation: Operation) -> list[Part]:
        """Every part that may cost a call; nothing for what is no query."""
        if operation.type is not OperationType.QUERY:
            return []
        return [part for asked in operation.roots for part in self._root(asked)]

    # -- the root -------------------------------------------------------------------------------------------------

    def _root(self, asked: Asked) -> Iterator[Part]:
        try:
            given = self._arguments(asked)
            match asked.name:
                case "company":
                    yield from self._company(asked, self._context.company(given.get("key")))
                case "companies":
                    for entry in self._companies(given.get("keys")):
                        yield from self._company(asked, entry)
                case "node":
                    yield from self._records(asked, asked.key, [given["id"]])
                case "nodes":
                    yield from self._records(asked, asked.key, given["ids"])
                case "_entities":
                    yield from self._entities(asked, given["representations"])
        except LedgermeshError:
            return  # refused before any call, as running it says

    def _companies(self, keys: list[Any] | None) -> Iterable[CompanyEntry]:
        context = self._context
        if keys is None:
            return context.parts.registry.companies(context.principal)
        return [context.company(key) for key in dict.fromkeys(keys)]

    def _company(self, above: Asked, entry: CompanyEntry) -> Iterator[Part]:
        for asked in above.below.values():
            name, path = python_name(asked.name), f"{above.key}.{asked.key}"
            try:
                if name in LISTS:
                    yield from self._list(asked, path, entry, LISTS[name])
                elif name in ONES:
                    yield from self._one(asked, path, entry, ONES[name].name)
                elif name == "reports":
                    yield from self._reports(asked, path, entry)
                elif name == "connections":
                    yield from self._connections(asked, path, entry)
            except LedgermeshError:
                continue  # as above

    # -- lists ----------------------------------------------------------------------------------------------------

    def _list(self, asked: Asked, path: str, entry: CompanyEntry, field: ListField) -> Iterator[Part]:
        given = self._arguments(asked)
        wanted = _names(asked.named("nodes")) | _names(asked.named("edges", "node"))
        first = min(max(int(given["first"]), 0), FIRST_MAX)
        query = field.query(self._context, entry, given, wanted)
        least = 1 if self._live(asked) and given.get("after") is None else 0
        rows: dict[str, int] = {}
        for part in self._pages(path, entry, query, first, least):
            yield part
            rows[part.connection] = first
        share = ceil(first / max(len(rows), 1))
        found = Rows(field.kind.name, rows, dict.fromkeys(rows, share))
        for node in (*asked.named("nodes"), *asked.named("edges", "node")):
            yield from self._below(node, f"{path}.{node.key}", found)

    def _pages(
        self, path: str, entry: CompanyEntry, query: ListQuery, first: int, least: int
    ) -> Iterator[Part]:
        pages_max = self._context.parts.scan_pages_max
        for connection in chosen(self._context, entry, query.sources):
            for resource in _whole(self._resources(connection.id, query.kind)):
                if not _answers(resource, query):
                    continue
                count = page(resource, query, first, connection.id, pages_max)
                again = (connection.id, resource.kind, resource.name, query, first)
                yield self._part(path, connection, resource, self._once(again, count, least))

    def _once(self, again: object, count: Count, least: int) -> Count:
        """The same question twice joins the first one's calls; what may be known already may cost none."""
        sure = count.least if least and again not in self._seen else 0
        self._seen.add(again)
        return Count(
            least=sure, likely=count.likely, most=count.most, pushed=count.pushed, sorted=count.sorted,
            pages=count.pages,
        )  # fmt: skip

    # -- single records -------------------------------------------------------------------------------------------

    def _one(self, asked: Asked, path: str, entry: CompanyEntry, kind: str) -> Iterator[Part]:
        given = self._arguments(asked)
        if given.get("id") is not None:
            yield from self._records(asked, path, [given["id"]])
        elif given.get("native_id") is not None:
            named = chosen(self._context, entry, (str(given["connection"]),))
            yield from self._by_id(asked, path, kind, {each.id: 1 for each in named[:1]})
        elif (number := given.get("number")) is not None and (field := BY_NAME[kind].number) is not None:
            sources = (given["connection"],) if given.get("connection") is not None else ()
            query = ListQuery(
                kind, Compare(field, "eq", number), BY_NAME[kind].order, sources=sources,
                fields=_names([asked]) | {field},
            )  # fmt: skip
            found = list(self._pages(path, entry, query, 2, int(self._live(asked))))
            yield from found
            rows = {part.connection: 1 for part in found}
            yield from self._below(asked, path, Rows(kind, rows, rows))

    def _records(self, asked: Asked, path: str, ids: Iterable[str]) -> Iterator[Part]:
        """Things by their global ids; those that cannot be opened cost nothing."""
        found: dict[str, dict[str, int]] = {}
        for ref in {ref for id in islice(ids, FIRST_MAX) if (ref := self._opened(str(id))) is not None}:
            if ref.kind == COMPANY:
                yield from self._reached(asked, ref.native_id)
                continue
            of = found.setdefault(ref.kind, {})
            of[ref.connection] = of.get(ref.connection, 0) + 1
        for kind, by_connection in found.items():
            yield from self._by_id(asked.of(kind), path, kind, by_connection)

    def _entities(self, asked: Asked, representations: Iterable[object]) -> Iterator[Part]:
        """What routers ask for by keys; what names nothing costs nothing."""
        ids: list[str] = []
        for given in islice(representations, FIRST_MAX):
            try:
                named = reference(given)
            except LedgermeshError:
                continue
            if named.key == "key":
                yield from self._reached(asked, named.value)
            elif named.typename != "Connection":
                ids.append(named.value)
            elif (entry := self._entry(named.value)) is not None:
                yield from self._subscription(asked.of(named.typename), asked.key, entry)
        yield from self._records(asked, asked.key, ids)

    def _reached(self, asked: Asked, key: str) -> Iterator[Part]:
        """A company by its account key, if the caller sees it."""
        entry = self._context.parts.registry.company(self._context.principal, key)
        if entry is not None:
            yield from self._company(asked.of(COMPANY), entry)

    def _opened(self, id: str) -> Ref | None:
        try:
            return self._context.ids.open(id)
        except LedgermeshError:
            return None

    def _by_id(self, asked: Asked, path: str, kind: str, by_connection: Mapping[str, int]) -> Iterator[Part]:
        for id, ids in by_connection.items():
            resources = self._resources(id, kind)
            # With several lists of a kind the id tells which one is asked; here it is not told apart.
            exact = len(resources) == 1 and self._live(asked)
            for resource in resources:
                if (
                    part := self._connected(path, id, resource, many(resource, ids, exact=exact))
                ) is not None:
                    yield part
        yield from self._below(asked, path, Rows(kind, by_connection, by_connection))

    # -- relations ------------------------------------------------------------------------------------------------

    def _below(self, above: Asked, path: str, rows: Rows) -> Iterator[Part]:
        """What is related to records, wherever it is asked below them."""
        if path.count(".") > DEPTH_MAX:
            return
        for asked in above.below.values():
            if not asked.below:
                continue
            if asked.kind not in BY_NAME:
                yield from self._below(asked, f"{path}.{asked.key}", rows)
                continue
            found: dict[str, int] = {}
            for connection, parents in rows.by_connection.items():
                of = rows.kind if rows.kind in BY_NAME else ""
                many = asked.many
                below_path = f"{path}.{asked.key}"
                parts = (
                    self._children(asked, below_path, connection, of, rows)
                    if many
                    else self._follow(asked, below_path, connection, of, parents)
                )
                for part in parts:
                    found[connection] = parents * (ASSUMED if many else 1)
                    yield part
            yield from self._below(asked, f"{path}.{asked.key}", Rows(asked.kind, found, found))

    def _follow(self, asked: Asked, path: str, connection: str, of: str, parents: int) -> Iterator[Part]:
        wanted = _names([asked])
        if wanted <= HELD:
            return
        wires = [
            each.fields.wires.get(f"{python_name(asked.name)}_ref")
            for each in self._resources(connection, of)
        ]
        if all(wire is None or _needs_none(wire, wanted) for wire in wires):
            return
        yield from self._each(asked, path, connection, parents)

    def _each(self, asked: Asked, path: str, connection: str, parents: int) -> Iterator[Part]:
        for resource in self._resources(connection, asked.kind):
            count = many(resource, parents, exact=False)
            if (part := self._connected(path, connection, resource, count)) is not None:
                yield part

    def _children(self, asked: Asked, path: str, connection: str, of: str, rows: Rows) -> Iterator[Part]:
        parents, share = rows.by_connection[connection], rows.share.get(connection, 0)
        entry = self._entry(connection)
        if entry is None:
            return
        try:
            makers = self._context.hub_of(connection).makers(asked.kind)
        except LedgermeshError:
            return
        under = below(makers, of)
        if under is not None:
            count = children(under.resource, parents, share)
            yield self._part(path, entry, under.resource, count)
        elif not self._says(connection, of) and names_its_documents(makers):
            for maker in makers:
                count = page(maker.resource, ListQuery(asked.kind), parents, connection, 200)
                sure = Count(least=0, likely=count.likely, most=count.most, pages=count.pages)
                yield self._part(path, entry, maker.resource, sure)
        else:
            yield from self._each(asked, path, connection, parents)

    def _says(self, connection: str, kind: str) -> bool:
        """Whether records of this kind say what settles them."""
        wires = [each.fields.wires.get("payment_refs") for each in self._resources(connection, kind)]
        return any(wire is not None and wire.transform != ABSENT for wire in wires)

    # -- reports and connections ----------------------------------------------------------------------------------

    def _reports(self, above: Asked, path: str, entry: CompanyEntry) -> Iterator[Part]:
        for asked in above.below.values():
            kind, given = python_name(asked.name).upper(), self._arguments(asked)
            for connection in chosen(self._context, entry, tuple(given.get("sources") or ())):
                provider = self._provider(connection)
                endpoint = next((each for each in provider.reports if each.report == kind), None)
                if endpoint is not None:
                    count = report(endpoint)
                    again = (connection.id, kind, str(given))
                    least = int(self._live(asked))
                    yield Part(
                        path=f"{path}.{asked.key}", connection=connection.id, provider=provider.name,
                        resource=kind, count=self._once(again, count, least),
                    )  # fmt: skip
                for told in asked.named("connection"):
                    yield from self._subscription(told, f"{path}.{asked.key}.{told.key}", connection)

    def _connections(self, above: Asked, path: str, entry: CompanyEntry) -> Iterator[Part]:
        for connection in self._context.connections(entry):
            yield from self._subscription(above, path, connection)

    def _subscription(self, above: Asked, path: str, connection: ConnectionEntry) -> Iterator[Part]:
        provider = self._provider(connection)
        for asked in above.named("subscription"):
            if provider.subscription is not None:
                count = self._once((connection.id, "subscription"), ONE, int(self._live(asked)))
                yield Part(
                    path=f"{path}.{asked.key}", connection=connection.id, provider=provider.name,
                    resource="Subscription", count=count,
                )  # fmt: skip

    # -- definitions ----------------------------------------------------------------------------------------------

    def _entry(self, id: str) -> ConnectionEntry | None:
        if id not in self._entries:
            context = self._context
            entry = context.parts.registry.connection(context.principal, id)
            known = entry is not None and entry.provider in context.parts.definitions
            self._entries[id] = entry if known else None
        return self._entries[id]

    def _provider(self, connection: ConnectionEntry) -> Provider:
        return self._context.parts.definitions[connection.provider]

    def _resources(self, connection: str, kind: str) -> list[Resource]:
        entry = self._entry(connection)
        if entry is None:
            return []
        return [each for each in self._provider(entry).resources if each.kind == kind]

    def _connected(self, path: str, connection: str, resource: Resource, count: Count) -> Part | None:
        entry = self._entry(connection)
        return self._part(path, entry, resource, count) if entry is not None else None

    def _part(self, path: str, connection: ConnectionEntry, resource: Resource, count: Count) -> Part:
        name = f"{resource.kind} ({resource.name})" if resource.name else resource.kind
        return Part(
            path=path, connection=connection.id, provider=connection.provider, resource=name, count=count
        )

    def _live(self, asked: Asked) -> bool:
        """Whether no answer of before is taken."""
        fresh = self._context.terms.fresh
        said = any(each.name.value == "fresh" for each in asked.directives)
        return not said and fresh.max_age_seconds <= 0


def _whole(resources: list[Resource]) -> list[Resource]:
    """The lists that hold a kind as a whole, where there are such."""
    return [each for each in resources if each.children is None]


def _answers(resource: Resource, query: ListQuery) -> bool:
    """Whether the provider can be asked that at all."""
    list_ = resource.list
    if query.include_deleted and (list_ is None or list_.removed is None):
        return False
    pushes = list_.pushes if list_ is not None else ()
    told = any(each.field == "updated_at" and each.operator == "gte" for each in pushes)
    return told or not query.changed_since


def _names(fields: Iterable[Asked]) -> frozenset[str]:
    """Python names of the fields that are read of these."""
    return frozenset(python_name(each.name) for asked in fields for each in asked.below.values())


def _needs_none(wire: Wire, wanted: frozenset[str]) -> bool:
    return wire.transform == ABSENT or wire.embeds or wanted <= HELD | wire.held
