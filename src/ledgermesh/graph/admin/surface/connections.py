"""Mutations of connections."""

from __future__ import annotations

from typing import Annotated

import strawberry

from ledgermesh.graph.admin.connections import (
    create_connection,
    delete_connection,
    disconnect,
    pause_connection,
    resume_connection,
    update_connection,
    withdraw_hook_url,
)
from ledgermesh.graph.admin.linking import link_connection
from ledgermesh.graph.admin.links import Wish, create_link_token
from ledgermesh.graph.admin.surface.asking import COMPANY, CONNECTION, about, desk_of
from ledgermesh.graph.admin.surface.inputs import SecretInput, SettingInput, to_secrets, to_settings
from ledgermesh.graph.admin.surface.types import AdminConnection, LinkToken
from ledgermesh.graph.freshness import Info
from ledgermesh.model import declare

Connection = Annotated[strawberry.ID, CONNECTION]
SETTINGS = about("What the provider needs beside secrets; see its documents.")


@declare.object_type()
class ConnectionMutations:
    """Of connections."""

    @declare.mutation(description="A connection that waits to be linked.")
    async def create_connection(
        self,
        info: Info,
        company: Annotated[strawberry.ID, COMPANY],
        provider: Annotated[str, about("The provider's key, for example `kashoo`.")],
        scheme: Annotated[
            str | None, about("Which of its ways to let us in; its first where left out.")
        ] = None,
        settings: Annotated[list[SettingInput] | None, SETTINGS] = None,
        base_url: Annotated[
            str | None,
            about("Instead of the provider's own; sandbox only, and only where the operator allows it."),
        ] = None,
    ) -> AdminConnection | None:
        entry = await create_connection(
            desk_of(info),
            company=company,
            provider=provider,
            scheme=scheme,
            settings=to_settings(settings),
            base_url=base_url,
        )
        return AdminConnection(entry=entry)

    @declare.mutation(
        description="Link a connection with secrets that you have: an API key, a client, a token."
    )
    async def link_connection(
        self,
        info: Info,
        connection: Connection,
        secrets: Annotated[
            list[SecretInput], about("All that one way in needs; a person's password is not taken.")
        ],
        scheme: Annotated[
            str | None, about("Another of the provider's ways in than the connection's.")
        ] = None,
    ) -> AdminConnection | None:
        found = await link_connection(desk_of(info), connection, secrets=to_secrets(secrets), scheme=scheme)
        return AdminConnection(entry=found)

    @declare.mutation(
        description="Replace a connection's settings. Where they change its address it has to be linked again."
    )
    async def update_connection(
        self, info: Info, connection: Connection, settings: Annotated[list[SettingInput], SETTINGS]
    ) -> AdminConnection | None:
        found = await update_connection(desk_of(info), connection, settings=to_settings(settings))
        return AdminConnection(entry=found)

    @declare.mutation(description="Ask nothing through a connection until it is resumed.")
    async def pause_connection(self, info: Info, connection: Connection) -> AdminConnection | None:
        return AdminConnection(entry=await pause_connection(desk_of(info), connection))

    @declare.mutation(description="Use a paused connection again.")
    async def resume_connection(self, info: Info, connection: Connection) -> AdminConnection | None:
        return AdminConnection(entry=await resume_connection(desk_of(info), connection))

    @declare.mutation(description="Forget what lets us in; the connection stays, and can be linked again.")
    async def disconnect(self, info: Info, connection: Connection) -> AdminConnection | None:
        return AdminConnection(entry=await disconnect(desk_of(info), connection))

    @declare.mutation(description="Remove a connection, and what let us in.")
    async def delete_connection(self, info: Info, connection: Connection) -> strawberry.ID | None:
        return strawberry.ID((await delete_connection(desk_of(info), connection)).id)

    @declare.mutation(
        description="End every `hookUrl` of a connection that was told so far, for example when one has leaked; ask for"
        " it again and register that one."
    )
    async def withdraw_hook_url(self, info: Info, connection: Connection) -> AdminConnection | None:
        return AdminConnection(entry=await withdraw_hook_url(desk_of(info), connection))

    @declare.mutation(
        description="A page on which an end user links the company's books. Needs the scope WRITE or ADMIN."
    )
    def create_link_token(
        self,
        info: Info,
        company: Annotated[strawberry.ID, COMPANY],
        return_url: Annotated[
            str, about("Where the end user goes back to; at one of the tenant's allowed URLs.")
        ],
        *,
        provider: Annotated[str | None, about("Only this one; else the end user picks.")] = None,
        connection: Annotated[strawberry.ID | None, about("One to link again.")] = None,
        settings: Annotated[list[SettingInput] | None, SETTINGS] = None,
        ttl_seconds: Annotated[int, about("How long it can be opened, 1 to 86,400.")] = 1800,
    ) -> LinkToken | None:
        wish = Wish(
            company=company,
            return_url=return_url,
            seconds=ttl_seconds,
            provider=provider,
            connection=connection,
            settings=to_settings(settings),
        )
        made = create_link_token(desk_of(info), wish)
        return LinkToken(token=made.token, url=made.url or None, expires_at=made.expires_at)
