"""Mutations of companies, and from sandbox to live."""

from __future__ import annotations

from typing import Annotated

import strawberry

from ledgermesh.graph.admin.companies import (
    create_company,
    delete_company,
    share_company,
    unshare_company,
    update_company,
)
from ledgermesh.graph.admin.promotion import copy_configuration
from ledgermesh.graph.admin.surface.asking import COMPANY, TENANT, about, desk_of
from ledgermesh.graph.admin.surface.types import (
    AdminCompany,
    AdminConnection,
    CopiedConfiguration,
    to_created_webhook,
)
from ledgermesh.graph.freshness import Info
from ledgermesh.model import declare

Company = Annotated[strawberry.ID, COMPANY]
With = Annotated[strawberry.ID, about("The other tenant's id, as it told you.")]
NAME = about("For people.")
COPY = (
    "Make in the live environment what a sandbox company is made of: the company, its connections, the tenant's "
    "webhooks. Nothing that lets anybody in is copied; each connection waits to be linked. Needs a live key, and may "
    "be repeated."
)


@declare.object_type()
class CompanyMutations:
    """Of companies."""

    @declare.mutation(description="A new company, owned by the tenant and shared with nobody else.")
    async def create_company(
        self,
        info: Info,
        name: Annotated[str, NAME],
        key: Annotated[strawberry.ID | None, about("Its account key; made up where it is left out.")] = None,
        tenant: Annotated[strawberry.ID | None, TENANT] = None,
    ) -> AdminCompany | None:
        return AdminCompany(entry=await create_company(desk_of(info), name=name, key=key, tenant=tenant))

    @declare.mutation(description="Another name for a company.")
    async def update_company(
        self, info: Info, company: Company, name: Annotated[str, NAME]
    ) -> AdminCompany | None:
        return AdminCompany(entry=await update_company(desk_of(info), company, name=name))

    @declare.mutation(description="Let another tenant see a company.")
    async def share_company(self, info: Info, company: Company, tenant: With) -> AdminCompany | None:
        return AdminCompany(entry=await share_company(desk_of(info), company, tenant))

    @declare.mutation(description="Take a company from a tenant, at once and on every replica.")
    async def unshare_company(self, info: Info, company: Company, tenant: With) -> AdminCompany | None:
        return AdminCompany(entry=await unshare_company(desk_of(info), company, tenant))

    @declare.mutation(description="Remove a company, its connections, and what let them in.")
    async def delete_company(self, info: Info, company: Company) -> strawberry.ID | None:
        return strawberry.ID((await delete_company(desk_of(info), company)).key)

    @declare.mutation(description=COPY)
    async def copy_configuration(
        self,
        info: Info,
        company: Annotated[strawberry.ID, about("Account key of the sandbox company.")],
        key: Annotated[
            strawberry.ID | None, about("Account key of the live company; the same where it is left out.")
        ] = None,
        name: Annotated[str | None, about("Its name; the same where it is left out.")] = None,
    ) -> CopiedConfiguration | None:
        made = await copy_configuration(desk_of(info), company=company, key=key, name=name)
        return CopiedConfiguration(
            company=AdminCompany(entry=made.company),
            connections=[AdminConnection(entry=each) for each in made.connections],
            webhooks=[to_created_webhook(each) for each in made.webhooks],
        )
