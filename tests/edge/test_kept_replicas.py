"""Kept answers of several replicas over one store: what one of them hears ends the answers of all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from ledgermesh.state.entries import CompanyEntry, KeyEntry, digest
from tests.edge.notifying import Notifying, Replica, notifying

pytestmark = pytest.mark.asyncio(loop_scope="module")

PARTIES = """query ($company: ID!) { company(key: $company) { parties(first: 3, from: ["bossinsights"]) {
  nodes { id displayName } sources { status } } } }"""
SOON = "lm_replicas_soon"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house() -> AsyncIterator[Notifying]:
    """One for all tests of this file."""
    async with notifying(replicas=2) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def here(house: Notifying) -> Notifying:
    """Where nothing is kept."""
    await house.reset()
    house.clock.advance(1_000)
    for each in house.replicas:
        await each.state.directory.catch_up(0)
    return house


async def ask(here: Notifying, replica: Replica, key: str = "lm_demo_read") -> Any:
    """The whole answer, which may be five minutes old."""
    answer = await replica.http.post(
        "/graphql", json={"query": PARTIES, "variables": {"company": here.companies[0]}},
        headers={"Authorization": f"Bearer {key}", "Cache-Control": "max-age=300"},
    )  # fmt: skip
    return answer.json()


async def kept_everywhere(here: Notifying, key: str = "lm_demo_read") -> None:
    """From now on every replica has an answer."""
    for replica in here.replicas:
        answers = [await ask(here, replica, key) for _ in range(2)]
        assert ["kept" in each["extensions"] for each in answers] == [False, True]


async def heard(here: Notifying) -> None:
    """Every replica has caught up with the store."""
    for each in here.replicas:
        await each.state.directory.catch_up(0)


async def test_a_notification_ends_it_on_every_replica(here: Notifying) -> None:
    """The provider tells one of them."""
    url = await here.url()
    await kept_everywhere(here)
    assert (await here.post(url)).status_code == 202
    await heard(here)
    for replica in here.replicas:
        assert "kept" not in (await ask(here, replica))["extensions"]


async def test_a_commit_elsewhere_ends_it(here: Notifying) -> None:
    """What a commit raises on one replica; that replica knows at once, the others as soon as they hear of it."""
    await kept_everywhere(here)
    await here.first.state.directory.raise_generation("sandbox", here.entry().id)
    assert "kept" not in (await ask(here, here.first))["extensions"]
    await heard(here)
    assert "kept" not in (await ask(here, here.replicas[1]))["extensions"]


async def test_a_key_that_is_revoked_elsewhere_gets_nothing(here: Notifying) -> None:
    """And a company that is taken away elsewhere is refused, whatever is kept."""
    scopes = frozenset(("api.read",))
    key = KeyEntry(id="soon", digest=digest(SOON), tenant="demo", environment="sandbox", scopes=scopes)
    here_, there = here.replicas
    await here_.state.directory.add(key)
    await heard(here)
    await kept_everywhere(here, SOON)
    company = here_.state.registry.get(CompanyEntry, "sandbox", here.companies[0])
    assert company is not None
    nobody = replace(company, tenants=frozenset())
    await here_.state.directory.change(CompanyEntry, company.place, lambda _: nobody)
    await heard(here)
    [taken] = (await ask(here, there, SOON))["errors"]
    await here_.state.directory.change(CompanyEntry, company.place, lambda _: company)
    await here_.state.directory.change(KeyEntry, key.place, lambda _: None)
    await heard(here)
    [revoked] = (await ask(here, there, SOON))["errors"]
    assert [each["extensions"]["code"] for each in (taken, revoked)] == ["FORBIDDEN", "UNAUTHENTICATED"]
