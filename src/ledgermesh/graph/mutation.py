"""The root of every mutation."""

from __future__ import annotations

from ledgermesh.graph.admin.surface.companies import CompanyMutations
from ledgermesh.graph.admin.surface.connections import ConnectionMutations
from ledgermesh.graph.admin.surface.keys import KeyMutations
from ledgermesh.graph.admin.surface.tenants import TenantMutations
from ledgermesh.graph.writes.commit import CommitMutation
from ledgermesh.graph.writes.mutations import RecordMutations
from ledgermesh.graph.writes.several import RecordsMutation
from ledgermesh.model import declare


@declare.object_type(
    description="Changes. Of records: by API keys with the scope WRITE, of tenants that may write; of everything else: "
    "administration, by API keys with the scope ADMIN unless a field says otherwise."
)
class Mutation(
    RecordMutations,  # type: ignore[misc]  # made from a table
    RecordsMutation,
    CommitMutation,
    TenantMutations,
    CompanyMutations,
    ConnectionMutations,
    KeyMutations,
):
    """Everything that changes something, in the order of the document, one after the other."""
