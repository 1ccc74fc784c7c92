"""Every field of every type has a policy, and it is what is answered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_enum_type,
    is_leaf_type,
)

from ledgermesh.errors import Forbidden
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.policy import (
    ADMINISTRATION,
    BOOKS,
    CHANGES,
    MUTATIONS,
    NOBODY,
    PUSHES,
    QUERIES,
    SUBSCRIPTIONS,
    Need,
    effective,
    enforce,
    roots,
)
from ledgermesh.graph.question import Question
from tests.graph.admins import add_key, admin_house
from tests.harness import House
from tests.shared import shared_schema

SCHEMA = shared_schema().inner
SCOPES: Mapping[str, frozenset[str]] = {
    "none": frozenset(),
    "read": frozenset(("api.read",)),
    "write": frozenset(("api.write",)),
    "both": frozenset(("api.read", "api.write")),
    "admin": frozenset(("admin",)),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    """A gateway with a key for each of the scopes."""
    async with admin_house() as made:
        for name, scopes in SCOPES.items():
            await add_key(made.gateway.state, f"only-{name}", tenant="north", scopes=scopes)
        yield made


# -- the table -----------------------------------------------------------------------------------------------------


def test_the_table_and_the_schema_name_the_same_fields() -> None:
    """A new field at a root has no policy until somebody gives it one; one that is gone leaves none behind. A kind
    may lack a verb.
    """
    for type_, table in roots(SCHEMA):
        assert set(type_.fields) <= set(table), type_.name
    assert set(QUERIES) == set(SCHEMA.query_type.fields)  # type: ignore[union-attr]  # it has one
    assert set(SUBSCRIPTIONS) == set(SCHEMA.subscription_type.fields)  # type: ignore[union-attr]  # likewise
    beyond = set(MUTATIONS) - set(SCHEMA.mutation_type.fields)  # type: ignore[union-attr]  # likewise
    assert beyond <= {f"{verb}{kind}" for verb in ("create", "update", "delete", "void") for kind in NAMES}


def test_every_field_of_every_type_has_a_policy() -> None:
    """It is reached through a root that has one, and through no other way."""
    found = effective(SCHEMA)
    at_root = {type_.name for type_, _ in roots(SCHEMA)}
    types = [each for each in SCHEMA.type_map.values() if isinstance(each, GraphQLObjectType)]
    ours = {each.name for each in types if not each.name.startswith("__")} - at_root

    assert ours == set(found)
    assert not [name for name, needs in found.items() if NOBODY in needs]


def test_records_need_the_right_to_read_and_administration_its_own() -> None:
    """No way to a record is open to a key without a scope of books, none to keys and grants to one that does not
    administer: a field that would open one changes this. What a push has made is read again with the right to read.
    """
    found = effective(SCHEMA)
    for name in ("Invoice", "Party", "Source", "InvoiceConnection"):
        assert found[name] <= {BOOKS, CHANGES, PUSHES}, name
    for name in ("ApiKey", "CreatedApiKey", "AdminTenant", "AdminConnection", "Webhook", "OAuthClient"):
        assert found[name] == {ADMINISTRATION}, name


def test_what_has_no_policy_nobody_may_ask_for() -> None:
    """Also an administrator: at run time, whether a test has seen it or not."""
    schema = build_schema("type Query { viewer: String, added: String }")
    enforce(schema)
    field = schema.query_type.fields["added"]  # type: ignore[union-attr]  # it has one

    class Info:
        class context:  # noqa: N801  # as resolvers see it
            principal: Any = type(
                "Who", (), {"key": type("Key", (), {"scopes": SCOPES["both"] | SCOPES["admin"]})}
            )

    assert field.resolve is not None
    with pytest.raises(Forbidden, match="no policy"):
        field.resolve(None, Info)


def test_needs() -> None:
    """All of some and one of others."""
    assert BOOKS.met(SCOPES["read"])
    assert not BOOKS.met(SCOPES["write"])
    either = Need(some=("api.write", "admin"))
    assert [name for name, scopes in SCOPES.items() if either.met(scopes)] == ["write", "both", "admin"]
    assert not NOBODY.met(SCOPES["admin"])


# -- what is answered ----------------------------------------------------------------------------------------------


def _value(type_: Any, schema: GraphQLSchema) -> str:
    """A value that is valid, and names nothing there is."""
    if isinstance(type_, GraphQLNonNull):
        return _value(type_.of_type, schema)
    if isinstance(type_, GraphQLList):
        return "[]"
    if is_enum_type(type_):
        return str(next(iter(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):
        needed = [
            (name, each) for name, each in type_.fields.items() if isinstance(each.type, GraphQLNonNull)
        ]
        if type_.is_one_of:
            needed = [next(iter(type_.fields.items()))]
        return "{" + ", ".join(f"{name}: {_value(each.type, schema)}" for name, each in needed) + "}"
    return {
        "Int": "1", "Float": "1", "Boolean": "false", "Date": '"2026-11-15"', "Instant": '"2026-11-15T00:00:00Z"',
        "DateTime": '"2026-11-15T00:00:00Z"', "Decimal": '"1"', "JSON": "{}", "_Any": "{}",
    }.get(type_.name, '"x"')  # fmt: skip


def document(word: str, name: str, field: GraphQLField) -> str:
    """It asks for this field, and for nothing behind it."""
    given = [
        f"{each}: {_value(argument.type, SCHEMA)}"
        for each, argument in field.args.items()
        if isinstance(argument.type, GraphQLNonNull)
    ]
    arguments = f"({', '.join(given)})" if given else ""
    inner = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    return f"{word} {{ {name}{arguments}{inner} }}"


CASES = [
    (word, name, field)
    for word, (type_, _) in zip(("query", "mutation", "subscription"), roots(SCHEMA), strict=True)
    for name, field in type_.fields.items()
]
TABLES = {"query": QUERIES, "mutation": MUTATIONS, "subscription": SUBSCRIPTIONS}
THIS_NEEDS = re.compile(r"this needs a key with the scope `[a-z.]+`(?: or `[a-z.]+`)*")


async def denied(house: House, text: str, key: str, word: str) -> bool:
    """Whether the table has refused it; what a resolver says of the values that the test made up does not count."""
    principal = house.gateway.state.registry.principal(key)
    assert principal is not None
    question = Question(text=text, principal=principal, timeout_seconds=20.0)
    if word == "subscription":
        events = house.gateway.answers.subscribe(question)
        try:
            async with asyncio.timeout(0.05):
                answer = await anext(events)
        except TimeoutError:
            return False  # it listens
        finally:
            await events.aclose()
    else:
        answer = await house.gateway.answers.answer(question)
    errors = answer.get("errors", [])
    assert not [each for each in errors if each["extensions"]["code"].startswith("GRAPHQL_")], (text, errors)
    return any(
        each["extensions"]["code"] == "FORBIDDEN" and THIS_NEEDS.fullmatch(each["message"]) for each in errors
    )


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("key", SCOPES)
async def test_the_answer_equals_the_table(house: House, key: str) -> None:
    """Every field at every root, asked for with every kind of key: twice, so that queries also run compiled."""
    wrong = []
    for word, name, field in CASES:
        text, allowed = document(word, name, field), TABLES[word][name].met(SCOPES[key])
        for _ in range(3 if word == "query" else 1):
            refused = await denied(house, text, f"only-{key}", word)
            if refused == allowed:
                wrong.append((word, name, allowed))
    assert wrong == []
