"""What keeps the gateway from being served: every mistake with its place and its remedy, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.settings import check, to_grants
from ledgermesh.spec.provider import Provider
from tests.shop import ENVIRON, GOOD, HUSH, read


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def definitions() -> Mapping[str, Provider]:
    return discover(NAMES)


def mistakes(
    text: str, definitions: Mapping[str, Provider], environ: Mapping[str, str] = ENVIRON
) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        check(read(text, environ), definitions, environ)
    assert HUSH not in str(caught.value)
    return str(caught.value).splitlines()


MISTAKES: list[tuple[str, str, str]] = [
    ('tenant = "acme"', 'tenant = "acne"', "keys reporting: there is no tenant 'acne'"),
    ('companies = ["shop"]', 'companies = ["shed"]', "keys reporting: there is no live company 'shed'"),
    ('tenants = ["acme"]', 'tenants = ["acne"]', "companies shop: there is no tenant 'acne'"),
    ('company = "shop"', 'company = "shed"', "connections shop-books: there is no live company 'shed'"),
    (
        'company = "shop"',
        'company = "shop"\nenvironment = "sandbox"',
        "connections shop-books: there is no sandbox company 'shop'",
    ),
    (
        'from_env = "ACME_KEY"',
        "",
        "keys reporting: give exactly one of sha256, from_env and from_file",
    ),
    (
        'from_env = "ACME_KEY"',
        'from_env = "ACME_KEY"\nfrom_file = "x"',
        "keys reporting: give exactly one of sha256, from_env and from_file",
    ),
    ('"ACME_KEY"', '"NOBODY"', "keys reporting: the environment variable NOBODY is not set"),
    (
        'from_env = "ACME_KEY"',
        'from_file = "nowhere"',
        "keys reporting: the file of from_file is empty or cannot be read",
    ),
    ('"SHOP_EMAIL"', '"NOBODY"', "connections shop-books: the environment variable NOBODY is not set"),
    (
        'settings = { business_id = "365" }',
        'settings = {}\nsecrets_from_file = { token = "nowhere" }',
        "connections shop-books: the file for token is empty or cannot be read",
    ),
    (
        'provider = "kashoo"',
        'provider = "cashew"',
        (
            "connections shop-books: there is no provider 'cashew'; there are accountsos, bossinsights, kashoo, "
            "smallinvoice, trulysmall"
        ),
    ),
    (
        'scheme = "first_party"',
        'scheme = "magic"',
        "connections shop-books: kashoo has no scheme 'magic'; it has first_party, oauth2",
    ),
    (
        'email = "SHOP_EMAIL", ',
        "",
        "connections shop-books: first_party needs the secrets token or email and password",
    ),
    (
        "email =",
        "mail =",
        "connections shop-books: first_party has no secret 'mail'; it takes token or email and password",
    ),
    (
        'provider = "kashoo"',
        'provider = "kashoo"\nbase_url = "ftp://x"',
        "connections shop-books: base_url must begin with https:// (or http://) and name a host",
    ),
    (
        'provider = "kashoo"',
        'provider = "kashoo"\nbase_url = "https://x:port"',
        "connections shop-books: base_url must begin with https:// (or http://) and name a host",
    ),
    (
        'settings = { business_id = "365" }',
        'settings = { business_id = "365" }\nsecrets_from_file = { email = "nowhere" }',
        "connections shop-books: the secret 'email' is given twice, by environment and by file",
    ),
    (
        "port = 9000",
        "request_seconds = 121",
        "server.request_seconds: is more than server.request_seconds_max",
    ),
    (
        "port = 9000",
        "[documents]\nonly = true",
        "documents.only: there are no documents; name them in documents.trusted",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "expected"), MISTAKES)
def test_a_mistake_is_named(good: str, bad: str, expected: str, definitions: Mapping[str, Provider]) -> None:
    """Whatever does not fit together is said with its place and its remedy."""
    assert good in GOOD
    assert expected in mistakes(GOOD.replace(good, bad), definitions)


def test_a_missing_setting_says_what_it_is_for(definitions: Mapping[str, Provider]) -> None:
    """The provider's own words tell what to give."""
    [line] = mistakes(GOOD.replace('business_id = "365"', ""), definitions)

    assert line.startswith("connections shop-books: settings.business_id is missing: The business")


@pytest.mark.parametrize("section", ["tenants", "keys", "companies", "connections"])
def test_names_are_given_once(section: str, definitions: Mapping[str, Provider]) -> None:
    """A second entry of the same name would silently win."""
    parts = GOOD.split("\n\n")
    twice = next(part for part in parts if part.startswith(f"[[{section}]]"))

    assert any(
        line.startswith(f"{section}: ") and line.endswith("is there twice")
        for line in mistakes(f"{GOOD}\n{twice}", definitions)
    )


def test_one_key_has_one_owner(definitions: Mapping[str, Provider]) -> None:
    """The same key under two names would belong to either."""
    again = '\n[[keys]]\nid = "again"\ntenant = "acme"\nfrom_env = "ACME_KEY"\n'

    assert mistakes(GOOD + again, definitions) == ["keys again: is the same key as reporting"]


def test_all_mistakes_come_together(definitions: Mapping[str, Provider]) -> None:
    """Sealing, keys, companies, connections and secrets are reported in one go."""
    environ = ENVIRON | {"LEDGERMESH_SEALING__SECRETS": "[]"}
    text = GOOD
    for good, bad in (
        ('tenant = "acme"', 'tenant = "a"'),
        ('company = "shop"', 'company = "b"'),
        ('"SHOP_EMAIL"', '"C"'),
    ):
        text = text.replace(good, bad)

    assert [line.partition(":")[0] for line in mistakes(text, definitions, environ)] == [
        "sealing.secrets is empty; give one in LEDGERMESH_SEALING__SECRETS",
        "keys reporting",
        "connections shop-books",
        "connections shop-books",
    ]


def test_a_connection_may_still_be_without_secrets(definitions: Mapping[str, Provider]) -> None:
    """It is linked later; until then it has no grant."""
    settings = read("\n".join(line for line in GOOD.splitlines() if not line.startswith("secrets_from_env")))
    check(settings, definitions, ENVIRON)

    assert to_grants(settings, ENVIRON) == []


@pytest.mark.parametrize(
    ("scheme", "names"),
    [
        ("client_credentials", ["client_id", "client_secret"]),
        ("client_credentials", ["access_token"]),
        ("oauth2", ["client_id", "client_secret", "refresh_token"]),
        ("oauth2", ["access_token"]),
    ],
)
def test_the_ways_in_of_oauth(scheme: str, names: list[str], definitions: Mapping[str, Provider]) -> None:
    """What renews itself, or an access token alone."""
    secrets = ", ".join(f'{name} = "ACME_KEY"' for name in names)
    link = f"""
        [[connections]]
        id = "more"
        company = "shop"
        provider = "smallinvoice"
        scheme = "{scheme}"
        """
    check(read(f"{GOOD}{link}secrets_from_env = {{ {secrets} }}"), definitions, ENVIRON)
    if len(names) > 1:
        too_few = f'{GOOD}{link}secrets_from_env = {{ {names[0]} = "ACME_KEY" }}'
        [line] = mistakes(too_few, definitions)
        assert (
            f"connections more: {scheme} needs the secrets access_token or client_id and client_secret"
            in line
        )
