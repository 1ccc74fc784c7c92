"""A source that does not sort as asked: read, indexed and sorted here; later pages read only what they show."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, Generic

from msgspec import Struct

from ledgermesh.engine.ahead import AT_ONCE
from ledgermesh.engine.currencies import Currencies
from ledgermesh.engine.index import KEPT_SECONDS, Index, Key, Sheet, Shelves, Spot
from ledgermesh.engine.order import NULL, Ordering, Place
from ledgermesh.engine.ordered import Entry
from ledgermesh.engine.pages import Keep, T
from ledgermesh.engine.reading import ROWS_AT_ONCE, Reading, ScanLimit, Walk
from ledgermesh.engine.sorting import in_order
from ledgermesh.engine.windows import Window, widening
from ledgermesh.errors import TooLate

WINDOW_IGNORED: Final = "WINDOW_IGNORED"
PAGES_FOR_WINDOWS: Final = 3
"""Up to so many pages a list is read whole: windows would not cost less."""


class Shelf(Struct, frozen=True):
    """Where the index of one list is kept, and which days it needs."""

    indexes: Shelves
    key: Key
    days: tuple[dt.date | None, dt.date | None] = (None, None)
    """The first and the last day of the field that windows are taken of on which its condition can hold."""


class _Disbelief(Exception):
    """Rows outside of the window that was asked for."""


class _Gather(Generic[T]):
    """Collects the spots of pages as they are read, and the first rows behind a place, no others."""

    def __init__(
        self, ordering: Ordering, keep: Keep[T] | None, connection: str, *, after: Place | None, ahead: int
    ) -> None:
        self.spots: list[Spot] = []
        self.sheets: list[Sheet] = []
        self.partial: str | None = None
        self._first: list[tuple[Place, T]] = []
        self._ordering, self._keep, self._connection = ordering, keep, connection
        self._after, self._ahead = after, ahead
        self._seen: set[str] = set()

    def turn(self, sheet: Sheet, truncated: str | None) -> None:
        """Take note of a page."""
        self.sheets.append(sheet)
        self.partial = truncated

    def take(self, rows: Iterable[T], *, number: int) -> None:
        """Take note of rows of the page with this number."""
        for row in rows:
            if row.native_id not in self._seen:
                self._seen.add(row.native_id)
                if self._keep is None or self._keep(row):
                    self._add(row, number)
        if len(self._first) > 2 * self._ahead:
            # Half of it is in order already, which a sort makes use of and a heap does not.
            self._first = sorted(self._first, key=_place_of)[: self._ahead]

    def _add(self, row: T, number: int) -> None:
        place = self._ordering.place(row, self._connection)
        self.spots.append(Spot(place, number))
        if self._after is None or place > self._after:
            self._first.append((place, row))

    def first(self) -> dict[Place, T]:
        """The rows that come first behind the place."""
        return dict(sorted(self._first, key=_place_of)[: self._ahead])


def _place_of(found: tuple[Place, object]) -> Place:
    return found[0]


class SortedHere(Generic[T]):
    """The rows of one source behind a place, in the total order, as far as they are asked for."""

    def __init__(
        self, reading: Reading[T], ordering: Ordering, keep: Keep[T] | None, *,
        after: Place | None, ahead: int, shelf: Shelf, currencies: Currencies,
    ) -> None:  # fmt: skip
        self.reading = reading
        self.ready: deque[Entry[T]] = deque()
        """Rows whose turn it is."""
        self.ended = False
        """Whether nothing is left to read; `ready` may still hold rows."""
        self.partial: str | None = None
        """Why rows are missing."""
        self.notes: set[str] = set()
        self._ordering, self._keep, self._currencies = ordering, keep, currencies
        self._after, self._ahead, self._shelf = after, max(ahead, 1), shelf
        self._index: Index | None = None
        self._next = 0
        self._rows: dict[Place, T] = {}
        self._expected: dict[int, dict[str, Place]] = {}
        self._until = 0
        self._size = reading.source.size_max

    async def fill(self) -> None:
        """Make more rows ready; raises LedgermeshError, ScanLimit, CurrencyRequired."""
        if self._index is None:
            self._open(self._found() or await self._build())
            return
        if self._next < len(self._index.spots):
            await self._show(self._index)
        elif self._index.rest:
            self._open(await self._extend(self._index))
        else:
            self.ended = True

    def give_up(self, reason: str) -> None:
        """Take what was read for all there is, because the rest is out of reach."""
        self.partial = reason
        self.ended = True

    def pending(self) -> bool:
        """Whether a row may follow, as far as can be told without a call."""
        return bool(self.ready) or not self.ended

    def count(self) -> int | None:
        """How many rows satisfy the condition; None while some of the list is unread."""
        index = self._index
        return len(index.spots) if index and not (index.rest or index.top or index.partial) else None

    def hint(self, _after: Place | None) -> int | None:
        """Nothing: the index tells where to go on."""
        return None

    # -- the index ------------------------------------------------------------------------------------------------

    def _found(self) -> Index | None:
        """The index of this very reading; at its beginning only one as fresh as the caller asks for."""
        age = KEPT_SECONDS if self._after is not None else self.reading.bounds.max_age
        found = self._shelf.indexes.find(self._shelf.key, max_age=age) if age > 0 else None
        if found is None or not self._covers(found):
            return None
        self._currencies.join(found.currencies)
        return found

    def _covers(self, index: Index) -> bool:
        """Whether an index that begins at some day, because it was lost in between, begins early enough."""
        if index.top is None:
            return True
        top = self._top()
        return top is not None and top <= index.top

    def _open(self, index: Index) -> None:
        self._index, self._until = index, 0
        self._shelf.indexes.keep(self._shelf.key, index)
        self.partial = index.partial
        self.notes = set(index.notes)
        self._next = (
            0 if self._after is None else bisect_right(index.spots, self._after, key=lambda spot: spot.place)
        )
        self._settle(index)

    def _settle(self, index: Index) -> None:
        while self._next < len(index.spots) and (place := index.spots[self._next].place) in self._rows:
            self._after = place
            self.ready.append(Entry(place, self._rows.pop(place)))
            self._next += 1
        self.ended = self._next >= len(index.spots) and not index.rest

    async def _build(self) -> Index:
        began = self.reading.bounds.clock.monotonic()
        # Where windows may do, the first page tells whether to go on with it.
        ahead = 0 if self._takes_windows() else AT_ONCE
        gather, walk = self._gather(), Walk(self.reading, None, self._size, ahead=ahead)
        rows = await self._turn(gather, walk)
        if not walk.ended and self._takes_windows() and rows < self._size:
            # A short page may stand in between, but most often it is the last: one more call shows it.
            await self._turn(gather, walk)
        if self._takes_windows() and not walk.ended and not self._short():
            unread = self._unread(began)
            # Nothing is left where the condition's first day lies behind the place to go on from.
            return await self._extend(unread) if unread.rest else unread
        return await self._whole(gather, walk, began, frozenset())

    async def _whole(self, gather: _Gather[T], walk: Walk[T], began: float, notes: frozenset[str]) -> Index:
        walk.ahead = AT_ONCE
        partial = await self._through(gather, walk)
        self._rows = gather.first()
        return await self._made(gather, made_at=began, partial=partial, notes=notes)

    async def _extend(self, index: Index) -> Index:
        """The index with the next window; read whole and anew when the provider does not keep to the window."""
        window, *rest = index.rest
        gather = self._gather()
        walk = Walk(self.reading, None, self._size, days=window.days, ahead=AT_ONCE)
        try:
            partial = await self._through(gather, walk, window=window, sheets=len(index.sheets))
        except _Disbelief:
            self.reading.source.drop()
            began = self.reading.bounds.clock.monotonic()
            return await self._whole(
                self._gather(), Walk(self.reading, None, self._size), began, frozenset({WINDOW_IGNORED})
            )
        self._rows |= gather.first()
        more = await self._made(gather, made_at=index.made_at, partial=partial)
        return replace(
            more,
            spots=index.spots + more.spots,
            sheets=index.sheets + more.sheets,
            top=index.top,
            rest=() if partial else tuple(rest),
        )

    async def _made(
        self, gather: _Gather[T], *, made_at: float, partial: str | None, notes: frozenset[str] = frozenset()
    ) -> Index:
        spots = await in_order(gather.spots, self.reading.bounds.slices)
        return Index(
            spots=tuple(spots), sheets=tuple(gather.sheets), made_at=made_at,
            partial=partial, notes=notes, currencies=self._currencies.seen,
        )  # fmt: skip

    async def _through(
        self, gather: _Gather[T], walk: Walk[T], *, window: Window | None = None, sheets: int = 0
    ) -> str | None:
        """Read to the end, or to the bound; gives the reason why rows are missing."""
        try:
            while not walk.ended:
                await self._turn(gather, walk, window=window, sheets=sheets)
        except ScanLimit as limit:
            if limit.why == "DEADLINE":
                raise TooLate("the list could not be read and sorted in time") from limit
            return f"only the first {self.reading.bounds.pages_max} pages of the provider's list were read and sorted"
        return gather.partial

    async def _turn(
        self, gather: _Gather[T], walk: Walk[T], *, window: Window | None = None, sheets: int = 0
    ) -> int:
        """Read the next page; gives how many rows it has."""
        position, page = await walk.read()
        number, count, rows = sheets + len(gather.sheets), len(page.rows), deque(page.rows)
        gather.turn(Sheet(position, walk.days), page.truncated)
        del page  # what is not wanted of it is freed on the way
        while rows:
            some = [rows.popleft() for _ in range(min(ROWS_AT_ONCE, len(rows)))]
            gather.take(some if window is None else self._believed(some, window), number=number)
            if rows:
                await self.reading.pause()
        return count

    def _gather(self) -> _Gather[T]:
        return _Gather(
            self._ordering, self._keep, self.reading.source.connection, after=self._after, ahead=self._ahead
        )

    # -- windows --------------------------------------------------------------------------------------------------

    def _takes_windows(self) -> bool:
        """Whether the newest window holds the rows that come first."""
        order = self._ordering.order
        return bool(order) and order[0].descending and order[0].field == self.reading.source.windowed

    def _short(self) -> bool:
        total = self.reading.total
        return total is not None and total <= PAGES_FOR_WINDOWS * self._size

    def _today(self) -> dt.date:
        return self.reading.bounds.clock.now().date()

    def _unread(self, began: float) -> Index:
        """The index before its first window: from the day of the place to go on from, within the days asked for."""
        first, last = self._shelf.days
        top = self._top()
        start = top or last
        return Index(spots=(), sheets=(), top=top, rest=widening(self._today(), start, first), made_at=began)

    def _top(self) -> dt.date | None:
        """The day to go on from, when the index of an earlier page is lost."""
        if self._after is None or self._after.rank[0] == NULL:
            return None
        ordinal = self._after.rank[0][1]
        if not isinstance(ordinal, int) or not 0 < -ordinal <= dt.date.max.toordinal():
            return None  # an instant, which windows are not believed for
        return dt.date.fromordinal(-ordinal)

    def _believed(self, rows: Sequence[T], window: Window) -> list[T]:
        """The rows that are taken from this window; raises _Disbelief when one of them lies outside."""
        field = self._ordering.order[0].field
        days = [getattr(row, field) for row in rows]
        if not all(window.lies(day) for day in days):
            raise _Disbelief
        return [row for row, day in zip(rows, days, strict=True) if window.counts(day)]

    # -- rows -----------------------------------------------------------------------------------------------------

    async def _show(self, index: Index) -> None:
        """Make the next row ready, and those of its page that come soon; when the page has changed, read all anew."""
        spot = index.spots[self._next]
        sheet, soon = index.sheets[spot.sheet], self._soon(index)[spot.sheet]
        page = await self.reading.page(sheet.position, size=self._size, days=sheet.days, max_age=KEPT_SECONDS)
        for start in range(0, len(page.rows), ROWS_AT_ONCE):
            if start:
                await self.reading.pause()
            for row in page.rows[start : start + ROWS_AT_ONCE]:
                if (place := soon.get(row.native_id)) and self._is_still(row, place):
                    self._rows[place] = row
        if spot.place in self._rows:
            self._settle(index)
        else:
            self._rows.clear()
            self._open(await self._build())

    def _soon(self, index: Index) -> dict[int, dict[str, Place]]:
        """The places of the rows that are likely to be shown, by page and id; laid out again when they are used up."""
        if self._next >= self._until:
            self._until, self._expected = self._next + self._ahead, {}
            for spot in index.spots[self._next : self._until]:
                self._expected.setdefault(spot.sheet, {})[spot.place.number[1]] = spot.place
        return self._expected

    def _is_still(self, row: T, place: Place) -> bool:
        kept = self._keep is None or self._keep(row)
        return kept and self._ordering.place(row, self.reading.source.connection) == place
