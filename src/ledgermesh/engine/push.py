"""Carry out a plan: once for each key, whoever asks how often, and never partly without saying so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Final

import structlog

from ledgermesh.clock import Clock
from ledgermesh.engine.after import afresh, compared, reread
from ledgermesh.engine.handed import Handing
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.planned import Failure, Outcome, Plan
from ledgermesh.engine.repeat import failure_of
from ledgermesh.engine.replay import Note, Notes, Overtaken, Progress, WriteKey
from ledgermesh.engine.running import Reached, concluded, run
from ledgermesh.engine.sending import filled_value
from ledgermesh.engine.several import look_at_each
from ledgermesh.engine.work import Work
from ledgermesh.errors import Conflict, Indeterminate, LedgermeshError, StateDown
from ledgermesh.model.record import Record
from ledgermesh.state.base import Store
from ledgermesh.state.claims import Claim, Claims

CLAIM_SECONDS: Final = 60.0
"""How long a worker that dies keeps the next one from going on."""
MARGIN_SECONDS: Final = 1.0
"""By which a call ends before the claim does."""
POLL_SECONDS: Final = 0.2

Raised = Callable[[str, str], Awaitable[object]]
"""Told environment and connection: all older answers of it are wrong from now on."""
Pushed = tuple[Outcome, Record | None]
Ended = tuple[Outcome, Mapping[int, str]]
"""How it ended, and the ids of what the steps made."""


class Pusher:
    """Carries out plans. One for each process; processes that share the store share its keys."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random: Random,
        raised: Raised,
        handing: Handing | None = None,
        *,
        claim_seconds: float = CLAIM_SECONDS,
    ) -> None:
        self._claim_seconds = claim_seconds
        self._handing = handing
        self._clock = clock
        self._random = random
        self._raised = raised
        self._claims = Claims(store, clock)
        self._notes = Notes(store, clock)
        self._running: set[asyncio.Task[Pushed]] = set()

    async def push(self, hub: Hub, plan: Plan, *, key: WriteKey, deadline: float) -> Outcome:
        """What became of the plan; see `pushed`."""
        return (await self.pushed(hub, plan, key=key, deadline=deadline))[0]

    async def pushed(self, hub: Hub, plan: Plan, *, key: WriteKey, deadline: float) -> Pushed:
        """What became of the plan, and the record as it is now, where there is one and it can be read.

        `deadline` is monotonic; taking back earlier steps may go beyond it. Whoever stops waiting stops nothing: what
        was begun is seen through, and a worker that dies leaves a note for the next. Errors are in the outcome.
        """
        task = asyncio.ensure_future(self._pushed(hub, plan, key, deadline))
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def recall(self, key: WriteKey) -> Outcome | None:
        """How an earlier request with this key ended, or that it was for other content; None when neither is known.

        Asked before a plan is made: what is done already would be planned differently now. Raises StateDown.
        """
        ended = _ended(key, (await self._notes.read(key))[0])
        return ended[0] if ended is not None else None

    async def begun(self, key: WriteKey) -> bool:
        """Whether anything was done under this key that still stands, or may have been: what a plan says of the record
        as it stood before is out of date then. Raises StateDown.
        """
        note, _ = await self._notes.read(key)
        return note is not None and (bool(note.marks) or _ended(key, note) is not None)

    async def close(self) -> None:
        """Wait for what was begun; all of it has a deadline."""
        if self._running:
            await asyncio.wait(tuple(self._running))

    def _forget(self, task: asyncio.Task[Pushed]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # with nobody waiting any more it would be reported as never retrieved

    async def _pushed(self, hub: Hub, plan: Plan, key: WriteKey, deadline: float) -> Pushed:
        try:
            outcome, ids = await self._outcome(hub, plan, key, deadline)
        except StateDown as error:
            return refused(plan, failure_of(error), "Nothing was sent."), None
        if outcome.status != "COMMITTED":
            return outcome, None
        if plan.records:
            return await self._of_each(hub, plan, outcome, deadline), None
        record = await reread(afresh(hub, self._clock, deadline), outcome)
        asked = {name: filled_value(value, ids) for name, value in plan.asked.items()}
        return replace(outcome, changed=compared(record, asked)), record

    async def _of_each(self, hub: Hub, plan: Plan, outcome: Outcome, deadline: float) -> Outcome:
        """The same with what each of several records is now, where that was not looked at just before."""
        if outcome.records and not outcome.replayed:
            return outcome
        try:
            live = afresh(hub, self._clock, deadline)
            return replace(outcome, records=await look_at_each(live, plan.records, answered=True))
        except LedgermeshError:  # not being able to read them takes nothing back of what is known
            return outcome

    async def _outcome(self, hub: Hub, plan: Plan, key: WriteKey, deadline: float) -> Ended:
        blocking = next((finding for finding in plan.findings if finding.blocks), None)
        if blocking is not None:
            remedy = "Correct what the plan names, and plan again."
            failure = Failure(code=blocking.code, message=blocking.message, remedy=remedy, path=blocking.path)
            return refused(plan, failure, "The plan cannot be carried out; nothing was sent."), {}
        waited = False
        while True:
            claim = await self._claims.claim(key.place, seconds=self._claim_seconds)
            if claim is not None:
                ended = await self._claimed(hub, plan, key, deadline, claim, waited=waited)
            else:
                # Whoever holds the claim may have died after all was done.
                ended = _ended(key, (await self._notes.read(key))[0])
            if ended is not None:
                return ended
            if claim is None and self._clock.monotonic() >= deadline:
                return _busy(plan), {}
            waited = True
            await self._clock.sleep(POLL_SECONDS * self._random.uniform(0.5, 1.0))

    async def _claimed(
        self, hub: Hub, plan: Plan, key: WriteKey, deadline: float, claim: Claim, *, waited: bool
    ) -> Ended | None:
        """The end; None where somebody else took over, whose outcome is to be waited for."""
        held = _Held(self._claims, self._clock, claim, self._claim_seconds)
        try:
            known = await self._notes.read(key)
            ended = _ended(key, known[0], waited=waited)
            if ended is not None:
                return ended
            held.progress = Progress(self._notes, key, claim, known)
            work = Work(
                hub=hub,
                plan=plan,
                key=key,
                notes=self._notes,
                handing=self._handing,
                progress=held.progress,
                clock=self._clock,
                random=self._random,
                deadline=deadline,
                until=held.until,
                fresh=not held.progress.begun,
            )
            return await self._run(work)
        except Overtaken:
            return None
        finally:
            await held.release()

    async def _run(self, work: Work) -> Ended:
        try:
            reached = await run(work)
        finally:
            if work.touched:
                await self._raise(work)
        outcome, ids = _outcome(work, reached), work.native_ids
        if work.progress.begun or work.sent:
            await work.progress.tell(concluded(work.progress.note, outcome))
        return outcome, ids

    async def _raise(self, work: Work) -> None:
        link = work.hub.link
        try:
            await self._raised(link.environment, link.connection)
        except StateDown:
            # Nothing that is known of the write is less true for it; what is kept of older answers ends by itself.
            logger = structlog.get_logger("ledgermesh")
            logger.warning("a connection's generation could not be raised", connection=link.connection)


class _Held:
    """A claim that is renewed while it is needed."""

    def __init__(self, claims: Claims, clock: Clock, claim: Claim, seconds: float) -> None:
        self._seconds = seconds
        self._claims = claims
        self._clock = clock
        self._claim = claim
        self.progress: Progress | None = None

    async def until(self, seconds: float) -> float:
        """See Work."""
        needed = max(seconds, self._seconds / 2)
        if self._claim.ends_at - MARGIN_SECONDS < self._clock.monotonic() + needed:
            await self._renew(max(self._seconds, seconds + 2 * MARGIN_SECONDS))
        assert self.progress is not None, "set before anything is sent"
        self.progress.fence = self._claim.number
        return self._claim.ends_at - MARGIN_SECONDS

    async def release(self) -> None:
        """Hand it back."""
        await self._claims.release(self._claim)

    async def _renew(self, seconds: float) -> None:
        """Where it has ended, whoever was faster meanwhile goes on instead, from the note."""
        name = self._claim.name
        renewed = await self._claims.renew(self._claim, seconds=seconds)
        renewed = renewed or await self._claims.claim(name, seconds=seconds)
        if renewed is None:
            raise Overtaken(name)
        self._claim = renewed


# -- outcomes --------------------------------------------------------------------------------------------------------


def _ended(key: WriteKey, note: Note | None, *, waited: bool = False) -> Ended | None:
    """What is known under a key without doing anything.

    A request that failed without a trace is simply made again; only whoever waited for it is told its end.
    """
    if note is None:
        return None
    if note.digest != key.body_digest:
        return _conflict(key, note.outcome), {}
    outcome = note.outcome
    if outcome is None or outcome.status == "INDETERMINATE" or not (waited or outcome.status == "COMMITTED"):
        return None
    ids = {
        int(name): mark.native_id for name, mark in note.marks.items() if name.isdigit() and mark.native_id
    }
    return replace(outcome, replayed=True), ids


def _conflict(key: WriteKey, known: Outcome | None) -> Outcome:
    return Outcome(
        status="NOT_COMMITTED",
        connection=key.connection,
        kind=known.kind if known is not None else "",
        verb=known.verb if known is not None else "",
        evidence="The key was used before, for another content; nothing was sent.",
        failure=failure_of(Conflict("this key was used before, for another content")),
    )


def refused(plan: Plan, failure: Failure, evidence: str) -> Outcome:
    """The outcome of a plan of which nothing was sent."""
    return Outcome(
        status="NOT_COMMITTED",
        connection=plan.connection,
        kind=plan.kind,
        verb=plan.verb,
        native_id=plan.native_id,
        evidence=evidence,
        failure=failure,
    )


def _busy(plan: Plan) -> Outcome:
    error: LedgermeshError = Indeterminate("another request with this key is still at work on it")
    told = refused(plan, failure_of(error), "Another request with this key is still at work on it.")
    return replace(told, status="INDETERMINATE")


def _outcome(work: Work, reached: Reached) -> Outcome:
    plan = work.plan
    native_id, kind = plan.native_id, plan.kind
    if plan.steps:
        number = plan.result if plan.result >= 0 else len(plan.steps) - 1
        kind = plan.steps[number].kind
        native_id = work.native_ids.get(number, plan.native_id if kind == plan.kind else None)
        if plan.result < 0 and plan.native_id is not None:
            # The record itself was as asked; what was sent changed what goes with it.
            kind, native_id = plan.kind, plan.native_id
    return Outcome(
        status=reached.status,
        connection=plan.connection,
        kind=kind,
        verb=plan.verb,
        native_id=native_id,
        replayed=bool(plan.steps) and reached.status == "COMMITTED" and not work.acted,
        evidence=reached.evidence,
        sent=tuple(work.sent),
        failure=reached.failure,
        residue=reached.residue,
        downstream_id=work.downstream_id,
        records=work.records,
    )
