"""Every id, key and name that one tenant has, tried with another's key on every argument of the whole schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
)
from graphql.pyutils import Undefined
from graphql.type import get_nullable_type

from ledgermesh.state.entries import Entry
from tests.graph.admins import add_key, admin_house, done
from tests.harness import House
from tests.shared import shared_schema

REFUSALS = {"FORBIDDEN", "NOT_FOUND", "BAD_USER_INPUT", "CURSOR_MISMATCH"}
PATHS = {
    "Query": "query(%s) { %s }",
    "Mutation": "mutation(%s) { %s }",
    "Company": 'query(%s) { company(key: "mine") { %s } }',
    "Reports": 'query(%s) { company(key: "mine") { reports { %s } } }',
    "Admin": "query(%s) { admin { %s } }",
}
"""How each type with arguments is reached by the one who tries, on what is their own."""
ELSEWHERE = {
    "Source": "of a record that is there already: the names of its fields",
    "Subscription": "asked over sockets, and tried there",
}
FREE = {
    "name", "url", "clientId", "clientSecret", "provider", "scheme", "baseUrl", "search", "period",
    "allowedUrls", "language", "returnUrl", "records", "trackingId", "query", "operationName", "status", "kinds",
    "notes",
}  # fmt: skip
"""Texts that name nothing of anybody's."""
GIVEN = {
    "shareCompany.tenant": "sharing with another tenant is what it is for",
    "unshareCompany.tenant": "taking one's own company from another tenant, too",
}
"""Arguments that take another tenant's id, and why."""


@dataclass(frozen=True)
class Place:
    """An argument of a field, or a condition on a field's records."""

    parent: str
    field: str
    argument: str
    type: str
    wrapped: bool
    """Whether it is a list."""

    @property
    def name(self) -> str:
        return f"{self.field}.{self.argument}"


def places(schema: GraphQLSchema) -> Iterator[Place]:
    """Every argument that takes text or ids, of every field of every type."""
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or not is_object_type(type_) or name in ELSEWHERE:
            continue
        for field, definition in type_.fields.items():
            for argument, taken in definition.args.items():
                inner = get_named_type(taken.type)
                if inner.name in ("ID", "String") and argument not in FREE:
                    wrapped = is_list_type(get_nullable_type(taken.type))
                    yield Place(name, field, argument, str(taken.type), wrapped)


def references(schema: GraphQLSchema) -> Iterator[tuple[str, str, str]]:
    """Every list with a condition that takes a record's id: list, type of the condition, field."""
    company = schema.type_map["Company"]
    assert isinstance(company, GraphQLObjectType)
    for list_, definition in company.fields.items():
        where: Any = get_named_type(definition.args["where"].type) if "where" in definition.args else None
        for name, each in where.fields.items() if where is not None and is_input_object_type(where) else ():
            inner: Any = get_named_type(each.type)
            by_id = is_input_object_type(inner) and "eq" in inner.fields
            if by_id and get_named_type(inner.fields["eq"].type).name == "ID":
                yield list_, where.name, name


def selection(field: GraphQLField, depth: int = 2) -> str:
    """What of a field's answer is a value, two objects deep: whatever is there would be seen."""
    type_ = get_named_type(field.type)
    if is_leaf_type(type_):
        return ""
    if not is_object_type(type_):
        return "{ __typename }"
    found = ["__typename"]
    for name, each in type_.fields.items():
        inner = selection(each, depth - 1) if depth > 1 or is_leaf_type(get_named_type(each.type)) else None
        if (
            inner is not None
            and not any(map(is_required_argument, each.args.values()))
            and name != "subscription"
        ):
            found.append(f"{name} {inner}")
    return "{ " + " ".join(found) + " }"


def filler(
    name: str, argument: GraphQLArgument | GraphQLInputField, own: Mapping[str, str], field: str
) -> str:
    """A good value of one's own for an argument that has to be there."""
    inner = get_named_type(argument.type)
    if is_enum_type(inner):
        value = next(iter(inner.values))
    elif is_input_object_type(inner):
        needed = [(each, taken) for each, taken in inner.fields.items() if is_required_input_field(taken)]
        value = "{" + ", ".join(f"{each}: {part(each, taken, own, field)}" for each, taken in needed) + "}"
    elif inner.name in ("ID", "String"):
        value = json.dumps(own[sort(field, name)] if name not in FREE else "https://app.south.test")
    else:
        value = {
            "Date": '"2026-11-15"',
            "Instant": '"2026-11-15T00:00:00Z"',
            "Decimal": '"1"',
            "Boolean": "true",
        }[inner.name]
    return f"[{value}]" if is_list_type(get_nullable_type(argument.type)) else value


def part(name: str, taken: GraphQLInputField, own: Mapping[str, str], field: str) -> str:
    """The same for a part of an input; its texts name nothing."""
    inner = get_named_type(taken.type)
    text = '"x"' if inner.name in ("ID", "String") else filler(name, taken, own, field)
    return (
        f"[{text}]"
        if inner.name in ("ID", "String") and is_list_type(get_nullable_type(taken.type))
        else text
    )


def sort(field: str, argument: str) -> str:
    """Which sort of thing an argument names; a new argument is given its sort here."""
    if argument == "key" and field.endswith("ApiKey"):
        return "api key"
    if field in ("sync", "syncs"):
        return "company" if argument == "company" else "sync"
    if field in ("connection", "createTenant"):
        return {"connection": "connection", "createTenant": "tenant"}[field]
    return {
        "key": "company", "keys": "company", "company": "company", "companies": "company",
        "connection": "connection", "from": "connection", "sources": "connection",
        "id": "record", "ids": "record", "nativeId": "native id", "number": "number",
        "after": "cursor", "tenant": "tenant", "webhook": "webhook", "origins": "origin",
        "planToken": "plan token",
    }[argument]  # fmt: skip


def document(schema: GraphQLSchema, place: Place, own: Mapping[str, str]) -> str:
    """The question whether the value in `$value` is good for anything there."""
    parent = schema.type_map[place.parent]
    assert isinstance(parent, GraphQLObjectType)
    field = parent.fields[place.field]
    given = [f"{place.argument}: $value"]
    for name, argument in field.args.items():
        if name != place.argument and is_required_argument(argument):
            given.append(f"{name}: {filler(name, argument, own, place.field)}")
    if place.argument == "connection" and "nativeId" in field.args:
        given.append(f'nativeId: "{own["their native id"]}"')
    text = f"{place.field}({', '.join(given)}) {selection(field)}"
    return PATHS[place.parent] % (f"$value: {place.type}", text)


@dataclass(frozen=True)
class Case:
    """Whose things are whose."""

    theirs: Mapping[str, str]
    own: Mapping[str, str]
    marks: frozenset[str]
    """Texts of theirs that no answer may hold."""


async def prepared(house: House) -> Case:
    """The demo tenant with all its books, and the south with a company that nobody linked yet."""
    await add_key(house.gateway.state, "demo-admin", tenant="demo")
    text = """{ company(key: "grand-tour") { invoices(first: 1, from: ["kashoo"]) {
      nodes { id number source { nativeId } } pageInfo { endCursor } } } }"""
    books = (await done(house, text, "lm_demo_read"))["invoices"]
    [invoice] = books["nodes"]
    hook = """mutation { createWebhook(url: "https://93.184.216.34/hook", events: [CONNECTION_CHANGED]) {
      webhook { id } } }"""
    made = await done(house, hook, "demo-admin")
    write = """mutation { createAccount(company: "grand-tour", input: {name: "Canary", code: "4711", type: REVENUE},
      options: {sync: %s}) { planToken syncId } }"""
    planned = await done(house, write % "NONE", "lm_demo_write")
    pushed = await done(house, write % "PUSH", "lm_demo_write")
    theirs = {
        "plan token": planned["planToken"], "sync": pushed["syncId"],
        "company": "grand-tour", "connection": "grand-tour-kashoo", "record": invoice["id"],
        "native id": invoice["source"]["nativeId"], "number": invoice["number"],
        "cursor": books["pageInfo"]["endCursor"], "tenant": "demo", "webhook": made["webhook"]["id"],
        "api key": "demo-admin", "origin": "https://app.north.test",
    }  # fmt: skip
    await done(house, 'mutation { createCompany(name: "Mine", key: "mine") { key } }', "south-sandbox")
    link = 'mutation { createConnection(company: "mine", provider: "accountsos") { id } }'
    own = {
        "plan token": "none", "sync": "none",
        "company": "mine", "connection": (await done(house, link, "south-sandbox"))["id"], "tenant": "south",
        "api key": "south-sandbox", "webhook": "none", "origin": "https://app.south.test", "record": "none",
        "native id": "1", "number": "1", "cursor": "none", "their native id": theirs["native id"],
    }  # fmt: skip
    names = {each.name for each in house.gateway.state.registry.companies(principal(house, "lm_demo_read"))}
    kept = {
        theirs[sort]
        for sort in ("company", "connection", "record", "webhook", "api key", "cursor", "plan token", "sync")
    }
    return Case(theirs, own, frozenset(names | kept | {"Demo tenant", "93.184.216.34", "lm_demo"}))


def principal(house: House, key: str) -> Any:
    return house.gateway.state.registry.principal(key)


def kept(house: House) -> list[Entry]:
    """What is registered of the demo's, and how it stands."""
    registry = house.gateway.state.registry
    found = registry.connections(registry.companies(principal(house, "lm_demo_read"))[0])
    places = [*found, *registry.companies(principal(house, "lm_demo_read"))]
    return [*places, principal(house, "demo-admin").key, principal(house, "demo-admin").tenant]


def leaks(answer: Any, case: Case, sent: str) -> list[str]:
    """What of theirs stands in an answer, beside what was sent."""
    text = json.dumps(answer, default=str).replace(json.dumps(sent)[1:-1], "")
    return [mark for mark in case.marks if mark in text]


def holds(data: Any) -> bool:
    """Whether an answer holds records or things: anything but nulls, empty lists and the way to them."""
    if isinstance(data, dict):
        names = set(data) - {"__typename"}
        if "nodes" in names:
            return any(map(holds, data["nodes"]))
        return any(holds(data[name]) for name in names) if len(names) == 1 else bool(names)
    return any(map(holds, data)) if isinstance(data, list) else data is not None


def misses(place: Place, answer: Any, case: Case, value: str, other: Any) -> Iterator[str]:
    """What is wrong with an answer; `other` is the answer for something that nobody has."""
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    # A number is looked for in the one's own books, which nobody has linked yet.
    strange = codes - REFUSALS - ({"PROVIDER_UNAVAILABLE"} if place.argument == "number" else set())
    if strange:
        yield f"{place.name}: {strange}"
    if found := leaks(answer, case, value):
        yield f"{place.name}: shows {found}"
    if any(step["connection"] in case.marks for step in answer.get("extensions", {}).get("calls", ())):
        yield f"{place.name}: calls their provider"
    if place.argument != "after" and holds(answer.get("data")):
        yield f"{place.name}: gives {json.dumps(answer['data'], default=str)[:200]}"
    if codes != {error["extensions"]["code"] for error in other.get("errors", ())}:
        yield f"{place.name}: answers otherwise than for what nobody has"


async def test_what_is_another_s_is_like_nothing() -> None:
    """Whatever argument it is given for: a refusal as for what nobody has, no data, no name, no call, no change."""
    schema, tried = shared_schema().inner, 0
    wrong: list[str] = []
    async with admin_house() as house:
        case = await prepared(house)
        before = kept(house)
        for place in places(schema):
            if place.name in GIVEN:
                continue
            text, value = document(schema, place, case.own), case.theirs[sort(place.field, place.argument)]
            # A new company may have any key that nobody has.
            asked = [value] if place.name == "createCompany.key" else [value, "nobody-has-this"]
            answers = [
                await house.ask(text, key="south-sandbox", value=[each] if place.wrapped else each)
                for each in asked
            ]
            wrong += misses(place, answers[0], case, value, answers[-1])
            tried += 1
        assert kept(house) == before
    assert "\n".join(wrong) == ""
    assert tried > 200


async def test_a_condition_takes_no_id_of_another_s() -> None:
    """Every condition on a reference, in every list."""
    schema = shared_schema().inner
    async with admin_house() as house:
        case, tried = await prepared(house), 0
        for list_, where, field in references(schema):
            text = PATHS["Company"] % (
                f"$where: {where}",
                f"{list_}(where: $where) {{ nodes {{ __typename }} }}",
            )
            answer = await house.ask(text, key="south-sandbox", where={field: {"eq": case.theirs["record"]}})
            [error] = answer["errors"]
            assert (error["extensions"]["code"], answer["data"]["company"]) == ("BAD_USER_INPUT", None), list_
            assert leaks(answer, case, case.theirs["record"]) == []
            tried += 1
    assert tried > 20


def test_every_type_with_arguments_is_reached() -> None:
    """A new type whose fields take ids is put among the paths, or said to need none."""
    assert {place.parent for place in places(shared_schema().inner)} <= set(PATHS)
    assert Undefined not in PATHS.values()
