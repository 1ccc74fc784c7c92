"""Putting a record back into the inbox, which only TrulySmall does."""

from __future__ import annotations

import pytest

from tests.contract.stand import standing
from tests.providers.kashoo.writes import RECORDS, blocking, body, changes, document, open_shop
from tests.writing import change, planned, send_steps


@pytest.mark.parametrize("kind", RECORDS)
async def test_a_record_goes_back_to_the_inbox(kind: str) -> None:
    """The whole record is the only one of the list that goes out; it is never sent twice."""
    async with standing("trulysmall") as stand:
        shop = await open_shop(stand)
        made = await shop.make(kind)
        plan = await planned(stand, change(stand, kind, "UNPROCESS", id=made.native_id))
        [step] = plan.steps
        assert (step.method, step.path, step.repeat, plan.blocked) == (
            "POST",
            "/records/unprocess",
            "NEVER",
            False,
        )
        [sent] = body(plan)
        assert (sent["id"], sent["date"]) == (int(made.native_id), made.date.isoformat())
        assert "contactName" not in sent
        await send_steps(stand.hub(), plan)
        found = await shop.one(kind, made.native_id)
        assert document(found)["inboxReference"]
        again = await planned(stand, change(stand, kind, "UNPROCESS", id=made.native_id))
        assert blocking(again) == {"": "VOID"}
        assert changes(stand)[-1].url.path.endswith("/records/unprocess")
