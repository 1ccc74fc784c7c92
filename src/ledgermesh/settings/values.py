"""What an operator may set: frozen values that know their bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "LEDGERMESH_"
"""Of the environment variables that set something."""


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
