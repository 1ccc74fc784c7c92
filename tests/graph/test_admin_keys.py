"""API keys and browser tokens: what they give, for how long, and that a revoked one is nobody's on every replica."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ledgermesh.edge.auth import Authenticator
from ledgermesh.errors import SignIn
from ledgermesh.state.minting import misspelt
from ledgermesh.state.shared import make_state
from tests.graph.admins import add_key, admin_house, done, refused
from tests.harness import House
from tests.states import KEYS

CREATE = """mutation($scopes: [Scope!]! = [READ], $companies: [ID!], $ends: DateTime, $rate: Float, $tenant: ID) {
  createApiKey(name: "Reports", scopes: $scopes, companies: $companies, expiresAt: $ends, requestsPerSecond: $rate,
    tenant: $tenant) { key apiKey { id name hint scopes companies createdAt expiresAt requestsPerSecond } } }"""
LIST = "query($tenant: ID) { admin { apiKeys(tenant: $tenant) { id hint scopes expiresAt } } }"
ROTATE = "mutation($id: ID!, $s: Int!) { rotateApiKey(key: $id, overlapSeconds: $s) { key apiKey { id scopes name } } }"
REVOKE = "mutation($id: ID!) { revokeApiKey(key: $id) { id } }"
COMPANY = 'mutation($company: ID!) { createCompany(name: "Bakery", key: $company) { key } }'
TOKEN = """mutation($scopes: [Scope!]! = [READ], $origins: [String!]! = ["https://app.north.test"], $ttl: Int! = 60,
    $company: ID! = "bakery") {
  createBrowserToken(company: $company, scopes: $scopes, origins: $origins, ttlSeconds: $ttl) { token expiresAt } }"""
PAGE = "https://app.north.test"


def holder(house: House, key: str) -> Any:
    return house.gateway.state.registry.principal(key)


def gate(house: House) -> Authenticator:
    return Authenticator(house.gateway.state.registry, KEYS, house.clock)


async def test_a_key_is_shown_once_and_works() -> None:
    """Its environment stands in it, its checksum is good, only a digest is kept, and it may what it was given."""
    async with admin_house() as house:
        for environment, prefix in (("sandbox", "lm_test_"), ("live", "lm_live_")):
            made = await done(house, CREATE, f"north-{environment}")
            key, shown = made["key"], made["apiKey"]
            assert key.startswith(prefix)
            assert not misspelt(key)
            found = holder(house, key)
            assert (found.tenant.id, found.key.environment, found.key.scopes) == (
                "north",
                environment,
                {"api.read"},
            )
            assert shown["hint"] == key[:12]
            listed = (await done(house, LIST, f"north-{environment}"))["apiKeys"]
            assert shown["id"] in [each["id"] for each in listed]
            assert key not in str(listed)
            kept = await house.gateway.state.store.under("key/")
            assert not any(key.encode() in each.value for each in kept.values())


async def test_a_key_gives_no_more_than_its_maker() -> None:
    """No scope and no company that the maker has not, nor for another tenant; the operator gives any."""
    async with admin_house() as house:
        await done(house, COMPANY, company="bakery")
        state = house.gateway.state
        await add_key(state, "admin-only", tenant="north", scopes=frozenset(("admin",)))
        await add_key(state, "narrow", tenant="north", companies=frozenset(("bakery",)))
        await add_key(state, "operator-only", tenant="home", scopes=frozenset(("admin",)))

        assert "`api.read`" in await refused(house, CREATE, "admin-only")
        assert "limited to some companies" in await refused(house, CREATE, "narrow")
        assert (await refused(house, CREATE, "narrow", companies=["grand-tour"])).startswith("FORBIDDEN: ")
        assert (await refused(house, CREATE, companies=["grand-tour"])).startswith("FORBIDDEN: ")
        assert (await refused(house, CREATE, tenant="south")).startswith("FORBIDDEN: ")
        assert (await done(house, CREATE, "narrow", companies=["bakery"]))["apiKey"]["companies"] == [
            "bakery"
        ]
        first = await done(house, CREATE, "operator-only", tenant="south", scopes=["READ", "WRITE", "ADMIN"])
        assert holder(house, first["key"]).tenant.id == "south"

        listed = (await done(house, LIST, "narrow"))["apiKeys"]
        assert {each["id"] for each in listed} >= {"narrow"}
        assert "north-sandbox" not in {each["id"] for each in listed}
        assert (await refused(house, REVOKE, "narrow", id="north-sandbox")).startswith("NOT_FOUND: ")
        assert "itself" in await refused(house, ROTATE, "admin-only", id="north-sandbox", s=0)


async def test_what_a_key_may_not_be() -> None:
    """An end in the past, a rate beyond the gateway's own, no scope at all."""
    async with admin_house() as house:
        assert "`expiresAt`" in await refused(house, CREATE, ends="2026-11-15T11:00:00Z")
        assert "`requestsPerSecond`" in await refused(house, CREATE, rate=101.0)
        assert "`scopes`" in await refused(house, CREATE, scopes=[])
        assert "`overlapSeconds`" in await refused(house, ROTATE, id="north-sandbox", s=604_801)
        assert (await done(house, CREATE, "home-sandbox", rate=5000.0))["apiKey"]["requestsPerSecond"] == 5000


async def test_a_key_ends_when_it_says() -> None:
    """Until that instant it works."""
    async with admin_house() as house:
        made = await done(house, CREATE, ends="2026-11-15T12:01:00Z")
        house.clock.advance(59)
        assert holder(house, made["key"]) is not None
        house.clock.advance(1)
        assert holder(house, made["key"]) is None


async def test_rotation_with_and_without_overlap() -> None:
    """With overlap both work, until the old one ends; without, the old one is nobody's at once."""
    async with admin_house() as house:
        old = await done(house, CREATE, scopes=["READ", "WRITE"])
        new = await done(house, ROTATE, id=old["apiKey"]["id"], s=600)
        assert new["apiKey"]["scopes"] == ["READ", "WRITE"]
        assert holder(house, old["key"]) is not None
        house.clock.advance(600)
        assert holder(house, old["key"]) is None
        assert "has ended" in await refused(house, ROTATE, id=old["apiKey"]["id"], s=0)
        newest = await done(house, ROTATE, id=new["apiKey"]["id"], s=0)
        assert holder(house, new["key"]) is None
        assert holder(house, newest["key"]).key.scopes == {"api.read", "api.write"}
        assert (await refused(house, ROTATE, id=new["apiKey"]["id"], s=0)).startswith("NOT_FOUND: ")


async def test_changing_a_key() -> None:
    """What is given is changed, null is a value, the rest stays."""
    text = """mutation($id: ID!, $ends: DateTime, $rate: Float) {
      updateApiKey(key: $id, scopes: [READ], expiresAt: $ends, requestsPerSecond: $rate) {
        name scopes expiresAt requestsPerSecond } }"""
    async with admin_house() as house:
        made = await done(house, CREATE, scopes=["READ", "WRITE"], rate=7.0)
        id = made["apiKey"]["id"]
        found = await done(house, text, id=id, ends="2026-11-16T12:00:00Z")
        assert (found["name"], found["scopes"], found["requestsPerSecond"]) == ("Reports", ["READ"], 7.0)
        assert str(found["expiresAt"]).startswith("2026-11-16")
        found = await done(house, text, id=id, ends=None, rate=None)
        assert (found["expiresAt"], found["requestsPerSecond"]) == (None, None)
        more = 'mutation($id: ID!) { updateApiKey(key: $id, companies: ["grand-tour"]) { id } }'
        assert (await refused(house, more, id=id)).startswith("FORBIDDEN: ")


async def test_a_revoked_key_is_nobody_s_on_every_replica() -> None:
    """A second replica over the same store refuses it once it has caught up."""
    async with admin_house() as house:
        other = make_state(house.gateway.state.store, KEYS, house.clock)
        made = await done(house, CREATE)
        await other.directory.load()
        assert other.registry.principal(made["key"]) is not None

        await done(house, REVOKE, id=made["apiKey"]["id"])
        assert holder(house, made["key"]) is None
        await other.directory.catch_up(0.0)
        assert other.registry.principal(made["key"]) is None


# -- browser tokens ------------------------------------------------------------------------------------------------


async def test_a_browser_token_is_less_than_its_key() -> None:
    """One company, the scopes asked for, from pages of its origins, for as long as it says."""
    async with admin_house() as house:
        for name in ("bakery", "dairy"):
            await done(house, COMPANY, company=name)
        token = (await done(house, TOKEN))["token"]
        who = await gate(house).principal(f"Bearer {token}", PAGE)
        read, one = frozenset(("api.read",)), frozenset(("bakery",))
        assert (who.tenant.id, who.key.scopes, who.key.companies) == ("north", read, one)
        assert who.key.expires_at == house.clock.now() + dt.timedelta(seconds=60)
        for origin in (None, "null", "https://app.south.test", "https://app.north.test.evil.test"):
            with pytest.raises(SignIn, match="origin"):
                await gate(house).principal(f"Bearer {token}", origin)
        with pytest.raises(SignIn):
            await gate(house).principal(f"Bearer {token[:-4]}AAAA", PAGE)
        house.clock.advance(60)
        with pytest.raises(SignIn, match="ended"):
            await gate(house).principal(f"Bearer {token}", PAGE)


async def test_a_browser_token_ends_with_its_key() -> None:
    """Revoked, or taken the company: the token is worth nothing from then on."""
    async with admin_house() as house:
        await done(house, COMPANY, company="bakery")
        made = await done(house, CREATE)
        token = (await done(house, TOKEN, made["key"]))["token"]
        who = await gate(house).principal(f"Bearer {token}", PAGE)
        assert house.gateway.state.registry.company(who, "bakery") is not None
        await done(house, REVOKE, id=made["apiKey"]["id"])
        with pytest.raises(SignIn, match="gone"):
            await gate(house).principal(f"Bearer {token}", PAGE)


async def test_what_a_browser_token_may_not_be() -> None:
    """Foreign companies and origins, more than an hour, scopes that the key has not, and `admin`."""
    async with admin_house() as house:
        await done(house, COMPANY, company="bakery")
        await add_key(house.gateway.state, "reader", tenant="north", scopes=frozenset(("api.read",)))
        assert (await refused(house, TOKEN, company="grand-tour")).startswith("FORBIDDEN: ")
        assert "`api.write`" in await refused(house, TOKEN, "reader", scopes=["WRITE"])
        assert "`scopes`" in await refused(house, TOKEN, scopes=["ADMIN"])
        assert "`origins`" in await refused(house, TOKEN, origins=["https://app.south.test"])
        assert "`origins`" in await refused(house, TOKEN, origins=[])
        for seconds in (0, 3601):
            assert "`ttlSeconds`" in await refused(house, TOKEN, ttl=seconds)
