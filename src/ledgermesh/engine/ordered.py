"""A source whose provider sorts: its pages in their order, with ties completed and ordered by id."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Awaitable, Sequence
from operator import lt
from typing import Final, Generic

import msgspec

from ledgermesh.engine.order import Ordering, Place, furthest
from ledgermesh.engine.pages import Keep, Page, T
from ledgermesh.engine.reading import ROWS_AT_ONCE, Reading, Unordered, Walk

MARGIN_ROWS: Final = 3
"""Rows before its own place from which a source is read again: so many may be deleted without another call."""


class Entry(msgspec.Struct, Generic[T], frozen=True):
    """One row of a source in the total order; without a record when the condition does not hold for it."""

    place: Place
    record: T | None


class Sheet(msgspec.Struct, frozen=True):
    """Where a page that was read stood, and the places of its rows."""

    position: int | None
    places: tuple[Place, ...]


class Ordered(Generic[T]):
    """The rows of one source behind a place, in the total order, as far as they are asked for."""

    def __init__(
        self,
        reading: Reading[T],
        ordering: Ordering,
        keep: Keep[T] | None,
        *,
        after: Place | None,
        hint: int | None,
        size: int,
        likely: int = 0,
    ) -> None:
        """`likely` is how many rows will be taken of it, as far as that can be guessed."""
        self.reading = reading
        self.ready: deque[Entry[T]] = deque()
        """Rows whose turn is known."""
        self.ended = False
        """Whether nothing is left to read; `ready` may still hold rows."""
        self.partial: str | None = None
        """Why rows are missing."""
        self.notes: set[str] = set()
        self._ordering = ordering
        self._keep = keep
        self._connection, self._ties_by_id = reading.source.connection, reading.source.ties_by_id
        self._after = after
        self._hint = hint
        self._size, self._likely = size, likely
        self._walk: Walk[T] | None = None
        self._group: list[Entry[T]] = []
        self._last: Place | None = None
        self._seen: set[str] = set()
        self._sheets: list[Sheet] = []

    async def fill(self) -> None:
        """Read one more page; raises LedgermeshError, ScanLimit, Unordered, CurrencyRequired."""
        if self._walk is not None:
            self._walk.ahead = self._pages_likely()
        position, page = await (self._from(self._hint) if self._walk is None else self._walk.read())
        places = self._taken(page.rows[:ROWS_AT_ONCE]) if page.rows else []
        for start in range(ROWS_AT_ONCE, len(page.rows), ROWS_AT_ONCE):
            await self.reading.pause()
            places += self._taken(page.rows[start : start + ROWS_AT_ONCE])
        self._sheets.append(Sheet(position, tuple(places)))
        self._likely -= len(places)
        if page.next is None:
            self.partial = page.truncated
            self._finish()

    def _pages_likely(self) -> int:
        """How many pages behind the next one will be read."""
        return max(self._likely - 1, 0) // self._size

    def give_up(self, reason: str) -> None:
        """Take what was read for all there is, because the rest is out of reach."""
        self.partial = reason
        self._finish()

    def pending(self) -> bool:
        """Whether a row may follow, as far as can be told without a call."""
        return not self.ended or any(entry.record is not None for entry in self.ready)

    def count(self) -> int | None:
        """How many rows the provider counts, whether or not the condition holds for them; None when it does not."""
        return self.reading.total

    def hint(self, after: Place | None) -> int | None:
        """Where to begin in order to go on behind this place."""
        if after is None or not self._sheets:
            return self._hint
        compare = self._comparable(after)
        sheet = next(
            (each for each in reversed(self._sheets) if self._starts_before(each, after)), self._sheets[0]
        )
        index = bisect_left(sheet.places, compare, key=self._comparable)
        return self.reading.source.shift(sheet.position, max(index - MARGIN_ROWS, 0))

    # -- pages ----------------------------------------------------------------------------------------------------

    def _from(self, position: int | None) -> Awaitable[tuple[int | None, Page[T]]]:
        """The page there as the first one, or one before it: see `_back`."""
        self._walk = Walk(self.reading, position, self._size, ahead=self._pages_likely())
        if position is None or self._after is None:
            return self._walk.read()
        return self._back(position, self._walk, self._after)

    async def _back(self, position: int, walk: Walk[T], after: Place) -> tuple[int | None, Page[T]]:
        """The first page: one that starts before the place to go on from, although rows may have been deleted."""
        back = self._size
        while True:
            found, page = await walk.read()
            if self._begins_before(page, after):
                return found, page
            before, back = self.reading.source.shift(position, -back), back * 2
            if before is None:
                return await self._from(None)
            position = before
            self._walk = walk = Walk(self.reading, position, self._size, ahead=self._pages_likely())

    def _begins_before(self, page: Page[T], after: Place) -> bool:
        return bool(page.rows) and self._comparable(self._place(page.rows[0])) < self._comparable(after)

    def _starts_before(self, sheet: Sheet, after: Place) -> bool:
        return bool(sheet.places) and self._comparable(sheet.places[0]) < self._comparable(after)

    def _comparable(self, place: Place) -> tuple[object, ...]:
        """The part of a place in which the provider keeps the order."""
        return place if self._ties_by_id else place.rank

    def _place(self, row: T) -> Place:
        return self._ordering.place(row, self._connection)

    # -- rows -----------------------------------------------------------------------------------------------------

    def _taken(self, rows: Sequence[T]) -> list[Place]:
        """The places of these, which are taken."""
        places = self._ordering.places(rows, self._connection)
        if self._ties_by_id and self._keep is None and self._follow(places):
            self.ready.extend(map(Entry, places, rows))
        else:
            for place, row in zip(places, rows, strict=True):
                self._take(place, row)
        return places

    def _follow(self, places: list[Place]) -> bool:
        """Whether all of these stand behind what was taken, each once and in order; they are taken then."""
        before = furthest(self._after, self._last)
        if (before is not None and places[0] <= before) or not all(map(lt, places, places[1:])):
            return False
        numbers = {place.number[1] for place in places}
        if len(numbers) < len(places) or not self._seen.isdisjoint(numbers):
            return False
        self._seen |= numbers
        self._last = places[-1]
        return True

    def _take(self, place: Place, row: T) -> None:
        last = self._last
        number = place.number[1]
        if number in self._seen:
            return
        self._seen.add(number)
        if last is not None:
            if self._ties_by_id:
                if place < last:
                    raise Unordered(self.reading.source.name)
            elif last.rank != place.rank:
                if place.rank < last.rank:
                    raise Unordered(self.reading.source.name)
                self._release()
        self._last = place
        if self._after is None or place > self._after:
            # Where ties come in order too, nothing that follows can stand before this row.
            ready = self.ready if self._ties_by_id else self._group
            ready.append(Entry(place, row if self._keep is None or self._keep(row) else None))

    def _release(self) -> None:
        if len(self._group) > 1:
            self._group.sort(key=_place_of)
        self.ready.extend(self._group)
        self._group.clear()

    def _finish(self) -> None:
        self._release()
        self.ended = True


def _place_of(entry: Entry[T]) -> Place:
    return entry.place
