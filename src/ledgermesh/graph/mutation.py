"""The root of every mutation."""

from __future__ import annotations

import strawberry

from ledgermesh.graph.admin.surface.companies import CompanyMutations
from ledgermesh.graph.admin.surface.connections import ConnectionMutations
from ledgermesh.graph.admin.surface.keys import KeyMutations
from ledgermesh.graph.admin.surface.tenants import TenantMutations


@strawberry.type(
    description="Changes: administration, by API keys with the scope ADMIN unless a field says otherwise."
)
class Mutation(TenantMutations, CompanyMutations, ConnectionMutations, KeyMutations):
    """Everything that changes something, in the order of the document, one after the other."""
