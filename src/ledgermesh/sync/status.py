"""How a push stands: ids, states, times and hashes, and how one state follows another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from ledgermesh.engine.planned import Changed, Failure, Outcome
from ledgermesh.errors import Indeterminate, NeedsConfig, TooLate
from ledgermesh.state.entries import Environment
from ledgermesh.sync.job import Job, Part

PartState = Literal["QUEUED", "RUNNING", "COMMITTED", "NOT_COMMITTED", "INDETERMINATE"]
SyncState = Literal["QUEUED", "RUNNING", "COMMITTED", "PARTLY_COMMITTED", "NOT_COMMITTED", "INDETERMINATE"]
ATTEMPTS_MAX: Final = 5
"""So often a part is begun before it is given up: whatever it meets ends the worker each time."""


@dataclass(frozen=True, kw_only=True)
class PartStatus:
    """How one change through one connection stands."""

    connection: str
    provider: str
    kind: str
    verb: str
    client_key: str
    """With which to ask again where the outcome is INDETERMINATE."""
    native_id: str | None = None
    """Of the record that is changed; the outcome has that of the record that resulted."""
    digest: str
    """Of the plan."""
    status: PartState
    attempts: int = 0
    """How often a worker began with it."""
    queued_at: dt.datetime
    started_at: dt.datetime | None = None
    """When a worker began with it last."""
    ended_at: dt.datetime | None = None
    outcome: Outcome | None = None
    """While its details are kept, whole; after that without words and values: see `bare`."""

    @property
    def final(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.ended_at is not None


@dataclass(frozen=True, kw_only=True)
class Sync:
    """How the push of one operation stands. All times are UTC."""

    id: str
    tenant: str
    environment: Environment
    company: str
    key: str
    """Id of the API key."""
    tracking_id: str | None = None
    created_at: dt.datetime
    expires_at: dt.datetime
    """A part that has not begun by then does not begin any more."""
    changed_at: dt.datetime
    parts: tuple[PartStatus, ...]

    @property
    def final(self) -> bool:
        """Whether nothing more becomes of any part."""
        return all(part.final for part in self.parts)

    @property
    def ended_at(self) -> dt.datetime | None:
        """When the last part was final; None before."""
        ends = [part.ended_at for part in self.parts if part.ended_at is not None]
        return max(ends, default=None) if self.final else None

    @property
    def status(self) -> SyncState:
        """Of the whole: RUNNING from the first part that began to the last that ended."""
        states = {part.status for part in self.parts}
        if not self.final:
            return "QUEUED" if states == {"QUEUED"} else "RUNNING"
        if "INDETERMINATE" in states:
            return "INDETERMINATE"
        if states == {"COMMITTED"}:
            return "COMMITTED"
        return "PARTLY_COMMITTED" if "COMMITTED" in states else "NOT_COMMITTED"


GRACE: Final = dt.timedelta(hours=1)
"""In which a worker ends what is too old itself."""

Step = Callable[[PartStatus], PartStatus]
"""From one state of a part to the next; the same when there is nothing to do."""


def queued(job: Job) -> Sync:
    """How a job stands that nobody has begun with."""
    return Sync(
        id=job.id,
        tenant=job.tenant,
        environment=job.environment,
        company=job.company,
        key=job.key,
        tracking_id=job.tracking_id,
        created_at=job.created_at,
        expires_at=job.expires_at,
        changed_at=job.created_at,
        parts=tuple(_queued(part, job.created_at) for part in job.parts),
    )


def with_more(sync: Sync, job: Job, now: dt.datetime) -> Sync:
    """With the parts of one more job of the same operation."""
    added = tuple(_queued(part, now) for part in job.parts)
    return replace(sync, parts=sync.parts + added, changed_at=now, expires_at=job.expires_at)


def lapsed(sync: Sync, now: dt.datetime) -> Sync:
    """As it is shown: what nobody began with in time was left behind by a process that ended while accepting it."""
    if now < sync.expires_at + GRACE:
        return sync
    return replace(sync, parts=tuple(map(stopped(TOO_OLD, sync.expires_at), sync.parts)))


def stepped(sync: Sync, number: int, step: Step, now: dt.datetime) -> Sync:
    """With one part a step further."""
    after = step(sync.parts[number])
    if after == sync.parts[number]:
        return sync
    parts = (*sync.parts[:number], after, *sync.parts[number + 1 :])
    return replace(sync, parts=parts, changed_at=now)


def begun(now: dt.datetime, expires_at: dt.datetime, refused: Failure | None) -> Step:
    """A worker begins with it, unless it is too late, was tried too often, or may not be done any more.

    What a worker had begun with before is never called off: something may have been sent.
    """

    def step(part: PartStatus) -> PartStatus:
        if part.final:
            return part
        if not part.attempts and refused is not None:
            return _without(part, "NOT_COMMITTED", refused, now)
        if not part.attempts and now >= expires_at:
            return _without(part, "NOT_COMMITTED", TOO_OLD, now)
        if part.attempts >= ATTEMPTS_MAX:
            return _without(part, "INDETERMINATE", GIVEN_UP, now)
        return replace(part, status="RUNNING", attempts=part.attempts + 1, started_at=now)

    return step


def ended(outcome: Outcome, now: dt.datetime) -> Step:
    """It has this outcome. The first one stands, but one that was not known is bettered by one that is."""

    def step(part: PartStatus) -> PartStatus:
        unknown = part.status == "INDETERMINATE" and outcome.status != "INDETERMINATE"
        if part.final and not unknown:
            return part
        return replace(part, status=outcome.status, ended_at=now, outcome=bare(outcome))

    return step


def stopped(why: Failure, now: dt.datetime) -> Step:
    """It is not to be begun with; one that has begun runs to its truthful end."""

    def step(part: PartStatus) -> PartStatus:
        return _without(part, "NOT_COMMITTED", why, now) if part.status == "QUEUED" else part

    return step


def lost(now: dt.datetime) -> Step:
    """Nobody can go on with it."""

    def step(part: PartStatus) -> PartStatus:
        if part.final:
            return part
        return _without(part, "INDETERMINATE" if part.attempts else "NOT_COMMITTED", UNREADABLE, now)

    return step


def bare(outcome: Outcome) -> Outcome:
    """Ids, states and codes of an outcome: nobody's words, which may quote the books, and no values of fields."""
    failure = outcome.failure and replace(outcome.failure, message="", provider_message=None)
    changed = tuple(Changed(field=each.field) for each in outcome.changed)
    records = tuple(
        replace(each, evidence="", changed=tuple(Changed(field=one.field) for one in each.changed))
        for each in outcome.records
    )
    return replace(outcome, evidence="", failure=failure, changed=changed, records=records)


def _queued(part: Part, at: dt.datetime) -> PartStatus:
    plan = part.plan
    return PartStatus(
        connection=plan.connection,
        provider=plan.provider,
        kind=plan.kind,
        verb=plan.verb,
        client_key=part.client_key,
        native_id=plan.native_id,
        digest=part.digest,
        status="QUEUED",
        queued_at=at,
    )


def _without(
    part: PartStatus, status: Literal["NOT_COMMITTED", "INDETERMINATE"], why: Failure, now: dt.datetime
) -> PartStatus:
    """Ended for a reason of our own, which says nothing of the books."""
    outcome = Outcome(
        status=status,
        connection=part.connection,
        kind=part.kind,
        verb=part.verb,
        native_id=part.native_id,
        evidence="nothing was sent" if status == "NOT_COMMITTED" else "a worker ended after it had begun",
        failure=why,
    )
    return replace(part, status=status, ended_at=now, outcome=outcome)


TOO_OLD: Final = Failure(
    code=TooLate.code,
    message="it waited for a day without being begun",
    remedy="Push it again.",
    retryable=True,
)
GIVEN_UP: Final = Failure(
    code=Indeterminate.code,
    message=f"it was begun {ATTEMPTS_MAX} times and never came to an end",
    remedy=Indeterminate.remedy,
    retryable=True,
)
UNREADABLE: Final = Failure(
    code=NeedsConfig.code,
    message="it was sealed under a key that this gateway does not have",
    remedy="Ask again with the same key.",
)
