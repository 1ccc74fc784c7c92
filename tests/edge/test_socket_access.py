"""Who may open a socket, who is on it, and for how long."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from ledgermesh.state.entries import KeyEntry, TenantEntry
from ledgermesh.state.minting import BrowserGrant, BrowserTokens
from tests.edge.desk import BEARER, KEY, registry_of
from tests.edge.sockets import NOW, Client, Served, served
from tests.states import KEYS

EVENTS = "subscription { events }"
PAGE = "https://app.example"
TENANTS_PAGE = "https://books.tenant.example"


@pytest.fixture
async def gateway() -> AsyncIterator[Served]:
    """A gateway with pages of its own, and a tenant with others."""
    known = registry_of({KEY: [TENANTS_PAGE], "other": []})
    async with served(known=known, origins=frozenset((PAGE,))) as made:
        yield made


async def introduced(client: Client, payload: Any = None) -> tuple[int, str]:
    """How the socket was closed on an introduction."""
    await client.say(type="connection_init", **({} if payload is None else {"payload": payload}))
    return await client.closed()


async def test_the_payload_says_who_it_is(gateway: Served) -> None:
    """As bearer or by Basic authentication, however its name is written."""
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    for payload in ({"authorization": f"bearer {KEY}"}, {"AUTHORIZATION": f"Basic {basic}"}):
        async with gateway.client() as client:
            await client.say(type="connection_init", payload=payload)
            assert (await client.heard())["type"] == "connection_ack"
            await client.ask("1", "{ word }")
    assert {question.principal.key.id for question in gateway.source.questions} == {KEY}


async def test_the_request_says_it_too(gateway: Served) -> None:
    """Without a payload the upgrade's header counts; with one, the payload's."""
    async with gateway.client(headers=BEARER) as client:
        await client.say(type="connection_init")
        assert (await client.heard())["type"] == "connection_ack"
        await client.ask("1", "{ word }")
    async with gateway.client(headers=BEARER) as client:
        await client.begin(Authorization="Bearer other")
        await client.ask("1", "{ word }")
    assert [question.principal.key.id for question in gateway.source.questions] == [KEY, "other"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (None, "no API key: send Authorization: Bearer <key>"),
        ({}, "no API key: send Authorization: Bearer <key>"),
        ({"Authorization": None}, "no API key: send Authorization: Bearer <key>"),
        ({"Authorization": "Bearer unknown"}, "nobody has this API key"),
        ({"Authorization": "Digest x"}, "the Authorization header is neither Bearer nor Basic"),
    ],
)
async def test_nobody_is_not_let_in(gateway: Served, payload: Any, reason: str) -> None:
    """4403 says why."""
    async with gateway.client() as client:
        assert await introduced(client, payload) == (4403, reason)


KEYED = {"Authorization": f"Bearer {KEY}"}


@pytest.mark.parametrize(
    ("payload", "about"),
    [
        ({"X-Provider-Token": "books token-of-the-provider"}, "x-provider-token"),
        ({"X_PROVIDER_TOKEN": "books token-of-the-provider"}, "x-provider-token"),
        ({"X-Sync-Data": "push"}, "x-sync-data"),
        ({"x-sync-sources": "kashoo"}, "x-sync-sources"),
        ({"Idempotency-Key": "k"}, "idempotency-key"),
        ({"X-Account-Key": "maple", "X_ACCOUNT_KEY": "alpine"}, "x-account-key"),
        ({"X-Account-Key": 7}, "x-account-key"),
        ({"Authorization": ["Bearer x"]}, "authorization"),
        ({"authorization": "Bearer other"}, "authorization"),
        ({"X-Tracking-ID": "two words"}, "X-Tracking-ID"),
        ({"X-Request-Timeout": "soon"}, "X-Request-Timeout"),
        ({"X-Request-Timeout": 0}, "X-Request-Timeout"),
        ({"X-Request-Timeout": True}, "x-request-timeout"),
    ],
)
async def test_what_cannot_be_meant(gateway: Served, payload: dict[str, Any], about: str) -> None:
    """4400 names it; a secret in it is not repeated."""
    async with gateway.client() as client:
        code, reason = await introduced(client, KEYED | payload)
        assert code == 4400
        assert about in reason and "token-of" not in reason


@pytest.mark.parametrize("name", ["X-Provider-Token", "X-Sync-Data", "Idempotency-Key"])
async def test_headers_of_one_request_are_refused_here(gateway: Served, name: str) -> None:
    """Also on the request that opens the socket: to overlook them would be to write what was not meant."""
    async with gateway.client(headers={name: "x y"}) as client:
        code, reason = await introduced(client, KEYED)
        assert (code, name.casefold() in reason) == (4400, True)


async def test_what_holds_for_every_operation(gateway: Served) -> None:
    """Company, tracking id and deadline; the tracking id comes back, and the id of the request."""
    given: dict[str, Any] = {"X_ACCOUNT_KEY": "maple", "X-Tracking-ID": "t-1", "X-Request-Timeout": 2.5}
    async with gateway.client(headers={"X-Request-Id": "r-1", "Cache-Control": "no-cache"}) as client:
        assert await client.begin(**given) == {"X-Request-Id": "r-1", "X-Tracking-ID": "t-1"}
        assert client.wire.response is not None and client.wire.response.headers["X-Request-Id"] == "r-1"
        await client.ask("1", "{ word }")
    [asked] = gateway.source.questions
    assert (asked.account_key, asked.timeout_seconds) == ("maple", 2.5)
    assert (asked.write_headers.tracking_id, asked.write_headers.push) == ("t-1", False)
    assert not asked.fresh.no_cache


async def test_a_company_by_header_or_address(gateway: Served) -> None:
    """Where the payload names none; two that differ are refused wherever they stand."""
    async with gateway.client(headers={"X-Account-Key": "maple"}, query="?X_ACCOUNT_KEY=maple") as client:
        await client.begin()
        await client.ask("1", "{ word }")
    assert gateway.source.questions[0].account_key == "maple"
    async with gateway.client(query="?X_ACCOUNT_KEY=maple") as client:
        code, _ = await introduced(client, KEYED | {"X-Account-Key": "alpine"})
        assert code == 4400


# -- the key ends -------------------------------------------------------------------------------------------------


async def test_a_key_is_looked_up_before_every_operation(gateway: Served) -> None:
    """One that was revoked meanwhile closes the socket: clients come again with a new one. Nothing is asked."""
    async with gateway.caller() as client:
        await client.ask("1", "{ word }")
        gateway.registry.drop(gateway.registry.all(KeyEntry)[0].place)
        await client.subscribe("2", "{ word }")
        assert await client.closed() == (4403, "nobody has this API key")
    assert len(gateway.source.questions) == 1


async def test_a_revoked_key_keeps_no_socket(gateway: Served) -> None:
    """Not one that does nothing for longer than a second; what runs ends by itself first."""
    [key, *_] = gateway.registry.all(KeyEntry)
    async with gateway.caller() as idle, gateway.caller() as busy:
        await busy.subscribe("s", EVENTS)
        await gateway.until(lambda: gateway.source.begun)
        gateway.registry.drop(key.place)
        await gateway.clock.turn(1)
        assert await idle.closed() == (4403, "this API key has ended or was revoked")
        gateway.source.tell({"data": None, "errors": [{"message": "ended"}]}, None)
        assert [(await busy.heard())["type"] for _ in range(2)] == ["next", "complete"]
        assert (await gateway.turned(busy))[0] == 4403


async def test_an_operation_has_the_rights_of_now(gateway: Served) -> None:
    """Not those of when the socket was opened."""
    [key, *_] = gateway.registry.all(KeyEntry)
    async with gateway.caller() as client:
        gateway.registry.set(replace(key, scopes=frozenset(("api.read", "api.write"))))
        await client.ask("1", "{ word }")
    assert "api.write" in gateway.source.questions[0].principal.key.scopes


# -- pages --------------------------------------------------------------------------------------------------------


async def test_pages_that_may_open_sockets(gateway: Served) -> None:
    """The gateway's own, the operator's, and those that tenants allow."""
    for origin in (gateway.url, PAGE, TENANTS_PAGE):
        async with gateway.client(origin=origin) as client:
            await client.begin()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://app.example.evil.example", "http://app.example", "x"]
)
async def test_a_stranger_s_page(gateway: Served, origin: str) -> None:
    """Is refused before there is a socket, whatever credentials the browser sends along."""
    with pytest.raises(InvalidStatus) as refused:
        async with gateway.client(origin=origin, headers=BEARER):
            pass
    response = refused.value.response
    assert response.status_code == 403
    assert json.loads(response.body)["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "x-request-id" in response.headers
    assert gateway.sockets.open == 0


async def test_two_origins(gateway: Served) -> None:
    """Nobody has two; whoever says so is refused."""
    with pytest.raises(InvalidStatus):
        async with gateway.client(origin=PAGE, headers={"origin": "https://evil.example"}):
            pass


async def test_browser_tokens(gateway: Served) -> None:
    """Are good from pages they were made for, and until they end; then the client comes with a new one."""
    [tenant, *_] = gateway.registry.all(TenantEntry)
    grant = BrowserGrant(
        tenant=tenant.id, environment="live", key=KEY, company="maple", scopes=frozenset(("api.read",)),
        origins=frozenset((TENANTS_PAGE,)), expires_at=int(NOW.timestamp()) + 60,
    )  # fmt: skip
    payload = {"Authorization": f"Bearer {BrowserTokens(KEYS).seal(grant)}"}
    for origin in (None, PAGE):
        async with gateway.client(origin=origin) as client:
            assert await introduced(client, payload) == (
                4403,
                "this browser token is not for pages of this origin",
            )
    async with gateway.client(origin=TENANTS_PAGE) as client:
        await client.begin(**payload)
        await client.ask("1", "{ word }")
        await gateway.clock.turn(30)
        await client.ask("2", "{ word }")
        assert gateway.clock.monotonic() < 60
        await gateway.clock.turn(30)
        assert (await gateway.turned(client))[0] == 4403
    assert {question.principal.key.companies for question in gateway.source.questions} == {
        frozenset(("maple",))
    }
