"""The operator's settings: `ledgermesh.toml` (or LEDGERMESH_CONFIG) below the environment (LEDGERMESH_…)."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ledgermesh.engine.cursor import CursorKey
from ledgermesh.errors import ConfigurationError
from ledgermesh.spec.auth import ApiKey, Auth, FirstPartyToken
from ledgermesh.spec.provider import Provider
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.registry import CompanyEntry, ConnectionEntry, KeyEntry, Registry, TenantEntry, digest

DEFAULT_FILE = "ledgermesh.toml"
PREFIX = "LEDGERMESH_"
FILE_VARIABLE = f"{PREFIX}CONFIG"
SERVICE_VARIABLE = re.compile(rf"{PREFIX}(SERVICE|PORT)(_.*)?")
"""Kubernetes and Docker links set these beside every container, for a service that is called what we are."""
SECRET_MIN = 16
"""Characters of a sealing secret."""


class Part(BaseModel):
    """A section: unknown names are mistakes, and no message repeats a value."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class Server(Part):
    """Where the gateway listens and what one request may ask."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    request_seconds: float = Field(default=20.0, gt=0, allow_inf_nan=False)
    """When the caller gives no X-Request-Timeout."""
    request_seconds_max: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    body_bytes_max: int = Field(default=1_000_000, gt=0)
    scan_pages_max: int = Field(default=200, gt=0)
    """Provider pages that one list reads of one source at most."""
    cache_bytes_max: int = Field(default=32_000_000, ge=0)
    """Of providers' answers kept in memory, for at most 300 seconds, for callers who take them that old."""


class Sealing(Part):
    """Secrets that seal ids and cursors. During a rotation two are given: the first seals, both open."""

    secrets: list[SecretStr] = []
    """From the environment: LEDGERMESH_SEALING__SECRETS='["…"]'."""


class Tenant(Part):
    """An API client."""

    id: str = Field(min_length=1)
    name: str


class Key(Part):
    """An API key: its SHA-256 in hexadecimal, or the environment variable or the file that holds it."""

    id: str
    tenant: str
    environment: Literal["live", "sandbox"] = "live"
    scopes: list[Literal["api.read", "api.write"]] = ["api.read"]
    companies: list[str] | None = None
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    from_env: str | None = None
    from_file: Path | None = None


class Company(Part):
    """A business whose books are shared with tenants."""

    key: str = Field(min_length=1)
    name: str
    environment: Literal["live", "sandbox"] = "live"
    tenants: list[str]


class Connection(Part):
    """A company's link to a provider. Secrets are named, never written here."""

    id: str = Field(min_length=1)
    company: str
    provider: str
    environment: Literal["live", "sandbox"] = "live"
    base_url: str | None = None
    """The provider's own unless given."""
    scheme: str
    settings: dict[str, str] = {}
    secrets_from_env: dict[str, str] = {}
    """Secret of the scheme → environment variable that holds it."""
    secrets_from_file: dict[str, Path] = {}
    """Secret of the scheme → file that holds it."""


class Settings(BaseSettings):
    """Everything an operator may set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        hide_input_in_errors=True,
        frozen=True,
    )

    server: Server = Server()
    sealing: Sealing = Sealing()
    tenants: list[Tenant] = []
    keys: list[Key] = []
    companies: list[Company] = []
    connections: list[Connection] = []

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the constructor is given, and nothing else: `read_settings` brings file and environment together."""
        return (init_settings,)


def read_settings(environ: Mapping[str, str], path: Path | None = None) -> Settings:
    """The settings; raises ConfigurationError that names every mistake at once and repeats no value.

    `path` is the file; else LEDGERMESH_CONFIG names it, else `ledgermesh.toml` is taken where there is one.
    """
    given = _over(_file(environ, path), _environment(environ))
    wrong = [f"{name}: there is no such setting" for name in _unknown(environ, given)]
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise ConfigurationError(
            "\n".join([*wrong, *_words(error)])
        ) from None  # the cause would repeat what was given
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return settings


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """What the environment says, in the form of the file."""
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in environ.items()}
    try:
        return source()
    except SettingsError as error:
        # Its own cause repeats the value; its words name the setting.
        raise ConfigurationError(f"environment: {error}; lists and tables are given as JSON") from None


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, section by section; of a value that both give, the one above."""
    sections = {
        name: _over(below[name], value)
        for name, value in above.items()
        if isinstance(value, dict) and isinstance(below.get(name), dict)
    }
    return {**below, **above, **sections}


def _unknown(environ: Mapping[str, str], given: Mapping[str, Any]) -> list[str]:
    """Variables with our prefix that set nothing, and that no setting names as the place of a secret."""
    named = {FILE_VARIABLE, *_places(given)}
    return sorted(
        name
        for name in environ
        if name.startswith(PREFIX)
        and name.removeprefix(PREFIX).lower().partition("__")[0] not in Settings.model_fields
        and name not in named
        and not SERVICE_VARIABLE.fullmatch(name)
    )


def _places(given: Mapping[str, Any]) -> Iterator[str]:
    """The environment variables that the settings name, before anybody has checked their form."""
    for entry in (*_entries(given.get("keys")), *_entries(given.get("connections"))):
        secrets = entry.get("secrets_from_env")
        for place in (entry.get("from_env"), *(secrets.values() if isinstance(secrets, dict) else ())):
            if isinstance(place, str):
                yield place


def _entries(found: object) -> list[dict[str, Any]]:
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _file(environ: Mapping[str, str], path: Path | None) -> dict[str, Any]:
    named = path or (Path(environ[FILE_VARIABLE]) if environ.get(FILE_VARIABLE) else None)
    if named is None and not Path(DEFAULT_FILE).exists():
        return {}
    chosen = named or Path(DEFAULT_FILE)
    try:
        return tomllib.loads(chosen.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{chosen}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{chosen}: {error}") from error


def _words(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()]


# -- into the parts ----------------------------------------------------------------------------------------------


def check(settings: Settings, definitions: Mapping[str, Provider], environ: Mapping[str, str]) -> None:
    """Raises one ConfigurationError with everything that keeps the gateway from being served."""
    wrong = [
        *_unsealed(settings),
        *_mismatches(settings, definitions, environ),
        *_without_grants(settings, environ),
    ]
    if wrong:
        raise ConfigurationError("\n".join(wrong))


def to_keys(settings: Settings) -> tuple[CursorKey, ...]:
    """The sealing keys; raises ConfigurationError when there is none, or one is too short to protect anything."""
    if wrong := list(_unsealed(settings)):
        raise ConfigurationError("\n".join(wrong))
    return tuple(to_key(secret.get_secret_value()) for secret in settings.sealing.secrets)


def _unsealed(settings: Settings) -> Iterator[str]:
    secrets = [secret.get_secret_value() for secret in settings.sealing.secrets]
    if not secrets:
        yield "sealing.secrets is empty; give one in LEDGERMESH_SEALING__SECRETS"
    if any(len(secret) < SECRET_MIN for secret in secrets):
        yield f"sealing.secrets: each is at least {SECRET_MIN} characters"
    if len({to_key(secret).id for secret in secrets}) < len(secrets):
        yield "sealing.secrets: two give keys of one number, so that one could not be told from the other; change one"


def to_key(secret: str) -> CursorKey:
    """A sealing key from its secret; its number follows from the secret, so that replicas agree."""
    made = hashlib.sha256(b"ledgermesh sealing " + secret.encode()).digest()
    return CursorKey(hashlib.sha256(made).digest()[0], made)


def to_registry(
    settings: Settings, definitions: Mapping[str, Provider], environ: Mapping[str, str]
) -> Registry:
    """Tenants, keys, companies and connections; raises one ConfigurationError with all that does not fit together."""
    if wrong := list(_mismatches(settings, definitions, environ)):
        raise ConfigurationError("\n".join(wrong))
    return Registry(
        tenants=[TenantEntry(id=tenant.id, name=tenant.name) for tenant in settings.tenants],
        keys=[_key(key, environ) for key in settings.keys],
        companies=[
            CompanyEntry(
                key=each.key, name=each.name, environment=each.environment, tenants=frozenset(each.tenants)
            )
            for each in settings.companies
        ],
        connections=[
            ConnectionEntry(
                id=each.id,
                company=each.company,
                provider=each.provider,
                environment=each.environment,
                base_url=(each.base_url or definitions[each.provider].base_url).rstrip("/"),
                scheme=each.scheme,
                settings=each.settings,
            )
            for each in settings.connections
        ],
    )


def _key(key: Key, environ: Mapping[str, str]) -> KeyEntry:
    return KeyEntry(
        id=key.id,
        digest=_digest(key, environ) or "",
        tenant=key.tenant,
        environment=key.environment,
        scopes=frozenset(key.scopes),
        companies=frozenset(key.companies) if key.companies is not None else None,
    )


def _digest(key: Key, environ: Mapping[str, str]) -> str | None:
    """What is kept of the key; None where it is not where the settings say."""
    if key.sha256 is not None:
        return key.sha256
    text = environ.get(key.from_env) if key.from_env is not None else _content(key.from_file)
    return digest(text) if text else None


def _content(path: Path | None) -> str | None:
    """What a secret's file holds; None when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip() if path is not None else None
    except (OSError, UnicodeDecodeError):
        return None


def _mismatches(
    settings: Settings, definitions: Mapping[str, Provider], environ: Mapping[str, str]
) -> Iterator[str]:
    if settings.server.request_seconds > settings.server.request_seconds_max:
        yield "server.request_seconds: is more than server.request_seconds_max"
    yield from _twice("tenants", [each.id for each in settings.tenants])
    yield from _twice("keys", [each.id for each in settings.keys])
    yield from _twice("companies", [f"{each.environment} {each.key}" for each in settings.companies])
    yield from _twice("connections", [f"{each.environment} {each.id}" for each in settings.connections])
    yield from _strangers(settings)
    holders: dict[str, str] = {}
    for key in settings.keys:
        yield from _unreadable(key, environ)
        found = _digest(key, environ)
        if found is not None and holders.setdefault(found, key.id) != key.id:
            yield f"keys {key.id}: is the same key as {holders[found]}"
    for link in settings.connections:
        yield from _unlinkable(link, definitions)


def _strangers(settings: Settings) -> Iterator[str]:
    """Names of tenants and companies that nobody has; environments never meet."""
    tenants = {each.id for each in settings.tenants}
    companies = {(each.environment, each.key) for each in settings.companies}
    for key in settings.keys:
        if key.tenant not in tenants:
            yield f"keys {key.id}: there is no tenant {key.tenant!r}"
        for name in key.companies or ():
            if (key.environment, name) not in companies:
                yield f"keys {key.id}: there is no {key.environment} company {name!r}"
    for company in settings.companies:
        for tenant in company.tenants:
            if tenant not in tenants:
                yield f"companies {company.key}: there is no tenant {tenant!r}"
    for link in settings.connections:
        if (link.environment, link.company) not in companies:
            yield f"connections {link.id}: there is no {link.environment} company {link.company!r}"


def _unreadable(key: Key, environ: Mapping[str, str]) -> Iterator[str]:
    if sum(place is not None for place in (key.sha256, key.from_env, key.from_file)) != 1:
        yield f"keys {key.id}: give exactly one of sha256, from_env and from_file"
    elif key.from_env is not None and not environ.get(key.from_env):
        yield f"keys {key.id}: the environment variable {key.from_env} is not set"
    elif key.from_file is not None and not _content(key.from_file):
        yield f"keys {key.id}: the file of from_file is empty or cannot be read"


def _twice(what: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{what}: {name!r} is there twice"


def _unlinkable(link: Connection, definitions: Mapping[str, Provider]) -> Iterator[str]:
    definition = definitions.get(link.provider)
    if definition is None:
        yield f"connections {link.id}: there is no provider {link.provider!r}; there are {', '.join(definitions)}"
        return
    if link.base_url is not None and not _is_address(link.base_url):
        yield f"connections {link.id}: base_url must begin with https:// (or http://) and name a host"
    for setting in definition.settings:
        if setting.required and setting.name not in link.settings:
            yield f"connections {link.id}: settings.{setting.name} is missing: {setting.description}"
    schemes = {auth.name: auth for auth in definition.auth}
    if link.scheme not in schemes:
        yield f"connections {link.id}: {link.provider} has no scheme {link.scheme!r}; it has {', '.join(schemes)}"
        return
    yield from _not_its_secrets(link, ways_in(schemes[link.scheme]))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)


def ways_in(auth: Auth) -> tuple[frozenset[str], ...]:
    """The sets of secrets, each of which is enough to be let in."""
    if isinstance(auth, ApiKey):
        return (frozenset((auth.name,)),)
    if isinstance(auth, FirstPartyToken):
        return frozenset(("token",)), frozenset((auth.user_field, auth.password_field))
    client = frozenset(("client_id", "client_secret"))
    return frozenset(("access_token",)), client | {
        "refresh_token"
    } if auth.grant == "authorization_code" else client


def _not_its_secrets(link: Connection, ways: tuple[frozenset[str], ...]) -> Iterator[str]:
    """Secrets that the scheme does not know, or too few of them. None at all is a connection yet to be linked."""
    given = {*link.secrets_from_env, *link.secrets_from_file}
    words = " or ".join(" and ".join(sorted(way)) for way in ways)
    for name in sorted(given - frozenset().union(*ways)):
        yield f"connections {link.id}: {link.scheme} has no secret {name!r}; it takes {words}"
    if given and not any(way <= given for way in ways):
        yield f"connections {link.id}: {link.scheme} needs the secrets {words}"


def to_grants(settings: Settings, environ: Mapping[str, str]) -> list[Grant]:
    """What lets each connection in, for each tenant of its company; raises one ConfigurationError for all."""
    if wrong := list(_without_grants(settings, environ)):
        raise ConfigurationError("\n".join(wrong))
    tenants = {(each.environment, each.key): each.tenants for each in settings.companies}
    return [
        Grant(
            tenant=tenant,
            environment=link.environment,
            connection=link.id,
            scheme=link.scheme,
            secrets={name: Secret(text) for name, _, text in _secrets(link, environ) if text},
        )
        for link in settings.connections
        for tenant in tenants.get((link.environment, link.company), [])
    ]


def _without_grants(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    for link in settings.connections:
        for _, place, text in _secrets(link, environ):
            if not text:
                yield f"connections {link.id}: {place}"


def _secrets(link: Connection, environ: Mapping[str, str]) -> Iterator[tuple[str, str, str | None]]:
    """Each secret's name, what is wrong where there is none, and the secret."""
    for name, variable in link.secrets_from_env.items():
        yield name, f"the environment variable {variable} is not set", environ.get(variable)
    for name, path in link.secrets_from_file.items():
        yield name, f"the file for {name} is empty or cannot be read", _content(path)
