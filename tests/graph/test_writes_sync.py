"""What became of pushes: `sync`, `syncs` and `syncUpdated` over the jobs themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from ledgermesh.engine.planned import Outcome, Plan
from ledgermesh.state.entries import KeyEntry, TenantEntry, digest
from ledgermesh.sync.job import Part
from ledgermesh.sync.status import Step, Sync, begun, ended, stepped
from tests.graph.writing_house import COMPANY, Study, study
from tests.harness import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")

SYNC = """query ($id: ID!) { sync(id: $id) {
  id trackingId companyKey status endedAt
  parts { kind verb clientKey attempts endedAt source { status evidence connection { id } plan { calls } } }
} }"""
SYNCS = """query ($company: ID, $first: Int = 50, $after: ID) {
  syncs(company: $company, first: $first, after: $after) { id }
}"""
UPDATED = "subscription ($id: ID) { syncUpdated(id: $id) { cursor sync { id status } } }"
KASHOO = f"{COMPANY}-kashoo"
STRANGER = "lm_stranger"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house() -> AsyncIterator[Study]:
    """One house for all tests of this file."""
    async with study() as built:
        registry = built.house.gateway.state.registry
        registry.set(
            TenantEntry(id="stranger", name="Another", writes=True),
            KeyEntry(
                id="s", digest=digest(STRANGER), tenant="stranger", environment="sandbox",
                scopes=frozenset(("api.read", "api.write")),
            ),
        )  # fmt: skip
        yield built


async def pushed(house: Study, company: str = COMPANY) -> str:
    """A push of two changes that nobody has begun with."""
    plan = Plan(connection=f"{company}-kashoo", provider="kashoo", kind="Party", verb="UPDATE", native_id="1")
    parts = [Part(plan=plan, client_key="k-1"), Part(plan=plan, client_key="k-2")]
    job = house.jobs.job(
        tenant="demo", environment="sandbox", company=company, key="k", parts=parts, tracking_id="t-1"
    )
    return await house.jobs.accept(job)


async def end(house: Study, id: str, number: int, status: Any) -> None:
    """One part begins, and has this outcome."""
    outcome = Outcome(status=status, connection=KASHOO, kind="Party", verb="UPDATE", evidence="seen")
    for step in (begun(NOW, NOW + dt.timedelta(hours=1), None), ended(outcome, NOW)):
        known = await house.jobs.syncs.known("demo", "sandbox", id)
        assert known is not None
        await house.jobs.syncs.follow(known, partial(further, number=number, step=step))


def further(sync: Sync, number: int, step: Step) -> Sync:
    """A push with one part a step further."""
    return stepped(sync, number, step, NOW)


async def test_a_push_is_told_as_it_stands(house: Study) -> None:
    """Queued, under way, and ended in part: the whole says what its parts make of it."""
    id = await pushed(house)
    before = await house.done(SYNC, id=id)
    await end(house, id, 0, "COMMITTED")
    between = await house.done(SYNC, id=id)
    await end(house, id, 1, "NOT_COMMITTED")
    after = await house.done(SYNC, id=id)

    assert (before["id"], before["trackingId"], before["companyKey"]) == (id, "t-1", COMPANY)
    assert [each["status"] for each in (before, between, after)] == ["QUEUED", "RUNNING", "PARTLY_COMMITTED"]
    assert [each["source"]["status"] for each in between["parts"]] == ["COMMITTED", "QUEUED"]
    first = after["parts"][0]
    assert (first["kind"], first["verb"], first["clientKey"], first["attempts"]) == (
        "Party",
        "UPDATE",
        "k-1",
        1,
    )
    assert first["source"]["connection"]["id"] == KASHOO
    assert (between["endedAt"], after["endedAt"]) == (None, "2026-11-15T12:00:00Z")


async def test_nobody_else_sees_it(house: Study) -> None:
    """Another tenant's key learns no more than of an id that is nobody's."""
    id = await pushed(house)

    assert await house.done(SYNC, id=id, key=STRANGER) is None
    assert await house.done(SYNC, id="sy_none") is None
    assert await house.done(SYNCS, key=STRANGER) == []


async def test_the_newest_come_first_page_by_page(house: Study) -> None:
    """`after` goes on behind an id, and a company leaves out the others."""
    other = await pushed(house, "maple-bakery")
    house.house.clock.advance(1)
    older = await pushed(house)
    house.house.clock.advance(1)
    newer = await pushed(house)

    first = await house.done(SYNCS, first=1)
    second = await house.done(SYNCS, first=1, after=newer)
    elsewhere = await house.done(SYNCS, company="maple-bakery")

    assert (first, second) == ([{"id": newer}], [{"id": older}])
    assert elsewhere == [{"id": other}]


@pytest.mark.parametrize("variables", [{"first": 0}, {"first": 201}, {"company": "nowhere"}, {"after": "x"}])
async def test_a_page_that_is_none_is_refused(house: Study, variables: dict[str, Any]) -> None:
    """Too few, too many, a strange company, a strange place."""
    await house.refused(SYNCS, **variables)


async def test_a_subscriber_hears_of_one_push_until_it_is_done(house: Study) -> None:
    """It begins with how the push stands, tells every change, and ends with the last."""
    id = await pushed(house)
    question = house.question(UPDATED, variables={"id": id})

    seen = []
    async with aclosing(house.answers.subscribe(question)) as answers:
        async for answer in answers:
            seen.append(answer["data"]["syncUpdated"]["sync"]["status"])
            if len(seen) < 3:
                await end(house, id, len(seen) - 1, "COMMITTED")
                house.house.clock.advance(1)

    assert seen[0] == "QUEUED"
    assert seen[-1] == "COMMITTED"
    assert set(seen) <= {"QUEUED", "RUNNING", "COMMITTED"}


async def test_a_push_that_nobody_knows_is_refused_to_a_subscriber(house: Study) -> None:
    """The stream ends with an error."""
    question = house.question(UPDATED, variables={"id": "sy_none"})

    async with aclosing(house.answers.subscribe(question)) as answers:
        found = [answer async for answer in answers]

    assert found[0]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
