"""A gateway that may write: real plans over emulators, and a writer whose pushes end as a test says."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ledgermesh.clock import ManualClock
from ledgermesh.engine.change import Change
from ledgermesh.engine.plan import make_plan
from ledgermesh.engine.planned import Outcome, Plan
from ledgermesh.errors import BadInput, LedgermeshError
from ledgermesh.graph.context import Context
from ledgermesh.graph.question import Question
from ledgermesh.graph.schema import Gateway
from ledgermesh.graph.writes.headers import WriteHeaders
from ledgermesh.graph.writes.writer import Became, Opened, Planned, Push, Pushed
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, TenantEntry
from ledgermesh.sync.jobs import Jobs
from ledgermesh.upstream.call import Fresh
from tests.graph.demo import demo_world
from tests.harness import NOW, House, house, opened
from tests.states import KEYS

BOOKS = ("accountsos", "bossinsights", "kashoo", "smallinvoice")
"""The providers that are there."""
COMPANY = "grand-tour"
TOKEN = "a plan"
ENDS = NOW + dt.timedelta(minutes=15)
PAYLOAD = """{
  mode clientKey planToken expiresAt syncId trackingId
  sources {
    connection { id } status replayed evidence downstreamSyncId
    plan {
      calls version findings { code path message blocks } loss { path reason }
      steps { kind verb method url headers { name value } body bodyBytes repeat undo }
    }
    changedFields { path asked got }
    sent { method path status nativeId upstreamRequestId undone error }
    residue { method path }
    error {
      code message path remedy retryable providerCode providerMessage upstreamRequestId
      difference { path before asked now }
    }
    record { __typename id source { nativeId version } }
  }
}"""
CREATE = f"""mutation ($input: InvoiceCreate!, $options: WriteOptions) {{
  createInvoice(input: $input, options: $options) {PAYLOAD}
}}"""
UPDATE = f"""mutation ($id: ID!, $input: PartyUpdate!, $options: WriteOptions) {{
  updateParty(id: $id, input: $input, options: $options) {PAYLOAD}
}}"""
KASHOO = f"{COMPANY}-kashoo"


@dataclass
class TestWriter:
    """Plans for real. A push has the outcomes that `became` says, and nothing is sent."""

    changes: list[Change] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    became: Mapping[str, Became | LedgermeshError] = field(default_factory=dict)
    """By connection; COMMITTED for those that are not here."""
    again: bool = False
    """Whether tokens need the input once more."""
    kept: list[tuple[CompanyEntry, Change, Planned]] = field(default_factory=list)

    __test__ = False

    async def plan(
        self, context: Context, company: CompanyEntry, change: Change, connections: Sequence[ConnectionEntry]
    ) -> Planned:
        self.changes.append(change)
        plans: dict[str, Plan | LedgermeshError] = {}
        for entry in connections:
            try:
                plans[entry.id] = await make_plan(context.hub(entry, Fresh(no_cache=True)), change)
            except LedgermeshError as error:
                plans[entry.id] = error
        planned = Planned(
            client_key=change.client_key or "made-up", plans=plans, token=TOKEN, expires_at=ENDS
        )
        self.kept.append((company, change, planned))
        return planned if planned.ready else replace(planned, token="", expires_at=None)

    async def push(self, context: Context, company: CompanyEntry, planned: Planned, how: Push) -> Pushed:
        self.pushes.append(how)
        ready = {id: plan for id, plan in planned.plans.items() if isinstance(plan, Plan) and plan.steps}
        became = {id: self.became.get(id, committed(plan)) for id, plan in ready.items() if not plan.blocked}
        return Pushed(sync_id=how.sync_id or f"sy_{len(self.pushes)}", became=became)

    async def open(self, context: Context, token: str) -> Opened:
        if token != TOKEN:
            raise BadInput("this is not a plan token of yours, or it was changed")
        company, change, _ = self.kept[-1]
        return Opened(company=company.key, kind=change.kind, verb=change.verb, again=self.again)

    async def commit(
        self, context: Context, token: str, change: Change | None, how: Push
    ) -> tuple[Planned, Pushed]:
        company, _, planned = self.kept[-1]
        if change is not None:
            self.changes.append(change)
        return planned, await self.push(context, company, planned, how)


def committed(plan: Plan, native_id: str | None = None) -> Outcome:
    """The outcome of a plan that did what it was to do."""
    return Outcome(
        status="COMMITTED",
        connection=plan.connection,
        kind=plan.kind,
        verb=plan.verb,
        native_id=native_id or plan.native_id,
        evidence="the provider said so",
    )


@dataclass
class Study:
    """The house, its writer, and what was counted."""

    house: House
    writer: TestWriter
    jobs: Jobs
    answers: Gateway
    last: Question | None = None

    async def ask(
        self,
        text: str,
        *,
        key: str = "lm_demo_write",
        headers: WriteHeaders | None = None,
        tokens: Mapping[str, Secret] | None = None,
        **variables: Any,
    ) -> Any:
        """The whole response object of one question."""
        self.last = self.question(text, key, headers, tokens, variables)
        return opened(await self.answers.answer(self.last))

    def question(
        self,
        text: str,
        key: str = "lm_demo_write",
        headers: WriteHeaders | None = None,
        tokens: Mapping[str, Secret] | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Question:
        """A question as the edge hands it over."""
        principal = self.house.gateway.state.registry.principal(key)
        assert principal is not None
        return Question(
            text=text, variables=variables or {}, principal=principal, account_key=COMPANY, timeout_seconds=20.0,
            write_headers=headers or WriteHeaders(), tokens=tokens or {},
        )  # fmt: skip

    async def done(self, text: str, **more: Any) -> Any:
        """The one field that was asked for; fails where there are errors."""
        answer = await self.ask(text, **more)
        assert "errors" not in answer, answer["errors"]
        [found] = answer["data"].values()
        return found

    async def refused(self, text: str, **more: Any) -> dict[str, Any]:
        """The one error; fails where there is data, or a call to a provider."""
        answer = await self.ask(text, **more)
        assert not any((answer.get("data") or {}).values()), answer
        assert not answer.get("extensions", {}).get("calls")
        [error] = answer["errors"]
        found: dict[str, Any] = error
        return found

    async def switch(self, *, writes: bool) -> None:
        """The tenant's write switch."""
        directory, place = self.house.gateway.state.directory, TenantEntry(id="demo", name="").place
        await directory.change(
            TenantEntry, place, lambda old: replace(old, writes=writes) if old is not None else None
        )


@asynccontextmanager
async def study() -> AsyncIterator[Study]:
    """The demo's gateway over three providers, with a writer."""
    clock, world = ManualClock(NOW), demo_world()
    emulators = {name: each for name, each in make_sandbox(world, clock).emulators.items() if name in BOOKS}
    async with house(world, emulators, clock) as made:
        writer, jobs = TestWriter(), Jobs(made.gateway.state, KEYS, clock)
        answers: Any = made.gateway.answers
        parts = replace(answers._parts, writer=writer, syncs=jobs)
        yield Study(made, writer, jobs, Gateway(answers._schema, parts))


async def party(house: Study) -> dict[str, Any]:
    """A customer in Kashoo."""
    text = """{ company { parties(first: 1, from: ["kashoo"], where: { email: { isNull: false } }) {
      nodes { id displayName email source { nativeId version } } } } }"""
    found: dict[str, Any] = (await house.done(text))["parties"]["nodes"][0]
    return found


def only(payload: Any) -> Any:
    """The one source that was not left out as unable."""
    [source] = [each for each in payload["sources"] if each["status"] not in ("UNSUPPORTED", "FORBIDDEN")]
    return source
