"""From good settings to the parts that the gateway is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ledgermesh.graph.openness import Openness
from ledgermesh.settings.check import mismatches, refuse, unsealed, without_grants
from ledgermesh.settings.keys import to_key
from ledgermesh.settings.named import client_secret_of, digest_of, sealing_secrets, secrets_of
from ledgermesh.settings.values import Connection, Key, Settings, Tenant
from ledgermesh.spec.provider import Provider
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import (
    Branding,
    CompanyEntry,
    ConnectionEntry,
    Entry,
    KeyEntry,
    TenantEntry,
)
from ledgermesh.state.sealing import SealingKey


def to_keys(settings: Settings) -> tuple[SealingKey, ...]:
    """The sealing keys; raises ConfigurationError when there is none, or one is too short to protect anything."""
    refuse(*unsealed(settings))
    return tuple(to_key(secret) for secret in sealing_secrets(settings.sealing) if secret is not None)


def to_entries(
    settings: Settings, definitions: Mapping[str, Provider], environ: Mapping[str, str]
) -> list[Entry]:
    """Tenants, keys, companies and connections; raises one ConfigurationError with all that does not fit together."""
    refuse(*mismatches(settings, definitions, environ))
    owners = _owners(settings)
    return [
        *(_tenant(tenant) for tenant in settings.tenants),
        *(_key(key, environ) for key in settings.keys),
        *(
            CompanyEntry(
                key=each.key,
                name=each.name,
                environment=each.environment,
                tenants=frozenset(each.tenants),
                owner=each.owner or "",
            )
            for each in settings.companies
        ),
        *(
            ConnectionEntry(
                id=each.id,
                company=each.company,
                provider=each.provider,
                environment=each.environment,
                base_url=_address(settings, each, definitions[each.provider]),
                scheme=each.scheme,
                settings=each.settings,
                owner=owners[each.environment, each.company],
            )
            for each in settings.connections
        ),
    ]


def _owners(settings: Settings) -> dict[tuple[str, str], str]:
    """Under whose name a company's grants are sealed: the first tenant it is shared with."""
    return {(each.environment, each.key): next(iter(each.tenants), "") for each in settings.companies}


def _address(settings: Settings, link: Connection, definition: Provider) -> str:
    instead = settings.sandbox.base_urls.get(link.provider) if link.environment == "sandbox" else None
    return (link.base_url or instead or _filled(definition.base_url, link.settings)).rstrip("/")


def _filled(url: str, settings: Mapping[str, str]) -> str:
    """An address with the connection's settings filled in; they were checked to be there and to be parts of a host."""
    return re.sub(r"\{(\w+)\}", lambda found: settings[found[1]], url)


def _tenant(tenant: Tenant) -> TenantEntry:
    return TenantEntry(
        id=tenant.id,
        name=tenant.name,
        operator=tenant.operator,
        writes=tenant.writes,
        branding=Branding(**tenant.branding.model_dump()),
        allowed_urls=tuple(tenant.allowed_urls),
        introspection=tenant.introspection,
        suggestions=tenant.suggestions,
    )


def to_openness(settings: Settings) -> Openness:
    """How much the schema tells live keys of itself."""
    return Openness(introspection=settings.server.introspection, suggestions=settings.server.suggestions)


def _key(key: Key, environ: Mapping[str, str]) -> KeyEntry:
    return KeyEntry(
        id=key.id,
        digest=digest_of(key, environ) or "",
        tenant=key.tenant,
        environment=key.environment,
        scopes=frozenset(key.scopes),
        companies=frozenset(key.companies) if key.companies is not None else None,
        name=key.name,
        expires_at=key.expires_at,
        requests_per_second=key.requests_per_second,
        introspection=key.introspection,
        suggestions=key.suggestions,
        calls_per_minute=key.calls_per_minute,
    )


def to_grants(settings: Settings, environ: Mapping[str, str]) -> list[Grant]:
    """What lets each connection in; raises one ConfigurationError for all."""
    refuse(*without_grants(settings, environ))
    owners = _owners(settings)
    return [
        Grant(
            tenant=owners[link.environment, link.company],
            environment=link.environment,
            connection=link.id,
            scheme=link.scheme,
            secrets=secrets,
        )
        for link in settings.connections
        if (secrets := {name: Secret(text) for name, _, text in secrets_of(link, environ) if text})
    ]


FOR_ALL = "*"
"""In the place of a tenant: the client of every tenant that has none of its own."""


def to_clients(settings: Settings, environ: Mapping[str, str]) -> list[Grant]:
    """Our OAuth clients at providers, in the form that vaults keep; those without a secret are left out."""
    return [
        Grant(
            tenant=each.tenant or FOR_ALL,
            environment=each.environment,
            connection=each.provider,
            scheme="oauth2",
            secrets={"client_id": Secret(each.client_id), "client_secret": Secret(secret)},
        )
        for each in settings.oauth_clients
        if (secret := client_secret_of(each, environ)) is not None
    ]
