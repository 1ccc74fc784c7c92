"""The seam below the merge: one list of one connection, page by page, with pushdown already applied."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec


class Record(Protocol):
    """What the merge asks of a record, besides the fields that the query names (attributes by Python name)."""

    @property
    def native_id(self) -> str:
        """Its id at the provider, with the resource's prefix where a kind has several resources."""
        ...


T = TypeVar("T", bound=Record)
T_co = TypeVar("T_co", bound=Record, covariant=True)

Keep = Callable[[T], bool]


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days, both ends included; None is open."""

    start: dt.date | None
    end: dt.date | None


class Page(msgspec.Struct, Generic[T_co], frozen=True):
    """One answer of a list."""

    rows: tuple[T_co, ...]
    next: int | None
    """Position of the page after it; None at the end. Always behind the position of this page."""
    total: int | None = None
    """How many rows the provider counts in this list, when it does."""
    truncated: str | None = None
    """Why rows behind this page cannot be read, where the provider has more but no way to them; `next` is None."""


class Pages(Protocol[T_co]):
    """One list of one connection. Positions are integers, an offset in rows or a page's number; None is the start."""

    @property
    def name(self) -> str:
        """Unique among the sources of a query: `<connection id>` or `<connection id>/<resource>`."""
        ...

    @property
    def connection(self) -> str:
        """The connection's id: part of the total order."""
        ...

    @property
    def size_max(self) -> int:
        """Rows of the provider's largest page."""
        ...

    @property
    def order_pushed(self) -> bool:
        """Whether rows come in the query's order (nulls last), so that only ties are left to sort."""
        ...

    @property
    def ties_by_id(self) -> bool:
        """Whether rows that are equal in the order keys come by native id, shorter ids first."""
        ...

    @property
    def windowed(self) -> str | None:
        """The date field whose windows `page` takes. Only a field that every row of this provider has."""
        ...

    async def page(
        self,
        position: int | None,
        *,
        size: int,
        days: Days | None = None,
        max_age: float = 0.0,
        ahead: int = 0,
    ) -> Page[T_co]:
        """Read one page; raises LedgermeshError when the source cannot answer.

        `size` is at most `size_max`; sources whose positions are page numbers take no notice of it. `max_age` is
        how old, in seconds, an answer kept from an earlier call may be; the caller's own freshness allows more.
        So many pages behind it as `ahead` says are read next, as far as anybody knows: they may be begun now.
        """
        ...

    def drop(self) -> None:
        """Give up pages that were begun ahead and are not read."""
        ...

    def shift(self, position: int | None, rows: int) -> int | None:
        """Where a page starts so many rows behind the start of the page at `position`, or before it if negative.

        Rounded towards the start, where positions are coarser than rows; None is the start.
        """
        ...
