"""Plans of several requests: ids handed on, and earlier steps taken back when a later one fails for good."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import msgspec

from ledgermesh.engine.planned import Plan, Sent
from ledgermesh.engine.sending import filled, filled_body
from tests.engine.hand_plans import contact, paper, plan_of
from tests.engine.pushing import Desk, Trouble, open_desk
from tests.simulated import simulated

HOLE = "${steps.0.id}"


def bill_plan(desk: Desk, name: str, **changes: Any) -> Plan:
    """A bill of a vendor that is made first."""
    bill = paper(desk, "bills", "Bill", f"bill of {name}", HOLE)
    return plan_of(
        desk, contact(desk, name), bill, asked={"party": HOLE, "memo": f"bill of {name}"}, **changes
    )


def wrong_bill(desk: Desk, name: str) -> Plan:
    """The same with a bill that the provider refuses."""
    plan = bill_plan(desk, name)
    bill = plan.steps[1]
    assert bill.body is not None
    fields = msgspec.json.decode(bill.body)
    fields["lineItems"][0]["account"] = 1
    return replace(plan, steps=(plan.steps[0], replace(bill, body=msgspec.json.encode(fields))))


def test_ids_are_handed_on_as_they_were_told() -> None:
    """The number of the new contact stands in the bill as a number; all else is the plan byte for byte."""

    async def main() -> None:
        desk = await open_desk()
        worker, plan = desk.worker(), bill_plan(desk, "Zoë Ltd")

        outcome = await worker.push(plan, "k")

        [vendor] = desk.parties("Zoë Ltd")
        [bill] = desk.records("bill of Zoë Ltd")
        assert (outcome.status, outcome.kind, outcome.native_id) == ("COMMITTED", "Bill", str(bill.id))
        assert bill.contact == vendor
        planned = plan.steps[1].body
        assert planned is not None
        assert worker.line.seen[1].content == planned.replace(b'"${steps.0.id}"', str(vendor).encode())
        assert outcome.changed == ()
        assert len(worker.raised) == 1

    simulated(main())


def test_holes() -> None:
    """Whole texts become the id as it was told, parts of texts its characters, paths are encoded, others stay."""
    ids: dict[int, int | str] = {0: 12, 1: 'a"b/c'}

    assert filled_body(b'{"a":"${steps.0.id}","b":"${steps.1.id}","c":"${steps.2.id}"}', ids, json=True) == (
        b'{"a":12,"b":"a\\"b/c","c":"${steps.2.id}"}'
    )
    assert filled_body(b'{"a":"see ${steps.0.id}, ${steps.1.id}"}', ids, json=True) == (
        b'{"a":"see 12, a\\"b/c"}'
    )
    assert filled_body(b'x"${steps.0.id}"', ids, json=False) == b'x"12"'
    assert filled("/a/${steps.1.id}/%24%7Bsteps.0.id%7D", ids, lambda text: text.replace("/", "%2F")) == (
        '/a/a"b%2Fc/12'
    )


def test_text_that_looks_like_a_hole_stays_text() -> None:
    """Nobody makes an id of what a caller wrote into a name."""

    async def main() -> None:
        desk = await open_desk()

        outcome = await desk.worker().push(plan_of(desk, contact(desk, "Price ${steps.0.id}")), "k")

        assert (outcome.status, len(desk.parties("Price ${steps.0.id}"))) == ("COMMITTED", 1)

    simulated(main())


def test_a_step_that_fails_takes_back_those_before() -> None:
    """The vendor that was made for the bill is removed again, and both are reported."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker()

        outcome = await worker.push(wrong_bill(desk, "Zoë Ltd"), "k")

        assert (outcome.status, outcome.residue) == ("NOT_COMMITTED", ())
        assert outcome.failure is not None
        assert outcome.failure.code == "PROVIDER_REFUSED"
        assert [(each.method, each.status, each.undone) for each in outcome.sent] == [
            ("POST", 201, False),
            ("POST", 400, False),
            ("DELETE", 204, True),
        ]
        assert (desk.parties("Zoë Ltd"), len(worker.raised)) == ([], 1)

    simulated(main())


def test_after_being_taken_back_it_may_be_tried_again() -> None:
    """The same key begins afresh."""

    async def main() -> None:
        desk = await open_desk()
        worker = desk.worker(None, Trouble.REFUSED)
        plan = bill_plan(desk, "Zoë Ltd")

        first = await worker.push(plan, "k")
        second = await worker.push(plan, "k")

        assert (first.status, first.residue, second.status) == ("NOT_COMMITTED", (), "COMMITTED")
        assert (len(desk.parties("Zoë Ltd")), len(desk.records("bill of Zoë Ltd"))) == (1, 1)

    simulated(main())


def test_what_cannot_be_taken_back_is_said() -> None:
    """Without a way back, or with one that the provider refuses: the residue has the record's id; a retry goes on."""

    async def main() -> None:
        desk = await open_desk()
        for name, troubles, undo in (
            ("Zoë", (None, Trouble.REFUSED), False),
            ("Max", (None, Trouble.REFUSED, Trouble.REFUSED), True),
        ):
            worker, plan = desk.worker(*troubles), bill_plan(desk, name)
            if not undo:
                plan = replace(plan, steps=(replace(plan.steps[0], undo=None), plan.steps[1]))
            first = await worker.push(plan, name)
            [vendor] = desk.parties(name)
            second = await worker.push(plan, name)

            left = Sent(method="POST", path="/businesses/{business_id}/contacts", native_id=str(vendor))
            assert (first.status, first.residue) == ("NOT_COMMITTED", (left,))
            assert second.status == "COMMITTED"
            assert (desk.parties(name), len(desk.records(f"bill of {name}"))) == ([vendor], 1)

    simulated(main())


def test_what_was_done_is_neither_sent_nor_looked_for_again() -> None:
    """Also where it left no trace: the note says that it is done."""

    async def main() -> None:
        desk = await open_desk()
        worker, plan = desk.worker(None, Trouble.REFUSED), bill_plan(desk, "Zoë")
        plan = replace(
            plan, steps=(replace(plan.steps[0], undo=None, repeat="NEVER", look=None), plan.steps[1])
        )

        first = await worker.push(plan, "k")
        second = await worker.push(plan, "k")

        assert (first.status, second.status) == ("NOT_COMMITTED", "COMMITTED")
        assert (len(desk.parties("Zoë")), len(worker.line.seen)) == (1, 3)

    simulated(main())


def test_an_unclear_way_back_is_looked_for_too() -> None:
    """The removal's answer was lost: the contact is looked at, and is gone or is removed once more."""

    async def main() -> None:
        desk = await open_desk()
        for trouble, sent in ((Trouble.CUT_AFTER, 3), (Trouble.CUT_BEFORE, 4)):
            worker = desk.worker(None, Trouble.REFUSED, trouble)

            outcome = await worker.push(bill_plan(desk, trouble.name), trouble.name)

            assert (outcome.status, outcome.residue) == ("NOT_COMMITTED", ())
            assert (len(worker.line.seen), desk.parties(trouble.name)) == (sent, [])

    simulated(main())


def test_an_unclear_step_takes_nothing_back() -> None:
    """The bill may be there, so its vendor stays; asking again goes on from there."""

    async def main() -> None:
        desk = await open_desk()
        for trouble in (Trouble.CUT_AFTER, Trouble.CUT_BEFORE):
            worker, plan = desk.worker(None, trouble), bill_plan(desk, trouble.name)

            first = await worker.push(plan, trouble.name, seconds=1.0)
            [vendor] = desk.parties(trouble.name)
            second = await worker.push(plan, trouble.name)

            assert (first.status, [each.native_id for each in first.residue]) == (
                "INDETERMINATE",
                [str(vendor)],
            )
            assert second.status == "COMMITTED"
            assert desk.parties(trouble.name) == [vendor]
            assert len(desk.records(f"bill of {trouble.name}")) == 1

    simulated(main())


def test_steps_survive_a_death_at_any_point() -> None:
    """Forward or on the way back: what was done is not repeated, and nothing stays half done unsaid."""

    async def main() -> None:
        desk = await open_desk()
        for make, status, count in ((bill_plan, "COMMITTED", 1), (wrong_bill, "NOT_COMMITTED", 0)):
            deaths = 0
            for dies_at in range(60):
                name = f"{status} {dies_at}"
                worker, plan = desk.worker(dies_at=dies_at), make(desk, name)
                caller = asyncio.ensure_future(worker.push(plan, name))
                await asyncio.wait((caller,))
                if not worker.process.dead:
                    break
                deaths += 1
                outcome = await desk.worker().push(plan, name, seconds=100.0)
                assert (outcome.status, outcome.residue) == (status, ())
                assert len(desk.parties(name)) == count
                assert len(desk.records(f"bill of {name}")) == count
            assert deaths >= 15

    simulated(main())


def test_without_the_store_no_further_step_is_sent() -> None:
    """The store ends after the first step: nobody pretends; when it is back, the plan is ended."""

    async def main() -> None:
        desk = await open_desk()
        worker, plan = desk.worker(), bill_plan(desk, "Zoë Ltd")
        worker.store.tear = lambda key, value: b'"DONE"' in (value or b"")

        first = await worker.push(plan, "k")
        [vendor] = desk.parties("Zoë Ltd")
        worker.store.tear, worker.store.down = None, False
        second = await worker.push(plan, "k", seconds=100.0)

        assert (first.status, [each.native_id for each in first.residue]) == ("INDETERMINATE", [str(vendor)])
        assert len(worker.raised) >= 1
        assert second.status == "COMMITTED"
        assert (desk.parties("Zoë Ltd"), len(desk.records("bill of Zoë Ltd"))) == ([vendor], 1)

    simulated(main())
