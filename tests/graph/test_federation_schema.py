"""The schema that routers compose: the one that clients read, with keys, shared values and costs; no more, no less."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldDefinitionNode,
    GraphQLObjectType,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    OperationType,
    SchemaExtensionNode,
    TypeDefinitionNode,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    parse,
    print_ast,
    value_from_ast_untyped,
)

from ledgermesh.graph.federation.keys import KEYS
from ledgermesh.graph.limits.asked import Asked, Reading
from ledgermesh.graph.limits.points import points
from ledgermesh.graph.question import Question
from ledgermesh.graph.schema import Schema
from tests.graph.demo import codes, demo_house
from tests.shared import shared_schema

OPERATIONS = sorted((Path(__file__).parents[2] / "schema" / "operations").rglob("*.graphql"))
MACHINERY = {"_Any", "_Entity", "_Service"}


@cache
def schema() -> Schema:
    return shared_schema()


@cache
def subgraph() -> DocumentNode:
    return parse(schema().subgraph)


def types(document: DocumentNode) -> dict[str, TypeDefinitionNode]:
    """Definitions of types by name."""
    return {each.name.value: each for each in document.definitions if isinstance(each, TypeDefinitionNode)}


def marks(node: Any) -> list[tuple[str, dict[str, Any]]]:
    """The directives on something, with their arguments."""
    return [
        (
            each.name.value,
            {said.name.value: value_from_ast_untyped(said.value) for said in each.arguments or ()},
        )
        for each in node.directives or ()
    ]


def bare(node: Any) -> str:
    """A definition's text without its directives, but what clients read of them."""
    return re.sub(r" @shareable| @(?:key|cost|listSize)\([^)]*\)", "", print_ast(node))


def test_routers_get_what_is_committed() -> None:
    """Types, fields, arguments and descriptions are those of schema.graphql."""
    plain, federated = types(parse(schema().as_str())), types(parse(schema().subgraph))
    assert plain.keys() == federated.keys()
    assert [name for name in plain if bare(plain[name]) != bare(federated[name])] == []


def test_clients_read_nothing_of_the_machinery() -> None:
    """The text for clients is the whole schema but for what only routers ask."""
    read_by_clients = build_schema(schema().as_str())
    whole = {name for name in schema().inner.type_map if not name.startswith("__")}
    assert whole - read_by_clients.type_map.keys() == MACHINERY
    for name, type_ in read_by_clients.type_map.items():
        fields = set(getattr(schema().inner.type_map[name], "fields", ()))
        left_out = {"_service", "_entities"} if name == "Query" else set()
        assert fields - left_out == set(getattr(type_, "fields", ())), name
    assert "_" not in {name[0] for name in types(subgraph())}


def test_it_is_a_subgraph_of_federation_2() -> None:
    """One link, to the version that knows costs, importing every directive of it that is used."""
    (extension,) = [each for each in subgraph().definitions if isinstance(each, SchemaExtensionNode)]
    ((name, said),) = marks(extension)
    used = {mark for each in types(subgraph()).values() for mark, _ in marks(each)}
    used |= {mark for _, field in fields() for mark, _ in marks(field)}
    assert (name, said["url"]) == ("link", "https://specs.apollo.dev/federation/v2.9")
    assert {f"@{each}" for each in used - {"deprecated", "specifiedBy"}} == set(said["import"])
    # Composition refuses types that are called like a root and are none.
    roots = (schema().inner.query_type, schema().inner.mutation_type, schema().inner.subscription_type)
    assert [each and each.name for each in roots] == ["Query", "Mutation", "Subscription"]


def fields() -> Iterator[tuple[str, FieldDefinitionNode]]:
    """Every field that gives something, with its type's name."""
    for name, each in types(subgraph()).items():
        if isinstance(each, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            yield from ((name, field) for field in each.fields or ())


def test_everything_with_a_global_id_is_an_entity() -> None:
    """Each type that implements Node has the key `id`, and exactly the entities have keys; each key is a field."""
    keys = {
        name: tuple(said["fields"] for mark, said in marks(each) if mark == "key")
        for name, each in types(subgraph()).items()
    }
    node = schema().inner.type_map["Node"]
    nodes = {each.name for each in schema().inner.get_possible_types(node)}  # type: ignore[arg-type]  # an interface
    assert {name: each for name, each in keys.items() if each} == KEYS
    assert nodes | {"Connection", "Sync", "Tenant"} == KEYS.keys()
    for name, each in KEYS.items():
        type_ = schema().inner.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        assert set(each) <= type_.fields.keys()
    union: Any = schema().inner.type_map["_Entity"]
    assert {each.name for each in union.types} == KEYS.keys()


# -- costs ----------------------------------------------------------------------------------------------------------


@cache
def costs() -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """The directives of each field by type and name."""
    return {(name, field.name.value): dict(marks(field)) for name, field in fields()}


def weighed(asked: Asked, sized: frozenset[str] = frozenset(), first: int | None = None) -> int:
    """One field by the IBM cost specification, told by nothing but the printed directives.

    And by how many entries an argument names, for which the directives have no words: there a router counts ten.
    """
    if not is_composite_type(get_named_type(asked.definition.type)):
        return 0
    said = costs()[asked.parent.name, asked.name]
    size = said.get("listSize", {})
    slicing = next((asked.arguments.get(name) for name in size.get("slicingArguments", ())), None)
    below = sum(
        weighed(each, frozenset(size.get("sizedFields", ())), slicing) for each in asked.below.values()
    )
    own = said.get("cost", {}).get("weight", 1)
    if not is_list_type(get_nullable_type(asked.definition.type)):
        return int(own + below)
    named = next((each for each in asked.arguments.values() if isinstance(each, list)), None)
    if named is not None:
        return len(named) * int(own + below)
    many = first if first is not None and asked.name in sized else size["assumedSize"]
    return int(many * (own + below))


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_what_is_printed_is_what_is_enforced(path: Path) -> None:
    """A router that reads the directives counts the points that we count."""
    beside = path.with_suffix(".variables.json")
    given = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    text = path.read_text(encoding="utf-8")
    for each in parse(text).definitions:
        name = each.name.value  # type: ignore[attr-defined]  # all of them are named
        operation = Reading(schema().inner, schema().known.parse(text)).read(name, {"company": "x", **given})
        if operation is None or operation.type is OperationType.SUBSCRIPTION:
            continue
        assert sum(map(weighed, operation.roots)) == points(operation)


# -- asked ----------------------------------------------------------------------------------------------------------


async def test_the_service_tells_the_schema() -> None:
    """With a key, like any other question about the schema; no provider is asked; compiled when it comes again."""
    async with demo_house() as house:
        first, again = [await house.ask("{ _service { sdl } }") for _ in range(2)]
    assert first["data"] == again["data"] == {"_service": {"sdl": schema().subgraph}}
    assert again["extensions"] == {"calls": [], "compiled": "compiled"}


async def test_it_is_told_to_whom_the_schema_is_told() -> None:
    """A key that may not introspect is refused `_service` too, however it is spelt; entities it may ask for."""
    async with demo_house() as house:
        known = house.gateway.state.registry.principal("lm_demo_read")
        assert known is not None
        who = replace(known, key=replace(known.key, introspection=False))

        async def told(text: str) -> Any:
            return await house.gateway.answers.answer(
                Question(text=text, principal=who, timeout_seconds=20.0)
            )

        hidden = "{ ...about } fragment about on Query { text: _service { sdl } }"
        refused = [await told(text) for text in ("{ _service { sdl } }", hidden)]
        company = (
            '{ _entities(representations: [{ __typename: "Company", key: "grand-tour" }]) { __typename } }'
        )
        answer = await told(company)
    assert [codes(each) for each in refused] == [["FORBIDDEN"]] * 2
    assert answer["data"] == {"_entities": [{"__typename": "Company"}]}
