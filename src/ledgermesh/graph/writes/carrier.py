"""Carries out one plan of a job: in the name of the key that asked, if that may still write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import structlog
from msgspec import Struct, structs

from ledgermesh.engine.after import afresh
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.planned import Failure, Outcome, Plan
from ledgermesh.engine.push import Pusher, refused
from ledgermesh.engine.repeat import failure_of
from ledgermesh.engine.replay import WriteKey
from ledgermesh.engine.request import call
from ledgermesh.errors import Conflict, Forbidden, LedgermeshError, StateDown
from ledgermesh.graph.context import READ, Context, Parts, make_context
from ledgermesh.graph.writes.gate import WRITE
from ledgermesh.graph.writes.write_back import changed_meanwhile
from ledgermesh.model.row import Row, at
from ledgermesh.spec.write import Downstream
from ledgermesh.state.audit import wrote
from ledgermesh.state.claims import Claims
from ledgermesh.sync.job import Job, Part
from ledgermesh.sync.records import published
from ledgermesh.upstream.call import Fresh

SECONDS_MAX: Final = 300.0
"""For one plan: its calls, looking for what is unclear, and waiting for systems behind an aggregator."""
POLL_SECONDS: Final = 0.5
POLL_SECONDS_MAX: Final = 10.0
TURN_SECONDS: Final = 60.0
"""How long a worker that dies keeps others from a record. A change that takes longer has shown by then, to whoever
looks at the record.
"""
TURN_POLL_SECONDS: Final = 0.1


class Carrier(Struct, frozen=True):
    """`run` is what `sync.worker.Worker` calls."""

    parts: Parts
    pusher: Pusher
    turn_seconds: float = TURN_SECONDS

    async def run(self, job: Job, part: Part) -> Outcome:
        """What became of the plan. Raises StateDown where nothing can be begun safely now."""
        outcome = await self._carry(job, part)
        wrote(
            outcome.status,
            by_tenant=job.tenant,
            by_key_id=job.key,
            environment=job.environment,
            company=job.company,
            connection=outcome.connection,
            kind=outcome.kind,
            verb=outcome.verb,
            native_id=outcome.native_id or ",".join(_turns(part.plan)) or None,
            sync=job.id,
            digest=part.plan.digest,
            code=outcome.failure.code if outcome.failure is not None else None,
        )
        return outcome

    async def _carry(self, job: Job, part: Part) -> Outcome:
        plan = part.plan
        key = WriteKey(
            tenant=job.tenant,
            environment=job.environment,
            connection=plan.connection,
            client_key=part.client_key,
            body_digest=plan.digest,
            chosen=plan.chosen,
        )
        begun = await self.pusher.begun(key)
        async with AsyncExitStack() as turn:
            try:
                context = self._context(job)
                entry = self.parts.registry.connection(context.principal, plan.connection)
                if entry is None:
                    raise Forbidden("this key does not reach that connection any more")
                # Its calls were counted at the door when the operation came in.
                hub = structs.replace(context.hub(entry), send=self.parts.send)
                if not begun:
                    for native_id in _turns(plan):
                        await turn.enter_async_context(self._turn(hub, plan, native_id))
                    conflict = await changed_meanwhile(hub, plan)
                    if conflict is not None:
                        return _refused(plan, conflict)
            except StateDown:
                raise
            except LedgermeshError as error:
                return _unknown(plan, error) if begun else _refused(plan, error)
            outcome = await self.pusher.push(hub, plan, key=key, deadline=context.terms.deadline)
        await self._tell(job, plan, outcome)
        return await self._passed_on(hub, plan, outcome)

    async def _tell(self, job: Job, plan: Plan, outcome: Outcome) -> None:
        """Tell who listens for changes of these books; the write is none the less done where that cannot be told."""
        at, state = self.parts.clock.now(), self.parts.state
        try:
            for kind, native_id in _changed(plan, outcome):
                await published(state, job.environment, outcome.connection, kind, native_id, at=at)
        except StateDown as error:
            structlog.get_logger("ledgermesh").warning("a change was not told", reason=error.message)

    @asynccontextmanager
    async def _turn(self, hub: Hub, plan: Plan, native_id: str) -> AsyncIterator[None]:
        """From the look at a record to the end of its change nobody else here changes it; raises Conflict where
        somebody does for too long.

        Providers take no condition with a change: two who saw the same version would both go on, and one be lost.
        """
        clock, claims = self.parts.clock, Claims(self.parts.state.store, self.parts.clock)
        name = f"record/{hub.link.environment}/{plan.connection}/{native_id}"
        while (claim := await claims.claim(name, seconds=self.turn_seconds)) is None:
            if clock.monotonic() + TURN_POLL_SECONDS >= hub.terms.deadline:
                raise Conflict("somebody else has been changing this record all the while")
            await clock.sleep(TURN_POLL_SECONDS)
        try:
            yield
        finally:
            await claims.release(claim)

    def _context(self, job: Job) -> Context:
        """A request of the key that asked; raises Forbidden where it may not write any more."""
        # A token of an issuer's may write for minutes only; what was accepted from it is carried out none the less.
        principal = self.parts.registry.acting(
            job.tenant,
            job.environment,
            job.key,
            scopes=frozenset((READ, WRITE)),
            companies=frozenset((job.company,)),
        )
        if principal is None:
            raise Forbidden("the key that asked for this has ended or was revoked")
        if not principal.tenant.writes or not {WRITE, READ} <= principal.key.scopes:
            raise Forbidden("the key that asked for this may not write any more")
        return make_context(
            self.parts, principal=principal, account_key=None, fresh=Fresh(no_cache=True), timeout_seconds=SECONDS_MAX
        )  # fmt: skip

    # -- aggregators -------------------------------------------------------------------------------------------

    async def _passed_on(self, hub: Hub, plan: Plan, outcome: Outcome) -> Outcome:
        """COMMITTED only when an aggregator's own passing on has ended; until then it is asked how far it is."""
        downstream = hub.provider.downstream
        if downstream is None or outcome.status != "COMMITTED" or outcome.downstream_id is None:
            return outcome
        clock, seconds = self.parts.clock, POLL_SECONDS
        while clock.monotonic() + seconds < hub.terms.deadline:
            await clock.sleep(seconds)
            seconds = min(2 * seconds, POLL_SECONDS_MAX)
            try:
                found = await self._state(hub, downstream, outcome.downstream_id)
            except LedgermeshError:
                continue  # asking is not passing on: only its own word ends it
            if found in downstream.done:
                return replace(outcome, evidence=f"{outcome.evidence} Its own systems have it.".strip())
            if found in downstream.failed:
                return _not_passed_on(hub, outcome)
        return replace(
            outcome,
            status="INDETERMINATE",
            failure=_failure(hub, "PROVIDER_UNAVAILABLE", "has not said in time whether its systems took it"),
        )

    async def _state(self, hub: Hub, downstream: Downstream, id: str) -> object:
        live = afresh(hub, self.parts.clock, hub.terms.deadline)
        response = await live.send(call(live.terms, live.link, downstream.path, {"id": id}, (), keep=False))
        document = response.document
        found: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
        return at(downstream.status)(Row(found))


def _turns(plan: Plan) -> list[str]:
    """The records that nobody else may change meanwhile, in an order in which no two changes wait for each other."""
    if plan.records:
        return sorted(each.native_id for each in plan.records if each.sent)
    return [plan.native_id] if plan.version and plan.native_id is not None else []


def _changed(plan: Plan, outcome: Outcome) -> Iterator[tuple[str, str | None]]:
    """What an outcome changed, by kind and id; of several records also where not all of them took it."""
    if outcome.replayed:
        return
    if not plan.records and outcome.status == "COMMITTED":
        yield outcome.kind, outcome.native_id
    sent = {each.path for each in plan.records if each.sent}
    for each in outcome.records:
        if each.path in sent and each.status == "COMMITTED":
            yield each.kind, each.native_id


def _not_passed_on(hub: Hub, outcome: Outcome) -> Outcome:
    """The aggregator has it and its systems do not: what it kept is residue."""
    kept = tuple(replace(each, undone=False) for each in outcome.sent if each.error is None)
    return replace(
        outcome,
        status="NOT_COMMITTED",
        residue=kept,
        failure=_failure(hub, "PROVIDER_REFUSED", "has it, but its systems did not take it"),
    )


def _failure(hub: Hub, code: str, words: str) -> Failure:
    return Failure(
        code=code,
        message=f"{hub.provider.title} {words}.",
        remedy="Ask the provider with its own sync id; what it has kept itself is listed as residue.",
    )


def _refused(plan: Plan, error: LedgermeshError) -> Outcome:
    return refused(plan, failure_of(error), "Nothing was sent.")


def _unknown(plan: Plan, error: LedgermeshError) -> Outcome:
    """An earlier worker had begun with it, and this one may not look."""
    words = "A worker had begun with it and ended; whether it was done may not be looked for any more."
    return replace(refused(plan, failure_of(error), words), status="INDETERMINATE")
