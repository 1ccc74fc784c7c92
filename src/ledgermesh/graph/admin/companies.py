"""Companies: made by the tenant that owns them, shared with others and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ledgermesh.errors import NotFound
from ledgermesh.graph.admin.connections import delete_connection
from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.admin.words import identified, named, wrong
from ledgermesh.state.directory import Conflict
from ledgermesh.state.entries import CompanyEntry, TenantEntry
from ledgermesh.sync.jobs import Jobs


async def create_company(
    desk: Desk, *, name: str, key: str | None = None, tenant: str | None = None
) -> CompanyEntry:
    """A new company, shared with its owner; raises BadInput where the account key is taken."""
    desk.check_whole()
    owner = desk.tenant_of(tenant).id
    entry = CompanyEntry(
        key=identified("key", key, "c"),
        name=named("name", name),
        environment=desk.environment,
        tenants=frozenset((owner,)),
        owner=owner,
    )
    with desk.audited("create company", company=entry.key, tenant=owner):
        try:
            await desk.state.directory.add(entry)
        except Conflict as error:
            raise wrong("key", "is taken") from error
    return entry


async def update_company(desk: Desk, key: str, *, name: str) -> CompanyEntry:
    """Another name."""
    company, name = desk.company(key), named("name", name)
    with desk.audited("update company", company=company.key):
        return await _changed(desk, company, lambda old: replace(old, name=name))


async def share_company(desk: Desk, key: str, tenant: str) -> CompanyEntry:
    """Let another tenant see the company, too."""
    company = desk.company(key)
    with desk.audited("share company", company=company.key, tenant=tenant):
        if desk.registry.get(TenantEntry, tenant) is None:
            raise NotFound("there is no tenant with this id", details={"field": "tenant"})
        return await _changed(desk, company, lambda old: replace(old, tenants=old.tenants | {tenant}))


async def unshare_company(desk: Desk, key: str, tenant: str) -> CompanyEntry:
    """Take the company from a tenant. What was read for it so far counts on no replica any more, and what it pushed
    and nobody has begun with is called off.
    """
    company = desk.company(key)
    with desk.audited("unshare company", company=company.key, tenant=tenant):
        found = await _changed(desk, company, lambda old: replace(old, tenants=old.tenants - {tenant}))
        for connection in desk.registry.connections(company):
            await desk.state.directory.raise_generation(company.environment, connection.id)
        # After the company is taken: what is accepted from now on is refused when somebody would begin with it.
        jobs = Jobs(desk.state, desk.keys, desk.clock)
        await jobs.stop(company.environment, tenant=tenant, company=company.key)
    return found


async def delete_company(desk: Desk, key: str) -> CompanyEntry:
    """Remove a company; first its connections with what lets them in."""
    company = desk.company(key)
    with desk.audited("delete company", company=company.key):
        for connection in desk.registry.connections(company):
            await delete_connection(desk, connection.id)
        await desk.state.directory.change(CompanyEntry, company.place, lambda _: None)
    return company


async def _changed(
    desk: Desk, company: CompanyEntry, change: Callable[[CompanyEntry], CompanyEntry]
) -> CompanyEntry:
    found = await desk.state.directory.change(
        CompanyEntry, company.place, lambda old: change(old) if old is not None else None
    )
    if found is None:
        raise NotFound("this company is gone", details={"field": "company"})
    return found
