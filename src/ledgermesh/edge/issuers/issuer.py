"""An issuer of tokens: how its tokens are told from others', and what they may give at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from ledgermesh.state.entries import Environment

ALGORITHMS: Final = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
)
"""All are asymmetric: a key that everybody may fetch verifies and signs nothing (RFC 8725, section 3.1)."""


class Issuer(Struct, frozen=True, kw_only=True):
    """Whose tokens are taken."""

    name: str
    """Short, for ids and the log."""
    url: str
    """The claim `iss`, to the letter."""
    audiences: frozenset[str]
    """One of them stands in the claim `aud`."""
    algorithms: frozenset[str] = frozenset(("RS256",))
    rights: Rights
    subject_claim: str = "sub"
    leeway_seconds: float = 30.0
    """How far its clock may be off ours."""
    age_seconds_max: float | None = 86_400.0
    """Since `iat`; None for tokens of any age, which then need no `iat`."""


class Rights(Struct, frozen=True, kw_only=True):
    """From claims to what the caller may do; what a claim does not give is not had."""

    tenant: str | None = None
    """Whose every token is; else `tenant_claim` says."""
    tenant_claim: str | None = None
    tenants: frozenset[str] | None = None
    """Whom the claim may name; None for any."""
    environment: Environment = "live"
    environment_claim: str | None = None
    """Instead of `environment`: holds `live` or `sandbox`."""
    scopes_claim: str = "scope"
    """Words in one text with spaces between them (RFC 8693, section 4.2), or a list of words."""
    scope_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the issuer's words stand for; without any, it uses ours."""
    scopes: frozenset[str] = frozenset(("api.read", "api.write"))
    """The most that a token gives."""
    companies_claim: str | None = None
    """Account keys; without this setting a token reaches all companies of its tenant."""
