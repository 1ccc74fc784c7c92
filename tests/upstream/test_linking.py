"""Linking without pages: addresses, choices, secrets at hand, and giving back."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.errors import (
    BadInput,
    Garbled,
    LedgermeshError,
    NeedsConfig,
    NotFound,
    Reconnect,
    SlowDown,
    Unavailable,
)
from ledgermesh.spec.auth import ApiKey, OAuth2
from ledgermesh.spec.provider import Choose, Provider, ProviderKind, Setting
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import ConnectionEntry, Standing
from ledgermesh.state.shared import State
from ledgermesh.upstream.linking.consent import exchange
from ledgermesh.upstream.linking.direct import link_with_secrets
from ledgermesh.upstream.linking.giving_back import disconnect
from ledgermesh.upstream.linking.keeping import keep
from ledgermesh.upstream.linking.line import Line
from ledgermesh.upstream.linking.places import filled, moved
from ledgermesh.upstream.linking.target import find_target
from ledgermesh.upstream.linking.trying import choices
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.states import memory_state
from tests.upstream.conftest import Server, raw, say

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
SHOP = Setting(
    name="shop",
    description="Which shop.",
    pattern="[0-9]+",
    choose=Choose(path="/shops", rows="shops", value="id", label="about.name", also=(("currency", "money"),)),
)
OAUTH = OAuth2(
    grant="authorization_code",
    authorize_url="https://login.acme.example/authorize",
    token_url="https://login.acme.example/token",
    revoke_url="https://login.acme.example/revoke",
    scopes=("read",),
    client_auth="basic",
    pkce=True,
)
ACME = Provider(
    name="acme",
    title="Acme Books",
    docs_url="https://acme.example",
    checked_on=NOW.date(),
    kinds=(ProviderKind.ACCOUNTING,),
    base_url="https://{region}.acme.example/v1",
    auth=(ApiKey(), OAUTH),
    settings=(
        Setting(name="region", description="Region.", pattern="[a-z]{2}"),
        SHOP,
        Setting(name="currency", description="Currency.", required=False),
        Setting(name="tax", description="Tax office.", required=False),
    ),
    check_path="/me",
)
SHOPS = {
    "shops": [{"id": 7, "about": {"name": "North"}, "money": "CHF"}, {"id": 8, "about": None}, {"id": True}]
}


class Rig:
    """A provider's server, and the state in which links are kept."""

    def __init__(self, http: httpx.AsyncClient, server: Server, clock: ManualClock) -> None:
        self.server = server
        self.clock = clock
        self.wire = HttpxWire(http)
        self.state: State = memory_state(clock)
        self.line = Line(self.wire, clock)

    async def link(self, **changes: Any) -> ConnectionEntry:
        asked: dict[str, Any] = {
            "tenant": "studio", "key": "cli", "environment": "live", "company": "shop", "provider": "acme",
            "secrets": {"api_key": Secret("good")}, "settings": {"region": "ch"},
        }  # fmt: skip
        return await link_with_secrets(
            self.state, {"acme": ACME}, wire=self.wire, clock=self.clock, **{**asked, **changes}
        )

    @property
    def seen(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.server.seen]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    server = Server()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app())) as http:
        yield Rig(http, server, ManualClock(NOW))


# -- secrets at hand ---------------------------------------------------------------------------------------------------


async def test_secrets_are_tried_and_kept(rig: Rig) -> None:
    """One read, one look at what can be chosen; the setting that was given is one of it."""
    rig.server.then(say({}), say(SHOPS))

    entry = await rig.link(settings={"region": "ch", "shop": "7"})

    assert rig.seen == ["GET /v1/me", "GET /v1/shops"]
    assert rig.server.seen[0].headers["authorization"] == "Bearer good"
    assert entry.settings == {"region": "ch", "shop": "7", "currency": "CHF"}
    assert entry.base_url == "https://ch.acme.example/v1"
    assert (entry.id, entry.owner) == ("shop-acme", "studio")


async def test_without_a_choice_the_choices_are_told(rig: Rig) -> None:
    """Nothing is kept, and the message lists what may be given."""
    rig.server.then(say({}), say(SHOPS))

    with pytest.raises(NeedsConfig, match=r"Give shop: 7 \(North\), 8 \(8\)\."):
        await rig.link()

    assert not await rig.state.store.under("grant/")


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([say({}, 401)], Reconnect),
        ([say({}, 429)], SlowDown),
        ([say({}, 503)], Unavailable),
        ([raw(b"<html>parked</html>")], Garbled),
        ([say({}), say({"shops": "none"})], Garbled),
        ([say({}), say([])], Garbled),
        ([say({}), say({"shops": []})], NeedsConfig),
        ([say({}), say({"shops": [{"id": 9}]})], NeedsConfig),
    ],
)
async def test_what_is_refused_is_not_kept(
    rig: Rig, answers: list[Any], error: type[LedgermeshError]
) -> None:
    """Wrong credentials, a provider in trouble, a page that is no API, a login that does not reach the shop."""
    rig.server.then(*answers)

    with pytest.raises(error):
        await rig.link(settings={"region": "ch", "shop": "7"})

    assert not await rig.state.store.under("grant/")
    assert not await rig.state.store.under("connection/")


@pytest.mark.parametrize(
    "changes",
    [
        {"provider": "other"},
        {"scheme": "other"},
        {"settings": {}},
        {"settings": {"region": "evil.example/"}},
        {"settings": {"region": "ch", "colour": "red"}},
        {"settings": {"region": "ch", "shop": "x"}},
    ],
)
async def test_what_cannot_be_meant_is_refused_before_any_call(rig: Rig, changes: dict[str, Any]) -> None:
    """Unknown providers, ways and settings; values that do not look as they should."""
    with pytest.raises(BadInput):
        await rig.link(**changes)
    assert rig.seen == []


async def test_one_choice_is_taken_silently(rig: Rig) -> None:
    """With what its row tells besides, unless that was given."""
    one = {"shops": {"id": "7", "money": "CHF"}}
    rig.server.then(say({}), say(one), say({}), say(one))

    assert (await rig.link()).settings == {"region": "ch", "shop": "7", "currency": "CHF"}
    second = await rig.link(settings={"region": "ch", "currency": "EUR"}, connection="mine")
    assert second.settings["currency"] == "EUR" and second.id == "mine"


async def test_all_pages_of_choices_are_read(rig: Rig) -> None:
    """Until a short one; a provider that gives the same page again is asked no further."""
    assert SHOP.choose is not None
    paged = replace(SHOP, choose=replace(SHOP.choose, rows="", paged=True))
    rows = [{"id": number} for number in range(130)]
    link = _target(rig).link(ApiKey(), {"region": "ch"})
    grant = Grant(tenant="studio", environment="live", connection="new", scheme="api_key",
                  secrets={"api_key": Secret("good")})  # fmt: skip
    rig.server.then(say(rows[:100]), say(rows[100:]))
    assert len(await choices(rig.line, link, ApiKey(), grant, paged)) == 130
    assert [each.query for each in rig.server.seen] == ["limit=100&offset=0", "limit=100&offset=100"]

    rig.server.then(say(rows[:100]), say(rows[:100]), say(rows[:100]))
    assert len(await choices(rig.line, link, ApiKey(), grant, paged)) == 100
    assert len(rig.server.seen) == 4


def _target(rig: Rig, **changes: Any) -> Any:
    asked: dict[str, Any] = {"tenant": "studio", "environment": "live", "company": "shop", "provider": "acme"}
    return find_target(rig.state.registry, {"acme": ACME}, {}, **{**asked, **changes})


async def test_a_connection_that_is_removed_meanwhile_stays_removed(rig: Rig) -> None:
    """Its grant goes too."""
    rig.server.then(say({}), say(SHOPS))
    entry = await rig.link(settings={"region": "ch", "shop": "7"})
    target = _target(rig, connection=entry.id)
    link = target.link(ApiKey(), {})
    await rig.state.directory.change(ConnectionEntry, entry.place, lambda _: None)
    grant = await rig.state.grants.find("studio", "live", entry.id)
    assert grant is not None

    with pytest.raises(NotFound):
        await keep(rig.state, target, link, ApiKey(), grant, now=NOW)

    left = await rig.state.grants.find("studio", "live", entry.id)
    assert left is not None and not left.linked


async def test_an_address_of_its_own_stays_with_a_connection(rig: Rig) -> None:
    """Linked again it goes where it went before; a usual one follows its settings."""
    rig.server.then(say({}), say(SHOPS), say({}), say(SHOPS))
    own = await rig.link(settings={"region": "ch", "shop": "7"}, base_url="https://proxy.example/v1/")
    usual = await rig.link(settings={"region": "ch", "shop": "7"}, connection="usual")

    assert _target(rig, connection=own.id).link(ApiKey(), {}).base_url == "https://proxy.example/v1"
    again = _target(rig, connection=usual.id, settings={"region": "fr"}).link(ApiKey(), {})
    assert again.base_url == "https://fr.acme.example/v1"
    with pytest.raises(BadInput):
        _target(rig, connection=own.id, company="other")


# -- addresses ---------------------------------------------------------------------------------------------------------


def test_addresses_move_with_the_provider() -> None:
    """What stands before the definition's own path is the place."""
    for base, expected in (
        ("http://sandbox/acme/v1", "http://sandbox/acme/token"),
        ("http://sandbox", "http://sandbox/token"),
        ("http://sandbox:8100/x", "http://sandbox:8100/token"),
    ):
        assert moved(ACME, base, OAUTH.token_url) == expected


def test_an_operators_addresses_are_for_the_sandbox_only(rig: Rig) -> None:
    """Live connections go where the definition says, whatever is configured for the sandbox."""
    bases = {"acme": "http://sandbox/acme/v1"}
    made = {
        environment: find_target(
            rig.state.registry, {"acme": ACME}, bases, tenant="studio", environment=environment,
            company="shop", provider="acme", settings={"region": "ch"},
        ).link(OAUTH, {})
        for environment in ("live", "sandbox")
    }  # fmt: skip

    assert made["live"].base_url == "https://ch.acme.example/v1"
    assert "token_url" not in made["live"].settings
    assert made["sandbox"].base_url == "http://sandbox/acme/v1"
    assert made["sandbox"].settings["token_url"] == "http://sandbox/acme/token"
    with pytest.raises(BadInput):
        filled("https://{region}.example", {})


# -- consents and giving back ------------------------------------------------------------------------------------------

CLIENT = Grant(
    tenant="*", environment="live", connection="acme", scheme="oauth2",
    secrets={"client_id": Secret("us"), "client_secret": Secret("hush")},
)  # fmt: skip


@pytest.mark.parametrize(
    ("status", "word", "error"),
    [
        (400, "invalid_grant", Reconnect),
        (401, "invalid_client", NeedsConfig),
        (429, "", SlowDown),
        (500, "", Unavailable),
    ],
)
async def test_an_exchange_fails_as_what_it_is(
    rig: Rig, status: int, word: str, error: type[LedgermeshError]
) -> None:
    """A code that is refused, a client that is not known, a provider that is busy or broken."""
    link = _target(rig).link(OAUTH, {"region": "ch"})
    rig.server.then(say({"error": word}, status))

    with pytest.raises(error):
        await exchange(rig.line, link, OAUTH, client=CLIENT, code="c", redirect_uri="https://x", verifier="v")

    assert b"code_verifier=v" in rig.server.seen[0].body
    assert rig.server.seen[0].headers["authorization"].startswith("Basic ")


async def _consented(rig: Rig) -> ConnectionEntry:
    target = _target(rig)
    link = target.link(OAUTH, {"region": "ch", "shop": "7"})
    grant = Grant(tenant="studio", environment="live", connection="new", scheme="oauth2",
                  secrets={"access_token": Secret("access-1"), "refresh_token": Secret("refresh-1")})  # fmt: skip
    assert await rig.state.clients.write(CLIENT)
    found: ConnectionEntry = await keep(rig.state, target, link, OAUTH, grant, now=NOW)
    return found


@pytest.mark.parametrize(("status", "confirmed"), [(200, True), (503, False)])
async def test_disconnecting_revokes_and_forgets(rig: Rig, status: int, confirmed: bool) -> None:
    """Both tokens are given back (RFC 7009); what is kept here is gone even where the provider fails."""
    entry = await _consented(rig)
    rig.server.usual = say({}, status)

    done = await disconnect(rig.state, entry, definitions={"acme": ACME}, wire=rig.wire, clock=rig.clock)

    assert done == confirmed
    assert [each.body for each in rig.server.seen] == [
        b"token=refresh-1&token_type_hint=refresh_token",
        b"token=access-1&token_type_hint=access_token",
    ]
    assert rig.seen == ["POST /revoke", "POST /revoke"]
    grant = await rig.state.grants.find("studio", "live", entry.id)
    assert grant is not None and not grant.linked
    standing = rig.state.registry.get(Standing, "live", entry.id)
    assert standing is not None and (standing.state, standing.code) == ("REVOKED", "DISCONNECTED")
    assert rig.state.registry.generation("live", entry.id) == 2


async def test_without_a_documented_way_nothing_is_sent(rig: Rig) -> None:
    """A key is forgotten here; its owner revokes it at the provider."""
    rig.server.then(say({}), say(SHOPS))
    entry = await rig.link(settings={"region": "ch", "shop": "7"})
    before = len(rig.seen)

    for _ in range(2):
        args: dict[str, Any] = {"definitions": {"acme": ACME}, "wire": rig.wire, "clock": rig.clock}
        assert not await disconnect(rig.state, entry, **args)

    assert len(rig.seen) == before
