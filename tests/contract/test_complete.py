"""Everything that a provider's contract lets us read is read and mapped, or left out with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ledgermesh.spec.provider import Provider
from ledgermesh.spec.resource import Detail, Get, ReportEndpoint
from ledgermesh.spec.wires import Fields, Wire
from tests.contract.known import PROVIDERS
from tests.sandbox.contracts import read_contract

ENVELOPES = frozenset(("pagination", "links"))
"""What stands beside the rows of a list's answer."""
DEPTH_MAX = 6
STRAIGHT = ("one", "each")
"""Transforms whose parts stand below the wire's own path; those of others stand beside it."""
ANYWHERE = "*"
"""Stands for rows that a function takes out of the answer: bare, or wrapped once."""

NAMES = sorted(PROVIDERS)


class Contract:
    """What a contract says of the answers to GET."""

    def __init__(self, name: str) -> None:
        self.document: dict[str, Any] = read_contract(name)
        self.gets = {
            _form(path): item["get"] for path, item in self.document["paths"].items() if "get" in item
        }

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """A node with its reference followed."""
        while "$ref" in node:
            found: Any = self.document
            for key in node["$ref"].removeprefix("#/").split("/"):
                found = found[key.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def answers(self, path: str) -> Iterator[Mapping[str, Any]]:
        """The JSON schemas of a good answer."""
        responses = self.gets[_form(path)]["responses"]
        for status, response in responses.items():
            content = self.resolved(response).get("content", {})
            if str(status).startswith("2") and "application/json" in content:
                yield content["application/json"]["schema"]

    def leaves(self, schema: Mapping[str, Any], above: str = "", depth: int = 0) -> Iterator[str]:
        """The dotted paths of all properties below a schema; elements of a list have their list's path."""
        schema = self.resolved(schema)
        for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
            yield from self.leaves(part, above, depth)
        if "items" in schema:
            yield from self.leaves(schema["items"], above, depth)
        for name, inner in schema.get("properties", {}).items():
            path = f"{above}.{name}" if above else name
            below = list(self.leaves(inner, path, depth + 1)) if depth < DEPTH_MAX else []
            yield from below or [path]


def _form(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")


def endpoints(provider: Provider) -> Iterator[tuple[str, str, Fields, Mapping[str, str]]]:
    """Every place that is read: its path, where its rows stand, how they are mapped, what is left out."""
    for resource in provider.resources:
        if resource.list is not None:
            items = ANYWHERE if resource.list.rows is not None else resource.list.items
            yield resource.list.path, items, resource.fields, resource.omitted
        if isinstance(resource.get, Get):
            yield resource.get.path, resource.get.item, resource.fields, resource.omitted


def consumed(fields: Fields, above: str = "", *, loose: bool = True) -> Iterator[str]:
    """The dotted paths that the wires read, those of nested objects and elements too.

    A function of quirks may take its parts from anywhere: `loose` counts them as if they stood beside the wire's path.
    """
    for wire in fields.wires.values():
        yield from _of_wire(wire, above, loose=loose)


def _of_wire(wire: Wire, above: str, *, loose: bool) -> Iterator[str]:
    for path in wire.paths:
        if path.startswith("@"):
            continue
        ups = len(path) - len(path.lstrip("^"))
        base = above.split(".")[: -ups or None] if above else []
        full = ".".join([*base, path.lstrip("^")])
        if wire.parts is None or wire.transform not in STRAIGHT:
            yield full
        if wire.parts is not None and (loose or wire.transform in STRAIGHT):
            yield from consumed(wire.parts, full if wire.transform in STRAIGHT else above, loose=loose)


def covered(path: str, known: set[str]) -> bool:
    """Whether a path or one that it stands below is known."""
    parts = path.split(".")
    return any(".".join(parts[:length]) in known for length in range(1, len(parts) + 1))


def unmapped(provider: Provider, contract: Contract) -> Iterator[str]:
    """Fields of the contract that nobody carries and nobody explains."""
    for path, items, fields, omitted in endpoints(provider):
        known = set(consumed(fields)) | set(omitted)
        for schema in contract.answers(path):
            for leaf in contract.leaves(schema):
                names = inside(leaf, items)
                if names and not any(covered(name, known) for name in names):
                    yield f"{path}: {names[0]}"


def inside(leaf: str, items: str) -> tuple[str, ...]:
    """What a path may be called inside a row; nothing where it stands beside the rows."""
    if items == ANYWHERE:
        return (leaf, leaf.partition(".")[2] or leaf)
    inner = leaf.removeprefix(f"{items}.") if items else leaf
    return () if items and inner == leaf else (inner,)


def read_paths(provider: Provider) -> set[str]:
    """Every path that some definition reads."""
    found: set[str] = set()
    for resource in provider.resources:
        derived = resource.derived.lists if resource.derived is not None else ()
        for endpoint in (resource.list, resource.get, *derived, *resource.streams):
            if endpoint is not None:
                found.add(_form(endpoint.path))
    extra: list[ReportEndpoint | Detail] = [*provider.reports]
    if provider.subscription is not None:
        extra.append(provider.subscription)
    return found | {_form(each.path) for each in extra}


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_carried_or_explained(name: str) -> None:
    """A field that a record may have is mapped, or left out with a reason that stands in the definition."""
    assert sorted(set(unmapped(PROVIDERS[name], Contract(name)))) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_reading_operation_is_used_or_explained(name: str) -> None:
    """What the provider lets us read and no definition reads has its reason; what is read stands in the contract."""
    contract, provider = Contract(name), PROVIDERS[name]
    read, explained = read_paths(provider), {_form(path) for path in provider.omitted}
    assert sorted(set(contract.gets) - read - explained) == []
    assert sorted(read - set(contract.gets)) == []
    assert sorted(explained & read) == []


@pytest.mark.parametrize("name", NAMES)
def test_reasons_are_reasons_for_something(name: str) -> None:
    """What is said to be left out is in the contract, is not mapped, and the reason says something."""
    contract, provider = Contract(name), PROVIDERS[name]
    assert sorted({_form(path) for path in provider.omitted} - set(contract.gets)) == []
    for resource in provider.resources:
        mapped, there = set(consumed(resource.fields, loose=False)), set()
        for path, items, fields, _ in endpoints(provider):
            if fields is resource.fields:
                for schema in contract.answers(path):
                    there |= {name for leaf in contract.leaves(schema) for name in inside(leaf, items)}
        for path, reason in resource.omitted.items():
            assert path not in mapped, f"{resource.kind} {path} is mapped"
            assert any(leaf == path or leaf.startswith(f"{path}.") for leaf in there), (
                f"{resource.kind} {path}"
            )
            assert len(reason) > 10, f"{resource.kind} {path}"
