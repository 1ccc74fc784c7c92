"""Changes of connections become events."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, WebhookEntry
from tests.hands import settle
from tests.sync.office import COMPANY, CONNECTION, Office, running


async def told(place: Office) -> list[tuple[str, str]]:
    """What the notifier of a process adds for the change that was made; the outbox is emptied."""
    await place.notifier().catch_up()
    found = await place.waiting()
    for waiting in await place.outbox.all():
        await place.outbox.remove(waiting)
    return found


async def test_everybody_who_sees_the_company_is_told(place: Office) -> None:
    """Each webhook of each tenant that it is shared with and that wants the event, and nobody else."""
    await place.hook("t1", "hook-3", events=("something.else",))
    await place.hook("t3", "hook-4")

    await place.stand("NEEDS_REAUTH", code="NEEDS_REAUTH", reason="The sign-in ended.")

    assert await told(place) == [("hook-1", "NEEDS_REAUTH"), ("hook-2", "NEEDS_REAUTH")]


async def test_what_an_event_says(place: Office) -> None:
    """Ids, states, times, where to repair it; no address, no secret, no books."""
    await place.stand("NEEDS_REAUTH", code="NEEDS_REAUTH", reason="The sign-in ended.")
    await place.notifier().catch_up()

    [first, second] = [each.event for each in await place.outbox.all()]

    assert first.data == {
        "connection": "maple-acme",
        "company": "maple",
        "provider": "acme",
        "environment": "live",
        "state": "NEEDS_REAUTH",
        "reason": "The sign-in ended.",
        "code": "NEEDS_REAUTH",
        "since": "2026-11-15T12:00:00Z",
        "repairUrl": "https://gate.example/repair/maple-acme",
    }
    assert first.id == second.id
    assert first.id.startswith("msg_")
    kept = b"".join(each.value for each in (await place.state.store.under("outbox/")).values())
    assert not [each for each in place.secrets.values() if each.reveal().encode() in kept]
    assert b"acme.example" not in kept


async def test_only_a_change_of_state_is_news(place: Office) -> None:
    """Not the first good call, not another failed probe, not the same seen twice; the way back is."""
    await place.stand("ACTIVE")
    assert await told(place) == []
    await place.stand("ERROR", code="PROVIDER_REFUSED")
    assert [state for _, state in await told(place)] == ["ERROR", "ERROR"]
    for tries in (1, 2):
        await place.clock.turn(60)
        await place.stand("ERROR", code="PROVIDER_REFUSED", tries=tries)
        assert await told(place) == []
    await place.stand("ERROR", code="MISSING_SCOPE")
    assert len(await told(place)) == 2
    await place.clock.turn(60)
    await place.stand("ACTIVE")
    assert [state for _, state in await told(place)] == ["ACTIVE", "ACTIVE"]
    await place.stand(None)
    assert await told(place) == []


async def test_a_standing_that_is_taken_away_means_active(place: Office) -> None:
    """It is told once, and the next trouble is a change again, under another id."""
    ids = []
    for state in ("PAUSED", None, "PAUSED", None):
        await place.clock.turn(60)
        await place.stand("PAUSED" if state else None)
        await place.notifier().catch_up()
        [first, _] = [each.event for each in await place.outbox.all()]
        ids.append(first.id)
        assert [shown for _, shown in await told(place)] == [state or "ACTIVE"] * 2
    assert len(set(ids)) == 4


async def test_many_replicas_make_one_event(place: Office) -> None:
    """All see the change at once, and again when it was delivered; each webhook has it once."""
    others = [place.replica() for _ in range(3)]
    for other in others:
        await other.state.directory.load()
    works = [each.notifier().run() for each in (place, *others)]
    follows = [each.state.directory.follow() for each in others]
    async with running(*works, *follows):
        await settle()
        await place.stand("ERROR", code="X")
        await settle()
        assert await place.waiting() == [("hook-1", "ERROR"), ("hook-2", "ERROR")]
        for waiting in await place.outbox.all():
            await place.outbox.remove(waiting)
        await settle()
        assert await place.waiting() == []
    assert await told(place) == []


async def test_what_happened_while_nobody_ran_is_told_at_the_start(place: Office) -> None:
    """Also on a process that has not read the registry yet."""
    await place.stand("REVOKED")
    async with running(place.replica().notifier().run()):
        await settle()
    assert await place.waiting() == [("hook-1", "REVOKED"), ("hook-2", "REVOKED")]


async def test_a_crash_before_it_is_noted_tells_again_under_the_same_id(place: Office) -> None:
    """The event is there once while it waits; had it been delivered, the receiver would know the id."""
    await place.stand("REVOKED")
    await place.notifier().catch_up()
    before = {each.event.id for each in await place.outbox.all()}
    [note] = list(await place.state.store.under("told/"))
    kept = await place.state.store.get(note)
    assert kept is not None
    await place.state.store.delete(note, expect=kept.version)

    await place.notifier().catch_up()

    assert {each.event.id for each in await place.outbox.all()} == before
    assert len(await place.waiting()) == 2


async def test_an_older_standing_is_no_news(place: Office) -> None:
    """A replica that is behind tells nothing that a later change has overtaken."""
    await place.stand("ERROR", code="A")
    old = await place.state.store.get("standing/live/maple-acme")
    await place.clock.turn(60)
    await place.stand("PAUSED")
    assert [state for _, state in await told(place)] == ["PAUSED", "PAUSED"]
    now = await place.state.store.get("standing/live/maple-acme")
    assert old is not None
    assert now is not None
    await place.state.store.put("standing/live/maple-acme", old.value, expect=now.version)

    assert await told(place) == []


async def test_strangers_places_and_lost_companies_stop_nobody(place: Office) -> None:
    """A standing of a connection that is gone has nobody to be told to; those after it are told."""
    await place.state.directory.add(replace(CONNECTION, id="zebra-acme", company="zebra"))
    await place.state.store.put(
        "standing/live/aaa-gone",
        msgspec.json.encode(
            {
                "environment": "live",
                "connection": "aaa-gone",
                "state": "ERROR",
                "since": "2026-11-15T12:00:00Z",
            }
        ),
        expect=0,
    )
    await place.stand("REVOKED")

    assert await told(place) == [("hook-1", "REVOKED"), ("hook-2", "REVOKED")]


async def test_sharing_and_hooks_count_as_they_are_then(place: Office) -> None:
    """A tenant that the company is shared with no more is not told, nor is a deleted webhook."""
    await place.state.directory.change(
        CompanyEntry, COMPANY.place, lambda _: replace(COMPANY, tenants=frozenset(("t2",)))
    )
    await place.hook("t2", "hook-3")
    await place.state.directory.change(WebhookEntry, "webhook/t2/live/hook-2", lambda _: None)
    await place.stand("REVOKED")

    assert await told(place) == [("hook-3", "REVOKED")]
    await place.state.directory.change(ConnectionEntry, CONNECTION.place, lambda _: None)
    await place.stand("ERROR")
    assert await told(place) == []
