"""Several records by one request: what became of each is told, and nothing is said to be done that was not seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from ledgermesh.engine.change import Change
from ledgermesh.engine.plan import make_plan
from ledgermesh.engine.planned import Outcome, Plan
from ledgermesh.spec.query import Ref
from tests.engine.pushing import Desk, Trouble, Worker, dying, open_desk
from tests.simulated import simulated

AFTER = (Trouble.CUT_AFTER, Trouble.BROKEN_AFTER, Trouble.SILENT_AFTER, Trouble.CUT_EARLY)
BEFORE = (Trouble.CUT_BEFORE, Trouble.BROKEN_BEFORE)
DONE, LEFT = "COMMITTED", "NOT_COMMITTED"


def invoices(desk: Desk, count: int = 3) -> list[Any]:
    """Invoices that may be changed, of different days, the newest first."""
    rows = [row for row in desk.business.records.by_type["INVOICE"] if not row.removed]
    days = {row.date: row for row in rows if not row.detail.read_only and not row.source.discount_percent}
    return [days[day] for day in sorted(days, reverse=True)][:count]


async def planned(worker: Worker, rows: Sequence[Any], memo: str = "Together") -> Plan:
    """A new text on each of these."""
    connection = worker.desk.link.connection
    records = tuple(
        Change(
            kind="Invoice",
            verb="UPDATE",
            target=Ref("Invoice", connection, str(row.id)),
            values={"memo": memo},
        )
        for row in rows
    )
    change = Change(kind="Record", verb="UPDATE_MANY", records=records, client_key="k")
    plan = await make_plan(worker.hub(), change)
    assert not plan.blocked, plan.findings
    return plan


def close_books(desk: Desk, day: dt.date) -> None:
    """The bookkeeper closes them, behind our back."""
    desk.business.extras.written[desk.business.id] = {"booksCloseDate": day}


def memos(desk: Desk, rows: Sequence[Any]) -> list[str]:
    """What stands in the books."""
    return [desk.business.records.by_id[row.id].source.memo for row in rows]


def told(outcome: Outcome) -> list[str]:
    """What is said of each record."""
    return [each.status for each in outcome.records]


def test_one_request_and_every_record_read_again() -> None:
    """The calls are those that the plan told: one look at each before, the request, one look at each after."""

    async def main() -> None:
        desk = await open_desk()
        worker, rows = desk.worker(), invoices(desk)
        plan = await planned(worker, rows)
        reads = len(worker.line.reads)

        outcome = await worker.push(plan, "k")

        assert (outcome.status, told(outcome), memos(desk, rows)) == (DONE, [DONE] * 3, ["Together"] * 3)
        assert [each.path for each in outcome.records] == [f"input.records.{place}" for place in range(3)]
        [sent] = worker.line.seen
        assert (sent.method, sent.url.path.endswith("/records"), sent.content) == (
            "PUT",
            True,
            plan.steps[0].body,
        )
        assert len(worker.line.reads) - reads == len(rows)
        assert len(worker.raised) == 1

        again = await worker.push(plan, "k")
        assert (again.status, again.replayed, told(again)) == (DONE, True, [DONE] * 3)
        assert len(worker.line.seen) == 1

    simulated(main())


def test_a_refusal_in_the_middle_is_told_of_each() -> None:
    """The books were closed meanwhile: the first record was changed, the others were not, and nothing is sent again."""

    async def main() -> None:
        desk = await open_desk()
        worker, rows = desk.worker(), invoices(desk)
        plan = await planned(worker, rows)
        close_books(desk, rows[1].date)

        outcome = await worker.push(plan, "k")

        assert (outcome.status, told(outcome)) == ("INDETERMINATE", [DONE, LEFT, LEFT])
        assert memos(desk, rows) == ["Together", rows[1].source.memo, rows[2].source.memo]
        failure = outcome.failure
        assert failure is not None
        assert (failure.code, failure.path) == ("PROVIDER_REFUSED", "input.records.1.invoice.date")
        assert failure.provider_message is not None
        assert "closed" in failure.provider_message
        assert "Only a part" in outcome.evidence
        assert "input.records.0" in outcome.evidence

        again = await worker.push(plan, "k")
        assert (again.status, told(again)) == ("INDETERMINATE", [DONE, LEFT, LEFT])
        assert len(worker.line.seen) == 1

    simulated(main())


def test_a_refusal_that_changed_nothing() -> None:
    """The first record is refused: none was changed, and that is known because each was read."""

    async def main() -> None:
        desk = await open_desk()
        worker, rows = desk.worker(), list(reversed(invoices(desk)))
        plan = await planned(worker, rows)
        before = memos(desk, rows)
        close_books(desk, rows[0].date)

        outcome = await worker.push(plan, "k")

        assert (outcome.status, told(outcome), memos(desk, rows)) == (LEFT, [LEFT] * 3, before)
        assert outcome.failure is not None
        assert outcome.failure.path == "input.records.0.invoice.date"

    simulated(main())


@pytest.mark.parametrize("trouble", AFTER)
def test_what_was_done_is_found(trouble: Trouble) -> None:
    """No answer, or a wrong one, after the effect: each record is looked at, and the request is not sent again."""

    async def main() -> None:
        desk = await open_desk()
        worker, rows = desk.worker(trouble), invoices(desk)
        plan = await planned(worker, rows)

        outcome = await worker.push(plan, "k", seconds=400.0)

        assert (outcome.status, told(outcome), memos(desk, rows)) == (DONE, [DONE] * 3, ["Together"] * 3)
        assert (outcome.replayed, len(worker.line.seen)) == (False, 1)

    simulated(main())


@pytest.mark.parametrize("trouble", BEFORE)
def test_what_was_not_done_is_sent_again_after_two_looks(trouble: Trouble) -> None:
    """The same bytes, once nobody can be at work on the first ones any more."""

    async def main() -> None:
        desk = await open_desk()
        worker, rows = desk.worker(trouble), invoices(desk)
        plan = await planned(worker, rows)
        began = desk.clock.monotonic()

        outcome = await worker.push(plan, "k", seconds=100.0)

        assert (outcome.status, memos(desk, rows)) == (DONE, ["Together"] * 3)
        assert [each.content for each in worker.line.seen] == [plan.steps[0].body] * 2
        assert desk.clock.monotonic() - began >= 2 * plan.steps[0].settle_seconds

    simulated(main())


def test_a_part_that_stays_a_part_is_not_completed_blindly() -> None:
    """Cut off after a refusal in the middle: seen twice as it is, told, and left."""

    async def main() -> None:
        desk = await open_desk()
        worker, rows = desk.worker(Trouble.CUT_AFTER), invoices(desk)
        plan = await planned(worker, rows)
        close_books(desk, rows[2].date)

        outcome = await worker.push(plan, "k", seconds=100.0)

        assert (outcome.status, told(outcome)) == ("INDETERMINATE", [DONE, DONE, LEFT])
        assert outcome.failure is not None
        assert outcome.failure.code == "INDETERMINATE"
        assert len(worker.line.seen) == 1

    simulated(main())


def test_what_somebody_else_changed_meanwhile_is_not_claimed() -> None:
    """A record that is neither as it was nor as asked: nobody can say whether the request had its effect on it."""

    async def main() -> None:
        desk = await open_desk()
        worker, rows = desk.worker(Trouble.CUT_BEFORE), invoices(desk, 2)
        plan = await planned(worker, rows)
        other = await planned(worker, rows[:1], "Somebody else")
        await desk.worker().push(other, "other")

        outcome = await worker.push(plan, "k", seconds=100.0)

        assert (outcome.status, told(outcome)) == ("INDETERMINATE", ["INDETERMINATE", LEFT])
        assert memos(desk, rows)[0] == "Somebody else"
        assert len(worker.line.seen) == 1

    simulated(main())


@pytest.mark.parametrize("dies_at", range(17))
def test_a_process_that_dies_is_replaced(dies_at: int) -> None:
    """Wherever it dies: the next one ends it, all records have the change, and no more than two requests were made."""

    async def main() -> None:
        desk = await open_desk()
        plan = await planned(desk.worker(), invoices(desk))
        rows = invoices(desk)
        first, second = desk.worker(dies_at=dies_at), desk.worker()
        await dying(first, plan, "k")

        outcome = await second.push(plan, "k", seconds=300.0)

        assert (outcome.status, told(outcome), memos(desk, rows)) == (DONE, [DONE] * 3, ["Together"] * 3)
        assert len(first.line.seen) + len(second.line.seen) <= 2
        bodies = {each.content for each in (*first.line.seen, *second.line.seen)}
        assert bodies == {plan.steps[0].body}

    simulated(main())


def test_a_record_that_is_as_asked_is_left_out() -> None:
    """It is not in the request, and its line says so; where all are, there is no request."""

    async def main() -> None:
        desk = await open_desk()
        worker, rows = desk.worker(), invoices(desk)
        await worker.push(await planned(worker, rows[:1]), "first")
        plan = await planned(worker, rows)
        sent = msgspec.json.decode(plan.steps[0].body or b"")

        outcome = await worker.push(plan, "k")

        assert [each["id"] for each in sent] == [row.id for row in rows[1:]]
        assert (outcome.status, told(outcome)) == (DONE, [DONE] * 3)
        assert "already" in outcome.records[0].evidence
        assert (await planned(worker, rows)).steps == ()

    simulated(main())
