"""Pushing at records: those that are there already, those that look alike, and how each is known again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest

from ledgermesh.engine.planned import Before, Look, Outcome
from tests.engine.hand_plans import contact, paper, plan_of, renamed
from tests.engine.pushing import Desk, Trouble, Worker, answers, open_desk
from tests.simulated import simulated


async def made(desk: Desk, worker: Worker, name: str) -> str:
    outcome = await worker.push(plan_of(desk, contact(desk, name)), f"make {name}")
    assert outcome.native_id is not None
    return outcome.native_id


@pytest.mark.parametrize("trouble", [Trouble.CUT_AFTER, Trouble.CUT_BEFORE, Trouble.BROKEN_AFTER])
def test_an_update_is_looked_for_on_its_record(trouble: Trouble) -> None:
    """What was changed is found changed; what was not is sent again."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker()
        id = await made(desk, worker, "Zoë Ltd")
        worker.line.seen.clear()
        worker.line.troubles.append(trouble)

        outcome = await worker.push(plan_of(desk, renamed(id, "Zoë AG"), native_id=id), "k")

        assert (outcome.status, outcome.native_id) == ("COMMITTED", id)
        assert len(worker.line.seen) == (2 if trouble is Trouble.CUT_BEFORE else 1)
        assert (len(desk.parties("Zoë AG")), desk.parties("Zoë Ltd")) == (1, [])

    simulated(main())


def test_a_removal_is_looked_for_on_its_record() -> None:
    """A record that is gone was removed; one that is not is removed once more."""

    async def main() -> None:
        desk = await open_desk()
        for trouble, sent in ((Trouble.CUT_AFTER, 1), (Trouble.CUT_BEFORE, 2)):
            worker, name = desk.worker(), f"Zoë {trouble.name}"
            id = await made(desk, worker, name)
            worker.line.seen.clear()
            worker.line.troubles.append(trouble)
            step = contact(desk, name).undo
            assert step is not None
            look = Look(kind="Party", native_id=id, gone=True)
            step = replace(step, path=f"/contacts/{id}", native_id=id, look=look)

            outcome = await worker.push(plan_of(desk, step, native_id=id), name)

            assert (outcome.status, outcome.native_id) == ("COMMITTED", id)
            assert (len(worker.line.seen), desk.parties(name)) == (sent, [])

    simulated(main())


def test_what_somebody_changed_meanwhile_is_left_alone() -> None:
    """Neither as it was nor as asked: nobody can say, and nothing is sent over it."""

    async def main() -> None:
        desk = await open_desk()
        worker, person = desk.worker(), desk.worker()
        id = await made(desk, worker, "Zoë Ltd")
        worker.line.troubles.append(Trouble.CUT_BEFORE)
        plan = plan_of(desk, renamed(id, "Zoë AG"), native_id=id)
        plan = replace(plan, before=(Before(field="display_name", value="Zoë Ltd"),))

        pushing = asyncio.ensure_future(worker.push(plan, "k"))
        await asyncio.sleep(0.5)
        await person.push(plan_of(desk, renamed(id, "Max AG"), native_id=id), "person")
        outcome = await pushing

        assert outcome.status == "INDETERMINATE"
        assert outcome.failure is not None
        assert outcome.failure.code == "INDETERMINATE"
        assert (len(desk.parties("Max AG")), len(worker.raised)) == (1, 2)

    simulated(main())


# -- equal content -----------------------------------------------------------------------------------------------------


def test_two_writes_of_equal_content_are_two_records() -> None:
    """A record is never taken for the effect of both, also where both answers are unclear."""

    async def main() -> None:
        desk = await open_desk()
        first, second = desk.worker(Trouble.CUT_BEFORE), desk.worker(Trouble.CUT_AFTER)
        plan = plan_of(desk, contact(desk, "Zoë Ltd"))

        outcomes = await asyncio.gather(first.push(plan, "one"), second.push(plan, "two"))

        assert answers(outcomes) == ["COMMITTED", "COMMITTED"]
        assert len({each.native_id for each in outcomes}) == 2
        assert len(desk.parties("Zoë Ltd")) == 2

    simulated(main())


def test_a_record_is_looked_for_among_those_of_its_day() -> None:
    """An invoice is searched in the window of its date only."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker(Trouble.CUT_AFTER)
        party = next(iter(desk.business.contact_by_id))

        outcome = await worker.push(plan_of(desk, paper(desk, "invoices", "Invoice", "stone", party)), "k")

        assert (outcome.status, len(desk.records("stone"))) == ("COMMITTED", 1)
        lists = [each for each in worker.line.reads if each.url.path.endswith("/records/invoices")]
        windows = {(each.url.params["startDate"], each.url.params["endDate"]) for each in lists}
        assert windows == {("2026-11-15", "2026-11-15")}

    simulated(main())


def test_what_cannot_be_recognised_is_not_sent_again() -> None:
    """Nothing tells the record from others: nobody can say."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker(Trouble.CUT_BEFORE)
        step = contact(desk, "Zoë Ltd", look=Look(kind="Party"))

        outcome = await worker.push(plan_of(desk, step), "k")

        assert (outcome.status, len(worker.line.seen)) == ("INDETERMINATE", 1)

    simulated(main())


def test_an_answer_without_an_id_is_completed_by_a_look() -> None:
    """201 with nothing in it: the record is found, and nothing is sent again."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker()
        step = contact(desk, "Zoë Ltd", id="nowhere", empty=True)
        plain = worker.line.handle_async_request

        async def bare(request: httpx.Request) -> httpx.Response:
            response = await plain(request)
            response.headers.pop("location", None)
            return response

        worker.line.handle_async_request = bare  # type: ignore[method-assign]  # the answer of another provider
        outcome: Outcome = await worker.push(plan_of(desk, step), "k")

        assert outcome.status == "COMMITTED"
        assert [str(id) for id in desk.parties("Zoë Ltd")] == [outcome.native_id]
        assert len(worker.line.seen) == 1

    simulated(main())
