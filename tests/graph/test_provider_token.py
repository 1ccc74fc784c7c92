"""A caller's own token for a provider: used for one request instead of the grant, and mixed with nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ledgermesh.errors import Forbidden
from ledgermesh.graph.question import Question
from ledgermesh.state.base import Secret
from ledgermesh.upstream.call import Fresh
from tests.graph.demo import Demo, demo_house
from tests.harness import opened

CONNECTION = "maple-bakery-accountsos"
TEXT = """{ company(key: "maple-bakery") { bankTransactions(first: 2, from: ["accountsos"]) {
  nodes { description source { nativeId } } sources { status error { code } } } } }"""


async def asked(house: Demo, token: str | None, *, seconds: float = 0.0) -> Any:
    """The list, read with this token or with the grant; answers may be so many seconds old."""
    principal = house.gateway.state.registry.principal("lm_demo_read")
    assert principal is not None
    answer = await house.gateway.answers.answer(
        Question(
            text=TEXT,
            principal=principal,
            timeout_seconds=20.0,
            fresh=Fresh(max_age_seconds=seconds),
            tokens={} if token is None else {CONNECTION: Secret(token)},
        )
    )
    return opened(answer)["data"]["company"]["bankTransactions"]


def key_of(house: Demo, company: str) -> str:
    """The API key of a company's books at AccountsOS."""
    return house.emulators["accountsos"].access(house.world.books[company, "accountsos"]).secrets["api_key"]


async def test_it_reads_what_the_token_opens() -> None:
    """Other books than the grant's; a kept answer of the one is no answer for the other."""
    async with demo_house() as house:
        own = await asked(house, None)
        theirs = await asked(house, key_of(house, "harbour-legal"), seconds=60)
        again = await asked(house, None, seconds=60)

    assert own["nodes"] != theirs["nodes"]
    assert (own["nodes"], theirs["sources"]) == (again["nodes"], [{"status": "OK", "error": None}])


async def test_one_that_is_refused_says_nothing_of_the_connection() -> None:
    """The caller is told; the connection goes on with its grant, which stays as it was."""
    async with demo_house() as house:
        before = await house.gateway.state.grants.find("demo", "sandbox", CONNECTION)
        refused = await asked(house, "sk_live_of_nobody")
        fine = await asked(house, None)
        after = await house.gateway.state.grants.find("demo", "sandbox", CONNECTION)
        standing = house.gateway.state.registry.standing("sandbox", CONNECTION)

    assert refused["sources"] == [{"status": "NEEDS_REAUTH", "error": {"code": "NEEDS_REAUTH"}}]
    assert fine["sources"] == [{"status": "OK", "error": None}]
    assert (before, standing) == (after, None)


async def test_it_is_for_connections_that_the_key_reaches() -> None:
    """Another's connection cannot be named, whoever's token it is."""
    async with demo_house() as house:
        principal = house.gateway.state.registry.principal("lm_demo_read")
        assert principal is not None
        question = Question(
            text=TEXT, principal=principal, timeout_seconds=20.0, tokens={"nobody-s": Secret("canary")}
        )
        with pytest.raises(Forbidden, match="does not reach"):
            await house.gateway.answers.answer(question)
