"""Events on their way to webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ledgermesh.state.base import Kept
from ledgermesh.state.memory import MemoryStore
from ledgermesh.sync.outbox import Event, Outbox
from tests.sync.office import NOW, Office


def event(webhook: str = "hook-1", tenant: str = "t1", id: str = "msg_1") -> Event:
    return Event(
        id=id,
        environment="live",
        tenant=tenant,
        webhook=webhook,
        type="connection.changed",
        at=NOW,
        company="maple",
        data={"state": "ERROR"},
        next_at=NOW,
    )


async def test_equal_events_are_kept_once(place: Office) -> None:
    """Whoever comes second changes nothing; another webhook has its own."""
    assert await place.outbox.add(event())
    assert not await place.outbox.add(replace(event(), data={"state": "PAUSED"}))
    assert await place.outbox.add(event("hook-2", "t2"))

    assert await place.waiting() == [("hook-1", "ERROR"), ("hook-2", "ERROR")]
    assert set(await place.state.store.under("outbox/")) == {
        "outbox/live/t1/hook-1/msg_1",
        "outbox/live/t2/hook-2/msg_1",
    }


async def test_a_webhook_has_only_so_many(place: Office) -> None:
    """What comes on top is left out; other webhooks are not concerned."""
    outbox = Outbox(place.state.store, place.clock, events_max=3)
    for number in range(3):
        assert await outbox.add(event(id=f"msg_{number}"))

    assert not await outbox.add(event(id="msg_more"))
    assert await outbox.add(event("hook-2", "t2"))


class Counting(MemoryStore):
    """Counts how often keys are listed, and values."""

    listed = 0

    async def keys(self, prefix: str) -> Sequence[str]:
        self.listed += 1
        return await super().keys(prefix)

    async def under(self, prefix: str) -> Mapping[str, Kept]:
        self.listed += 1
        return await super().under(prefix)


async def test_what_waits_makes_no_event_more_expensive(place: Office) -> None:
    """Its number is counted once a second at most, and counts on with what this process adds; never are values read."""
    store = Counting(place.clock)
    outbox = Outbox(store, place.clock, events_max=150)
    added = [await outbox.add(event(id=f"msg_{number}")) for number in range(200)]
    assert (sum(added), added[149:151]) == (150, [True, False])
    assert store.listed == 2  # once: a store in memory lists keys by listing values

    for waiting in (await outbox.all())[:10]:
        await outbox.remove(waiting)
    assert not await outbox.add(event(id="msg_soon"))
    await place.clock.turn(1.0)
    assert [await outbox.add(event(id=f"msg_later{number}")) for number in range(11)] == [True] * 10 + [False]


async def test_replay_is_for_what_was_given_up(place: Office) -> None:
    """Of one webhook or all of a tenant's, never another's; ids stay, tries begin again."""
    for each in (event(), event("hook-3"), event("hook-2", "t2"), event(id="msg_2")):
        await place.outbox.add(each)
    for waiting in await place.outbox.all():
        if waiting.event.id == "msg_1":
            await place.outbox.write(waiting, replace(waiting.event, tries=8, given_up_at=NOW))
    await place.clock.turn(100)

    assert [each.webhook for each in await place.outbox.undelivered("live", "t1")] == ["hook-1", "hook-3"]
    assert await place.outbox.undelivered("sandbox", "t1") == []
    assert await place.outbox.replay("live", "t1", "hook-1") == 1
    assert await place.outbox.replay("live", "t1") == 1
    assert await place.outbox.replay("live", "t1") == 0
    assert await place.outbox.undelivered("live", "t1") == []
    assert len(await place.outbox.undelivered("live", "t2")) == 1
    [again] = [each.event for each in await place.outbox.all() if each.event.place.endswith("hook-1/msg_1")]
    assert (again.tries, again.next_at, again.given_up_at) == (0, place.clock.now(), None)
