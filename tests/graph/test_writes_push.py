"""What a push tells: one sync for an operation, outcomes, failures, conflicts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ledgermesh.engine.planned import Changed, Failure, Outcome, Sent
from ledgermesh.errors import Conflict
from tests.graph.writing_house import KASHOO, UPDATE, Study, only, party, study

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def made() -> AsyncIterator[Study]:
    """One house for all tests of this file."""
    async with study() as built:
        yield built


@pytest.fixture
def house(made: Study) -> Study:
    """The house, and a writer that remembers nothing."""
    made.writer.changes.clear()
    made.writer.pushes.clear()
    made.writer.became = {}
    return made


async def test_one_operation_has_one_sync_id(house: Study) -> None:
    """Two mutations pushed by one operation are parts of one sync, whose id goes out beside the answer."""
    someone = await party(house)
    text = """mutation ($id: ID!) {
      a: updateParty(id: $id, input: { email: "a@b.ca" }, options: { sync: PUSH }) { syncId planToken }
      b: updateParty(id: $id, input: { email: "b@b.ca" }, options: { sync: PUSH_AND_WAIT }) { syncId }
    }"""

    answer = await house.ask(text, id=someone["id"])

    assert answer["data"] == {"a": {"syncId": "sy_1", "planToken": None}, "b": {"syncId": "sy_1"}}
    assert [(each.sync_id, each.wait) for each in house.writer.pushes] == [("", False), ("sy_1", True)]
    assert house.last is not None
    assert house.last.notes.sync_id == "sy_1"


async def test_what_was_committed_is_read_again(house: Study) -> None:
    """The outcome's evidence, requests and differences stand beside the record as the provider has it now."""
    someone = await party(house)
    house.writer.became = {
        KASHOO: Outcome(
            status="COMMITTED", connection=KASHOO, kind="Party", verb="UPDATE",
            native_id=someone["source"]["nativeId"], replayed=True, evidence="it was there",
            sent=(Sent(method="PUT", path="/contacts/{id}", status=200, upstream_request_id="r-1"),),
            changed=(Changed(field="address.postal_code", asked="1", got={"first_line": "2"}),),
        )
    }  # fmt: skip

    payload = await house.done(
        UPDATE, id=someone["id"], input={"email": "a@b.ca"}, options={"sync": "PUSH_AND_WAIT"}
    )

    source = only(payload)
    assert (source["status"], source["replayed"], source["evidence"]) == ("COMMITTED", True, "it was there")
    assert source["record"]["id"] == someone["id"]
    assert source["record"]["__typename"] == "Party"
    assert source["sent"][0]["upstreamRequestId"] == "r-1"
    assert source["changedFields"] == [
        {"path": "address.postalCode", "asked": "1", "got": {"firstLine": "2"}}
    ]
    assert source["plan"]["steps"] != []


async def test_what_failed_says_why_and_what_is_left(house: Study) -> None:
    """The provider's own words, and what could not be taken back, are told; there is no record."""
    someone = await party(house)
    house.writer.became = {
        KASHOO: Outcome(
            status="NOT_COMMITTED", connection=KASHOO, kind="Party", verb="UPDATE", native_id="1",
            residue=(Sent(method="POST", path="/contacts"),),
            failure=Failure(
                code="PROVIDER_REFUSED", message="no", remedy="Look.", path="input.email",
                provider_code="17", provider_message="Bad email",
            ),
        )
    }  # fmt: skip

    payload = await house.done(
        UPDATE, id=someone["id"], input={"email": "a@b.ca"}, options={"sync": "PUSH_AND_WAIT"}
    )

    source = only(payload)
    assert (source["status"], source["record"]) == ("NOT_COMMITTED", None)
    assert source["residue"] == [{"method": "POST", "path": "/contacts"}]
    assert (source["error"]["path"], source["error"]["providerMessage"]) == ("input.email", "Bad email")


async def test_a_conflict_shows_all_three_sides(house: Study) -> None:
    """What the caller saw, what it asks for and what is there now, field by field."""
    someone = await party(house)
    difference = [{"field": "display_name", "before": "A", "asked": "B", "now": "C"}]
    house.writer.became = {KASHOO: Conflict("changed meanwhile", details={"difference": difference})}

    payload = await house.done(UPDATE, id=someone["id"], input={"email": "a@b.ca"}, options={"sync": "PUSH"})

    source = only(payload)
    assert (source["status"], source["error"]["code"]) == ("NOT_COMMITTED", "CONFLICT")
    assert source["error"]["difference"] == [{"path": "displayName", "before": "A", "asked": "B", "now": "C"}]
