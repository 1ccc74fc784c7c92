"""Mutations of API keys and browser tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import strawberry

from ledgermesh.graph.admin.browser import create_browser_token
from ledgermesh.graph.admin.keys import create_key, revoke_key, rotate_key, update_key
from ledgermesh.graph.admin.surface.asking import COMPANY, TENANT, about, desk_of
from ledgermesh.graph.admin.surface.types import (
    ApiKey,
    BrowserToken,
    CreatedApiKey,
    Scope,
    to_api_key,
    to_created_key,
)
from ledgermesh.graph.freshness import Info
from ledgermesh.model import declare
from ledgermesh.state.entries import KeyEntry

Key = Annotated[strawberry.ID, about("The key's id, not the key.")]
Tenant = Annotated[strawberry.ID | None, TENANT]
Companies = Annotated[
    list[strawberry.ID] | None, about("Account keys it reaches; null for all of the tenant's.")
]
Ends = Annotated[dt.datetime | None, about("UTC; null for never.")]
Rate = Annotated[
    float | None, about("Requests a second for each company, instead of the gateway's rate; at most 100.")
]
BROWSER = (
    "A token for pages in a browser, in the name of the key that asks and revoked with it. Needs no scope of its own: "
    "it gives at most what the key may."
)
SCOPES = about("What it may do; at most what the key may that you ask with.")


@declare.object_type()
class KeyMutations:
    """Of API keys, and of what is made in their name."""

    @declare.mutation(description="A new key in the environment of the key that asks.")
    async def create_api_key(
        self,
        info: Info,
        name: Annotated[str, about("For people.")],
        scopes: Annotated[list[Scope], SCOPES],
        companies: Companies = None,
        expires_at: Ends = None,
        requests_per_second: Rate = None,
        tenant: Tenant = None,
    ) -> CreatedApiKey | None:
        made = await create_key(
            desk_of(info),
            name=name,
            scopes=[str(each.value) for each in scopes],
            companies=companies,
            expires_at=expires_at,
            rate=requests_per_second,
            tenant=tenant,
        )
        return to_created_key(made)

    @declare.mutation(description="Change what is given of a key, and leave the rest; null is a value.")
    async def update_api_key(
        self,
        info: Info,
        key: Key,
        name: Annotated[str | None, about("For people; null changes nothing.")] = None,
        scopes: Annotated[list[Scope] | None, SCOPES] = None,
        *,
        companies: Companies = strawberry.UNSET,
        expires_at: Ends = strawberry.UNSET,
        requests_per_second: Rate = strawberry.UNSET,
        tenant: Tenant = None,
    ) -> ApiKey | None:
        given: dict[str, Any] = {"expires_at": expires_at, "requests_per_second": requests_per_second}
        given["companies"] = frozenset(companies) if isinstance(companies, list) else companies
        if name is not None:
            given["name"] = name.strip()
        if scopes is not None:
            given["scopes"] = frozenset(str(each.value) for each in scopes)
        return to_api_key(await update_key(desk_of(info), key, tenant=tenant, change=_change(given)))

    @declare.mutation(
        description="A new key with the rights of an old one, which is good for the overlap and then no more."
    )
    async def rotate_api_key(
        self,
        info: Info,
        key: Key,
        overlap_seconds: Annotated[
            int, about("0 to 604,800: how long both are good; 0 revokes the old one.")
        ] = 86_400,
        tenant: Tenant = None,
    ) -> CreatedApiKey | None:
        made = await rotate_key(desk_of(info), key, overlap_seconds=overlap_seconds, tenant=tenant)
        return to_created_key(made)

    @declare.mutation(description="Make a key nobody's, at once and on every replica.")
    async def revoke_api_key(self, info: Info, key: Key, tenant: Tenant = None) -> ApiKey | None:
        return to_api_key(await revoke_key(desk_of(info), key, tenant=tenant))

    @declare.mutation(description=BROWSER)
    def create_browser_token(
        self,
        info: Info,
        company: Annotated[strawberry.ID, COMPANY],
        scopes: Annotated[list[Scope], about("READ, WRITE or both.")],
        origins: Annotated[list[str], about("Pages it is good from; among the tenant's allowed URLs.")],
        ttl_seconds: Annotated[int, about("How long it is good, 1 to 3,600.")] = 900,
    ) -> BrowserToken | None:
        made = create_browser_token(
            desk_of(info),
            company=company,
            scopes=[str(each.value) for each in scopes],
            pages=origins,
            seconds=ttl_seconds,
        )
        return BrowserToken(token=made.token, expires_at=made.expires_at)


def _change(given: dict[str, Any]) -> Callable[[KeyEntry], KeyEntry]:
    said = {name: value for name, value in given.items() if value is not strawberry.UNSET}
    return lambda entry: replace(entry, **said)
