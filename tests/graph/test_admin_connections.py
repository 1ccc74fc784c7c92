"""Connections through the administrators' part of the schema."""

from __future__ import annotations

from typing import Any

from structlog.testing import capture_logs

from ledgermesh.state.entries import ConnectionEntry
from ledgermesh.state.link_tokens import LinkTokens
from tests.graph.admin_stories import COMPANY, CONNECT, ONE, SEEN, SHARE, bakery, entry, link, linked
from tests.graph.admins import add_key, admin_house, done, refused
from tests.harness import SANDBOX
from tests.states import KEYS


async def test_a_new_connection_waits_to_be_linked() -> None:
    """PENDING with a reason, at the address that the operator gave the sandbox; a second one has another id."""
    async with admin_house() as house:
        id = await bakery(house, settings=[{"name": "currency", "value": "GBP"}])
        [found] = (
            await done(house, "{ admin { connections { id state reason settings { value } scheme } } }")
        )["connections"]
        assert found == {
            "id": id, "state": "PENDING", "reason": "Nobody has linked it yet.", "scheme": "api_key",
            "settings": [{"value": "GBP"}],
        }  # fmt: skip
        assert entry(house, id).base_url == f"{SANDBOX}/accountsos"
        second = await done(house, CONNECT, company="bakery")
        assert second["id"] != id
        only = 'query($s: [ConnectionState!]) { admin { connections(states: $s, company: "bakery") { id } } }'
        assert len((await done(house, only, s=["PENDING"]))["connections"]) == 2
        assert await done(house, only, s=["ACTIVE"]) == {"connections": []}


NO_CONNECTION: tuple[tuple[dict[str, Any], str], ...] = (
    ({"provider": "cashew"}, "BAD_USER_INPUT: there is no such provider"),
    ({"scheme": "magic"}, "BAD_USER_INPUT: `scheme` of accountsos is one of api_key"),
    (
        {"settings": [{"name": "colour", "value": "red"}]},
        "BAD_USER_INPUT: `settings` of accountsos are currency",
    ),
    ({"settings": [{"name": "currency", "value": ""}]}, "BAD_USER_INPUT: `settings` has a currency"),
    (
        {"settings": [{"name": "currency", "value": "GBP"}] * 2},
        "BAD_USER_INPUT: `settings` has a name twice",
    ),
    ({"baseUrl": "http://169.254.169.254/"}, "FORBIDDEN: the operator allows no other address"),
    (
        {"baseUrl": "http://sandbox.evil.test/accountsos"},
        "FORBIDDEN: the operator allows no other address",
    ),
    ({"baseUrl": "http://x:y"}, "BAD_USER_INPUT: `baseUrl` is no address"),
    ({"provider": "bossinsights"}, "BAD_USER_INPUT: `settings` needs subdomain"),
    (
        {"provider": "bossinsights", "settings": [{"name": "subdomain", "value": "a.test/x?"}]},
        "BAD_USER_INPUT: `settings` needs subdomain",
    ),
)


async def test_what_a_connection_may_not_be() -> None:
    """Unknown words are refused with those there are; addresses of one's own only where the operator allows them."""
    async with admin_house() as house:
        await done(house, COMPANY, company="bakery")
        for given, said in NO_CONNECTION:
            assert (await refused(house, CONNECT, company="bakery", **given)).startswith(said), given
        assert await done(house, "{ admin { connections { id } } }") == {"connections": []}


async def test_a_live_connection_goes_to_the_provider() -> None:
    """What the operator allows the sandbox is nothing for live connections."""
    async with admin_house() as house:
        await done(house, COMPANY, "north-live", company="bakery")
        given = {"company": "bakery", "baseUrl": f"{SANDBOX}/accountsos/api"}
        assert (await refused(house, CONNECT, "north-live", **given)).startswith("FORBIDDEN: ")
        made = await done(house, CONNECT, "north-live", company="bakery")
        found = house.gateway.state.registry.get(ConnectionEntry, "live", made["id"])
        assert found is not None
        assert found.base_url == "https://accounts-os.com/api"


async def test_an_allowed_address_may_have_another_path() -> None:
    """The operator names the site; each set of books may lie below a path of its own."""
    async with admin_house() as house:
        id = await bakery(house, baseUrl=f"{SANDBOX}/accountsos/api/")
        assert entry(house, id).base_url == f"{SANDBOX}/accountsos/api"


async def test_pausing_and_resuming() -> None:
    """A paused connection says so with a code of its own; resumed it is as before: linked, or waiting to be."""
    async with admin_house() as house:
        id = await bakery(house)
        assert (
            await refused(house, ONE % "resumeConnection", id=id)
            == "BAD_USER_INPUT: this connection is not paused"
        )
        paused = await done(house, ONE % "pauseConnection", id=id)
        assert (paused["state"], paused["connection"]["stateCode"]) == ("PAUSED", "PAUSED_BY_TENANT")
        assert (await done(house, ONE % "resumeConnection", id=id))["state"] == "PENDING"
        await link(house, id)
        await done(house, ONE % "pauseConnection", id=id)
        assert await done(house, ONE % "resumeConnection", id=id) == {
            "state": "ACTIVE", "reason": None, "connection": {"stateCode": None},
        }  # fmt: skip


async def test_linking_with_a_secret_one_has() -> None:
    """All that one way in needs, tried with a real call; sealed, in the owner's name, and never shown."""
    text = """mutation($id: ID!, $secrets: [SecretInput!]!, $scheme: String) {
      linkConnection(connection: $id, secrets: $secrets, scheme: $scheme) { state scheme } }"""

    def secrets(**given: str) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in given.items()]

    async with admin_house() as house:
        id = await bakery(house, baseUrl=f"{SANDBOX}/accountsos/api")
        books = house.world.books["maple-bakery", "accountsos"]
        good = house.emulators["accountsos"].access(books).secrets
        for wrong in (
            secrets(email="a@b.test", password="hush"),
            [],
            secrets(api_key=""),
            secrets(**good) * 2,
        ):
            assert "`secrets`" in await refused(house, text, id=id, secrets=wrong)
        assert "`scheme`" in await refused(house, text, id=id, secrets=secrets(**good), scheme="magic")
        theirs = await refused(house, text, "south-sandbox", id=id, secrets=secrets(**good))
        assert theirs.startswith("FORBIDDEN: ")
        stale = await refused(house, text, id=id, secrets=secrets(api_key="sk_live_of_nobody"))
        assert stale.startswith("NEEDS_REAUTH: ")
        assert not await linked(house, id)
        with capture_logs() as lines:
            found = await done(house, text, id=id, secrets=secrets(**good))
        assert found == {"state": "ACTIVE", "scheme": "api_key"}
        assert (entry(house, id).owner, await linked(house, id)) == ("north", True)
        kept = await house.gateway.state.store.under("")
        assert not any(good["api_key"].encode() in each.value for each in kept.values())
        assert good["api_key"] not in str(lines)


async def test_a_person_s_password_is_not_taken() -> None:
    """A login belongs on the page where the person types it; of a tenant only the token is taken."""
    text = """mutation($id: ID!) { linkConnection(connection: $id,
      secrets: [{name: "email", value: "a@b.test"}, {name: "password", value: "hush"}]) { state } }"""
    async with admin_house() as house:
        id = await bakery(house, provider="kashoo")
        assert "`secrets`" in await refused(house, text, id=id)


async def test_disconnecting_forgets_what_lets_us_in() -> None:
    """The connection stays and is REVOKED; removed it is gone, with how it stood."""
    async with admin_house() as house:
        id = await bakery(house)
        await link(house, id)
        before = house.gateway.state.registry.generation("sandbox", id)
        assert (await done(house, ONE % "disconnect", id=id))["state"] == "REVOKED"
        assert not await linked(house, id)
        assert house.gateway.state.registry.generation("sandbox", id) > before
        assert await done(house, "mutation($id: ID!) { deleteConnection(connection: $id) }", id=id) == id
        assert house.gateway.state.registry.standing("sandbox", id) is None
        assert (await done(house, SEEN, company="bakery"))["connections"] == []


async def test_a_new_address_has_to_be_linked_again() -> None:
    """Settings that are part of the address take what was for the old one with them; others do not."""
    update = """mutation($id: ID!, $settings: [SettingInput!]!) {
      updateConnection(connection: $id, settings: $settings) { state settings { name value } } }"""
    where = [{"name": "subdomain", "value": "books"}, {"name": "root_domain", "value": "advisers.test"}]
    async with admin_house() as house:
        id = await bakery(house, provider="bossinsights", settings=where)
        await link(house, id)
        await done(house, update, id=id, settings=[*where, {"name": "currency", "value": "USD"}])
        assert await linked(house, id)
        where[0] = {"name": "subdomain", "value": "elsewhere"}
        found = await done(house, update, id=id, settings=where)
        assert found == {"state": "PENDING", "settings": sorted(where, key=lambda each: each["name"])}
        assert not await linked(house, id)
        assert entry(house, id).base_url == "https://elsewhere.advisers.test/api"


LINK = """mutation($company: ID! = "bakery", $back: String! = "https://app.north.test/done?x=1", $provider: String,
    $connection: ID, $settings: [SettingInput!], $ttl: Int! = 60) {
  createLinkToken(company: $company, returnUrl: $back, provider: $provider, connection: $connection,
    settings: $settings, ttlSeconds: $ttl) { token url expiresAt } }"""


async def test_a_link_token_holds_what_was_asked() -> None:
    """Sealed, in the name of the key that asks, for one company; a backend's key with `api.write` is enough."""
    async with admin_house() as house:
        id = await bakery(house)
        state = house.gateway.state
        await add_key(state, "writer", tenant="north", scopes=frozenset(("api.write",)))
        settings = [{"name": "currency", "value": "GBP"}]
        made = await done(house, LINK, "writer", connection=id, settings=settings)
        assert made["url"] is None
        request = LinkTokens(KEYS, state.store, house.clock).open(made["token"])
        assert (request.tenant, request.key, request.environment) == ("north", "writer", "sandbox")
        assert (request.company, request.connection, request.provider) == ("bakery", id, "accountsos")
        assert (request.return_url, request.settings) == (
            "https://app.north.test/done?x=1",
            {"currency": "GBP"},
        )
        assert request.expires_at == int(house.clock.now().timestamp()) + 60
        free = LinkTokens(KEYS, state.store, house.clock).open((await done(house, LINK))["token"])
        assert (free.provider, free.connection) == (None, None)


async def test_what_a_link_token_may_not_be() -> None:
    """For others' companies, back to strange pages, by a key that only reads, or for longer than a day."""
    async with admin_house() as house:
        id = await bakery(house)
        state = house.gateway.state
        await add_key(state, "reader", tenant="north", scopes=frozenset(("api.read",)))
        await add_key(state, "narrow", tenant="north", companies=frozenset(("other",)))
        assert "`api.write` or `admin`" in await refused(house, LINK, "reader")
        assert (await refused(house, LINK, "narrow")).startswith("FORBIDDEN: ")
        for back in (
            "https://app.south.test/",
            "https://app.north.test.evil.test/",
            "javascript:alert(1)",
            "",
        ):
            assert "`returnUrl`" in await refused(house, LINK, back=back)
        for seconds in (0, 86_401):
            assert "`ttlSeconds`" in await refused(house, LINK, ttl=seconds)
        assert "`provider`" in await refused(house, LINK, connection=id, provider="kashoo")
        assert "`settings`" in await refused(house, LINK, settings=[{"name": "currency", "value": "GBP"}])

        await done(house, SHARE, company="bakery", tenant="south")
        back = "https://app.south.test/"
        for company in ("bakery", "nothing"):
            said = await refused(house, LINK, "south-sandbox", company=company, back=back)
            assert said == "FORBIDDEN: this key does not link that company, or there is no such company"
