"""A plan from its first step to its last under one claim; where a step fails for good, those before are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from msgspec import Struct

from ledgermesh.engine.planned import Failure, Outcome, OutcomeStatus, Sent
from ledgermesh.engine.repeat import failure_of
from ledgermesh.engine.replay import Note, shape
from ledgermesh.engine.stepping import carry
from ledgermesh.engine.work import NOT_WRITTEN, End, Failed, Place, Unknown, Work
from ledgermesh.errors import Indeterminate, LedgermeshError, StateDown

UNDO_SECONDS: Final = 30.0
"""How long earlier steps may take to be taken back, also when the caller's deadline is over: an answer that comes late
is better than half a write left behind."""


class Reached(Struct, frozen=True):
    """How far the plan got."""

    status: OutcomeStatus
    evidence: str
    failure: Failure | None = None
    residue: tuple[Sent, ...] = ()


async def run(work: Work) -> Reached:
    """Carry it out, going on where an earlier worker ended. Raises Overtaken, or StateDown with nothing sent."""
    if work.progress.begun:
        await work.progress.take_over()
    work.touched = bool(work.progress.note.marks)
    if not _fits(work):
        return _unknown(work, Unknown("an earlier request with this key began to carry out another plan"))
    if work.progress.note.failure is not None:
        return await _take_back(work, work.progress.note.failure)
    for number, step in enumerate(work.plan.steps):
        end = await carry(work, Place(number, step))
        if isinstance(end, Failed):
            return await _fail(work, end.error)
        if isinstance(end, Unknown):
            return _unknown(work, end)
    return Reached("COMMITTED", _evidence(work))


def _evidence(work: Work) -> str:
    if not work.plan.steps:
        return "The record already is as asked; nothing was sent."
    if not work.acted:
        return "An earlier request with this key did it."
    if any(sent.error is not None and not sent.undone for sent in work.sent):
        return "Not every answer was clear; the record was looked for and is there."
    return "The provider answered that it is done."


def _fits(work: Work) -> bool:
    """Whether all that was begun under this key are requests of this plan."""
    known: dict[str, str] = {}
    for number, step in enumerate(work.plan.steps):
        known[Place(number, step).name] = shape(step)
        if step.undo is not None:
            known[Place(number, step.undo, undo=True).name] = shape(step.undo)
    return all(known.get(name) == mark.shape for name, mark in work.progress.note.marks.items())


def _unknown(work: Work, end: Unknown) -> Reached:
    words = "Only a part of it was done" if end.partly else "Nobody can say whether it was done"
    told = Indeterminate(f"{words}: {end.why}.")
    return Reached("INDETERMINATE", told.message, failure_of(end.error or told), tuple(_made(work)))


def _made(work: Work) -> Iterator[Sent]:
    """What steps have made and nothing has taken back."""
    marks = work.progress.note.marks
    for number, step in enumerate(work.plan.steps):
        mark, back = marks.get(str(number)), marks.get(f"{number}/undo")
        if mark is not None and mark.state == "DONE" and (back is None or back.state != "DONE"):
            yield Sent(method=step.method, path=step.template, native_id=mark.native_id)


# -- taking back -----------------------------------------------------------------------------------------------------


async def _fail(work: Work, error: LedgermeshError) -> Reached:
    failure = failure_of(error)
    if not any(_made(work)):
        return Reached("NOT_COMMITTED", "Nothing was changed.", failure)
    try:
        # Without the provider's own words, which may hold anything.
        kept = replace(failure, provider_message=None)
        await work.progress.write(replace(work.progress.note, failure=kept))
    except StateDown:
        return _unknown(work, NOT_WRITTEN)
    return await _take_back(work, failure)


async def _take_back(work: Work, failure: Failure) -> Reached:
    """Every step that was done, the last one first."""
    work.deadline = max(work.deadline, work.clock.monotonic() + UNDO_SECONDS)
    ends: list[End] = []
    for number, step in reversed(tuple(enumerate(work.plan.steps))):
        mark = work.mark(Place(number, step))
        if mark is not None and mark.state == "DONE" and step.undo is not None:
            ends.append(await carry(work, Place(number, step.undo, undo=True)))
    residue = tuple(_made(work))
    if any(isinstance(end, Unknown) for end in ends):
        why = "A later step failed, and nobody can say whether the earlier ones were taken back."
        return Reached("INDETERMINATE", why, failure, residue)
    if residue:
        return Reached(
            "NOT_COMMITTED",
            "A later step failed, and not all before it could be taken back.",
            failure,
            residue,
        )
    return Reached("NOT_COMMITTED", "A later step failed, and those before it were taken back.", failure)


def concluded(note: Note, outcome: Outcome) -> Note:
    """The note to keep with this end; without what may hold anything of the books."""
    failure = replace(outcome.failure, provider_message=None) if outcome.failure is not None else None
    records = tuple(replace(each, changed=()) for each in outcome.records)
    kept = replace(outcome, changed=(), failure=failure, records=records)
    if outcome.status == "INDETERMINATE":
        return replace(note, outcome=kept)
    # What was taken back counts as never sent; what could not be is there, and a next try goes on from it.
    gone = {name.removesuffix("/undo") for name, mark in note.marks.items() if _took_back(name, mark.state)}
    marks = {
        name: mark for name, mark in note.marks.items() if name not in gone and not name.endswith("/undo")
    }
    return replace(note, marks=marks, failure=None, outcome=kept)


def _took_back(name: str, state: str) -> bool:
    return name.endswith("/undo") and state == "DONE"
