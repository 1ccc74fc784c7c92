"""What became of pushes, as callers ask for it: `sync`, `syncs` and `syncUpdated`."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import replace
from enum import Enum
from typing import Annotated, Final

import strawberry

from ledgermesh.errors import BadInput, Forbidden, NotFound, SignIn
from ledgermesh.graph.context import Context
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.writes.payloads import WriteError, WriteSource
from ledgermesh.graph.writes.shown import to_failure, to_outcome
from ledgermesh.graph.writes.writer import Became
from ledgermesh.model import declare
from ledgermesh.model.platform import Verb
from ledgermesh.state.entries import Environment
from ledgermesh.sync.jobs import SHARING_ENDED, Jobs
from ledgermesh.sync.status import PartStatus
from ledgermesh.sync.status import Sync as Job
from ledgermesh.sync.ticking import ticking

CHECK_SECONDS: Final = 1.0
"""How often a subscriber's right to listen is looked at when nothing happens."""
FIRST_MAX: Final = 200
UNSEEN: Final = "it did not succeed; its connection is not seen any more"
SCOPES: Final = frozenset(("api.read", "api.write"))


@strawberry.enum(
    description="How far a push is. PARTLY_COMMITTED: some connections took it and others did not; `parts` says which."
)
class SyncStatus(Enum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMMITTED = "COMMITTED"
    PARTLY_COMMITTED = "PARTLY_COMMITTED"
    NOT_COMMITTED = "NOT_COMMITTED"
    INDETERMINATE = "INDETERMINATE"


@declare.object_type(description="One change through one connection.")
class SyncPart:
    kind: str | None = strawberry.field(
        description="The kind of record; null where no more is known than its key."
    )
    verb: Verb | None = strawberry.field(description="What is done to it.")
    client_key: str = strawberry.field(description="The name of this one change, to ask again with.")
    attempts: int = strawberry.field(description="How often it was begun.")
    queued_at: dt.datetime = strawberry.field(description="When it was handed over, UTC.")
    started_at: dt.datetime | None = strawberry.field(description="When it was begun last, UTC.")
    ended_at: dt.datetime | None = strawberry.field(
        description="When its outcome was known, UTC; null before."
    )
    status: SyncStatus = strawberry.field(description="How far it is.")
    error: WriteError | None = strawberry.field(
        description="Why it did not succeed; without the provider's words where its connection is not seen any more."
    )
    source: WriteSource | None = strawberry.field(
        description="What became of it; null where the connection is gone, or its company is not seen any more."
    )


@declare.object_type(description="What became of all that one operation pushed.")
class Sync:
    id: strawberry.ID = strawberry.field(description="As `syncId` and the header X-Sync-ID told it.")
    tracking_id: str | None = strawberry.field(description="Your own name for the request.")
    company_key: str | None = strawberry.field(description="Account key of the company.")
    status: SyncStatus = strawberry.field(description="How far it is, all in all.")
    created_at: dt.datetime = strawberry.field(description="When it was handed over, UTC.")
    updated_at: dt.datetime = strawberry.field(description="When something of it last changed, UTC.")
    ended_at: dt.datetime | None = strawberry.field(description="When all of it was done, UTC; null before.")
    expires_at: dt.datetime = strawberry.field(
        description="What has not begun by then does not begin any more, UTC."
    )
    parts: list[SyncPart] = strawberry.field(
        description="Every change through every connection, in the mutations' order."
    )


@declare.object_type(description="A push that stands otherwise than before.")
class SyncUpdate:
    sync: Sync = strawberry.field(description="How it stands now.")
    cursor: str | None = strawberry.field(
        description="Give it as `after` to go on here; null for what was looked up."
    )


Id = Annotated[strawberry.ID, strawberry.argument(description="The sync id.")]
OfCompany = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Account key; all companies that the key sees where it is left out."),
]


@declare.object_type()
class SyncQuery:
    """The part of the root of every query that is about pushes."""

    @declare.field(description="What became of a push; null when nobody knows of it any more.")
    async def sync(self, info: Info, id: Id) -> Sync | None:
        return await sync_of(info.context, id)

    @declare.field(
        description="The tenant's pushes, newest first, for as long as they are kept. `sync` tells more of each."
    )
    async def syncs(
        self,
        info: Info,
        *,
        company: OfCompany = None,
        first: Annotated[int, strawberry.argument(description="At most so many, 1 to 200.")] = 50,
        after: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only those older than this one, by its id."),
        ] = None,
    ) -> list[Sync]:
        if not 1 <= first <= FIRST_MAX:
            raise BadInput(f"`first` is 1 to {FIRST_MAX}, not {first}", details={"field": "first"})
        context = info.context
        page = await _syncs(context).list(
            *_owner(context), companies=_companies(context, company), first=first, after=after
        )
        return [to_sync(context, job) for job in page.nodes]


@declare.object_type()
class SyncSubscription:
    """The part of the root of every subscription that is about pushes."""

    @declare.subscription(
        description="A push whenever something of it changes. With `id` it begins with how that one stands, and ends "
        "when all of it is done. Ends with an error within a second when the key ends."
    )
    async def sync_updated(
        self,
        info: Info,
        *,
        id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only this one; all by default.")
        ] = None,
        company: OfCompany = None,
        after: Annotated[
            str | None, strawberry.argument(description="`cursor` of an update: what came after it is told.")
        ] = None,
    ) -> AsyncGenerator[SyncUpdate, None]:
        context = info.context
        watched = _one(context, str(id)) if id is not None else _all(context, company, after)
        async with aclosing(watched) as updates:
            async for job, cursor in updates:
                yield SyncUpdate(sync=to_sync(context, job), cursor=cursor)


Told = AsyncGenerator[tuple[Job, str | None], None]


async def _one(context: Context, id: str) -> Told:
    """One push as it stands, and whenever it stands otherwise, until all of it is done."""
    last = await _find(context, id)
    if last is None:
        raise NotFound("nobody knows of a push with this id", details={"field": "id"})
    yield last, None
    updates = _syncs(context).watch(*_owner(context), companies=None, after=None)
    async with aclosing(ticking(updates, context.parts.clock, CHECK_SECONDS)) as ticks:
        while not last.final:
            update = await anext(ticks)
            _check(context)
            if update is not None and update.sync.id != id:
                continue
            # Also when nothing was told: it may have changed before anybody listened.
            now = await _find(context, id)
            if now is not None and now != last:
                last = now
                yield now, update.cursor if update is not None else None


async def _all(context: Context, company: str | None, after: str | None) -> Told:
    """Every push that the caller sees, whenever it stands otherwise."""
    _companies(context, company)
    updates = _syncs(context).watch(*_owner(context), companies=None, after=after)
    async with aclosing(ticking(updates, context.parts.clock, CHECK_SECONDS)) as ticks:
        async for update in ticks:
            _check(context)
            if update is None or not _sees(context, update.sync, company):
                continue
            yield await _find(context, update.sync.id) or update.sync, update.cursor


def _syncs(context: Context) -> Jobs:
    """Who knows; raises Forbidden without a scope that reads or writes books."""
    if not context.principal.key.scopes & SCOPES:
        raise Forbidden("this needs a key with the scope `api.read` or `api.write`")
    if context.parts.syncs is None:
        raise NotFound("this gateway writes nothing: there are no pushes")
    return context.parts.syncs


def _owner(context: Context) -> tuple[str, Environment]:
    principal = context.principal
    return principal.tenant.id, principal.key.environment


def _companies(context: Context, company: str | None) -> Collection[str]:
    """The account keys meant; raises Forbidden for one that the caller does not see."""
    if company is not None:
        return [context.company(company).key]
    return [each.key for each in context.parts.registry.companies(context.principal)]


def _check(context: Context) -> None:
    now = context.parts.registry.current(context.principal)
    if now is None:
        raise SignIn("this API key has ended or was revoked")
    context.principal = now


async def _find(context: Context, id: str) -> Job | None:
    """One of the tenant's own. How it ended is told also when its company is shared with the tenant no more, to keys
    that reached it before.
    """
    job, limited = await _syncs(context).find(*_owner(context), str(id)), context.principal.key.companies
    return job if job is not None and (limited is None or not job.company or job.company in limited) else None


def _sees(context: Context, job: Job, company: str | None) -> bool:
    """Whether the caller sees the company; of what a process lost nobody knows it."""
    if company not in (None, job.company):
        return False
    return not job.company or context.parts.registry.company(context.principal, job.company) is not None


async def sync_of(context: Context, id: str) -> Sync | None:
    """A push by its id; None where nobody knows of one that the caller sees."""
    job = await _find(context, id)
    return to_sync(context, job) if job is not None else None


def to_sync(context: Context, job: Job) -> Sync:
    """A push as callers see it."""
    return Sync(
        id=strawberry.ID(job.id),
        tracking_id=job.tracking_id or None,
        company_key=job.company or None,
        status=SyncStatus(job.status),
        created_at=job.created_at,
        updated_at=job.changed_at,
        ended_at=job.ended_at,
        expires_at=job.expires_at,
        parts=[_part(context, part) for part in job.parts],
    )


def _part(context: Context, part: PartStatus) -> SyncPart:
    entry = context.parts.registry.connection(context.principal, part.connection)
    known = entry is not None and entry.provider in context.parts.definitions
    became: Became = part.outcome or ("RUNNING" if part.status == "RUNNING" else "QUEUED")
    failure = part.outcome.failure if part.outcome is not None else None
    if failure is not None and not known and failure != SHARING_ENDED:
        failure = replace(failure, message=UNSEEN, provider_message=None)
    return SyncPart(
        status=SyncStatus(part.status),
        error=to_failure(failure) if failure is not None else None,
        kind=part.kind or None,
        verb=Verb(part.verb) if part.verb else None,
        client_key=part.client_key,
        attempts=part.attempts,
        queued_at=part.queued_at,
        started_at=part.started_at,
        ended_at=part.ended_at,
        source=to_outcome(context.connection(entry), became) if entry is not None and known else None,
    )
