"""What the workers of one gateway tell each other: memory that the processes of a family share, a place for each."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Sequence
from struct import Struct
from typing import Final

import msgspec
import structlog
from prometheus_client.core import Metric

from ledgermesh.metrics.merged import Family, family, lasting, merged, metric

HALF_BYTES: Final = 4_000_000
"""Of what one process tells; the system gives memory only for what is written."""
HEAD: Final = Struct("<III")
"""Process, length and checksum of what follows."""
PLACE_BYTES: Final = 1 + 2 * HALF_BYTES
TRIES: Final = 5
PUBLISH_SECONDS: Final = 1.0
"""How often a process tells what it counted: so much is lost of one that is killed."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What stands in a place."""

    families: tuple[Family, ...]
    folded: tuple[int, ...] = ()
    """In the last place, that of the ended: the process of each other place that is in these figures already."""


class Board:
    """A place for each worker, and a last one for those that have ended.

    A place has two halves, of which one is valid while the other is written: whoever is killed in between leaves what
    was there before.
    """

    def __init__(self, workers: int) -> None:
        """Made before the workers are, which inherit it."""
        self.workers = workers
        self._memory = mmap.mmap(-1, PLACE_BYTES * (workers + 1))

    def write(self, place: int, process: int, told: Told) -> None:
        """Let the others see it."""
        content = msgspec.msgpack.encode(told)
        if len(content) + HEAD.size > HALF_BYTES:
            structlog.get_logger("ledgermesh").error("too many figures to share", bytes=len(content))
            return
        memory, start = self._memory, place * PLACE_BYTES
        half = 1 - memory[start]
        at = start + 1 + half * HALF_BYTES
        head = HEAD.pack(process, len(content), zlib.crc32(content))
        memory[at : at + HEAD.size + len(content)] = head + content
        memory[start] = half

    def read(self, place: int) -> tuple[int, Told] | None:
        """Whose it is and what was told; None where nobody told anything yet."""
        memory, start = self._memory, place * PLACE_BYTES
        for _ in range(TRIES):  # it may have been written twice while it was read
            at = start + 1 + memory[start] * HALF_BYTES
            process, length, checksum = HEAD.unpack(memory[at : at + HEAD.size])
            content = memory[at + HEAD.size : at + HEAD.size + length]
            if not length:
                return None
            if zlib.crc32(content) == checksum:
                return process, msgspec.msgpack.decode(content, type=Told)
        return None

    def ended(self, place: int, process: int) -> None:
        """Keep what a process counted that is no more; called by the one who watches over all of them."""
        found, past = self.read(place), self.past()
        folded = [*past.folded, *(0 for _ in range(self.workers - len(past.folded)))]
        if found is None or found[0] != process or folded[place] == process:
            return
        folded[place] = process
        kept = merged([past.families, lasting(found[1].families)])
        self.write(self.workers, 0, Told(tuple(kept), tuple(folded)))

    def past(self) -> Told:
        """What those counted that have ended."""
        found = self.read(self.workers)
        return found[1] if found is not None else Told(())


class Fellows:
    """A worker's own place among the others."""

    def __init__(self, board: Board, place: int, process: int) -> None:
        self._board, self._place, self._process = board, place, process

    def publish(self, figures: Sequence[Metric]) -> tuple[Family, ...]:
        """Let the others see what this process counted."""
        own = tuple(map(family, figures))
        self._board.write(self._place, self._process, Told(own))
        return own

    def together(self, figures: Sequence[Metric]) -> list[Metric]:
        """The figures of all workers, this one's as they are now.

        They are published first: whichever worker is asked next, no count is smaller than it was said to be here.
        """
        own = self.publish(figures)
        others = [place for place in range(self._board.workers) if place != self._place]
        there = {place: found for place in others if (found := self._board.read(place)) is not None}
        # Read last: a process that ended meanwhile is in its own place, or in this one, or in both and known to be.
        past = self._board.past()
        living = [
            told.families
            for place, (process, told) in there.items()
            if place >= len(past.folded) or past.folded[place] != process
        ]
        return [metric(each) for each in merged([own, *living, past.families])]
