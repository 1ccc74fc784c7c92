"""Who may do a thing that only one replica may do at a time: claims that end by themselves, each with its number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Store
from ledgermesh.state.entries import place

KIND = "claim"


class Claim(Struct, frozen=True, kw_only=True):
    """The right to do one thing, until it is released or its seconds are over."""

    name: str
    number: int
    """Larger than that of every earlier claim of this name: whoever writes under a claim that has ended can be told
    by it (a fencing token)."""
    ends_at: float
    """Monotonic seconds on the holder's clock, counted from before it was asked for: never later than it ends."""


class Claims:
    """Claims over a store: as many processes as share it, one holder of each name."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def claim(self, name: str, *, seconds: float) -> Claim | None:
        """The claim, or None while another holds it. Raises StateDown; what was claimed then ends by itself.

        Hand it back by `release`; a holder that dies blocks nobody for longer than `seconds`.
        """
        ends_at = self._clock.monotonic() + seconds
        swapped = await self._store.swap(place(KIND, name), b"", expect=0, seconds=seconds)
        if not swapped.won or swapped.kept is None:
            return None
        return Claim(name=name, number=swapped.kept.version, ends_at=ends_at)

    async def renew(self, claim: Claim, *, seconds: float) -> Claim | None:
        """The same with so many seconds before it and a larger number, nobody in between; None where it has ended.

        Raises StateDown; it may have been renewed all the same, and then ends by itself.
        """
        ends_at = self._clock.monotonic() + seconds
        swapped = await self._store.swap(place(KIND, claim.name), b"", expect=claim.number, seconds=seconds)
        if not swapped.won or swapped.kept is None:
            return None
        return Claim(name=claim.name, number=swapped.kept.version, ends_at=ends_at)

    async def release(self, claim: Claim) -> None:
        """Hand it back; nothing happens where it has ended, even if another holds the name by now.

        With the store down it ends by itself, so that is no error.
        """
        with suppress(StateDown):
            await self._store.swap(place(KIND, claim.name), None, expect=claim.number, seconds=0.0)

    @asynccontextmanager
    async def holding(self, name: str, *, seconds: float) -> AsyncIterator[Claim | None]:
        """`async with claims.holding(name, seconds=10.0) as claim`: released at the end; None as with `claim`."""
        claim = await self.claim(name, seconds=seconds)
        try:
            yield claim
        finally:
            if claim is not None:
                await self.release(claim)
