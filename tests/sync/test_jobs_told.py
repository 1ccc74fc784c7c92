"""Changes of pushes are told to who watches, also after a reconnect, and their ends to webhooks."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from ledgermesh.engine.planned import Failure
from ledgermesh.errors import BadCursor
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.queue import LEASE_SECONDS
from ledgermesh.sync.announce import COMPLETED, EVENTS, FAILED, INDETERMINATE, Announcer
from ledgermesh.sync.feed import Update
from ledgermesh.sync.status import ATTEMPTS_MAX
from ledgermesh.sync.webhooks import PAUSES
from tests.hands import HandClock, settle
from tests.sync.office import NOW, verified
from tests.sync.office import Office as Hooks
from tests.sync.pushes import CANARY, Books, Office, part, process, working


@dataclass
class Seen:
    """What one subscriber was told."""

    office: Office
    tenant: str = "t1"
    after: str | None = None
    updates: list[Update] = field(default_factory=list)

    async def run(self) -> None:
        """Until cancelled."""
        async for update in self.office.jobs.watch(self.tenant, "live", after=self.after):
            self.updates.append(update)

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(update.sync.id, update.sync.status) for update in self.updates]


@pytest.fixture
async def office() -> Office:
    """A process that keeps everything in memory, by a clock that the test turns."""
    clock = HandClock(NOW)
    return await process(MemoryStore(clock), clock)


async def test_a_watcher_sees_each_change(office: Office) -> None:
    """Of its tenant only, from now on; how it stands when told."""
    old = await office.push()
    mine, others = Seen(office), Seen(office, "t2")
    held = office.books.hold("k1")
    tasks = [asyncio.create_task(each.run()) for each in (mine, others)]
    async with working(office):
        await settle()
        id = await office.push(part("k1"))
        await settle()
        held.set()
        await settle()
    for task in tasks:
        task.cancel()

    assert [state for each, state in mine.states if each == id] == ["QUEUED", "RUNNING", "COMMITTED"]
    assert [state for each, state in mine.states if each == old][-1:] == ["COMMITTED"]
    assert others.updates == []


async def test_nothing_is_lost_over_a_reconnect(office: Office) -> None:
    """From the cursor of any update on, everything that changed after it is told again, as it stands then."""
    first = Seen(office)
    task = asyncio.create_task(first.run())
    async with working(office):
        await settle()
        ids = [await office.push(part(f"k{number}")) for number in range(5)]
        await settle()
        task.cancel()
        missed = [await office.push(part(f"m{number}")) for number in range(5)]
        await settle()
        for number, update in enumerate(first.updates):
            again = Seen(office, after=update.cursor)
            task = asyncio.create_task(again.run())
            await settle()
            live = await office.push(part(f"l{number}"))
            await settle()
            task.cancel()
            later = {each.sync.id for each in first.updates[number + 1 :]}
            assert later | {*missed, live} <= {id for id, _ in again.states}
            ends = dict(again.states)
            assert {ends[id] for id in (*missed, live)} == {"COMMITTED"}
            missed.append(live)
    assert set(ids) == {id for id, _ in first.states}


async def test_a_cursor_outlives_the_changes_that_are_kept(office: Office) -> None:
    """When too much has happened, what has changed is known by its times."""
    seen = Seen(office)
    task = asyncio.create_task(seen.run())
    async with working(office):
        await settle()
        old = await office.push(part("k0"))
        await settle()
        await office.clock_turn(1000)
        last = await office.push(part("k1"))
        await settle()
        task.cancel()
        await office.clock_turn(1000)
        missed = await office.push(part("k2"))
        await settle()
        for number in range(10_001):
            await office.state.store.put(f"flood/{number % 10}", b"", expect=number // 10)
        again = Seen(office, after=seen.updates[-1].cursor)
        task = asyncio.create_task(again.run())
        await settle()
        live = await office.push(part("k3"))
        await settle()
        task.cancel()

    # The last one may come again, because the clocks of replicas are not quite the same.
    assert [each for each in again.states if each[0] != last][:1] == [(missed, "COMMITTED")]
    assert {id for id, _ in again.states} - {last} == {missed, live}
    assert old not in dict(again.states)


async def test_cursors_are_one_tenants_and_end(office: Office) -> None:
    """One that was made for another, was changed, or is older than a week is refused."""
    seen = Seen(office)
    task = asyncio.create_task(seen.run())
    async with working(office):
        await settle()
        await office.push()
        await settle()
    task.cancel()
    cursor = seen.updates[-1].cursor
    for tenant, wrong in (("t2", cursor), ("t1", cursor[:-3]), ("t1", "x")):
        with pytest.raises(BadCursor):
            await Seen(office, tenant, wrong).run()
    await office.clock_turn(7 * 86_400 + 1)
    with pytest.raises(BadCursor, match="older"):
        await Seen(office, after=cursor).run()


async def test_a_watcher_that_fell_behind_goes_on_where_it_was(office: Office) -> None:
    """More changes than wait for it, and none of the last states is lost."""
    updates = office.jobs.watch("t1", "live")
    async with working(office):
        coming = asyncio.ensure_future(anext(updates))
        await settle()
        ids = [await office.push(part(f"k{number}")) for number in range(400)]
        for _ in range(40):
            await settle()
        ends = {(first := await coming).sync.id: first.sync.status}
        while set(ends) != set(ids) or set(ends.values()) != {"COMMITTED"}:
            update = await anext(updates)
            ends[update.sync.id] = update.sync.status
    await updates.aclose()


@pytest.fixture
async def hooks(place: Hooks) -> tuple[Hooks, Office]:
    """Webhooks for pushes, and a process over the same store."""
    await place.hook("t1", "hook-s", events=EVENTS)
    await place.hook("t1", "hook-c", events=(COMPLETED,))
    await place.hook("t2", "hook-o", events=EVENTS)
    books = Books()
    return place, await process(place.state.store, place.clock, books)


async def deliver(place: Hooks) -> None:
    for _ in range(5):
        await place.deliverer().deliver()


async def test_ends_are_told_to_webhooks(hooks: tuple[Hooks, Office]) -> None:
    """Signed; with sync and tracking id, ids and states, no books; to the tenant that pushed, as it asked."""
    place, office = hooks
    office.books.failing["no"] = Failure(code="X", message=CANARY, remedy="r", provider_message=CANARY)
    office.books.breaking.add("bad")
    id = await office.push(part("k1"), tracking_id="track-1")
    failed, unknown = await office.push(part("k2"), part("no")), await office.push(part("bad"))
    with capture_logs():
        async with working(office):
            for _ in range(2 * ATTEMPTS_MAX + 2):
                await place.clock.turn(LEASE_SECONDS)
                await office.keeper.refill()
                await settle()
    await deliver(place)

    told = {
        (each.path, each.document["type"], each.document["data"]["sync"]) for each in place.receiver.posted
    }
    assert told == {
        ("/hook-s", COMPLETED, id),
        ("/hook-c", COMPLETED, id),
        ("/hook-s", FAILED, failed),
        ("/hook-s", INDETERMINATE, unknown),
    }
    [one] = [each for each in place.receiver.posted if each.path == "/hook-c"]
    assert verified(one, place.secrets["hook-c"], now=place.clock.now())
    assert one.document["data"] == {
        "sync": id,
        "trackingId": "track-1",
        "company": "maple",
        "environment": "live",
        "status": "COMMITTED",
        "createdAt": "2026-11-15T12:00:00Z",
        "endedAt": one.document["timestamp"],
    }
    assert not [each for each in place.receiver.posted if CANARY.encode() in each.body]
    assert len({each.id for each in place.receiver.posted if each.document["data"]["sync"] == id}) == 1


async def test_a_crash_after_telling_tells_under_the_same_id(hooks: tuple[Hooks, Office]) -> None:
    """A receiver leaves out what it has seen."""
    place, office = hooks
    id = await office.push()
    async with working(office):
        await settle()
    await deliver(place)
    announcer = Announcer(place.state.store, office.jobs.syncs, place.clock)
    assert await announcer.tell(await office.find(id)) == 2
    assert await announcer.tell(await office.find(id)) == 0
    await deliver(place)

    assert len(place.receiver.posted) == 4
    assert len({each.id for each in place.receiver.posted}) == 1


async def test_what_a_receiver_missed_is_replayed(hooks: tuple[Hooks, Office]) -> None:
    """What was given up, and what ended since: of one webhook or all of the tenant's; ids stay."""
    place, office = hooks
    place.receiver.then("/hook-s", *[500] * (len(PAUSES) + 1))
    old = await office.push(part("k1"))
    async with working(office):
        await settle()
    for pause in (*PAUSES, PAUSES[0]):
        await place.deliverer().deliver()
        await place.clock.turn(pause.total_seconds() * 1.3)
    given_up = await place.outbox.undelivered("live", "t1")
    since = place.clock.now()
    new = await office.push(part("k2"))
    async with working(office):
        await settle()
    await deliver(place)
    announcer = Announcer(place.state.store, office.jobs.syncs, place.clock)
    before = [(each.path, each.id) for each in place.receiver.posted]
    place.receiver.posted.clear()

    assert await announcer.replay("t2", "live", since=since) == 0
    assert await announcer.replay("t1", "live", since=since, webhook="hook-c") == 1
    again = await announcer.replay("t1", "live", since=since)
    await deliver(place)

    assert again == len(given_up) + 1
    after = {(each.path, each.id) for each in place.receiver.posted}
    assert after <= set(before)
    assert {each.document["data"]["sync"] for each in place.receiver.posted} <= {old, new}
    place.receiver.posted.clear()
    assert await announcer.replay("t1", "live", since=NOW - dt.timedelta(days=30)) == 4
