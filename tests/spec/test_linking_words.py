"""What the definitions say for linking fits together."""

from __future__ import annotations

import re

import pytest

from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.spec.auth import FirstPartyToken, OAuth2

PROVIDERS = discover(NAMES)
IN_ADDRESS = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("name", PROVIDERS)
def test_linking_can_try_credentials(name: str) -> None:
    """Every provider names a read, below its base URL, that needs no setting beside the address."""
    assert re.fullmatch(r"(/[\w-]+)+", PROVIDERS[name].check_path)


@pytest.mark.parametrize("name", PROVIDERS)
def test_settings_can_be_asked_for(name: str) -> None:
    """Patterns are patterns that the usual values have, and what a row tells besides is a setting too."""
    provider = PROVIDERS[name]
    names = {each.name for each in provider.settings}
    for setting in provider.settings:
        for value in setting.suggestions:
            assert re.fullmatch(setting.pattern, value), (setting.name, value)
        if setting.choose is not None:
            assert {told for told, _ in setting.choose.also} <= names
            assert setting.choose.path.startswith("/") and setting.choose.value


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("evil", ["a/b", "a@b", "a:1", "a?b", "a#b", "a b", "", "..", "a\n", "é", "a\\b"])
def test_no_part_of_an_address_is_more_than_a_part(name: str, evil: str) -> None:
    """Settings in base URLs have a pattern that lets nothing through but names of hosts."""
    settings = {each.name: each for each in PROVIDERS[name].settings}
    for part in IN_ADDRESS.findall(PROVIDERS[name].base_url):
        assert settings[part].pattern and not re.fullmatch(settings[part].pattern, evil)


@pytest.mark.parametrize("name", PROVIDERS)
def test_logins_and_consents_are_whole(name: str) -> None:
    """A code has its field, its words and its path; a consent has both addresses."""
    for auth in PROVIDERS[name].auth:
        if isinstance(auth, FirstPartyToken):
            assert bool(auth.code_field) == bool(auth.code_words) == bool(auth.code_path)
            assert all(word == word.casefold() for word in auth.code_words)
            assert bool(auth.sign_on_fields) == bool(auth.sign_ons)
            assert bool(auth.lifetime_field) == (auth.lifetime_ms > 0)
        if isinstance(auth, OAuth2) and auth.grant == "authorization_code":
            assert (auth.authorize_url or "").startswith(("https://", "/"))
