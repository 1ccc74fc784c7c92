"""A company is taken from a tenant: what that one pushed and nobody has begun with is called off everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import httpx
import pytest
import pytest_asyncio

from ledgermesh.engine.planned import Failure, Outcome, Plan
from ledgermesh.state.base import Grant
from ledgermesh.state.entries import KeyEntry, TenantEntry, WebhookEntry, digest
from ledgermesh.state.shared import make_state
from ledgermesh.sync.announce import FAILED
from ledgermesh.sync.job import Job, Part
from ledgermesh.sync.jobs import Jobs
from ledgermesh.sync.signing import make_secret
from ledgermesh.sync.status import begun, ended, stepped
from ledgermesh.sync.webhooks import Deliverer
from ledgermesh.sync.worker import Worker
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.graph.admin_stories import SHARE, UNSHARE
from tests.graph.writing_house import COMPANY, Study, study
from tests.states import KEYS

pytestmark = pytest.mark.asyncio(loop_scope="module")

GUEST = "lm_guest"
ELSEWHERE = "lm_guest_elsewhere"
SYNC = """query ($id: ID!) { sync(id: $id) {
  status companyKey parts { clientKey status attempts endedAt error { code message providerMessage } source { status } }
} }"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house() -> AsyncIterator[Study]:
    """With a guest, who has a webhook, and two keys; one is for other companies."""
    async with study() as built:
        state = built.house.gateway.state
        scopes = frozenset(("api.read", "api.write"))
        hook = WebhookEntry(
            id="hook", tenant="guest", environment="sandbox", url="https://hook.example/guest",
            events=frozenset((FAILED,)),
        )  # fmt: skip
        entries = (
            TenantEntry(id="guest", name="Guest", writes=True),
            KeyEntry(id="g", digest=digest(GUEST), tenant="guest", environment="sandbox", scopes=scopes),
            KeyEntry(
                id="e", digest=digest(ELSEWHERE), tenant="guest", environment="sandbox", scopes=scopes,
                companies=frozenset(("maple-bakery",)),
            ),
            hook,
        )  # fmt: skip
        for entry in entries:
            await state.directory.add(entry)
        await state.signing.write(
            Grant(
                tenant="guest", environment="sandbox", connection="hook", scheme="hmac-sha256",
                secrets={"current": make_secret()},
            )
        )  # fmt: skip
        yield built


async def pushed(house: Study, tenant: str, key: str) -> str:
    """A push that nobody has begun with."""
    plan = Plan(connection=f"{COMPANY}-kashoo", provider="kashoo", kind="Party", verb="CREATE")
    job = house.jobs.job(
        tenant=tenant,
        environment="sandbox",
        company=COMPANY,
        key="k",
        parts=[Part(plan=plan, client_key=key)],
    )
    return await house.jobs.accept(job)


async def posted(house: Study) -> list[Any]:
    """What the webhooks' receivers get now."""
    got: list[Any] = []

    async def take(request: httpx.Request) -> httpx.Response:
        got.append(request)
        return httpx.Response(204)

    async with httpx.AsyncClient(transport=httpx.MockTransport(take)) as client:
        clock = house.house.clock
        await Deliverer(house.house.gateway.state, HttpxWire(client), clock, Random(1)).deliver()
    return got


async def worked(jobs: Jobs, house: Study) -> list[str]:
    """The keys that a worker of a process begins with, until there is nothing left."""
    began: list[str] = []

    async def run(job: Job, part: Part) -> Outcome:
        began.append(part.client_key)
        return Outcome(status="COMMITTED", connection=part.plan.connection, kind="Party", verb="CREATE")

    work = asyncio.create_task(Worker(jobs, run, house.house.clock).run())
    async with asyncio.timeout(20.0):
        while await jobs.state.store.keys("job/"):
            await asyncio.sleep(0)
    work.cancel()
    await asyncio.wait((work,))
    return began


async def test_what_a_tenant_pushed_is_called_off_when_the_company_is_taken(house: Study) -> None:
    """At once and everywhere: `sync` tells it, also to that tenant, and so does its webhook; no worker begins with it.

    Another tenant's push of the same company is not concerned.
    """
    state = house.house.gateway.state
    await house.done(SHARE, key="lm_demo_admin", company=COMPANY, tenant="guest")
    theirs, ours = await pushed(house, "guest", "theirs"), await pushed(house, "demo", "ours")
    assert (await house.done(SYNC, key=GUEST, id=theirs))["status"] == "QUEUED"

    await house.done(UNSHARE, key="lm_demo_admin", company=COMPANY, tenant="guest")

    found = await house.done(SYNC, key=GUEST, id=theirs)
    [part] = found["parts"]
    assert (found["status"], found["companyKey"]) == ("NOT_COMMITTED", COMPANY)
    assert (part["status"], part["error"]["code"], part["attempts"]) == ("NOT_COMMITTED", "FORBIDDEN", 0)
    assert part["source"] is None and part["endedAt"] is not None
    assert await house.done(SYNC, key=ELSEWHERE, id=theirs) is None
    assert await house.done(SYNC, id=theirs) is None
    [event] = await posted(house)
    assert theirs in event.content.decode() and "NOT_COMMITTED" in event.content.decode()

    other = Jobs(make_state(state.store, KEYS, house.house.clock, queue=state.queue), KEYS, house.house.clock)
    seen = await other.find("guest", "sandbox", theirs)
    assert seen is not None and seen.status == "NOT_COMMITTED"
    assert await worked(other, house) == ["ours"]
    assert (await house.done(SYNC, id=ours))["status"] == "COMMITTED"
    assert await posted(house) == []


async def test_of_an_end_the_providers_words_are_not_told_any_more(house: Study) -> None:
    """To a tenant that the company is shared with no more: the state and the code only."""
    await house.done(SHARE, key="lm_demo_admin", company=COMPANY, tenant="guest")
    id = await pushed(house, "guest", "refused")
    words = "Zoe's account is overdrawn"
    await end(house, id, words)
    before = await house.done(SYNC, key=GUEST, id=id)
    await house.done(UNSHARE, key="lm_demo_admin", company=COMPANY, tenant="guest")

    after = await house.done(SYNC, key=GUEST, id=id)
    assert before["parts"][0]["error"]["providerMessage"] == words
    assert words not in str(after)
    assert after["parts"][0]["error"]["code"] == "PROVIDER_REFUSED"


async def end(house: Study, id: str, words: str) -> None:
    """The provider refuses the only part."""
    failure = Failure(code="PROVIDER_REFUSED", message=words, remedy="r", provider_message=words)
    outcome = Outcome(
        status="NOT_COMMITTED", connection=f"{COMPANY}-kashoo", kind="Party", verb="CREATE", failure=failure
    )
    known = await house.jobs.syncs.known("guest", "sandbox", id)
    assert known is not None
    await house.jobs.syncs.detail(known.sync, 0, outcome)
    now = house.house.clock.now()
    first, last = begun(now, known.sync.expires_at, None), ended(outcome, now)
    known = await house.jobs.syncs.follow(known, lambda sync: stepped(sync, 0, first, now))
    await house.jobs.syncs.follow(known, lambda sync: stepped(sync, 0, last, now))
