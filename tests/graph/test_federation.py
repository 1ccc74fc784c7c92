"""Entities for routers: by every key, of every kind, each with its own error, for the calls that their lists cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.federation.entities import REPRESENTATIONS_MAX
from ledgermesh.graph.federation.keys import KEYS
from ledgermesh.graph.kinds import KINDS
from ledgermesh.model.mapped import graphql_name
from tests.compiler.test_operations import calls, ordered
from tests.graph.demo import Demo, codes, demo_house
from tests.graph.test_limits_cost import ask, explained, poorer
from tests.graph.test_tenants import page, shared_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIXED = """query Mixed($of: [_Any!]!) { _entities(representations: $of) { __typename
  ... on Company { id key name } ... on Connection { id state provider { name } } ... on Tenant { id name }
  ... on Sync { id status } ... on Invoice { id number date } ... on Party { id displayName } } }"""
INVOICES = """query Invoices($of: [_Any!]!) { _entities(representations: $of) {
  ... on Invoice { id number } } }"""
LISTED = """query Listed($first: Int!, $sources: [String!]) { company(key: "grand-tour") { id
  invoices(first: $first, from: $sources) { nodes { id number date party { id } source { connection { id } } } } } }"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Demo]:
    """A gateway over the demo's providers."""
    async with demo_house() as built:
        yield built


def of(typename: str, **key: Any) -> dict[str, Any]:
    """A representation."""
    return {"__typename": typename, **key}


async def listed(house: Demo, first: int = 3, *sources: str) -> list[Any]:
    """Invoices as their list shows them."""
    answer = await house.ask(LISTED, first=first, sources=list(sources) or None)
    found: list[Any] = answer["data"]["company"]["invoices"]["nodes"]
    return found


async def test_things_of_several_types_come_in_the_order_asked_for(house: Demo) -> None:
    """Companies by either key, a connection, the tenant and records in one request."""
    found = await house.ask(LISTED, first=1, sources=["kashoo"])
    company = found["data"]["company"]["id"]
    invoice = found["data"]["company"]["invoices"]["nodes"][0]
    answer = await house.ask(
        MIXED,
        of=[
            of("Company", key="maple-bakery"),
            of("Invoice", id=invoice["id"]),
            of("Company", id=company),
            of("Connection", id="grand-tour-kashoo"),
            of("Tenant", id="demo"),
            of("Party", id=invoice["party"]["id"]),
            of("Company", key="maple-bakery"),
        ],
    )
    assert "errors" not in answer, answer["errors"]
    first, second, third, fourth, fifth, sixth, last = answer["data"]["_entities"]
    assert (first["key"], third["key"]) == ("maple-bakery", "grand-tour")
    assert third["id"] == company
    assert last == first
    assert second == {"__typename": "Invoice", **{name: invoice[name] for name in ("id", "number", "date")}}
    assert fourth["provider"] == {"name": "kashoo"}
    assert fifth["__typename"] == "Tenant"
    assert (sixth["__typename"], sixth["id"]) == ("Party", invoice["party"]["id"])


async def test_a_company_has_a_global_id(house: Demo) -> None:
    """`node` and `nodes` take it, and no relation takes it for a record."""
    id = (await house.ask('{ company(key: "grand-tour") { id } }'))["data"]["company"]["id"]
    text = "query Node($id: ID!) { node(id: $id) { __typename id ... on Company { key } } nodes(ids: [$id]) { id } }"
    answer = await house.ask(text, id=id)
    assert answer["data"] == {
        "node": {"__typename": "Company", "id": id, "key": "grand-tour"},
        "nodes": [{"id": id}],
    }
    one = 'query One($id: ID!) { company(key: "grand-tour") { invoice(id: $id) { id } } }'
    assert codes(await house.ask(one, id=id)) == ["NOT_FOUND"]


WRONG: dict[str, object] = {
    "of another type": of("Party", id="invoice"),
    "no object": "x",
    "a list": [],
    "no type": {"id": "invoice"},
    "a type that is no entity": of("Money", amount="1"),
    "a type that is no name": {"__typename": 5},
    "no key": of("Invoice"),
    "another type's key": of("Invoice", key="maple-bakery"),
    "an empty key": of("Company", key=""),
    "a key that is no id": of("Company", key=["maple-bakery"]),
    "a key that is true": of("Company", key=True),
    "a forged id": of("Invoice", id="AQEbadbadbadbad"),
    "a provider's own id": of("Invoice", id="42"),
    "a number for an id": of("Invoice", id=42),
}


async def test_each_mistake_costs_its_own_place(house: Demo) -> None:
    """Null and BAD_USER_INPUT there; those before and behind it are read."""
    (invoice,) = await listed(house, 1, "kashoo")
    wrong = [
        {**each, "id": invoice["id"]} if isinstance(each, dict) and each.get("id") == "invoice" else each
        for each in WRONG.values()
    ]
    answer = await house.ask(MIXED, of=[of("Invoice", id=invoice["id"]), *wrong, of("Tenant", id="demo")])
    found = answer["data"]["_entities"]
    assert found[0]["number"] == invoice["number"]
    assert found[-1]["__typename"] == "Tenant"
    assert found[1:-1] == [None] * (len(found) - 2)
    assert [(each["path"], each["extensions"]["code"]) for each in answer["errors"]] == [
        (["_entities", index], "BAD_USER_INPUT") for index in range(1, len(found) - 1)
    ]


async def test_a_record_that_is_gone_is_null(house: Demo) -> None:
    """As `node` says it: without an error."""
    from_kashoo = await listed(house, 2, "kashoo")
    books = house.world.books["grand-tour", "kashoo"]
    kept = list(books.invoices)
    books.invoices[:] = [paper for paper in kept if paper.number != from_kashoo[0]["number"]]
    books.invalidate()
    try:
        answer = await house.ask(INVOICES, of=[of("Invoice", id=each["id"]) for each in from_kashoo])
    finally:
        books.invoices[:] = kept
        books.invalidate()
    assert "errors" not in answer
    assert [each and each["number"] for each in answer["data"]["_entities"]] == [
        None,
        from_kashoo[1]["number"],
    ]


async def test_many_of_one_kind_are_read_together(house: Demo) -> None:
    """As `nodes` reads them: a list's page where that is cheaper than each by itself, and each record once."""
    rows = await listed(house, 60, "kashoo", "trulysmall")
    ids = [each["id"] for each in rows]
    answer = await house.ask(INVOICES, of=[of("Invoice", id=id) for id in [*ids, *ids[:5]]])
    numbers = [each["number"] for each in answer["data"]["_entities"]]
    assert numbers == [each["number"] for each in [*rows, *rows[:5]]]
    nodes = await house.ask(
        "query Nodes($ids: [ID!]!) { nodes(ids: $ids) { ... on Invoice { id number } } }", ids=ids
    )
    made = Counter((step["provider"], step["path"]) for step in house.calls(answer))
    assert made == Counter((step["provider"], step["path"]) for step in house.calls(nodes))
    assert sum(made.values()) < 12


async def test_companies_cost_what_their_lists_cost(house: Demo) -> None:
    """A company by its key asks for nothing itself; its lists ask as below `company`."""
    below = "invoices(first: 3) { nodes { number } }"
    direct = await house.ask(f'{{ company(key: "maple-bakery") {{ name {below} }} }}')
    text = (
        f"query($of: [_Any!]!) {{ _entities(representations: $of) {{ ... on Company {{ name {below} }} }} }}"
    )
    answer = await house.ask(text, of=[of("Company", key="maple-bakery")])
    assert answer["data"]["_entities"] == [direct["data"]["company"]]
    assert len(house.calls(answer)) == len(house.calls(direct)) > 0
    name = text.replace(below, "")
    assert house.calls(await house.ask(name, of=[of("Company", key="maple-bakery")])) == []


async def test_every_kind_is_an_entity(house: Demo) -> None:
    """A record of each kind that the demo has, by the id that its list showed."""
    seen = set()
    for kind in KINDS:
        if kind.below:
            continue
        many = graphql_name(kind.many)
        answer = await house.ask(
            f'{{ company(key: "grand-tour") {{ {many}(first: 1) {{ nodes {{ id }} }} }} }}'
        )
        for node in answer["data"]["company"][many]["nodes"]:
            text = f"query($of: [_Any!]!) {{ _entities(representations: $of) {{ ... on {kind.name} {{ id }} }} }}"
            found = await house.ask(text, of=[of(kind.name, id=node["id"])])
            assert found["data"]["_entities"] == [node], kind.name
            seen.add(kind.name)
    assert len(seen) > 20
    assert seen <= KEYS.keys()


# -- both ways to run it --------------------------------------------------------------------------------------------


async def test_compiled_code_says_the_same() -> None:
    """Data, errors and calls of a request with good and bad representations."""
    off, on = Compiling(on=False), Compiling(from_time=1)
    async with demo_house(compiling=off) as one, demo_house(compiling=on) as other:
        (invoice, second) = await listed(one, 2, "kashoo")
        given = [
            of("Invoice", id=invoice["id"]), of("Company", key="no-such-company"), of("Party", id=invoice["id"]),
            of("Connection", id="grand-tour-kashoo"), of("Invoice", id=second["id"]), of("Company", key="grand-tour"),
        ]  # fmt: skip
        expected, found = await one.ask(MIXED, of=given), await other.ask(MIXED, of=given)
    assert expected["extensions"].pop("compiled") == "interpreted: switched off"
    assert found["extensions"].pop("compiled") == "compiled"
    assert calls(found) == calls(expected)
    assert ordered(found) == ordered(expected)
    assert len(found["errors"]) == 2


# -- whose things they are ------------------------------------------------------------------------------------------


async def test_another_tenants_things_are_like_none() -> None:
    """Real ids and keys of another tenant, and of a company that both share: null, an error each, and no call."""
    async with shared_house() as house:
        own = (await page(house, "alpine-studio", "lm_south"))["nodes"][0]["id"]
        shared = (await page(house, "grand-tour", "lm_north"))["nodes"][0]["id"]
        given = [
            of("Invoice", id=shared),
            of("Company", key="maple-bakery"),
            of("Connection", id="maple-bakery-kashoo"),
            of("Tenant", id="north"),
            of("Invoice", id=own),
        ]
        answer = await house.ask(MIXED, key="lm_south", of=given)
        nobody = await house.ask(
            MIXED, key="lm_south",
            of=[
                of("Invoice", id="nobody"), of("Company", key="nobody"), of("Connection", id="nobody"),
                of("Tenant", id="nobody"),
            ],
        )  # fmt: skip
        mine = await house.ask(MIXED, key="lm_north", of=[*given[:4]])
    assert answer["data"]["_entities"][:4] == [None] * 4
    assert answer["data"]["_entities"][4]["id"] == own
    assert codes(answer) == ["BAD_USER_INPUT", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]
    assert [each["message"] for each in answer["errors"]] == [each["message"] for each in nobody["errors"]]
    assert all(step["connection"].startswith("alpine-studio") for step in house.calls(answer))
    assert "errors" not in mine
    assert None not in mine["data"]["_entities"]


async def test_an_environment_and_a_narrower_key_end_it() -> None:
    """What a sandbox key was shown means nothing to a live key of the tenant, nor to one that reaches less."""
    async with shared_house() as house:
        invoice = (await page(house, "grand-tour", "lm_north"))["nodes"][0]["id"]
        company = (await house.ask('{ company(key: "grand-tour") { id } }', key="lm_north"))["data"][
            "company"
        ]["id"]
        given = [
            of("Invoice", id=invoice), of("Company", id=company),
            of("Company", key="grand-tour"), of("Connection", id="grand-tour-kashoo"),
        ]  # fmt: skip
        live = await house.ask(MIXED, key="lm_live", of=given)
        narrow = await house.ask(MIXED, key="lm_narrow", of=given)
        other = await house.ask(MIXED, key="lm_south", of=given)
    for answer in (live, narrow, other):
        assert answer["extensions"]["calls"] == []
    assert codes(live) == ["BAD_USER_INPUT", "BAD_USER_INPUT", "FORBIDDEN", "FORBIDDEN"]
    assert codes(narrow) == ["FORBIDDEN"] * 4
    assert codes(other) == ["BAD_USER_INPUT", "BAD_USER_INPUT"]
    assert [each and each["__typename"] for each in other["data"]["_entities"]] == [
        None,
        None,
        "Company",
        "Connection",
    ]


# -- what it costs --------------------------------------------------------------------------------------------------


async def test_it_is_predicted_like_the_rest(house: Demo) -> None:
    """By what each representation names; one that names nothing does not hide the others."""
    house.clock.advance(600)
    rows = await listed(house, 2, "kashoo")
    below = "invoices(first: 3) { nodes { number } }"
    text = f"""query Both($of: [_Any!]!) {{ _entities(representations: $of) {{
      ... on Invoice {{ number payments {{ date }} }} ... on Company {{ {below} }} }} }}"""
    direct = await explained(house, f'{{ company(key: "maple-bakery") {{ {below} }} }}')
    by_key = await explained(house, text, of=[of("Company", key="maple-bakery")])
    assert by_key["calls"] == direct["calls"] > 0
    both = [
        of("Invoice", id="bad"),
        *(of("Invoice", id=each["id"]) for each in rows),
        of("Company", key="maple-bakery"),
    ]
    found = await explained(house, text, of=both)
    made = house.calls(await house.ask(text, of=both))
    assert found["estimate"]["least"] <= len(made) <= found["estimate"]["most"]
    assert found["estimate"]["likely"] > by_key["estimate"]["likely"]
    assert found["points"] == len(both) * (1 + 10 + 1 + 3)


async def test_over_the_budget_it_is_refused_before_any_call(house: Demo) -> None:
    """In calls, in points, and in representations."""
    rows = await listed(house, 40, "kashoo", "trulysmall")
    given = [of("Invoice", id=each["id"]) for each in rows]
    before = len(house.board.log)
    for budget in ({"calls": 1}, {"points": 39}):
        answer, _ = await ask(house, poorer(house, **budget), INVOICES, of=given)
        assert codes(answer) == ["TOO_COSTLY"]
        assert "data" not in answer
    many = await house.ask(INVOICES, of=given[:1] * (REPRESENTATIONS_MAX + 1))
    assert codes(many) == ["BAD_USER_INPUT"]
    assert many["data"] is None
    assert len(house.board.log) == before
