"""Kashoo's consent pages: sign in, text message, single sign-on, and what each way leads to."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from ledgermesh.sandbox.emulator import OAuthClient
from ledgermesh.sandbox.kashoo import MFA_CODE
from ledgermesh.sandbox.kashoo.emulator import REDIRECT_URI
from tests.sandbox.forms import BROWSER, Seen, browse, landing, policy
from tests.sandbox.kashoo_desk import JSON, Desk, desk_over, small_books

AUTHORIZE = "/oauth2/authorize"
OURS = "https://gateway.example/connect/callback?from=kashoo"
STATE = 'a&b "c" <d>'


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    one = desk_over(small_books(), small_books("other-shop"))
    async with one.client, one.free:
        yield one


def asked(desk: Desk, *clients: OAuthClient, **changes: str) -> dict[str, str]:
    """The query of a right authorize request, by this app or the first one, with these changes."""
    app = clients[0] if clients else desk.emulator.oauth_client(REDIRECT_URI)
    query = {"client_id": app.client_id, "response_type": "code", "scope": "full-access", "state": STATE}
    return query | {"redirect_uri": app.redirect_uri} | changes


def people(desk: Desk, who: str) -> dict[str, str]:
    """The login of the corner shop's owner, bookkeeper or partner."""
    return {
        "email": f"{who}@{desk.books.company}.example",
        "password": f"{desk.books.company}-kashoo-password",
    }


async def sign_in(desk: Desk, page: Seen, who: str = "owner") -> httpx.Response:
    return await page.press(desk.free, "decision", "allow", **people(desk, who))


async def exchange(
    desk: Desk, code: str, client: OAuthClient | None = None, *, redirect_uri: str | None = None
) -> httpx.Response:
    """What the token endpoint gives for a code."""
    app = client or desk.emulator.oauth_client(REDIRECT_URI)
    form = {"grant_type": "authorization_code", "code": code}
    form["redirect_uri"] = redirect_uri or app.redirect_uri
    return await desk.free.post("/oauth2/token", data=form, auth=(app.client_id, app.client_secret))


async def businesses(desk: Desk, token: str) -> int:
    """How many businesses this access token sees."""
    answer = await desk.free.get("/api/users/me/businesses", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return len(answer.json())


async def test_a_browser_is_asked_and_allow_leads_back_with_a_code(desk: Desk) -> None:
    """Who signs in and allows comes back with code and state; the code works once."""
    page = await browse(desk.client, AUTHORIZE, asked(desk))
    assert (page.answer.status_code, page.method) == (200, "post")
    where, told = landing(await sign_in(desk, page))

    assert (where, sorted(told), told["state"]) == (REDIRECT_URI, ["code", "state"], STATE)
    first = await exchange(desk, told["code"])
    assert await businesses(desk, first.json()["access_token"]) == 1
    assert (await exchange(desk, told["code"])).json()["error"] == "invalid_grant"


async def test_the_page_can_be_used_by_everybody_and_framed_by_nobody(desk: Desk) -> None:
    """Title, language, a label for each field, no script; a strict policy that lets the form lead anywhere."""
    page = await browse(desk.client, AUTHORIZE, asked(desk))

    assert page.title == "ledgermesh wants access to your Kashoo account - Kashoo"
    assert (page.language, page.labels) == ("en", {"email": "E-mail", "password": "Password"})
    assert {each["id"] for each in page.inputs.values()} == set(page.labels)
    assert list(page.buttons.values()) == ["Allow", "Deny", "Sign in with Google"]
    assert not {"script", "img", "iframe", "object"} & set(page.tags)
    assert not re.search(r'\bon\w+="|\bstyle="', page.answer.text)
    assert "localhost:8000" in page.text
    rules = policy(page.answer)
    style = re.search("<style>(.*?)</style>", page.answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert (rules["default-src"], rules["style-src"]) == ("'none'", f"'sha256-{digest}'")
    assert (rules["frame-ancestors"], "form-action" in rules) == ("'none'", False)
    assert page.answer.headers["cache-control"] == "no-store"


async def test_what_an_app_or_a_person_writes_is_shown_as_text(desk: Desk) -> None:
    """The app's name and the e-mail that was typed are escaped."""
    nasty = OAuthClient("nasty", "secret", "https://nasty.example/back", '<script>alert("1")</script>')
    desk.emulator.register(nasty)
    page = await browse(desk.free, AUTHORIZE, asked(desk, nasty))
    answer = await page.press(desk.free, "decision", "allow", email='"><b>x</b>', password="y")
    again = Seen(answer)

    assert nasty.name in page.text
    assert not {"script", "b"} & {*page.tags, *again.tags}
    assert again.inputs["email"]["value"] == '"><b>x</b>'


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("owner@corner-shop.example", "wrong", "Invalid email or password"),
        ("nobody@corner-shop.example", "corner-shop-kashoo-password", "Invalid email or password"),
        ("", "", "Invalid email or password"),
        ("partner@corner-shop.example", "", "sign in with Google"),
    ],
)
async def test_a_wrong_password_shows_the_page_again(
    desk: Desk, email: str, password: str, said: str
) -> None:
    """It says why, keeps the e-mail, forgets the password, and works when it is right."""
    page = await browse(desk.free, AUTHORIZE, asked(desk))
    again = Seen(await page.press(desk.free, "decision", "allow", email=email, password=password))

    assert (again.answer.status_code, said in again.alert) == (401, True)
    assert (again.inputs["email"]["value"], again.inputs["password"]["value"]) == (email, "")
    assert "code" in landing(await sign_in(desk, again))[1]


async def test_deny_leads_back_without_a_code(desk: Desk) -> None:
    """Nothing needs to be typed for that, and a password that was typed counts for nothing."""
    page = await browse(desk.free, AUTHORIZE, asked(desk))

    for typed in ({}, people(desk, "owner")):
        where, told = landing(await page.press(desk.free, "decision", "deny", **typed))
        assert (where, told) == (REDIRECT_URI, {"error": "access_denied", "state": STATE})


@pytest.mark.parametrize("change", [{"client_id": "other"}, {"redirect_uri": REDIRECT_URI + "/"}])
async def test_nobody_is_sent_to_a_strange_address(desk: Desk, change: dict[str, str]) -> None:
    """A person sees a page that says so, whichever way they came."""
    query = asked(desk, **change)
    page = await browse(desk.free, AUTHORIZE, query)
    form = people(desk, "owner") | {"decision": "deny"}
    posted = await desk.free.post(AUTHORIZE, params=query, data=form, headers=BROWSER)

    assert (page.answer.status_code, page.buttons, "location" in page.answer.headers) == (400, {}, False)
    assert next(iter(change)) in page.alert
    assert (posted.status_code, "location" in posted.headers) == (400, False)


async def test_other_faults_of_the_app_go_back_to_it(desk: Desk) -> None:
    """Nobody is asked to agree to a scope that does not exist."""
    for change, error in (
        ({"scope": "x"}, "invalid_scope"),
        ({"response_type": "x"}, "unsupported_response_type"),
    ):
        answer = await desk.free.get(AUTHORIZE, params=asked(desk, **change), headers=BROWSER)
        assert landing(answer)[1] == {"error": error, "state": STATE}


async def test_programs_are_not_shown_a_page(desk: Desk) -> None:
    """Without HTML in `Accept`, or with the person as a hint, consent is given at once."""
    query = asked(desk)
    hinted = query | {"login_hint": people(desk, "owner")["email"]}

    answers = [
        await desk.free.get(AUTHORIZE, params=query, headers={"Accept": "*/*"}),
        await desk.free.get(AUTHORIZE, params=hinted, headers=BROWSER),
    ]

    assert ["code" in landing(answer)[1] for answer in answers] == [True, True]


async def test_a_second_factor_is_a_second_page(desk: Desk) -> None:
    """After the password the code of the text message is asked for; it is used up by the consent."""
    page = await browse(desk.free, AUTHORIZE, asked(desk))
    second = Seen(await sign_in(desk, page, "bookkeeper"))
    (message,) = desk.emulator.messages()
    wrong = Seen(await second.press(desk.free, "decision", "allow", code="000000"))
    _, told = landing(await wrong.press(desk.free, "decision", "allow", code=message.code))

    assert (second.answer.status_code, second.labels) == (200, {"code": "Code"})
    assert (message.to, message.code in message.text) == ("bookkeeper@corner-shop.example", True)
    assert (wrong.answer.status_code, bool(wrong.alert)) == (401, True)
    assert await businesses(desk, (await exchange(desk, told["code"])).json()["access_token"]) == 1
    late = Seen(await wrong.press(desk.free, "decision", "allow", code=message.code))
    assert (late.answer.status_code, "password" in late.inputs) == (400, True)


async def test_the_password_alone_is_not_enough_with_a_second_factor(desk: Desk) -> None:
    """Deny at the second page is a no; five wrong codes begin at the password again, however right the sixth is."""
    page = await browse(desk.free, AUTHORIZE, asked(desk))
    second = Seen(await sign_in(desk, page, "bookkeeper"))
    denied = await second.press(desk.free, "decision", "deny")
    tries = [Seen(await second.press(desk.free, "decision", "allow", code="0")) for _ in range(5)]
    sixth = Seen(await second.press(desk.free, "decision", "allow", code=MFA_CODE))

    assert landing(denied)[1]["error"] == "access_denied"
    assert ["password" in each.inputs for each in tries] == [False] * 4 + [True]
    assert "password" in sixth.inputs


async def test_a_code_and_a_ticket_get_old(desk: Desk) -> None:
    """Ten minutes after the text message the person begins again."""
    page = await browse(desk.free, AUTHORIZE, asked(desk))
    second = Seen(await sign_in(desk, page, "bookkeeper"))
    desk.clock.advance(600)
    late = Seen(await second.press(desk.free, "decision", "allow", code=MFA_CODE))

    assert (late.answer.status_code, "password" in late.inputs) == (400, True)


async def test_a_ticket_is_good_for_its_own_request_only(desk: Desk) -> None:
    """What somebody proved towards one app is no consent to another."""
    page = await browse(desk.free, AUTHORIZE, asked(desk))
    second = Seen(await sign_in(desk, page, "bookkeeper"))
    other = desk.emulator.oauth_client(OURS)
    stolen = {"ticket": second.inputs["ticket"]["value"] or "", "code": MFA_CODE, "decision": "allow"}

    answer = await desk.free.post(AUTHORIZE, params=asked(desk, other), data=stolen, headers=BROWSER)

    assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_a_text_message_is_good_for_ten_minutes(desk: Desk) -> None:
    """At a first-party login too; the next message brings a good code again."""
    login = people(desk, "bookkeeper")
    await desk.free.post("/api/users/me/mfa", data=login)
    desk.clock.advance(600)
    late = await log_in(desk, **login, mfaCode=MFA_CODE)
    await desk.free.post("/api/users/me/mfa", data=login)
    desk.clock.advance(599)

    assert (late.status_code, (await log_in(desk, **login, mfaCode=MFA_CODE)).status_code) == (401, 200)


async def to_google(desk: Desk) -> Seen:
    """The identity provider's page, come to by the consent page's button."""
    page = await browse(desk.free, AUTHORIZE, asked(desk))
    away = await page.press(desk.free, "decision", "google")
    assert away.status_code == 302
    return await browse(desk.free, away.headers["location"])


async def test_single_sign_on_leads_to_consent(desk: Desk) -> None:
    """The person chooses an account there, comes back, sees as whom, and agrees."""
    google = await to_google(desk)
    back = await google.press(desk.free, "account", "partner@corner-shop.example")
    confirm = await browse(desk.free, back.headers["location"])
    where, told = landing(await confirm.press(desk.free, "decision", "allow"))

    assert "signed in as partner@corner-shop.example" in confirm.text
    assert (where, told["state"]) == (REDIRECT_URI, STATE)
    assert await businesses(desk, (await exchange(desk, told["code"])).json()["access_token"]) == 1
    again = await browse(desk.free, back.headers["location"])
    assert (again.answer.status_code, again.buttons) == (400, {})


@pytest.mark.parametrize(
    ("button", "said"),
    [(("account", "stranger@google.example"), "No login here"), (("decision", "cancel"), "cancelled")],
)
async def test_single_sign_on_that_fails_comes_back_to_the_password(
    desk: Desk, button: tuple[str, str], said: str
) -> None:
    """Somebody unknown here, or who changes their mind, can still sign in otherwise."""
    google = await to_google(desk)
    back = await google.press(desk.free, *button)
    page = await browse(desk.free, back.headers["location"])

    assert (page.answer.status_code, said in page.alert) == (401, True)
    assert landing(await sign_in(desk, page))[1]["state"] == STATE


async def google_code(desk: Desk, account: str = "partner@corner-shop.example") -> str:
    """An `authCode` that an app gets at the identity provider's page itself."""
    query = {"redirect_uri": REDIRECT_URI, "state": STATE}
    page = await browse(desk.free, "/sso/google/authorize", query)
    where, told = landing(await page.press(desk.free, "account", account))
    assert (where, told["state"]) == (REDIRECT_URI, STATE)
    return told["code"]


async def log_in(desk: Desk, **form: str) -> httpx.Response:
    return await desk.free.post("/api/authTokens", data=form, headers=JSON)


async def test_a_first_party_login_by_single_sign_on(desk: Desk) -> None:
    """`provider` and `authCode` instead of a password give a token, once and soon."""
    code, late = await google_code(desk), await google_code(desk)
    first = await log_in(desk, provider="google", authCode=code)
    second = await log_in(desk, provider="google", authCode=code)
    desk.clock.advance(600)
    third = await log_in(desk, provider="google", authCode=late)

    assert (first.status_code, second.status_code, third.status_code) == (200, 401, 401)
    headers = JSON | {"Authorization": f"TOKEN json:{first.text}"}
    assert (await desk.free.get("/api/users/me", headers=headers)).json()["email"].startswith("partner@")


async def test_single_sign_on_logins_that_are_refused(desk: Desk) -> None:
    """An account without a login, another identity provider, no code; and a partner has no password."""
    strange = await google_code(desk, "stranger@google.example")
    forms = [
        {"provider": "google", "authCode": strange},
        {"provider": "other", "authCode": await google_code(desk)},
        {"provider": "google"},
        {"email": "partner@corner-shop.example", "password": "corner-shop-kashoo-password"},
    ]

    answers = [await log_in(desk, **form) for form in forms]

    assert [answer.status_code for answer in answers] == [401, 401, 400, 401]
    assert "Google" in answers[3].json()["message"]


async def test_the_identity_provider_sends_back_to_known_addresses_only(desk: Desk) -> None:
    """A strange address or provider is an error, not a redirect; programs name the account at once."""
    query = {"redirect_uri": "https://evil.example/", "state": "s"}
    strange = await desk.free.get("/sso/google/authorize", params=query, headers=BROWSER)
    other = await desk.free.get("/sso/other/authorize", params=query, headers=BROWSER)
    hinted = query | {"redirect_uri": REDIRECT_URI, "login_hint": "partner@corner-shop.example"}

    assert (strange.status_code, other.status_code) == (400, 404)
    assert "code" in landing(await desk.free.get("/sso/google/authorize", params=hinted))[1]


async def test_an_app_has_its_own_address_codes_and_refresh_tokens(desk: Desk) -> None:
    """Another app is registered at any time, always with the same id; what one got is nothing to another."""
    ours = desk.emulator.oauth_client(OURS)
    page = await browse(desk.free, AUTHORIZE, asked(desk, ours))
    where, told = landing(await sign_in(desk, page))
    stolen = await exchange(desk, told["code"], redirect_uri=OURS)
    _, fresh = landing(await sign_in(desk, page))
    tokens = (await exchange(desk, fresh["code"], ours)).json()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    first = desk.emulator.oauth_client(REDIRECT_URI)
    theirs = await desk.free.post("/oauth2/token", data=form, auth=(first.client_id, first.client_secret))
    own = await desk.free.post("/oauth2/token", data=form, auth=(ours.client_id, ours.client_secret))

    assert (where, told["from"]) == ("https://gateway.example/connect/callback", "kashoo")
    assert (stolen.json()["error"], theirs.json()["error"], own.status_code) == (
        "invalid_grant", "invalid_grant", 200,
    )  # fmt: skip
    again = desk_over(small_books()).emulator.oauth_client(OURS)
    assert (again, again.client_id != first.client_id) == (ours, True)


async def test_an_app_that_is_registered_again_has_the_new_address_only(desk: Desk) -> None:
    """There is one address for each app."""
    old = desk.emulator.oauth_client(OURS)
    desk.emulator.register(OAuthClient(old.client_id, old.client_secret, "https://new.example/back"))

    moved = await browse(desk.free, AUTHORIZE, asked(desk, old))
    right = await browse(desk.free, AUTHORIZE, asked(desk, old, redirect_uri="https://new.example/back"))

    assert (moved.answer.status_code, right.answer.status_code) == (400, 200)


@pytest.mark.parametrize(
    "uri",
    [
        "http://gateway.example/x",
        "https://gateway.example/#x",
        "ftp://localhost/",
        "/connect",
        "https:///x",
        "",
    ],
)
async def test_addresses_that_are_refused(desk: Desk, uri: str) -> None:
    """Only https is taken, or http to the same machine, and no fragment."""
    with pytest.raises(ValueError, match="redirect_uri must"):
        desk.emulator.oauth_client(uri)


async def test_consent_is_withdrawn_for_a_business(desk: Desk) -> None:
    """All who see it lose tokens, refresh tokens and codes, by password too; those of another business keep theirs."""
    page = await browse(desk.free, AUTHORIZE, asked(desk))
    _, first = landing(await sign_in(desk, page))
    _, unused = landing(await sign_in(desk, page))
    tokens = (await exchange(desk, first["code"])).json()
    password = await desk.log_in()
    their = {"email": "owner@other-shop.example", "password": "other-shop-kashoo-password"}
    _, theirs = landing(await page.press(desk.free, "decision", "allow", **their))
    kept = (await exchange(desk, theirs["code"])).json()

    desk.emulator.revoke("corner-shop")
    app = desk.emulator.oauth_client(REDIRECT_URI)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refreshed = await desk.free.post("/oauth2/token", data=form, auth=(app.client_id, app.client_secret))
    own, other = "Bearer " + tokens["access_token"], "Bearer " + kept["access_token"]
    sent = [own, f"TOKEN json:{password.text}", other]
    seen = [await desk.free.get("/api/users/me", headers=JSON | {"Authorization": each}) for each in sent]
    assert [answer.status_code for answer in seen] == [401, 401, 200]
    assert (refreshed.status_code, (await exchange(desk, unused["code"])).status_code) == (400, 400)
