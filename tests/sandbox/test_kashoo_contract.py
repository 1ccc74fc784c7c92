"""The Kashoo contract itself: a valid document whose every part names where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from tests.sandbox.contracts import PROVIDERS


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(
        (PROVIDERS / "kashoo.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )
    return loaded


def unmarked(node: Any, document: dict[str, Any], place: str = "") -> Iterator[str]:
    """Where a parameter or a property stands without an origin, its own or that of what it refers to."""
    if isinstance(node, list):
        for part in node:
            yield from unmarked(part, document, place)
    if isinstance(node, dict):
        for name, part in parts(node):
            if "x-origin" not in part and not traced(resolved(part, document), document):
                yield f"{place}/{name}"
        for key, part in node.items():
            yield from unmarked(part, document, f"{place}/{key}")


def parts(node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The properties of a schema and the parameters of an operation."""
    yield from node.get("properties", {}).items()
    parameters = node.get("parameters", [])
    if isinstance(parameters, list):
        yield from ((part.get("name", part.get("$ref")), part) for part in parameters)


def resolved(part: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """What a local reference names."""
    if "$ref" not in part:
        return part
    node = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        node = node[step]
    return node


def traced(schema: dict[str, Any], document: dict[str, Any]) -> bool:
    """Whether the schema, or its items, say where they come from."""
    return "x-origin" in schema or (
        "items" in schema and traced(resolved(schema["items"], document), document)
    )


def test_the_contract_is_valid(document: dict[str, Any]) -> None:
    """It is an OpenAPI 3.1 document."""
    validate(document)


def test_everything_names_its_origin(document: dict[str, Any]) -> None:
    """Paths, servers, parameters and fields say which public source states them, or that they are assumed."""
    bare = [path for path, item in document["paths"].items() if "x-origin" not in item]

    assert [] == bare + list(unmarked(document, document))
