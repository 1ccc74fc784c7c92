"""Link tokens, steps and states: sealed for one purpose, ending, used once, on every store."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.state.link_tokens import (
    TRIES_MAX,
    LinkEnded,
    LinkRequest,
    LinkState,
    LinkStep,
    LinkTokens,
    browser_digest,
    may_return,
    origin_of,
    same_browser,
)
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.sealing import NotSealed, SealingKey
from tests.states import KEYS

START = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
REQUEST = LinkRequest(
    tenant="studio",
    key="backend",
    environment="sandbox",
    company="shop",
    return_url="https://app.example/done",
    expires_at=int(START.timestamp()) + 1800,
)
STATE = LinkState(
    request=REQUEST, provider="kashoo", scheme="oauth2", verifier="v", browser=browser_digest("b")
)
STEP = LinkStep(provider="kashoo", scheme="first_party", secrets={"password": "canary"}, signed_in=False)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def tokens(clock: ManualClock) -> LinkTokens:
    return LinkTokens(KEYS, MemoryStore(clock), clock)


def test_what_is_sealed_opens(tokens: LinkTokens) -> None:
    """Each with all it said; a state and a step with their end."""
    assert tokens.open(tokens.seal(REQUEST)) == REQUEST
    assert tokens.open_state(tokens.seal_state(STATE)) == replace(STATE, expires_at=tokens.now + 600)
    assert tokens.open_step(tokens.seal_step(STEP, REQUEST), REQUEST) == replace(
        STEP, expires_at=tokens.now + 300
    )


def test_nothing_opens_as_something_else(tokens: LinkTokens) -> None:
    """A token is no state, a state no step, and a step of one link is none of another's."""
    token, state = tokens.seal(REQUEST), tokens.seal_state(STATE)
    step = tokens.seal_step(STEP, REQUEST)
    for text in (state, step, "", "é"):
        with pytest.raises(NotSealed):
            tokens.open(text)
    for text in (token.removeprefix("lm_link_"), step):
        with pytest.raises(NotSealed):
            tokens.open_state(text)
    with pytest.raises(NotSealed):
        tokens.open_step(step, replace(REQUEST, id="another"))
    assert "canary" not in repr(STEP) + step


def test_each_has_its_end(tokens: LinkTokens, clock: ManualClock) -> None:
    """Thirty minutes as asked, ten for a consent, fifteen between pages, five where a password waits."""
    texts = tokens.seal(REQUEST), tokens.seal_state(STATE), tokens.seal_step(STEP, REQUEST)
    signed_in = tokens.seal_step(replace(STEP, signed_in=True), REQUEST)
    clock.advance(300)
    with pytest.raises(LinkEnded):
        tokens.open_step(texts[2], REQUEST)
    clock.advance(300)
    with pytest.raises(LinkEnded) as late:
        tokens.open_state(texts[1])
    assert late.value.request == REQUEST
    clock.advance(300)
    with pytest.raises(LinkEnded):
        tokens.open_step(signed_in, REQUEST)
    assert tokens.open(texts[0]) == REQUEST
    clock.advance(900)
    with pytest.raises(LinkEnded) as over:
        tokens.open(texts[0])
    assert over.value.request == REQUEST


def test_a_key_may_be_rotated_meanwhile(tokens: LinkTokens, clock: ManualClock) -> None:
    """What the older key sealed opens while both are there."""
    token = tokens.seal(REQUEST)
    newer = SealingKey(2, b"another another another another")
    assert LinkTokens((newer, *KEYS), MemoryStore(clock), clock).open(token) == REQUEST
    with pytest.raises(NotSealed):
        LinkTokens((newer,), MemoryStore(clock), clock).open(token)


async def test_a_token_is_claimed_by_one(tokens: LinkTokens) -> None:
    """It tells what it led to; a claim that led to nothing gives it back."""
    assert await tokens.used(REQUEST) is None
    claim = await tokens.claim(REQUEST)
    assert claim is not None
    assert await tokens.claim(REQUEST) is None
    assert await tokens.used(REQUEST) == ""
    await tokens.settle(REQUEST, claim, None)
    again = await tokens.claim(REQUEST)
    assert again is not None

    await tokens.settle(REQUEST, again, "shop-kashoo")

    assert await tokens.used(REQUEST) == "shop-kashoo"
    assert await tokens.claim(REQUEST) is None


async def test_states_and_steps_are_used_once(tokens: LinkTokens, clock: ManualClock) -> None:
    """Also at the last moment before their end."""
    state = tokens.open_state(tokens.seal_state(STATE))
    assert await tokens.first_use(state)
    clock.advance(599)
    assert not await tokens.first_use(state)
    step = tokens.open_step(tokens.seal_step(STEP, REQUEST), REQUEST)
    assert [await tokens.first_use(step) for _ in range(2)] == [True, False]


async def test_a_link_has_so_many_tries(tokens: LinkTokens) -> None:
    """After that a new one is needed; another link has its own."""
    assert all([await tokens.attempt(REQUEST) for _ in range(TRIES_MAX)])
    assert not await tokens.attempt(REQUEST)
    assert await tokens.attempt(replace(REQUEST, id="another"))


def test_a_browser_is_known_by_its_secret() -> None:
    """Nothing, something else, and the digest itself are not it."""
    assert same_browser(STATE, "b")
    for other in (None, "", "c", browser_digest("b")):
        assert not same_browser(STATE, other)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://App.Example:443/a?b#c", "https://app.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000/x", "http://[::1]:3000"),
        ("https://app.example:444/", "https://app.example:444"),
        ("https://a;b.example/", None),
        ("https://a b.example/", None),
        ("https://user@app.example/", None),
        ("https://app.example\\@evil.example/", None),
        ("https://app.example:x/", None),
        ("javascript:alert(1)", None),
        ("https://ä.example/", None),
        ("https:///x", None),
        ("app.example", None),
        ("", None),
    ],
)
def test_an_origin_is_plain_or_none(url: str, origin: str | None) -> None:
    """What two readers could read differently has none, and is allowed nowhere."""
    assert origin_of(url) == origin
    assert may_return(url, [url]) == (origin is not None)
    assert not may_return(url, ["https://other.example"])
