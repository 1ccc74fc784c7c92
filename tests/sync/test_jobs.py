"""Pushes are accepted, told of, waited for and called off."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.engine.planned import Failure
from ledgermesh.errors import BadCursor, NotFound, StateDown, TooCostly
from ledgermesh.state.memory import MemoryStore
from ledgermesh.sync import job as jobs
from ledgermesh.sync.jobs import SHARING_ENDED
from tests.hands import HandClock, settle
from tests.state.stores import Failing
from tests.sync.office import CONNECTION, NOW
from tests.sync.pushes import CANARY, Books, Office, part, process, working


@pytest.fixture
async def office() -> Office:
    """A process that keeps everything in memory, by a clock that the test turns."""
    clock = HandClock(NOW)
    return await process(MemoryStore(clock), clock)


async def test_a_push_is_queued_and_then_carried_out(office: Office) -> None:
    """Its states, times, ids, and how it is known."""
    id = await office.push(part("k1"), tracking_id="track-1")
    before = await office.find(id)
    async with working(office):
        await settle()
    after = await office.find(id)

    assert (before.status, before.final, before.tracking_id) == ("QUEUED", False, "track-1")
    assert [(each.status, each.attempts, each.outcome) for each in before.parts] == [("QUEUED", 0, None)]
    assert (after.status, after.ended_at, after.company, after.key) == ("COMMITTED", NOW, "maple", "key-1")
    [found] = after.parts
    assert (found.attempts, found.started_at, found.ended_at, found.client_key) == (1, NOW, NOW, "k1")
    assert found.outcome is not None
    assert (found.outcome.native_id, found.outcome.evidence) == ("1", f"the answer says {CANARY}-e")
    assert found.outcome.changed[0].got == "other"
    assert found.digest == part("k1").digest
    assert office.books.done == {"k1": "1"}


async def test_details_end_with_the_day_and_ids_stay(office: Office) -> None:
    """A day after its end nobody's words and no values are left; for a week the ids are."""
    id = await office.push()
    async with working(office):
        await settle()
    await office.clock_turn(24 * 3600 + 1)
    [found] = (await office.find(id)).parts

    assert found.outcome is not None
    assert (found.outcome.native_id, found.outcome.evidence) == ("1", "")
    assert [(each.field, each.asked, each.got) for each in found.outcome.changed] == [("note", None, None)]
    assert found.outcome.sent[0].status == 201


async def test_what_is_kept_is_swept_after_a_week(office: Office) -> None:
    """And not a day sooner."""
    id = await office.push()
    async with working(office):
        await settle()
    await office.clock_turn(6.9 * 86_400)
    assert await office.jobs.syncs.sweep() == 0
    assert (await office.find(id)).status == "COMMITTED"
    await office.clock_turn(1.2 * 86_400)

    assert await office.jobs.syncs.sweep() == 1
    assert await office.jobs.find("t1", "live", id) is None
    assert not await office.state.store.under("sync-")


async def test_ids_are_one_tenants(office: Office) -> None:
    """They begin with sy_, never come twice, and mean nothing to another tenant, environment or when changed."""
    ids = [await office.push() for _ in range(3)]

    assert all(id.startswith("sy_") for id in ids)
    assert len(set(ids)) == 3
    assert await office.jobs.find("t2", "live", ids[0]) is None
    assert await office.jobs.find("t1", "sandbox", ids[0]) is None
    for wrong in ("sy_", "", "sy_x", ids[0][:-2], f"sy_{ids[0]}", "sy_ä"):
        assert await office.jobs.find("t1", "live", wrong) is None
    assert (await office.jobs.list("t2", "live")).nodes == ()


async def test_lists_go_back_a_week_newest_first(office: Office) -> None:
    """In pages, over the days, for the companies that are asked for."""
    ids = []
    for _ in range(5):
        ids.append(await office.push())
        await office.clock_turn(86_400 * 0.6)
    ids.reverse()

    first = await office.jobs.list("t1", "live", first=2)
    second = await office.jobs.list("t1", "live", first=2, after=first.after)
    third = await office.jobs.list("t1", "live", first=2, after=second.after)

    assert [[each.id for each in page.nodes] for page in (first, second, third)] == [
        ids[:2],
        ids[2:4],
        ids[4:],
    ]
    assert (first.after, third.after) == (ids[1], None)
    assert (await office.jobs.list("t1", "live", companies=("other",))).nodes == ()
    assert len((await office.jobs.list("t1", "live", companies=("maple",))).nodes) == 5
    with pytest.raises(BadCursor):
        await office.jobs.list("t1", "live", after="sy_x")


async def test_who_waits_is_told_at_the_end(office: Office) -> None:
    """As soon as it is final; how it stands when the time is over first; at once when there is no such sync."""
    held = office.books.hold("k1")
    id = await office.push(part("k1"))
    async with working(office):
        await settle()
        short = asyncio.create_task(office.jobs.wait("t1", "live", id, seconds=2.0))
        long = asyncio.create_task(office.jobs.wait("t1", "live", id, seconds=60.0))
        await settle()
        for _ in range(5):
            await office.clock_turn(0.5)
        assert short.done() and not long.done()
        held.set()
        await settle()
        assert long.done()

    running, over = await asyncio.gather(short, long)
    assert running is not None and running.status == "RUNNING"
    assert over is not None and over.status == "COMMITTED"
    assert await office.jobs.wait("t1", "live", "sy_x", seconds=60.0) is None
    assert await office.jobs.wait("t1", "live", id, seconds=0.0) == over


async def test_parts_of_an_operation_under_way_are_added(office: Office) -> None:
    """Under the same id, while the first is under way and after it has ended; never to another tenant's."""
    held = office.books.hold("k1")
    id = await office.push(part("k1"))
    async with working(office):
        await settle()
        assert await office.push(part("k2"), part("k3"), id=id) == id
        await settle()
        assert await office.states(id) == ["RUNNING", "COMMITTED", "COMMITTED"]
        held.set()
        await settle()
        assert (await office.find(id)).status == "COMMITTED"
        await office.push(part("k4"), id=id)
        await settle()
        assert await office.states(id) == ["COMMITTED"] * 4
        for tenant, wrong in (("t2", id), ("t1", "sy_x")):
            with pytest.raises(NotFound):
                await office.push(part("k5"), tenant=tenant, id=wrong)
    assert sorted(office.books.asked) == ["k1", "k2", "k3", "k4"]
    assert not await office.state.store.under("job/")


async def test_the_whole_is_what_its_parts_are(office: Office) -> None:
    """Partly committed is said so; one that nobody knows makes the whole so."""
    refusal = Failure(code="PROVIDER_REFUSED", message="m", remedy="r", provider_message="their words")
    office.books.failing |= {"no": refusal}
    both, none = await office.push(part("k1"), part("no")), await office.push(part("no"))
    async with working(office):
        await settle()

    found = await office.find(none)
    assert ((await office.find(both)).status, found.status) == ("PARTLY_COMMITTED", "NOT_COMMITTED")
    assert found.parts[0].outcome is not None and found.parts[0].outcome.failure == refusal
    [listed] = [each for each in (await office.jobs.list("t1", "live")).nodes if each.id == none]
    assert listed.parts[0].outcome is not None
    assert listed.parts[0].outcome.failure == replace(refusal, message="", provider_message=None)


async def test_what_has_not_begun_is_called_off(office: Office) -> None:
    """Of the tenant, company and connection that are named; what has begun runs to its truthful end."""
    await office.register("maple-b")
    held = office.books.hold("k1")
    running = await office.push(part("k1"), part("k2"))
    async with working(office, drain_seconds=0.0):
        await settle()
    stopped = await office.push(part("k5", "maple-b"), part("k6"))

    assert await office.jobs.stop("live", tenant="t2") == 0
    assert await office.jobs.stop("sandbox") == 0
    assert await office.jobs.stop("live", company="other") == 0
    assert await office.jobs.stop("live", connection="maple-b") == 1
    assert await office.jobs.stop("live", tenant="t1", company="maple") == 2
    held.set()
    async with working(office):
        await settle()

    assert await office.states(stopped) == ["NOT_COMMITTED", "NOT_COMMITTED"]
    assert await office.states(running) == ["COMMITTED", "NOT_COMMITTED"]
    [outcome] = {each.outcome for each in (await office.find(stopped)).parts[:1]}
    assert outcome is not None and outcome.failure == SHARING_ENDED
    assert {"k2", "k5", "k6"}.isdisjoint(office.books.asked)
    assert not await office.state.store.under("job/")


async def test_nothing_begins_for_a_tenant_that_a_company_is_shared_with_no_more(office: Office) -> None:
    """Also where nobody called it off; nor through a connection that is gone."""
    one, two = await office.push(part("k1")), await office.push(part("k2", "maple-gone"))
    await office.share("t1")
    async with working(office):
        await settle()
        three = await office.push(part("k3"))
        await office.share("t2")
        four = await office.push(part("k4"))
        await settle()

    found = [(await office.find(each)).status for each in (one, two, three, four)]
    assert found == ["COMMITTED", "NOT_COMMITTED", "NOT_COMMITTED", "NOT_COMMITTED"]
    assert office.books.asked == ["k1"]


async def test_what_waited_for_a_day_does_not_begin(office: Office) -> None:
    """It was not committed, and its body is gone."""
    id = await office.push()
    await office.clock_turn(24 * 3600)
    async with working(office):
        await settle()

    [found] = (await office.find(id)).parts
    assert found.status == "NOT_COMMITTED"
    assert found.outcome is not None and found.outcome.failure is not None
    assert (found.outcome.failure.code, found.outcome.failure.retryable) == ("TIMEOUT", True)
    assert not await office.state.store.under("job/")
    assert office.books.asked == []


async def test_a_store_that_is_down_accepts_nothing() -> None:
    """The caller is told, and nothing of it is pushed later."""
    clock = HandClock(NOW)
    store = Failing(clock)
    office = await process(store, clock)
    store.down = True
    with pytest.raises(StateDown):
        await office.push()
    store.down = False
    async with working(office):
        await settle()

    assert office.books.asked == []
    assert (await office.jobs.list("t1", "live")).nodes == ()


async def test_what_was_kept_is_done_though_its_process_ended_before_it_was_queued(office: Office) -> None:
    """The keeper of any process finds it."""
    job = office.jobs.job(tenant="t1", environment="live", company="maple", key="k", parts=[part()])
    job = replace(job, id=office.jobs.syncs.ids.make("t1", "live", NOW))
    assert await office.jobs.syncs.keep(job)
    other = await process(office.state.store, office.clock, office.books)
    async with working(other):
        await settle()

    assert (await office.find(job.id)).status == "COMMITTED"


async def test_parts_that_were_never_kept_lapse(office: Office) -> None:
    """A process that ended between announcing more parts and keeping them leaves nothing that is queued for ever."""
    id = await office.push()
    job = office.jobs.job(
        tenant="t1", environment="live", company="maple", key="k", parts=[part("k2")], id=id
    )
    await office.jobs._added(job)
    async with working(office):
        await settle()
        assert await office.states(id) == ["COMMITTED", "QUEUED"]
    await office.clock_turn(25 * 3600 + 1)

    assert await office.states(id) == ["COMMITTED", "NOT_COMMITTED"]


async def test_a_process_that_kept_nothing_says_with_which_key_to_ask_again(office: Office) -> None:
    """The next one, over an empty memory, answers INDETERMINATE for a week."""
    id = await office.push(part("k1"), part("k2", "maple-b"))
    clock = ManualClock(NOW + dt.timedelta(seconds=5))
    later = await process(MemoryStore(clock), clock)
    found = await later.find(id)

    assert found.status == "INDETERMINATE" and found.final
    assert [(each.connection, each.client_key) for each in found.parts] == [
        (CONNECTION.id, "k1"), ("maple-b", "k2")
    ]  # fmt: skip
    assert await later.jobs.find("t2", "live", id) is None
    made_up = later.jobs.syncs.ids.make("t1", "live", clock.now())
    assert await later.jobs.find("t1", "live", made_up) is None
    clock.advance(7 * 86_400)
    assert await later.jobs.find("t1", "live", id) is None


async def test_an_id_stays_short_however_many_keys_there_are(office: Office) -> None:
    """It has to fit into a header; then the keys are the caller's to remember."""
    id = await office.push(*(part(f"key-{number}") for number in range(100)))
    later = await process(MemoryStore(office.clock), HandClock(NOW + dt.timedelta(seconds=5)))

    assert len(id) < 700
    assert [(each.status, each.client_key) for each in (await later.find(id)).parts] == [
        ("INDETERMINATE", "")
    ]


async def test_more_than_can_be_kept_is_refused(office: Office) -> None:
    """By size, before anything is kept; an empty job is a mistake of ours."""
    big = part()
    step = replace(big.plan.steps[0], body=b"x" * jobs.BODY_BYTES_MAX)
    with pytest.raises(TooCostly):
        await office.push(replace(big, plan=replace(big.plan, steps=(step,))))
    with pytest.raises(ValueError):
        await office.jobs.accept(office.jobs.job(
            tenant="t1", environment="live", company="maple", key="k", parts=[]
        ))  # fmt: skip
    assert not await office.state.store.under("job/")
    assert Books().done == {}
