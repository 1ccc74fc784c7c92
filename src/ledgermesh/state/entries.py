"""What the registry holds: frozen values; never a secret in the clear, never books."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, Final, Literal
from urllib.parse import quote

from msgspec import Struct

Environment = Literal["live", "sandbox"]
Language = Literal["en", "de", "fr"]
State = Literal["PENDING", "ACTIVE", "NEEDS_REAUTH", "NEEDS_CONFIG", "REVOKED", "PAUSED", "ERROR"]


class Branding(Struct, frozen=True, kw_only=True):
    """How a tenant's connect pages look."""

    name: str | None = None
    """Instead of the tenant's name."""
    logo_url: str | None = None
    """https."""
    colour: str | None = None
    """Of buttons and links: `#` and six hexadecimal digits."""
    language: Language = "en"
    """Where the end user's browser does not say."""


class _Placed:
    """What has a place in the store."""

    @property
    def words(self) -> tuple[str, ...]:
        """Its kind, and what identifies it."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        """Its key in the store."""
        return place(*self.words)


@dataclass(frozen=True, kw_only=True)
class TenantEntry(_Placed):
    """An API client: who calls us."""

    kind: ClassVar = "tenant"

    id: str
    name: str
    operator: bool = False
    """Whether its keys with the scope `admin` administer all tenants, not only this one. Set by settings alone."""
    branding: Branding = field(default_factory=Branding)
    allowed_urls: tuple[str, ...] = ()
    """Origins (`https://app.example`) that may embed the connect pages and be returned to."""
    writes: bool = False
    """Whether its keys with the scope `api.write` may change books; nobody's may until somebody says so."""
    introspection: bool | None = None
    """Whether its keys may ask about the schema; None leaves it to the gateway's settings."""
    suggestions: bool | None = None
    """Whether errors name what a misspelt name may have meant; None as above."""

    @property
    def words(self) -> tuple[str, ...]:
        """See _Placed."""
        return (self.kind, self.id)


@dataclass(frozen=True, kw_only=True)
class KeyEntry(_Placed):
    """One API key of a tenant; only the key's SHA-256 is kept."""

    kind: ClassVar = "key"

    id: str
    digest: str
    tenant: str
    environment: Environment
    scopes: frozenset[str]
    """`api.read`, `api.write`, `admin`."""
    companies: frozenset[str] | None = None
    """Account keys it reaches; None for all of the tenant's."""
    name: str = ""
    """For people."""
    hint: str = ""
    """The first characters of the key, so that its owner knows it again."""
    created_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    """UTC; None for never. Rotation with overlap sets it on the old key."""
    requests_per_second: float | None = None
    """Instead of the gateway's rate for each company."""
    introspection: bool | None = None
    """Instead of its tenant's."""
    suggestions: bool | None = None
    """Instead of its tenant's."""
    calls_per_minute: int | None = None
    """To providers, instead of the gateway's figure."""

    @property
    def words(self) -> tuple[str, ...]:
        """See _Placed."""
        return (self.kind, self.tenant, self.environment, self.id)


@dataclass(frozen=True, kw_only=True)
class CompanyEntry(_Placed):
    """One business whose books are shared with one or more tenants."""

    kind: ClassVar = "company"

    key: str
    name: str
    environment: Environment
    tenants: frozenset[str]
    """Who may see it. Sharing is on or off for each."""
    owner: str = ""
    """The tenant that made it, who administers it; empty for the settings' own, which only operators change."""

    @property
    def words(self) -> tuple[str, ...]:
        """See _Placed."""
        return (self.kind, self.environment, self.key)


@dataclass(frozen=True, kw_only=True)
class ConnectionEntry(_Placed):
    """One company's link to one provider."""

    kind: ClassVar = "connection"

    id: str
    """Unique in its environment."""
    company: str
    provider: str
    environment: Environment
    base_url: str
    scheme: str
    """Which of the provider's ways to let us in the grant uses."""
    settings: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    """The tenant that linked it, under whose name the grant is sealed; empty while nobody has linked it."""
    created_at: dt.datetime | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """See _Placed."""
        return (self.kind, self.environment, self.id)


@dataclass(frozen=True, kw_only=True)
class Standing(_Placed):
    """Whether a connection can be used, as far as its last calls showed. None stored means ACTIVE."""

    kind: ClassVar = "standing"

    environment: Environment
    connection: str
    state: State
    reason: str = ""
    """For people; holds no value of the provider's answer."""
    code: str = ""
    """Of the error that led here; empty where none did."""
    since: dt.datetime
    """UTC."""
    probe_at: dt.datetime | None = None
    """When one call may try whether it works again; None where only linking again helps, or nothing is wrong."""
    tries: int = 0
    """Probes that failed since."""
    grant_version: int = 0
    """The version of the grant that the provider refused; a newer one starts afresh."""
    expires_at: dt.datetime | None = None
    """When the sign-in ends for good and a person has to link again; None where it renews itself."""
    last_good_at: dt.datetime | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """See _Placed."""
        return (self.kind, self.environment, self.connection)


@dataclass(frozen=True, kw_only=True)
class Generation(_Placed):
    """A count for one connection, raised by whatever makes older answers wrong."""

    kind: ClassVar = "generation"

    environment: Environment
    connection: str
    number: int

    @property
    def words(self) -> tuple[str, ...]:
        """See _Placed."""
        return (self.kind, self.environment, self.connection)


@dataclass(frozen=True, kw_only=True)
class WebhookEntry(_Placed):
    """Where a tenant wants to be told of events. Its signing secrets are in the vault, under its id."""

    kind: ClassVar = "webhook"

    id: str
    tenant: str
    environment: Environment
    url: str
    events: frozenset[str]
    """For example `connection.changed`."""
    created_at: dt.datetime | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """See _Placed."""
        return (self.kind, self.tenant, self.environment, self.id)


Entry = TenantEntry | KeyEntry | CompanyEntry | ConnectionEntry | Standing | Generation | WebhookEntry

KINDS: Mapping[str, type[Entry]] = {
    "tenant": TenantEntry,
    "key": KeyEntry,
    "company": CompanyEntry,
    "connection": ConnectionEntry,
    "standing": Standing,
    "generation": Generation,
    "webhook": WebhookEntry,
}
"""By the first word of their keys in the store."""


PLACE_CHARACTERS_MAX: Final = 300
"""Of a place that is remembered; longer words come from callers only, and name nothing."""


def place(*words: str) -> str:
    """A key of the store."""
    return _known(*words) if sum(map(len, words)) <= PLACE_CHARACTERS_MAX else _joined(*words)


def _joined(*words: str) -> str:
    return "/".join([quote(word, safe="") for word in words])


_known = lru_cache(maxsize=5_000)(_joined)


def digest(key: str) -> str:
    """What is kept of an API key."""
    return hashlib.sha256(key.encode()).hexdigest()
