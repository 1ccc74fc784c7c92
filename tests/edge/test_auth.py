"""Who is asking: Bearer and Basic, and everything that is neither."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import pytest
from structlog.testing import capture_logs

from ledgermesh.clock import ManualClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.errors import SignIn
from ledgermesh.state.minting import BrowserGrant, BrowserTokens, make_key
from tests.edge.desk import KEY, Desk, code, gateway, registry
from tests.states import KEYS

START = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)


def gate(clock: ManualClock | None = None) -> Authenticator:
    """Over the tests' one key."""
    return Authenticator(registry(), KEYS, clock or ManualClock(START))


def basic(text: str | bytes) -> str:
    return "Basic " + base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {KEY}",
        f"bearer   {KEY} ",
        basic(f"{KEY}:"),
        basic(f":{KEY}"),
        basic(f"anyone:{KEY}"),
        basic(f"{KEY}:{KEY}"),
    ],
)
async def test_the_same_key_in_every_dress(header: str) -> None:
    """Bearer, Basic with the key as password, Basic with the key as user and no password."""
    assert (await gate().principal(header)).tenant.id == "t-1"


REFUSED = {
    "nothing": "",
    "no scheme": KEY,
    "another scheme": f"Digest {KEY}",
    "no key": "Bearer",
    "an empty key": "Bearer  ",
    "an unknown key": "Bearer nobody",
    "a key and more": f"Bearer {KEY}x",
    "the key of another case": f"Bearer {KEY.upper()}",
    "its digest": f"Bearer {registry().principal(KEY).key.digest}",  # type: ignore[union-attr]  # the key is there
    "not base64": "Basic ???",
    "base64 cut short": "Basic YWJj=",
    "not ASCII": "Basic ü",
    "not UTF-8": basic(b"\xff\xfe:\xff"),
    "no colon": basic(KEY),
    "a wrong password": basic(f"{KEY}:wrong"),
    "an empty login": basic(":"),
}


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED.keys())
async def test_everything_else_is_refused(header: str) -> None:
    """A header without a key that somebody has, and only that: never another error."""
    with pytest.raises(SignIn):
        await gate().principal(header)


async def test_a_refusal_is_a_401_with_a_challenge() -> None:
    """No key, and no word of ours on what was wrong with it beyond that; nothing is executed."""
    desk = Desk()
    for headers in ({}, {"Authorization": "Bearer nobody"}, {"Authorization": b"Basic \xfc"}):
        async with gateway(desk, headers=headers) as http:
            answer = await http.post("/graphql", json={"query": "{ word }"})

        assert (401, "UNAUTHENTICATED") == (answer.status_code, code(answer))
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert "nobody has" in answer.text or "Authorization" in answer.text
    assert desk.questions == []


async def test_the_key_comes_before_the_body() -> None:
    """A stranger learns nothing from how a body is refused, and no body of theirs is read."""
    async with gateway(Desk(), headers={}) as http:
        answer = await http.post("/graphql", content=b"{", headers={"Content-Type": "text/plain"})

    assert answer.status_code == 401


async def test_no_key_reaches_the_log_or_the_answer() -> None:
    """Neither a good nor a bad key is repeated anywhere."""
    with capture_logs() as lines:
        for header in (f"Bearer {KEY}", "Bearer almost-a-key", basic("someone:almost-a-key")):
            async with gateway(Desk(), headers={"Authorization": header}) as http:
                answer = await http.post("/graphql?X_ACCOUNT_KEY=hush", json={"query": "{ word }"})
            assert KEY not in answer.text
            assert "almost" not in answer.text

    assert lines
    assert not any(word in repr(lines) for word in (KEY, "almost", "hush", basic("someone:almost-a-key")))


# -- the gate ------------------------------------------------------------------------------------------------------

PAGE = "https://app.test"


def token(**given: Any) -> str:
    """A browser token of the tests' key, good for a minute."""
    told = {
        "tenant": "t-1", "environment": "live", "key": "k-1", "company": "shop", "scopes": frozenset(("api.read",)),
        "origins": frozenset((PAGE,)), "expires_at": int(START.timestamp()) + 60,
    }  # fmt: skip
    return BrowserTokens(KEYS).seal(BrowserGrant(**{**told, **given}))


async def test_the_gate_takes_keys_from_anywhere() -> None:
    """An API key needs no origin, and no origin spoils it."""
    for origin in (None, PAGE, "https://elsewhere.test"):
        assert (await gate().principal(f"Bearer {KEY}", origin)).key.id == "k-1"


async def test_a_browser_token_is_good_from_its_pages() -> None:
    """For what it was made: no more scopes than the key has, one company, until it ends."""
    clock = ManualClock(START)
    asked = f"Bearer {token(scopes=frozenset(('api.read', 'api.write', 'admin')))}"
    who = await gate(clock).principal(asked, PAGE)
    assert (who.key.scopes, who.key.companies) == (frozenset(("api.read",)), frozenset(("shop",)))
    for origin in (None, "", "null", "https://elsewhere.test", PAGE + "/"):
        with pytest.raises(SignIn):
            await gate(clock).principal(asked, origin)
    clock.advance(60)
    with pytest.raises(SignIn):
        await gate(clock).principal(asked, PAGE)


@pytest.mark.parametrize("given", [{"key": "k-2"}, {"tenant": "t-2"}, {"environment": "sandbox"}])
async def test_a_browser_token_of_nobody_s_key_is_nobody_s(given: dict[str, str]) -> None:
    """The key that made it has to be there."""
    with pytest.raises(SignIn, match="gone"):
        await gate().principal(f"Bearer {token(**given)}", PAGE)


async def test_a_typo_in_a_key_is_said() -> None:
    """Without a word on whether somebody has the right one."""
    key = make_key("live")
    with pytest.raises(SignIn, match="typo"):
        await gate().principal(f"Bearer {key[:-1]}")
    with pytest.raises(SignIn, match="nobody"):
        await gate().principal(f"Bearer {key}")
