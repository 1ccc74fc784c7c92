"""What can be written where, field by field, and what these books allow now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import pytest
import pytest_asyncio

from ledgermesh.graph.catalogue import catalogue
from ledgermesh.graph.coverage import coverage
from ledgermesh.graph.writes.verbs import VERBS
from tests.contract.known import PROVIDERS
from tests.graph.writing_house import COMPANY, Study, study

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS = """query ($connection: ID!, $records: [String!], $verbs: [Verb!], $first: Int = 3) {
  capabilities(connection: $connection, records: $records, verbs: $verbs) {
    record verb support reason delete repeat customFields
    fields { name readable writableOnCreate writableOnUpdate required requiredIf lengthMax refersTo
      allowedValues(first: $first) { value label id } }
  }
}"""
KASHOO = f"{COMPANY}-kashoo"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house() -> AsyncIterator[Study]:
    """One house for all tests of this file."""
    async with study() as built:
        yield built


@cache
def rows() -> dict[str, dict[tuple[str, str], Any]]:
    """Every capability, by provider, record and verb."""
    return {
        name: {(each.record, each.verb.value): each for each in provider.capabilities}
        for name, provider in catalogue(PROVIDERS).items()
    }


async def test_every_write_of_a_definition_is_a_capability() -> None:
    """What a definition takes is told as taken, all else as not, with a reason; the rows are the same for all."""
    found = rows()

    for name, provider in PROVIDERS.items():
        taken = {(write.kind, write.verb) for write in provider.writes}
        told = {row for row, each in found[name].items() if row[1] in VERBS and each.support.value != "NONE"}
        assert told == taken
        assert all(each.reason for row, each in found[name].items() if row[1] in VERBS and row not in taken)
    assert len({tuple(each) for each in found.values()}) == 1


async def test_fields_of_a_write_are_those_of_its_definition() -> None:
    """A field is told for CREATE where the definition takes it there, also below its parts, and never twice."""
    for name, provider in PROVIDERS.items():
        for write in provider.writes:
            each = rows()[name][write.kind, write.verb]
            names = [field.name for field in each.fields]
            assert len(names) == len(set(names))
            if write.verb == "CREATE":
                assert all(field.writable_on_create for field in each.fields)


async def test_a_reference_tells_what_these_books_have_now(house: Study) -> None:
    """`allowedValues` of a reference are records of the connection, with ids that references take."""
    found = await house.done(FIELDS, connection=KASHOO, records=["Invoice"], verbs=["CREATE"])

    [capability] = found
    party = next(field for field in capability["fields"] if field["name"] == "party")
    assert (party["refersTo"], party["writableOnCreate"]) == (["Party"], True)
    assert len(party["allowedValues"]) == 3
    first = party["allowedValues"][0]
    assert first["label"]
    text = "query ($id: ID!) { node(id: $id) { ... on Party { displayName source { nativeId } } } }"
    record = await house.done(text, id=first["id"])
    assert (record["displayName"], record["source"]["nativeId"]) == (first["label"], first["value"])


async def test_without_a_connection_nobody_is_asked(house: Study) -> None:
    """`providers` says what is the same for everybody, and makes no call."""
    text = "{ providers { capabilities { verb fields { name refersTo allowedValues { value id } } } } }"

    answer = await house.ask(text)

    assert answer["extensions"]["calls"] == []
    for provider in answer["data"]["providers"]:
        fields = [field for each in provider["capabilities"] for field in each["fields"]]
        assert all(each["id"] is None for field in fields for each in field["allowedValues"] or ())


@pytest.mark.parametrize("variables", [{"connection": "nowhere"}, {"connection": KASHOO, "first": 0}])
async def test_what_cannot_be_told_is_refused(house: Study, variables: dict[str, Any]) -> None:
    """A strange connection, and no values at all."""
    answer = await house.ask(FIELDS, records=["Invoice"], verbs=["CREATE"], **variables)

    assert answer["errors"]
    assert answer["extensions"]["calls"] == []


async def test_coverage_prints_what_can_be_changed() -> None:
    """The page has a row for each change that somebody takes, says what deleting does, and what nobody writes."""
    page = coverage(PROVIDERS)

    assert "| Invoice | create | " in page
    assert "| Invoice | set status | " in page
    deletes = [line for line in page.splitlines() if " | delete | " in line]
    assert any("soft" in line or "hard" in line for line in deletes)
    for provider in PROVIDERS.values():
        for operation in provider.unwritten:
            assert f"`{operation}`" in page
