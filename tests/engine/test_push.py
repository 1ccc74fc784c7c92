"""Pushing a plan: one effect for each key, whoever asks how often, and errors that say what to do."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import msgspec

from ledgermesh.engine.after import reread
from ledgermesh.engine.planned import Finding
from ledgermesh.engine.replay import Note, plan_digest
from tests.engine.hand_plans import contact, plan_of
from tests.engine.pushing import Trouble, answers, open_desk
from tests.simulated import simulated


def test_a_plan_is_carried_out() -> None:
    """One request with the plan's bytes, the record's id, the generation raised once, the record read again."""

    async def main() -> None:
        desk = await open_desk()
        worker, step = desk.worker(), contact(desk, "Zoë Ltd")
        plan = plan_of(desk, step, asked={"display_name": "Zoë Ltd", "email": "z@example.com"})

        outcome = await worker.push(plan, "k")
        record = await reread(worker.hub(), outcome)

        assert (outcome.status, outcome.replayed, outcome.residue) == ("COMMITTED", False, ())
        assert [str(id) for id in desk.parties("Zoë Ltd")] == [outcome.native_id]
        assert [(each.status, each.native_id) for each in outcome.sent] == [(201, outcome.native_id)]
        assert [request.content for request in worker.line.seen] == [step.body]
        assert worker.raised == [(desk.link.environment, desk.link.connection)]
        assert [(each.field, each.asked, each.got) for each in outcome.changed] == [
            ("email", "z@example.com", None)
        ]
        assert record is not None
        assert record.native_id == outcome.native_id

    simulated(main())


def test_nothing_to_do_is_done() -> None:
    """A plan without steps sends nothing and wakes nobody."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker()

        outcome = await worker.push(replace(plan_of(desk, contact(desk, "x")), steps=(), native_id="1"), "k")

        assert (outcome.status, outcome.native_id) == ("COMMITTED", "1")
        assert (worker.line.seen, worker.raised) == ([], [])

    simulated(main())


def test_the_same_key_again_is_replayed() -> None:
    """Another process with the same key sends nothing and gets the same record; so does `recall`."""

    async def main() -> None:
        desk = await open_desk()
        plan = plan_of(desk, contact(desk, "Zoë Ltd"))
        first = await desk.worker().push(plan, "k")
        other = desk.worker()

        second = await other.push(plan, "k")
        recalled = await other.pusher.recall(other.key("k"))

        assert (second.status, second.replayed, second.native_id) == ("COMMITTED", True, first.native_id)
        assert recalled is not None
        assert (recalled.native_id, recalled.replayed) == (first.native_id, True)
        assert (other.line.seen, other.raised) == ([], [])
        assert await other.pusher.recall(other.key("unused")) is None

    simulated(main())


def test_callers_at_the_same_time_have_one_effect() -> None:
    """Five callers of three processes with one key: one request, the others wait and are told its end."""

    async def main() -> None:
        desk = await open_desk()
        workers = [desk.worker() for _ in range(3)]
        plan = plan_of(desk, contact(desk, "Zoë Ltd"))

        outcomes = await asyncio.gather(*(workers[each % 3].push(plan, "k") for each in range(5)))

        assert answers(outcomes) == ["COMMITTED"] * 5
        assert sorted(each.replayed for each in outcomes) == [False, True, True, True, True]
        assert len({each.native_id for each in outcomes}) == 1
        assert sum(len(worker.line.seen) for worker in workers) == 1

    simulated(main())


def test_the_same_key_for_other_content_is_a_conflict() -> None:
    """Nothing is sent, whether the first request is done or still under way."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker()
        first = await worker.push(plan_of(desk, contact(desk, "Zoë Ltd")), "k", digest="one")
        other = desk.worker()

        second = await other.push(plan_of(desk, contact(desk, "Max Ltd")), "k", digest="two")

        assert first.status == "COMMITTED"
        assert (second.status, second.replayed) == ("NOT_COMMITTED", False)
        assert second.failure is not None
        assert (second.failure.code, second.failure.retryable) == ("CONFLICT", False)
        assert (other.line.seen, desk.parties("Max Ltd")) == ([], [])

    simulated(main())


def test_a_key_belongs_to_one_connection_and_one_tenant() -> None:
    """The same text from somebody else is another key."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker()
        plan, deadline = plan_of(desk, contact(desk, "Zoë Ltd")), desk.clock.monotonic() + 30
        mine = worker.key("k")

        for key in (mine, replace(mine, tenant="other"), replace(mine, environment="live")):
            outcome = await worker.pusher.push(worker.hub(), plan, key=key, deadline=deadline)
            assert (outcome.status, outcome.replayed) == ("COMMITTED", False)

        assert len(desk.parties("Zoë Ltd")) == 3

    simulated(main())


def test_what_the_provider_refuses_is_not_done_and_may_be_tried_again() -> None:
    """Its own words are told, but not kept; the same key tries again; nothing wakes the caches."""

    async def main() -> None:
        desk = await open_desk()
        worker, plan = desk.worker(Trouble.REFUSED), plan_of(desk, contact(desk, "Zoë Ltd"))

        refused = await worker.push(plan, "k")
        begun = await worker.pusher.begun(worker.key("k"))
        kept = [each.value for each in (await desk.state.store.under("push/")).values()]
        raised = list(worker.raised)
        again = await worker.push(plan, "k")

        assert refused.status == "NOT_COMMITTED"
        assert refused.failure is not None
        assert (refused.failure.code, refused.failure.provider_message) == (
            "PROVIDER_REFUSED", "the name of Zoë is not liked"
        )  # fmt: skip
        assert (raised, begun, await worker.pusher.begun(worker.key("k"))) == ([], False, True)
        assert "Zoë".encode() not in b"".join(kept)
        assert (again.status, again.replayed) == ("COMMITTED", False)
        assert len(desk.parties("Zoë Ltd")) == 1

    simulated(main())


def test_whoever_waited_is_told_of_a_refusal() -> None:
    """Two callers at once, one request, one refusal for both."""

    async def main() -> None:
        desk = await open_desk()
        worker, plan = desk.worker(Trouble.REFUSED), plan_of(desk, contact(desk, "Zoë Ltd"))

        outcomes = await asyncio.gather(worker.push(plan, "k"), worker.push(plan, "k"))

        assert answers(outcomes) == ["NOT_COMMITTED"] * 2
        assert sorted(each.replayed for each in outcomes) == [False, True]
        assert len(worker.line.seen) == 1

    simulated(main())


def test_a_spent_budget_is_waited_for() -> None:
    """429 means that nothing was done: again after the time it names, without looking for anything."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker(Trouble.FULL)
        began = desk.clock.monotonic()

        outcome = await worker.push(plan_of(desk, contact(desk, "Zoë Ltd")), "k")

        assert outcome.status == "COMMITTED"
        assert [each.status for each in outcome.sent] == [429, 201]
        assert desk.clock.monotonic() - began >= 2.0
        assert len(desk.parties("Zoë Ltd")) == 1
        assert len(worker.line.reads) == 1, "only the record itself is read, afterwards"

    simulated(main())


def test_a_spent_budget_beyond_the_deadline_says_when_to_come_back() -> None:
    """Not committed, with `retry_at`."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker(Trouble.FULL)
        now = desk.clock.now()

        outcome = await worker.push(plan_of(desk, contact(desk, "Zoë Ltd")), "k", seconds=1.0)

        assert outcome.status == "NOT_COMMITTED"
        assert outcome.failure is not None
        assert outcome.failure.code == "RATE_LIMITED"
        assert outcome.failure.retry_at is not None
        assert outcome.failure.retry_at >= now + dt.timedelta(seconds=2)
        assert (desk.parties("Zoë Ltd"), worker.raised) == ([], [])

    simulated(main())


def test_a_deadline_that_is_over_sends_nothing() -> None:
    """Refused here, not unclear: no request left."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker()

        outcome = await worker.push(plan_of(desk, contact(desk, "Zoë Ltd")), "k", seconds=0.0)

        assert outcome.status == "NOT_COMMITTED"
        assert outcome.failure is not None
        assert (outcome.failure.code, worker.line.seen, worker.raised) == ("TIMEOUT", [], [])

    simulated(main())


def test_a_plan_with_blocking_findings_is_not_carried_out() -> None:
    """Its finding is the failure."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker()
        finding = Finding(code="REQUIRED", path="input.date", message="Kashoo needs it", blocks=True)

        outcome = await worker.push(plan_of(desk, contact(desk, "x"), findings=(finding,)), "k")

        assert outcome.status == "NOT_COMMITTED"
        assert outcome.failure is not None
        assert (outcome.failure.code, outcome.failure.path) == ("REQUIRED", "input.date")
        assert worker.line.seen == []

    simulated(main())


def test_without_the_store_nothing_is_sent() -> None:
    """No claim, no request."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker()
        worker.store.down = True

        outcome = await worker.push(plan_of(desk, contact(desk, "Zoë Ltd")), "k")

        assert outcome.status == "NOT_COMMITTED"
        assert outcome.failure is not None
        assert (outcome.failure.code, outcome.failure.retryable) == ("STATE_UNAVAILABLE", True)
        assert (worker.line.seen, desk.parties("Zoë Ltd")) == ([], [])

    simulated(main())


def test_a_store_that_ends_after_the_answer_changes_nothing_of_it() -> None:
    """What the provider answered is committed; a later request with the key finds the record and sends nothing."""

    async def main() -> None:
        desk = await open_desk()
        worker, plan = desk.worker(), plan_of(desk, contact(desk, "Zoë Ltd"))
        worker.store.tear = lambda key, value: b"SENDING" in (value or b"")
        torn = await worker.push(plan, "k")
        worker.store.tear, worker.store.down = None, False
        await asyncio.sleep(70)
        real = await worker.push(plan, "k")
        worker.store.tear = lambda key, value: key.startswith("made/")

        other = await worker.push(plan_of(desk, contact(desk, "Max Ltd")), "other")
        worker.store.tear, worker.store.down = None, False
        await asyncio.sleep(70)
        again = await worker.push(plan_of(desk, contact(desk, "Max Ltd")), "other")

        assert (torn.status, real.status) == ("NOT_COMMITTED", "COMMITTED")
        assert (other.status, other.replayed) == ("COMMITTED", False)
        assert (again.status, again.replayed, again.native_id) == ("COMMITTED", True, other.native_id)
        assert (len(desk.parties("Zoë Ltd")), len(desk.parties("Max Ltd"))) == (1, 1)

    simulated(main())


def test_a_caller_who_leaves_stops_nothing() -> None:
    """The request in flight is seen through, noted, and the generation raised."""

    async def main() -> None:
        desk = await open_desk()
        worker, plan = desk.worker(Trouble.SILENT_AFTER), plan_of(desk, contact(desk, "Zoë Ltd"))
        caller = asyncio.ensure_future(worker.push(plan, "k", seconds=10.0))
        await asyncio.sleep(1.0)
        caller.cancel()
        await asyncio.wait((caller,))
        await worker.pusher.close()

        outcome = await desk.worker().push(plan, "k")

        assert caller.cancelled()
        assert len(worker.raised) == 1
        assert (outcome.status, len(desk.parties("Zoë Ltd"))) == ("COMMITTED", 1)

    simulated(main())


def test_notes_hold_no_books() -> None:
    """Ids, hashes and states only."""

    async def main() -> None:
        desk = await open_desk()
        plan = plan_of(desk, contact(desk, "Zoë Ltd"), asked={"display_name": "Zoë Limited"})
        outcome = await desk.worker(Trouble.CUT_AFTER).push(plan, "a key of the caller's")
        kept = [each.value for each in (await desk.state.store.under("push/")).values()]
        keys = list(await desk.state.store.under(""))

        assert (outcome.status, len(outcome.changed), len(kept)) == ("COMMITTED", 1, 1)
        note = msgspec.json.decode(kept[0], type=Note)
        assert note.outcome is not None
        assert (note.outcome.native_id, note.outcome.changed) == (outcome.native_id, ())
        assert "Zoë".encode() not in kept[0]
        assert not [key for key in keys if "caller" in key]

    simulated(main())


def test_digests_of_plans() -> None:
    """Equal for equal plans; any byte that would be sent tells two apart."""

    async def main() -> None:
        desk = await open_desk()
        step = contact(desk, "Zoë Ltd")
        plan = plan_of(desk, step)

        assert plan_digest(plan) == plan_digest(
            replace(plan_of(desk, contact(desk, "Zoë Ltd")), version="v2")
        )
        others = [replace(step, body=b"{}"), replace(step, undo=None), replace(step, path="/x")]
        assert len({plan_digest(plan), *(plan_digest(plan_of(desk, each)) for each in others)}) == 4

    simulated(main())
