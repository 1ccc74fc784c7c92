"""Pushing a plan when the answer is lost: looked for, sent again only when it is not there, else honestly unknown."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ledgermesh.engine.repeat import is_unclear
from ledgermesh.errors import (
    Absent,
    Garbled,
    Reconnect,
    Refused,
    SlowDown,
    StateDown,
    TooLate,
    Unavailable,
)
from ledgermesh.state.base import Swapped
from ledgermesh.upstream.local import refusal
from tests.engine.hand_plans import JSON, contact, letter, paper, plan_of, stamped
from tests.engine.pushing import Trouble, dying, open_desk
from tests.simulated import simulated

AFTER = (
    Trouble.CUT_AFTER,
    Trouble.BROKEN_AFTER,
    Trouble.SILENT_AFTER,
    Trouble.GARBLED_AFTER,
    Trouble.CUT_EARLY,
)
BEFORE = (Trouble.CUT_BEFORE, Trouble.BROKEN_BEFORE, Trouble.SILENT_BEFORE)


def test_which_errors_leave_it_open() -> None:
    """Refusals of our own and of the provider's 4xx range do not; everything else does, also a 5xx by another name."""
    unclear = [Unavailable("x"), TooLate("x"), Garbled("x"), SlowDown("x", details={"status": 503})]
    clear = [
        SlowDown("x", details={"status": 429}),
        Refused("x", details={"status": 400}),
        Absent("x", details={"status": 404}),
        Reconnect("x", details={"status": 401}),
        StateDown("x"),
        *(refusal(kind, "x") for kind in (Unavailable, TooLate, SlowDown)),
    ]

    assert [is_unclear(error) for error in unclear] == [True] * len(unclear)
    assert [is_unclear(error) for error in clear] == [False] * len(clear)


@pytest.mark.parametrize("trouble", AFTER)
def test_what_was_done_is_found(trouble: Trouble) -> None:
    """The effect is there: one request, one record, committed, the generation raised once."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker(trouble)

        outcome = await worker.push(plan_of(desk, contact(desk, "Zoë Ltd", seconds=5.0)), "k")

        assert (outcome.status, outcome.replayed) == ("COMMITTED", False)
        assert [str(id) for id in desk.parties("Zoë Ltd")] == [outcome.native_id]
        assert len(worker.line.seen) == 1
        assert [each.error is None for each in outcome.sent] == [False]
        assert len(worker.raised) == 1

    simulated(main())


@pytest.mark.parametrize("trouble", BEFORE)
def test_what_was_not_done_is_sent_again_after_two_looks(trouble: Trouble) -> None:
    """Not before it had twice the time to show up."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker(trouble)
        began = desk.clock.monotonic()

        outcome = await worker.push(plan_of(desk, contact(desk, "Zoë Ltd", seconds=5.0)), "k")

        assert outcome.status == "COMMITTED"
        assert [str(id) for id in desk.parties("Zoë Ltd")] == [outcome.native_id]
        assert len(worker.line.seen) == 2
        assert desk.clock.monotonic() - began >= 3.0
        lists = [each for each in worker.line.reads if each.url.path.endswith("/contacts")]
        assert len(lists) >= 2
        assert len(worker.raised) == 1

    simulated(main())


@pytest.mark.parametrize("trouble", [*AFTER, *BEFORE])
def test_a_deadline_before_two_looks_leaves_it_open(trouble: Trouble) -> None:
    """Indeterminate, with the remedy; asking again with the key ends it with one record."""

    async def main() -> None:
        desk = await open_desk()
        worker, plan = desk.worker(trouble), plan_of(desk, contact(desk, "Zoë Ltd"))

        outcome = await worker.push(plan, "k", seconds=1.0)
        raised = len(worker.raised)
        again = await desk.worker().push(plan, "k")

        assert outcome.status == "INDETERMINATE"
        assert outcome.failure is not None
        assert (outcome.failure.code, outcome.failure.retryable) == ("INDETERMINATE", True)
        assert raised == 1
        assert again.status == "COMMITTED"
        assert again.replayed is (trouble in AFTER)
        assert [str(id) for id in desk.parties("Zoë Ltd")] == [again.native_id]

    simulated(main())


def test_a_provider_that_stays_down_is_not_believed_empty() -> None:
    """Looks that fail count for nothing; when it is back, it is found."""

    async def main() -> None:
        desk = await open_desk()
        worker, plan = desk.worker(Trouble.CUT_AFTER), plan_of(desk, contact(desk, "Zoë Ltd"))
        worker.line.reads_cut = 1_000

        outcome = await worker.push(plan, "k")
        worker.line.reads_cut = 0
        await asyncio.sleep(120)
        again = await worker.push(plan, "k")

        assert (outcome.status, again.status) == ("INDETERMINATE", "COMMITTED")
        assert (len(worker.line.seen), len(desk.parties("Zoë Ltd"))) == (1, 1)

    simulated(main())


def test_it_is_not_sent_for_ever() -> None:
    """A provider that always cuts the line without an effect: not committed, and nothing there."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker(*[Trouble.CUT_BEFORE] * 50)

        outcome = await worker.push(plan_of(desk, contact(desk, "Zoë Ltd")), "k", seconds=600.0)

        assert (outcome.status, desk.parties("Zoë Ltd")) == ("NOT_COMMITTED", [])
        assert outcome.failure is not None
        assert outcome.failure.retryable
        assert len(worker.line.seen) == 5

    simulated(main())


# -- the ways of repeating ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [*AFTER, *BEFORE])
def test_never_is_never_sent_twice(trouble: Trouble) -> None:
    """An e-mail whose answer was lost: indeterminate, also for whoever asks again, and after a death."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker()
        party = next(iter(desk.business.contact_by_id))
        made = await worker.push(plan_of(desk, paper(desk, "invoices", "Invoice", "stone", party)), "make")
        id = made.native_id
        worker.line.seen.clear()
        worker.line.troubles.append(trouble)
        assert id is not None
        plan = letter(desk, id, seconds=5.0)

        first = await worker.push(plan, "k")
        other = desk.worker()
        second = await other.push(plan, "k")

        assert (first.status, second.status) == ("INDETERMINATE", "INDETERMINATE")
        assert second.failure is not None
        assert second.failure.code == "INDETERMINATE"
        await desk.rest()
        assert (len(worker.line.seen), len(other.line.seen)) == (1, 0)
        assert len(desk.emulator.mail.outbox) == (1 if trouble in AFTER else 0)
        assert len(worker.raised) == 2, "once for the invoice, once for the letter"

    simulated(main())


def test_never_after_a_death_is_not_sent_again() -> None:
    """At whatever point the first worker died after it said that it sends."""

    async def main() -> None:
        desk = await open_desk()
        party = next(iter(desk.business.contact_by_id))
        made = await desk.worker().push(plan_of(desk, paper(desk, "invoices", "Invoice", "s", party)), "make")
        id = made.native_id
        assert id is not None
        plan, before = letter(desk, id), 0

        for dies_at in range(5, 10):
            worker = desk.worker(dies_at=dies_at)
            await dying(worker, plan, f"k{dies_at}")
            await asyncio.sleep(70)
            outcome = await desk.worker().push(plan, f"k{dies_at}")
            sent = len(desk.emulator.mail.outbox) - before
            before += sent
            assert sent <= 1
            assert outcome.status == "INDETERMINATE" or sent == 1

    simulated(main())


@pytest.mark.parametrize("trouble", [Trouble.CUT_BEFORE, Trouble.BROKEN_BEFORE])
def test_a_key_that_the_provider_knows_is_sent_again_at_once(trouble: Trouble) -> None:
    """HEADER: no look, no settling."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker(trouble, trouble)
        step = contact(desk, "Zoë Ltd", repeat="HEADER", headers=(*JSON, ("idempotency-key", "k")), look=None)

        outcome = await worker.push(plan_of(desk, step), "k")

        assert (outcome.status, len(worker.line.seen)) == ("COMMITTED", 3)
        assert {each.headers["idempotency-key"] for each in worker.line.seen} == {"k"}
        assert [each for each in worker.line.reads if each.url.path.endswith("/contacts")] == []

    simulated(main())


def test_a_key_that_the_provider_knows_stays_unclear_until_it_answers() -> None:
    """HEADER: a refusal after an unclear answer does not say that nothing was done."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker(Trouble.CUT_AFTER, Trouble.REFUSED)
        step = contact(desk, "Zoë Ltd", repeat="HEADER", look=None)

        outcome = await worker.push(plan_of(desk, step), "k")

        assert (outcome.status, len(desk.parties("Zoë Ltd"))) == ("INDETERMINATE", 1)

    simulated(main())


def test_a_stamp_finds_its_record_without_a_store() -> None:
    """Everything replicas share is gone: the record itself tells that the key was used, and for which content."""

    async def main() -> None:
        desk = await open_desk()
        party = next(iter(desk.business.contact_by_id))

        async def forget() -> None:
            for name, kept in (await desk.state.store.under("push/")).items():
                await desk.state.store.swap(name, None, expect=kept.version, seconds=0.0)

        first, memo = stamped(desk, "stone", "k", "stone", party)
        other, _ = stamped(desk, "wood", "k", "wood", party)
        done = await desk.worker(Trouble.CUT_AFTER).push(first, "k", digest="stone")
        await forget()
        worker = desk.worker()
        again = await worker.push(first, "k", digest="stone")
        await forget()
        conflict = await worker.push(other, "k", digest="wood")

        assert (done.status, again.status, again.replayed) == ("COMMITTED", "COMMITTED", True)
        assert again.native_id == done.native_id
        assert conflict.failure is not None
        assert (conflict.status, conflict.failure.code) == ("NOT_COMMITTED", "CONFLICT")
        assert (worker.line.seen, len(desk.records(memo))) == ([], 1)

    simulated(main())


# -- workers that die --------------------------------------------------------------------------------------------------


def test_a_death_at_any_point_is_survived() -> None:
    """Whenever the worker dies, the next one ends it: one record, never two, and its id is told."""

    async def main() -> None:
        desk = await open_desk()
        deaths = 0
        for dies_at in range(30):
            name = f"Zoë {dies_at}"
            worker, plan = desk.worker(dies_at=dies_at), plan_of(desk, contact(desk, name))
            caller = asyncio.ensure_future(worker.push(plan, name))
            await asyncio.wait((caller,))
            if not worker.process.dead:
                assert caller.result().status == "COMMITTED"
                break
            deaths += 1
            outcome = await desk.worker().push(plan, name, seconds=100.0)
            assert outcome.status == "COMMITTED"
            assert [str(id) for id in desk.parties(name)] == [outcome.native_id]
        assert deaths >= 10

    simulated(main())


def test_whoever_finds_the_claim_of_a_dead_worker_says_so() -> None:
    """Within its deadline nobody can say; after the claim's end it is done."""

    async def main() -> None:
        desk = await open_desk()
        plan = plan_of(desk, contact(desk, "Zoë Ltd"))
        await dying(desk.worker(dies_at=6), plan, "k")

        waiting = await desk.worker().push(plan, "k", seconds=5.0)
        later = await desk.worker().push(plan, "k", seconds=100.0)

        assert (waiting.status, later.status) == ("INDETERMINATE", "COMMITTED")
        assert len(desk.parties("Zoë Ltd")) == 1

    simulated(main())


def test_a_worker_whose_claim_ended_sends_nothing_more() -> None:
    """It slept through its claim; another took over, and the note is no longer its own to write."""

    async def main() -> None:
        desk = await open_desk()
        slow, quick = desk.worker(), desk.worker()
        plan = plan_of(desk, contact(desk, "Zoë Ltd"))
        swap, asleep = slow.store.swap, asyncio.Event()

        async def sleepy(key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
            if b"SENDING" in (value or b"") and not asleep.is_set():
                asleep.set()
                await asyncio.sleep(100)
            return await swap(key, value, expect=expect, seconds=seconds)

        slow.store.swap = sleepy  # type: ignore[method-assign]  # a process that is stopped for a while
        first = asyncio.ensure_future(slow.push(plan, "k", seconds=300.0))
        await asleep.wait()
        second = await quick.push(plan, "k", seconds=90.0)
        outcome = await first

        assert (second.status, second.replayed) == ("COMMITTED", False)
        assert (outcome.status, outcome.replayed, outcome.native_id) == ("COMMITTED", True, second.native_id)
        assert (slow.line.seen, len(desk.parties("Zoë Ltd"))) == ([], 1)

    simulated(main())


def test_a_long_push_renews_its_claim() -> None:
    """A step that may take minutes holds its key all the while."""

    async def main() -> None:
        desk = await open_desk()
        slow, other = desk.worker(Trouble.SILENT_AFTER), desk.worker()
        plan = plan_of(desk, contact(desk, "Zoë Ltd", seconds=200.0))

        first = asyncio.ensure_future(slow.push(plan, "k", seconds=300.0))
        await asyncio.sleep(150.0)
        second = await other.push(plan, "k", seconds=10.0)
        outcome = await first

        assert second.status == "INDETERMINATE"
        assert outcome.status == "COMMITTED"
        assert (other.line.seen, len(desk.parties("Zoë Ltd"))) == ([], 1)

    simulated(main())


def test_another_plan_under_a_begun_key_is_not_guessed_at() -> None:
    """A key under which something else was begun: nobody can say, and nothing is sent."""

    async def main() -> None:
        desk = await open_desk()
        plan = plan_of(desk, contact(desk, "Zoë Ltd"))
        await desk.worker(Trouble.CUT_AFTER).push(plan, "k", seconds=1.0)
        worker = desk.worker()
        other = replace(plan, steps=(contact(desk, "Zoë Ltd", template="/elsewhere"),))

        outcome = await worker.push(other, "k")

        assert (outcome.status, worker.line.seen) == ("INDETERMINATE", [])

    simulated(main())
