"""`/_control` around linking: apps are registered, text messages read, consent and keys withdrawn."""

from __future__ import annotations

import base64

import httpx
import pytest
from msgspec import structs

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.app import Sandbox, make_sandbox
from ledgermesh.sandbox.emulator import oauth_client
from ledgermesh.sandbox.world import World
from tests.sandbox import accountsos_desk, bossinsights_desk, kashoo_desk, smallinvoice_desk
from tests.sandbox.accountsos_desk import START
from tests.sandbox.forms import Seen, browse, landing
from tests.sandbox.sandbox_desk import Room

OURS = "https://gateway.example/connect/callback"
PASSWORD = "corner-shop-kashoo-password"


@pytest.fixture
def room() -> Room:
    """The corner shop's books with four providers."""
    shelf = [
        accountsos_desk.small_books(),
        kashoo_desk.small_books(),
        kashoo_desk.small_books(provider="trulysmall"),
        bossinsights_desk.small_books(),
        smallinvoice_desk.tiny_world().books["tiny", "smallinvoice"],
    ]
    world, clock = (
        World(START.date(), {(books.company, books.provider): books for books in shelf}),
        ManualClock(START),
    )
    sandbox = make_sandbox(world, clock)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app), base_url="http://sandbox")
    return Room(sandbox, clock, world, client)


def credentials(room: Room, company: str, provider: str) -> dict[str, str]:
    return dict(room.sandbox.emulators[provider].credentials(room.world.books[company, provider]))


def same(sandbox: Sandbox, provider: str) -> dict[str, object]:
    """The app that the sandbox's own process sees."""
    client = oauth_client(sandbox.emulators[provider], OURS)
    assert client is not None
    return {"provider": provider, **structs.asdict(client)}


@pytest.mark.parametrize("provider", ["kashoo", "trulysmall", "smallinvoice"])
async def test_an_app_is_registered_by_its_address(room: Room, provider: str) -> None:
    """Its id and secret are those that the process itself sees; once registered it is listed, without the secret."""
    made = await room.control("POST", "/clients", provider=provider, redirect_uri=OURS)
    again = await room.control("POST", "/clients", provider=provider, redirect_uri=OURS)
    listed = (await room.control("GET", "/clients"))["clients"]

    assert made == again == same(room.sandbox, provider)
    ours = [row for row in listed if row["redirect_uri"] == OURS]
    assert ours == [{name: value for name, value in made.items() if name != "client_secret"}]


async def test_an_app_is_registered_with_an_id_of_its_own(room: Room) -> None:
    """It takes the place of the one with that id; the page calls it by its name."""
    app = {
        "provider": "kashoo",
        "client_id": "mine",
        "client_secret": "s",
        "redirect_uri": OURS,
        "name": "My app",
    }
    assert await room.control("POST", "/clients", **app) == app
    await room.control("POST", "/clients", **app | {"redirect_uri": "http://localhost:1/back"})
    listed = (await room.control("GET", "/clients"))["clients"]
    query = {"client_id": "mine", "response_type": "code", "scope": "full-access"}
    page = await browse(
        room.client, "/kashoo/oauth2/authorize", query | {"redirect_uri": "http://localhost:1/back"}
    )

    assert [row["redirect_uri"] for row in listed if row["client_id"] == "mine"] == [
        "http://localhost:1/back"
    ]
    assert page.title.startswith("My app wants access")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"provider": "kashoo"}, "redirect_uri"),
        ({"provider": "kashoo", "redirect_uri": "http://gateway.example/x"}, "https"),
        ({"provider": "kashoo", "redirect_uri": OURS, "client_id": "x"}, "together"),
        ({"provider": "kashoo", "redirect_uri": OURS, "client_id": "", "client_secret": "x"}, "together"),
        ({"provider": "kashoo", "redirect_uri": OURS, "colour": "red"}, "colour"),
        ({"provider": "accountsos", "redirect_uri": OURS}, "accountsos has no OAuth"),
        ({"provider": "bossinsights", "redirect_uri": OURS}, "bossinsights has no OAuth"),
        ({"provider": "other", "redirect_uri": OURS}, "provider is one of"),
    ],
)
async def test_an_app_that_cannot_be_registered(room: Room, body: dict[str, str], said: str) -> None:
    """The answer says why."""
    before = await room.control("GET", "/clients")
    assert said in await room.wrong("/clients", body)
    assert await room.control("GET", "/clients") == before


def test_providers_without_oauth_have_no_app(room: Room) -> None:
    """There is nothing to register with them."""
    found = {name: oauth_client(each, OURS) for name, each in room.sandbox.emulators.items()}
    assert sorted(name for name, client in found.items() if client is None) == ["accountsos", "bossinsights"]


async def test_a_person_reads_the_code_and_signs_in_with_it(room: Room) -> None:
    """Newest first, of both products; a page asked for in the sandbox leads through the whole way."""
    login = {"email": "bookkeeper@corner-shop.example", "password": PASSWORD}
    other = login | {"password": "corner-shop-trulysmall-password"}
    assert (await room.client.post("/kashoo/api/authTokens", data=login)).status_code == 401
    await room.client.post("/kashoo/api/users/me/mfa", data=login)
    room.clock.advance(1)
    await room.client.post("/trulysmall/api/users/me/mfa", data=other)
    found = (await room.control("GET", "/messages"))["messages"]

    assert [(row["provider"], row["to"]) for row in found] == [
        ("trulysmall", login["email"]), ("kashoo", login["email"]),
    ]  # fmt: skip
    assert all(row["code"] in row["text"] and row["sent_at"] for row in found)
    form = login | {"mfaCode": found[1]["code"]}
    statuses = [(await room.client.post("/kashoo/api/authTokens", data=form)).status_code for _ in range(2)]
    assert statuses == [200, 401], "a code is good for one login"
    assert (
        await room.control("DELETE", "/messages")
        == {"messages": []}
        == await room.control("GET", "/messages")
    )


async def test_the_later_of_two_messages_comes_first(room: Room) -> None:
    """Also when the clock has not moved between them."""
    for who in ("owner", "bookkeeper"):
        login = {"email": f"{who}@corner-shop.example", "password": PASSWORD}
        await room.client.post("/kashoo/api/users/me/mfa", data=login)
    found = (await room.control("GET", "/messages"))["messages"]

    assert [row["to"].partition("@")[0] for row in found] == ["bookkeeper", "owner"]


async def test_single_sign_on_below_the_sandboxs_prefix(room: Room) -> None:
    """The way to the identity provider and back stays below the provider's own name."""
    app = await room.control("POST", "/clients", provider="trulysmall", redirect_uri=OURS)
    query = {
        "client_id": app["client_id"],
        "response_type": "code",
        "scope": "full-access",
        "redirect_uri": OURS,
    }
    page = await browse(room.client, "/trulysmall/oauth2/authorize", query | {"state": "s"})
    google = await browse(
        room.client, (await page.press(room.client, "decision", "google")).headers["location"]
    )
    back = await google.press(room.client, "account", "partner@corner-shop.example")
    confirm = await browse(room.client, back.headers["location"])

    assert "/trulysmall/sso/google/authorize" in str(google.answer.url)
    assert landing(back)[0] == "http://sandbox/trulysmall/oauth2/sso"
    assert landing(await confirm.press(room.client, "decision", "allow"))[0] == OURS


async def test_withdrawn_consent_ends_a_kashoo_login(room: Room) -> None:
    """The token of the company's people answers 401, and a new login works."""
    login = {"email": "owner@corner-shop.example", "password": PASSWORD}
    token = (await room.client.post("/kashoo/api/authTokens", data=login)).text
    headers = {"Authorization": f"TOKEN uuid:{token}"}
    before = await room.client.get("/kashoo/api/users/me", headers=headers)
    done = await room.control("POST", "/revocations", provider="kashoo", company="corner-shop")
    after = await room.client.get("/kashoo/api/users/me", headers=headers)

    assert done == {"provider": "kashoo", "company": "corner-shop"}
    assert (before.status_code, after.status_code) == (200, 401)
    assert (await room.client.post("/kashoo/api/authTokens", data=login)).status_code == 200


async def test_withdrawn_consent_ends_a_smallinvoice_token(room: Room) -> None:
    """As the user does it in the settings of the account."""
    keys = credentials(room, "tiny", "smallinvoice")
    form = {"grant_type": "client_credentials", "scope": "contact"}
    form |= {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    tokens = (await room.client.post("/smallinvoice/v2/auth/access-tokens", data=form)).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    before = await room.client.get("/smallinvoice/v2/contacts", headers=headers)
    await room.control("POST", "/revocations", provider="smallinvoice", company="tiny")
    after = await room.client.get("/smallinvoice/v2/contacts", headers=headers)

    assert (before.status_code, after.status_code) == (200, 401)


async def test_a_key_of_accountsos_is_withdrawn(room: Room) -> None:
    """It answers 401 until the switches are turned back."""
    headers = {"Authorization": f"Bearer {credentials(room, 'corner-shop', 'accountsos')['api_key']}"}
    before = await room.client.get("/accountsos/api/contacts", headers=headers)
    await room.control("POST", "/revocations", provider="accountsos", company="corner-shop")
    after = await room.client.get("/accountsos/api/contacts", headers=headers)
    await room.control("DELETE", "/switches")
    again = await room.client.get("/accountsos/api/contacts", headers=headers)

    assert [answer.status_code for answer in (before, after, again)] == [200, 401, 200]


async def test_boss_insights_withdraws_keys_and_sharing_apart(room: Room) -> None:
    """A key that the tenant withdraws answers 401 and leaves the others; a company that no longer shares, 403."""
    keys = credentials(room, "corner-shop", "bossinsights")

    async def read(user: str, password: str) -> int:
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        query = {"X_ACCOUNT_KEY": keys["account_key"]}
        where = f"/bossinsights/{keys['subdomain']}/api/invoices"
        return (
            await room.client.get(where, params=query, headers={"Authorization": f"Basic {basic}"})
        ).status_code

    reader, writer = (keys["user"], keys["password"]), (keys["write_user"], keys["write_password"])
    before = await read(*writer)
    await room.control("POST", "/switches", provider="bossinsights", revoked_keys=["writer"])
    assert (before, await read(*writer), await read(*reader)) == (200, 401, 200)
    await room.control("POST", "/revocations", provider="bossinsights", company="corner-shop")
    assert await read(*reader) == 403


async def test_a_withdrawn_key_does_not_administer(room: Room) -> None:
    """The administration API refuses it too."""
    keys = credentials(room, "corner-shop", "bossinsights")
    basic = base64.b64encode(f"{keys['admin_key']}:".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Account-Key": keys["tenant_key"]}
    where = "/bossinsights/app/api.php?action=connection_health"
    before = await room.client.get(where, headers=headers)
    await room.control("POST", "/switches", provider="bossinsights", revoked_keys=["admin-sk"])

    assert (before.status_code, (await room.client.get(where, headers=headers)).status_code) == (200, 401)


@pytest.mark.parametrize("provider", ["kashoo", "trulysmall", "smallinvoice", "accountsos", "bossinsights"])
async def test_what_was_never_granted_cannot_be_withdrawn(room: Room, provider: str) -> None:
    """The answer names the company."""
    said = await room.wrong("/revocations", {"provider": provider, "company": "nobody"})
    assert said == f"{provider} keeps no books of 'nobody'"
    assert "company" in await room.wrong("/revocations", {"provider": provider})


async def test_the_log_holds_no_password_of_a_form(room: Room) -> None:
    """What is typed into a page goes in the body, which the log leaves out."""
    app = await room.control("POST", "/clients", provider="kashoo", redirect_uri=OURS)
    query = {
        "client_id": app["client_id"],
        "response_type": "code",
        "scope": "full-access",
        "redirect_uri": OURS,
    }
    page = await browse(room.client, "/kashoo/oauth2/authorize", query)
    again = Seen(
        await page.press(
            room.client, "decision", "allow", email="owner@corner-shop.example", password=PASSWORD + "x"
        )
    )
    log = await room.client.get("/_control/log")

    assert (again.answer.status_code, PASSWORD in log.text, app["client_secret"] in log.text) == (
        401,
        False,
        False,
    )
