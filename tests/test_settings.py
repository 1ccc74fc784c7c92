"""What an operator may set, and what the gateway makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.settings import Settings, read_settings, to_entries, to_grants, to_key, to_keys
from ledgermesh.spec.provider import Provider
from ledgermesh.state.entries import digest
from ledgermesh.state.registry import Registry
from tests.shop import ENVIRON, GOOD, HUSH, read


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def definitions() -> Mapping[str, Provider]:
    return discover(NAMES)


# -- reading -------------------------------------------------------------------------------------------------------


def test_without_file_and_environment_everything_has_its_default() -> None:
    """A gateway with no settings knows nobody, and has the documented bounds."""
    settings = read_settings({})

    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
    assert (settings.server.request_seconds, settings.server.request_seconds_max) == (20.0, 120.0)
    assert settings.server.body_bytes_max == 1_000_000
    assert (settings.tenants, settings.keys, settings.companies, settings.connections) == ([], [], [], [])


def test_the_environment_wins_over_the_file() -> None:
    """One value of a section may come from the environment, the others stay; a list is replaced whole."""
    given = {
        "LEDGERMESH_SERVER__HOST": "192.0.2.1",
        "ledgermesh_server__request_seconds": "7.5",
        "LEDGERMESH_TENANTS": '[{"id": "bank", "name": "Bank"}]',
    }

    settings = read(environ=ENVIRON | given)

    assert [tenant.id for tenant in settings.tenants] == ["bank"]
    server = settings.server

    assert (server.host, server.port, server.request_seconds) == ("192.0.2.1", 9000, 7.5)


def test_the_file_is_the_argument_s_or_the_variable_s_or_the_default(tmp_path: Path) -> None:
    """An explicit path wins over LEDGERMESH_CONFIG, which wins over ledgermesh.toml."""
    for port, name in enumerate(("ledgermesh.toml", "named.toml", "given.toml"), 1):
        (tmp_path / name).write_text(f"[server]\nport = {port}\n", encoding="utf-8")
    named = {"LEDGERMESH_CONFIG": "named.toml"}

    assert read_settings({}).server.port == 1
    assert read_settings(named).server.port == 2
    assert read_settings(named, tmp_path / "given.toml").server.port == 3


@pytest.mark.parametrize("content", [b"[server", b"\xff\xfe", b"port = 1\nport = 2"])
def test_a_file_that_is_no_toml_is_named(content: bytes) -> None:
    """The file is named, with what is wrong in it."""
    Path("broken.toml").write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"broken\.toml: "):
        read_settings({"LEDGERMESH_CONFIG": "broken.toml"})


def test_a_file_that_was_named_must_be_there() -> None:
    """A missing file is a mistake only where somebody named it."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml: No such file"):
        read_settings({"LEDGERMESH_CONFIG": "nowhere.toml"})


def test_the_environment_is_the_one_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's own is not looked at behind the caller's back."""
    monkeypatch.setenv("LEDGERMESH_SERVER__PORT", "1")

    assert read().server.port == 9000


@pytest.mark.parametrize("name", ["LEDGERMESH_TENNANTS", "LEDGERMESH_SERVR__PORT", "LEDGERMESH_"])
def test_a_variable_that_sets_nothing_is_a_mistake(name: str) -> None:
    """A misspelt one would be lost without a word."""
    with pytest.raises(ConfigurationError, match=f"^{name}: there is no such setting$"):
        read(environ={**ENVIRON, name: HUSH})


def test_other_people_s_variables_may_have_our_prefix() -> None:
    """Those that the settings name as places of secrets, and those that Kubernetes sets for a service of our name."""
    text = GOOD.replace('"ACME_KEY"', '"LEDGERMESH_ACME__KEY"').replace(
        '"SHOP_EMAIL"', '"LEDGERMESH_SHOP_EMAIL"'
    )
    own = {"LEDGERMESH_ACME__KEY": "acme-key", "LEDGERMESH_SHOP_EMAIL": "ada@shop.test"}
    links = {"LEDGERMESH_SERVICE_HOST": "10.0.0.7", "LEDGERMESH_PORT": "tcp://10.0.0.7:8000"}

    assert read(text, {**ENVIRON, **own, **links, "LEDGERMESH_CONFIG": "ledgermesh.toml"}).server.port == 9000


@pytest.mark.parametrize("seconds", ["inf", "nan", "0", "-1"])
def test_a_time_limit_is_finite_and_above_nothing(seconds: str) -> None:
    """A request without an end would hold a connection for ever."""
    with pytest.raises(ConfigurationError, match=r"^server\.request_seconds: "):
        read(GOOD.replace("port = 9000", f"request_seconds = {seconds}"))


def test_every_mistake_is_named_at_once_and_no_value_is_repeated() -> None:
    """Unknown names, wrong types and missing values, of file and environment: one error, a line for each."""
    text = f"""
        nothing = "{HUSH}"
        [server]
        body_bytes_max = 0
        prot = 1
        [[tenants]]
        id = ""
        [[keys]]
        id = "k"
        tenant = "t"
        sha256 = "{HUSH}"
        scopes = ["api.everything"]
        [[connections]]
        id = "c"
        company = "c"
        provider = "kashoo"
        scheme = "first_party"
        password = "{HUSH}"
        """

    with pytest.raises(ConfigurationError) as caught:
        read(text, {"LEDGERMESH_SERVER__PORT": HUSH, "LEDGERMESH_NOTHING": HUSH})

    lines = str(caught.value).splitlines()
    assert {line.partition(":")[0] for line in lines} == {
        "LEDGERMESH_NOTHING", "nothing", "server.port",
        "server.body_bytes_max", "server.prot", "tenants.0.id", "tenants.0.name",
        "keys.0.sha256", "keys.0.scopes.0", "connections.0.password",
    }  # fmt: skip
    assert HUSH not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["LEDGERMESH_TENANTS", "LEDGERMESH_SEALING__SECRETS", "LEDGERMESH_SEALING"])
def test_a_list_in_the_environment_is_json(name: str) -> None:
    """Text where a list belongs is a mistake that says so, and does not repeat the text."""
    with pytest.raises(ConfigurationError) as caught:
        read_settings({name: HUSH})

    assert any(word in str(caught.value) for word in ("tenants", "sealing"))
    assert HUSH not in str(caught.value)


def test_secrets_do_not_print_themselves() -> None:
    """Settings may be printed."""
    settings = read()

    assert "sixteen" not in repr(settings)
    assert HUSH not in repr(to_grants(settings, ENVIRON))


# -- into the parts ------------------------------------------------------------------------------------------------


def test_the_registry_is_what_the_settings_say(definitions: Mapping[str, Provider]) -> None:
    """A key reaches its tenant's company and the company its connection, at the provider's own address."""
    registry = Registry()
    registry.set(*to_entries(read(), definitions, ENVIRON))

    principal = registry.principal("acme-key")
    assert principal is not None
    assert (principal.tenant.name, principal.key.environment) == ("Acme Finance", "live")
    assert principal.key.scopes == {"api.read"}
    [company] = registry.companies(principal)
    [connection] = registry.connections(company)
    assert (company.name, connection.id) == ("Corner Shop Ltd.", "shop-books")
    assert connection.base_url == definitions["kashoo"].base_url
    assert connection.settings == {"business_id": "365"}
    assert registry.principal("another") is None


def test_a_base_url_overrides_the_provider_s(definitions: Mapping[str, Provider]) -> None:
    """With or without a slash at its end."""
    text = GOOD.replace(
        'provider = "kashoo"', 'provider = "kashoo"\nbase_url = "http://sandbox:8100/kashoo/api/"'
    )
    registry = Registry()
    registry.set(*to_entries(read(text), definitions, ENVIRON))

    principal = registry.principal("acme-key")
    assert principal is not None
    link = registry.connection(principal, "shop-books")
    assert link is not None
    assert link.base_url == "http://sandbox:8100/kashoo/api"


@pytest.mark.parametrize(
    "place", [f'sha256 = "{digest("acme-key")}"', 'from_file = "key.txt"', 'from_env = "ACME_KEY"']
)
def test_a_key_is_kept_as_its_digest(place: str, definitions: Mapping[str, Provider]) -> None:
    """By digest, from a file or from the environment: the same key."""
    Path("key.txt").write_text("acme-key\n", encoding="utf-8")
    registry = Registry()
    registry.set(*to_entries(read(GOOD.replace('from_env = "ACME_KEY"', place)), definitions, ENVIRON))

    principal = registry.principal("acme-key")
    assert principal is not None
    assert principal.key.digest == digest("acme-key")


def test_a_grant_holds_the_secrets_of_the_first_tenant() -> None:
    """Secrets come from the environment or from files, without the line's end; all tenants use the one grant."""
    Path("password").write_text(f"{HUSH}\n", encoding="utf-8")
    text = GOOD.replace(
        'secrets_from_env = { email = "SHOP_EMAIL", password = "SHOP_PASSWORD" }',
        'secrets_from_env = { email = "SHOP_EMAIL" }\nsecrets_from_file = { password = "password" }',
    ).replace('tenants = ["acme"]', 'tenants = ["acme", "bank"]')

    grants = to_grants(read(text), ENVIRON)

    assert [(grant.tenant, grant.environment, grant.connection) for grant in grants] == [
        ("acme", "live", "shop-books"),
    ]
    for grant in grants:
        assert {name: secret.reveal() for name, secret in grant.secrets.items()} == {
            "email": "ada@shop.test",
            "password": HUSH,
        }


def sealed_by(*secrets: str) -> Settings:
    return read(environ=ENVIRON | {"LEDGERMESH_SEALING__SECRETS": json.dumps(secrets)})


def test_the_first_sealing_secret_seals_and_both_open() -> None:
    """Keys come in the order given; the same secret always makes the same key, and is not in it."""
    one, two = "the newer secret of the two", "the older secret of the two"
    newer, older = to_keys(sealed_by(one, two))

    assert newer != older
    assert one.encode() not in newer.secret
    assert len(newer.secret) == 32
    assert to_keys(sealed_by(two, one)) == (older, newer)


def test_two_sealing_secrets_can_be_told_apart() -> None:
    """A sealed text names its key by one byte: of two keys with one number, one could never open its own."""
    first = "the secret number 0"
    second = next(
        name
        for number in range(1, 5000)
        if to_key(name := f"the secret number {number}").id == to_key(first).id
    )

    with pytest.raises(ConfigurationError, match=r"^sealing\.secrets: two give keys of one number"):
        to_keys(sealed_by(first, second))


@pytest.mark.parametrize("secrets", [[], ["too tiny"], ["sixteen letters at least", "tiny"]])
def test_without_a_good_sealing_secret_nothing_starts(secrets: list[str]) -> None:
    """No secret, or one that protects nothing, is a mistake that names the setting."""
    with pytest.raises(ConfigurationError, match=r"sealing\.secrets") as caught:
        to_keys(sealed_by(*secrets))
    assert "tiny" not in str(caught.value)


def test_settings_cannot_be_changed() -> None:
    """They are read once."""
    settings: Any = read()

    with pytest.raises(ValueError, match="frozen"):
        settings.server.port = 1
