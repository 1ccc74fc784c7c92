"""Records and lists in memory, cut into pages in every way that providers do, for the tests of the read path."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cmp_to_key
from typing import Any
from zlib import crc32

from ledgermesh.clock import ManualClock
from ledgermesh.engine.cursor import Cursors, Scope, State
from ledgermesh.engine.index import Indexes
from ledgermesh.engine.merge import Merged, Run, merge
from ledgermesh.engine.pages import Days, Page
from ledgermesh.errors import Unavailable
from ledgermesh.model.money import Money
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.query import ListQuery, Order
from ledgermesh.state.sealing import SealingKey

START = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
TODAY = START.date()


class Mood(Enum):
    """An enum whose values are not in the order of its members."""

    OPEN = "open"
    PAID = "paid"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A record with a field of every kind."""

    native_id: str
    day: dt.date | None = None
    at: dt.datetime | None = None
    name: str | None = None
    count: int | None = None
    flag: bool | None = None
    mood: Mood | None = None
    total: Money | None = None
    party: Pointer | None = None


def chf(amount: int | str) -> Money:
    """Swiss francs."""
    return Money(amount=Decimal(amount), currency="CHF")


def paper(chance: random.Random, native_id: str, *, dated: bool = False) -> Paper:
    """A record whose fields are often null and often equal to another's."""
    span = chance.choice([2, 8, 400])

    def maybe(value: Any) -> Any:
        return None if chance.random() < 0.1 else value

    day = TODAY - dt.timedelta(days=chance.randrange(span) - 3)
    return Paper(
        native_id=native_id,
        day=day if dated else maybe(day),
        at=maybe(START - dt.timedelta(seconds=chance.randrange(span))),
        name=maybe(chance.choice(["", "a", "B", "ä", "Z", "zeta", "𝄞", "Müller"])),
        count=maybe(chance.randrange(-span, span)),
        flag=maybe(chance.random() < 0.5),
        mood=maybe(chance.choice(list(Mood))),
        total=maybe(
            Money(
                amount=Decimal(chance.randrange(-span, span)) / 4,
                currency=chance.choice(["CHF", "CHF", "EUR"]),
            )
        ),
        party=maybe(Pointer("Party", str(chance.randrange(4)))),
    )


# -- the order, written a second time ------------------------------------------------------------------------------


def value_of(row: Any, order: Order) -> Any:
    """What the order compares; None for null."""
    value = getattr(row, order.field)
    if isinstance(value, Money):
        return value.amount if order.currency in (None, value.currency) else None
    return value.value if isinstance(value, Enum) else value


def compare(orders: Sequence[Order]) -> Callable[[Any, Any], int]:
    """A comparison by the order keys alone, nulls last in both directions."""

    def sign(left: Any, right: Any) -> int:
        for order in orders:
            one, other = value_of(left, order), value_of(right, order)
            if one is None or other is None:
                if (one is None) != (other is None):
                    return 1 if one is None else -1
            elif one != other:
                return (1 if one > other else -1) * (-1 if order.descending else 1)
        return 0

    return sign


def by_id(row: Any) -> tuple[int, str]:
    """Ids as numbers are ordered."""
    return len(row.native_id), row.native_id


def scrambled(row: Any) -> int:
    """An order of ties that no client knows."""
    return crc32(row.native_id.encode())


# -- lists ---------------------------------------------------------------------------------------------------------


@dataclass
class Provider:
    """A list of one connection; subclasses cut it into pages. Keeps answers for whoever takes older ones."""

    name: str
    rows: list[Any]
    clock: ManualClock
    size_max: int = 10
    order: tuple[Order, ...] | None = None
    """The order it sorts by; None when it does not sort."""
    ties_by_id: bool = False
    windowed: str | None = None
    exclusive: bool = False
    """Whether the ends of a window are left out."""
    honest: bool = True
    """Whether windows are obeyed."""
    counts: bool = False
    """Whether it tells the total."""
    keeps: bool = True
    """Whether older answers are kept for those who take them."""
    calls: int = 0
    down: bool = False
    fails_at: int | None = None
    """Number of the call that fails, counted from the moment it is set."""
    failures: int = 0
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    _views: dict[tuple[Any, ...], list[Any]] = field(default_factory=dict)
    _kept: dict[tuple[Any, ...], tuple[float, Page[Any]]] = field(default_factory=dict)

    @property
    def connection(self) -> str:
        return self.name.partition("/")[0]

    @property
    def order_pushed(self) -> bool:
        return self.order is not None

    def view(self, days: Days | None) -> list[Any]:
        """The rows in the order and within the window asked for."""
        key = days, tuple(map(id, self.rows))
        if key not in self._views:
            self._views = {key: self._sorted(days)}
        return self._views[key]

    def _sorted(self, days: Days | None) -> list[Any]:
        rows = (
            list(self.rows)
            if days is None or not self.honest
            else [row for row in self.rows if self._in(row, days)]
        )
        if self.order is not None:
            rows.sort(key=by_id if self.ties_by_id else scrambled)
            rows.sort(key=cmp_to_key(compare(self.order)))
        return rows

    def _in(self, row: Any, days: Days) -> bool:
        day = getattr(row, self.windowed or "")
        inner = dt.timedelta(days=1 if self.exclusive else 0)
        return (days.start is None or day >= days.start + inner) and (
            days.end is None or day <= days.end - inner
        )

    async def page(
        self,
        position: int | None,
        *,
        size: int,
        days: Days | None = None,
        max_age: float = 0.0,
        ahead: int = 0,
    ) -> Page[Any]:
        assert 0 < size <= self.size_max
        assert days is None or self.windowed is not None
        key = (position, size, days)
        if (
            self.keeps
            and key in self._kept
            and max_age > 0
            and self.clock.monotonic() - self._kept[key][0] <= max_age
        ):
            return self._kept[key][1]
        self.calls += 1
        self.asked.append(key)
        self._fail()
        page = self.cut(position, size, days)
        if self.keeps:
            self._kept[key] = self.clock.monotonic(), page
        return page

    def _fail(self) -> None:
        if self.fails_at is not None:
            self.fails_at -= 1
        if self.down or self.fails_at == 0:
            self.failures += 1
            raise Unavailable(f"{self.name} is down")

    def drop(self) -> None:
        """Nothing is begun ahead."""

    def cut(self, position: int | None, size: int, days: Days | None) -> Page[Any]:
        raise NotImplementedError

    def shift(self, position: int | None, rows: int) -> int | None:
        raise NotImplementedError


class ByOffset(Provider):
    """Rows from an offset on."""

    def cut(self, position: int | None, size: int, days: Days | None) -> Page[Any]:
        start, rows = position or 0, self.view(days)
        found = rows[start : start + size]
        end = start + len(found)
        return Page(
            tuple(found), end if found and end < len(rows) else None, len(rows) if self.counts else None
        )

    def shift(self, position: int | None, rows: int) -> int | None:
        return max((position or 0) + rows, 0) or None


class ByNumber(Provider):
    """Pages by number, some of them short, until one is empty."""

    def cut(self, position: int | None, size: int, days: Days | None) -> Page[Any]:
        rows, cuts, start = self.view(days), random.Random(7), 0
        for number in range(1, 10_000):
            width = cuts.randint(1, self.size_max) if cuts.random() < 0.2 else self.size_max
            if number == (position or 1):
                found = rows[start : start + width]
                return Page(tuple(found), number + 1 if found else None)
            start += width
        raise AssertionError("no such page")

    def shift(self, position: int | None, rows: int) -> int | None:
        number = (position or 1) + rows // self.size_max
        return number if number > 1 else None


class Whole(Provider):
    """Everything in one answer."""

    def cut(self, position: int | None, size: int, days: Days | None) -> Page[Any]:
        return Page(tuple(self.view(days)), None)

    def shift(self, position: int | None, rows: int) -> int | None:
        return None


class FirstOnly(Whole):
    """A limit, and no way to what is behind it."""

    def cut(self, position: int | None, size: int, days: Days | None) -> Page[Any]:
        rows = self.view(days)
        return Page(tuple(rows[:size]), None, None, None if len(rows) < size else "no offset")


# -- reading -------------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """One caller who pages through lists with sealed cursors."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    scan_pages_max: int = 200
    seconds: float = 30.0
    max_age: float = 0.0
    longest: int = 0
    """Characters of the longest cursor seen."""

    def __post_init__(self) -> None:
        self.indexes = Indexes(self.clock)
        self.cursors = Cursors([SealingKey(1, b"k" * 32)])

    def scope(self, sources: Sequence[Provider], query: ListQuery) -> Scope:
        return Scope(
            tenant="acme", environment="live", company="bakery", query=query,
            sources=tuple(source.name for source in sources),
        )  # fmt: skip

    async def page(
        self, sources: Sequence[Provider], query: ListQuery, first: int, after: str | None = None
    ) -> tuple[Merged[Any], str]:
        """One page and its end cursor."""
        scope = self.scope(sources, query)
        state = self.cursors.open(after, scope) if after else None
        merged = await self.merge(sources, query, first, state)
        cursor = self.cursors.seal(merged.end, scope)
        assert self.cursors.open(cursor, scope) == merged.end
        self.longest = max(self.longest, len(cursor))
        return merged, cursor

    async def merge(
        self, sources: Sequence[Provider], query: ListQuery, first: int, state: State | None
    ) -> Merged[Any]:
        run = Run(
            tenant="acme", environment="live", clock=self.clock, deadline=self.clock.monotonic() + self.seconds,
            indexes=self.indexes, max_age=self.max_age, scan_pages_max=self.scan_pages_max,
        )  # fmt: skip
        return await merge(sources, query=query, first=first, state=state, run=run)

    async def all(
        self,
        sources: Sequence[Provider],
        query: ListQuery,
        first: Callable[[], int] | int,
        *,
        between: Callable[[], None] = lambda: None,
        seen: Callable[[Merged[Any]], None] = lambda merged: None,
    ) -> list[Any]:
        """Every row, page by page."""
        rows: list[Any] = []
        cursor = None
        for _ in range(5_000):
            wanted = first if isinstance(first, int) else first()
            merged, cursor = await self.page(sources, query, wanted, cursor)
            assert len(merged.rows) <= wanted
            rows += merged.rows
            seen(merged)
            if not merged.more:
                return rows
            between()
        raise AssertionError("the pages never end")


def brute(sources: Sequence[Provider], orders: Sequence[Order], keep: Callable[[Any], bool]) -> list[Any]:
    """Fetch all, sort, filter."""
    tagged: list[tuple[str, Any]] = [
        (source.connection, row) for source in sources for row in source.rows if keep(row)
    ]
    tagged.sort(key=lambda pair: (pair[0], by_id(pair[1])))
    rows = [row for _, row in tagged]
    rows.sort(key=cmp_to_key(compare(orders)))
    return rows
