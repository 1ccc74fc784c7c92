"""Committing a plan that was looked at."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ledgermesh.graph.upload import Upload
from tests.graph.writing_house import TOKEN, Study, study

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAN = """mutation ($file: FileInput!) {
  uploadDocument(file: $file, kind: RECEIPT, options: { connections: ["accountsos"], passthrough: { folder: 1 } }) {
    planToken
  }
}"""
COMMIT = """mutation ($token: String!, $input: JSON, $passthrough: JSON, $sync: SyncMode = PUSH) {
  commit(planToken: $token, input: $input, passthrough: $passthrough, sync: $sync, trackingId: "t-9") {
    mode clientKey planToken syncId trackingId sources { connection { id } status }
  }
}"""
GIVEN = {"base64": base64.b64encode(b"%PDF-1.4").decode(), "name": "a.pdf", "contentType": "application/pdf"}


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
    made.writer.again = False
    return made


async def planned(house: Study) -> None:
    """A plan that can be committed."""
    payload = await house.done(PLAN, file=GIVEN)
    assert payload == {"planToken": TOKEN}


async def test_a_commit_pushes_what_was_planned(house: Study) -> None:
    """The token alone is enough; the answer is that of a push, and a second token is not given."""
    await planned(house)

    payload = await house.done(COMMIT, token=TOKEN)

    assert (payload["mode"], payload["planToken"], payload["syncId"]) == ("PUSH", None, "sy_1")
    assert payload["trackingId"] == "t-9"
    assert [each["status"] for each in payload["sources"]] == ["COMMITTED"]
    [how] = house.writer.pushes
    assert (how.wait, how.tracking_id) == (False, "t-9")


@pytest.mark.parametrize("file", [GIVEN, {"upload": Upload("a.pdf", "application/pdf", b"%PDF-1.4")}])
async def test_what_did_not_fit_into_the_token_is_given_once_more(house: Study, file: Any) -> None:
    """The input comes as plain JSON by the names of the mutation's own input, files too, and reads the same."""
    await planned(house)
    house.writer.again = True

    await house.done(COMMIT, token=TOKEN, input={"file": file, "kind": "RECEIPT"}, passthrough={"folder": 1})

    first, again = house.writer.changes
    assert (again.kind, again.verb) == ("Document", "CREATE")
    assert (again.values, again.passthrough) == (first.values, first.passthrough)


@pytest.mark.parametrize(
    ("input", "field"),
    [
        (None, "input"),
        ({"file": {"base64": 1}}, "input.file.base64"),
        ({"colour": "red"}, "input"),
        ({"file": {}}, "input.file"),
        ({"kind": "SONG"}, "input.kind"),
    ],
)
async def test_an_input_that_is_none_is_refused(house: Study, input: Any, field: str) -> None:
    """What was left out, what has the wrong type, what no input has."""
    await planned(house)
    house.writer.again = True

    error = await house.refused(COMMIT, token=TOKEN, input=input)

    assert error["extensions"]["field"] == field
    assert house.writer.pushes == []


async def test_a_strange_token_is_refused(house: Study) -> None:
    """The error is the writer's own, on the field."""
    error = await house.refused(COMMIT, token="other")

    assert (error["path"], error["extensions"]["code"]) == (["commit"], "BAD_USER_INPUT")


async def test_a_commit_is_a_push(house: Study) -> None:
    """NONE would be the plan once more."""
    error = await house.refused(COMMIT, token=TOKEN, sync="NONE")

    assert error["extensions"]["field"] == "sync"


async def test_a_key_that_only_reads_commits_nothing(house: Study) -> None:
    """Whoever has the token needs the scope as well."""
    error = await house.refused(COMMIT, key="lm_demo_read", token=TOKEN)

    assert error["extensions"]["code"] == "FORBIDDEN"
