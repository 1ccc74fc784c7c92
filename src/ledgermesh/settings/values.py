"""What an operator may set: frozen values that know their bounds."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ledgermesh.settings.bounds import STRICT, Limits

PREFIX = "LEDGERMESH_"
"""Of the environment variables that set something."""


WORKERS_MAX = 64


class Part(BaseModel):
    """A section: unknown names are mistakes, and no message repeats a value."""

    model_config = STRICT


class Server(Part):
    """Where the gateway listens and what one request may ask."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: Annotated[int, Field(ge=0, le=WORKERS_MAX)] | Literal["auto"] = 1
    """Processes that answer on the port, watched by one that starts them; `auto`, or 0: one for each core. Several need
    a state that they share."""
    event_loop: Literal["auto", "asyncio", "uvloop"] = "auto"
    """What runs each process: `auto` is uvloop where its package is installed, else asyncio."""
    large_pages: bool = True
    """Whether each process puts its memory into pages of 2 MB, where Linux can (6.1 and later)."""
    request_seconds: float = Field(default=20.0, gt=0, allow_inf_nan=False)
    """When the caller gives no X-Request-Timeout."""
    request_seconds_max: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    body_bytes_max: int = Field(default=1_000_000, gt=0)
    upload_bytes_max: int = Field(default=12_000_000, gt=0)
    """Of a request with files, all of it; providers take less."""
    upload_files_max: int = Field(default=10, gt=0)
    batch_max: int = Field(default=10, gt=0)
    """Operations in one request."""
    newer_statuses: bool = False
    """Whether `application/graphql-response+json` says more by its status: 422 for a document or variables that are not
    valid, 294 for data with errors beside it."""
    origins: list[str] = []
    """Web pages of the operator's own that may ask from a browser: `["https://books.example"]`. Tenants name theirs."""
    scan_pages_max: int = Field(default=200, gt=0)
    """Provider pages that one list reads of one source at most."""
    cache_bytes_max: int = Field(default=32_000_000, ge=0)
    """Of providers' answers kept in memory, for at most 300 seconds, for callers who take them that old."""
    answers_bytes_max: int = Field(default=32_000_000, ge=0)
    """Of whole answers kept in memory, for at most 300 seconds, for callers who take them that old; 0 keeps none."""
    answers_tenant_bytes_max: int = Field(default=8_000_000, gt=0)
    """Of those of one tenant in one environment."""
    answer_bytes_max: int = Field(default=2_000_000, gt=0)
    """Of one of them; a larger one is not kept."""
    gzip: bool = True
    """Whether answers are compressed for callers who take them so."""
    notice_seconds: float = Field(default=0.0, ge=0, le=300, allow_inf_nan=False)
    """When it is told to stop: how long /readyz says so before connections are refused."""
    compile: bool = True
    """Whether queries that are asked for again run as compiled Python; graphql-core runs all of them otherwise."""
    compile_shadow: int = Field(default=0, ge=0)
    """One in so many compiled answers is made again by graphql-core and compared; differences are logged. 0: none."""
    mcp: bool = False
    """Whether agents find the tools of the Model Context Protocol at `/mcp`; needs the extra `mcp`."""
    mcp_commit: bool = False
    """Whether a plan is also committed for a client that can ask nobody: then the agent alone decides."""
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/@\s]+(/[^?#\s]*[^/?#\s])?$")
    """How the gateway is reached from outside, without a slash at its end; connect pages and consents return there."""
    tls_cert: Path | None = None
    """The certificate to show, with the chain up to its authority, in PEM; without one it is plain http."""
    tls_key: Path | None = None
    """The certificate's key, in PEM, not encrypted."""
    plain_http: bool = False
    """Whether credentials may come over http from other machines: inside a private network only."""
    trusted_proxies: list[IPv4Network | IPv6Network] = []
    """Proxies whose X-Forwarded-For, -Proto and -Host are believed: `["10.0.0.0/8"]`."""
    hosts: list[str] = []
    """Names that it is reached under, `*.example.com` for all below one. Without any: that of `public_url`, and any
    where it listens on this machine alone."""
    hsts_seconds: int = Field(default=31_536_000, ge=0)
    """For so long browsers that came over https come over nothing else; 0 says nothing."""
    introspection: bool = True
    """Whether live keys may ask for the schema where neither they nor their tenants say; sandbox keys may then."""
    suggestions: bool = True
    """Whether a misspelt name is answered with names that look like it, likewise."""


class Documents(Part):
    """Operations that clients name instead of sending their text."""

    trusted: Path | None = None
    """A folder of `*.graphql` files, or a manifest: a JSON object of names or SHA-256 hashes to texts."""
    only: bool = False
    """Whether nothing else is run."""
    automatic: bool = True
    """Whether clients may register texts by their SHA-256 (automatic persisted queries), each process for itself."""


class State(Part):
    """Where keys, companies, connections and grants are kept."""

    url: str = Field(default="memory:", repr=False, pattern=r"^(memory:|file:.+|valkeys?://.+)$")
    """`memory:` for one process, gone with it; `file:./state` for one machine; `valkey://…` for replicas, where
    `?timeout=` is how many seconds it may take for one answer (2)."""
    url_from_file: Path | None = None
    """The file that holds the URL, where it holds a password."""
    lease_seconds: float = Field(default=30.0, gt=0, le=3600, allow_inf_nan=False)
    """How long what was read counts when the store cannot be asked."""


class Telemetry(Part):
    """Figures for Prometheus, and traces for OpenTelemetry. Logs need no setting."""

    metrics: Literal["loopback", "token", "open", "off"] = "loopback"
    """Who may read `/metrics`: who asks from this machine and not through a proxy, nobody without the token, everybody;
    or nobody at all. Whoever has the token always may, except where it is off."""
    metrics_token: SecretStr | None = None
    """From the environment: LEDGERMESH_TELEMETRY__METRICS_TOKEN."""
    metrics_token_from_file: Path | None = None
    otlp_endpoint: str | None = Field(default=None, repr=False, pattern=r"^https?://[^\s?#]+$")
    """Where traces go: a collector's address for OTLP over HTTP, to which /v1/traces is added. Without it, and without
    OTEL_EXPORTER_OTLP_ENDPOINT in the environment, none are made. Needs the extra `otel`."""
    service_name: str | None = Field(default=None, min_length=1)
    """What this gateway is called in traces; else OTEL_SERVICE_NAME, else `ledgermesh`."""
    sample_ratio: float | None = Field(default=None, ge=0, le=1)
    """The share of requests that are traced where the caller does not say; else OTEL_TRACES_SAMPLER_ARG, else 1."""
    propagate: bool = False
    """Whether providers are told the trace that a call belongs to (`traceparent`): it tells them which calls are of one
    request, and is of use only where they trace too."""


class Network(Part):
    """What addresses that tenants give may lead to."""

    allow: list[IPv4Network | IPv6Network] = []
    """Private networks, beside all public addresses: `["10.0.0.0/8"]`."""


class Sandbox(Part):
    """Where sandbox connections may go instead of to the provider."""

    base_urls: dict[str, str] = {}
    """Provider → address, for example of the emulators: new sandbox connections use it."""


class Sealing(Part):
    """Secrets that seal ids and cursors. During a rotation two are given: the first seals, both open."""

    secrets: list[SecretStr] = []
    """From the environment: LEDGERMESH_SEALING__SECRETS='["…"]'."""
    secrets_from_files: list[Path] = []
    """Files that hold one secret each; they come after those above."""


class Branding(Part):
    """How a tenant's connect pages look."""

    name: str | None = None
    logo_url: str | None = Field(default=None, pattern=r"^https://\S+$")
    colour: str | None = Field(default=None, pattern=r"^#[0-9A-Fa-f]{6}$")
    language: Literal["en", "de", "fr"] = "en"


class Tenant(Part):
    """An API client."""

    id: str = Field(min_length=1)
    name: str
    writes: bool = False
    """Whether its keys with the scope `api.write` may change books."""
    operator: bool = False
    """Whether its keys with the scope `admin` administer all tenants, not only this one."""
    allowed_urls: list[str] = []
    """Origins that may embed the connect pages, be returned to, and use browser tokens."""
    introspection: bool | None = None
    """Whether its keys may ask about the schema, instead of server.introspection."""
    suggestions: bool | None = None
    """Instead of server.suggestions."""
    branding: Branding = Branding()


class Key(Part):
    """An API key: its SHA-256 in hexadecimal, or the environment variable or the file that holds it."""

    id: str
    tenant: str
    environment: Literal["live", "sandbox"] = "live"
    name: str = ""
    scopes: list[Literal["api.read", "api.write", "admin"]] = ["api.read"]
    companies: list[str] | None = None
    expires_at: AwareDatetime | None = None
    requests_per_second: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Instead of limits.requests_per_second."""
    introspection: bool | None = None
    """Instead of its tenant's; it counts for browser tokens made with this key too, which may not otherwise."""
    suggestions: bool | None = None
    """Likewise."""
    calls_per_minute: int | None = Field(default=None, gt=0)
    """Instead of limits.calls_per_minute, for this key alone."""
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    from_env: str | None = None
    from_file: Path | None = None


class Company(Part):
    """A business whose books are shared with tenants."""

    key: str = Field(min_length=1)
    name: str
    environment: Literal["live", "sandbox"] = "live"
    tenants: list[str]
    owner: str | None = None
    """The tenant that administers it; without one only operators do."""


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


class OauthClient(Part):
    """Our own client at a provider with a consent page. Its secret is named, never written here."""

    provider: str
    environment: Literal["live", "sandbox"] = "live"
    tenant: str | None = None
    """Whose it is; without it, of all tenants that have none of their own."""
    client_id: str = Field(min_length=1)
    client_secret_from_env: str | None = None
    client_secret_from_file: Path | None = None


class Issuer(Part):
    """Whose JSON Web Tokens are taken as bearer tokens, and what their claims give."""

    name: str
    """Short; it stands in the ids of those it vouches for, `jwt:<name>:<subject>`."""
    issuer: str = Field(min_length=1)
    """The claim `iss`, to the letter."""
    audience: list[str] = Field(min_length=1)
    """One of them stands in the claim `aud`."""
    jwks_url: str | None = None
    """Where its keys are: https, or http on this machine."""
    jwks_file: Path | None = None
    algorithms: list[
        Literal[
            "RS256",
            "RS384",
            "RS512",
            "PS256",
            "PS384",
            "PS512",
            "ES256",
            "ES384",
            "ES512",
            "EdDSA",
            "Ed25519",
        ]
    ] = Field(default=["RS256"], min_length=1)
    tenant: str | None = None
    """Whose all its tokens are; else `tenant_claim` says."""
    tenant_claim: str | None = None
    tenants: list[str] | None = None
    """Whom the claim may name; without it, any."""
    environment: Literal["live", "sandbox"] = "live"
    environment_claim: str | None = None
    scopes_claim: str = "scope"
    scope_words: dict[str, list[Literal["api.read", "api.write", "admin"]]] = {}
    """What the issuer's words stand for; without any, it uses ours."""
    scopes: list[Literal["api.read", "api.write", "admin"]] = ["api.read", "api.write"]
    """The most that a token gives."""
    companies_claim: str | None = None
    """Account keys; without it a token reaches all companies of its tenant."""
    subject_claim: str = "sub"
    leeway_seconds: float = Field(default=30.0, ge=0, le=300, allow_inf_nan=False)
    age_seconds_max: float | None = Field(default=86_400.0, gt=0, allow_inf_nan=False)
    """Since `iat`."""


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
    documents: Documents = Documents()
    sealing: Sealing = Sealing()
    state: State = State()
    network: Network = Network()
    telemetry: Telemetry = Telemetry()
    limits: Limits = Limits()
    sandbox: Sandbox = Sandbox()
    tenants: list[Tenant] = []
    keys: list[Key] = []
    companies: list[Company] = []
    connections: list[Connection] = []
    oauth_clients: list[OauthClient] = []
    issuers: list[Issuer] = []

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
