"""A malformed value costs its field, a malformed record itself, both are named; never the page, never the company."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.graph.kinds import BY_NAME
from ledgermesh.model.mapped import graphql_name
from ledgermesh.model.money import Money
from ledgermesh.spec.resource import Resource
from ledgermesh.spec.wires import Fields
from tests.contract.known import PROVIDERS
from tests.contract.small import small_world
from tests.contract.stand import NOW, rig
from tests.harness import House, house

BAD: dict[str, object] = {"not": ["what", "the", "contract", "says"]}
SPOILT = {
    *("day", "transfer_date", "money", "minor_money", "instant", "local_instant"),
    *("flag", "whole", "decimal", "text"),
}
"""Transforms that cannot read `BAD`."""
RECORDS: dict[str, object] = {"null": None, "word": "a word", "number": 7, "list": []}


def resources(name: str) -> list[Resource]:
    """Those of the provider that are listed, one for each kind, whose records its emulator can spoil."""
    listed = [each for each in PROVIDERS[name].resources if each.list is not None and each.children is None]
    return list({each.kind: each for each in reversed(listed) if each.kind not in rig(name).STEADY}.values())


def chosen(fields: Fields) -> list[tuple[str, str]]:
    """(field, its place in the document) of the first plain field of each type."""
    found: dict[str, tuple[str, str]] = {}
    for name, wire in fields.wires.items():
        if wire.transform in SPOILT and name != "native_id" and wire.paths[0].isidentifier():
            found.setdefault(wire.transform, (name, wire.paths[0]))
    return list(found.values())


def spoilt(fields: Fields, path: str) -> set[str]:
    """The fields that a bad value at this place of the document may spoil."""
    return {name for name, wire in fields.wires.items() if any(_below(own, path) for own in wire.paths)}


def _below(own: str, path: str) -> bool:
    return own.lstrip("^") == path or own.startswith(f"{path}.")


@asynccontextmanager
async def home(name: str) -> AsyncIterator[House]:
    """A gateway over one provider's emulator and the small world."""
    clock, world = ManualClock(NOW), small_world(NOW.date())
    async with house(world, {name: rig(name).make(world, clock)}, clock) as made:
        yield made


async def ask(home: House, name: str, kind: str, field: str = "createdAt") -> Any:
    """The first company's records of a kind, with one field and everything that was found about each."""
    company = next(company for company, provider in home.world.books if provider == name)
    listed = graphql_name(BY_NAME[kind].many)
    text = f"""query($company: ID!) {{ company(key: $company) {{ {listed}(first: 200) {{
        nodes {{ source {{ nativeId findings {{ code path sourcePath message }} }} {field} }}
        sources {{ completeness rejected {{ nativeId path reason }} error {{ code }} }} }} }} }}"""
    answer = await home.ask(text, company=company)
    assert not answer.get("errors"), answer["errors"]
    return answer["data"]["company"][listed]


async def test_a_malformed_value_costs_its_field(name: str, subtests: pytest.Subtests) -> None:
    """The field is null and named with its place in the document; the record, the others and the page are there."""
    async with home(name) as made:
        for resource in resources(name):
            nodes = (await ask(made, name, resource.kind))["nodes"]
            for field, path in chosen(resource.fields):
                with subtests.test(kind=resource.kind, field=field):
                    await spoil_value(made, name, resource, _one(nodes, resource), field, path)


async def spoil_value(made: House, name: str, resource: Resource, id: str, field: str, path: str) -> None:
    """Ask with a bad value at this place of this record's document."""
    wire = resource.fields.wires[field]
    before = await ask(made, name, resource.kind)
    rig(name).override(made.emulators[name], id, {path: BAD})
    shown = f"{graphql_name(field)} {{ amount }}" if wire.gives is Money else graphql_name(field)
    answer = await ask(made, name, resource.kind, shown)
    rig(name).restore(made.emulators[name])
    found = {node["source"]["nativeId"]: node for node in answer["nodes"]}
    assert len(answer["nodes"]) == len(before["nodes"]) and answer["sources"][0]["rejected"] == []
    assert found[id][graphql_name(field)] is None
    findings = found.pop(id)["source"]["findings"]
    named = {finding["path"] for finding in findings}
    assert field in named or graphql_name(field) in named
    assert named <= {each for own in spoilt(resource.fields, path) for each in (own, graphql_name(own))}
    assert all(finding["code"] == "MALFORMED" and "what" not in finding["message"] for finding in findings)
    assert all(node["source"]["findings"] == [] for node in found.values())


async def test_a_malformed_record_costs_itself(name: str, subtests: pytest.Subtests) -> None:
    """It is left out and listed among the rejected; all others are there, and nobody's fault is an error."""
    async with home(name) as made:
        for resource in resources(name):
            ids = [node["source"]["nativeId"] for node in (await ask(made, name, resource.kind))["nodes"]]
            id = _one([{"source": {"nativeId": each}} for each in ids], resource)
            (own,) = resource.fields.wires["native_id"].paths
            with subtests.test(kind=resource.kind, record="without an id"):  # its kind can still be told
                rig(name).override(made.emulators[name], id, {own: None})
                check_left_out(await ask(made, name, resource.kind), ids, id)
            for word, value in RECORDS.items():
                with subtests.test(kind=resource.kind, record=word):
                    rig(name).replace(made.emulators[name], id, value)
                    check_left_out(await ask(made, name, resource.kind), ids, id)
            rig(name).restore(made.emulators[name])


def check_left_out(answer: Any, ids: list[str], id: str) -> None:
    """One record is gone and named, the others are there."""
    there = [node["source"]["nativeId"] for node in answer["nodes"]]
    assert sorted(there) == sorted(each for each in ids if each != id)
    rejected = [each for source in answer["sources"] for each in source["rejected"]]
    assert len(rejected) == 1 and rejected[0]["reason"] and rejected[0]["path"]
    assert [source["error"] for source in answer["sources"]] == [None for _ in answer["sources"]]


def _one(nodes: list[Any], resource: Resource) -> str:
    """The id of a record in the middle."""
    own = [
        node["source"]["nativeId"] for node in nodes if node["source"]["nativeId"].startswith(resource.name)
    ]
    id: str = own[len(own) // 2]
    return id
