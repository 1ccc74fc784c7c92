"""The operator's settings: `ledgermesh.toml` (or LEDGERMESH_CONFIG) below the environment (LEDGERMESH_…)."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ledgermesh.engine.cursor import CursorKey
from ledgermesh.errors import ConfigurationError
from ledgermesh.spec.provider import Provider
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.registry import CompanyEntry, ConnectionEntry, KeyEntry, Registry, TenantEntry, digest

DEFAULT_FILE = "ledgermesh.toml"
FILE_VARIABLE = "LEDGERMESH_CONFIG"
SECRET_MIN = 16
"""Characters of a sealing secret."""


class Part(BaseModel):
    """A section: unknown names are mistakes, and no message repeats a value."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class Server(Part):
    """Where the gateway listens and what one request may ask."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    request_seconds: float = Field(default=20.0, gt=0)
    """When the caller gives no X-Request-Timeout."""
    request_seconds_max: float = Field(default=120.0, gt=0)
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
    """An API key: its SHA-256 in hexadecimal, or the name of the environment variable that holds it."""

    id: str
    tenant: str
    environment: Literal["live", "sandbox"] = "live"
    scopes: list[Literal["api.read", "api.write"]] = ["api.read"]
    companies: list[str] | None = None
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    from_env: str | None = None


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
        env_prefix="LEDGERMESH_", env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True, frozen=True
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
        """The environment over the file, whose content is what the constructor is given."""
        return (env_settings, init_settings)


def read_settings(environ: Mapping[str, str], path: Path | None = None) -> Settings:
    """The settings; raises ConfigurationError that names every mistake at once and repeats no value.

    `path` is the file; else LEDGERMESH_CONFIG names it, else `ledgermesh.toml` is taken where there is one.
    """
    try:
        return Settings(**_file(environ, path))
    except ValidationError as error:
        raise ConfigurationError(_words(error)) from None  # the cause would repeat what was given


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


def _words(error: ValidationError) -> str:
    return "\n".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())


# -- into the parts ----------------------------------------------------------------------------------------------


def to_keys(settings: Settings) -> tuple[CursorKey, ...]:
    """The sealing keys; raises ConfigurationError when there is none, or one is too short to protect anything."""
    secrets = [secret.get_secret_value() for secret in settings.sealing.secrets]
    if not secrets:
        raise ConfigurationError("sealing.secrets is empty; give one in LEDGERMESH_SEALING__SECRETS")
    if any(len(secret) < SECRET_MIN for secret in secrets):
        raise ConfigurationError(f"sealing.secrets: each is at least {SECRET_MIN} characters")
    return tuple(to_key(secret) for secret in secrets)


def to_key(secret: str) -> CursorKey:
    """A sealing key from its secret; its number follows from the secret, so that replicas agree."""
    made = hashlib.sha256(b"ledgermesh sealing " + secret.encode()).digest()
    return CursorKey(hashlib.sha256(made).digest()[0], made)


def to_registry(settings: Settings, definitions: Mapping[str, Provider], environ: Mapping[str, str]) -> Registry:
    """Tenants, keys, companies and connections; raises one ConfigurationError with all that does not fit together."""
    if wrong := list(_mismatches(settings, definitions, environ)):
        raise ConfigurationError("\n".join(wrong))
    return Registry(
        tenants=[TenantEntry(id=tenant.id, name=tenant.name) for tenant in settings.tenants],
        keys=[_key(key, environ) for key in settings.keys],
        companies=[
            CompanyEntry(key=each.key, name=each.name, environment=each.environment, tenants=frozenset(each.tenants))
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
        digest=key.sha256 or digest(environ[key.from_env or ""]),
        tenant=key.tenant,
        environment=key.environment,
        scopes=frozenset(key.scopes),
        companies=frozenset(key.companies) if key.companies is not None else None,
    )


def _mismatches(
    settings: Settings, definitions: Mapping[str, Provider], environ: Mapping[str, str]
) -> Iterator[str]:
    tenants, companies = {each.id for each in settings.tenants}, {each.key for each in settings.companies}
    yield from _twice("tenants", [each.id for each in settings.tenants])
    yield from _twice("keys", [each.id for each in settings.keys])
    yield from _twice("companies", [f"{each.environment} {each.key}" for each in settings.companies])
    yield from _twice("connections", [f"{each.environment} {each.id}" for each in settings.connections])
    for key in settings.keys:
        if key.tenant not in tenants:
            yield f"keys {key.id}: there is no tenant {key.tenant!r}"
        if (key.sha256 is None) == (key.from_env is None):
            yield f"keys {key.id}: give exactly one of sha256 and from_env"
        if key.from_env is not None and not environ.get(key.from_env):
            yield f"keys {key.id}: the environment variable {key.from_env} is not set"
    for company in settings.companies:
        for tenant in company.tenants:
            if tenant not in tenants:
                yield f"companies {company.key}: there is no tenant {tenant!r}"
    for link in settings.connections:
        if link.company not in companies:
            yield f"connections {link.id}: there is no company {link.company!r}"
        yield from _unlinkable(link, definitions)


def _twice(what: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{what}: {name!r} is there twice"


def _unlinkable(link: Connection, definitions: Mapping[str, Provider]) -> Iterator[str]:
    definition = definitions.get(link.provider)
    if definition is None:
        yield f"connections {link.id}: there is no provider {link.provider!r}; there are {', '.join(definitions)}"
        return
    schemes = [auth.name for auth in definition.auth]
    if link.scheme not in schemes:
        yield f"connections {link.id}: {link.provider} has no scheme {link.scheme!r}; it has {', '.join(schemes)}"
    for setting in definition.settings:
        if setting.required and setting.name not in link.settings:
            yield f"connections {link.id}: settings.{setting.name} is missing: {setting.description}"


def to_grants(settings: Settings, environ: Mapping[str, str]) -> list[Grant]:
    """What lets each connection in, for each tenant of its company; raises one ConfigurationError for all."""
    tenants = {(each.environment, each.key): each.tenants for each in settings.companies}
    wrong: list[str] = []
    grants: list[Grant] = []
    for link in settings.connections:
        secrets = dict(_secrets(link, environ, wrong))
        for tenant in tenants.get((link.environment, link.company), []):
            grants.append(
                Grant(
                    tenant=tenant,
                    environment=link.environment,
                    connection=link.id,
                    scheme=link.scheme,
                    secrets=secrets,
                )
            )
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return grants


def _secrets(link: Connection, environ: Mapping[str, str], wrong: list[str]) -> Iterator[tuple[str, Secret]]:
    for name, variable in link.secrets_from_env.items():
        if environ.get(variable):
            yield name, Secret(environ[variable])
        else:
            wrong.append(f"connections {link.id}: the environment variable {variable} is not set")
    for name, path in link.secrets_from_file.items():
        try:
            yield name, Secret(path.read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError):
            wrong.append(f"connections {link.id}: the file for {name} cannot be read")
