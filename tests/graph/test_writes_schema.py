"""The inputs and mutations that are made from the model: complete, described, the same every time."""

from __future__ import annotations

from functools import cache

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema

from ledgermesh.graph.schema import make_schema
from ledgermesh.graph.writes.inputs import input_name
from ledgermesh.graph.writes.verbs import IMPORTED, WRITTEN
from ledgermesh.model.mapped import graphql_name
from ledgermesh.spec.inputs import inputs_for, inputs_of
from ledgermesh.spec.write import WriteVerb
from tests.contract.known import PROVIDERS
from tests.shared import printed_schema

BY_KIND = {kind.name: kind for kind in WRITTEN}
GENERAL = {
    "UPDATE_MANY": "updateRecords",
    "SEND": "sendDocument",
    "SET_STATUS": "setStatus",
    "UNPROCESS": "unprocessRecord",
    "IMPORT": "importBankStatement",
}
"""Mutations that are one for all kinds."""


@cache
def schema() -> GraphQLSchema:
    """The schema as callers see it."""
    return printed_schema()


def fields(name: str) -> dict[str, str]:
    """The fields of an input, with their types."""
    found = schema().type_map[name]
    assert isinstance(found, GraphQLInputObjectType)
    assert all(field.description for field in found.fields.values()), name
    return {each: str(field.type) for each, field in found.fields.items()}


def mutations() -> set[str]:
    """The names of all mutations."""
    found = schema().mutation_type
    assert isinstance(found, GraphQLObjectType)
    return set(found.fields)


def test_it_is_the_same_every_time() -> None:
    """Printed twice the schema is the same text."""
    assert make_schema().as_str() == make_schema().as_str()


@pytest.mark.parametrize("kind", BY_KIND)
def test_a_kind_has_its_three_mutations(kind: str) -> None:
    """Whatever the providers here take, every kind that anybody could change has create, update and delete."""
    name = graphql_name(f"_{BY_KIND[kind].one}")

    assert {f"{verb}{name}" for verb in ("create", "update", "delete")} <= mutations()


@pytest.mark.parametrize("kind", BY_KIND)
def test_its_inputs_hold_every_field_and_need_none(kind: str) -> None:
    """Both inputs have the fields that the model lets anybody give, none of them required, and custom fields."""
    named = {graphql_name(name) for name in inputs_of(BY_KIND[kind].type)} | {"customFields"}

    for verb in ("Create", "Update"):
        found = fields(f"{kind}{verb}")
        assert set(found) == named
        assert [name for name, type_ in found.items() if type_.endswith("!")] == []


def test_types_follow_the_model() -> None:
    """Money, references, parts, lists, words and files are inputs of their own."""
    invoice, line = fields("InvoiceCreate"), fields("DocumentLineInput")

    assert (invoice["party"], invoice["discountAmount"], invoice["date"]) == (
        "Reference",
        "MoneyInput",
        "Date",
    )
    assert (invoice["lines"], invoice["status"]) == ("[DocumentLineInput!]", "DocumentStatus")
    assert (line["nativeId"], line["item"], line["taxes"]) == ("String", "Reference", "[LineTaxInput!]")
    assert (line["unitPrice"], line["quantity"]) == ("MoneyInput", "Decimal")
    assert fields("PartyUpdate")["address"] == "AddressInput"
    assert fields("PartyGroupCreate")["members"] == "[Reference!]"
    assert fields("DocumentCreate")["file"] == "FileInput"
    assert fields("SetStatusInput")["status"] == "String!"
    assert fields("SendInput")["recipients"] == "[RecipientInput!]"


def test_everything_that_a_provider_takes_has_its_mutation() -> None:
    """No definition writes what no caller can ask for."""
    there = mutations()
    missing = []
    for provider in PROVIDERS.values():
        for write in provider.writes:
            one = BY_KIND[write.kind].one
            name = GENERAL.get(write.verb) or graphql_name(f"{write.verb.lower()}_{one}")
            if name not in there or (write.verb == "IMPORT" and write.kind != IMPORTED):
                missing.append(f"{provider.name} {write.kind} {write.verb}")

    assert missing == []


@pytest.mark.parametrize("verb", ["CREATE", "UPDATE", "PAY", "SEND", "SET_STATUS", "IMPORT", "DELETE"])
def test_a_token_finds_its_input_again(verb: WriteVerb) -> None:
    """`commit` reads its `input` by the same type that the mutation takes."""
    name, spec = input_name("Invoice", verb), inputs_for(BY_KIND["Invoice"].type, verb)

    if name is None:
        assert not spec
    else:
        assert {graphql_name(each) for each in spec} <= set(fields(name))


def test_every_field_of_every_input_is_described() -> None:
    """No input has a field without a description, or with one made of nothing."""
    for name, type_ in schema().type_map.items():
        if isinstance(type_, GraphQLInputObjectType):
            empty = [each for each, field in type_.fields.items() if len(field.description or "") < 4]
            assert empty == [], name
