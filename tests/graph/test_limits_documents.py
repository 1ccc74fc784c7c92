"""Documents that are too large or too costly are refused before anything is parsed twice, validated or asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLSchema, get_introspection_query, parse

from ledgermesh.graph.known import Known
from ledgermesh.graph.limits.documents import Documents, Verdict
from ledgermesh.graph.limits.overlaps import overlaps
from ledgermesh.graph.limits.tokens import tokens
from ledgermesh.graph.limits.values import DocumentLimits
from ledgermesh.graph.limits.variables import weight
from ledgermesh.graph.limits.walk import CEILING, Walk
from tests.bench.documents import FAMILIES, Family
from tests.graph.demo import codes, demo_house
from tests.harness import House
from tests.shared import shared_schema

OPERATIONS = sorted((Path(__file__).parents[2] / "schema" / "operations").rglob("*.graphql"))
INTROSPECTION = get_introspection_query(
    specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
)
TYPENAMES = "query($representations: [ID!]!) { nodes(ids: $representations) { __typename id } __typename }"


class Counting(Known):
    """Tells how often it was asked to validate."""

    validated_texts = 0

    def validate(self, schema: GraphQLSchema, document: Any) -> Any:
        self.validated_texts += 1
        return super().validate(schema, document)


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The gateway's."""
    return shared_schema().inner


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> Any:
    """A gateway over the demo's providers."""
    async with demo_house() as built:
        yield built


def verdict(schema: GraphQLSchema, text: str, **limits: int) -> Verdict:
    """What a door with these limits says of a text."""
    return Documents(schema, DocumentLimits(**limits), Known()).look(text)


def message(found: Verdict) -> str:
    """The refusal in words."""
    assert found.refusal is not None
    (error,) = found.refusal["errors"]
    assert error["extensions"]["code"] == "TOO_COSTLY"
    return str(error["message"])


# -- what passes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*(path.read_text() for path in OPERATIONS), INTROSPECTION, TYPENAMES])
def test_what_clients_send_passes_with_room(schema: GraphQLSchema, text: str) -> None:
    """Every example operation and the introspection queries of clients stay below a fifth of every limit but depth."""
    limits = DocumentLimits()
    fifth = {name: getattr(limits, name) // 5 for name in DocumentLimits.__struct_fields__}
    fifth |= {"depth": 20, "schema_lists": 20, "variable_depth": limits.variable_depth}
    assert verdict(schema, text, **fifth).refusal is None
    assert verdict(schema, text).fine


# -- what does not -----------------------------------------------------------------------------------------------

CHAIN = "query { ...f0 } " + " ".join(
    f"fragment f{number} on Query {{ ...f{number + 1} ...f{number + 1} }}" for number in range(60)
)
DOUBLED = CHAIN + " fragment f60 on Query { a: __typename @skip(if: false) }"
CASES = {
    "tokens": ("{ a b c }", {"tokens": 4}, "more than 4 tokens; the limit is 4"),
    "comments": ("#\n" * 5 + "{ a }", {"tokens": 7}, "more than 7 tokens; the limit is 7"),
    "depth": ("{ a { b { c { d } } } }", {"depth": 3}, "4 levels of fields; the limit is 3"),
    "depth in fragments": (
        "{ a { ...f } } fragment f on X { b { c { d } } }", {"depth": 3}, "4 levels of fields; the limit is 3",
    ),
    "fields": ("{ a b { c d } ... { e } }", {"fields": 4}, "5 fields; the limit is 4"),
    "aliases": ("{ a: x b: x ...f ...f } fragment f on Query { c: x }", {"aliases": 3}, "4 aliases; the limit is 3"),
    "root fields": ("{ a b ...f } fragment f on Query { c d }", {"root_fields": 3}, "4 fields at its root; the limit"),
    "directives": (
        "query @x { a @y ... @z { b } ...f @z } fragment f on Query @q { c }", {"directives": 4},
        "5 directives; the limit is 4",
    ),
    "fragments": (
        "{ ...f } fragment f on Query { a } fragment g on Query { a }", {"fragments": 1}, "2 fragments; the limit is 1",
    ),
    "idle fragments": ("{ a } fragment f on Query { b c d }", {"fields": 3}, "4 fields; the limit is 3"),
    "same names": (
        "{ a a a a }", {"overlaps": 5}, "more than 5 pairs of fields under the same name; the limit is 5",
    ),
    "same names below": (
        "{ a { x y } a { x y } a { x y } }", {"overlaps": 8}, "more than 8 pairs of fields under the same name",
    ),
    "the schema": (
        "{ __schema { a: types { fields { name } } b: types { name } } x: __type(name: 1) { fields { args } } }",
        {"schema_lists": 4}, "5 lists of the schema itself; the limit is 4",
    ),
    "doubled fragments": (DOUBLED, {}, f"{CEILING:,} fields; the limit is"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_too_large_documents_are_refused_with_figure_and_limit(schema: GraphQLSchema, case: str) -> None:
    """One above a limit is refused and tells both numbers; at the limit the document passes."""
    text, limits, words = CASES[case]
    assert words in message(verdict(schema, text, **limits))
    if limits and case != "same names below":
        assert verdict(schema, text, **{name: limit + 1 for name, limit in limits.items()}).refusal is None


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
async def test_hostile_documents_are_never_validated(schema: GraphQLSchema, family: Family) -> None:
    """Of every family a document of the largest size that is taken is refused, or cannot be parsed."""
    known = Counting()
    text, variables = family(48_000)
    door = Documents(schema, DocumentLimits(), known)
    if variables or family.__name__ == "string":
        assert known.validated_texts == 0
        return  # a long string is harmless; variables are weighed before
    assert door.look(text).fine is False
    assert known.validated_texts == 0


def test_doubled_fragments_are_counted_once(schema: GraphQLSchema) -> None:
    """Sixty fragments that double each other are looked at sixty times, and count 2^60 fields."""
    looked = []

    class Seen(Walk):
        def _set(self, selected: Any) -> Any:
            looked.append(selected)
            return super()._set(selected)

    figures = Seen(parse(DOUBLED)).figures()
    assert len(looked) == 62
    assert figures.fields == figures.aliases == figures.directives == CEILING


def test_fragments_that_spread_themselves_are_refused_as_such(schema: GraphQLSchema) -> None:
    """A cycle is a mistake and no cost; no other rule is tried on it."""
    text = "{ company { ...f } } fragment f on Company { name ...g } fragment g on Company { ...f unknown }"
    found = verdict(schema, text).refusal
    assert found is not None
    assert [each["extensions"]["code"] for each in found["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert "within itself" in found["errors"][0]["message"]


@pytest.mark.parametrize("depth", [160, 400, 3000])
def test_endless_nesting_is_refused(schema: GraphQLSchema, depth: int) -> None:
    """However deep: by us or, far below, by the parser; never by an error of the interpreter."""
    text = "{" + "a{" * depth + "b" + "}" * depth + "}"
    found = verdict(schema, text, tokens=100_000)
    assert not found.fine
    if depth < 200:
        assert "levels" in message(found)


# -- the figures -------------------------------------------------------------------------------------------------

TEXTS = ("{ a }", "{a...b}",
         'query A($x: Int = -1.5e+3, $y: [Q!]!) @d { a(b: "x\\"y", c: """ " \\""" """) ...on B{c} } # x',
         '{ a(b: "", c: """""", d: {e: [1, 2.0, TRUE, null, $v]}) }')  # fmt: skip


@pytest.mark.parametrize("text", [*TEXTS, INTROSPECTION, *(path.read_text() for path in OPERATIONS[:10])])
def test_tokens_are_counted_as_the_parser_does(text: str) -> None:
    """To the one."""
    assert tokens(text, 10**6) == parse(text).token_count


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("{ a b }", 0),
        ("{ a a b b }", 2),
        ("{ a { x x } }", 1),
        ("{ a { x } a { x } }", 2),
        ("{ ...f ...g } fragment f on Q { a } fragment g on Q { a }", 2),
        ("{ x: a ... on Q { x: b } }", 1),
    ],
)
def test_overlaps_count_the_pairs_that_validation_compares(text: str, pairs: int) -> None:
    """Fields under one name in one place, fragments opened, and fragments side by side."""
    walk = Walk(parse(text))
    assert overlaps([walk.operations[0].selection_set], walk.fragments, 100) == pairs


def test_variables_are_weighed_only_as_far_as_it_matters() -> None:
    """Values of lists and objects count; the counting ends above either bound."""
    assert weight({}, 10, 10) == (0, 0)
    assert weight({"a": 1, "b": [1, {"c": 2}]}, 10, 10) == (9, 3)
    assert weight({"a": [0] * 1000}, 10, 10)[0] > 10
    deep: Any = 1
    for _ in range(10_000):
        deep = [deep]
    assert weight({"a": deep}, 10**6, 10) == (12, 11)


# -- in the gateway ----------------------------------------------------------------------------------------------


def hostile() -> Iterator[tuple[str, dict[str, Any]]]:
    """Requests over a limit, of several kinds."""
    yield "{" + " ".join(f"a{number}: __typename" for number in range(20_000)) + "}", {}
    yield DOUBLED, {}
    yield "{" + "companies{name}" * 200 + "}", {}
    yield TYPENAMES, {"representations": ["x"] * 30_000}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("number", range(4))
async def test_the_gateway_refuses_them(house: House, number: int) -> None:
    """Without `data`, with the code that says what to do; also as a subscription."""
    text, variables = list(hostile())[number]
    answer = await house.ask(text, **variables)
    assert "data" not in answer
    assert codes(answer) == ["TOO_COSTLY"]
    assert "the limit is" in answer["errors"][0]["message"]
