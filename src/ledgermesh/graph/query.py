"""The root of every query."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from ledgermesh.errors import BadInput
from ledgermesh.graph.by_id import by_ref, caller, together
from ledgermesh.graph.company import Company
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.limits.explain import ExplainQuery
from ledgermesh.graph.writes.books import CapabilityQuery
from ledgermesh.graph.writes.status import SyncQuery
from ledgermesh.model import declare
from ledgermesh.model.platform import Provider, Tenant
from ledgermesh.model.record import Node
from ledgermesh.model.selection import selected

NODES_MAX = 100


@declare.object_type(description="Live accounting data of every company that is shared with you.")
class Query(CapabilityQuery, SyncQuery, ExplainQuery):
    @declare.field(description="Who is asking.")
    def viewer(self, info: Info) -> Tenant:
        return caller(info.context)

    @declare.field(description="Every system that books can lie in, and what each can do.")
    def providers(self, info: Info) -> list[Provider]:
        return list(info.context.parts.providers.values())

    @declare.field(description="The companies that this key sees, by account key; all, or those named.")
    def companies(
        self,
        info: Info,
        keys: Annotated[list[strawberry.ID] | None, strawberry.argument(description="Account keys.")] = None,
    ) -> list[Company]:  # type: ignore[valid-type]  # made from a table
        context = info.context
        if keys is None:
            return [Company(entry=entry) for entry in context.companies()]
        return [Company(entry=context.company(key)) for key in dict.fromkeys(keys)]

    @declare.field(
        description="One company, by account key or by the header X-Account-Key; the argument wins."
    )
    def company(
        self,
        info: Info,
        key: Annotated[strawberry.ID | None, strawberry.argument(description="The account key.")] = None,
    ) -> Company | None:  # type: ignore[valid-type]  # made from a table
        found: Company = Company(entry=info.context.company(key))  # type: ignore[valid-type]  # as above
        return found

    @declare.field(description="Anything by its global id; null when it is not there any more.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The global id.")]
    ) -> Node | None:
        found: Node | None = await _node(info, id)
        return found

    @declare.field(description="Several things by their global ids, in the order asked for.")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100.")]
    ) -> list[Node | None]:
        if len(ids) > NODES_MAX:
            raise BadInput(f"`ids` are at most {NODES_MAX}, not {len(ids)}", details={"field": "ids"})
        return await together(_node(info, id) for id in ids)


async def _node(info: Info, id: str) -> Any:
    return await by_ref(info.context, info.context.ids.open(id), selected(info))
