"""The claim of a key, while what takes long is done under it."""

from __future__ import annotations

import asyncio

from tests.engine.hand_plans import contact, plan_of
from tests.engine.pushing import Trouble, open_desk
from tests.simulated import simulated


def test_looking_that_outlasts_a_claim_comes_to_an_end() -> None:
    """Where records show up slowly, two looks take longer than a claim lasts: it is kept meanwhile, whoever waits."""

    async def main() -> None:
        desk = await open_desk()
        plan = plan_of(desk, contact(desk, "Zoë Ltd", settle_seconds=40.0))
        workers = [desk.worker(Trouble.CUT_BEFORE), desk.worker(), desk.worker()]

        outcomes = await asyncio.gather(*(worker.push(plan, "k", seconds=280.0) for worker in workers))

        assert [each.status for each in outcomes] == ["COMMITTED"] * 3
        assert [len(worker.line.seen) for worker in workers] == [2, 0, 0]
        assert len(desk.parties("Zoë Ltd")) == 1

    simulated(main())


def test_a_store_that_fails_at_a_renewal_leaves_the_claim_as_it_is() -> None:
    """No other key is taken for it: whoever comes next goes on from the note, and nothing is done twice."""

    async def main() -> None:
        desk = await open_desk()
        first = desk.worker(Trouble.CUT_AFTER)
        plan = plan_of(desk, contact(desk, "Zoë Ltd", settle_seconds=50.0))
        pushing = asyncio.ensure_future(first.push(plan, "k", seconds=120.0))
        await asyncio.sleep(5.0)
        first.store.down = True
        await asyncio.sleep(60.0)
        first.store.down = False
        other = desk.worker()
        outcomes = await asyncio.gather(pushing, other.push(plan, "k", seconds=200.0))

        assert {each.status for each in outcomes} <= {"COMMITTED", "INDETERMINATE"}
        assert outcomes[1].status == "COMMITTED"
        assert (len(desk.parties("Zoë Ltd")), await desk.state.store.keys("claim/")) == (1, [])

    simulated(main())
