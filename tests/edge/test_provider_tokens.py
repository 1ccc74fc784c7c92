"""Callers' own tokens for providers."""

from __future__ import annotations

import httpx
import pytest

from ledgermesh.edge.provider_tokens import CHARACTERS_MAX, TOKENS_MAX
from tests.edge.desk import Desk, code, gateway

WORD = {"query": "{ word }"}


async def ask(desk: Desk, *lines: str) -> httpx.Response:
    async with gateway(desk) as http:
        headers = [*http.headers.items(), *(("X-Provider-Token", line) for line in lines)]
        return await http.post("/graphql", json=WORD, headers=httpx.Headers(headers))


async def test_each_header_names_a_connection_and_its_token() -> None:
    """Several connections, several headers; the token may hold what a header may hold."""
    desk = Desk()
    answer = await ask(desk, "shop-books  canary-1", 'shop-bank {"a": "b c"}')

    assert answer.status_code == 200
    given = {name: token.reveal() for name, token in desk.questions[0].tokens.items()}
    assert given == {"shop-books": "canary-1", "shop-bank": '{"a": "b c"}'}


async def test_without_the_header_there_are_none() -> None:
    """The grants are used, as always."""
    desk = Desk()
    await ask(desk)

    assert desk.questions[0].tokens == {}


@pytest.mark.parametrize(
    "lines",
    [
        ("canary",),
        ("",),
        ("shop ",),
        (f"shop {'c' * (CHARACTERS_MAX + 1)}",),
        ("shop canary", "shop canary"),
        tuple(f"shop-{number} canary" for number in range(TOKENS_MAX + 1)),
    ],
)
async def test_a_header_that_cannot_be_read_is_refused(lines: tuple[str, ...]) -> None:
    """By its name, without a word of it."""
    desk = Desk()
    answer = await ask(desk, *lines)

    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")
    assert "canary" not in answer.text
    assert desk.questions == []
