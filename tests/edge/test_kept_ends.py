"""What ends a kept answer at once: whatever changes the books, or who may see them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, Standing
from tests.edge.keeping import COMPANY, GUEST, LIST, Keeping, kept
from tests.graph.demo import codes
from tests.harness import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def changed(here: Keeping, kind: Any, place: str, change: Any) -> None:
    await here.demo.gateway.state.directory.change(kind, place, change)


async def test_a_generation_later_it_is_gone(here: Keeping) -> None:
    """What a commit, a provider's notification and linking again raise; of another company it changes nothing."""
    directory = here.demo.gateway.state.directory
    await kept(here)
    await directory.raise_generation("sandbox", "maple-bakery-kashoo")
    assert (await here.ask(company=COMPANY)).kept == 0
    await directory.raise_generation("sandbox", f"{COMPANY}-kashoo")
    after = await here.ask(company=COMPANY)
    assert (after.kept, "MISS" in after.came) == (None, True)
    assert (await here.ask(company=COMPANY)).kept == 0


async def test_sharing_ends_it_and_brings_nothing_back(here: Keeping) -> None:
    """A company that is taken away is refused at once, however old an answer the caller takes."""
    await kept(here, key=GUEST)
    company = here.demo.gateway.state.registry.get(CompanyEntry, "sandbox", COMPANY)
    assert company is not None
    await changed(here, CompanyEntry, company.place, lambda old: replace(old, tenants=frozenset(("demo",))))
    refused = await here.ask(company=COMPANY, key=GUEST)
    await changed(here, CompanyEntry, company.place, lambda old: company)
    assert codes(refused.body) == ["FORBIDDEN"]
    assert (await here.ask(company=COMPANY, key=GUEST)).data["company"]["name"]


async def test_a_name_that_changes_ends_it(here: Keeping) -> None:
    """What the registry says is as true as what providers say."""
    await kept(here)
    company = here.demo.gateway.state.registry.get(CompanyEntry, "sandbox", COMPANY)
    assert company is not None
    await changed(here, CompanyEntry, company.place, lambda old: replace(old, name="Alpine Ltd"))
    renamed = await here.ask(company=COMPANY)
    await changed(here, CompanyEntry, company.place, lambda old: company)
    assert (renamed.kept, renamed.data["company"]["name"]) == (None, "Alpine Ltd")


async def test_a_connection_that_ends_or_is_paused_ends_it(here: Keeping) -> None:
    """Its rows are not shown from memory when they are not to be shown."""
    registry = here.demo.gateway.state.registry
    entry = registry.get(ConnectionEntry, "sandbox", f"{COMPANY}-kashoo")
    assert entry is not None
    await kept(here)
    paused = Standing(environment="sandbox", connection=entry.id, state="PAUSED", since=NOW)
    await changed(here, Standing, paused.place, lambda _: paused)
    stopped = await here.ask(company=COMPANY)
    live = await here.ask(company=COMPANY, age=0)
    await changed(here, Standing, paused.place, lambda _: None)
    await kept(here)
    await changed(here, ConnectionEntry, entry.place, lambda _: None)
    gone = await here.ask(company=COMPANY)
    await here.demo.gateway.state.directory.add(entry)

    statuses = {
        each["connection"]["id"]: each["status"] for each in live.data["company"]["invoices"]["sources"]
    }
    assert (stopped.kept, statuses[entry.id]) == (None, "PAUSED")
    left = {each["connection"]["id"] for each in gone.data["company"]["invoices"]["sources"]}
    assert entry.id not in left


async def test_companies_that_come_end_a_list_of_all(here: Keeping) -> None:
    """A company that is shared later stands in the next answer."""
    text = "{ companies { key name } }"
    await kept(here, text=text)
    new = CompanyEntry(key="kept-new", name="New", environment="sandbox", tenants=frozenset(("demo",)))
    await here.demo.gateway.state.directory.add(new)
    after = await here.ask(text)
    await changed(here, CompanyEntry, new.place, lambda _: None)
    assert (after.kept, "kept-new" in {each["key"] for each in after.data["companies"]}) == (None, True)


async def test_nothing_outlives_its_day(here: Keeping) -> None:
    """What is overdue goes by the day: an answer of before midnight is not given behind it."""
    text = LIST.replace("number", "isOverdue")
    here.demo.clock.advance(
        (NOW.replace(hour=23, minute=59, second=50) - here.demo.clock.now()).total_seconds() % 86_400
    )
    await kept(here, text=text)
    here.demo.clock.advance(15)
    assert (await here.ask(text, company=COMPANY)).kept is None
