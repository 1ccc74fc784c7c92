"""A storm: three replicas push the same keys over a failing wire and die; at most one effect, and no untrue word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from ledgermesh.engine.planned import Outcome, Plan
from ledgermesh.engine.replay import make_stamp
from tests.engine.hand_plans import JSON, contact, letter, paper, plan_of, stamped
from tests.engine.pushing import Desk, Trouble, Worker, open_desk
from tests.simulated import simulated

ROUNDS = 60
WAYS = ("SEARCH", "SEARCH", "STAMP", "HEADER", "NEVER", "STEPS")


@dataclass
class Report:
    """What a storm did."""

    pushes: int = 0
    deaths: int = 0
    committed: int = 0
    open: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """One key: its plan, and what is there of it in the emulator's books."""

    name: str
    way: str
    plan: Plan
    count: Callable[[], int]
    ids: Callable[[], Sequence[int]]


def case_of(desk: Desk, name: str, way: str, invoice: str) -> Case:
    """A plan for this way of repeating."""
    party, memo = next(iter(desk.business.contact_by_id)), f"{name} {make_stamp(name, 'd')}"

    def parties() -> list[int]:
        return desk.parties(name)

    def papers() -> list[int]:
        return [row.id for row in desk.records(memo)]

    def letters() -> list[int]:
        return [each.record for each in desk.emulator.mail.outbox if name in each.body]

    if way == "STAMP":
        plan, _ = stamped(desk, name, name, "d", party)
        return Case(name, way, plan, lambda: len(papers()), papers)
    if way == "HEADER":
        step = contact(desk, name, repeat="HEADER", headers=(*JSON, ("idempotency-key", name)))
        return Case(name, way, plan_of(desk, step), lambda: len(parties()), parties)
    if way == "NEVER":
        return Case(name, way, letter(desk, invoice, name), lambda: len(letters()), letters)
    if way == "STEPS":
        bill = paper(desk, "bills", "Bill", memo, "${steps.0.id}")
        plan = plan_of(desk, contact(desk, name), bill)
        return Case(name, way, plan, lambda: max(len(parties()), len(papers())), papers)
    return Case(name, way, plan_of(desk, contact(desk, name)), lambda: len(parties()), parties)


async def one(random: Random, worker: Worker, case: Case, report: Report) -> None:
    """One caller, once."""
    await asyncio.sleep(random.choice((0.0, 0.0, random.uniform(0, 3), random.uniform(0, 30))))
    outcome: Outcome | None = None
    with suppress(asyncio.CancelledError):
        report.pushes += 1
        outcome = await worker.push(case.plan, case.name, seconds=random.choice((0.5, 2.0, 5.0, 20.0, 60.0)))
    if outcome is not None:
        judge(case, outcome, report)


def judge(case: Case, outcome: Outcome, report: Report) -> None:
    """Hold an outcome against the books as they are at this moment."""
    there, ids = case.count(), [str(id) for id in case.ids()]
    told = f"{case.name} {case.way}: {outcome.status} with {there} ({outcome.evidence})"
    report.committed += outcome.status == "COMMITTED"
    report.open += outcome.status == "INDETERMINATE"
    if there > 1:
        report.wrong.append(f"twice: {told}")
    if outcome.status == "COMMITTED" and ids != [outcome.native_id]:
        report.wrong.append(f"not there: {told} {ids} {outcome.native_id}")
    # Whoever is told the end of another's request hears it a moment later, when a third may be at it again.
    if outcome.status == "NOT_COMMITTED" and there and not outcome.replayed and not outcome.residue:
        report.wrong.append(f"there: {told}")


async def gale(random: Random, desk: Desk, case: Case, report: Report) -> None:
    """Three replicas under one key, then calm, then one who asks how it ended."""
    replicas = []
    for _ in range(3):
        troubles = [random.choice((None, *Trouble)) for _ in range(random.randrange(4))]
        dies_at = random.randrange(25) if random.random() < 0.4 else None
        worker = desk.worker(*troubles, dies_at=dies_at)
        worker.line.reads_cut = random.choice((0, 0, 0, random.randrange(6)))
        replicas.append(worker)
    callers = [one(random, random.choice(replicas), case, report) for _ in range(random.randrange(1, 5))]
    await asyncio.gather(*callers)
    await asyncio.gather(*(worker.pusher.close() for worker in replicas))
    report.deaths += sum(worker.process.dead for worker in replicas)
    await asyncio.sleep(70.0)
    report.pushes += 1
    last = await desk.worker().push(case.plan, case.name, seconds=200.0)
    judge(case, last, report)
    if last.status != "COMMITTED" and case.way != "NEVER":
        report.wrong.append(f"not ended: {case.name} {case.way}: {last.status} {last.evidence}")
    if last.status == "INDETERMINATE" and case.way == "NEVER" and case.count() > 1:
        report.wrong.append(f"sent twice: {case.name}")


async def storm(seed: int, rounds: int) -> Report:
    """So many keys, one after the other, over one emulator."""
    random, desk, report = Random(seed), await open_desk(), Report()
    party = next(iter(desk.business.contact_by_id))
    made = await desk.worker().push(
        plan_of(desk, paper(desk, "invoices", "Invoice", "letters", party)), "made"
    )
    assert made.native_id is not None
    for number in range(rounds):
        way = WAYS[number % len(WAYS)]
        case = case_of(desk, f"{way.title()} no. {seed}-{number}.", way, made.native_id)
        await gale(random, desk, case, report)
    return report


def test_a_storm() -> None:
    """Sixty keys: nothing twice, nothing untrue, and all that can be ended is ended."""
    report = simulated(storm(2026, ROUNDS))

    assert report.wrong == []
    assert report.pushes > 2 * ROUNDS
    assert report.deaths > ROUNDS // 6
    assert report.open > ROUNDS // 6
