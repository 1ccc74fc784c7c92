"""Webhooks, OAuth clients, and the way from sandbox to live."""

from __future__ import annotations

from typing import Any

from ledgermesh.graph.admin.clients import FOR_ALL
from ledgermesh.state.entries import ConnectionEntry
from tests.graph.admins import admin_house, done, refused
from tests.harness import SANDBOX, House

HOOK = """mutation($url: String! = "https://93.184.216.35/hook", $events: [WebhookEvent!]! = [CONNECTION_CHANGED]) {
  createWebhook(url: $url, events: $events) { secret webhook { id url events createdAt } } }"""
ROTATE = "mutation($id: ID!) { rotateWebhookSecret(webhook: $id) { secret webhook { id } } }"
DELETE = "mutation($id: ID!) { deleteWebhook(webhook: $id) { id } }"
CLIENT = """mutation($provider: String! = "smallinvoice", $id: String! = "our-id", $secret: String! = "hush",
    $all: Boolean! = false) {
  setOAuthClient(provider: $provider, clientId: $id, clientSecret: $secret, appWide: $all) {
    provider clientId appWide } }"""
CLIENTS = "{ admin { oauthClients { provider clientId appWide } } }"
COPY = """mutation($company: ID! = "bakery", $new: ID) { copyConfiguration(company: $company, key: $new) {
  company { key name owner environment sharedWith } connections { id scheme state settings { name value } }
  webhooks { secret webhook { url } } } }"""


async def secrets(house: House, id: str, environment: str = "sandbox") -> dict[str, str]:
    grant = await house.gateway.state.signing.find("north", environment, id)
    assert grant is not None
    return {name: secret.reveal() for name, secret in grant.secrets.items()}


async def test_a_webhook_s_secret_is_shown_once_and_rotated() -> None:
    """After a rotation both sign, until the older one ends a day later; removed, neither is there."""
    async with admin_house() as house:
        made = await done(house, HOOK)
        id = made["webhook"]["id"]
        assert made["secret"].startswith("whsec_")
        assert await secrets(house, id) == {"current": made["secret"]}
        listed = await done(house, "{ admin { webhooks { id url events } } }")
        assert listed["webhooks"] == [
            {"id": id, "url": "https://93.184.216.35/hook", "events": ["CONNECTION_CHANGED"]}
        ]
        assert await done(house, "{ admin { webhooks { id } } }", "north-live") == {"webhooks": []}

        new = await done(house, ROTATE, id=id)
        assert await secrets(house, id) == {"current": new["secret"], "previous": made["secret"]}
        grant = await house.gateway.state.signing.find("north", "sandbox", id)
        assert grant is not None
        assert grant.expires_at is not None
        assert (grant.expires_at - house.clock.now()).total_seconds() == 86_400

        for text in (ROTATE, DELETE):
            assert (await refused(house, text, "south-sandbox", id=id)).startswith("NOT_FOUND: ")
        assert await done(house, DELETE, id=id) == {"id": id}
        assert await secrets(house, id) == {}
        registry = house.gateway.state.registry
        assert registry.webhooks("north", "sandbox", "connection.changed") == []


async def test_what_a_webhook_may_not_be() -> None:
    """Only https, without a user name, told of something; no more than twenty."""
    async with admin_house() as house:
        for url in ("http://93.184.216.35/hook", "https://u:p@93.184.216.35/", "https://", "ftp://x"):
            assert "`url`" in await refused(house, HOOK, url=url)
        assert "`events`" in await refused(house, HOOK, events=[])
        for _ in range(20):
            await done(house, HOOK)
        assert "at most 20" in await refused(house, HOOK)


async def test_an_oauth_client_is_kept_sealed() -> None:
    """Its id is shown, its secret never; the one for all is the operator's."""
    async with admin_house() as house:
        assert await done(house, CLIENT) == {
            "provider": "smallinvoice",
            "clientId": "our-id",
            "appWide": False,
        }
        assert (await refused(house, CLIENT, all=True)).startswith("FORBIDDEN: ")
        await done(house, CLIENT, "home-sandbox", all=True, id="theirs")
        assert "no consent" in await refused(house, CLIENT, provider="accountsos")
        assert "`clientSecret`" in await refused(house, CLIENT, secret="")
        assert await done(house, CLIENTS) == {
            "oauthClients": [{"provider": "smallinvoice", "clientId": "our-id", "appWide": False}]
        }
        assert [each["appWide"] for each in (await done(house, CLIENTS, "home-sandbox"))["oauthClients"]] == [
            True
        ]
        assert await done(house, CLIENTS, "north-live") == {"oauthClients": []}

        kept = await house.gateway.state.clients.find("north", "sandbox", "smallinvoice")
        assert kept is not None
        assert kept.secrets["client_secret"].reveal() == "hush"
        assert await house.gateway.state.clients.find(FOR_ALL, "sandbox", "smallinvoice") is not None
        remove = 'mutation { removeOAuthClient(provider: "smallinvoice") }'
        assert [await done(house, remove), await done(house, remove)] == [True, False]


async def prepared(house: House) -> None:
    """A sandbox company with two connections, one of them at an address of its own, and a webhook."""
    await done(house, 'mutation { createCompany(name: "Bakery", key: "bakery") { key } }')
    for provider, more in (
        ("accountsos", f', baseUrl: "{SANDBOX}/accountsos/api"'),
        ("kashoo", ', scheme: "oauth2", settings: [{ name: "business_id", value: "7" }]'),
    ):
        text = f'mutation {{ createConnection(company: "bakery", provider: "{provider}"{more}) {{ id }} }}'
        await done(house, text)
    await done(house, HOOK)


async def test_a_set_up_is_copied_without_what_lets_us_in() -> None:
    """Company, connections and webhooks are there in live; the connections wait, at the providers' own addresses."""
    async with admin_house() as house:
        await prepared(house)
        made = await done(house, COPY, "north-live")
        assert made["company"] == {
            "key": "bakery", "name": "Bakery", "owner": "north", "environment": "live", "sharedWith": ["north"],
        }  # fmt: skip
        assert made["connections"] == [
            {"id": "bakery-accountsos", "scheme": "api_key", "state": "PENDING", "settings": []},
            {
                "id": "bakery-kashoo", "scheme": "oauth2", "state": "PENDING",
                "settings": [{"name": "business_id", "value": "7"}],
            },
        ]  # fmt: skip
        state = house.gateway.state
        urls = {each.base_url for each in state.registry.all(ConnectionEntry) if each.environment == "live"}
        assert urls == {"https://accounts-os.com/api", "https://api.kashoo.com/api"}
        [hook] = made["webhooks"]
        assert hook["webhook"]["url"] == "https://93.184.216.35/hook"
        for id in ("bakery-accountsos", "bakery-kashoo"):
            assert await state.grants.find("north", "live", id) is None
        again: Any = await done(house, COPY, "north-live")
        assert (again["company"]["key"], again["connections"], again["webhooks"]) == ("bakery", [], [])


async def test_only_one_s_own_set_up_is_copied_and_only_to_live() -> None:
    """A sandbox key copies nothing; another tenant's company is like none; a taken account key is refused."""
    async with admin_house() as house:
        await prepared(house)
        assert "live key" in await refused(house, COPY)
        theirs = await refused(house, COPY, "south-live")
        assert theirs == await refused(house, COPY, "south-live", company="nobody")
        await done(house, 'mutation { createCompany(name: "x", key: "taken") { key } }', "south-live")
        assert await refused(house, COPY, "north-live", new="taken") == "BAD_USER_INPUT: `key` is taken"
