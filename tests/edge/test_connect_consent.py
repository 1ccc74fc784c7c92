"""Consents over HTTP: to the provider's own page and back through the one callback, and all that may go wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.edge.linkers import GATEWAY, Hall, Person, hall, keep_client

ACCOUNTS = {
    "kashoo": ("maple-bakery", "owner@maple-bakery.example", "maple-bakery-kashoo-password"),
    "trulysmall": ("harbour-legal", "owner@harbour-legal.example", "harbour-legal-trulysmall-password"),
    "smallinvoice": ("alpine-studio", "owner@alpine-studio.example", "alpine-studio-smallinvoice-password"),
}


@pytest.fixture
async def rig() -> AsyncIterator[Hall]:
    """Pages, emulators, a tenant, and clients at all three providers with a consent page."""
    async with hall() as made:
        for provider in ACCOUNTS:
            await made.client(provider)
        yield made


async def leave(rig: Hall, provider: str = "kashoo", **changes: object) -> Person:
    """Somebody whose browser is about to go to the provider's page."""
    person = rig.person()
    await person.open(rig.url(rig.token(ACCOUNTS[provider][0], provider=provider, **changes)))
    answer = await person.send("/oauth2")
    assert answer.status_code == 200, answer.text
    return person


def asked(person: Person) -> dict[str, str]:
    """What the provider's page is asked."""
    return {name: values[0] for name, values in parse_qs(urlsplit(person.page.refresh).query).items()}


async def agree(person: Person, provider: str = "kashoo") -> None:
    """Go there, sign in and agree."""
    _, email, password = ACCOUNTS[provider]
    await person.open(person.page.refresh)
    await person.send("/authorize", email=email, password=password, decision="allow")


def arrived(person: Person) -> str:
    """The address of the callback with its code and state."""
    return next(str(each.url) for each in person.seen if each.url.path == "/connect/callback")


@pytest.mark.parametrize("provider", ACCOUNTS)
async def test_a_consent_links(rig: Hall, provider: str) -> None:
    """Through the provider's own page and back: the grant renews itself, so that nobody is asked again."""
    person = await leave(rig, provider)

    await agree(person, provider)

    entry = rig.entry(person.result["connection"])
    grant = await rig.grant(entry.id)
    assert (entry.scheme, grant.scheme) == ("oauth2", "oauth2")
    assert set(grant.secrets) == {"access_token", "refresh_token"}
    assert grant.expires_at is not None and rig.standing(entry.id).expires_at is None
    moved = "token_url" in entry.settings
    assert moved == (provider != "smallinvoice")
    if moved:
        assert entry.settings["token_url"] == f"http://sandbox/{provider}/oauth2/token"


async def test_the_provider_is_asked_exactly(rig: Hall) -> None:
    """One fixed address to come back to; a verifier's digest where the provider takes one, and only there."""
    kashoo = asked(await leave(rig, "kashoo"))
    person = await leave(rig, "smallinvoice")
    swiss = asked(person)

    assert kashoo["redirect_uri"] == swiss["redirect_uri"] == f"{GATEWAY}/connect/callback"
    assert (kashoo["scope"], kashoo["response_type"]) == ("full-access", "code")
    assert "code_challenge" not in kashoo
    assert swiss["code_challenge_method"] == "S256"
    await agree(person, "smallinvoice")
    [exchange] = [each for each in rig.wire.sent if b"code_verifier" in (each.body or b"")]
    verifier = (exchange.body or b"").partition(b'"code_verifier": "')[2].partition(b'"')[0]
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
    assert digest == swiss["code_challenge"]


async def test_several_businesses_are_chosen_from_after_the_consent(rig: Hall) -> None:
    """The tokens wait sealed in the page."""
    person = await leave(rig)
    await person.open(person.page.refresh)
    await person.send(
        "/authorize", email="accountant@kashoo.example", password="kashoo-kashoo-password", decision="allow"
    )
    business = rig.keys("kashoo", "maple-bakery")["business_id"]

    await person.send("/step", setting__business_id=business)

    assert rig.entry(person.result["connection"]).settings["business_id"] == business
    assert set((await rig.grant(person.result["connection"])).secrets) == {"access_token", "refresh_token"}


async def test_people_with_text_messages_and_with_google_consent_too(rig: Hall) -> None:
    """Their provider asks them in its own way; nothing of it passes through us."""
    person = await leave(rig)
    await person.open(person.page.refresh)
    await person.send(
        "/authorize", email="bookkeeper@maple-bakery.example", password="maple-bakery-kashoo-password",
        decision="allow",
    )  # fmt: skip
    await person.send("/authorize", code=rig.emulators["kashoo"].messages()[-1].code, decision="allow")
    assert person.result["status"] == "linked"

    guest = await leave(rig)
    await guest.open(guest.page.refresh)
    await guest.send("/authorize", decision="google")
    await guest.send("", account="partner@maple-bakery.example")
    await guest.send("/authorize", decision="allow")
    assert guest.result["status"] == "linked"


async def test_without_a_client_no_consent_is_offered(rig: Hall) -> None:
    """The other ways are; a form that was sent all the same says why."""
    await rig.state.clients.forget("*", "sandbox", "kashoo")
    person = rig.person()
    await person.open(rig.url(rig.token("maple-bakery", provider="kashoo")))

    assert [form.action.rpartition("/")[2] for form in person.page.forms] == [
        "first_party",
        "first_party-sign-on",
    ]
    answer = await person.http.post(f"{person.last.url.copy_with(query=None)}/kashoo/oauth2")
    assert answer.status_code == 409 and "not set up" in answer.text


async def test_a_tenants_own_client_comes_first(rig: Hall) -> None:
    """The one for everybody is asked only where a tenant has none."""
    await keep_client(rig.state, "studio", "kashoo", "studios-own", "secret")

    assert asked(await leave(rig))["client_id"] == "studios-own"


async def test_saying_no_is_no_failure(rig: Hall) -> None:
    """The page says that nothing was connected, with a way to try again and a way back."""
    person = await leave(rig)
    await person.open(person.page.refresh)

    answer = await person.send("/authorize", decision="deny")

    assert answer.status_code == 200 and "Not connected" in answer.text
    assert any("status=cancelled" in link for link in person.page.links)
    again = next(link for link in person.page.links if link.startswith("/connect/"))
    assert (await person.open(GATEWAY + again)).status_code == 200


async def test_an_answer_is_taken_once(rig: Hall) -> None:
    """Replayed it changes nothing, and asks the provider nothing."""
    person = await leave(rig)
    await agree(person)
    sent = len(rig.wire.sent)

    answer = await person.open(arrived(person))

    assert answer.status_code == 409 and "already taken" in answer.text
    assert len(rig.wire.sent) == sent
    assert (await rig.grant("maple-bakery-kashoo")).version == 1


async def test_another_browser_is_refused(rig: Hall) -> None:
    """An answer that was begun elsewhere is not taken, and stays good for the browser that began."""
    person = await leave(rig)
    url = person.page.refresh
    hint = f"{url}&login_hint=owner@maple-bakery.example"
    landed = (await person.http.get(hint)).headers["location"]

    stranger = rig.person()
    answer = await stranger.open(landed)
    assert answer.status_code == 403 and "another browser" in answer.text
    assert not await rig.state.store.under("grant/")
    await person.open(landed)

    assert person.result["status"] == "linked"


@pytest.mark.parametrize("change", ["", "x", "AQ", "lm_link_x", "ü"])
async def test_a_state_that_is_not_ours_leads_nowhere(rig: Hall, change: str) -> None:
    """Missing, made up, or changed in one place."""
    person = await leave(rig)
    good = asked(person)["state"]
    middle = len(good) // 2
    for state in (change, good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]):
        answer = await person.http.get(f"{GATEWAY}/connect/callback", params={"code": "c", "state": state})
        assert answer.status_code == 400
        assert "begin again" in answer.text
    assert rig.wire.sent == []


async def test_a_consent_that_takes_too_long_begins_again(rig: Hall) -> None:
    """Ten minutes; the link itself may still be good."""
    person = await leave(rig)
    state = asked(person)["state"]
    rig.clock.advance(601)

    answer = await person.open(f"{GATEWAY}/connect/callback?code=c&state={state}")

    assert answer.status_code == 410 and "took too long" in answer.text
    again = next(link for link in person.page.links if link.startswith("/connect/"))
    assert (await person.open(GATEWAY + again)).status_code == 200


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        ("code=made-up", 422, "was not accepted"),
        ("error=server_error", 400, "ended with an error"),
        ("", 400, "ended with an error"),
    ],
)
async def test_an_exchange_that_is_refused(rig: Hall, answer: str, status: int, says: str) -> None:
    """Nothing is kept, and there is a way to begin again."""
    person = await leave(rig)

    page = await person.open(f"{GATEWAY}/connect/callback?{answer}&state={asked(person)['state']}")

    assert page.status_code == status and says in page.text
    assert not await rig.state.store.under("grant/")
    assert any("status=failed" in link for link in person.page.links)
    assert any(link.startswith("/connect/lm_link_") for link in person.page.links)


async def test_a_client_that_the_provider_does_not_know(rig: Hall) -> None:
    """Removed or changed while the person was away: said as what it is."""
    person = await leave(rig)
    state = asked(person)["state"]
    hint = f"{person.page.refresh}&login_hint=owner@maple-bakery.example"
    landed = (await person.http.get(hint)).headers["location"]
    client = await rig.state.clients.find("*", "sandbox", "kashoo")
    assert client is not None
    await keep_client(rig.state, "*", "kashoo", client.secrets["client_id"].reveal(), "changed")

    answer = await person.open(landed)
    assert answer.status_code == 422 and "not set up" in answer.text

    other = await leave(rig)
    await rig.state.clients.forget("*", "sandbox", "kashoo")
    gone = await other.open(f"{GATEWAY}/connect/callback?code=c&state={asked(other)['state']}")
    assert gone.status_code == 409 and state


async def test_a_link_that_was_used_meanwhile(rig: Hall) -> None:
    """Two windows of one link: the second finds that it is done."""
    one, two = await leave(rig), rig.person()
    token = str(one.seen[0].url)
    await two.open(token)
    keys = rig.keys("kashoo", "maple-bakery")
    await two.send("/first_party", email=keys["email"], password=keys["password"])

    await agree(one)

    assert one.last.status_code == 409 and "Already connected" in one.last.text
    assert (await rig.grant("maple-bakery-kashoo")).version == 1


async def test_a_provider_that_cannot_be_reached() -> None:
    """The exchange has a bound, and its failure is a page."""
    async with hall() as rig:
        await rig.client("kashoo")
        person = await leave(rig)
        state = asked(person)["state"]
        rig.wire.cut = True

        answer = await person.open(f"{GATEWAY}/connect/callback?code=c&state={state}")

        assert answer.status_code == 503 and "cannot be reached" in answer.text


async def test_the_cookie_is_bound_to_this_host(rig: Hall) -> None:
    """Only over TLS, only for this host, out of reach of scripts, and brought back by the provider's redirect."""
    person = await leave(rig)

    cookie = person.last.headers["set-cookie"]
    assert cookie.startswith("__Host-lm-connect=")
    for part in ("HttpOnly", "Secure", "Path=/", "SameSite=lax", "Max-Age=600"):
        assert part in cookie
    assert "Domain" not in cookie
