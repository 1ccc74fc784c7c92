"""Tenants, companies, connections, keys, webhooks and clients as administrators see them. Nothing secret but once."""

from __future__ import annotations

import datetime as dt
from enum import Enum

import strawberry

from ledgermesh.graph.admin.clients import OAuthClientEntry
from ledgermesh.graph.admin.keys import MadeKey
from ledgermesh.graph.admin.webhooks import MadeWebhook
from ledgermesh.graph.freshness import Info
from ledgermesh.model import declare
from ledgermesh.model.platform import Connection, ConnectionState
from ledgermesh.state.entries import (
    Branding,
    CompanyEntry,
    ConnectionEntry,
    KeyEntry,
    TenantEntry,
    WebhookEntry,
)


@strawberry.enum(description="What an API key may do.")
class Scope(Enum):
    READ = strawberry.enum_value("api.read", description="Ask for the companies' books.")
    WRITE = strawberry.enum_value("api.write", description="Write to them, and have connections linked.")
    ADMIN = strawberry.enum_value("admin", description="Administer the tenant.")


@strawberry.enum(description="What a webhook can be told of.")
class WebhookEvent(Enum):
    CONNECTION_CHANGED = strawberry.enum_value(
        "connection.changed", description="A connection stands otherwise than before."
    )
    SYNC_COMPLETED = strawberry.enum_value(
        "sync.completed", description="Everything that a push was to do is done."
    )
    SYNC_FAILED = strawberry.enum_value(
        "sync.failed", description="A push ended, and not all of it was done."
    )
    SYNC_INDETERMINATE = strawberry.enum_value(
        "sync.indeterminate", description="A push ended, and of some of it nobody knows whether it was done."
    )


@declare.object_type(description="How a tenant's connect pages look.")
class ConnectBranding:
    name: str | None = strawberry.field(description="Instead of the tenant's name.")
    logo_url: str | None = strawberry.field(description="Of a logo, https.")
    colour: str | None = strawberry.field(description="Of buttons and links: `#` and six hexadecimal digits.")
    language: str = strawberry.field(
        description="`en`, `de` or `fr`, where the end user's browser does not say."
    )


@declare.object_type(description="An API client: who calls this gateway.")
class AdminTenant:
    id: strawberry.ID = strawberry.field(description="Stable.")
    name: str = strawberry.field(description="For people.")
    operator: bool = strawberry.field(
        description="Whether its keys with the scope ADMIN administer all tenants. Set by the gateway's settings alone."
    )
    allowed_urls: list[str] = strawberry.field(
        description="Origins that may embed the connect pages, be returned to, and use browser tokens."
    )
    branding: ConnectBranding = strawberry.field(description="How its connect pages look.")
    writes: bool = strawberry.field(description="Whether its keys with the scope WRITE may change books.")


@declare.object_type(description="A setting of a connection; never secret.")
class ConnectionSetting:
    name: str = strawberry.field(description="As the provider's definition calls it.")
    value: str = strawberry.field(description="What it is set to.")


@declare.object_type(description="A connection as its administrator sees it.")
class AdminConnection:
    entry: strawberry.Private[ConnectionEntry]

    @declare.field(description="Stable; unique in its environment.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.entry.id)

    @declare.field(description="Account key of the company.")
    def company_key(self) -> strawberry.ID:
        return strawberry.ID(self.entry.company)

    @declare.field(description="Which of the provider's ways to let us in it uses.")
    def scheme(self) -> str:
        return self.entry.scheme

    @declare.field(description="What of it is set, by name.")
    def settings(self) -> list[ConnectionSetting]:
        return [
            ConnectionSetting(name=name, value=value) for name, value in sorted(self.entry.settings.items())
        ]

    @declare.field(description="When it was made, UTC; null for those of the gateway's settings.")
    def created_at(self) -> dt.datetime | None:
        return self.entry.created_at

    @declare.field(description="Whether it can be used; null where the provider is unknown here.")
    def state(self, info: Info) -> ConnectionState | None:
        shown = _shown(self.entry, info)
        return shown.state if shown is not None else None

    @declare.field(description="Why it stands so, for people.")
    def reason(self, info: Info) -> str | None:
        shown = _shown(self.entry, info)
        return shown.state_reason if shown is not None else None

    @declare.field(description="Since when it stands so, UTC.")
    def since(self, info: Info) -> dt.datetime | None:
        shown = _shown(self.entry, info)
        return shown.state_since if shown is not None else None

    @declare.field(
        description="When the sign-in ends for good and a person has to link again; null where it renews itself."
    )
    def expires_at(self, info: Info) -> dt.datetime | None:
        shown = _shown(self.entry, info)
        return shown.expires_at if shown is not None else None

    @declare.field(description="When the provider answered well for the last time, UTC, as far as is kept.")
    def last_good_at(self, info: Info) -> dt.datetime | None:
        standing = info.context.parts.registry.standing(self.entry.environment, self.entry.id)
        return standing.last_good_at if standing is not None else None

    @declare.field(description="The connection as callers see it; null where its provider is unknown here.")
    def connection(self, info: Info) -> Connection | None:
        return _shown(self.entry, info)


@declare.object_type(description="A company as its administrator sees it.")
class AdminCompany:
    entry: strawberry.Private[CompanyEntry]

    @declare.field(description="The account key.")
    def key(self) -> strawberry.ID:
        return strawberry.ID(self.entry.key)

    @declare.field(description="For people.")
    def name(self) -> str:
        return self.entry.name

    @declare.field(description="`live` or `sandbox`; never mixed.")
    def environment(self) -> str:
        return self.entry.environment

    @declare.field(
        description="The tenant that administers it; null for companies of the gateway's settings."
    )
    def owner(self) -> strawberry.ID | None:
        return strawberry.ID(self.entry.owner) if self.entry.owner else None

    @declare.field(description="The tenants that see it, by id.")
    def shared_with(self) -> list[strawberry.ID]:
        return [strawberry.ID(each) for each in sorted(self.entry.tenants)]

    @declare.field(description="Where its books lie.")
    def connections(self, info: Info) -> list[AdminConnection]:
        found = info.context.parts.registry.connections(self.entry)
        return [AdminConnection(entry=each) for each in found]


@declare.object_type(description="An API key; the key itself is shown once, when it is made.")
class ApiKey:
    id: strawberry.ID = strawberry.field(description="Stable; not the key.")
    name: str = strawberry.field(description="For people.")
    hint: str = strawberry.field(
        description="The first characters of the key, so that its owner knows it again."
    )
    scopes: list[Scope] = strawberry.field(description="What it may do.")
    companies: list[strawberry.ID] | None = strawberry.field(
        description="Account keys it reaches; null for all of the tenant's."
    )
    created_at: dt.datetime | None = strawberry.field(
        description="UTC; null for keys of the gateway's settings."
    )
    expires_at: dt.datetime | None = strawberry.field(description="UTC; null for never.")
    requests_per_second: float | None = strawberry.field(
        description="Instead of the gateway's rate for each company."
    )


@declare.object_type(description="A key, the one time that it is shown.")
class CreatedApiKey:
    key: str = strawberry.field(description="Keep it: only its digest stays here.")
    api_key: ApiKey = strawberry.field(description="What is known of it from now on.")


@declare.object_type(description="A token for pages in a browser.")
class BrowserToken:
    token: str = strawberry.field(description="Sent as `Authorization: Bearer` by pages of its origins.")
    expires_at: dt.datetime = strawberry.field(description="UTC.")


@declare.object_type(description="Where a tenant is told of events.")
class Webhook:
    id: strawberry.ID = strawberry.field(description="Stable.")
    url: str = strawberry.field(description="https.")
    events: list[WebhookEvent] = strawberry.field(description="What it is told of.")
    created_at: dt.datetime | None = strawberry.field(description="UTC.")


@declare.object_type(description="A webhook and its secret, the one time that it is shown.")
class CreatedWebhook:
    secret: str = strawberry.field(description="What is sent is signed with it.")
    webhook: Webhook = strawberry.field(description="What is known of it from now on.")


@declare.object_type(description="An OAuth client of ours at a provider; its secret is never shown.")
class OAuthClient:
    provider: str = strawberry.field(description="The provider's key.")
    client_id: str = strawberry.field(description="As the provider gave it.")
    app_wide: bool = strawberry.field(description="Whether tenants without a client of their own use it.")


@declare.object_type(description="What was made in the live environment after the sandbox's.")
class CopiedConfiguration:
    company: AdminCompany = strawberry.field(description="The live company.")
    connections: list[AdminConnection] = strawberry.field(
        description="New connections; each waits to be linked."
    )
    webhooks: list[CreatedWebhook] = strawberry.field(
        description="New webhooks, each with a secret of its own."
    )


@declare.object_type(description="A page on which an end user links a company's books.")
class LinkToken:
    token: str = strawberry.field(description="For `ledgermesh-connect.js`.")
    url: str | None = strawberry.field(
        description="The page itself; null where the operator has not said how the gateway is reached."
    )
    expires_at: dt.datetime = strawberry.field(description="Until when it can be opened, UTC.")


def _shown(entry: ConnectionEntry, info: Info) -> Connection | None:
    """The connection as callers see it; None where its provider is unknown here."""
    known = entry.provider in info.context.parts.definitions
    return info.context.connection(entry) if known else None


# -- from what is kept ---------------------------------------------------------------------------------------------


def to_branding(branding: Branding) -> ConnectBranding:
    """Branding as the schema shows it."""
    return ConnectBranding(
        name=branding.name, logo_url=branding.logo_url, colour=branding.colour, language=branding.language
    )


def to_tenant(entry: TenantEntry) -> AdminTenant:
    """A tenant as the schema shows it."""
    return AdminTenant(
        id=strawberry.ID(entry.id),
        name=entry.name,
        operator=entry.operator,
        allowed_urls=list(entry.allowed_urls),
        branding=to_branding(entry.branding),
        writes=entry.writes,
    )


def to_api_key(entry: KeyEntry) -> ApiKey:
    """A key as the schema shows it."""
    limited = entry.companies
    return ApiKey(
        id=strawberry.ID(entry.id),
        name=entry.name,
        hint=entry.hint,
        scopes=[Scope(each) for each in sorted(entry.scopes)],
        companies=None if limited is None else [strawberry.ID(each) for each in sorted(limited)],
        created_at=entry.created_at,
        expires_at=entry.expires_at,
        requests_per_second=entry.requests_per_second,
    )


def to_created_key(made: MadeKey) -> CreatedApiKey:
    """A new key as the schema shows it, once."""
    return CreatedApiKey(key=made.key, api_key=to_api_key(made.entry))


def to_webhook(entry: WebhookEntry) -> Webhook:
    """A webhook as the schema shows it."""
    return Webhook(
        id=strawberry.ID(entry.id),
        url=entry.url,
        events=[WebhookEvent(each) for each in sorted(entry.events)],
        created_at=entry.created_at,
    )


def to_created_webhook(made: MadeWebhook) -> CreatedWebhook:
    """A new secret as the schema shows it, once."""
    return CreatedWebhook(secret=made.secret.reveal(), webhook=to_webhook(made.entry))


def to_oauth_client(entry: OAuthClientEntry) -> OAuthClient:
    """A client as the schema shows it."""
    return OAuthClient(provider=entry.provider, client_id=entry.client_id, app_wide=entry.app_wide)
