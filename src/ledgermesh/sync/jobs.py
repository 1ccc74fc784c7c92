"""Takes pushes, tells how they stand, and calls them off: the part of asynchronous write-back that requests see."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.engine.planned import Failure, Outcome
from ledgermesh.errors import BadCursor, Forbidden, Indeterminate, NotFound
from ledgermesh.state.entries import Environment
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State
from ledgermesh.sync.announce import Announcer
from ledgermesh.sync.feed import REST_SECONDS, Batch, Feed, Update, Watcher
from ledgermesh.sync.job import LASTS, Job, Part
from ledgermesh.sync.status import (
    PartStatus,
    Step,
    Sync,
    lapsed,
    queued,
    stepped,
    stopped,
    with_more,
)
from ledgermesh.sync.syncs import KEPT, Known, Syncs, words
from ledgermesh.sync.ticking import END, ticking

PARTS_MAX: Final = 1_000
"""Of one job."""
LOOK_SECONDS: Final = 0.5
"""How often who waits looks by itself; a change is told sooner."""
SHARING_ENDED: Final = Failure(
    code=Forbidden.code,
    message="the company or the connection was no longer shared when it was about to begin",
    remedy=Forbidden.remedy,
)
PROCESS_ENDED: Final = Failure(
    code=Indeterminate.code,
    message="the process that had accepted it ended, and nothing of it was kept",
    remedy=Indeterminate.remedy,
    retryable=True,
)


class Page(Struct, frozen=True, kw_only=True):
    """Pushes of a tenant, the newest first."""

    nodes: tuple[Sync, ...]
    after: str | None
    """Where to go on; None where there is no more."""


class Jobs:
    """All of it raises StateDown when the store cannot be asked. Whoever hears that from `accept` asks again under
    the same keys: the store may have kept the job before it fell silent, and then it is done.
    """

    def __init__(
        self,
        state: State,
        keys: Sequence[SealingKey],
        clock: Clock,
        *,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        self.state = state
        self.syncs = Syncs(state.store, keys, clock)
        self.feed = Feed(state.store, clock, rest_seconds=rest_seconds)
        self._announcer = Announcer(state.store, self.syncs, clock)
        self._keys = keys
        self._clock = clock
        self._began = clock.now()
        # The ids of a store that keeps nothing name the keys to ask again with.
        self._lasting = not isinstance(state.store, MemoryStore)

    # -- accepting ---------------------------------------------------------------------------------------------

    def job(
        self,
        *,
        tenant: str,
        environment: Environment,
        company: str,
        key: str,
        parts: Sequence[Part],
        tracking_id: str | None = None,
        id: str = "",
    ) -> Job:
        """A job that is made now and lasts a day; with the id of a sync it adds to that one."""
        now = self._clock.now()
        return Job(
            id=id, tenant=tenant, environment=environment, company=company, key=key, tracking_id=tracking_id,
            created_at=now, expires_at=now + LASTS, parts=tuple(parts),
        )  # fmt: skip

    async def accept(self, job: Job) -> str:
        """Have it pushed; gives the sync id. It is on disk when this returns, wherever the store keeps anything.

        Raises NotFound for the id of a sync that is not there, TooCostly for plans that are too large.
        """
        if not 0 < len(job.parts) <= PARTS_MAX:
            raise ValueError(f"a job has 1 to {PARTS_MAX} parts")
        if job.id:
            job = await self._added(job)
            await self.syncs.keep(job)
            await self.state.queue.add(job.place)
            return job.id
        job = self._named(job)
        # From here on it will be done, whatever becomes of this process: the status follows from the body.
        await self.syncs.keep(job)
        await asyncio.gather(self.syncs.begin(queued(job)), self.state.queue.add(job.place))
        return job.id

    async def known(self, job: Job) -> Known | None:
        """How a job stands, begun here where the process that accepted it did not come to that."""
        known = await self.syncs.known(job.tenant, job.environment, job.id)
        if known is None and not job.first:
            known = await self.syncs.begin(queued(job))
        return known or await self.syncs.known(job.tenant, job.environment, job.id)

    def _named(self, job: Job) -> Job:
        parts = () if self._lasting else job.parts
        id = self.syncs.ids.make(job.tenant, job.environment, job.created_at, parts)
        # In the milliseconds that its id knows.
        at = job.created_at.replace(microsecond=job.created_at.microsecond // 1000 * 1000)
        return replace(job, id=id, created_at=at)

    async def _added(self, job: Job) -> Job:
        now, known = self._clock.now(), await self.syncs.known(job.tenant, job.environment, job.id)
        if known is None or known.sync.company != job.company:
            raise NotFound("there is no sync with this id")
        known = await self.syncs.follow(known, lambda sync: with_more(sync, job, now))
        return replace(job, first=len(known.sync.parts) - len(job.parts))

    # -- telling -----------------------------------------------------------------------------------------------

    async def find(self, tenant: str, environment: Environment, id: str) -> Sync | None:
        """How a push stands; None for an id that is not this tenant's, or is older than is kept.

        Where nothing is kept over the end of a process, what an earlier one accepted is INDETERMINATE.
        """
        sync = await self.syncs.find(tenant, environment, id)
        return lapsed(sync, self._clock.now()) if sync is not None else self._lost(tenant, environment, id)

    async def list(
        self,
        tenant: str,
        environment: Environment,
        *,
        companies: Collection[str] | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Page:
        """Pushes of these companies, or of all; the newest first, without the details of outcomes.

        Raises BadCursor for an `after` that is no sync id of this tenant's.
        """
        now = self._clock.now()
        opened = self.syncs.ids.open(after, tenant, environment) if after is not None else (now, ())
        if opened is None:
            raise BadCursor("`after` is not where a page of this list ended")
        found: list[Sync] = []
        day, last = opened[0].date(), (now - KEPT).date()
        while len(found) <= first and day >= last:
            shown = [lapsed(sync, now) for sync in await self.syncs.on(tenant, environment, day)]
            found += [
                sync
                for sync in shown
                if (companies is None or sync.company in companies)
                and (after is None or (sync.created_at, sync.id) < (opened[0], after))
            ]
            day -= dt.timedelta(days=1)
        nodes = tuple(found[:first])
        return Page(nodes=nodes, after=nodes[-1].id if nodes and len(found) > first else None)

    async def wait(self, tenant: str, environment: Environment, id: str, *, seconds: float) -> Sync | None:
        """How a push stands when it is final, or else after so many seconds."""
        until = self._clock.monotonic() + seconds
        sync = await self.find(tenant, environment, id)
        while not _over(sync) and self._clock.monotonic() < until:
            sync = await self._later(tenant, environment, id, until)
        return sync

    async def _later(self, tenant: str, environment: Environment, id: str, until: float) -> Sync | None:
        """The same when it is final, when the time is over, or when changes were missed."""
        with self.feed.listening() as told:
            sync = await self.find(tenant, environment, id)  # it may have changed before anybody listened
            async with aclosing(ticking(told, self._clock, LOOK_SECONDS)) as ticks:
                while not _over(sync) and self._clock.monotonic() < until:
                    batch = await anext(ticks, END)
                    if isinstance(batch, Batch) and not batch.speaks_of(id):
                        continue
                    sync = await self.find(tenant, environment, id)
                    if batch is END:
                        break
        return sync

    async def watch(
        self,
        tenant: str,
        environment: Environment,
        *,
        companies: Collection[str] | None = None,
        after: str | None = None,
    ) -> AsyncGenerator[Update, None]:
        """Each push whenever it stands otherwise, as it stands then: changes that follow quickly may come as one.

        With the cursor of an earlier update as `after` it goes on there: whatever changed since is told first.
        Raises BadCursor for one that is not this tenant's or is older than is kept.
        """
        watcher = Watcher(
            self.syncs, self.state.store, self.feed, self._keys, self._clock, tenant, environment
        )
        async with aclosing(watcher.updates(after)) as updates:
            async for update in updates:
                if companies is None or update.sync.company in companies:
                    yield update

    # -- calling off -------------------------------------------------------------------------------------------

    async def stop(
        self,
        environment: Environment,
        *,
        tenant: str | None = None,
        company: str | None = None,
        connection: str | None = None,
        why: Failure = SHARING_ENDED,
    ) -> int:
        """Call off what nobody has begun with, of this tenant, company and connection; how many parts those were.

        What has begun runs to its truthful end. The states are in the store, so that no replica begins with any of it;
        webhooks are told at once. Raises StateDown; what is left then is refused when a worker would begin with it.
        """
        done, step = 0, _matching(connection, stopped(why, self._clock.now()))
        for where in await self.syncs.waiting(environment, *([] if tenant is None else [tenant])):
            done += await self._stopped(where, step, company)
        return done

    async def _stopped(self, where: str, step: Step, company: str | None) -> int:
        environment, tenant, id, _ = words(where)
        now, known = self._clock.now(), await self.syncs.known(tenant, environment, id)
        if known is None or company not in {None, known.sync.company}:
            return 0
        after = await self.syncs.follow(known, lambda sync: _each(sync, step, now))
        done = sum(part.final for part in after.sync.parts) - sum(part.final for part in known.sync.parts)
        if done and after.sync.final:
            await self._announcer.tell(after.sync)
            await self.syncs.erase(where)  # so that the worker that takes it tells nobody again
        return done

    # -- where nothing is kept ---------------------------------------------------------------------------------

    def _lost(self, tenant: str, environment: Environment, id: str) -> Sync | None:
        opened = None if self._lasting else self.syncs.ids.open(id, tenant, environment)
        if opened is None or not self._clock.now() - KEPT < opened[0] < self._began:
            return None
        created_at, keys = opened
        parts = tuple(_lost_part(connection, key, created_at, self._began) for connection, key in keys)
        return Sync(
            id=id, tenant=tenant, environment=environment, company="", key="", created_at=created_at,
            expires_at=created_at + LASTS, changed_at=self._began,
            parts=parts or (_lost_part("", "", created_at, self._began),),
        )  # fmt: skip


def _over(sync: Sync | None) -> bool:
    return sync is None or sync.final


def _each(sync: Sync, step: Step, now: dt.datetime) -> Sync:
    for number in range(len(sync.parts)):
        sync = stepped(sync, number, step, now)
    return sync


def _matching(connection: str | None, step: Step) -> Step:
    return lambda part: step(part) if connection in {None, part.connection} else part


def _lost_part(connection: str, key: str, at: dt.datetime, ended_at: dt.datetime) -> PartStatus:
    """A part of which nothing is known but who to ask with which key."""
    outcome = Outcome(
        status="INDETERMINATE", connection=connection, kind="", verb="", evidence=PROCESS_ENDED.message,
        failure=PROCESS_ENDED,
    )  # fmt: skip
    return PartStatus(
        connection=connection, provider="", kind="", verb="", client_key=key, digest="",
        status="INDETERMINATE", queued_at=at, ended_at=ended_at, outcome=outcome,
    )  # fmt: skip
