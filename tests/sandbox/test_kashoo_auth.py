"""How one gets into the Kashoo emulator, and how one does not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from ledgermesh.sandbox.kashoo import ACCOUNTANT, MFA_CODE
from ledgermesh.sandbox.kashoo.emulator import REDIRECT_URI
from tests.sandbox.contracts import ON_PURPOSE
from tests.sandbox.kashoo_desk import JSON, START, Desk, desk_over, small_books

ERRING = dict(ON_PURPOSE)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    one = desk_over(small_books(), small_books("other-shop"))
    async with one.client:
        yield one


async def status(desk: Desk, authorization: str | None) -> int:
    """What a read of the business answers to this header."""
    headers = JSON if authorization is None else JSON | {"Authorization": authorization}
    return (await desk.client.get(desk.home, headers=headers, extensions=ERRING)).status_code


async def consent(desk: Desk, **changes: str) -> httpx.Response:
    """What the authorize endpoint answers to a right request with these changes."""
    keys = desk.emulator.credentials(desk.books)
    query = {"client_id": keys["client_id"], "response_type": "code", "scope": "full-access", "state": "s&1"}
    query |= {"redirect_uri": REDIRECT_URI, "login_hint": keys["email"]} | changes
    return await desk.client.get("/oauth2/authorize", params=query, extensions=ERRING if changes else {})


async def code(desk: Desk) -> str:
    """A fresh authorization code of the books' owner."""
    return parse_qs(urlsplit((await consent(desk)).headers["location"]).query)["code"][0]


async def exchange(desk: Desk, *, secret: str | None = None, **form: str) -> httpx.Response:
    """What the token endpoint answers."""
    keys = desk.emulator.credentials(desk.books)
    auth = (keys["client_id"], secret or keys["client_secret"])
    return await desk.client.post("/oauth2/token", data=form, auth=auth, extensions=ERRING)


async def connect(desk: Desk) -> dict[str, Any]:
    """The answer to a right exchange."""
    answer = await exchange(
        desk, grant_type="authorization_code", code=await code(desk), redirect_uri=REDIRECT_URI
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_token_object_opens_the_api(desk: Desk) -> None:
    """A form login that accepts JSON gets the token object, which is the credential after `TOKEN json:`."""
    answer = await desk.log_in()

    token = answer.json()
    assert {"myUserId", "expiryDate", "restriction", "site", "locale", "authenticationCode"} == set(token)
    assert (START.timestamp() + 86_400) * 1000 == token["expiryDate"]
    assert 200 == await status(desk, f"TOKEN json:{json.dumps(token, separators=(',', ':'))}")


async def test_basic_credentials_without_json_get_the_bare_token(desk: Desk) -> None:
    """A Basic login that does not ask for JSON gets the token as text, which works after `TOKEN uuid:`."""
    keys = desk.emulator.credentials(desk.books)

    answer = await desk.client.post("/api/authTokens", auth=(keys["email"], keys["password"]))

    assert (200, "text/plain; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert '"' not in answer.text
    assert 200 == await status(desk, f"TOKEN uuid:{answer.text}")


async def test_multipart_forms_work_too(desk: Desk) -> None:
    """Credentials may come as multipart form data."""
    keys = desk.emulator.credentials(desk.books)
    parts = {name: (None, keys[name]) for name in ("email", "password")}

    assert 200 == (await desk.client.post("/api/authTokens", files=parts, headers=JSON)).status_code


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"password": "wrong"}, 401),
        ({"email": "nobody@example.com"}, 401),
        ({"password": ""}, 400),
        ({"duration": "0"}, 400),
        ({"duration": "a day"}, 400),
        ({"duration": str(2**62)}, 400),
        ({"provider": "google", "authCode": "x"}, 401),
    ],
)
async def test_bad_logins(desk: Desk, fields: dict[str, str], refused: int) -> None:
    """Wrong credentials are a 401, a form that cannot be understood a 400, both with a message."""
    answer = await desk.log_in(**fields)

    assert (refused, refused) == (answer.status_code, answer.json()["status"])
    assert answer.json()["message"]


async def test_a_json_login_is_refused(desk: Desk) -> None:
    """Credentials in a JSON body are not read."""
    keys = desk.emulator.credentials(desk.books)

    answer = await desk.client.post("/api/authTokens", json=dict(keys), extensions=ERRING)

    assert 400 == answer.status_code


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "TOKEN",
        "TOKEN json:",
        "TOKEN json:[]",
        "TOKEN json:{}",
        "TOKEN uuid:no",
        "Bearer no",
        "Basic eDp5",
    ],
)
async def test_no_token_no_data(desk: Desk, authorization: str | None) -> None:
    """A header that is missing, malformed or unknown is a 401."""
    assert 401 == await status(desk, authorization)


async def test_a_token_ends_when_the_server_says(desk: Desk) -> None:
    """The lifetime asked for counts on the server's clock; a caller cannot stretch it by editing the token."""
    token = (await desk.log_in(duration="90000")).json()
    stretched = json.dumps(token | {"expiryDate": token["expiryDate"] * 2})

    desk.clock.advance(89)
    before = await status(desk, f"TOKEN json:{stretched}")
    desk.clock.advance(1)

    assert (200, 401) == (before, await status(desk, f"TOKEN json:{stretched}"))


async def test_a_login_with_a_second_factor(desk: Desk) -> None:
    """Such a user gets a 401 that says so until the messaged code is sent along."""
    keys = desk.emulator.credentials(desk.books)
    login = {"email": keys["email"], "password": keys["password"]}
    desk.emulator.switches.mfa_users.add(keys["email"])

    without = await desk.log_in()
    early = await desk.log_in(mfaCode=MFA_CODE)
    sent = await desk.client.post("/api/users/me/mfa", data=login)
    wrong = await desk.client.post("/api/users/me/mfa", data=login | {"code": "0"})
    right = await desk.client.post("/api/users/me/mfa", data=login | {"code": MFA_CODE})

    assert (401, True) == (without.status_code, "mfaCode" in without.json()["message"])
    assert (401, 204, b"", 401, 204) == (
        early.status_code, sent.status_code, sent.content, wrong.status_code, right.status_code
    )  # fmt: skip
    assert 200 == (await desk.log_in(mfaCode=MFA_CODE)).status_code


async def test_consent_leads_to_a_bearer_token(desk: Desk) -> None:
    """Authorize returns code and state to the registered address; the code buys a token for an hour."""
    back = await consent(desk)
    tokens = await connect(desk)

    assert (302, REDIRECT_URI) == (back.status_code, back.headers["location"].partition("?")[0])
    assert ["s&1"] == parse_qs(urlsplit(back.headers["location"]).query)["state"]
    assert (3600, "bearer") == (tokens["expires_in"], tokens["token_type"])
    assert str((await desk.log_in()).json()["myUserId"]) == tokens["userId"]
    assert 200 == await status(desk, f"Bearer {tokens['access_token']}")
    desk.clock.advance(3600)
    assert 401 == await status(desk, f"Bearer {tokens['access_token']}")


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"client_id": "other"}, 400),
        ({"redirect_uri": REDIRECT_URI + "/"}, 400),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "read"}, "invalid_scope"),
        ({"login_hint": "nobody@example.com"}, "access_denied"),
    ],
)
async def test_authorize_refuses(desk: Desk, change: dict[str, str], refused: int | str) -> None:
    """A foreign client or address never gets a redirect; other errors go back to the client with the state."""
    answer = await consent(desk, **change)

    if isinstance(refused, int):
        assert (refused, None) == (answer.status_code, answer.headers.get("location"))
    else:
        told = parse_qs(urlsplit(answer.headers["location"]).query)
        assert ([refused], ["s&1"]) == (told["error"], told["state"])


async def test_a_code_works_once_and_soon(desk: Desk) -> None:
    """A used or old code is an invalid grant, and so is one sent with another address."""
    used = {"grant_type": "authorization_code", "code": await code(desk), "redirect_uri": REDIRECT_URI}
    old, astray = (
        used | {"code": await code(desk)},
        used | {"code": await code(desk), "redirect_uri": "https://x.y"},
    )

    answers = [await exchange(desk, **used), await exchange(desk, **used), await exchange(desk, **astray)]
    desk.clock.advance(600)
    answers.append(await exchange(desk, **old))

    assert [200, 400, 400, 400] == [answer.status_code for answer in answers]
    assert {"invalid_grant"} == {answer.json()["error"] for answer in answers[1:]}


async def test_the_token_endpoint_wants_basic_and_a_form(desk: Desk) -> None:
    """Client credentials in the form or wrong ones are a 401; JSON and unknown grants are a 400."""
    keys = desk.emulator.credentials(desk.books)
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    inside = form | {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    client = (keys["client_id"], keys["client_secret"])

    answers = [
        await desk.client.post("/oauth2/token", data=inside, extensions=ERRING),
        await exchange(desk, secret="wrong", **form),
        await desk.client.post("/oauth2/token", json=form, auth=client, extensions=ERRING),
        await exchange(desk, grant_type="password"),
    ]

    assert [
        (401, "invalid_client"),
        (401, "invalid_client"),
        (400, "invalid_request"),
        (400, "unsupported_grant_type"),
    ] == [(answer.status_code, answer.json()["error"]) for answer in answers]


@pytest.mark.parametrize("rotating", [False, True])
async def test_refresh_tokens_rotate_if_switched_on(desk: Desk, rotating: bool) -> None:
    """A refresh token stays good, or is replaced and refused from then on."""
    desk.emulator.switches.rotate_refresh_tokens = rotating
    first = await connect(desk)
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}

    second = (await exchange(desk, **again)).json()
    third = await exchange(desk, **again)

    assert rotating == (second["refresh_token"] != first["refresh_token"])
    assert (400 if rotating else 200) == third.status_code
    assert 200 == await status(desk, f"Bearer {second['access_token']}")


async def test_withdrawn_consent(desk: Desk) -> None:
    """Tokens can be made invalid at once, with or without what renews them."""
    tokens = await connect(desk)
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}

    desk.emulator.tokens.forget()
    lost = await status(desk, f"Bearer {tokens['access_token']}")
    renewed = await exchange(desk, **refresh)
    desk.emulator.oauth.revoke()

    assert (401, 200, 400) == (lost, renewed.status_code, (await exchange(desk, **refresh)).status_code)


async def test_a_business_is_closed_to_strangers(desk: Desk) -> None:
    """A token opens its user's businesses only, by the business and by the id of anything in it."""
    other = small_books("other-shop")
    stranger = desk.emulator.credentials(other)["business_id"]
    record = desk.emulator.record_id(other, "INVOICE", "A-1")
    await desk.sign_in()

    paths = [
        f"/api/businesses/{stranger}",
        f"/api/businesses/{stranger}/records/invoices",
        f"/api/records/{record}",
    ]

    assert [403, 403, 403] == [(await desk.refused(path)).status_code for path in paths]
    assert [404, 404] == [
        (await desk.refused(path)).status_code for path in ("/api/businesses/5", "/api/records/5")
    ]


async def test_the_accountant_sees_every_business(desk: Desk) -> None:
    """One user may have several businesses; the list has pages."""
    await desk.sign_in()
    own = await desk.get("/api/users/me/businesses")
    tokens = parse_qs(urlsplit((await consent(desk, login_hint=ACCOUNTANT)).headers["location"]).query)
    answer = await exchange(
        desk, grant_type="authorization_code", code=tokens["code"][0], redirect_uri=REDIRECT_URI
    )
    desk.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    assert 1 == len(own)
    assert 2 == len(await desk.get("/api/users/me/businesses"))
    assert own != await desk.get("/api/users/me/businesses", limit=1, offset=1)
    assert [] == await desk.get("/api/users/me/businesses", offset=2)


async def test_a_lapsed_subscription(desk: Desk) -> None:
    """Without a running subscription the business answers 402."""
    await desk.sign_in()
    desk.emulator.switches.lapsed_businesses.add(int(desk.emulator.credentials(desk.books)["business_id"]))

    assert 402 == (await desk.refused("/accounts")).status_code


async def test_a_limit_on_calls(desk: Desk) -> None:
    """With the switch on, calls beyond the window's number are a 429 that says how long to wait."""
    await desk.sign_in()
    desk.emulator.switches.calls_per_window = 2
    desk.clock.advance(15)

    answers = [await desk.refused("/items") for _ in range(3)]
    desk.clock.advance(45)

    assert [200, 200, 429] == [answer.status_code for answer in answers]
    assert "45" == answers[2].headers["retry-after"]
    assert 200 == (await desk.refused("/items")).status_code


@pytest.mark.parametrize(("style", "kind"), [("text", "text/plain"), ("html", "text/html")])
async def test_errors_in_other_forms(desk: Desk, style: str, kind: str) -> None:
    """Error bodies can be text or a page, as a proxy would send them."""
    desk.emulator.switches.error_style = style  # type: ignore[assignment]  # one of the literals above

    answer = await desk.refused("/items")

    assert (401, True) == (answer.status_code, answer.headers["content-type"].startswith(kind))


async def test_unknown_paths_and_methods(desk: Desk) -> None:
    """They are a 404 and a 405 with the usual body."""
    await desk.sign_in()

    lost = await desk.refused("/invoices")
    wrong = await desk.client.delete(desk.home, extensions=ERRING)

    assert (404, 404) == (lost.status_code, lost.json()["status"])
    assert (405, 405) == (wrong.status_code, wrong.json()["status"])
