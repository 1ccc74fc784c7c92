"""Things by their global ids: records, read live, and companies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any

import strawberry

from ledgermesh.errors import LedgermeshError
from ledgermesh.graph.company import COMPANY, Company
from ledgermesh.graph.context import Context
from ledgermesh.model.platform import Tenant
from ledgermesh.spec.query import Ref


async def by_ref(context: Context, ref: Ref, wanted: frozenset[str]) -> Any:
    """The company, or the record with these fields (Python names) or more; None where the provider has none any more.

    Raises Forbidden for what the caller does not see.
    """
    if ref.kind == COMPANY:
        return Company(entry=context.company(ref.native_id))
    return await context.reach.load(ref, wanted)


async def together(asked: Iterable[Awaitable[Any]]) -> list[Any]:
    """All of them at once, so that they share calls; a LedgermeshError stands in the place of the one it befell."""
    found = await asyncio.gather(*asked, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, LedgermeshError):
            raise each
    return list(found)


def caller(context: Context) -> Tenant:
    """Who is asking."""
    principal = context.principal
    return Tenant(
        id=strawberry.ID(principal.tenant.id),
        name=principal.tenant.name,
        environment=principal.key.environment,
        scopes=sorted(principal.key.scopes),
        writes=principal.tenant.writes,
    )
