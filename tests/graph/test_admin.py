"""Tenants and companies through the administrators' part of the schema."""

from __future__ import annotations

from structlog.testing import capture_logs

from tests.graph.admin_stories import COMPANY, CONNECT, ONE, SEEN, SHARE, UNSHARE, bakery, link, linked
from tests.graph.admins import add_key, admin_house, done, refused

# -- who may -------------------------------------------------------------------------------------------------------


async def test_administration_needs_its_scope() -> None:
    """Without the scope `admin` there is no `admin`, no mutation, and the message names what is missing."""
    async with admin_house() as house:
        await add_key(house.gateway.state, "writer", tenant="north", scopes=frozenset(("api.write",)))
        for text in ("{ admin { tenants { id } } }", 'mutation { createCompany(name: "x") { key } }'):
            assert (
                await refused(house, text, "writer") == "FORBIDDEN: this needs a key with the scope `admin`"
            )


async def test_a_limited_key_administers_its_companies_only() -> None:
    """It sees and changes them, makes no others, and touches nothing of the tenant as a whole."""
    async with admin_house() as house:
        for name in ("bakery", "dairy"):
            await done(house, COMPANY, company=name)
        await add_key(house.gateway.state, "narrow", tenant="north", companies=frozenset(("bakery",)))

        shown = await done(house, "{ admin { companies { key } } }", "narrow")
        assert shown == {"companies": [{"key": "bakery"}]}
        assert (await done(house, CONNECT, "narrow", company="bakery"))["companyKey"] == "bakery"
        for text in (
            'mutation { createCompany(name: "x") { key } }',
            'mutation { updateTenant(name: "x") { id } }',
            'mutation { updateCompany(company: "dairy", name: "x") { key } }',
            "{ admin { webhooks { id } } }",
        ):
            assert (await refused(house, text, "narrow")).startswith("FORBIDDEN: ")


async def test_only_the_operator_makes_tenants_and_sees_all() -> None:
    """Others see themselves; the operator's keys administer every tenant, in their own environment."""
    make = """mutation($id: ID) {
      createTenant(name: "West", id: $id, allowedUrls: ["https://w.test"]) { id operator allowedUrls } }"""
    tenants = "{ admin { tenants { id name } } }"
    async with admin_house() as house:
        assert "operator" in await refused(house, make)
        made = await done(house, make, "home-sandbox", id="west")
        assert made == {"id": "west", "operator": False, "allowedUrls": ["https://w.test"]}
        assert await refused(house, make, "home-sandbox", id="west") == "BAD_USER_INPUT: `id` is taken"
        assert [each["id"] for each in (await done(house, tenants))["tenants"]] == ["north"]
        everyone = (await done(house, tenants, "home-sandbox"))["tenants"]
        assert [each["id"] for each in everyone] == ["demo", "home", "north", "south", "west"]

        for_west = await done(house, COMPANY, "home-sandbox", tenant="west")
        assert (for_west["owner"], for_west["sharedWith"]) == ("west", ["west"])
        assert (await refused(house, COMPANY, tenant="south")).startswith("FORBIDDEN: ")
        assert (await refused(house, COMPANY, "home-sandbox", tenant="nobody")).startswith("NOT_FOUND: ")


async def test_environments_never_meet() -> None:
    """What a sandbox key made is not there for a live key of the same tenant, nor for the operator's."""
    async with admin_house() as house:
        id = await bakery(house)
        for key in ("north-live", "home-live"):
            assert await done(house, "{ admin { companies { key } connections { id } } }", key) == {
                "companies": [], "connections": [],
            }  # fmt: skip
            one = "query($id: ID!) { admin { connection(id: $id) { id } } }"
            answer = await house.ask(one, key=key, id=id)
            assert answer["data"] == {"admin": {"connection": None}}
            rename = 'mutation { updateCompany(company: "bakery", name: "x") { key } }'
            assert (await refused(house, rename, key)).startswith("FORBIDDEN: ")


# -- tenants -------------------------------------------------------------------------------------------------------


async def test_a_tenant_changes_itself() -> None:
    """What is given is changed, the rest stays; addresses become origins."""
    text = """mutation($urls: [String!], $look: BrandingInput) {
      updateTenant(allowedUrls: $urls, branding: $look) {
        name allowedUrls branding { name colour logoUrl language } } }"""
    look = {"colour": "#0a7f5A", "logoUrl": "https://cdn.test/logo.svg", "language": "de"}
    urls = ["https://app.north.test/start?x=1", "https://app.north.test", "http://localhost:3000"]
    async with admin_house() as house:
        found = await done(house, text, urls=urls, look=look)
        assert found["allowedUrls"] == ["https://app.north.test", "http://localhost:3000"]
        again = await done(house, text)
    assert again == found
    assert found["branding"] == {**look, "name": None}
    assert found["name"] == "Northern Advisers"


MAY_NOT_BE = (
    ('allowedUrls: ["http://app.north.test"]', "allowedUrls"),
    ('allowedUrls: ["https://user@app.north.test"]', "allowedUrls"),
    ('allowedUrls: ["javascript:alert(1)"]', "allowedUrls"),
    ('allowedUrls: ["https://a.test:port"]', "allowedUrls"),
    ('name: " "', "name"),
    ('branding: { colour: "red" }', "colour"),
    ('branding: { logoUrl: "http://x.test/a.png" }', "logoUrl"),
    ('branding: { language: "xx" }', "language"),
)


async def test_what_a_tenant_may_not_be() -> None:
    """The refusal names the field, and nothing is changed."""
    async with admin_house() as house:
        for given, field in MAY_NOT_BE:
            said = await refused(house, f"mutation {{ updateTenant({given}) {{ id }} }}")
            assert said.startswith(f"BAD_USER_INPUT: `{field}` "), given


# -- companies -----------------------------------------------------------------------------------------------------


async def test_a_company_is_made_renamed_and_removed() -> None:
    """Its owner sees it at once with the same key, and it is gone with its connections and what let them in."""
    async with admin_house() as house:
        id = await bakery(house)
        await link(house, id)
        seen = await done(house, SEEN, company="bakery")
        assert seen == {"key": "bakery", "connections": [{"id": id}]}
        renamed = await done(house, 'mutation { updateCompany(company: "bakery", name: "Dairy") { name } }')
        assert renamed == {"name": "Dairy"}
        assert (
            await refused(house, COMPANY, "south-sandbox", company="bakery")
            == "BAD_USER_INPUT: `key` is taken"
        )

        assert await done(house, 'mutation { deleteCompany(company: "bakery") }') == "bakery"
        assert (await refused(house, SEEN, company="bakery")).startswith("FORBIDDEN: ")
        assert not await linked(house, id)
        again = await bakery(house)
        assert again == id
        assert not await linked(house, id)


async def test_a_key_is_made_up_where_none_is_given() -> None:
    """Two companies of one name are two companies."""
    async with admin_house() as house:
        keys = {(await done(house, COMPANY))["key"] for _ in range(2)}
        assert len(keys) == 2
        assert (await refused(house, COMPANY, company="a/b")).startswith("BAD_USER_INPUT: `key` ")


async def test_sharing_goes_on_and_off_at_once() -> None:
    """The other tenant sees the company while it is shared; afterwards FORBIDDEN, and its answers count no more."""
    async with admin_house() as house:
        id = await bakery(house)
        registry = house.gateway.state.registry
        assert (await refused(house, SEEN, "south-sandbox", company="bakery")).startswith("FORBIDDEN: ")
        shared = await done(house, SHARE, company="bakery", tenant="south")
        assert shared == {"sharedWith": ["north", "south"]}
        assert (await done(house, SEEN, "south-sandbox", company="bakery"))["connections"] == [{"id": id}]
        before = registry.generation("sandbox", id)

        assert await done(house, UNSHARE, company="bakery", tenant="south") == {"sharedWith": ["north"]}
        assert (await refused(house, SEEN, "south-sandbox", company="bakery")).startswith("FORBIDDEN: ")
        assert registry.generation("sandbox", id) > before
        assert await done(house, SEEN, company="bakery")


async def test_only_the_owner_shares() -> None:
    """A tenant that a company is shared with neither shares nor administers it; nobody shares with nobody."""
    async with admin_house() as house:
        await bakery(house)
        await done(house, SHARE, company="bakery", tenant="south")
        for text in (SHARE, UNSHARE):
            said = await refused(house, text, "south-sandbox", company="bakery", tenant="home")
            assert said.startswith("FORBIDDEN: ")
        assert (await refused(house, SHARE, company="bakery", tenant="nobody")).startswith("NOT_FOUND: ")
        assert await done(house, "{ admin { companies { key } } }", "south-sandbox") == {"companies": []}


# -- lists and the log ---------------------------------------------------------------------------------------------


async def test_lists_are_read_page_by_page() -> None:
    """`first` and `after` go through a list by id; more than 1,000 at once are refused."""
    text = "query($first: Int!, $after: ID) { admin { companies(first: $first, after: $after) { key } } }"
    async with admin_house() as house:
        for name in "abc":
            await done(house, COMPANY, company=name)
        pages = [
            [each["key"] for each in (await done(house, text, first=2, after=after))["companies"]]
            for after in (None, "b", "c")
        ]
        for first in (0, 1001):
            assert "`first` is 1 to 1000" in str(await house.ask(text, key="north-sandbox", first=first))
    assert pages == [["a", "b"], ["c"], []]


async def test_every_change_is_one_line_of_the_log() -> None:
    """Who, what, which and how it went; no values."""
    async with admin_house() as house:
        with capture_logs() as lines:
            id = await bakery(house)
            await done(house, ONE % "pauseConnection", id=id)
            await refused(house, CONNECT, company="bakery", baseUrl="http://hush.test")
            await refused(house, SHARE, company="bakery", tenant="nobody")
    told = [line for line in lines if line["event"] == "administrative change"]
    assert [(line["action"], line["outcome"]) for line in told] == [
        ("create company", "done"), ("create connection", "done"), ("pause connection", "done"),
        ("create connection", "FORBIDDEN"), ("share company", "NOT_FOUND"),
    ]  # fmt: skip
    assert {(line["by_tenant"], line["by_key_id"], line["environment"]) for line in told} == {
        ("north", "north-sandbox", "sandbox")
    }
    assert told[2]["connection"] == id
    assert "hush" not in str(told)
