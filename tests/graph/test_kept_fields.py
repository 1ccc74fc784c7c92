"""Every field that a resolver answers is known to give data, or known not to: a new one is not forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    parse,
)

from ledgermesh.graph.kept.fields import DATA, MOMENT, keepable, listed, resolved
from ledgermesh.graph.kept.shapes import Shapes
from tests.shared import shared_schema


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return shared_schema().inner


def reached(schema: GraphQLSchema) -> set[str]:
    """Types that a kept answer may hold values of."""
    kept, waiting, seen = keepable(schema), ["Query"], {"Query"}
    while waiting:
        type_ = schema.type_map[waiting.pop()]
        found: list[GraphQLNamedType] = []
        if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
            found += schema.get_possible_types(type_)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            found += [get_named_type(type_.fields[field].type) for field in kept[type_.name]]
        new = {each.name for each in found} - seen
        seen |= new
        waiting += sorted(new)
    return seen


def test_each_field_with_a_resolver_is_decided_on(schema: GraphQLSchema) -> None:
    """A field whose resolver is new stands in one of the two tables of `kept/fields`, or leads to records."""
    types = reached(schema)
    unknown = [
        f"{type_}.{name}"
        for type_, name, relation in resolved(schema)
        if type_ in types
        and not relation
        and not listed(DATA, type_, name)
        and not listed(MOMENT, type_, name)
    ]
    assert not unknown, (
        f"is what they give data that may be kept (DATA), or of the moment (MOMENT)? {unknown}"
    )


def test_the_tables_name_what_is_there_and_do_not_contradict(schema: GraphQLSchema) -> None:
    """No field in both, none that the schema does not have."""
    both = [(type_, name) for type_, names in MOMENT.items() for name in names if listed(DATA, type_, name)]
    assert not both
    there = {
        (type_.name, name) for type_ in schema.type_map.values() for name in getattr(type_, "fields", ())
    }
    anywhere = {name for _, name in there}
    for table in (DATA, MOMENT):
        for type_, names in table.items():
            gone = [
                name
                for name in names
                if (name not in anywhere if type_ == "*" else (type_, name) not in there)
            ]
            assert not gone, (type_, gone)


def test_the_root_is_closed_unless_it_is_said_otherwise(schema: GraphQLSchema) -> None:
    """The fields of Query that may be kept, all of them."""
    assert keepable(schema)["Query"] == {"company", "companies", "node", "nodes", "providers", "viewer"}


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("{ company { name } }", True),
        ("{ a: company { b: invoices { nodes { party { displayName } } } } __typename }", True),
        ("{ company { invoices { edges { cursor node { isOverdue source { raw } } } } } }", True),
        ("{ company { ...f } } fragment f on Company { invoices { nodes { ...on Record { id } } } }", True),
        ("{ company { ...f } } fragment f on Company { invoice { ...on Record { downloads { url } } } }", False),
        ("{ company { ... @defer { name } } }", False),
        ("{ company { connections { stateReason } } }", False),
        ("{ company { invoices @fresh(maxAge: 3) { nodes { id } } } }", True),
        ("mutation { revokeApiKey(id: 1) }", False),
        ("subscription { syncUpdated(id: 1) { id } }", False),
        ("{ viewer { id } admin { tenants { id } } }", False),
    ],
)  # fmt: skip
def test_what_a_document_says(schema: GraphQLSchema, text: str, shared: bool) -> None:
    """Any field of the moment, anywhere in the document, and nothing of it is kept."""
    assert Shapes(schema).learn(text, None, parse(text)).shared is shared


def test_of_several_operations_one_is_meant(schema: GraphQLSchema) -> None:
    """By its name; a document with a mutation beside it is not kept at all."""
    text = "query A($x: ID) { company(key: $x) { name } } query B($y: ID, $a: ID) { node(id: $y) { id } }"
    shapes = Shapes(schema)
    a, b = (shapes.learn(text, name, parse(text)) for name in "AB")
    assert (a.variables, b.variables) == (("x",), ("a", "y"))
    assert shapes.find(text, "A") is a
    mixed = text + " mutation C { revokeApiKey(id: 1) }"
    assert not shapes.learn(mixed, "A", parse(mixed)).shared


def test_words_tell_values_apart(schema: GraphQLSchema) -> None:
    """Null is not missing, a number not its text, and the order in which they came says nothing."""
    text = "query ($a: ID, $b: Int) { company(key: $a) { invoices(first: $b) { nodes { id } } } }"
    shape = Shapes(schema).learn(text, None, parse(text))
    different: list[dict[str, Any]] = [
        {},
        {"a": None},
        {"a": "1"},
        {"a": 1},
        {"a": "1", "b": 1},
        {"a": {"x": 1, "y": 2}},
    ]
    assert len({shape.words(given) for given in different}) == len(different)
    assert shape.words({"a": {"x": 1, "y": 2}, "b": 1}) == shape.words(
        {"b": 1, "a": {"y": 2, "x": 1}, "c": 9}
    )
    with pytest.raises(TypeError):
        shape.words({"a": object()})
