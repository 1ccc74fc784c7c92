"""Several sources as one list: a merge in the total order that goes on where it stopped, whatever failed meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from typing import Final, Generic, Literal

import msgspec

from ledgermesh.clock import Clock
from ledgermesh.engine.currencies import Currencies
from ledgermesh.engine.cursor import State, digest
from ledgermesh.engine.index import Key, Shelves
from ledgermesh.engine.order import Ordering, Place, furthest
from ledgermesh.engine.ordered import Entry, Ordered
from ledgermesh.engine.pages import Keep, Pages, T
from ledgermesh.engine.reading import ROWS_AT_ONCE, Bounds, Reading, ScanLimit, Unordered
from ledgermesh.engine.sorted_here import WINDOW_IGNORED, Shelf, SortedHere
from ledgermesh.engine.where import day_range, evaluate
from ledgermesh.errors import CurrencyRequired, LedgermeshError
from ledgermesh.slices import Slices, endless
from ledgermesh.spec.query import ListQuery, Where

UNORDERED: Final = "UNORDERED"
SLACK_ROWS: Final = 8
"""Rows asked for beyond a quarter more than the page needs: ties, and rows shown before."""
PASSED_OVER: Final = "rows may have been passed over before the provider's order turned out to be wrong"
FILTERED_FACTOR: Final = 4
"""How much larger pages are asked for when rows may be left out here."""

Status = Literal["OK", "SCAN_LIMIT", "UNORDERED", "WINDOW_IGNORED", "TRUNCATED", "FAILED"]
Completeness = Literal["COMPLETE", "PARTIAL", "NONE"]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """In whose name, until when and how fresh one list is read."""

    tenant: str
    environment: str
    clock: Clock
    deadline: float
    """On the clock's monotonic scale, in seconds."""
    indexes: Shelves
    max_age: float = 0.0
    """How old an answer the caller takes, in seconds."""
    scan_pages_max: int = 200
    """Pages read of each source at most."""
    slices: Slices = msgspec.field(default_factory=endless)
    """Who goes through many rows asks it when to let others have the event loop."""


class SourceResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one source in one page."""

    name: str
    connection: str
    status: Status
    """FAILED: see `error`. SCAN_LIMIT: the page ended early because of this source; ask for the next one."""
    completeness: Completeness
    """Whether the rows of this source are all there, and in order, as far as the page goes."""
    reason: str | None
    """Why rows are missing."""
    notes: frozenset[str]
    """UNORDERED, WINDOW_IGNORED: how the provider did not keep its word; the answer is right all the same."""
    late: bool
    """Whether rows of this source were missed on an earlier page and stand in this one."""
    error: LedgermeshError | None
    rows: int
    """Rows of this page that are this source's."""
    pages: int
    """Pages that were asked for."""
    total: int | None
    """Rows in all: exact where it is sorted here, the provider's own count (before conditions made here) elsewhere."""


class Merged(msgspec.Struct, Generic[T], frozen=True):
    """One page of the merged list."""

    rows: tuple[T, ...]
    names: tuple[str, ...]
    """The source of each row."""
    more: bool
    """Whether a next page is worth asking for; it may turn out to be empty."""
    sources: tuple[SourceResult, ...]
    state_at_end: Callable[[], State]
    state_after: Callable[[int], State]
    """Where a page that goes on behind the row of this number (from 0) does."""

    @property
    def end(self) -> State:
        """Where the next page goes on. Not before the last row, and behind rows that were looked at in vain."""
        return self.state_at_end()


async def merge(
    sources: Sequence[Pages[T]],
    *,
    query: ListQuery,
    first: int,
    state: State | None,
    run: Run,
    keep: Keep[T] | None = None,
) -> Merged[T]:
    """The next `first` rows of all sources behind `state`.

    The query's condition is evaluated here on every row; `keep` adds what the query holds but records cannot answer by
    a field. A source that fails costs only its own rows. Raises CurrencyRequired.
    """
    state, began = state or State(), run.clock.monotonic()
    while True:
        try:
            return await _Merge(sources, query, first, state, run, keep).page()
        except Unordered as broken:
            own = state.own.get(broken.name, state.anchor)
            state = msgspec.structs.replace(
                state, unordered={**state.unordered, broken.name: own is not None}
            )
            run = msgspec.structs.replace(run, max_age=max(run.max_age, run.clock.monotonic() - began))
        finally:
            for pages in sources:
                pages.drop()


Problem = LedgermeshError | ScanLimit | Unordered | None
"""What came in the way of a source's next row."""


@dataclass(slots=True)
class _Source(Generic[T]):
    """One source during a merge."""

    pages: Pages[T]
    stream: Ordered[T] | SortedHere[T]
    after: Place | None
    """Its own place at the start."""
    error: LedgermeshError | None = None
    failed_at: Place | None = None
    """The last row of all that was taken before it failed."""
    limited: bool = False

    async def head(self) -> Problem:
        """Make the next row known if there is one."""
        try:
            while not self.stream.ready and not self.stream.ended:
                await self.stream.fill()
        except (LedgermeshError, ScanLimit, Unordered) as problem:
            return problem
        return None

    def pending(self) -> bool:
        """Whether a row may follow."""
        return self.error is not None or self.stream.pending()

    def place(self, last: Place | None) -> Place | None:
        """Up to where its rows have been shown, when `last` was the last row taken of any source."""
        if self.error is not None and (
            self.failed_at is None or (last is not None and self.failed_at <= last)
        ):
            return furthest(self.after, self.failed_at)
        return furthest(self.after, last)


class _Merge(Generic[T]):
    def __init__(
        self,
        sources: Sequence[Pages[T]],
        query: ListQuery,
        first: int,
        state: State,
        run: Run,
        keep: Keep[T] | None,
    ) -> None:
        self.query, self.first, self.state, self.run = query, first, state, run
        self.currencies = Currencies(state.currencies)
        self.ordering = Ordering(query.order, self.currencies)
        self.keep = _keeper(query.where, self.currencies, keep)
        self.wanted = first + first // 4 + SLACK_ROWS
        self.filtered = query.where is not None or keep is not None
        self.count = len(sources)
        self.bounds = Bounds(
            clock=run.clock, deadline=run.deadline, pages_max=run.scan_pages_max, max_age=run.max_age,
            slices=run.slices,
        )  # fmt: skip
        self.sources = [self._source(pages) for pages in sources]
        self.heap: list[tuple[Place, int]] = []
        self.rows: list[T] = []
        self.shown: list[tuple[Place, int]] = []
        self.last: Place | None = None
        self.stopped = False

    def _source(self, pages: Pages[T]) -> _Source[T]:
        after = self.state.own.get(pages.name, self.state.anchor)
        return _Source(pages, self._stream(pages, Reading(pages, self.bounds), after), after)

    def _stream(
        self, pages: Pages[T], reading: Reading[T], after: Place | None
    ) -> Ordered[T] | SortedHere[T]:
        if pages.order_pushed and pages.name not in self.state.unordered:
            # Without ties to complete and rows shown before, a page needs no more than what it shows.
            exact = pages.ties_by_id and after is None
            wanted = self.first if exact else self.wanted
            size = min(pages.size_max, wanted * (FILTERED_FACTOR if self.filtered else 1))
            hint = self.state.hints.get(pages.name)
            likely = self.first // self.count
            return Ordered(
                reading, self.ordering, self.keep, after=after, hint=hint, size=size, likely=likely
            )
        days = day_range(self.query.where, pages.windowed) if pages.windowed else (None, None)
        key = Key(self.run.tenant, self.run.environment, pages.name, digest(self.query))
        return SortedHere(
            reading, self.ordering, self.keep, after=after, ahead=self.wanted,
            shelf=Shelf(self.run.indexes, key, days), currencies=self.currencies,
        )  # fmt: skip

    async def page(self) -> Merged[T]:
        heads = [source.head() for source in self.sources]
        # One by itself needs no task of its own.
        problems = [await heads[0]] if len(heads) == 1 else await asyncio.gather(*heads)
        for number, problem in enumerate(problems):
            self._arrived(number, self._released(number, problem))
        while self.heap and len(self.rows) < self.first and not self.stopped:
            empty = self._step()
            if empty is not None:
                self._arrived(empty, await self.sources[empty].head())
        names = [source.pages.name for source in self.sources]
        merged = Merged(
            rows=tuple(self.rows),
            names=tuple([names[number] for _, number in self.shown]),
            more=self.stopped or any(source.pending() for source in self.sources),
            sources=tuple(self._result(number, source) for number, source in enumerate(self.sources)),
            state_at_end=lambda: self._state(self.last),
            state_after=lambda row: self._state(self.shown[row][0]),
        )
        for source in self.sources:
            if source.stream.ready:
                await _freed(source.stream.ready, self.run.slices)
        return merged

    def _released(self, number: int, problem: Problem) -> Problem:
        """A source that spends all its pages before its first row is told to show what it has: it would never end."""
        if not isinstance(problem, ScanLimit) or problem.why == "DEADLINE":
            return problem
        self.sources[number].stream.give_up(
            f"more than {self.run.scan_pages_max} pages of rows that are equal in the order"
        )
        return None

    def _step(self) -> int | None:
        """Take the first row of all and those of its source that follow before any other's; the source, where its next
        row is needed and not known.
        """
        heap, rows, shown, first = self.heap, self.rows, self.shown, self.first
        _, number = heap[0]
        others = min(heap[1:3], default=None)
        ready = self.sources[number].stream.ready
        place = self.last
        while ready and len(rows) < first and (others is None or (ready[0].place, number) < others):
            entry = ready.popleft()
            place, record = entry.place, entry.record
            if record is not None:
                rows.append(record)
                shown.append((place, number))
        self.last = place
        if ready:
            heapreplace(heap, (ready[0].place, number))
            return None
        heappop(heap)
        return number if len(rows) < first else None

    def _arrived(self, number: int, problem: Problem) -> None:
        source = self.sources[number]
        if problem is None:  # as a rule
            if source.stream.ready:
                heappush(self.heap, (source.stream.ready[0].place, number))
            return
        match problem:
            case Unordered() | CurrencyRequired():
                raise problem
            case ScanLimit():
                source.limited, self.stopped = True, True
            case LedgermeshError():
                source.error, source.failed_at = problem, self.last

    # -- what is told and what is remembered ----------------------------------------------------------------------

    def _result(self, number: int, source: _Source[T]) -> SourceResult:
        places = [place for place, owner in self.shown if owner == number]
        anchor, name = self.state.anchor, source.pages.name
        reason = source.stream.partial or (PASSED_OVER if self.state.unordered.get(name) else None)
        notes = source.stream.notes | ({UNORDERED} if name in self.state.unordered else set())
        return SourceResult(
            name=name,
            connection=source.pages.connection,
            status=_status(source, reason, notes),
            completeness=_completeness(source, reason, shown=bool(places)),
            reason=reason,
            notes=frozenset(notes),
            late=anchor is not None and any(place < anchor for place in places),
            error=source.error,
            rows=len(places),
            pages=source.stream.reading.pages,
            total=source.stream.count(),
        )

    def _state(self, last: Place | None) -> State:
        """Where to go on when `last` was the last row taken."""
        anchor = furthest(self.state.anchor, last)
        places = {source.pages.name: source.place(last) for source in self.sources}
        hints = {source.pages.name: source.stream.hint(places[source.pages.name]) for source in self.sources}
        return State(
            anchor=anchor,
            hints={name: hint for name, hint in hints.items() if hint is not None},
            own={name: place for name, place in places.items() if place != anchor},
            unordered=self.state.unordered,
            currencies=self.currencies.seen,
        )


def _keeper(where: Where | None, currencies: Currencies, keep: Keep[T] | None) -> Keep[T] | None:
    """None where every row is kept."""
    if where is None:
        return keep

    def kept(row: T) -> bool:
        return evaluate(where, row, currencies) and (keep is None or keep(row))

    return kept


async def _freed(rows: deque[Entry[T]], slices: Slices) -> None:
    """Let go of rows that are not shown: thousands of documents take their time."""
    while rows:
        for _ in range(min(ROWS_AT_ONCE, len(rows))):
            rows.popleft()
        if rows:
            await slices.pause()


def _status(source: _Source[T], reason: str | None, notes: set[str]) -> Status:
    if source.error is not None:
        return "FAILED"
    if source.limited:
        return "SCAN_LIMIT"
    if reason is not None:
        return "TRUNCATED"
    if UNORDERED in notes:
        return "UNORDERED"
    return "WINDOW_IGNORED" if WINDOW_IGNORED in notes else "OK"


def _completeness(source: _Source[T], reason: str | None, *, shown: bool) -> Completeness:
    if source.error is not None:
        return "PARTIAL" if shown else "NONE"
    return "COMPLETE" if reason is None else "PARTIAL"
