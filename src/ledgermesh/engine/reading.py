"""One source while one request reads it: counts its calls, bounds them, and walks its pages once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Generic, Literal

import msgspec

from ledgermesh.clock import Clock
from ledgermesh.engine.pages import Days, Page, Pages, T
from ledgermesh.errors import Garbled
from ledgermesh.slices import Slices, endless

ROWS_AT_ONCE: Final = 64
"""Rows that are gone through between two looks at the clock."""


class ScanLimit(Exception):
    """The pages or the seconds that one request may spend on a source are spent."""

    def __init__(self, name: str, why: Literal["PAGES", "DEADLINE"]) -> None:
        super().__init__(name)
        self.name = name
        self.why = why


class Unordered(Exception):
    """A source whose rows do not come in the order it promises."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may spend on each source."""

    clock: Clock
    deadline: float
    """On the clock's monotonic scale, in seconds."""
    pages_max: int = 200
    max_age: float = 0.0
    """How old an answer may be, in seconds, where a page is read for the first time."""
    slices: Slices = msgspec.field(default_factory=endless)
    """Whom those who go through rows ask when to let others have the event loop."""


@dataclass(slots=True)
class Reading(Generic[T]):
    """The calls of one request to one source."""

    source: Pages[T]
    bounds: Bounds
    pages: int = 0
    total: int | None = None
    """Rows of the whole list as the provider counts them, when it does."""

    async def page(
        self,
        position: int | None,
        *,
        size: int,
        days: Days | None = None,
        max_age: float | None = None,
        ahead: int = 0,
    ) -> Page[T]:
        """Read one page, with some behind it begun where they may be read; raises LedgermeshError, or ScanLimit before
        the call that would be one too many.
        """
        if self.pages >= self.bounds.pages_max:
            raise ScanLimit(self.source.name, "PAGES")
        if self.pages and self.bounds.clock.monotonic() >= self.bounds.deadline:
            raise ScanLimit(self.source.name, "DEADLINE")
        self.pages += 1
        age = self.bounds.max_age if max_age is None else max_age
        ahead = min(ahead, self.bounds.pages_max - self.pages)
        page = await self.source.page(position, size=size, days=days, max_age=age, ahead=ahead)
        if page.total is not None and days is None:
            self.total = page.total
        return page

    async def pause(self) -> None:
        """Call it after every few rows; see Slices."""
        await self.bounds.slices.pause()


@dataclass(slots=True)
class Walk(Generic[T]):
    """A list forward from one position, page by page. A provider that runs in circles is refused."""

    reading: Reading[T]
    position: int | None
    """Of the page that is read next, or was read last when there is none behind it."""
    size: int
    days: Days | None = None
    max_age: float | None = None
    ahead: int = 0
    """How many pages behind the one that is read will be read too, as far as anybody knows."""
    ended: bool = False
    _seen: set[int] = field(default_factory=set)

    async def read(self) -> tuple[int | None, Page[T]]:
        """The next page and its position; raises LedgermeshError, ScanLimit."""
        position = self.position
        page = await self.reading.page(
            position, size=self.size, days=self.days, max_age=self.max_age, ahead=self.ahead
        )
        self._check(page)
        self.ended = page.next is None
        if page.next is not None:
            self.position = page.next
        return position, page

    def _check(self, page: Page[T]) -> None:
        if page.rows:
            known = hash(tuple([row.native_id for row in page.rows]))
            if known in self._seen:
                raise Garbled("the provider repeated a page", details={"source": self.reading.source.name})
            self._seen.add(known)
        if page.next is not None and page.next <= (-1 if self.position is None else self.position):
            raise Garbled("the provider's pages do not advance", details={"source": self.reading.source.name})
