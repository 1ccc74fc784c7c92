"""smallinvoice's consent page, the proof key, grace for refresh tokens, and consent that is withdrawn."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx
import pytest

from ledgermesh.sandbox.emulator import OAuthClient
from tests.sandbox.contracts import ON_PURPOSE
from tests.sandbox.forms import BROWSER, Seen, browse, landing, policy
from tests.sandbox.smallinvoice_desk import Desk, open_desk, tiny_world

AUTHORIZE = "/v2/auth/authorize"
TOKENS = "/v2/auth/access-tokens"
OURS = "https://gateway.example/connect/callback"
STATE = "a&b <c>"
VERIFIER = "a-verifier-of-forty-three-letters-or-more.~_"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PROOF = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
OWNER = {"email": "owner@tiny.example", "password": "tiny-smallinvoice-password"}
ERR: dict[str, Any] = {"extensions": dict(ON_PURPOSE)}


@pytest.fixture
def desk() -> Desk:
    return open_desk(tiny_world(), "tiny")


def app(desk: Desk) -> OAuthClient:
    return desk.emulator.oauth_client(OURS)


def own(desk: Desk) -> OAuthClient:
    """The app of the company itself."""
    keys = desk.emulator.credentials(desk.books)
    return OAuthClient(keys["ac_client_id"], keys["ac_client_secret"], keys["redirect_uri"])


def asked(client: OAuthClient, **more: str) -> dict[str, str]:
    """The query of a right authorize request, and more."""
    query = {"response_type": "code", "client_id": client.client_id, "redirect_uri": client.redirect_uri}
    return query | {"scope": "contact invoice", "state": STATE} | more


async def allow(desk: Desk, client: OAuthClient, **more: str) -> str:
    """The code of an owner who has agreed."""
    page = await browse(desk.client, AUTHORIZE, asked(client, **more))
    return landing(await page.press(desk.free, "decision", "allow", **OWNER))[1]["code"]


async def exchange(desk: Desk, client: OAuthClient, **form: str) -> httpx.Response:
    """What the token endpoint answers."""
    keys = {"client_id": client.client_id, "client_secret": client.client_secret}
    grant = {"grant_type": "authorization_code", "redirect_uri": client.redirect_uri}
    return await desk.client.post(TOKENS, data=grant | keys | form)


async def refresh(desk: Desk, token: str) -> httpx.Response:
    return await exchange(desk, app(desk), grant_type="refresh_token", refresh_token=token)


async def reads(desk: Desk, token: str, path: str = "/v2/contacts") -> int:
    """The status of a read with this token."""
    return (await desk.client.get(path, headers={"Authorization": f"Bearer {token}"}, **ERR)).status_code


async def test_a_person_sees_what_is_asked_for_and_allows_it(desk: Desk) -> None:
    """The page lists the scopes; who signs in and allows leads back with code and state, for these scopes."""
    page = await browse(desk.client, AUTHORIZE, asked(app(desk)))
    where, told = landing(await page.press(desk.free, "decision", "allow", **OWNER))
    tokens = (await exchange(desk, app(desk), code=told["code"])).json()

    assert page.title == "ledgermesh wants access to your smallinvoice account - smallinvoice"
    assert "contacts, their addresses and people (contact)" in page.text
    assert "(invoice)" in page.text
    assert "(offer)" not in page.text
    assert (page.language, page.labels) == ("en", {"email": "E-mail", "password": "Password"})
    assert (where, told["state"]) == (OURS, STATE)
    token = tokens["access_token"]
    assert [await reads(desk, token, f"/v2/{path}") for path in ("contacts", "receivables/offers")] == [
        200,
        400,
    ]


async def test_the_page_is_closed_to_scripts_and_frames(desk: Desk) -> None:
    """Its policy allows its own style and nothing else, and does not stop the form's redirects."""
    page = await browse(desk.client, AUTHORIZE, asked(app(desk)))

    rules = policy(page.answer)
    assert (rules["default-src"], rules["frame-ancestors"]) == ("'none'", "'none'")
    assert "form-action" not in rules
    assert "script" not in page.tags


async def test_a_wrong_password_shows_the_page_again(desk: Desk) -> None:
    """It keeps the e-mail; the right password still leads on."""
    page = await browse(desk.free, AUTHORIZE, asked(app(desk)))
    again = Seen(await page.press(desk.free, "decision", "allow", email=OWNER["email"], password="wrong"))

    assert (again.answer.status_code, bool(again.alert)) == (401, True)
    assert (again.inputs["email"]["value"], again.inputs["password"]["value"]) == (OWNER["email"], "")
    assert "code" in landing(await again.press(desk.free, "decision", "allow", **OWNER))[1]


async def test_deny_leads_back_without_a_code(desk: Desk) -> None:
    """Whatever was typed."""
    page = await browse(desk.free, AUTHORIZE, asked(app(desk)))

    for typed in ({}, OWNER):
        where, told = landing(await page.press(desk.free, "decision", "deny", **typed))
        assert (where, told) == (OURS, {"error": "access_denied", "state": STATE})


@pytest.mark.parametrize("change", [{"client_id": "OTHER"}, {"redirect_uri": OURS + "/"}, {"client_id": ""}])
async def test_nobody_is_sent_to_a_strange_address(desk: Desk, change: dict[str, str]) -> None:
    """A person sees a page that says so, also where the form is sent."""
    query = asked(app(desk)) | change
    page = await browse(desk.free, AUTHORIZE, query)
    posted = await desk.free.post(AUTHORIZE, params=query, data={"decision": "deny"}, headers=BROWSER)

    for answer in (page.answer, posted):
        assert answer.status_code in (400, 401)
        assert "location" not in answer.headers
    assert page.alert


async def test_a_scope_that_does_not_exist_goes_back_to_the_app(desk: Desk) -> None:
    """Nobody is asked to agree to it."""
    answer = await desk.free.get(AUTHORIZE, params=asked(app(desk), scope="everything"), headers=BROWSER)

    assert landing(answer)[1] == {"error": "invalid_scope", "state": STATE}


async def test_who_signs_in_says_whose_books_are_meant() -> None:
    """An app for everybody gets the books of the person; one of a company is for its own people only."""
    world = tiny_world()
    desk, keys = open_desk(world, "tiny"), {"email": "owner@empty.example"}
    keys["password"] = "empty-smallinvoice-password"
    page = await browse(desk.free, AUTHORIZE, asked(app(desk)))
    _, told = landing(await page.press(desk.free, "decision", "allow", **keys))
    token = (await exchange(desk, app(desk), code=told["code"])).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    rows = (await desk.free.get("/v2/receivables/invoices", headers=headers)).json()["items"]
    strange = await browse(desk.free, AUTHORIZE, asked(own(desk)))
    refused = Seen(await strange.press(desk.free, "decision", "allow", **keys))

    assert rows == []
    assert (refused.answer.status_code, "another company" in refused.alert) == (403, True)
    assert "code" in landing(await refused.press(desk.free, "decision", "allow", **OWNER))[1]


async def test_programs_are_not_shown_a_page(desk: Desk) -> None:
    """A company's own app has consent at once; one for everybody must say who agrees."""
    cases = [
        (own(desk), {}),
        (app(desk), {"login_hint": OWNER["email"]}),
        (app(desk), {}),
        (own(desk), {"login_hint": "owner@empty.example"}),
        (app(desk), {"login_hint": "nobody@tiny.example"}),
    ]

    told = [
        landing(await desk.client.get(AUTHORIZE, params=asked(client, **more)))[1] for client, more in cases
    ]

    assert ["code" in each for each in told] == [True, True, False, False, False]
    assert {each.get("error") for each in told[2:]} == {"access_denied"}


@pytest.mark.parametrize(
    ("proof", "verifier", "status", "error"),
    [
        (PROOF, VERIFIER, 200, None),
        (PROOF, VERIFIER + "x", 400, "invalid_grant"),
        (PROOF, CHALLENGE, 400, "invalid_grant"),
        (PROOF, "", 400, "invalid_request"),
        (PROOF, "short", 400, "invalid_request"),
        ({"code_challenge": VERIFIER}, VERIFIER, 200, None),
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, CHALLENGE, 400, "invalid_grant"),
        ({}, VERIFIER, 400, "invalid_request"),
        ({}, "", 200, None),
    ],
)
async def test_the_proof_key_is_verified_when_it_was_announced(
    desk: Desk, proof: dict[str, str], verifier: str, status: int, error: str | None
) -> None:
    """The code is worth something only with the verifier that the challenge was made of."""
    code = await allow(desk, app(desk), **proof)

    answer = await exchange(desk, app(desk), code=code, code_verifier=verifier)

    assert (answer.status_code, answer.json().get("error")) == (status, error)


@pytest.mark.parametrize("proof", [{"code_challenge": "short"}, PROOF | {"code_challenge_method": "S512"}])
async def test_a_malformed_challenge_is_refused_before_anybody_is_asked(
    desk: Desk, proof: dict[str, str]
) -> None:
    """A program gets the usual error, a person a page."""
    query = asked(app(desk), **proof)
    program = await desk.free.get(AUTHORIZE, params=query)
    page = await browse(desk.free, AUTHORIZE, query)

    assert (program.status_code, program.json()["error"]) == (400, "invalid_request")
    assert (page.answer.status_code, "challenge" in page.alert.lower()) == (400, True)


async def test_used_refresh_tokens_have_grace_if_switched_on(desk: Desk) -> None:
    """Within it they give further pairs, all of them good; after it they are refused, as always without it."""
    desk.emulator.switches.refresh_grace_seconds = 30
    code = await allow(desk, app(desk))
    old = (await exchange(desk, app(desk), code=code)).json()["refresh_token"]
    first = (await refresh(desk, old)).json()
    desk.clock.advance(29)
    second = (await refresh(desk, old)).json()
    desk.clock.advance(1)
    late = await refresh(desk, old)

    assert first["refresh_token"] != second["refresh_token"]
    assert [await reads(desk, each["access_token"]) for each in (first, second)] == [200, 200]
    assert (late.status_code, late.json()["code"]) == (401, 8)
    assert (await refresh(desk, first["refresh_token"])).status_code == 200


async def test_withdrawn_consent_ends_everything_of_one_company(desk: Desk) -> None:
    """Tokens, refresh tokens, those within grace too, and codes; the other company keeps its own."""
    desk.emulator.switches.refresh_grace_seconds = 600
    tokens = (await exchange(desk, app(desk), code=await allow(desk, app(desk)))).json()
    fresh = (await refresh(desk, tokens["refresh_token"])).json()
    unused = await allow(desk, app(desk))
    hint = asked(app(desk), login_hint="owner@empty.example")
    _, told = landing(await desk.client.get(AUTHORIZE, params=hint))
    theirs = (await exchange(desk, app(desk), code=told["code"])).json()

    desk.emulator.revoke("tiny")

    assert [await reads(desk, each["access_token"]) for each in (fresh, theirs)] == [401, 200]
    dead = [await refresh(desk, each["refresh_token"]) for each in (tokens, fresh)]
    assert [answer.status_code for answer in dead] == [401, 401]
    assert (await exchange(desk, app(desk), code=unused)).status_code == 400
    assert (await refresh(desk, theirs["refresh_token"])).status_code == 200


async def test_what_one_app_got_is_nothing_to_another(desk: Desk) -> None:
    """Neither its codes nor its refresh tokens, even with the address that belongs to them."""
    code = await allow(desk, app(desk))
    stolen = await exchange(desk, own(desk), code=code, redirect_uri=OURS)
    tokens = (await exchange(desk, app(desk), code=code)).json()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refreshed = await exchange(desk, own(desk), **form)

    assert (stolen.status_code, "not issued to this client" in stolen.json()["hint"]) == (400, True)
    assert (refreshed.status_code, refreshed.json()["hint"]) == (401, "Token is not linked to client")
    assert (await exchange(desk, app(desk), **form)).status_code == 200


async def test_an_app_is_registered_and_moved(desk: Desk) -> None:
    """Its id and secret look like the others and follow from the address; it has one address at a time."""
    first = app(desk)
    assert first == app(open_desk(tiny_world(), "empty"))
    assert (len(first.client_id), len(first.client_secret)) == (20, 80)
    desk.emulator.register(OAuthClient(first.client_id, "new", "https://new.example/back", "Ours"))
    old = await browse(desk.free, AUTHORIZE, asked(first))
    new = await browse(desk.free, AUTHORIZE, asked(first) | {"redirect_uri": "https://new.example/back"})

    assert (old.answer.status_code, new.answer.status_code) == (401, 200)
    assert new.title.startswith("Ours wants")
    machine = desk.emulator.credentials(desk.books)["client_id"]
    with pytest.raises(ValueError, match="client credentials"):
        desk.emulator.register(OAuthClient(machine, "x", OURS))


async def test_a_company_gives_its_own_app_another_address(desk: Desk) -> None:
    """It stays the company's, and what it was granted before stays good."""
    before = own(desk)
    tokens = (await exchange(desk, before, code=await allow(desk, before))).json()
    desk.emulator.register(OAuthClient(before.client_id, before.client_secret, OURS))

    assert own(desk).redirect_uri == OURS
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await exchange(desk, own(desk), **form)).status_code == 200
    told = landing(await desk.client.get(AUTHORIZE, params=asked(own(desk))))[1]
    assert "code" in told, "a program needs no hint, so it is still known whose app it is"


async def test_a_plan_without_the_api(desk: Desk) -> None:
    """Everything of that company answers 403 with code 4000 until it pays again; tokens stay good."""
    code = await allow(desk, app(desk))
    token = (await exchange(desk, app(desk), code=code)).json()["access_token"]
    desk.emulator.switches.lapsed.add("tiny")
    answer = await desk.client.get("/v2/contacts", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json()["code"]) == (403, 4000)
    assert await reads(desk, token, "/v2/auth/owner") == 403
    desk.emulator.switches.lapsed.clear()
    assert await reads(desk, token) == 200
