"""What headers say about writes, and what they are told back."""

from __future__ import annotations

import httpx
import pytest

from ledgermesh.edge.write_headers import check_write_headers, mutations
from ledgermesh.errors import BadInput
from ledgermesh.graph.question import Answer, Question
from ledgermesh.graph.writes.headers import WriteHeaders
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import KeyEntry, TenantEntry
from ledgermesh.state.registry import Principal
from tests.edge.desk import Desk, code, gateway

WORD = {"query": "{ word }"}


async def test_all_of_them(http: httpx.AsyncClient, desk: Desk) -> None:
    """Push or not, the sources by their names, the caller's own names of the request and of the write."""
    headers = [
        ("X-Sync-Data", "Push"),
        ("X-Sync-Sources", "kashoo, Big Books"),
        ("X-Sync-Sources", "kashoo"),
        ("X-Tracking-ID", "t-1"),
        ("Idempotency-Key", "k-1"),
    ]

    await http.post("/graphql", json=WORD, headers=headers)
    await http.post("/graphql", json=WORD)

    said, nothing = (question.write_headers for question in desk.questions)
    assert said == WriteHeaders(
        push=True, sources=("kashoo", "Big Books"), tracking_id="t-1", client_key="k-1"
    )
    assert nothing == WriteHeaders()


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Sync-Data", "pull")],
        [("X-Sync-Data", "")],
        [("X-Sync-Data", "push"), ("X-Sync-Data", "no")],
        [("X-Sync-Sources", "")],
        [("X-Sync-Sources", "kashoo,")],
        [("X-Sync-Sources", "tab\there")],
        [("X-Sync-Sources", "x" * 129)],
        [("Idempotency-Key", "")],
        [("Idempotency-Key", "x" * 129)],
        [("Idempotency-Key", "a b")],
        [("Idempotency-Key", "a"), ("Idempotency-Key", "a")],
    ],
    ids=lambda headers: repr(headers)[:60],
)
async def test_one_that_cannot_be_meant(
    http: httpx.AsyncClient, desk: Desk, headers: list[tuple[str, str]]
) -> None:
    """Is a 400 that names it, before anything is executed."""
    answer = await http.post("/graphql", json=WORD, headers=headers)

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert answer.json()["errors"][0]["extensions"]["field"] == headers[0][0]
    assert desk.questions == []


class Pushing(Desk):
    """Pushes with every answer."""

    async def answer(self, question: Question) -> Answer:
        question.notes.sync_id = f"sync_{len(question.text)}"
        return await super().answer(question)


async def test_the_sync_id_comes_back(http: httpx.AsyncClient) -> None:
    """As X-Sync-ID, where an operation pushed something; in a batch each answer has its own."""
    async with gateway(Pushing()) as pushing:
        pushed = await pushing.post("/graphql", json=WORD)
        batch = await pushing.post("/graphql", json=[WORD])

    assert pushed.headers["x-sync-id"] == "sync_8"
    assert "x-sync-id" not in batch.headers
    assert "x-sync-id" not in (await http.post("/graphql", json=WORD)).headers


# -- what an operation cannot mean ----------------------------------------------------------------------------

WHO = Principal(
    tenant=TenantEntry(id="t", name="T"),
    key=KeyEntry(id="k", digest="", tenant="t", environment="sandbox", scopes=frozenset()),
)
ONE = "mutation { a }"
TWO = "mutation { a b: a }"


def question(
    text: str, headers: WriteHeaders, *, token: bool = False, operation: str | None = None
) -> Question:
    """A question that came with these headers."""
    tokens = {"c": Secret("theirs")} if token else {}
    return Question(
        text=text,
        operation=operation,
        principal=WHO,
        timeout_seconds=1.0,
        tokens=tokens,
        write_headers=headers,
    )


@pytest.mark.parametrize(
    ("text", "operation", "count"),
    [
        (ONE, None, 1),
        (TWO, None, 2),
        ("mutation { ...F } fragment F on Mutation { a ...G } fragment G on Mutation { b ...F }", None, 2),
        ("mutation { ... on Mutation { a } ... @include(if: false) { b } }", None, 2),
        ("mutation { ...F ...F } fragment F on Mutation { a }", None, 1),
        ("mutation { ...Gone }", None, 0),
        ("mutation A { a } mutation B { a b }", "A", 1),
        ("mutation A { a } mutation B { a b }", "B", 2),
        ("mutation A { a } mutation B { a b }", None, 0),
        ("query { a b }", None, 0),
        ("mutation {", None, 0),
        ("mutation" + " { a" * 100_000, None, 0),
        ("mutation { a b " + "# " + "x" * 60_000 + "\n}", None, 0),
        ("mutation { " + "a " * 5_000 + "}", None, 0),
    ],
)
def test_mutations_are_counted_where_they_hide(text: str, operation: str | None, count: int) -> None:
    """Aliases, fragments and conditions count; other operations of the document do not.

    What is larger than any document that is run is left to the limits, which refuse it.
    """
    assert mutations(text, operation) == count


def test_a_key_for_several_mutations_is_refused() -> None:
    """One Idempotency-Key cannot name two changes; without one, or with one mutation, nothing is wrong."""
    key = WriteHeaders(client_key="k")
    check_write_headers(question(ONE, key))
    check_write_headers(question(TWO, WriteHeaders(push=True)))

    with pytest.raises(BadInput) as refused:
        check_write_headers(question(TWO, key))

    assert refused.value.details == {"field": "Idempotency-Key"}


def test_a_push_with_the_callers_own_token_is_refused() -> None:
    """X-Provider-Token lives as long as its request, and a push longer; a plan may be made with it."""
    check_write_headers(question(ONE, WriteHeaders(), token=True))

    with pytest.raises(BadInput) as refused:
        check_write_headers(question(ONE, WriteHeaders(push=True), token=True))

    assert refused.value.details == {"field": "X-Provider-Token"}
