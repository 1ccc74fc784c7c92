"""Answers in memory: for at most as long as anybody may ask for one that old, bounded in all and for each tenant."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.graph.kept.packed import Packed
from ledgermesh.graph.kept.reached import Reached
from ledgermesh.graph.limits.cost import Cost
from ledgermesh.state.entries import TenantEntry
from ledgermesh.upstream.cache import KEPT_SECONDS

ENTRY_BYTES: Final = 3_000
"""What an answer costs beside its bytes: key, entry, places in the dictionaries, companies; rounded up from a
measurement of one company with one connection."""

Holder = tuple[str, str]
"""Tenant and environment: nobody meets another's answers."""
Key = tuple[Hashable, ...]
"""What was asked, and by whom as far as it matters within one tenant."""


class Room(Struct, frozen=True, kw_only=True):
    """How much may be kept, in bytes."""

    bytes_max: int = 32_000_000
    """In all; 0 keeps nothing."""
    tenant_bytes_max: int = 8_000_000
    """Of one tenant in one environment."""
    answer_bytes_max: int = 2_000_000
    """Of one answer; a larger one is not kept."""


DEFAULT_ROOM: Final = Room()


@dataclass(slots=True, eq=False, kw_only=True)
class Kept:
    """An answer: the bytes of its `data`, and what has to be as it was for it to be given."""

    holder: Holder
    key: Key
    data: msgspec.Raw
    born: float
    """When its oldest part was read, in monotonic seconds."""
    reached: Reached
    tenant: TenantEntry
    companies: tuple[str, ...]
    """Those whose rate it counted."""
    cost: Cost | None
    changes: int
    """What the registry had counted when all of `reached` was last known to be unchanged."""
    size: int
    memory: Memory
    """Where it is kept."""
    mark: object = field(default_factory=object)
    """Tells this answer from any other that stands in its place, before or after."""
    packed: Packed | None = None
    """The beginning of the answer, up to the end of `data`, as it is sent compressed; made when somebody first takes it
    so."""


@dataclass(slots=True)
class _Shelf:
    """One holder's answers, the one that was asked for longest ago first."""

    entries: OrderedDict[Key, Kept] = field(default_factory=OrderedDict)
    size: int = 0


class Memory:
    """Answers by their holders and keys."""

    def __init__(self, clock: Clock, room: Room) -> None:
        self.room = room
        self._clock = clock
        self._shelves: OrderedDict[Holder, _Shelf] = OrderedDict()
        """The holder who asked longest ago first."""
        self._ending: dict[int, dict[Kept, None]] = {}
        """Second at which they are forgotten → answers."""
        self._swept = 0
        self.size = 0
        """Bytes that are kept now, overhead included."""

    def find(self, holder: Holder, key: Key) -> Kept | None:
        """The answer, whatever its age; it was asked for just now."""
        self._sweep()
        shelf = self._shelves.get(holder)
        entry = shelf.entries.get(key) if shelf is not None else None
        if shelf is None or entry is None:
            return None
        shelf.entries.move_to_end(key)
        self._shelves.move_to_end(holder)
        return entry

    def keep(self, entry: Kept) -> None:
        """Keep it, in the place of an older one; others go where there is no room."""
        room, ends = self.room, int(entry.born + KEPT_SECONDS) + 1
        if entry.size > min(room.answer_bytes_max + ENTRY_BYTES, room.tenant_bytes_max, room.bytes_max):
            return
        if (older := self.find(entry.holder, entry.key)) is not None:
            self.drop(older)
        shelf = self._shelves.setdefault(entry.holder, _Shelf())
        shelf.entries[entry.key] = entry
        self._shelves.move_to_end(entry.holder)
        self._ending.setdefault(ends, {})[entry] = None
        self._grown(shelf, entry.size)

    def pack(self, entry: Kept, packed: Packed) -> None:
        """Keep its compressed bytes too, where it is still kept itself."""
        shelf = self._shelves.get(entry.holder)
        if shelf is None or shelf.entries.get(entry.key) is not entry or entry.packed is not None:
            return
        entry.packed = packed
        entry.size += len(packed.body)
        self._grown(shelf, len(packed.body))

    def drop(self, entry: Kept) -> None:
        """Forget it, if it is still kept."""
        shelf = self._shelves.get(entry.holder)
        if shelf is None or shelf.entries.get(entry.key) is not entry:
            return
        del shelf.entries[entry.key]
        shelf.size -= entry.size
        self.size -= entry.size
        if not shelf.entries:
            del self._shelves[entry.holder]
        ending = self._ending.get(int(entry.born + KEPT_SECONDS) + 1)
        if ending is not None:
            ending.pop(entry, None)

    def _grown(self, shelf: _Shelf, size: int) -> None:
        shelf.size += size
        self.size += size
        while shelf.size > self.room.tenant_bytes_max:
            self.drop(next(iter(shelf.entries.values())))
        while self.size > self.room.bytes_max:
            self.drop(next(iter(next(iter(self._shelves.values())).entries.values())))

    def _sweep(self) -> None:
        """Forget what nobody may ask for any more; looked at once a second."""
        now = int(self._clock.monotonic())
        if now == self._swept:
            return
        self._swept = now
        for second in [second for second in self._ending if second <= now]:
            for entry in list(self._ending[second]):
                self.drop(entry)
            del self._ending[second]
