"""Tenants: made by the operator, changed by themselves as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ledgermesh.errors import NotFound
from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.admin.words import coloured, identified, named, origins, secured, wrong
from ledgermesh.state.directory import Conflict
from ledgermesh.state.entries import Branding, TenantEntry

LANGUAGES = ("en", "de", "fr")


def tenants(desk: Desk) -> list[TenantEntry]:
    """Those the caller administers: one, or for an operator all."""
    desk.check_admin()
    return desk.registry.all(TenantEntry) if desk.operator else [desk.tenant]


async def create_tenant(desk: Desk, *, name: str, id: str | None, urls: Sequence[str]) -> TenantEntry:
    """A new tenant; raises BadInput where the id is taken."""
    desk.check_operator()
    entry = TenantEntry(
        id=identified("id", id, "t"), name=named("name", name), allowed_urls=origins("allowedUrls", urls)
    )
    with desk.audited("create tenant", tenant=entry.id):
        try:
            await desk.state.directory.add(entry)
        except Conflict as error:
            raise wrong("id", "is taken") from error
    return entry


async def update_tenant(
    desk: Desk,
    id: str | None,
    *,
    name: str | None = None,
    urls: Sequence[str] | None = None,
    branding: Branding | None = None,
    writes: bool | None = None,
) -> TenantEntry:
    """Change what is given, and leave the rest."""
    desk.check_whole()
    tenant = desk.tenant_of(id)
    given: dict[str, object] = {}
    if name is not None:
        given["name"] = named("name", name)
    if urls is not None:
        given["allowed_urls"] = origins("allowedUrls", urls)
    if branding is not None:
        given["branding"] = branding
    if writes is not None:
        given["writes"] = writes
    with desk.audited("update tenant", tenant=tenant.id, fields=" ".join(sorted(given))):
        return await _changed(desk, tenant, given)


async def _changed(desk: Desk, tenant: TenantEntry, given: Mapping[str, object]) -> TenantEntry:
    def change(old: TenantEntry | None) -> TenantEntry | None:
        return replace(old, **given) if old is not None else None  # type: ignore[arg-type]  # by names of fields

    found = await desk.state.directory.change(TenantEntry, tenant.place, change)
    if found is None:
        raise NotFound("this tenant is gone")
    return found


def branded(*, name: str | None, logo_url: str | None, colour: str | None, language: str | None) -> Branding:
    """How connect pages look, checked."""
    if language is not None and language not in LANGUAGES:
        raise wrong("language", f"is one of {', '.join(LANGUAGES)}")
    return Branding(
        name=named("name", name) if name is not None else None,
        logo_url=secured("logoUrl", logo_url) if logo_url is not None else None,
        colour=coloured("colour", colour),
        language=language or "en",  # type: ignore[arg-type]  # checked above
    )
