"""Whole links over HTTP: every provider and every way in, from the link to the kept connection."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from ledgermesh.state.entries import ConnectionEntry
from ledgermesh.state.link_tokens import NO_KEY
from tests.edge.linkers import APP, GATEWAY, NOW, PROVIDERS, RETURN_URL, Hall, Person, hall


@pytest.fixture
async def rig() -> AsyncIterator[Hall]:
    """Pages, emulators, a tenant."""
    async with hall() as made:
        yield made


async def begin(rig: Hall, company: str, provider: str, **changes: object) -> Person:
    """Somebody at the provider's page."""
    person = rig.person()
    await person.open(rig.url(rig.token(company, provider=provider, **changes)))
    assert person.last.status_code == 200, person.last.text
    return person


async def test_an_api_key_is_tried_and_kept(rig: Hall) -> None:
    """AccountsOS: a good key makes an active connection of the tenant's, and the tenant is told its id."""
    person = await begin(rig, "maple-bakery", "accountsos")

    await person.send(
        "/api_key", api_key=rig.keys("accountsos", "maple-bakery")["api_key"], setting__currency="GBP"
    )

    assert person.result == {"step": "2", "status": "linked", "connection": "maple-bakery-accountsos"}
    entry = rig.entry("maple-bakery-accountsos")
    assert (entry.owner, entry.company, entry.scheme) == ("studio", "maple-bakery", "api_key")
    assert entry.settings == {"currency": "GBP"}
    assert entry.base_url == "http://sandbox/accountsos/api"
    standing = rig.standing(entry.id)
    assert (standing.state, standing.expires_at, standing.grant_version) == ("ACTIVE", None, 1)
    assert rig.state.registry.generation("sandbox", entry.id) == 1


async def test_a_wrong_key_is_said_so_and_kept_nowhere(rig: Hall) -> None:
    """The page comes again with a message; the key that was typed is not in it."""
    person = await begin(rig, "maple-bakery", "accountsos")

    answer = await person.send("/api_key", api_key="sk_live_wrong_canary")

    assert answer.status_code == 422
    assert "does not accept these credentials" in answer.text
    assert 'role="alert"' in answer.text and "canary" not in answer.text
    assert not await rig.state.store.under("grant/")
    assert not await rig.state.store.under("connection/")


@pytest.mark.parametrize(
    ("user", "password"), [("user", "password"), ("sk_key", ""), ("company_user", "company_password")]
)
async def test_boss_insights_by_each_kind_of_key(rig: Hall, user: str, password: str) -> None:
    """A user with its key, a newer key alone, and a company's own host."""
    keys = rig.keys("bossinsights")
    person = await begin(rig, "alpine-studio", "bossinsights")
    own = user == "company_user"
    given = {
        "user": keys[user],
        "password": keys[password] if password else "",
        "setting__subdomain": keys["company_subdomain" if own else "subdomain"],
        "setting__account_key": "" if own else keys["account_key"],
    }

    await person.send("/basic", **given)

    entry = rig.entry(person.result["connection"])
    assert entry.base_url == f"http://sandbox/bossinsights/{given['setting__subdomain']}/api"
    assert entry.settings["subdomain"] == given["setting__subdomain"]
    assert set((await rig.grant(entry.id)).secrets) == ({"user"} if not password else {"user", "password"})


@pytest.mark.parametrize("subdomain", ["evil.example/x", "a b", "..", "-a", "a@b", ""])
async def test_a_host_part_is_checked_before_anything_is_called(rig: Hall, subdomain: str) -> None:
    """What does not look like a subdomain never becomes part of an address."""
    person = await begin(rig, "alpine-studio", "bossinsights")

    answer = await person.send("/basic", user="reader", password="x", setting__subdomain=subdomain)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert rig.wire.sent == []


@pytest.mark.parametrize("provider", ["kashoo", "trulysmall"])
async def test_a_login_keeps_the_token_and_never_the_password(rig: Hall, provider: str) -> None:
    """The one business is taken silently, its currency with it, and the sign-in's end is announced."""
    company = "maple-bakery" if provider == "kashoo" else "harbour-legal"
    keys = rig.keys(provider, company)
    person = await begin(rig, company, provider)

    await person.send("/first_party", email=keys["email"], password=keys["password"])

    entry = rig.entry(person.result["connection"])
    assert entry.settings == {
        "business_id": keys["business_id"],
        "currency": rig.world.books[company, provider].currency,
    }
    grant = await rig.grant(entry.id)
    assert set(grant.secrets) == {"token"}
    assert rig.standing(entry.id).expires_at == grant.expires_at == NOW + dt.timedelta(days=365)


async def test_of_several_businesses_one_is_chosen(rig: Hall) -> None:
    """An accountant sees the businesses by name and picks; another value than those is refused."""
    person = await begin(rig, "maple-bakery", "kashoo")
    await person.send("/first_party", email="accountant@kashoo.example", password="kashoo-kashoo-password")
    names = [value for name, value in person.page.choices if name == "setting.business_id"]
    assert rig.keys("kashoo", "alpine-studio")["business_id"] in names and len(names) == 2
    assert rig.world.books["alpine-studio", "kashoo"].name in person.last.text

    odd = await person.send("/step", setting__business_id="1")
    assert odd.status_code == 422 and "choose one of those" in odd.text
    await person.send("/step", setting__business_id=names[1])

    assert rig.entry(person.result["connection"]).settings["business_id"] == names[1]


async def test_a_login_with_text_messages_asks_for_the_code(rig: Hall) -> None:
    """A wrong code may be corrected, a new one asked for, and the right one links."""
    person = await begin(rig, "maple-bakery", "kashoo")
    await person.send(
        "/first_party", email="bookkeeper@maple-bakery.example", password="maple-bakery-kashoo-password"
    )
    assert 'autocomplete="one-time-code"' in person.last.text
    code = rig.emulators["kashoo"].messages()[-1].code

    assert (await person.send("/step", code="000000")).status_code == 422
    assert "not the one that was sent" in person.last.text
    assert (await person.send("/step", code="")).status_code == 422
    before = len(rig.emulators["kashoo"].messages())
    await person.send("/step", resend="1")
    assert "on its way" in person.last.text
    assert len(rig.emulators["kashoo"].messages()) == before + 1
    await person.send("/step", code=code)

    assert set((await rig.grant(person.result["connection"])).secrets) == {"token"}


async def test_a_page_with_a_waiting_login_works_once_and_for_five_minutes(rig: Hall) -> None:
    """Sent twice it is refused; a new one has the end of the first."""
    person = await begin(rig, "maple-bakery", "kashoo")
    login = {"email": "bookkeeper@maple-bakery.example", "password": "maple-bakery-kashoo-password"}
    await person.send("/first_party", **login)
    shown = person.last
    await person.send("/step", code="000000")
    person.seen.append(shown)
    assert (await person.send("/step", code="246810")).status_code == 409

    await person.open(rig.url(rig.token("maple-bakery", provider="kashoo")))
    await person.send("/first_party", **login)
    rig.clock.advance(200)
    await person.send("/step", code="000000")
    rig.clock.advance(101)

    assert (await person.send("/step", code="246810")).status_code == 410
    assert not await rig.state.store.under("grant/")


async def test_single_sign_on_with_provider_and_code(rig: Hall) -> None:
    """A person without a password signs in by the code that the identity provider gave."""
    await rig.client("kashoo")
    person = await begin(rig, "maple-bakery", "kashoo")
    page = person.last
    other = rig.person()
    asked = {
        "redirect_uri": rig.parts.redirect_uri, "state": "x", "login_hint": "partner@maple-bakery.example"
    }  # fmt: skip
    landed = await other.http.get("http://sandbox/kashoo/sso/google/authorize", params=asked)
    code = landed.next_request.url.params["code"] if landed.next_request else ""

    person.seen.append(page)
    assert (await person.send("sign-on", provider="google", authCode="wrong")).status_code == 422
    await person.send("sign-on", provider="google", authCode=code)

    assert set((await rig.grant(person.result["connection"])).secrets) == {"token"}


async def test_client_credentials_are_kept_to_renew_by(rig: Hall) -> None:
    """smallinvoice: id and secret are exchanged once, and kept, since they are the company's own."""
    keys = rig.keys("smallinvoice")
    person = await begin(rig, "alpine-studio", "smallinvoice")

    wrong = await person.send("/client_credentials", client_id=keys["client_id"], client_secret="wrong")
    assert wrong.status_code == 422 and keys["client_id"] in wrong.text
    await person.send("/client_credentials", client_id=keys["client_id"], client_secret=keys["client_secret"])

    entry = rig.entry(person.result["connection"])
    assert set((await rig.grant(entry.id)).secrets) == {"client_id", "client_secret", "access_token"}
    assert entry.settings == {"currency": rig.world.books["alpine-studio", "smallinvoice"].currency}
    assert rig.standing(entry.id).expires_at is None


async def test_the_end_user_picks_where_the_tenant_left_it_open(rig: Hall) -> None:
    """All providers are listed with links that work without a script."""
    person = rig.person()
    await person.open(rig.url(rig.token("maple-bakery")))

    [path] = [link for link in person.page.links if "provider=accountsos" in link]
    await person.open(GATEWAY + path)
    await person.send("/api_key", api_key=rig.keys("accountsos", "maple-bakery")["api_key"])

    assert person.result["connection"] == "maple-bakery-accountsos"


async def test_a_connection_is_linked_again_under_its_id(rig: Hall) -> None:
    """The newer grant wins, settings and address stay, and what was wrong with it is forgotten."""
    keys = rig.keys("kashoo", "maple-bakery")
    person = await begin(rig, "maple-bakery", "kashoo")
    await person.send("/first_party", email=keys["email"], password=keys["password"])
    id = person.result["connection"]
    before = rig.entry(id)

    again = rig.person()
    await again.open(rig.url(rig.token("maple-bakery", connection=id)))
    assert "Reconnect" in again.last.text
    stranger = rig.keys("kashoo", "alpine-studio")
    other = await again.send("/first_party", email=stranger["email"], password=stranger["password"])
    assert other.status_code == 422 and "does not reach the business" in other.text
    await again.send("/first_party", email=keys["email"], password=keys["password"])

    assert again.result["connection"] == id
    assert rig.entry(id) == before
    assert (await rig.grant(id)).version == 2
    assert (rig.standing(id).state, rig.standing(id).grant_version) == ("ACTIVE", 2)
    assert rig.state.registry.generation("sandbox", id) == 2


async def test_a_second_connection_gets_an_id_of_its_own(rig: Hall) -> None:
    """Linking without an id never replaces what is there."""
    for _ in range(2):
        person = await begin(rig, "maple-bakery", "accountsos")
        await person.send("/api_key", api_key=rig.keys("accountsos", "maple-bakery")["api_key"])

    assert person.result["connection"].startswith("maple-bakery-accountsos-")


async def test_a_known_business_is_not_asked_for(rig: Hall) -> None:
    """What the tenant's backend says of the settings is taken, and checked against the login."""
    business = rig.keys("kashoo", "alpine-studio")["business_id"]
    person = await begin(rig, "alpine-studio", "kashoo", settings={"business_id": business})

    await person.send("/first_party", email="accountant@kashoo.example", password="kashoo-kashoo-password")

    assert rig.entry(person.result["connection"]).settings["business_id"] == business


async def test_the_return_url_keeps_its_own_parameters(rig: Hall) -> None:
    """Status and connection come behind them; the way to cancel says so."""
    person = await begin(rig, "maple-bakery", "accountsos")

    assert f"{RETURN_URL}&status=cancelled" in person.page.links
    assert RETURN_URL.startswith(APP)


async def test_what_nobody_can_look_up_is_asked_for() -> None:
    """A setting that is needed, and that neither the tenant nor the provider told, has a page of its own."""
    kashoo = PROVIDERS["kashoo"]
    business, currency = kashoo.settings
    assert business.choose is not None
    silent = replace(business, choose=replace(business.choose, also=(("currency", "nowhere"),)))
    definition = replace(kashoo, settings=(silent, replace(currency, required=True)))
    async with hall({"kashoo": definition}) as rig:
        keys = rig.keys("kashoo", "maple-bakery")
        person = await begin(rig, "maple-bakery", "kashoo")
        await person.send("/first_party", email=keys["email"], password=keys["password"])
        assert "One more thing" in person.last.text

        assert (await person.send("/step", setting__currency="dollars")).status_code == 422
        await person.send("/step", setting__currency="CAD")

        assert rig.entry(person.result["connection"]).settings["currency"] == "CAD"


async def test_a_link_without_a_return_url_ends_on_its_own_page(rig: Hall) -> None:
    """As one that the gateway's operator made has it: nothing leads anywhere, and no key has to be there."""
    token = rig.token("maple-bakery", provider="accountsos", return_url="", key=NO_KEY)
    person = rig.person()
    await person.open(rig.url(token))
    assert "" not in person.page.links

    await person.send("/api_key", api_key=rig.keys("accountsos", "maple-bakery")["api_key"])

    assert person.last.status_code == 200 and "Connected" in person.last.text
    assert person.page.refresh == "" and person.page.links == []
    assert rig.entry("maple-bakery-accountsos").owner == "studio"


async def test_a_connection_that_waits_is_connected_not_reconnected(rig: Hall) -> None:
    """One that was made before anybody linked it keeps its id and becomes the tenant's."""
    waiting = ConnectionEntry(
        id="books", company="maple-bakery", provider="accountsos", environment="sandbox",
        base_url="http://sandbox/accountsos/api", scheme="api_key", settings={"currency": "GBP"},
    )  # fmt: skip
    await rig.state.directory.add(waiting)
    person = rig.person()
    await person.open(rig.url(rig.token("maple-bakery", connection="books")))
    assert "Connect AccountsOS" in person.last.text

    await person.send("/api_key", api_key=rig.keys("accountsos", "maple-bakery")["api_key"])

    assert person.result["connection"] == "books"
    assert rig.entry("books") == replace(waiting, owner="studio")


async def test_without_a_public_address_no_consent_is_offered() -> None:
    """No provider could send anybody back."""
    async with hall(public_url="") as rig:
        await rig.client("kashoo", redirect_uri="http://localhost:8000/connect/callback")
        person = await begin(rig, "maple-bakery", "kashoo")

        assert all("oauth2" not in form.action for form in person.page.forms)
