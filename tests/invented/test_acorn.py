"""A sixth provider, invented, added by nothing but its own files: found, checked, merged with the others, counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.graph.coverage import coverage
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.sandbox.app import makers
from ledgermesh.sandbox.emulator import PACKAGE, modules
from ledgermesh.sandbox.world import make_world
from tests.harness import NOW, House, house

HERE = Path(__file__).parent
PROVIDERS, EMULATORS = "tests.invented.providers", "tests.invented.sandbox"
COMPANY = "maple-bakery"
LINES_MAX = 250
"""An afternoon's work."""

NEWEST = """query Newest($company: ID!, $after: String, $from: [String!]) { company(key: $company) {
  invoices(first: 40, after: $after, from: $from) {
    nodes { number date total { amount currency } party { displayName } lines { net { amount } }
      source { connection { id } origin { integration nativeId } } }
    pageInfo { hasNextPage endCursor }
    sources { connection { id provider { title } } status completeness calls error { code } } } } }"""


@asynccontextmanager
async def six() -> AsyncIterator[House]:
    """A gateway over the providers there are and the invented one."""
    clock = ManualClock(NOW)
    keepers = {
        name: each.KEEPER for package in (PACKAGE, EMULATORS) for name, each in modules(package).items()
    }
    world = make_world(today=NOW.date(), keepers=keepers)
    emulators = {name: make(world, clock) for name, make in makers(PACKAGE, EMULATORS).items()}
    definitions = {**discover(NAMES), **discover(NAMES, package=PROVIDERS)}
    async with house(world, emulators, clock, definitions=definitions) as built:
        yield built


async def whole(here: House, *sources: str) -> list[Any]:
    """All invoices of these sources, page by page."""
    rows, after = [], None
    while True:
        asked: dict[str, Any] = {"company": COMPANY, "after": after, "from": list(sources)}
        answer = await here.ask(NEWEST, **asked)
        assert "errors" not in answer
        page = answer["data"]["company"]["invoices"]
        assert {each["status"] for each in page["sources"]} == {"OK"}
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        after = page["pageInfo"]["endCursor"]


async def test_its_records_come_merged_with_all_others() -> None:
    """Every invoice of the books once, in one order with another provider's; relations resolve; ids stay its own."""
    async with six() as here:
        merged, apart = await whole(here, "acorn", "kashoo"), await whole(here, "kashoo")
        own = [row for row in merged if row["source"]["connection"]["id"] == f"{COMPANY}-acorn"]
        assert len(own) == len(here.world.books[COMPANY, "acorn"].invoices) == len(merged) - len(apart)
    assert [row for row in merged if row not in own] == apart
    dates = [row["date"] for row in merged]
    assert dates == sorted(dates, reverse=True)
    assert all(row["party"]["displayName"] and row["lines"] for row in own)
    assert {row["source"]["origin"]["integration"] for row in own} == {"acorn"}
    assert {row["total"]["currency"] for row in own} <= {"EUR", "CHF", "CAD"}


async def test_what_it_has_not_is_said_with_its_reason_and_when_it_fails_the_others_answer() -> None:
    """A verdict for bills, a verdict while it is down; never an error for the whole."""
    async with six() as here:
        bills = await here.ask(
            """query Bills($company: ID!) { company(key: $company) { bills { nodes { id }
               sources { connection { id } status error { message } } } } }""",
            company=COMPANY,
        )
        here.down.add("acorn")
        page = (await here.ask(NEWEST, company=COMPANY))["data"]["company"]["invoices"]
    verdicts = {each["connection"]["id"]: each for each in bills["data"]["company"]["bills"]["sources"]}
    refused = verdicts[f"{COMPANY}-acorn"]
    assert (refused["status"], refused["error"]["message"]) == (
        "UNSUPPORTED",
        "Acorn Books knows what is sold, not what is bought.",
    )
    status = {each["connection"]["id"]: each["status"] for each in page["sources"]}
    assert status[f"{COMPANY}-acorn"] == "UNAVAILABLE" and status[f"{COMPANY}-kashoo"] == "OK"
    assert page["nodes"]


def test_it_has_its_column_in_the_coverage() -> None:
    """The page that users read is printed from its definition."""
    text = coverage({**discover(NAMES), **discover(NAMES, package=PROVIDERS)})
    assert "## Acorn Books" in text
    assert "- Invoice: sorts date" in text


def test_adding_it_is_an_afternoon_s_work(capsys: pytest.CaptureFixture[str]) -> None:
    """So many lines, in its own folders only: nothing outside of them names it."""
    own = sorted([*HERE.glob("providers/acorn/*.py"), *HERE.glob("sandbox/acorn.py")])
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in own}
    root = HERE.parents[1]
    outside = [
        path
        for folder in ("src", "schema")
        for path in (root / folder).rglob("*")
        if path.suffix in (".py", ".yaml", ".graphql", ".md", ".toml")
        and "acorn" in path.read_text("utf-8").casefold()
    ]
    with capsys.disabled():
        total = sum(lines.values())
        print(
            f"\nan invented provider: {total} lines in {len(lines)} files, {len(outside)} files touched outside"
        )
    assert outside == []
    assert 0 < sum(lines.values()) <= LINES_MAX
