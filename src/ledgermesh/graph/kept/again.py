"""The same kept answer for the same caller, given again and again without waiting for anything.

It is no way around anything that decides: the caller's key, what the answer is made of, its age and the caller's rate
are looked at and counted each time, as for a question that is asked anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.graph.kept.packed import Packed
from ledgermesh.state.limits import Allowed, Spot
from ledgermesh.state.registry import Principal, Registry

if TYPE_CHECKING:
    from ledgermesh.graph.kept.answers import Asked, KeptAnswers
    from ledgermesh.graph.kept.memory import Kept


class Given(NamedTuple):
    """A kept answer, and what its headers say."""

    data: msgspec.Raw
    packed: Packed | None
    """Its beginning as it is sent compressed; None where nobody took it so yet."""
    age: int
    """Whole seconds."""
    allowed: Allowed | None
    """What is left of the caller's rate; None where no company was reached."""


class Caller:
    """Whoever came with a key that is registered here."""

    __slots__ = ("_changes", "_clock", "_ends", "_registry", "who")

    def __init__(self, who: Principal, registry: Registry, clock: Clock) -> None:
        self.who = who
        self._registry, self._clock = registry, clock
        self._ends = who.key.expires_at
        self._changes = -1
        """What the registry had counted when the key was last looked up."""

    def stays(self) -> bool:
        """Whether the key is good now, with the very rights it had. Never so for those who came with anything else."""
        registry, key = self._registry, self.who.key
        try:
            registry.check()
            if registry.changes != self._changes:
                if registry.holder(key.tenant, key.environment, key.id) != self.who:
                    return False
                self._changes = registry.changes
        except StateDown:
            return False
        return self._ends is None or self._ends > self._clock.now()


class Again:
    """A question that was answered from what is kept."""

    __slots__ = ("_asked", "_caller", "_day", "_kept", "_mark", "_spot", "told")

    def __init__(
        self, kept: KeptAnswers, caller: Caller, asked: Asked, entry: Kept, spot: Spot | None, day: int
    ) -> None:
        self._kept, self._caller, self._asked, self._spot, self._day = kept, caller, asked, spot, day
        self._mark = entry.mark
        self.told: tuple[Callable[[float], None], ...] = ()
        """Told of each time, with the seconds that it took."""

    def given(self, *, packed: bool) -> Given | None:
        """The answer, counted as one more; None where it has to be asked for anew, and nothing was counted.

        `packed` is for who takes it compressed.
        """
        kept = self._kept
        if not self._caller.stays() or kept.today() != self._day:
            return None
        entry = kept.find(self._caller.who, self._asked)
        if entry is None or entry.mark is not self._mark or (packed and entry.packed is None):
            return None
        allowed = self._spot.take() if self._spot is not None else None
        if self._spot is not None and (allowed is None or allowed.wait_seconds is not None):
            return None
        kept.counts["kept"] += 1
        return Given(entry.data, entry.packed, int(kept.age(entry)), allowed)
