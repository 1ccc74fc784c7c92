"""A gateway process that pushes, and a provider's books that know what was done by its key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from ledgermesh.clock import Clock
from ledgermesh.engine.planned import Changed, Failure, Outcome, Plan, Sent, Step
from ledgermesh.state.base import Store
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, Entry
from ledgermesh.state.queue import Queue
from ledgermesh.state.shared import State, make_state
from ledgermesh.sync.job import Part
from ledgermesh.sync.jobs import Jobs
from ledgermesh.sync.keeper import Keeper
from ledgermesh.sync.status import Sync
from ledgermesh.sync.worker import JOBS_MAX, Worker
from tests.hands import HandClock
from tests.states import KEYS
from tests.sync.office import COMPANY, CONNECTION

CANARY = "canary-7d1e"


def part(key: str = "k1", connection: str = CONNECTION.id) -> Part:
    """One invoice to be made."""
    body = f'{{"note": "{CANARY}"}}'.encode()
    step = Step(
        kind="Invoice", verb="CREATE", method="POST", path="/invoices", template="/invoices", body=body,
        undo=Step(kind="Invoice", verb="DELETE", method="DELETE", path="/i/${steps.0.id}", template="/i/{id}"),
    )  # fmt: skip
    plan = Plan(
        connection=connection, provider="acme", kind="Invoice", verb="CREATE", steps=(step,),
        asked={"note": CANARY}, calls=2,
    )  # fmt: skip
    return Part(plan=plan, client_key=key)


@dataclass
class Books:
    """A provider as the push sees it: what has been done under a key is not done again."""

    done: dict[str, str] = field(default_factory=dict)
    """Key → native id of what it made."""
    asked: list[str] = field(default_factory=list)
    """Keys in the order in which they were begun with."""
    at_once: int = 0
    most_at_once: int = 0
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    """Keys whose effect is there, but whose answer waits."""
    failing: dict[str, Failure] = field(default_factory=dict)
    breaking: set[str] = field(default_factory=set)

    async def run(self, job: object, part: Part) -> Outcome:
        """See worker.Run."""
        key = part.client_key
        self.asked.append(key)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            if key in self.breaking:
                raise ZeroDivisionError
            return await self._outcome(part)
        finally:
            self.at_once -= 1

    async def _outcome(self, part: Part) -> Outcome:
        key, plan = part.client_key, part.plan
        if key in self.failing:
            return Outcome(
                status="NOT_COMMITTED", connection=plan.connection, kind=plan.kind, verb=plan.verb,
                failure=self.failing[key],
            )  # fmt: skip
        replayed = key in self.done
        native_id = self.done.setdefault(key, str(len(self.done) + 1))
        await asyncio.sleep(0)
        if key in self.held:
            await self.held[key].wait()
        return Outcome(
            status="COMMITTED", connection=plan.connection, kind=plan.kind, verb=plan.verb,
            native_id=native_id, replayed=replayed, evidence=f"the answer says {CANARY}-e",
            sent=(Sent(method="POST", path="/invoices", status=201, native_id=native_id),),
            changed=(Changed(field="note", asked=CANARY, got="other"),),
        )  # fmt: skip

    def hold(self, key: str) -> asyncio.Event:
        """Let it wait after its effect until the event is set."""
        self.held[key] = asyncio.Event()
        return self.held[key]


@dataclass
class Office:
    """One process over a store."""

    state: State
    clock: Clock
    books: Books

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.state, KEYS, self.clock, rest_seconds=0.0)
        self.keeper = Keeper(self.jobs.syncs, self.state.queue, self.clock)

    def worker(self, **given: Any) -> Worker:
        """One that works on the same books."""
        jobs_max = int(given.pop("jobs_max", JOBS_MAX))
        return Worker(self.jobs, self.books.run, self.clock, jobs_max=jobs_max, **given)

    async def clock_turn(self, seconds: float) -> None:
        """Let so much pass on a clock whose hands the test turns."""
        assert isinstance(self.clock, HandClock)
        await self.clock.turn(seconds)

    async def push(
        self, *parts: Part, tenant: str = "t1", id: str = "", tracking_id: str | None = None
    ) -> str:
        """Have these pushed; gives the sync id."""
        job = self.jobs.job(
            tenant=tenant, environment="live", company=COMPANY.key, key="key-1",
            parts=parts or (part(),), tracking_id=tracking_id, id=id,
        )  # fmt: skip
        return await self.jobs.accept(job)

    async def find(self, id: str, tenant: str = "t1") -> Sync:
        found = await self.jobs.find(tenant, "live", id)
        assert found is not None
        return found

    async def states(self, id: str) -> list[str]:
        """Of each part."""
        return [each.status for each in (await self.find(id)).parts]

    async def ended(self, ids: Sequence[str]) -> list[Sync]:
        """How they stand when all of them are final."""
        return [await self.until(id) for id in ids]

    async def until(self, id: str) -> Sync:
        """How it stands when it is final."""
        found = await self.jobs.wait("t1", "live", id, seconds=20.0)
        assert found is not None and found.final, found
        return found

    async def register(self, *connections: str) -> None:
        """The company with its connections."""
        entries: tuple[Entry, ...] = (COMPANY, CONNECTION, *(made(each) for each in connections))
        for entry in entries:
            if await self.state.store.get(entry.place) is None:
                await self.state.directory.add(entry)

    async def share(self, *tenants: str) -> None:
        """With these and nobody else."""
        await self.state.directory.change(
            CompanyEntry, COMPANY.place, lambda _: CompanyEntry(
                key=COMPANY.key, name=COMPANY.name, environment="live", tenants=frozenset(tenants)
            )
        )  # fmt: skip


def made(id: str) -> ConnectionEntry:
    """One more connection of the company."""
    return ConnectionEntry(
        id=id, company=COMPANY.key, provider="acme", environment="live", base_url="https://acme.example",
        scheme="api_key", owner="t1",
    )  # fmt: skip


async def process(
    store: Store, clock: Clock, books: Books | None = None, queue: Queue | None = None
) -> Office:
    """As one more process over this store."""
    state = make_state(store, KEYS, clock, queue=queue)
    office = Office(state, clock, books or Books())
    await office.register()
    return office


@asynccontextmanager
async def working(office: Office, **given: float) -> AsyncIterator[None]:
    """Everything that runs beside the requests, for the block; ended as by a server that stops."""
    tasks = [
        asyncio.create_task(work())
        for work in (office.jobs.feed.run, office.keeper.run, office.worker(**given).run)
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.cancelled() for task in tasks), tasks
