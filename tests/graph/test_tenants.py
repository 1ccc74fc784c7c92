"""Two tenants on one gateway: neither sees the other's companies, records, cursors or kept answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.clock import ManualClock
from ledgermesh.gateway import Choices, make_gateway
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, KeyEntry, TenantEntry, digest
from ledgermesh.state.registry import Registry
from ledgermesh.upstream.call import Fresh
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.graph.demo import codes, demo_world
from tests.harness import NOW, SANDBOX, UNBOUND, Cable, House
from tests.shared import shared_providers, shared_schema
from tests.states import KEYS, memory_state

OWNERS = {"maple-bakery": ("north",), "alpine-studio": ("south",), "grand-tour": ("north", "south")}
"""Which tenants each company is shared with."""
WITH_INVOICES = ("bossinsights", "kashoo", "smallinvoice", "trulysmall")
FIRST = {"north": "lm_north", "south": "lm_south"}

LIST = """query List($company: ID, $after: String) { company(key: $company) { name invoices(first: 3, after: $after) {
  nodes { id number } pageInfo { endCursor hasNextPage }
  sources { connection { id } status error { code } } } } }"""


@asynccontextmanager
async def shared_house() -> AsyncIterator[House]:
    """A company of each tenant, one that both share, and a key of the north that reaches one company only."""
    clock, world = ManualClock(NOW), demo_world()
    state = memory_state(clock)
    emulators = make_sandbox(world, clock).emulators
    entries = []
    for (company, provider), books in world.books.items():
        if company not in OWNERS:
            continue
        access = emulators[provider].access(books)
        entries.append(
            ConnectionEntry(
                id=f"{company}-{provider}", company=company, provider=provider, environment="sandbox",
                base_url=f"{SANDBOX}/{provider}{access.base_path}", scheme=access.scheme,
                settings=access.settings, owner=OWNERS[company][0],
            )
        )  # fmt: skip
        secrets = {name: Secret(value) for name, value in access.secrets.items()}
        await state.grants.write(
            Grant(
                tenant=OWNERS[company][0], environment="sandbox", connection=entries[-1].id,
                scheme=access.scheme, secrets=secrets,
            )
        )  # fmt: skip
    _register(state.registry, entries)
    app = Starlette(routes=[Mount(f"/{name}", emulator.app) for name, emulator in emulators.items()])
    down: set[str] = set()
    async with httpx.AsyncClient(transport=Cable(app, down), base_url=SANDBOX) as client:
        gateway = make_gateway(
            state=state,
            wire=HttpxWire(client),
            clock=clock,
            keys=KEYS,
            random=Random(1),
            choices=Choices(rate=UNBOUND),
            schema=shared_schema(),
            providers=shared_providers(),
        )
        yield House(clock, world, emulators, gateway, down)
        await gateway.close()


def _register(registry: Registry, entries: list[ConnectionEntry]) -> None:
    read = frozenset(("api.read",))
    keys = [
        KeyEntry(id=key, digest=digest(key), tenant=tenant, environment="sandbox", scopes=read)
        for tenant, key in FIRST.items()
    ]
    narrow = KeyEntry(
        id="narrow", digest=digest("lm_narrow"), tenant="north", environment="sandbox", scopes=read,
        companies=frozenset(("maple-bakery",)),
    )  # fmt: skip
    live = KeyEntry(id="live", digest=digest("lm_live"), tenant="north", environment="live", scopes=read)
    registry.set(
        *(TenantEntry(id=name, name=name.title()) for name in FIRST),
        *keys,
        narrow,
        live,
        *(
            CompanyEntry(key=key, name=key.title(), environment="sandbox", tenants=frozenset(owners))
            for key, owners in OWNERS.items()
        ),
        *entries,
    )


async def page(house: House, company: str, key: str, **more: Any) -> Any:
    answer = await house.ask(LIST, key=key, company=company, **more)
    assert "errors" not in answer, answer
    return answer["data"]["company"]["invoices"]


async def test_each_sees_its_own_companies() -> None:
    """`companies` lists what is shared with the tenant, narrowed by the key, in its environment."""
    async with shared_house() as house:
        seen = {}
        for key in ("lm_north", "lm_south", "lm_narrow", "lm_live"):
            answer = await house.ask("{ viewer { id name } companies { key } }", key=key)
            seen[key] = [each["key"] for each in answer["data"]["companies"]]
    assert seen == {
        "lm_north": ["grand-tour", "maple-bakery"],
        "lm_south": ["alpine-studio", "grand-tour"],
        "lm_narrow": ["maple-bakery"],
        "lm_live": [],
    }


async def test_a_company_of_another_tenant_is_like_none() -> None:
    """Asked for by key it is refused in the very words of a company that is not there; nothing is called."""
    async with shared_house() as house:
        # How a question is run depends on how often it came, whoever asked it.
        await house.ask(LIST, key="lm_south", company="no-such-company")
        for key in ("lm_south", "lm_live"):
            theirs = await house.ask(LIST, key=key, company="maple-bakery")
            nobody = await house.ask(LIST, key=key, company="no-such-company")
            assert theirs == nobody
            assert codes(theirs) == ["FORBIDDEN"]
            several = await house.ask(
                '{ companies(keys: ["maple-bakery"]) { key connections { id } } }', key=key
            )
            assert codes(several) == ["FORBIDDEN"]
        narrow = await house.ask(LIST, key="lm_narrow", company="grand-tour")
        assert codes(narrow) == ["FORBIDDEN"]
        assert (await page(house, "maple-bakery", "lm_narrow"))["nodes"]


async def test_ids_are_of_one_tenant() -> None:
    """Even of a company that both share, an id that one was shown means nothing for the other."""
    node = "query Node($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"
    one = 'query One($id: ID!) { company(key: "grand-tour") { invoice(id: $id) { id } } }'
    async with shared_house() as house:
        id = (await page(house, "grand-tour", "lm_north"))["nodes"][0]["id"]
        mine = await house.ask(node, key="lm_north", id=id)
        assert mine["data"] == {"node": {"id": id}, "nodes": [{"id": id}]}
        theirs = await house.ask(node, key="lm_south", id=id)
        assert theirs["data"] == {"node": None, "nodes": [None]}
        assert codes(theirs) == ["BAD_USER_INPUT"] * 2
        assert theirs["extensions"]["calls"] == []
        assert codes(await house.ask(one, key="lm_south", id=id)) == ["BAD_USER_INPUT"]


async def test_an_id_ends_where_the_key_ends() -> None:
    """A key that is narrowed to one company cannot read another company's record by its id."""
    async with shared_house() as house:
        id = (await page(house, "grand-tour", "lm_north"))["nodes"][0]["id"]
        answer = await house.ask("query Node($id: ID!) { node(id: $id) { id } }", key="lm_narrow", id=id)
        assert codes(answer) == ["FORBIDDEN"]
        assert answer["data"] == {"node": None}
        assert answer["extensions"]["calls"] == []


async def test_cursors_are_of_one_tenant() -> None:
    """A cursor goes on for the tenant it was made for; another key of the tenant may use it, another tenant may not."""
    async with shared_house() as house:
        cursor = (await page(house, "grand-tour", "lm_north"))["pageInfo"]["endCursor"]
        assert (await page(house, "grand-tour", "lm_north", after=cursor))["nodes"]
        answer = await house.ask(LIST, key="lm_south", company="grand-tour", after=cursor)
        assert codes(answer) == ["CURSOR_MISMATCH"]
        assert answer["extensions"]["calls"] == []


async def test_kept_answers_are_of_one_tenant() -> None:
    """What was read for one tenant is never an answer for another, however old an answer it takes."""
    async with shared_house() as house:
        old = Fresh(max_age_seconds=300)
        first = await house.ask(LIST, key="lm_north", company="grand-tour", fresh=old)
        again = await house.ask(LIST, key="lm_north", company="grand-tour", fresh=old)
        other = await house.ask(LIST, key="lm_south", company="grand-tour", fresh=old)
    assert house.calls(again) == []
    asked = [Counter(step["connection"] for step in house.calls(each)) for each in (first, other)]
    assert asked[0] == asked[1]
    assert asked[0].keys() == {f"grand-tour-{name}" for name in WITH_INVOICES}
    shown = [
        [node["number"] for node in each["data"]["company"]["invoices"]["nodes"]] for each in (first, other)
    ]
    assert shown[0] == shown[1]


async def test_all_tenants_of_a_company_use_its_owner_s_grant() -> None:
    """While it is there both are answered; when it is forgotten both are told to link."""
    async with shared_house() as house:
        for key in FIRST.values():
            assert (await page(house, "grand-tour", key))["nodes"]
        for name in WITH_INVOICES:
            await house.gateway.state.grants.forget("north", "sandbox", f"grand-tour-{name}")
        for key in FIRST.values():
            answer = await house.ask(LIST, key=key, company="grand-tour")
            sources = answer["data"]["company"]["invoices"]["sources"]
            assert {each["connection"]["id"]: each["status"] for each in sources} == {
                f"grand-tour-{name}": "NEEDS_REAUTH" for name in WITH_INVOICES
            } | {"grand-tour-accountsos": "UNSUPPORTED"}
            assert house.calls(answer) == []
