"""One budget's tally where all replicas see it: changed by compare-and-set, one round trip when nobody interferes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.spec.budgets import Scope
from ledgermesh.state.base import Kept, Store, Swapped
from ledgermesh.state.memory import MemoryStore, own_memory
from ledgermesh.upstream.allowance import Allowance, Quota
from ledgermesh.upstream.fair import NOW, Prospect, announced, prospect
from ledgermesh.upstream.tally import NOTHING, Tally, decode, encode

TRIES_MAX: Final = 100
"""Compare-and-sets lost in a row, after which the store counts as down."""
REST_SECONDS: Final = 1.0
"""After the store failed nobody asks it for so long: a call should not wait for it to fail once more."""
KEPT_SECONDS: Final = 60.0
"""For how long a tally is kept after it has lost its meaning."""
ANNOUNCED_SECONDS: Final = 1.0
"""How often a replica says again who waits there."""
NOTES_MAX: Final = 100
"""While the store is down the oldest are forgotten."""

Got = TypeVar("Got")
Note = Callable[[Allowance, Tally], Tally]
Change = Callable[[Allowance, Tally, float], tuple[Tally, Got]]
"""Given what is allowed, the tally and the moment in epoch seconds: the tally afterwards, and what to tell of it."""


class Sharing:
    """The store where tallies are shared, this replica's name there, and how many replicas there are."""

    def __init__(self, store: Store, clock: Clock, name: str, replicas: Callable[[], int]) -> None:
        self.store = store
        self.own = own_memory(store)
        self.clock = clock
        self.name = name
        self.replicas = replicas
        self._rests_until = clock.monotonic()

    @property
    def resting(self) -> bool:
        """Whether the store failed a moment ago."""
        return self.clock.monotonic() < self._rests_until

    def rest(self) -> None:
        """Leave the store alone for a while."""
        self._rests_until = self.clock.monotonic() + REST_SECONDS

    def now(self) -> float:
        """Epoch seconds, the scale on which providers tell their resets."""
        return self.clock.epoch()


class Spent:
    """A budget's tally as last seen, and the ways to change it.

    While the store is down this replica counts alone, within its part of what was left when it last looked. Afterwards
    the windows of that moment have no more left than its part: nobody knows what the others spent of theirs.
    """

    def __init__(self, sharing: Sharing, key: str, allowance: Allowance, per: Scope) -> None:
        self.flying = 0
        """Calls of this process that were counted and are not answered yet."""
        self._sharing = sharing
        self._key = key
        self._whole = allowance
        self._per = per
        self._allowance = allowance
        """The whole, or this replica's part of it while the store is down."""
        self._tally = NOTHING
        """The one last seen with all notes; ours alone while the store is down."""
        self._base = NOTHING
        self._version = 0
        self._notes: list[Note] = []
        """What is to be written with the next change."""
        self._turn = asyncio.Lock()
        self._announced_at = 0.0
        self._alone = False
        """Whether the store is down, as far as is known."""

    def prospect(self, tenant: str, waiting: Mapping[str, int]) -> Prospect:
        """When this tenant's next call may go as far as is known here; `waiting` calls wait in this process."""
        if self._outdated:
            return NOW
        now = self._sharing.now()
        return prospect(self._allowance, self._with(self._tally, waiting, now), now, tenant)

    def closed(self) -> Prospect:
        """Whether nobody's call may go, and for how long."""
        seconds = self.opens_at() - self._sharing.now()
        return NOW if self._outdated or seconds <= 0 else Prospect(sure=True, seconds=seconds)

    def opens_at(self) -> float:
        """Epoch seconds; see Allowance."""
        return self._allowance.opens_at(self._tally, self._sharing.now())

    def left(self) -> int | None:
        """See Allowance."""
        return self._allowance.left(self._tally, self._sharing.now())

    def spent_by(self, tenant: str) -> int:
        """What this tenant spent of the scarcest window."""
        scarcest = self._allowance.scarcest(self._tally, self._sharing.now())
        return scarcest.by.get(tenant, 0) if scarcest is not None else 0

    def idle(self) -> bool:
        """Whether forgetting it changes nothing."""
        now = self._sharing.now()
        return not self.flying and not self._notes and self._whole.ends_at(self._tally, now) <= now

    def hear(self, headers: Mapping[str, str]) -> None:
        """Believe the headers of the answer to one of the calls in the air."""
        if self._whole.headers is None:
            return
        now, others = self._sharing.now(), self.flying - 1
        self.note(lambda allowance, tally: allowance.hear(tally, headers, now, flying=others))

    def granted(self, sent_at: float) -> None:
        """See Allowance."""
        if self._tally.burst_until is not None:
            self.note(lambda allowance, tally: allowance.granted(tally, sent_at))

    def refused(self, sent_at: float, told: float | None) -> float:
        """See Allowance; when the next call may go."""
        now = self._sharing.now()
        self.note(lambda allowance, tally: allowance.refused(tally, now, sent_at, told))
        return self._tally.blocked_until

    def note(self, note: Note) -> None:
        """Believe this from now on, and tell the others with the next change."""
        before = self._tally
        self._tally = note(self._allowance, before)
        if self._tally is not before:
            self._notes.append(note)
            del self._notes[:-NOTES_MAX]

    async def take(self, tenant: str, waiting: Mapping[str, int]) -> tuple[float, Prospect]:
        """Count a call of this tenant if it may go at once; the moment (epoch seconds) is what it is given back by.

        `waiting` other calls of this process go on waiting.
        """

        def change(allowance: Allowance, tally: Tally, now: float) -> tuple[Tally, tuple[float, Prospect]]:
            told = self._with(tally, waiting, now)
            found = prospect(allowance, told, now, tenant)
            return (tally if found.seconds > 0 else allowance.spend(told, now, tenant)), (now, found)

        while True:
            taken_at, found = await self._change(change)
            if found.seconds > 0:
                return taken_at, found
            # A slow store: the window it was counted in ended meanwhile, and the call would be one of the next.
            if not self._whole.budgets or self._whole.same_windows(taken_at, self._sharing.now()):
                self.flying += 1
                return taken_at, found

    def uncounted(self) -> bool:
        """Whether a call may go and leaves no trace: nothing is declared, and nothing known here or in the store.

        Only where the store is this process's own memory can that be said without waiting.
        """
        store = self._sharing.own
        if store is None or self._whole.budgets or self._tally is not NOTHING or self._notes or self._alone:
            return False
        return self._same(store.get_at_once(self._key)).won

    def give_back(self, tenant: str, taken_at: float) -> None:
        """A call that was counted is not made; the others hear of it with the next change."""
        self.flying -= 1
        # Counted alone or by all? While the store is down nobody can say, and too much is the safe side.
        if not self._alone:
            self.note(lambda allowance, tally: allowance.give_back(tally, taken_at, tenant))

    async def announce(self, waiting: Mapping[str, int]) -> None:
        """Tell other replicas who waits here, now and then; with nobody waiting any more, at once."""
        now = self._sharing.now()
        due = now - self._announced_at >= ANNOUNCED_SECONDS if waiting else self._announces
        if due:
            self._announced_at = now
            await self._change(lambda _, tally, now: (self._with(tally, waiting, now), None))

    @property
    def untold(self) -> bool:
        """Whether something is to be noted that the others do not know."""
        return bool(self._notes)

    async def tell(self) -> None:
        """Write what is to be noted, if anything is."""
        if self._notes:
            await self._change(lambda _, tally, __: (tally, None))

    async def quotas(self) -> tuple[Quota, ...]:
        """What is known of every window, by all replicas."""
        await self._change(lambda _, tally, __: (tally, None))
        return self._allowance.quotas(self._tally, self._sharing.now(), self._per)

    @property
    def _outdated(self) -> bool:
        """Whether the store, which was down, may be up again: only asking it tells what may be spent."""
        return self._alone and not self._sharing.resting

    @property
    def _announces(self) -> bool:
        return self._sharing.name in self._tally.waiting

    def _with(self, tally: Tally, waiting: Mapping[str, int], now: float) -> Tally:
        if not waiting and not tally.waiting:
            return tally
        return announced(tally, self._sharing.name, waiting, now)

    async def _change(self, change: Change[Got]) -> Got:
        if self._sharing.own is not None:
            return self._at_once(self._sharing.own, change)
        async with self._turn:
            if not self._sharing.resting:
                try:
                    return await self._shared(change)
                except StateDown:
                    self._sharing.rest()
            if not self._alone:
                self._divide()
            self._tally, got = change(self._allowance, self._tally, self._sharing.now())
            return got

    def _at_once(self, store: MemoryStore, change: Change[Got]) -> Got:
        """In this process's own memory: lost once at most, to another tally of the same budget."""
        while True:
            now, notes = self._sharing.now(), tuple(self._notes)
            after, got = change(self._whole, self._noted(self._base), now)
            if after is self._base:
                swapped = self._same(store.get_at_once(self._key))
            else:
                seconds = self._seconds(after, now)
                swapped = store.swap_at_once(self._key, encode(after), expect=self._version, seconds=seconds)
            if self._took(swapped, after, notes):
                return got

    async def _shared(self, change: Change[Got]) -> Got:
        store = self._sharing.store
        for _ in range(TRIES_MAX):
            now, notes = self._sharing.now(), tuple(self._notes)
            after, got = change(self._whole, self._noted(self._base), now)
            if after is self._base:
                swapped = self._same(await store.get(self._key))
            else:
                seconds = self._seconds(after, now)
                swapped = await store.swap(self._key, encode(after), expect=self._version, seconds=seconds)
            if self._took(swapped, after, notes):
                return got
        raise StateDown("Others were faster every time.")

    def _same(self, kept: Kept | None) -> Swapped:
        """An unchanged tally is read instead of written: is it still the newest?"""
        return Swapped(won=self._version == (kept.version if kept is not None else 0), kept=kept)

    def _seconds(self, after: Tally, now: float) -> float:
        """For how long it is kept."""
        return max(self._whole.ends_at(after, now) - now, 0.0) + KEPT_SECONDS

    def _took(self, swapped: Swapped, after: Tally, written: tuple[Note, ...]) -> bool:
        """Whether the tally is the one that stands now, with these notes; else we go by what somebody else wrote."""
        if not swapped.won:
            self._base, self._version = _read(swapped.kept)
            return False
        self._base, self._version = after, swapped.kept.version if swapped.kept is not None else 0
        if written:
            self._notes = [note for note in self._notes if note not in written]
        self._allowance, self._alone = self._whole, False
        self._tally = self._noted(after)
        return True

    def _noted(self, tally: Tally) -> Tally:
        if not self._notes and not self._alone:
            return tally
        for note in self._notes:
            tally = note(self._whole, tally)
        if not self._alone:
            return tally
        return self._whole.rejoined(tally, self._allowance, self._tally, self._sharing.now())

    def _divide(self) -> None:
        replicas, now = self._sharing.replicas(), self._sharing.now()
        self._allowance, self._tally = self._whole.divided(self._tally, now, replicas)
        self._alone = True


def _read(kept: Kept | None) -> tuple[Tally, int]:
    return (NOTHING, 0) if kept is None else (decode(kept.value), kept.version)
