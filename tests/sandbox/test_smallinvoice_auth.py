"""The smallinvoice emulator's tokens, scopes and rate limit."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import UUID

import httpx
import pytest

from tests.sandbox.contracts import ON_PURPOSE
from tests.sandbox.smallinvoice_desk import Desk, open_desk, tiny_world

TOKENS = "/v2/auth/access-tokens"
ERR: dict[str, Any] = {"extensions": dict(ON_PURPOSE)}
METHODS = {TOKENS: "POST", "/v2/contacts": "GET, POST", "/v2/contacts/1": "GET, PUT, DELETE"}
READERS = {
    "/v2/auth/profile": {"profile"},
    "/v2/contacts": {"contact"},
    "/v2/catalog/products": {"catalog"},
    "/v2/catalog/services/categories": {"catalog"},
    "/v2/catalog/configuration/units": {"catalog", "configuration"},
    "/v2/configuration/bank-accounts": {"configuration"},
    "/v2/configuration/exchange-rates": {"configuration"},
    "/v2/receivables/invoices": {"invoice"},
    "/v2/contacts/configuration/groups": {"contact"},
    "/v2/contacts/letters": {"letter"},
    "/v2/contacts/reminders": {"contact_reminder"},
    "/v2/receivables/configuration/isrs": {"configuration"},
    "/v2/receivables/offers": {"offer"},
    "/v2/receivables/order-confirmations": {"order_confirmation"},
    "/v2/receivables/delivery-notes": {"delivery_note"},
    "/v2/reporting/activities": {"activity"},
    "/v2/reporting/cost-units": {"cost_unit"},
    "/v2/reporting/efforts": {"effort"},
    "/v2/reporting/projects": {"project"},
    "/v2/reporting/working-hours": {"working_hours"},
}


@pytest.fixture
def desk() -> Desk:
    return open_desk(tiny_world(), "tiny")


def machine(desk: Desk) -> dict[str, str]:
    """Id and secret of the client-credentials client."""
    keys = desk.emulator.credentials(desk.books)
    return {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}


def person(desk: Desk) -> dict[str, str]:
    """Id and secret of the authorization-code client."""
    keys = desk.emulator.credentials(desk.books)
    return {"client_id": keys["ac_client_id"], "client_secret": keys["ac_client_secret"]}


async def code(desk: Desk, scope: str = "contact invoice") -> str:
    """What the authorize page sends back."""
    query = {"response_type": "code", "client_id": person(desk)["client_id"], "scope": scope, "state": "a b"}
    answer = await desk.client.get("/v2/auth/authorize?" + urlencode(query))
    assert answer.status_code == 302
    landing = parse_qs(urlsplit(answer.headers["location"]).query)
    assert landing["state"] == ["a b"]
    return landing["code"][0]


async def pair(desk: Desk) -> dict[str, str]:
    """A fresh pair of tokens for a code."""
    form = {"grant_type": "authorization_code", "code": await code(desk), **person(desk)}
    answer = await desk.client.post(TOKENS, json=form)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, str] = answer.json()
    return tokens


async def opens(desk: Desk, token: str, path: str = "/v2/contacts") -> httpx.Response:
    """The answer to a read with this token."""
    return await desk.client.get(path, headers={"Authorization": f"Bearer {token}"}, **ERR)


@pytest.mark.parametrize("encoding", ["json", "form", "basic", "encoded basic"])
async def test_client_credentials_come_in_three_encodings(desk: Desk, encoding: str) -> None:
    """JSON, a form, or HTTP Basic with a form: status 200, twelve hours, and no refresh token."""
    grant = {
        "grant_type": "client_credentials",
        "scope": "contact",
        "redirect_uri": "https://ignored.example",
    }
    keys = machine(desk)
    sent: dict[str, object] = {"json": grant | keys} if encoding == "json" else {"data": grant | keys}
    if "basic" in encoding:
        escape = quote if encoding == "encoded basic" else str
        text = f"{keys['client_id']}:{escape(keys['client_secret'])}"
        sent = {
            "data": grant,
            "headers": {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()},
        }
    answer = await desk.client.post(TOKENS, **sent)  # type: ignore[arg-type]  # a table of cases
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 43200)
    assert "refresh_token" not in body
    assert (await opens(desk, body["access_token"])).status_code == 200


async def test_credentials_look_like_the_real_ones(desk: Desk) -> None:
    """Twenty capitals and digits; eighty base64 letters that must be escaped in URLs; every company its own."""
    keys = desk.emulator.credentials(desk.books)
    assert re.fullmatch(r"[A-Z0-9]{20}", keys["client_id"])
    assert re.fullmatch(r"[A-Za-z0-9/+]{80}", keys["client_secret"])
    assert {"/", "+"} <= set(keys["client_secret"])
    other = open_desk(tiny_world(), "empty")
    values = [*keys.values(), *other.emulator.credentials(other.books).values()]
    assert len(set(values)) == 13, "only the redirect address is shared"


async def test_each_scope_opens_its_resources_and_no_others(desk: Desk) -> None:
    """A token without the scope gets 400 with code 11 and the name of what is missing."""
    for scope in ("profile", "contact", "catalog", "configuration", "invoice", "offer"):
        token = await desk.token(scope)
        for path, wanted in READERS.items():
            answer = await desk.free.get(path, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == (200 if scope in wanted else 400), (scope, path)
            if answer.status_code == 400:
                body = answer.json()
                assert (body["code"], body["meta"]["error_type"]) == (11, "required_scopes_missing")
                assert re.search(r"\[`\w+`\] scopes included", body["meta"]["hint"])


async def test_an_empty_scope_reaches_the_owner_only(desk: Desk) -> None:
    """`scope=` is accepted; its token tells who the user is and nothing more."""
    token = await desk.token("")
    assert (await opens(desk, token, "/v2/auth/owner")).json()["item"].keys() == {"id", "name", "surname"}
    assert (await opens(desk, token)).status_code == 400


async def test_access_tokens_end_after_twelve_hours(desk: Desk) -> None:
    """The last second is good, the next is 401 with code 9 and both meta keys."""
    token = await desk.token()
    desk.clock.advance(43199)
    assert (await opens(desk, token)).status_code == 200
    desk.clock.advance(1)
    answer = await opens(desk, token)
    assert (answer.status_code, answer.json()["code"]) == (401, 9)
    assert answer.json()["meta"] == {"error_type": "access_denied", "hint": "Access token is invalid"}


@pytest.mark.parametrize("header", [None, "Bearer nobody", "Basic eDp5", "Bearer "])
async def test_without_a_good_token_nothing_opens(desk: Desk, header: str | None) -> None:
    """Missing, unknown or of another kind: 401."""
    headers = {"Authorization": header} if header else {}
    answer = await desk.client.get("/v2/contacts", headers=headers, **ERR)
    assert (answer.status_code, answer.json()["meta"]["error_type"]) == (401, "access_denied")


async def test_a_code_gives_one_pair_once(desk: Desk) -> None:
    """The code's scopes hold; using it again is refused."""
    form = {"grant_type": "authorization_code", "code": await code(desk, "contact"), **person(desk)}
    tokens = (await desk.client.post(TOKENS, data=form)).json()
    assert tokens["refresh_token"]
    assert (await opens(desk, tokens["access_token"])).status_code == 200
    assert (await opens(desk, tokens["access_token"], "/v2/receivables/invoices")).status_code == 400
    again = await desk.client.post(TOKENS, data=form)
    assert (again.status_code, again.json()["hint"]) == (400, "Authorization code has been revoked")


async def test_codes_end_after_ten_minutes(desk: Desk) -> None:
    """A code that lay about is refused."""
    form = {"grant_type": "authorization_code", "code": await code(desk), **person(desk)}
    desk.clock.advance(600)
    answer = await desk.client.post(TOKENS, json=form)
    assert (answer.status_code, answer.json()["hint"]) == (400, "Authorization code has expired")


async def test_refresh_tokens_work_once(desk: Desk) -> None:
    """Each refresh gives a new pair; the old refresh token answers 401 with code 8, the old access token is dead."""
    first = await pair(desk)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **person(desk)}
    desk.clock.advance(90_000)
    second = (await desk.client.post(TOKENS, json=form)).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await opens(desk, second["access_token"])).status_code == 200
    again = await desk.client.post(TOKENS, json=form)
    assert (again.status_code, again.json()["code"], again.json()["hint"]) == (
        401,
        8,
        "Token has been revoked",
    )
    third = await desk.client.post(TOKENS, json=form | {"refresh_token": second["refresh_token"]})
    assert third.status_code == 200
    assert (await opens(desk, second["access_token"])).status_code == 401


async def test_a_refresh_may_narrow_but_not_widen(desk: Desk) -> None:
    """Fewer scopes are granted; one more than before is refused and the refresh token still works."""
    tokens = await pair(desk)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **person(desk)}
    wider = await desk.client.post(TOKENS, json=form | {"scope": "contact catalog"})
    assert (wider.status_code, wider.json()["code"]) == (400, 5)
    narrower = await desk.client.post(TOKENS, json=form | {"scope": "invoice"})
    assert (await opens(desk, narrower.json()["access_token"])).status_code == 400


@pytest.mark.parametrize(
    ("change", "status", "number", "word"),
    [
        ({"grant_type": "password"}, 400, 2, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, 2, "unsupported_grant_type"),
        ({"client_secret": "wrong"}, 401, 4, "invalid_client"),
        ({"client_id": "NOBODY"}, 401, 4, "invalid_client"),
        ({"client_id": ""}, 400, 3, "invalid_request"),
        ({"scope": "contact everything"}, 400, 5, "invalid_scope"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 401, 4, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "x"}, 401, 4, "invalid_client"),
    ],
)
async def test_token_errors_speak_both_dialects(
    desk: Desk, change: dict[str, str], status: int, number: int, word: str
) -> None:
    """`error` as in RFC 6749 and `{code, message, meta}` as in the API, in one body."""
    form = {"grant_type": "client_credentials", "scope": "contact", **machine(desk), **change}
    answer = await desk.client.post(TOKENS, json=form, **ERR)
    body = answer.json()
    assert (answer.status_code, body["code"], body["error"]) == (status, number, word)
    assert body["meta"]["error_type"] == word
    assert "hint" in body["meta"]


async def test_authorize_sends_back_to_the_registered_address_only(desk: Desk) -> None:
    """Another address is refused without a redirect; a person who says no comes back with `access_denied`."""
    query = {"response_type": "code", "client_id": person(desk)["client_id"], "state": "s"}
    stolen = await desk.client.get(
        "/v2/auth/authorize", params=query | {"redirect_uri": "https://evil.example"}
    )
    assert (stolen.status_code, stolen.json()["code"]) == (401, 4)
    desk.emulator.switches.consent_denied = True
    answer = await desk.client.get("/v2/auth/authorize", params=query)
    registered = desk.emulator.credentials(desk.books)["redirect_uri"]
    assert answer.headers["location"] == registered + "?error=access_denied&state=s"


async def test_a_token_shows_its_own_company_only() -> None:
    """Two companies of one sandbox never see each other."""
    world = tiny_world()
    tiny, empty = open_desk(world, "tiny"), open_desk(world, "empty")
    await tiny.sign_in()
    await empty.sign_in()
    assert (await tiny.get("/receivables/invoices"))["pagination"]["total"] == 6
    page = await empty.get("/receivables/invoices")
    assert (page["items"], page["pagination"]["pages"], page["pagination"]["total"]) == ([], 1, 0)


async def test_every_answer_has_the_seven_headers(desk: Desk) -> None:
    """Good answers, errors of every kind and tokens; the request id is a fresh UUID each time."""
    await desk.sign_in()
    seen = set()
    for path in (
        "/v2/contacts",
        "/v2/contacts/1",
        "/v2/nowhere",
        "/v2/contacts?limit=0",
        "/v2/auth/access-tokens",
    ):
        answer = await desk.free.get(path)
        seen.add(UUID(answer.headers["x-request-id"]))
        assert int(answer.headers["x-rate-limit-limit"]) == 1000
        assert int(answer.headers["x-rate-limit-remaining"]) < 1000
        assert 0 < int(answer.headers["x-rate-limit-reset"]) <= 3600
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        assert answer.headers["access-control-allow-methods"] == METHODS.get(path.partition("?")[0], "GET")
    assert len(seen) == 5


async def test_the_window_closes_and_opens_again(desk: Desk) -> None:
    """Over the limit: 429 with code 6000 and the seconds left, counting down; afterwards a new window."""
    desk.emulator.switches.calls_per_window, desk.emulator.switches.window_seconds = 3, 60
    await desk.sign_in()
    left = [(await desk.client.get("/v2/contacts")).headers["x-rate-limit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    desk.clock.advance(20)
    refused = await desk.client.get("/v2/contacts")
    assert (refused.status_code, refused.json()) == (429, {"code": 6000, "message": "Too many requests"})
    assert (refused.headers["x-rate-limit-remaining"], refused.headers["x-rate-limit-reset"]) == ("0", "40")
    assert "retry-after" not in refused.headers
    desk.clock.advance(40)
    assert (await desk.client.get("/v2/contacts")).headers["x-rate-limit-remaining"] == "2"


async def test_strangers_do_not_spend_a_companys_calls(desk: Desk) -> None:
    """Calls without a known token are counted apart."""
    await desk.sign_in()
    before = (await desk.client.get("/v2/contacts")).headers["x-rate-limit-remaining"]
    await opens(desk, "nobody")
    after = (await desk.client.get("/v2/contacts")).headers["x-rate-limit-remaining"]
    assert int(after) == int(before) - 1


async def test_maintenance_answers_503(desk: Desk) -> None:
    """The switch takes the whole API away, tokens too."""
    desk.emulator.switches.offline = True
    answer = await desk.client.get("/v2/contacts", **ERR)
    assert (answer.status_code, answer.json()["code"]) == (503, 8000)


async def test_revoking_ends_all_that_was_granted(desk: Desk) -> None:
    """Access and refresh tokens of the books die together."""
    tokens = await pair(desk)
    desk.emulator.server.revoke(desk.books)
    assert (await opens(desk, tokens["access_token"])).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **person(desk)}
    answer = await desk.client.post(TOKENS, json=form)
    assert (answer.status_code, answer.json()["code"]) == (401, 8)
