"""What headers say about writes, and what they are told back."""

from __future__ import annotations

import httpx
import pytest

from ledgermesh.graph.question import Answer, Question
from ledgermesh.graph.writes.headers import WriteHeaders
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
