"""What administrators ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import strawberry

from ledgermesh.graph.admin.clients import oauth_clients
from ledgermesh.graph.admin.keys import api_keys
from ledgermesh.graph.admin.surface.asking import COMPANY, CONNECTION, TENANT, about, desk_of
from ledgermesh.graph.admin.surface.types import (
    AdminCompany,
    AdminConnection,
    AdminTenant,
    ApiKey,
    OAuthClient,
    Webhook,
    to_api_key,
    to_oauth_client,
    to_tenant,
    to_webhook,
)
from ledgermesh.graph.admin.tenants import tenants
from ledgermesh.graph.admin.webhooks import webhooks
from ledgermesh.graph.admin.words import wrong
from ledgermesh.graph.freshness import Info
from ledgermesh.model import declare
from ledgermesh.model.platform import ConnectionState

FIRST = 100
FIRST_MAX = 1_000

Item = TypeVar("Item")
First = Annotated[int, about("At most so many, 1 to 1,000.")]
After = Annotated[strawberry.ID | None, about("Only what comes after this id or account key.")]


@declare.object_type(
    description="What an API key with the scope ADMIN administers, in the environment of that key."
)
class Admin:
    @declare.field(description="The tenant itself; for an operator all tenants.")
    def tenants(self, info: Info, first: First = FIRST, after: After = None) -> list[AdminTenant]:
        found = [to_tenant(each) for each in tenants(desk_of(info))]
        return _page(found, lambda each: str(each.id), first, after)

    @declare.field(description="The companies that the tenant owns, by account key.")
    def companies(self, info: Info, first: First = FIRST, after: After = None) -> list[AdminCompany]:
        found = [AdminCompany(entry=each) for each in desk_of(info).companies()]
        return _page(found, lambda each: each.entry.key, first, after)

    @declare.field(description="One of these companies.")
    def company(self, info: Info, key: Annotated[strawberry.ID, COMPANY]) -> AdminCompany | None:
        return AdminCompany(entry=desk_of(info).company(key))

    @declare.field(description="The companies' connections, by id: how healthy each is.")
    def connections(
        self,
        info: Info,
        company: Annotated[strawberry.ID | None, about("Only of this company.")] = None,
        states: Annotated[list[ConnectionState] | None, about("Only those that stand so.")] = None,
        first: First = FIRST,
        after: After = None,
    ) -> list[AdminConnection]:
        desk = desk_of(info)
        found = desk.connections() if company is None else desk.registry.connections(desk.company(company))
        shown = [AdminConnection(entry=each) for each in found]
        if states is not None:
            shown = [each for each in shown if _state(each, info) in states]
        return _page(shown, lambda each: each.entry.id, first, after)

    @declare.field(description="One of these connections.")
    def connection(self, info: Info, id: Annotated[strawberry.ID, CONNECTION]) -> AdminConnection | None:
        return AdminConnection(entry=desk_of(info).connection(id))

    @declare.field(description="The tenant's API keys, by id.")
    def api_keys(
        self,
        info: Info,
        tenant: Annotated[strawberry.ID | None, TENANT] = None,
        first: First = FIRST,
        after: After = None,
    ) -> list[ApiKey]:
        found = [to_api_key(each) for each in api_keys(desk_of(info), tenant)]
        return _page(found, lambda each: str(each.id), first, after)

    @declare.field(description="The tenant's webhooks, by id.")
    def webhooks(self, info: Info) -> list[Webhook]:
        return [to_webhook(each) for each in webhooks(desk_of(info))]

    @declare.field(
        description="Our OAuth clients at providers: the tenant's own; an operator's also for all."
    )
    async def oauth_clients(self, info: Info) -> list[OAuthClient]:
        return [to_oauth_client(each) for each in await oauth_clients(desk_of(info))]


def _state(shown: AdminConnection, info: Info) -> ConnectionState | None:
    known = shown.entry.provider in info.context.parts.definitions
    return info.context.connection(shown.entry).state if known else None


def _page(found: Sequence[Item], id: Callable[[Item], str], first: int, after: str | None) -> list[Item]:
    if not 1 <= first <= FIRST_MAX:
        raise wrong("first", f"is 1 to {FIRST_MAX}")
    ordered = sorted(found, key=id)
    return [each for each in ordered if after is None or id(each) > after][:first]


@declare.object_type()
class AdminQuery:
    """The part of the root of every query that is for administrators."""

    @declare.field(description="Administration; null without the scope ADMIN.")
    def admin(self, info: Info) -> Admin | None:
        desk_of(info).check_admin()
        return Admin()
