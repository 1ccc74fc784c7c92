"""Every kind of record of every provider, asked by its own operation over the demo world, against the answer kept here.

`LEDGERMESH_REWRITE=1 uv run pytest tests/scenes` writes the answers anew; read the difference before you keep it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from ledgermesh.graph.kinds import BY_NAME, KINDS, Kind
from ledgermesh.graph.operations import file_name
from ledgermesh.model.mapped import graphql_name
from tests.contract.known import PROVIDERS
from tests.graph.demo import demo_house
from tests.scenes.test_scenes import COMPANY, HERE, REWRITE, settled

OPERATIONS = HERE.parents[1] / "schema" / "operations" / "records"
KEPT = HERE / "records"


def kinds_of(provider: str) -> Iterator[Kind]:
    """The kinds that a provider has, whole or below a parent."""
    there = {resource.kind for resource in PROVIDERS[provider].resources}
    return (kind for kind in KINDS if kind.name in there)


def only_below(provider: str, kind: Kind) -> bool:
    """Whether its records are listed below a parent only, by an operation of the parent's."""
    resources = [each for each in PROVIDERS[provider].resources if each.kind == kind.name]
    return not kind.below and all(each.children is not None for each in resources)


async def answers(provider: str) -> dict[str, Any]:
    """What the gateway answers to the operation of each kind, asked of this provider only."""
    found = {}
    async with demo_house() as house:
        for kind in kinds_of(provider):
            text = (OPERATIONS / file_name(kind)).read_text(encoding="utf-8")
            asked: dict[str, Any] = {"company": COMPANY, "from": [provider]}
            answer = await house.ask(text, **asked)
            found[kind.name] = settled(json.loads(json.dumps(answer, default=str)))
    return found


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_records(provider: str) -> None:
    """Each kind answers as it did: records with every field that the provider has, and a good verdict."""
    found = asyncio.run(answers(provider))
    kept = KEPT / f"{provider}.json"
    if REWRITE:
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, answer in found.items():
        check(provider, BY_NAME[name], answer)
    assert found == json.loads(kept.read_text(encoding="utf-8"))


def check(provider: str, kind: Kind, answer: Any) -> None:
    """No errors, records, and the verdict of a source that is whole, or of one that lists them below a parent."""
    assert "errors" not in answer, kind.name
    list_, _, relation = kind.below.partition(".")
    listing = answer["data"]["company"][list_ or graphql_name(kind.many)]
    if only_below(provider, kind):
        assert {each["status"] for each in listing["sources"]} == {"UNSUPPORTED"}, kind.name
        return
    rows = listing["nodes"]
    assert rows and all(each["status"] == "OK" for each in listing["sources"]), kind.name
    if relation:
        assert any(row[relation] for row in rows), kind.name


def test_every_kind_is_shown_by_some_provider() -> None:
    """No operation shows nothing anywhere; and each kind's file is one of a kind."""
    shown = {kind.name for provider in PROVIDERS for kind in kinds_of(provider)}
    assert shown == set(BY_NAME)
    assert {path.name for path in OPERATIONS.glob("*.graphql")} == {file_name(kind) for kind in KINDS}
    assert {path.stem for path in KEPT.glob("*.json")} == set(PROVIDERS)
