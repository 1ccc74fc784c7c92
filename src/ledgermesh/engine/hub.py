"""The books of one connection, as records: lists, single records, many at once, children, reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ledgermesh.engine.mapping import Maker, element, elements
from ledgermesh.engine.paging import parameters, size_max, turn
from ledgermesh.engine.picking import SINGLES_MAX, Loaded, Picking, good, together
from ledgermesh.engine.read import Leaves, ListPages, ReadPages, open_list, read_one
from ledgermesh.engine.reading import ROWS_AT_ONCE
from ledgermesh.engine.request import Terms, call, merged
from ledgermesh.errors import Absent, Garbled, LedgermeshError, TooCostly, Unsupported
from ledgermesh.model.mapped import row_of
from ledgermesh.model.platform import Connection, Subscription
from ledgermesh.model.record import Record, origin_of
from ledgermesh.model.report import Report
from ledgermesh.model.row import Row
from ledgermesh.spec.provider import Provider
from ledgermesh.spec.query import ListQuery
from ledgermesh.spec.resource import ReportEndpoint, Resource
from ledgermesh.spec.stream import Stream
from ledgermesh.spec.wires import ABSENT
from ledgermesh.upstream.call import Handler, Link

CHILDREN_MAX = 200
"""Parents whose children one request reads one by one from one connection."""
REPORT_PAGES_MAX = 20
"""Pages of one report's answer."""

UNNAMED = frozenset(("",))
"""The names of the resources of a kind that has only one, as nearly all have."""


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """A report and when it was read."""

    report: Report
    fetched_at: dt.datetime
    instead: LedgermeshError | None = None
    """Why the provider gave no answer now, where this is one from before that the caller takes in its place."""


class Hub(msgspec.Struct, frozen=True):
    """One connection during one request. Every method raises LedgermeshError for what cannot be read."""

    send: Handler
    terms: Terms
    link: Link
    connection: Connection
    ids: Callable[[str, str], Mapping[str, str]]
    """The global ids of a kind of a connection, by native id."""

    @property
    def provider(self) -> Provider:
        return self.link.provider

    def makers(self, kind: str) -> list[Maker]:
        """How the records of a kind are made, one for each resource; raises Unsupported when there is none."""
        made = [
            Maker(self.link, self.connection, resource, self.ids)
            for resource in self.provider.resources
            if resource.kind == kind
        ]
        if not made:
            raise Unsupported(self.provider.why_not(kind), details={"connection": self.link.connection})
        return made

    def lists(self, query: ListQuery) -> list[ReadPages]:
        """The lists that together hold the records of the query's kind.

        What is listed below a parent only is left to the parent where the provider lists the kind as a whole too.
        """
        makers = self.makers(query.kind)
        whole = [maker for maker in makers if maker.resource.children is None]
        return [open_list(self.send, self.terms, maker, query) for maker in whole or makers]

    async def one(self, kind: str, native_id: str, wanted: frozenset[str]) -> Record | None:
        """One record by its id; None when the provider has none."""
        return good((await self.many(kind, [native_id], wanted))[native_id])

    async def many(
        self, kind: str, ids: Sequence[str], wanted: frozenset[str], since: dt.date | None = None
    ) -> dict[str, Loaded]:
        """Several records by id, with the fewest calls; an error stands in for what could not be read.

        `since` is a day before which none of them lies, where the caller knows one.
        """
        found: dict[str, Loaded] = {}
        makers = self.makers(kind)
        names = frozenset(maker.resource.name for maker in makers)
        for maker in makers:
            mine = _own(maker.resource, ids, names)
            if mine:
                found.update(await self._load(maker, mine, wanted, since))
        return {id: found.get(id) for id in ids}

    async def _load(
        self, maker: Maker, ids: Mapping[str, str], wanted: frozenset[str], since: dt.date | None
    ) -> Mapping[str, Loaded]:
        if maker.resource.children is not None:
            return await self._children_by_id(maker, ids, wanted)
        return await Picking(self.send, self.terms, maker, wanted, since).pick(ids)

    # -- children --------------------------------------------------------------------------------------------------

    async def children(
        self, kind: str, parents: Sequence[Record], wanted: frozenset[str]
    ) -> list[Sequence[Record] | LedgermeshError]:
        """The records of a kind below each parent, read parent by parent where the provider has no other way.

        All parents are of one kind.
        """
        maker = below(self.makers(kind), origin_of(parents[0]).kind)
        assert maker is not None, "the caller has looked"
        rule = maker.resource.children
        assert rule is not None, "that is how it was found"
        needy = [parent for parent in parents if rule.needed(row_of(parent))]
        read = await together(self._below(maker, parent, wanted) for parent in needy[:CHILDREN_MAX])
        found: dict[str, Sequence[Record] | LedgermeshError] = {
            parent.native_id: result for parent, result in zip(needy, read, strict=False)
        }
        too_many = TooCostly(f"more than {CHILDREN_MAX} lists of {kind} records had to be read one by one")
        found |= {parent.native_id: too_many for parent in needy[CHILDREN_MAX:]}
        return [found.get(parent.native_id, ()) for parent in parents]

    async def naming(
        self, kind: str, parents: Sequence[Record], wanted: frozenset[str]
    ) -> list[Sequence[Record] | LedgermeshError]:
        """The records of a kind whose allocations name each parent: one reading of their list for all parents.

        For providers where neither a parent says what settles it nor settlements are listed below it. The list is read
        whole, because a payment may be older than what it settles; not at all where nothing was paid.
        """
        found: dict[str, list[Record]] = {each.native_id: [] for each in parents if not _unpaid(each)}
        try:
            for maker in self.makers(kind) if found else ():
                query = ListQuery(kind, fields=wanted | {"allocations", "date"})
                leaves = Leaves(open_list(self.send, self.terms, maker, query))
                while not leaves.ended:
                    page = await leaves.turn()
                    if page.truncated is not None:
                        raise Unsupported(page.truncated, details={"connection": self.link.connection})
                    await self._share(page.rows, found)
        except LedgermeshError as error:
            return [error if parent.native_id in found else () for parent in parents]
        return [found.get(parent.native_id, ()) for parent in parents]

    async def _share(self, rows: Sequence[Record], found: Mapping[str, list[Record]]) -> None:
        """Give each settlement to the documents that it names."""
        for number, row in enumerate(rows):
            if number % ROWS_AT_ONCE == ROWS_AT_ONCE - 1:
                await self.terms.slices.pause()
            for id in {each.document_native_id for each in getattr(row, "allocations", ())} & found.keys():
                found[id].append(row)

    async def _below(self, maker: Maker, parent: Record, wanted: frozenset[str]) -> list[Record]:
        list_ = maker.resource.list
        assert list_ is not None, "children are read from a list"
        query = ListQuery(kind=maker.resource.kind, fields=wanted)
        leaves = Leaves(ListPages(self.send, self.terms, maker, list_, query, parent))
        rows: list[Record] = []
        while not leaves.ended:
            rows.extend((await leaves.turn()).rows)
        return rows

    async def _children_by_id(
        self, maker: Maker, ids: Mapping[str, str], wanted: frozenset[str]
    ) -> Mapping[str, Loaded]:
        rule = maker.resource.children
        assert rule is not None, "only called for children"
        found: dict[str, Loaded] = {}
        parents: dict[str, Record | None] = {}
        listed: dict[str, Mapping[str, Record]] = {}
        for id in list(ids)[:SINGLES_MAX]:
            above = id.partition("-")[0]
            try:
                if above not in parents:
                    parents[above] = await self.one(rule.parent, above, frozenset())
                parent = parents[above]
                if parent is None or not ids[id]:
                    found[id] = None
                elif maker.resource.get is not None:
                    found[id] = await read_one(self.send, self.terms, maker, ids[id], wanted, parent)
                else:
                    if above not in listed:
                        rows = await self._below(maker, parent, wanted)
                        listed[above] = {row.native_id: row for row in rows}
                    found[id] = listed[above].get(id)
            except LedgermeshError as error:
                found[id] = error
        too_many = TooCostly(
            f"more than {SINGLES_MAX} {maker.resource.kind} records had to be read one by one"
        )
        return found | dict.fromkeys(list(ids)[SINGLES_MAX:], too_many)

    # -- reports ---------------------------------------------------------------------------------------------------

    async def report(self, kind: str, arguments: Mapping[str, str]) -> ReportAnswer:
        """A statement as the provider computes it; raises Unsupported when it computes none."""
        endpoint = next((each for each in self.provider.reports if each.report == kind), None)
        if endpoint is None:
            raise Unsupported(self.provider.why_not(kind), details={"connection": self.link.connection})
        query = tuple((theirs, arguments[ours]) for ours, theirs in endpoint.params if ours in arguments)
        document, fetched_at, instead = await self._answer(endpoint, query)
        if endpoint.pick is not None:
            document = endpoint.pick(document, arguments)
            if document is None:
                raise Absent(f"{self.provider.title} has no such report for this time.")
        report: Report = endpoint.fields.record(
            Row(_object(document, endpoint.item), None, self.link.settings), []
        )
        return ReportAnswer(report, fetched_at, instead)

    async def _answer(
        self, endpoint: ReportEndpoint, query: tuple[tuple[str, str], ...]
    ) -> tuple[object, dt.datetime, LedgermeshError | None]:
        """The answer to the question for a report, all pages of it, when the oldest came, in place of which error."""
        if endpoint.page is None:
            response = await self.send(call(self.terms, self.link, endpoint.path, {}, query))
            return response.document, response.fetched_at, response.instead
        found: list[object] = []
        last: Sequence[object] = ()
        position, oldest, instead = None, None, None
        for _ in range(REPORT_PAGES_MAX):
            asked = merged(query, parameters(endpoint.page, position, size_max(endpoint.page)))
            response = await self.send(call(self.terms, self.link, endpoint.path, {}, asked))
            rows = elements(response.document, "")
            if rows and rows == last:
                raise Garbled("the provider repeated a page")
            last, instead = rows, instead or response.instead
            oldest = min(oldest or response.fetched_at, response.fetched_at)
            found.extend(rows)
            position = turn(endpoint.page, position, response.document, len(rows)).next
            if position is None:
                return found, oldest, instead
        raise TooCostly(f"more than {REPORT_PAGES_MAX} pages of reports had to be read")

    async def stream(self, kind: str, native_id: str, name: str) -> tuple[Stream, bytes]:
        """A file of a record, by the stream's name; raises Absent for one that the record does not have."""
        for maker in self.makers(kind):
            bare = _bare(maker.resource, native_id, frozenset())
            stream = next((each for each in maker.resource.streams if each.name == name), None)
            if bare is not None and stream is not None:
                return stream, await self._bytes(stream, bare)
        raise Absent(f"{self.provider.title} makes no {name} of this record.")

    async def _bytes(self, stream: Stream, id: str) -> bytes:
        asked = call(self.terms, self.link, stream.path, {"id": id}, stream.query, keep=False)
        accept = (("accept", f"{stream.content_type}, application/json"),)
        response = await self.send(asked.but(binary=True, headers=accept))
        found = response.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if found != stream.content_type:
            raise Garbled(f"{self.provider.title} answered something that is not {stream.content_type}.")
        return response.body

    async def subscription(self) -> Subscription | None:
        """The company's plan with the provider; None where the provider does not tell."""
        detail = self.provider.subscription
        if detail is None:
            return None
        response = await self.send(call(self.terms, self.link, detail.path, {}, ()))
        row = Row(_object(response.document, detail.item), None, self.link.settings)
        found: Subscription = detail.fields.record(row, [])
        return found


def below(makers: Sequence[Maker], parent: str) -> Maker | None:
    """How the records are made that are listed below a parent of this kind, if any are."""
    return next(
        (each for each in makers if each.resource.children and each.resource.children.parent == parent), None
    )


def _unpaid(record: Record) -> bool:
    """Whether a document says that nothing of it is settled."""
    paid = getattr(record, "amount_paid", None)
    return paid is not None and paid.amount == 0


def names_its_documents(makers: Sequence[Maker]) -> bool:
    """Whether records of this kind say which documents they settle."""
    found = [each.resource.fields.wires.get("allocations") for each in makers]
    parts = [wire.parts.wires.get("document_native_id") for wire in found if wire is not None and wire.parts]
    return bool(parts) and all(wire is not None and wire.transform != ABSENT for wire in parts)


def _object(document: object, item: str) -> Mapping[str, object]:
    """The object of an answer, wrapped or bare."""
    found = element(document, item)
    if not isinstance(found, Mapping):
        raise Garbled("expected an object in the provider's answer")
    return found


def _own(resource: Resource, ids: Sequence[str], names: frozenset[str]) -> dict[str, str]:
    """Those of the ids that belong to the resource, and the provider's own id of each."""
    if names == UNNAMED and resource.children is None:  # as a rule
        return {id: id for id in ids if id}
    return {id: bare for id in ids if (bare := _bare(resource, id, names))}


def _bare(resource: Resource, id: str, names: frozenset[str]) -> str | None:
    """The provider's own id, if this id belongs to the resource; `names` are those of all resources of the kind."""
    own = id.partition("-")[2] if resource.children is not None else id
    if names == UNNAMED:
        return own
    name, _, rest = own.partition(":")
    if resource.name:
        return rest if name == resource.name and rest else None
    below = id.partition("-")[2].partition(":")[0]
    return None if (names - {""}) & {name, below} else own
