"""What one worker knows while it carries out a plan, and how one of its requests can end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.engine.after import afresh
from ledgermesh.engine.handed import Handing
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.planned import Plan, RecordOutcome, Sent, Step
from ledgermesh.engine.replay import Mark, Notes, Progress, WriteKey, shape
from ledgermesh.engine.sending import Id
from ledgermesh.errors import LedgermeshError


class Done(Struct, frozen=True):
    """It had its effect."""


class Failed(Struct, frozen=True):
    """It had no effect, and is not sent again."""

    error: LedgermeshError


class Unknown(Struct, frozen=True):
    """Nobody can say whether it had its effect."""

    why: str
    partly: bool = False
    """Whether it is known instead that some of several records have it, and others not."""
    error: LedgermeshError | None = None
    """What the provider answered, where that says more."""


End = Done | Failed | Unknown

NOT_WRITTEN: Final = Unknown("how far it got cannot be written down, so nothing further was sent")


class Place(Struct, frozen=True):
    """A request of the plan: a step, or what takes it back."""

    number: int
    step: Step
    undo: bool = False

    @property
    def name(self) -> str:
        return f"{self.number}/undo" if self.undo else str(self.number)


@dataclass(slots=True, kw_only=True)
class Work:
    """What one worker knows while it carries out a plan."""

    hub: Hub
    plan: Plan
    key: WriteKey
    notes: Notes
    handing: Handing | None
    """Where providers fetch files from; None where none is handed over."""
    progress: Progress
    clock: Clock
    random: Random
    deadline: float
    """Monotonic seconds."""
    until: Callable[[float], Awaitable[float]]
    """Until when a call may take that wants so many seconds at least: the claim outlasts it. Raises Overtaken."""
    fresh: bool = True
    """Whether nothing was known of the key before."""
    touched: bool = False
    """Whether anything changed at the provider, or may have."""
    acted: bool = False
    """Whether it was this worker who changed it."""
    sent: list[Sent] = field(default_factory=list)
    records: tuple[RecordOutcome, ...] = ()
    """What became of each of several records, as it was seen last."""
    downstream_id: str | None = None

    def mark(self, place: Place) -> Mark | None:
        """How far a request got; None for one that had no effect."""
        return self.progress.note.marks.get(place.name)

    @property
    def ids(self) -> dict[int, Id]:
        """As the provider's answers wrote them, by step."""
        marks = self.progress.note.marks
        return {int(name): mark.id for name, mark in marks.items() if name.isdigit() and mark.id is not None}

    @property
    def native_ids(self) -> dict[int, str]:
        """As our records have them, by step."""
        marks = self.progress.note.marks
        return {
            int(name): mark.native_id for name, mark in marks.items() if name.isdigit() and mark.native_id
        }

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - self.clock.monotonic()

    def live(self) -> Hub:
        """The books as they are from now on."""
        return afresh(self.hub, self.clock, self.deadline)

    async def done(self, place: Place, id: Id | None, native_id: str | None) -> Done:
        """Write down that it had its effect; that stays true where it cannot be written."""
        mark = self._mark(place)
        made = replace(mark, state="DONE", id=id, native_id=native_id)
        await self.progress.tell(self.progress.marked(place.name, made))
        return Done()

    async def sending(self, place: Place) -> None:
        """Write down that it leaves now. Raises Overtaken, or StateDown, and then it must not."""
        await self.progress.write(self.progress.marked(place.name, self._mark(place)))

    async def undone(self, place: Place) -> None:
        """Write down that it had no effect."""
        await self.progress.tell(self.progress.marked(place.name, None))

    def _mark(self, place: Place) -> Mark:
        fresh = Mark(shape=shape(place.step), state="SENDING", started_at=self.clock.now().timestamp())
        return self.mark(place) or fresh
