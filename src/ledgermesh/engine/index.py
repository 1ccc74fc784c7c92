"""What is kept of a list that was sorted here: ids, order keys and page positions, for some minutes; no records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

import msgspec
from cachetools import TTLCache

from ledgermesh.clock import Clock
from ledgermesh.engine.order import Place
from ledgermesh.engine.pages import Days
from ledgermesh.engine.windows import Window

KEPT_SECONDS: Final = 300.0
BYTES_MAX: Final = 64 * 1024 * 1024
SPOT_BYTES: Final = 320
"""What one row costs in memory without its order keys, rounded up from a measurement."""
KEY_BYTES: Final = 160


class Spot(NamedTuple):
    """One row: its place, and the number of the page it was seen on."""

    place: Place
    sheet: int


class Sheet(NamedTuple):
    """One page as it was asked for."""

    position: int | None
    days: Days | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The rows of one list that satisfy its condition, in the total order, as far as they are known."""

    spots: tuple[Spot, ...]
    sheets: tuple[Sheet, ...]
    top: dt.date | None = None
    """The newest day that is known, when reading began there; None when nothing newer was left out."""
    rest: tuple[Window, ...] = ()
    """Windows not read yet, each before the rows known so far; empty when the list was read to its end."""
    partial: str | None = None
    """Why rows are missing."""
    notes: frozenset[str] = frozenset()
    currencies: Mapping[str, str] = field(default_factory=dict)
    """Currencies met while reading, by field."""
    made_at: float
    """Monotonic seconds at which its reading began."""

    @property
    def bytes(self) -> int:
        """About what it costs in memory."""
        keys = len(self.spots[0].place.rank) if self.spots else 0
        return 1024 + len(self.spots) * (SPOT_BYTES + keys * KEY_BYTES) + len(self.sheets) * SPOT_BYTES


class Key(NamedTuple):
    """Whose list it is. Begins with the tenant and the environment, as every key that leads to data does."""

    tenant: str
    environment: str
    source: str
    query: bytes
    """Digest of the query."""


class Shelves(Protocol):
    """Where indexes are kept."""

    def find(self, key: Key, *, max_age: float = KEPT_SECONDS) -> Index | None:
        """The index, when its reading began at most `max_age` seconds ago."""
        ...

    def keep(self, key: Key, index: Index) -> None:
        """Keep it, unless it alone is larger than all that may be kept."""
        ...


class Noted(msgspec.Struct, frozen=True):
    """The same shelves, as one request uses them: it notes how old what it takes from there is."""

    inner: Shelves
    aged: Callable[[float], None]
    """Told when the reading began, in monotonic seconds."""

    def find(self, key: Key, *, max_age: float = KEPT_SECONDS) -> Index | None:
        """See Shelves."""
        found = self.inner.find(key, max_age=max_age)
        if found is not None:
            self.aged(found.made_at)
        return found

    def keep(self, key: Key, index: Index) -> None:
        """See Shelves."""
        self.inner.keep(key, index)


class Indexes:
    """The indexes of one process; the oldest go first when they are too many bytes together."""

    def __init__(self, clock: Clock, *, bytes_max: int = BYTES_MAX) -> None:
        self._clock = clock
        self._bytes_max = bytes_max
        self._kept: TTLCache[Key, Index] = TTLCache(
            bytes_max, KEPT_SECONDS, timer=clock.monotonic, getsizeof=lambda index: index.bytes
        )

    def find(self, key: Key, *, max_age: float = KEPT_SECONDS) -> Index | None:
        """The index, when its reading began at most `max_age` seconds ago."""
        found = self._kept.get(key)
        if found is None or self._clock.monotonic() - found.made_at > min(max_age, KEPT_SECONDS):
            return None
        return found

    def keep(self, key: Key, index: Index) -> None:
        """Keep it, unless it alone is larger than all that may be kept."""
        if index.bytes <= self._bytes_max:
            self._kept[key] = index
        else:
            self._kept.pop(key, None)
