"""Answers that are never kept: of the moment, of one caller, or not all that could be said."""

from __future__ import annotations

import pytest

from ledgermesh.sandbox.faults import Answer
from tests.edge.keeping import COMPANY, LIST, Keeping, kept

pytestmark = pytest.mark.asyncio(loop_scope="module")


MOMENTS = {
    "links that end": LIST.replace("number", "downloads { url }"),
    "a budget": '{ company(key: "alpine-studio") { connections { id quota { remaining } } } }',
    "links that let people in": '{ company(key: "alpine-studio") { connections { id repairUrl } } }',
    "an explanation": 'query { explain(query: "{ viewer { id } }") { points } }',
    "pushes": "{ syncs { id } }",
    "the schema": "{ __schema { queryType { name } } }",
    "one type": '{ __type(name: "Invoice") { name } }',
    "an entity for a router": """{ _entities(representations: [{__typename: "Company", key: "alpine-studio"}]) {
      __typename } }""",
    "a fragment with a link": '{ company(key: "alpine-studio") { invoices(first: 1) { nodes { ...f } } } } '
    "fragment f on Record { id ... on Invoice { downloads { url } } }",
}  # fmt: skip


@pytest.mark.parametrize("text", MOMENTS.values(), ids=MOMENTS.keys())
async def test_what_holds_for_the_moment_is_not_kept(here: Keeping, text: str) -> None:
    """Asked twice, it is made twice."""
    for _ in range(2):
        answer = await here.ask(text, company=COMPANY)
        assert answer.data
        assert "kept" not in answer.body.get("extensions", {})


async def test_an_answer_with_an_error_is_not_kept(here: Keeping) -> None:
    """Neither one that was refused, nor one whose field failed."""
    text = '{ company(key: "alpine-studio") { invoice(id: "nothing") { id } name } }'
    for _ in range(2):
        assert (await here.ask(text)).body["errors"]
    assert here.demo.gateway.answers.kept.memory.find(("demo", "sandbox"), ()) is None
    assert (await here.ask("{ viewer { id } nothing }")).body["errors"]


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_an_answer_with_a_source_that_failed_is_not_kept(here: Keeping, status: int) -> None:
    """The next one asks again, and is kept when all of them are well."""
    here.demo.board.add(Answer(provider="kashoo", method="GET", status=status, times=3))
    spoiled = await here.ask(company=COMPANY)
    failed = {each["status"] for each in spoiled.data["company"]["invoices"]["sources"]} - {"OK"}
    assert failed
    again = await here.ask(company=COMPANY)
    assert again.kept is None
    here.later()


async def test_a_source_that_stands_in_is_not_kept(here: Keeping) -> None:
    """stale-if-error works on as before: STALE is told each time, and the provider is asked each time."""
    said = "max-age=60, stale-if-error=200"
    await kept(here, age=said)
    here.demo.clock.advance(61)
    here.demo.board.add(Answer(provider="smallinvoice", method="GET", status=503))
    for _ in range(2):
        answer = await here.ask(company=COMPANY, age=said)
        statuses = {each["status"] for each in answer.data["company"]["invoices"]["sources"]}
        assert (answer.kept, "STALE" in statuses, "STALE" in answer.came) == (None, True, True)


async def test_what_providers_lack_is_their_last_word(here: Keeping) -> None:
    """A source that has no such records is UNSUPPORTED today and tomorrow: the answer is kept."""
    text = LIST.replace("invoices", "timeEntries").replace("number total { amount }", "")
    first = await here.ask(text, company=COMPANY)
    assert "UNSUPPORTED" in {each["status"] for each in first.data["company"]["timeEntries"]["sources"]}
    assert (await here.ask(text, company=COMPANY)).kept == 0


async def test_a_callers_own_token_keeps_its_answer_to_itself(here: Keeping) -> None:
    """With X-Provider-Token nothing is kept and nothing kept is given."""
    await kept(here)
    headers = {"X-Provider-Token": f"{COMPANY}-kashoo wrong"}
    for _ in range(2):
        assert (await here.ask(company=COMPANY, headers=headers)).kept is None


async def test_each_operation_of_a_batch_is_live(here: Keeping) -> None:
    """A batch says nothing of ages, as ever; its answers are right and are not kept."""
    await kept(here)
    question = {"query": LIST, "variables": {"company": COMPANY}}
    answer = await here.http.post(
        "/graphql", json=[question, question],
        headers={"Authorization": "Bearer lm_demo_read", "Cache-Control": "max-age=60"},
    )  # fmt: skip
    assert [("kept" in each["extensions"], bool(each["data"])) for each in answer.json()] == [
        (False, True)
    ] * 2
