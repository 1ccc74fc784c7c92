"""From nothing to the first answer, through the administrators' part of the schema alone: company, connection, query.

`LEDGERMESH_REWRITE=1 uv run pytest tests/scenes` writes the answers anew; read the difference before you keep it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphql import parse, validate

from ledgermesh.graph.question import Question
from tests.graph.admins import admin_house
from tests.harness import SANDBOX, House, opened
from tests.scenes.test_scenes import schema, settled

OPERATIONS = Path(__file__).parents[2] / "schema" / "operations" / "admin"
KEPT = Path(__file__).parent / "administration" / "answers.json"
REWRITE = bool(os.environ.get("LEDGERMESH_REWRITE"))
BOOKS = ("grand-tour", "accountsos")


async def step(house: House, name: str, given: Mapping[str, Any] | None = None) -> Any:
    """One operation's answer, as it goes out."""
    principal = house.gateway.state.registry.principal("north-sandbox")
    assert principal is not None
    text = (OPERATIONS / f"{name}.graphql").read_text(encoding="utf-8")
    question = Question(text=text, variables=given or {}, principal=principal, timeout_seconds=20.0)
    answer = await house.gateway.answers.answer(question)
    return settled(json.loads(json.dumps(opened(answer), default=str)))


async def story(house: House) -> dict[str, Any]:
    """The steps of the README's section on administration, in their order."""
    access = house.emulators["accountsos"].access(house.world.books[BOOKS])
    told: dict[str, Any] = {}
    new = {"name": "Test Bakery", "key": "test-bakery"}
    told["create company"] = await step(house, "1-create-company", new)
    link = {
        "company": "test-bakery",
        "provider": "accountsos",
        "baseUrl": f"{SANDBOX}/accountsos{access.base_path}",
        "settings": [{"name": "currency", "value": "GBP"}],
    }
    told["create connection"] = made = await step(house, "2-create-connection", link)
    company = {"company": "test-bakery"}
    told["first query, too early"] = await step(house, "4-first-query", company)
    secrets = [{"name": name, "value": value} for name, value in access.secrets.items()]
    id = made["data"]["createConnection"]["id"]
    told["link connection"] = await step(house, "3-link-connection", {"connection": id, "secrets": secrets})
    told["first query"] = await step(house, "4-first-query", company)
    told["health"] = await step(house, "connection-health")
    return told


async def test_the_first_query_of_a_new_company() -> None:
    """A test company is made, an app linked with its key, and the first question answered from its books."""
    async with admin_house() as house:
        told = await story(house)
    if REWRITE:
        KEPT.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert all("errors" not in answer for answer in told.values())
    early, late = (
        told[name]["data"]["company"]["bankTransactions"]
        for name in ("first query, too early", "first query")
    )
    assert (early["nodes"], len(late["nodes"])) == ([], 2)
    assert [each["status"] for each in late["sources"]] == ["OK"]
    assert told["health"]["data"]["admin"]["connections"][0]["state"] == "ACTIVE"
    assert told == json.loads(KEPT.read_text(encoding="utf-8"))


def test_the_operations_are_valid() -> None:
    """Each stands for itself and says in its first line what it shows."""
    for path in sorted(OPERATIONS.glob("*.graphql")):
        text = path.read_text(encoding="utf-8")
        assert validate(schema(), parse(text)) == []
        assert text.startswith("# ")
