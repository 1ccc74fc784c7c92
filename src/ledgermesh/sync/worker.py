"""Takes jobs from the queue and has them pushed, some at a time, each to its truthful end."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import structlog

from ledgermesh.clock import Clock
from ledgermesh.engine.planned import Failure, Outcome
from ledgermesh.errors import StateDown
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry
from ledgermesh.state.queue import LEASE_SECONDS, Delivery, Queue
from ledgermesh.sync.announce import Announcer
from ledgermesh.sync.entries import find
from ledgermesh.sync.job import Job, Part
from ledgermesh.sync.jobs import SHARING_ENDED, Jobs
from ledgermesh.sync.status import PartStatus, Step, Sync, begun, ended, lost, stepped
from ledgermesh.sync.syncs import Body, Known, Unreadable, words

Run = Callable[[Job, Part], Awaitable[Outcome]]
"""Carries out one plan to its end. It may be called again with the same client key after any interruption, and then
finds out by it what was done; it raises StateDown where nothing can be begun safely now.
"""


class Watch:
    """Sees jobs go by; nothing by itself."""

    def taken(self) -> None:
        """A worker begins with a job, or goes on with one that another left."""

    def left(self, *, interrupted: bool) -> None:
        """The worker is done with it; interrupted, it is delivered again."""

    def ended(self, provider: str, outcome: str) -> None:
        """One part has its outcome."""


JOBS_MAX: Final = 32
"""At a time, in one process: they wait for providers nearly all the time."""
LARGE_BYTES: Final = 1_000_000
LARGE_MAX: Final = 8
"""Jobs at a time whose body has more than LARGE_BYTES, which may be as many as BODY_BYTES_MAX."""
TAKE_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0
RUN_SECONDS_MAX: Final = 900.0
"""For one part; longer than all of its calls may take together."""
DRAIN_SECONDS: Final = 15.0
"""How long a process that ends waits for what it is pushing."""


@dataclass
class _Held:
    """A delivery, as it is after the last extension; None when it went to another worker."""

    delivery: Delivery | None


@dataclass
class _Pushed:
    """A job under way, and how it stood when this worker looked or wrote last."""

    job: Job
    known: Known


class Worker:
    """Runs on every replica. When one is killed its jobs are taken by another, which goes on where it was."""

    def __init__(
        self,
        jobs: Jobs,
        run: Run,
        clock: Clock,
        *,
        jobs_max: int = JOBS_MAX,
        lease_seconds: float = LEASE_SECONDS,
        drain_seconds: float = DRAIN_SECONDS,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch or Watch()
        self._jobs = jobs
        self._run = run
        self._clock = clock
        self._queue: Queue = jobs.state.queue
        self._announcer = Announcer(jobs.state.store, jobs.syncs, clock)
        self._jobs_max = jobs_max
        self._lease_seconds = lease_seconds
        self._drain_seconds = drain_seconds
        self._name = secrets.token_hex(8)
        self._working: set[asyncio.Task[None]] = set()
        self._reading, self._large = asyncio.Semaphore(LARGE_MAX), asyncio.Semaphore(LARGE_MAX)

    async def run(self) -> None:
        """Work until cancelled; then take nothing more, and let what is under way come to its end for a while."""
        try:
            while True:
                if len(self._working) >= self._jobs_max:
                    await asyncio.wait(self._working, return_when=asyncio.FIRST_COMPLETED)
                    continue
                for delivery in await self._taken(self._jobs_max - len(self._working)):
                    task = asyncio.create_task(self._work(delivery))
                    self._working.add(task)
                    self._watch.taken()
                    task.add_done_callback(self._worked)
        finally:
            await self._drain()

    async def _taken(self, most: int) -> Sequence[Delivery]:
        try:
            return await self._queue.take(self._name, seconds=TAKE_SECONDS, most=most)
        except StateDown:
            await self._clock.sleep(RETRY_SECONDS)
            return ()

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        error = None if task.cancelled() else task.exception()
        self._watch.left(interrupted=task.cancelled() or error is not None)
        if error is not None:
            # Its lease ends, and it is delivered again.
            structlog.get_logger("ledgermesh").error("a job was interrupted", exc_info=error)

    async def _drain(self) -> None:
        if self._working:
            await asyncio.wait(self._working, timeout=self._drain_seconds)
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    # -- one delivery ------------------------------------------------------------------------------------------

    async def _work(self, delivery: Delivery) -> None:
        held = _Held(delivery)
        keeping = asyncio.create_task(self._keep(held))
        over = False
        try:
            over = await self._push(delivery.job)
        except StateDown as error:
            structlog.get_logger("ledgermesh").warning("a job waits for the store", reason=error.message)
        except asyncio.CancelledError:
            await self._hand_back(held)
            raise
        finally:
            keeping.cancel()
        if over and held.delivery is not None:
            await self._queue.done(held.delivery)

    async def _keep(self, held: _Held) -> None:
        """Keep the delivery while its job is under way."""
        while held.delivery is not None:
            await self._clock.sleep(self._lease_seconds / 3)
            try:
                held.delivery = await self._queue.extend(held.delivery)
            except StateDown:
                continue  # the lease is longer than one failure

    async def _hand_back(self, held: _Held) -> None:
        try:
            if held.delivery is not None:
                await self._queue.release(held.delivery)
        except StateDown:
            return  # its lease ends by itself

    async def _push(self, where: str) -> bool:
        """Do what is left of a job; whether nothing is."""
        async with AsyncExitStack() as room:
            try:
                body, known = await self._read(where)
                if body is not None and body.bytes > LARGE_BYTES:
                    del body  # it is not held while it waits
                    await room.enter_async_context(self._large)
                    body, known = await self._read(where)
            except Unreadable as unreadable:
                return await self._give_up(where, unreadable.expires_at)
            return body is None or await self._push_body(where, body, known)

    async def _read(self, where: str) -> tuple[Body | None, Known | None]:
        async with self._reading:
            return await asyncio.gather(self._jobs.syncs.body(where), self._known(where))

    async def _push_body(self, where: str, body: Body, known: Known | None) -> bool:
        job, known = body.job, known or await self._jobs.known(body.job)
        if known is None:
            return True
        pushed = _Pushed(job, known)
        await self._push_all(pushed)
        sync = pushed.known.sync
        if not all(part.final for part in _of(job, sync)):
            return False
        if sync.final:
            await self._announcer.tell(sync)
        await self._jobs.syncs.erase(where, expect=body.version)
        return True

    async def _known(self, where: str) -> Known | None:
        environment, tenant, id, _ = words(where)
        return await self._jobs.syncs.known(tenant, environment, id)

    async def _push_all(self, pushed: _Pushed) -> None:
        """Each connection's parts one after the other, the connections side by side."""
        job, sync = pushed.job, pushed.known.sync
        left = [number for number, part in enumerate(_of(job, sync), job.first) if not part.final]
        by = sorted(left, key=lambda number: sync.parts[number].connection)
        groups = [list(each) for _, each in groupby(by, key=lambda number: sync.parts[number].connection)]
        ends = await asyncio.gather(*(self._in_turn(pushed, each) for each in groups), return_exceptions=True)
        for error in ends:
            if error is not None:
                raise error

    async def _in_turn(self, pushed: _Pushed, numbers: list[int]) -> None:
        for number in numbers:
            await self._push_one(pushed, number)

    async def _push_one(self, pushed: _Pushed, number: int) -> None:
        job = pushed.job
        part, now = job.parts[number - job.first], self._clock.now()
        sync = await self._step(pushed, number, begun(now, job.expires_at, await self._refusal(job, part)))
        if sync.parts[number].final:
            return
        outcome = await self._outcome(job, part)
        # Ahead of the status, so that who is told of that finds it.
        await self._jobs.syncs.detail(sync, number, outcome)
        await self._step(pushed, number, ended(outcome, self._clock.now()))
        self._watch.ended(part.plan.provider, outcome.status)

    async def _outcome(self, job: Job, part: Part) -> Outcome:
        """What became of it. Raises StateDown where that cannot be told now: an earlier worker may have sent some."""
        async with asyncio.timeout(RUN_SECONDS_MAX):
            outcome = await self._run(job, part)
        if outcome.failure is not None and outcome.failure.code == StateDown.code:
            raise StateDown(outcome.failure.message)
        return outcome

    async def _step(self, pushed: _Pushed, number: int, step: Step) -> Sync:
        now = self._clock.now()
        known = await self._jobs.syncs.follow(pushed.known, lambda sync: stepped(sync, number, step, now))
        if (
            known.version > pushed.known.version
        ):  # another connection's part may have been further on meanwhile
            pushed.known = known
        return known.sync

    async def _refusal(self, job: Job, part: Part) -> Failure | None:
        """Why it may not be done any more, if so."""
        store = self._jobs.state.store
        company, connection = await asyncio.gather(
            find(store, CompanyEntry, job.environment, job.company),
            find(store, ConnectionEntry, job.environment, part.plan.connection),
        )
        shared = company is not None and job.tenant in company.tenants
        there = connection is not None and connection.company == job.company
        return None if shared and there else SHARING_ENDED

    async def _give_up(self, where: str, expires_at: dt.datetime) -> bool:
        """Another replica may have the key, until nobody may begin with it any more; then it is erased."""
        now = self._clock.now()
        if now < expires_at:
            structlog.get_logger("ledgermesh").error(
                "a job is sealed under a key that is not here", job=where
            )
            return False
        first, known = words(where)[-1], await self._known(where)
        if known is not None:
            await self._jobs.syncs.follow(known, lambda sync: _lost(sync, first, now))
        return await self._jobs.syncs.erase(where)


def _lost(sync: Sync, first: int, now: dt.datetime) -> Sync:
    for number in range(first, len(sync.parts)):
        sync = stepped(sync, number, lost(now), now)
    return sync


def _of(job: Job, sync: Sync) -> tuple[PartStatus, ...]:
    """The parts of a sync that are this job's."""
    return sync.parts[job.first : job.first + len(job.parts)]
