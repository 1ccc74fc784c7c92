"""Mutations of tenants, OAuth clients and webhooks."""

from __future__ import annotations

from typing import Annotated

import strawberry

from ledgermesh.graph.admin.clients import remove_oauth_client, set_oauth_client
from ledgermesh.graph.admin.surface.asking import TENANT, about, desk_of
from ledgermesh.graph.admin.surface.inputs import BrandingInput
from ledgermesh.graph.admin.surface.types import (
    AdminTenant,
    CreatedWebhook,
    OAuthClient,
    Webhook,
    WebhookEvent,
    to_created_webhook,
    to_oauth_client,
    to_tenant,
    to_webhook,
)
from ledgermesh.graph.admin.tenants import branded, create_tenant, update_tenant
from ledgermesh.graph.admin.webhooks import (
    create_webhook,
    delete_webhook,
    replay_webhook,
    rotate_webhook_secret,
)
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.instants import Instant
from ledgermesh.model import declare
from ledgermesh.state.base import Secret

Url = Annotated[str, about("https.")]
Urls = Annotated[
    list[str] | None,
    about("Origins that may embed the connect pages, be returned to, and use browser tokens."),
]
Hook = Annotated[strawberry.ID, about("The webhook's id.")]
ForProvider = Annotated[str, about("The provider's key, for example `kashoo`.")]
AppWide = Annotated[bool, about("For all tenants without a client of their own; operators only.")]


@declare.object_type()
class TenantMutations:
    """Of a tenant as a whole."""

    @declare.mutation(description="A new tenant; operators only.")
    async def create_tenant(
        self,
        info: Info,
        name: Annotated[str, about("For people.")],
        id: Annotated[strawberry.ID | None, about("Made up where it is left out.")] = None,
        allowed_urls: Urls = None,
    ) -> AdminTenant | None:
        return to_tenant(await create_tenant(desk_of(info), name=name, id=id, urls=allowed_urls or ()))

    @declare.mutation(description="Change what is given of a tenant, and leave the rest.")
    async def update_tenant(
        self,
        info: Info,
        tenant: Annotated[strawberry.ID | None, TENANT] = None,
        name: Annotated[str | None, about("For people.")] = None,
        allowed_urls: Urls = None,
        branding: Annotated[
            BrandingInput | None, about("How its connect pages look; replaces all of it.")
        ] = None,
        writes: Annotated[
            bool | None, about("Whether keys with the scope WRITE may change books; off for a new tenant.")
        ] = None,
    ) -> AdminTenant | None:
        look = None if branding is None else branded(
            name=branding.name,
            logo_url=branding.logo_url,
            colour=branding.colour,
            language=branding.language,
        )  # fmt: skip
        desk = desk_of(info)
        return to_tenant(
            await update_tenant(desk, tenant, name=name, urls=allowed_urls, branding=look, writes=writes)
        )

    @declare.mutation(description="Have events told to an address of yours.")
    async def create_webhook(
        self,
        info: Info,
        url: Url,
        events: Annotated[list[WebhookEvent], about("What to be told of.")],
    ) -> CreatedWebhook | None:
        named = [str(each.value) for each in events]
        return to_created_webhook(await create_webhook(desk_of(info), url=url, events=named))

    @declare.mutation(description="A new secret for a webhook; for 24 hours the older one signs as well.")
    async def rotate_webhook_secret(self, info: Info, webhook: Hook) -> CreatedWebhook | None:
        return to_created_webhook(await rotate_webhook_secret(desk_of(info), webhook))

    @declare.mutation(
        description="Send a webhook again what it may have missed: events that were given up, and every push that"
        " ended since. Ids stay the same. Gives how many events that is."
    )
    async def replay_webhook(
        self,
        info: Info,
        webhook: Hook,
        since: Annotated[Instant, about("Since when; at most seven days back.")],
    ) -> int | None:
        return await replay_webhook(desk_of(info), webhook, since)

    @declare.mutation(description="Have nothing told there any more.")
    async def delete_webhook(self, info: Info, webhook: Hook) -> Webhook | None:
        return to_webhook(await delete_webhook(desk_of(info), webhook))

    @declare.mutation(
        name="setOAuthClient", description="Keep our client at a provider, instead of the one before."
    )
    async def set_oauth_client(
        self,
        info: Info,
        provider: ForProvider,
        client_id: Annotated[str, about("As the provider gave it.")],
        client_secret: Annotated[str, about("As the provider gave it; sealed at once and never shown.")],
        *,
        app_wide: AppWide = False,
    ) -> OAuthClient | None:
        found = await set_oauth_client(
            desk_of(info),
            provider=provider,
            client_id=client_id,
            client_secret=Secret(client_secret),
            app_wide=app_wide,
        )
        return to_oauth_client(found)

    @declare.mutation(
        name="removeOAuthClient", description="Forget our client at a provider; whether there was one."
    )
    async def remove_oauth_client(
        self, info: Info, provider: ForProvider, *, app_wide: AppWide = False
    ) -> bool | None:
        return await remove_oauth_client(desk_of(info), provider=provider, app_wide=app_wide)
