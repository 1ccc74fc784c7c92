"""Delivery of events to webhooks."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from dataclasses import replace

import pytest

from ledgermesh.errors import NeedsConfig
from ledgermesh.state.claims import Claims
from ledgermesh.state.entries import CompanyEntry, WebhookEntry
from ledgermesh.sync.outbox import Event
from ledgermesh.sync.signing import make_secret
from ledgermesh.sync.webhooks import CLAIM_SECONDS, IDLE_SECONDS, JITTER, PAUSES
from ledgermesh.upstream.guard import Guard
from ledgermesh.upstream.wire import Answer, Request, Unreachable, Wire
from ledgermesh.upstream.wire_http1 import GuardedWire
from tests.hands import settle
from tests.sync.office import COMPANY, Office, running, verified


async def changed(place: Office, state: str = "REVOKED") -> None:
    """The connection stands otherwise, and both tenants' events wait."""
    await place.stand(state)  # type: ignore[arg-type]  # one of its words
    await place.notifier().catch_up()


async def events(place: Office) -> list[Event]:
    return [each.event for each in await place.outbox.all()]


async def test_each_tenant_gets_its_own_signed_message(place: Office) -> None:
    """Each with its own secret, the same id, type, time and data; then nothing waits any more."""
    await changed(place)

    await place.deliverer().deliver()

    one, two = sorted(place.receiver.posted, key=lambda posted: posted.path)
    assert [one.path, two.path] == ["/hook-1", "/hook-2"]
    assert verified(one, place.secrets["hook-1"], now=place.clock.now())
    assert not verified(one, place.secrets["hook-2"], now=place.clock.now())
    assert verified(two, place.secrets["hook-2"], now=place.clock.now())
    assert one.id == two.id
    assert one.headers["content-type"] == "application/json"
    assert (one.document["type"], one.document["timestamp"]) == ("connection.changed", "2026-11-15T12:00:00Z")
    assert one.document["data"]["state"] == "REVOKED"
    assert await place.waiting() == []


async def test_while_a_secret_is_rotated_both_verify(place: Office) -> None:
    """A receiver may change to the new one at any time before the old one expires."""
    old, new = place.secrets["hook-1"], make_secret()
    entry = place.state.registry.get(WebhookEntry, "t1", "live", "hook-1")
    assert entry is not None
    await place.sign(entry, current=new, previous=old, expires_at=place.clock.now() + dt.timedelta(hours=1))
    for turn, good in ((0, [True, True]), (3_600, [True, False])):
        await place.clock.turn(turn)
        await changed(place, "REVOKED" if turn else "ERROR")
        await place.deliverer().deliver()
        posted = [each for each in place.receiver.posted if each.path == "/hook-1"][-1]
        assert [verified(posted, each, now=place.clock.now()) for each in (new, old)] == good


async def test_failures_are_tried_again_with_growing_pauses(place: Office) -> None:
    """5 s, 30 s, 2 min, 10 min, 1 h, 6 h, 24 h, each a little more or less; every attempt signs its own time."""
    await place.state.directory.change(WebhookEntry, "webhook/t2/live/hook-2", lambda _: None)
    place.receiver.then("/hook-1", 500, 404, 301, 429, 503, 400, 500)
    await changed(place)
    deliverer = place.deliverer()

    pauses = []
    for tries in itertools.count(1):
        before = place.clock.now()
        await deliverer.deliver()
        waiting = await events(place)
        assert len(place.receiver.posted) == tries
        if not waiting:
            break
        pauses.append((waiting[0].next_at - before).total_seconds())
        await deliverer.deliver()
        assert len(place.receiver.posted) == tries, "not before its time"
        await place.clock.turn(pauses[-1])

    wanted = [pause.total_seconds() for pause in PAUSES]
    assert len(pauses) == len(wanted) == 7
    assert all(abs(found - each) <= JITTER * each for found, each in zip(pauses, wanted, strict=True))
    assert all(found != each for found, each in zip(pauses, wanted, strict=True))
    assert len({posted.id for posted in place.receiver.posted}) == 1
    assert len({posted.body for posted in place.receiver.posted}) == 1
    assert len({posted.headers["webhook-timestamp"] for posted in place.receiver.posted}) == 8
    assert verified(place.receiver.posted[-1], place.secrets["hook-1"], now=place.clock.now())


async def test_what_never_arrives_is_given_up_kept_and_replayed(place: Office) -> None:
    """After the eighth failure it rests; `replay` sends it under its old id; unreplayed it is gone after a week."""
    place.receiver.then("/hook-1", *[500] * 8)
    place.receiver.then("/hook-2", *[500] * 8)
    await changed(place)
    deliverer = place.deliverer()
    for _ in range(8):
        await deliverer.deliver()
        await place.clock.turn(100_000)
    assert len(place.receiver.posted) == 16
    await deliverer.deliver()
    assert len(place.receiver.posted) == 16
    assert [each.webhook for each in await place.outbox.undelivered("live", "t1")] == ["hook-1"]

    assert await place.outbox.replay("live", "t1") == 1
    await deliverer.deliver()

    assert len(place.receiver.posted) == 17
    assert place.receiver.posted[-1].id == place.receiver.posted[0].id
    assert [each.webhook for each in await events(place)] == ["hook-2"]
    await place.clock.turn(7 * 86_400)
    await deliverer.deliver()
    assert await events(place) == []
    assert len(place.receiver.posted) == 17


async def test_a_receiver_that_is_gone_is_given_up_at_once(place: Office) -> None:
    """410 says that it wants no more; the event stays for `replay`."""
    place.receiver.then("/hook-1", 410)
    await changed(place)

    await place.deliverer().deliver()

    assert [each.webhook for each in await place.outbox.undelivered("live", "t1")] == ["hook-1"]


class Broken:
    """A wire that fails before, or after, the receiver has it all."""

    def __init__(self, inner: Wire, *, error: BaseException, after: bool) -> None:
        self._inner = inner
        self._error = error
        self._after = after

    async def send(self, request: Request) -> Answer:
        if self._after:
            await self._inner.send(request)
        raise self._error


@pytest.mark.parametrize("error", [Unreachable("x"), TimeoutError(), NeedsConfig("not public")])
async def test_no_answer_is_a_failure(place: Office, error: Exception) -> None:
    """Nobody there, too slow, an address that may not be called: each is tried again later."""
    await changed(place)

    await place.deliverer(Broken(place.wire, error=error, after=False)).deliver()

    assert [(each.tries, each.next_at > place.clock.now()) for each in await events(place)] == [(1, True)] * 2


async def test_killed_between_post_and_delete_delivers_again(place: Office) -> None:
    """At least once: the receiver has it, nobody noted it; another process sends the same id once more."""
    await changed(place)
    task = asyncio.ensure_future(
        place.deliverer(Broken(place.wire, error=asyncio.CancelledError(), after=True)).deliver()
    )
    await asyncio.wait((task,))
    first = {posted.path: posted.id for posted in place.receiver.posted}
    assert set(first) == {"/hook-1", "/hook-2"}

    await place.replica().deliverer().deliver()

    again = {posted.path: posted.id for posted in place.receiver.posted[2:]}
    assert again == first
    assert await events(place) == []


async def test_a_deliverer_that_died_holding_the_claim_blocks_for_its_seconds_only(place: Office) -> None:
    """While it is claimed nobody else posts; afterwards another does."""
    await changed(place)
    for hook in ("live/t1/hook-1", "live/t2/hook-2"):
        assert await Claims(place.state.store, place.clock).claim(f"webhook/{hook}", seconds=CLAIM_SECONDS)
    deliverer = place.deliverer()

    assert await deliverer.deliver() <= IDLE_SECONDS
    assert place.receiver.posted == []
    await place.clock.turn(CLAIM_SECONDS)
    await deliverer.deliver()

    assert len(place.receiver.posted) == 2


async def test_many_deliverers_post_once(place: Office) -> None:
    """Five processes at the same moment, with a receiver that takes its time."""
    gate = asyncio.Event()
    place.receiver.after = gate.wait
    await changed(place)
    tasks = [asyncio.ensure_future(place.deliverer().deliver()) for _ in range(5)]
    await settle()
    gate.set()
    await asyncio.gather(*tasks)

    assert sorted(posted.path for posted in place.receiver.posted) == ["/hook-1", "/hook-2"]
    assert await events(place) == []


async def test_events_of_a_webhook_come_in_order_up_to_a_failure(place: Office) -> None:
    """The second is not sent before the first has arrived."""
    for state in ("ERROR", "PAUSED", "REVOKED"):
        await changed(place, state)
        await place.clock.turn(1)
    place.receiver.then("/hook-1", 204, 500)
    deliverer = place.deliverer()

    await deliverer.deliver()

    def states(path: str) -> list[str]:
        return [each.document["data"]["state"] for each in place.receiver.posted if each.path == path]

    assert states("/hook-1") == ["ERROR", "PAUSED"]
    assert states("/hook-2") == ["ERROR", "PAUSED", "REVOKED"]


async def test_who_may_not_see_it_any_more_is_not_told(place: Office) -> None:
    """Sharing off, or the webhook deleted, between the change and the delivery: the event is dropped."""
    await changed(place)
    await place.state.directory.change(
        CompanyEntry, COMPANY.place, lambda _: replace(COMPANY, tenants=frozenset(("t2",)))
    )
    await place.state.directory.change(WebhookEntry, "webhook/t2/live/hook-2", lambda _: None)

    await place.deliverer().deliver()

    assert place.receiver.posted == []
    assert await events(place) == []


async def test_a_webhook_without_a_secret_sends_nothing(place: Office) -> None:
    """Unsigned messages do not exist; the event waits for a secret."""
    await changed(place)
    await place.state.signing.forget("t1", "live", "hook-1")

    await place.deliverer().deliver()

    assert [posted.path for posted in place.receiver.posted] == ["/hook-2"]
    assert [each.webhook for each in await events(place)] == ["hook-1"]


async def test_a_private_address_gets_nothing(place: Office) -> None:
    """The guarded wire refuses it at every attempt, whatever was checked when it was registered."""
    private = WebhookEntry(
        id="hook-1",
        tenant="t1",
        environment="live",
        url="https://127.0.0.1/",
        events=frozenset(("connection.changed",)),
    )
    await place.state.directory.change(WebhookEntry, private.place, lambda _: private)
    await place.state.directory.change(WebhookEntry, "webhook/t2/live/hook-2", lambda _: None)
    await changed(place)
    wire = GuardedWire(Guard())

    await place.deliverer(wire).deliver()

    await wire.close()
    assert [each.tries for each in await events(place)] == [1]


async def test_all_of_it_together(place: Office) -> None:
    """A connection changes; without anybody's doing it is posted, tried again when it failed, and done."""
    place.receiver.then("/hook-1", 500)
    state = place.state
    async with running(place.notifier().run(), place.deliverer().run(), state.directory.follow()):
        await settle()
        await place.stand("NEEDS_REAUTH")
        for _ in range(3):
            await place.clock.turn(1)
        assert sorted(posted.path for posted in place.receiver.posted) == ["/hook-1", "/hook-2"]
        for _ in range(10):
            await place.clock.turn(1)
        assert [posted.path for posted in place.receiver.posted[2:]] == ["/hook-1"]
        assert await events(place) == []


async def test_a_receiver_that_hangs_holds_up_nobody_else(place: Office) -> None:
    """While one webhook's receiver says nothing, new events of another are posted."""
    gate = asyncio.Event()

    async def hang() -> None:
        if place.receiver.posted[-1].path == "/hook-1":
            await gate.wait()

    place.receiver.after = hang
    async with running(place.notifier().run(), place.deliverer().run(), place.state.directory.follow()):
        await settle()
        for state in ("ERROR", "PAUSED"):
            await place.stand("ERROR" if state == "ERROR" else "PAUSED")
            for _ in range(3):
                await place.clock.turn(1)
        states = [each.document["data"]["state"] for each in place.receiver.posted if each.path == "/hook-2"]
        assert states == ["ERROR", "PAUSED"]
        assert len(place.receiver.posted) == 3
        gate.set()
        await settle()
