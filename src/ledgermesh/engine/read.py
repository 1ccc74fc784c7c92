"""One list of one connection, page by page: request, call, records. What the merge reads from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ledgermesh.engine.ahead import AT_ONCE, Ahead, foreseen
from ledgermesh.engine.mapping import Maker, Rejected, element, elements
from ledgermesh.engine.pages import Days, Page
from ledgermesh.engine.paging import WHOLE_MAX, Turn, parameters, shift, size_max, turn
from ledgermesh.engine.pushdown import Parameters, Pushed, elsewhere, pushed
from ledgermesh.engine.reading import ROWS_AT_ONCE
from ledgermesh.engine.request import Terms, call, dated, expansion, merged
from ledgermesh.errors import Absent, Garbled, TooCostly, Unsupported
from ledgermesh.model.record import Record
from ledgermesh.slices import Slices
from ledgermesh.spec.query import ListQuery
from ledgermesh.spec.resource import Derived, List, Many, Resource
from ledgermesh.spec.shapes import Shape
from ledgermesh.upstream.call import Call, Handler, Response

LEAVES_MAX = 200
"""Pages that one request reads of one list beside the merge."""


@dataclass(slots=True)
class Seen:
    """What became known while a list was read."""

    fetched_at: dt.datetime | None = None
    """Of the oldest answer."""
    rejected: list[Rejected] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the provider says beside its answer."""
    stale: Response | None = None
    """The oldest answer from before that was taken because the provider failed."""
    live: int = 0
    """Answers that were none of those."""

    def take(self, response: Response, path: str) -> None:
        """Take note of an answer; `path` is where the provider puts messages."""
        if self.fetched_at is None or response.fetched_at < self.fetched_at:
            self.fetched_at = response.fetched_at
        if response.instead is None:
            self.live += 1
        elif self.stale is None or response.fetched_at < self.stale.fetched_at:
            self.stale = response
        self.notes.extend(_notes(response.document, path))


def _notes(document: object, path: str) -> list[str]:
    for key in path.split(".") if path else ():
        document = document.get(key) if isinstance(document, Mapping) else None
    found = document if path else None
    return [note for note in (found if isinstance(found, list) else [found]) if isinstance(note, str)]


class ListPages:
    """A list that the provider has. Implements `engine.pages.Pages`."""

    def __init__(
        self,
        send: Handler,
        terms: Terms,
        maker: Maker,
        list_: List,
        query: ListQuery,
        parent: Record | None = None,
    ) -> None:
        self._terms, self._maker, self._list = terms, maker, list_
        self._ahead = Ahead(send)
        self._query, self._parent = query, parent
        self._shape = shape_of(maker.resource, list_, query.fields)
        self.pushed: Pushed = pushed(list_, query, kept=maker.resource.keep is not None)
        self.seen = Seen()
        resource = maker.resource
        self.name = f"{maker.link.connection}/{resource.name}" if resource.name else maker.link.connection
        self.connection = maker.link.connection
        self.size_max = size_max(list_.page)
        self.order_pushed = self.pushed.sort is not None
        self.ties_by_id = self.pushed.sort is not None and self.pushed.sort.ties_by_id
        self.windowed = list_.window.field if list_.window is not None else None
        self._by_days = False
        self._before: tuple[int | None, bytes] = (None, b"")

    async def page(
        self,
        position: int | None,
        *,
        size: int,
        days: Days | None = None,
        max_age: float = 0.0,
        ahead: int = 0,
    ) -> Page[Record]:
        """Read one page; raises LedgermeshError."""
        if (days is not None) != self._by_days:
            # What was read before comes again: what could not be shown of it is counted again too.
            self._by_days = days is not None
            self.seen.rejected.clear()
        window = self._window(days)
        where = self._query.where
        if window is None or (where is not None and elsewhere(where, self.connection)):
            return Page((), None)
        asked = partial(self._call, size=size, window=window, max_age=max_age)
        rows, said = await self._read(asked, position, ahead)
        if said.truncated is not None and self._query.search and self._list.search:
            rows = await self._more(rows, partial(asked, search=self._query.search))
        total = said.total if self.pushed.exact and self._maker.resource.keep is None else None
        return Page(tuple(rows), said.next, total, said.truncated)

    def drop(self) -> None:
        """See Pages."""
        self._ahead.drop()

    async def _read(
        self, asked: Callable[[int | None], Call], position: int | None, ahead: int = 0
    ) -> tuple[list[Record], Turn]:
        response = await self._ahead.response(asked(position))
        self.seen.take(response, self._maker.link.provider.notes)
        found = rows_of(self._list, response.document)
        self._refuse_again(position, response.body if found else b"")
        said = turn(self._list.page, position, response.document, len(found))
        if ahead:
            self._ahead.begin(map(asked, foreseen(self._list.page, said.next, said.total, len(found), ahead)))
        rejected, slices = self.seen.rejected, self._terms.slices
        return await records_of(self._maker, found, response.fetched_at, self._parent, rejected, slices), said

    def _refuse_again(self, position: int | None, body: bytes) -> None:
        """Raise Garbled for the page before under another position, also where none of its rows is of this kind."""
        before, self._before = self._before, (position, body)
        if body and position is not None and before[0] != position and before[1] == body:
            raise Garbled("the provider repeated a page")

    async def _more(self, rows: list[Record], asked: Callable[[int | None], Call]) -> list[Record]:
        """With what only the provider's own search finds. It is no superset of ours: it may look into fewer fields."""
        known = {row.native_id for row in rows}
        found, _ = await self._read(asked, None)
        return [*rows, *(row for row in found if row.native_id not in known)]

    def _call(
        self, position: int | None, size: int, window: Parameters, max_age: float, search: str | None = None
    ) -> Call:
        maker, list_ = self._maker, self._list
        # Of equal names the last one counts, as `call` has it.
        query = (
            *dated(list_.query, self._terms.today),
            *self.pushed.parameters,
            *(self._list.removed or () if self._query.include_deleted else ()),
            *window,
            *expansion(list_.expand, maker.resource.fields, self._query.fields, maker.link.provider),
            *parameters(list_.page, position, size),
            *(((list_.search, search),) if search is not None else ()),
        )
        values = {"parent": self._parent.native_id} if self._parent is not None else {}
        # Pages that come in order are read once and passed on; keeping a long list would only fill the memory.
        fresh = self._terms.fresh
        keep = not self.order_pushed or fresh.max_age_seconds > 0 or fresh.stale_seconds > 0
        return call(
            self._terms, maker.link, list_.path, values, query, max_age=max_age, keep=keep, shape=self._shape
        )

    def _window(self, days: Days | None) -> Parameters | None:
        """The window's parameters, never wider than what the condition pushed already; None for no day at all."""
        window = self._list.window
        if days is None or window is None:
            return ()
        known = dict(self.pushed.parameters)
        starts = [text for text in (_iso(days.start), known.get(window.start)) if text]
        ends = [text for text in (_iso(days.end), known.get(window.end)) if text]
        if starts and ends and max(starts) > min(ends):
            return None
        start = ((window.start, max(starts)),) if starts else ()
        end = ((window.end, min(ends)),) if ends else ()
        return (*start, *end)

    def shift(self, position: int | None, rows: int) -> int | None:
        """The position so many rows further on, or back."""
        return shift(self._list.page, position, rows)


def shape_of(resource: Resource, list_: List | Many, wanted: frozenset[str]) -> Shape | None:
    """What the documents of an answer usually look like; None for who may want to see them as they came."""
    if not wanted or "source" in wanted or (isinstance(list_, List) and list_.rows is not None):
        return None
    return resource.shape(list_.items)


async def records_of(
    maker: Maker, found: Sequence[object], fetched_at: dt.datetime, parent: Record | None,
    rejected: list[Rejected], slices: Slices,
) -> list[Record]:  # fmt: skip
    """The records of these documents, a few at a time."""
    if len(found) <= ROWS_AT_ONCE:
        return maker.records(found, fetched_at, parent, rejected)
    made: list[Record] = []
    for start in range(0, len(found), ROWS_AT_ONCE):
        if start:
            await slices.pause()
        made += maker.records(found[start : start + ROWS_AT_ONCE], fetched_at, parent, rejected)
    return made


def rows_of(list_: List, document: object) -> Sequence[object]:
    """The rows of a list's answer; raises Garbled when there are none to be had."""
    if list_.rows is None:
        return elements(document, list_.items)
    try:
        return list_.rows(document)
    except ValueError as error:
        raise Garbled(f"the provider's answer cannot be read ({error})") from error


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day is not None else None


class DerivedPages:
    """A list that is made of other answers, whole. Implements `engine.pages.Pages`."""

    size_max = WHOLE_MAX
    order_pushed = False
    ties_by_id = False
    windowed = None

    def __init__(self, send: Handler, terms: Terms, maker: Maker, derived: Derived) -> None:
        self._send, self._terms, self._maker, self._derived = send, terms, maker, derived
        self.seen = Seen()
        self.name = self.connection = maker.link.connection
        self.pushed = Pushed((), (), exact=False, sort=None)

    async def page(
        self,
        position: int | None,
        *,
        size: int,
        days: Days | None = None,
        max_age: float = 0.0,
        ahead: int = 0,
    ) -> Page[Record]:
        """All of it; raises LedgermeshError."""
        found: list[object] = []
        for list_ in self._derived.lists:
            found.extend(await self._all(list_, max_age))
        fetched_at = self.seen.fetched_at
        assert fetched_at is not None, "a derived resource reads at least one list"
        documents = self._derived.rows(found)
        rejected, slices = self.seen.rejected, self._terms.slices
        rows = await records_of(self._maker, documents, fetched_at, None, rejected, slices)
        return Page(tuple(rows), None)

    def drop(self) -> None:
        """See Pages. What was begun ends with the page."""

    async def _all(self, list_: List, max_age: float) -> Sequence[object]:
        ahead = Ahead(self._send)
        try:
            return await self._pages(list_, ahead, partial(self._call, list_, max_age))
        finally:
            ahead.drop()

    def _call(self, list_: List, max_age: float, position: int | None) -> Call:
        page = parameters(list_.page, position, size_max(list_.page))
        query = merged(dated(list_.query, self._terms.today), page)
        return call(self._terms, self._maker.link, list_.path, {}, query, max_age=max_age)

    async def _pages(
        self, list_: List, ahead: Ahead, asked: Callable[[int | None], Call]
    ) -> Sequence[object]:
        found: list[object] = []
        position: int | None = None
        last: Sequence[object] = ()
        for _ in range(LEAVES_MAX):
            response = await ahead.response(asked(position))
            self.seen.take(response, self._maker.link.provider.notes)
            if not list_.items:
                return [response.document]
            page = elements(response.document, list_.items)
            _refuse_repeated(page, last)
            last = page
            found.extend(page)
            said = turn(list_.page, position, response.document, len(page))
            if said.next is None:
                return found
            ahead.begin(map(asked, foreseen(list_.page, said.next, said.total, len(page), AT_ONCE)))
            position = said.next
        raise TooCostly(f"more than {LEAVES_MAX} pages had to be read")

    def shift(self, position: int | None, rows: int) -> int | None:
        """There is one page only."""
        return None


ReadPages = ListPages | DerivedPages


def open_list(send: Handler, terms: Terms, maker: Maker, query: ListQuery) -> ReadPages:
    """The list of a resource; raises Unsupported for what can only be read below a parent."""
    resource = maker.resource
    _refuse_untold(maker, query)
    if resource.derived is not None:
        return DerivedPages(send, terms, maker, resource.derived)
    if resource.list is None:
        raise Unsupported(f"{maker.link.provider.title} does not list {resource.kind} records.")
    if resource.children is not None:
        raise Unsupported(
            f"{maker.link.provider.title} lists {resource.kind} records only below their {resource.children.parent}."
        )
    return ListPages(send, terms, maker, resource.list, query)


def _refuse_untold(maker: Maker, query: ListQuery) -> None:
    """Raise Unsupported for a question that only the provider can answer and this one cannot."""
    list_, title, kind = maker.resource.list, maker.link.provider.title, maker.resource.kind
    if query.include_deleted and not shows_removed(list_):
        raise Unsupported(f"{title} cannot be asked for {kind} records that were removed.")
    if query.changed_since and not tells_changes(list_):
        raise Unsupported(f"{title} cannot be asked which {kind} records changed since a moment.")


def shows_removed(list_: List | None) -> bool:
    """Whether a list can be asked for removed records."""
    return list_ is not None and list_.removed is not None


def tells_changes(list_: List | None) -> bool:
    """Whether a list can be asked for what changed since an instant."""
    pushes = list_.pushes if list_ is not None else ()
    return any(push.field == "updated_at" and push.operator == "gte" for push in pushes)


class Leaves:
    """A list forward from its start, page by page and within a bound; one that runs in circles is refused."""

    def __init__(self, pages: ReadPages, *, whole: bool = True) -> None:
        """`whole` says that all of it is read, as far as anybody knows; others turn ahead themselves."""
        self._pages, self._whole = pages, whole
        self._position: int | None = None
        self._last: tuple[str, ...] = ()
        self.read = self.rows = 0
        """Pages that were read, and rows on them."""
        self.ended = False

    async def turn(self, ahead: int = 0) -> Page[Record]:
        """The next page, with so many behind it begun; raises LedgermeshError."""
        if self.read >= LEAVES_MAX:
            raise TooCostly(f"more than {LEAVES_MAX} pages had to be read")
        ahead = min(AT_ONCE if self._whole else ahead, LEAVES_MAX - self.read - 1)
        page = None
        try:
            page = await self._pages.page(self._position, size=self._pages.size_max, ahead=ahead)
        finally:
            if page is None:
                self.drop()
        ids = tuple([row.native_id for row in page.rows])
        _refuse_repeated(ids, self._last)
        self.read, self.rows, self._last = self.read + 1, self.rows + len(ids), ids
        self.ended, self._position = page.next is None, page.next
        return page

    def drop(self) -> None:
        """Give up what was begun ahead: the list is not turned any further."""
        self._pages.drop()


def _refuse_repeated(page: Sequence[object], last: Sequence[object]) -> None:
    if page and page == last:
        raise Garbled("the provider repeated a page")


async def read_one(
    send: Handler, terms: Terms, maker: Maker, id: str, wanted: frozenset[str], parent: Record | None = None
) -> Record | None:
    """One record by the provider's own id; None when the provider has none, or has one of another kind."""
    get = maker.resource.get
    assert get is not None, "the caller chose a resource that reads single records"
    values = {"id": id, "parent": parent.native_id} if parent is not None else {"id": id}
    parts = expansion(get.expand, maker.resource.fields, wanted, maker.link.provider)
    query = merged(dated(get.query, terms.today), parts)
    try:
        response = await send(call(terms, maker.link, get.path, values, query))
    except Absent:
        return None
    rejected: list[Rejected] = []
    rows = maker.records([element(response.document, get.item)], response.fetched_at, parent, rejected)
    if rejected:
        raise Garbled(f"the provider's record cannot be read ({rejected[0].path}: {rejected[0].reason})")
    return rows[0] if rows else None
