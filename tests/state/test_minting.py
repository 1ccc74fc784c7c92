"""New keys and browser tokens: nobody guesses them, a typo is told, and nothing of another gateway's is good."""

from __future__ import annotations

import re

import pytest

from ledgermesh.state.minting import BrowserGrant, BrowserTokens, hint, make_key, misspelt
from ledgermesh.state.sealing import Seal, SealingKey
from tests.states import KEYS

GRANT = BrowserGrant(
    tenant="north",
    environment="live",
    key="key-1",
    company="bakery",
    scopes=frozenset(("api.read",)),
    origins=frozenset(("https://app.test",)),
    expires_at=1_000,
)


def test_a_key_says_where_it_belongs() -> None:
    """Its environment, 43 random characters, and a checksum of six."""
    assert re.fullmatch(r"lm_test_[0-9A-Za-z]{49}", make_key("sandbox"))
    assert re.fullmatch(r"lm_live_[0-9A-Za-z]{49}", make_key("live"))
    assert len({make_key("live") for _ in range(100)}) == 100
    assert hint("lm_live_abcdefgh") == "lm_live_abcd"


def test_a_typo_is_told() -> None:
    """Every single letter that is wrong, and every key that was cut short; other people's texts are none of ours."""
    key = make_key("live")
    assert not misspelt(key)
    for index in range(len("lm_live_"), len(key)):
        other = "a" if key[index] != "a" else "b"
        assert misspelt(key[:index] + other + key[index + 1 :])
        assert misspelt(key[:index])
    assert misspelt(key + "x")
    assert misspelt(key.replace("lm_live_", "lm_test_"))
    for text in ("", "lm_demo_read", "anything", "lm_browser_x"):
        assert not misspelt(text)


def test_a_browser_token_holds_what_was_sealed() -> None:
    """Until it ends."""
    token = BrowserTokens(KEYS).seal(GRANT)
    assert token.startswith("lm_browser_")
    assert BrowserTokens(KEYS).open(token, 999) == GRANT
    assert BrowserTokens(KEYS).open(token, 1_000) is None


@pytest.mark.parametrize(
    "text", ["", "lm_browser_", "lm_browser_AAAA", "lm_browser_" + "A" * 100_000, "nonsense é"]
)
def test_nothing_else_is_a_browser_token(text: str) -> None:
    """Whatever is sent, it is only not good."""
    assert BrowserTokens(KEYS).open(text, 0) is None


def test_what_others_sealed_is_no_browser_token() -> None:
    """Under another secret, for another purpose, or with other content."""
    others = (SealingKey(1, b"other other other other other 32"),)
    assert BrowserTokens(KEYS).open(BrowserTokens(others).seal(GRANT), 0) is None
    assert BrowserTokens(KEYS).open("lm_browser_" + Seal(KEYS, "file link").seal(b"{}"), 0) is None
    assert BrowserTokens(KEYS).open("lm_browser_" + Seal(KEYS, "browser token").seal(b"{}"), 0) is None
