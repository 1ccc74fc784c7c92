"""Plans writes and has them carried out: as plan tokens, as jobs, and, in the job, against the provider."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from msgspec import Struct

from ledgermesh.engine import several
from ledgermesh.engine.change import Change
from ledgermesh.engine.conflicts import conflict
from ledgermesh.engine.handed import Handing
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.plan import make_plan
from ledgermesh.engine.plan_tokens import LASTS_SECONDS, BadPlanToken, PlanToken, PlanTokens, plans_digest
from ledgermesh.engine.planned import Outcome, Plan
from ledgermesh.engine.push import Pusher
from ledgermesh.engine.replay import WriteKey
from ledgermesh.engine.resolve import there
from ledgermesh.engine.steps import digest_of
from ledgermesh.errors import CallerError, Conflict, LedgermeshError, NotFound, Unsupported
from ledgermesh.graph.context import Context
from ledgermesh.graph.writes.writer import Became, Opened, Planned, Push, Pushed
from ledgermesh.state.claims import Claims
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry
from ledgermesh.sync.job import PREFIX, Part
from ledgermesh.sync.jobs import Jobs
from ledgermesh.upstream.call import Fresh

MADE_UP: Final = "auto-"
WAIT_MARGIN_SECONDS: Final = 0.5
"""Left of a request's time to answer with what became of a push."""


class WriteBack(Struct, frozen=True):
    """Implements `writer.Writer` over plan tokens and jobs."""

    jobs: Jobs
    tokens: PlanTokens
    claims: Claims
    handing: Handing
    pusher: Pusher

    async def plan(
        self, context: Context, company: CompanyEntry, change: Change, connections: Sequence[ConnectionEntry]
    ) -> Planned:
        """See Writer."""
        if not change.client_key:
            change = replace(change, client_key=f"{MADE_UP}{secrets.token_hex(12)}", chosen=False)
        found = await asyncio.gather(*(self._plan(context, entry, change) for entry in connections))
        plans = {entry.id: plan for entry, plan in zip(connections, found, strict=True)}
        known = await self._known(context, change, plans)
        if not known:
            _raise_alike(plans)
        planned = Planned(client_key=change.client_key, plans=plans, known=known)
        if not planned.ready:
            return planned
        ends = context.parts.clock.now().replace(microsecond=0) + dt.timedelta(seconds=LASTS_SECONDS)
        token = PlanToken(
            tenant=context.principal.tenant.id,
            environment=context.principal.key.environment,
            key=context.principal.key.id,
            company=company.key,
            change=replace(change, values={}, custom_fields={}, passthrough={}, records=()),
            expires_at=int(ends.timestamp()),
            plans=tuple(_ready(plans)),
        )
        try:
            return replace(planned, token=self.tokens.seal(token), expires_at=ends)
        except BadPlanToken:  # too large even without bodies: it can be pushed at once, not shown first
            return planned

    async def _known(
        self, context: Context, change: Change, plans: Mapping[str, Plan | LedgermeshError]
    ) -> Mapping[str, Outcome]:
        """What this very change did before under the caller's own key, wherever nothing can be sent for it now: what
        is done already looks then as if nothing was to be done, or as if it could not be.
        """
        if not change.chosen:
            return {}
        sendable = {plan.connection for plan in _ready(plans)}
        found = {}
        for connection in plans.keys() - sendable:
            key = WriteKey(
                tenant=context.principal.tenant.id,
                environment=context.principal.key.environment,
                connection=connection,
                client_key=change.client_key,
                body_digest=digest_of(change),
            )
            found[connection] = await self.pusher.recall(key)
        return {id: known for id, known in found.items() if known is not None and known.status == "COMMITTED"}

    async def _plan(self, context: Context, entry: ConnectionEntry, change: Change) -> Plan | LedgermeshError:
        try:
            plan = await make_plan(_books(context, entry), change)
            for file in (step.file for step in plan.steps if step.file is not None):
                self.handing.check(file)
        except LedgermeshError as error:
            return error
        return plan

    async def push(self, context: Context, company: CompanyEntry, planned: Planned, how: Push) -> Pushed:
        """See Writer."""
        return await self._push(context, company.key, tuple(_ready(planned.plans)), planned.client_key, how)

    async def open(self, context: Context, token: str) -> Opened:
        """See Writer."""
        opened = self._opened(context, token)
        change = opened.change
        return Opened(company=opened.company, kind=change.kind, verb=change.verb, again=not opened.whole)

    async def commit(
        self, context: Context, token: str, change: Change | None, how: Push
    ) -> tuple[Planned, Pushed]:
        """See Writer."""
        opened = self._opened(context, token)
        company = context.company(opened.company)
        entries = {entry.id: entry for entry in context.connections(company)}
        plans = opened.plans if opened.whole else await self._again(context, entries, opened, change)
        stale = await asyncio.gather(*(_stale(context, entries, plan) for plan in plans))
        errors: dict[str, Became | LedgermeshError] = {
            plan.connection: error for plan, error in zip(plans, stale, strict=True) if error is not None
        }
        fresh = tuple(plan for plan in plans if plan.connection not in errors)
        planned = Planned(
            client_key=opened.change.client_key, plans={plan.connection: plan for plan in plans}
        )
        if not fresh:
            return planned, Pushed(sync_id=how.sync_id, became=errors)
        await self._use(context, opened, token)
        how = replace(how, tracking_id=how.tracking_id or opened.change.tracking_id)
        pushed = await self._push(context, opened.company, fresh, planned.client_key, how)
        return planned, replace(pushed, became={**pushed.became, **errors})

    # -- pushing -----------------------------------------------------------------------------------------------

    async def _push(
        self, context: Context, company: str, plans: tuple[Plan, ...], client_key: str, how: Push
    ) -> Pushed:
        principal = context.principal
        job = self.jobs.job(
            tenant=principal.tenant.id,
            environment=principal.key.environment,
            company=company,
            key=principal.key.id,
            parts=[Part(plan=plan, client_key=client_key) for plan in plans],
            tracking_id=how.tracking_id or None,
            id=how.sync_id if how.sync_id.startswith(PREFIX) else "",
        )
        try:
            sync_id = await self.jobs.accept(job)
        except NotFound:  # what this operation pushed before is another company's, with a sync of its own
            sync_id = await self.jobs.accept(replace(job, id=""))
        waiting: dict[str, Became | LedgermeshError] = {plan.connection: "QUEUED" for plan in plans}
        if not how.wait:
            return Pushed(sync_id=sync_id, became=waiting)
        left = context.terms.deadline - context.parts.clock.monotonic() - WAIT_MARGIN_SECONDS
        sync = await self.jobs.wait(job.tenant, job.environment, sync_id, seconds=max(left, 0.0))
        for part in sync.parts if sync is not None else ():
            if part.client_key == client_key and part.connection in waiting:
                waiting[part.connection] = part.outcome or _waiting(part.status)
        return Pushed(sync_id=sync_id, became=waiting)

    # -- committing --------------------------------------------------------------------------------------------

    def _opened(self, context: Context, token: str) -> PlanToken:
        principal = context.principal
        now = int(context.parts.clock.now().timestamp())
        return self.tokens.open(
            token,
            tenant=principal.tenant.id,
            environment=principal.key.environment,
            key=principal.key.id,
            now=now,
        )

    async def _again(
        self,
        context: Context,
        entries: Mapping[str, ConnectionEntry],
        opened: PlanToken,
        change: Change | None,
    ) -> tuple[Plan, ...]:
        """The plans of the input that was given once more; raises Conflict where they are not those of the token."""
        if change is None:
            raise BadPlanToken("this plan is too large for its token: give `input` once more")
        whole = replace(
            opened.change,
            values=change.values,
            custom_fields=change.custom_fields,
            passthrough=change.passthrough,
            records=tuple(_like(each, opened.change) for each in change.records),
        )
        plans = []
        for bare in opened.plans:
            entry = entries.get(bare.connection)
            if entry is not None:
                plans.append(await make_plan(_books(context, entry), whole))
        if plans_digest(plans) != opened.digest:
            raise Conflict(
                "this input, or what the provider has by now, does not give the plan of this token"
            )
        return tuple(plans)

    async def _use(self, context: Context, opened: PlanToken, token: str) -> None:
        """A token is good once; raises BadPlanToken the second time."""
        seconds = opened.expires_at - context.parts.clock.now().timestamp() + 1
        name = f"plan-{hashlib.sha256(token.encode()).hexdigest()[:32]}"
        if await self.claims.claim(name, seconds=seconds) is None:
            raise BadPlanToken("this plan was committed before; ask what became of it by its sync id")


def _books(context: Context, entry: ConnectionEntry) -> Hub:
    """The books as they are from now on: no plan is made on what was read before."""
    return context.hub(entry, Fresh(no_cache=True))


def _ready(plans: Mapping[str, Plan | LedgermeshError]) -> Iterator[Plan]:
    """The plans that something is to be sent for."""
    for plan in plans.values():
        if isinstance(plan, Plan) and plan.steps and not plan.blocked:
            yield plan


def _raise_alike(plans: Mapping[str, Plan | LedgermeshError]) -> None:
    """Raise what is the caller's own mistake everywhere."""
    errors = [each for each in plans.values() if isinstance(each, LedgermeshError)]
    if not errors or len(errors) < len(plans):
        return
    first = errors[0]
    alike = all(type(each) is type(first) and each.message == first.message for each in errors)
    if alike and isinstance(first, CallerError) and not isinstance(first, Unsupported | Conflict):
        raise first


def _waiting(status: str) -> Became:
    return "RUNNING" if status == "RUNNING" else "QUEUED"


async def _stale(
    context: Context, entries: Mapping[str, ConnectionEntry], plan: Plan
) -> LedgermeshError | None:
    """Why a plan is not what would be planned now; None where its record stands as it did."""
    entry = entries.get(plan.connection)
    if entry is None:
        return BadPlanToken("the plan's connection is gone")
    try:
        return await changed_meanwhile(_books(context, entry), plan)
    except LedgermeshError as error:
        return error


def _like(record: Change, same: Change) -> Change:
    """One of several records that is to go as its whole was to go."""
    return replace(
        record,
        on_loss=same.on_loss,
        client_key=same.client_key,
        tracking_id=same.tracking_id,
        downstream_push=same.downstream_push,
        downstream_sources=same.downstream_sources,
    )


async def changed_meanwhile(hub: Hub, plan: Plan) -> Conflict | None:
    """A conflict, with what was planned on, what stands there now and what is asked, where the record has changed."""
    if plan.records:
        return await several.changed_meanwhile(hub, plan.records)
    if not plan.version or plan.native_id is None:
        return None
    record = await there(hub, plan.kind, plan.native_id)
    if record is None:
        return Conflict(f"the {plan.kind} is gone since the plan was made")
    return conflict(record, plan.version, plan.asked, {each.field: each.value for each in plan.before})
