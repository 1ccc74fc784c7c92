"""The two root fields that routers ask: the subgraph's own schema, and entities by their representations."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, NewType, Protocol, Union, cast

import strawberry

from ledgermesh.errors import BadInput, Forbidden
from ledgermesh.graph.by_id import by_ref, caller, together
from ledgermesh.graph.company import Company
from ledgermesh.graph.context import Context
from ledgermesh.graph.fanout import FIRST_MAX
from ledgermesh.graph.federation.keys import Reference, reference
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.kinds import KINDS
from ledgermesh.graph.writes.status import Sync, sync_of
from ledgermesh.model import declare
from ledgermesh.model.platform import Connection, Tenant
from ledgermesh.model.selection import selected

REPRESENTATIONS_MAX: Final = FIRST_MAX
"""A router that joins something to a page of ours asks for all of the page at once."""

Representation = NewType("Representation", object)
"""What a router sends. Anything at all is taken, so that what is wrong with one costs that one alone."""

ANY = strawberry.scalar(
    name="_Any",
    description="A representation of an entity: an object with `__typename` and the fields of one of its keys.",
    serialize=lambda value: value,
    parse_value=lambda value: value,
)

Entity: Any = Annotated[
    Union[(*(kind.type for kind in KINDS), Company, Connection, Sync, Tenant)],  # made from a table
    strawberry.union("_Entity", description="Everything that other subgraphs may refer to."),
]


class HasSubgraph(Protocol):
    """The schema, as `_service` needs it."""

    @property
    def subgraph(self) -> str:
        """Its text for routers."""
        ...


@declare.object_type(name="_Service", description="This subgraph.")
class Service:
    sdl: str = strawberry.field(description="Its schema, with the directives of Apollo Federation 2.")


@declare.object_type()
class FederationQuery:
    """The part of the root of every query that routers use. `Schema.as_str` leaves it out, as other clients need none
    of it.
    """

    @declare.field(name="_service", description="For routers: the schema to compose.")
    async def service(self, info: Info) -> Service:
        schema = cast("HasSubgraph", info.schema)
        # The first time it is printed, which takes a while.
        return Service(sdl=await asyncio.to_thread(lambda: schema.subgraph))

    @declare.field(
        name="_entities",
        description="For routers: things by their keys, in the order asked for. What one may not see, and what names "
        "nothing, is null with an error of its own.",
    )
    async def entities(
        self,
        info: Info,
        representations: Annotated[
            list[Representation],
            strawberry.argument(description=f"At most {REPRESENTATIONS_MAX:,}."),
        ],
    ) -> list[Entity | None]:
        if len(representations) > REPRESENTATIONS_MAX:
            raise BadInput(
                f"`representations` are at most {REPRESENTATIONS_MAX:,}, not {len(representations):,}",
                details={"field": "representations"},
            )
        wanted = selected(info)
        return await together(_entity(info.context, each, wanted) for each in representations)


async def _entity(context: Context, given: object, wanted: frozenset[str]) -> Any:
    asked = reference(given)
    match asked.typename:
        case "Connection":
            return _connection(context, asked.value)
        case "Tenant":
            return _tenant(context, asked.value)
        case "Sync":
            return await sync_of(context, asked.value)
        case "Company" if asked.key == "key":
            return Company(entry=context.company(asked.value))
        case _:
            return await _node(context, asked, wanted)


async def _node(context: Context, asked: Reference, wanted: frozenset[str]) -> Any:
    ref = context.ids.open(asked.value)
    if ref.kind != asked.typename:
        raise BadInput(f"this id is not one of a {asked.typename}", details={"field": "representations"})
    return await by_ref(context, ref, wanted)


def _connection(context: Context, id: str) -> Connection:
    entry = context.parts.registry.connection(context.principal, id)
    if entry is None or entry.provider not in context.parts.definitions:
        raise Forbidden("this key does not reach that connection, or there is no such connection")
    return context.connection(entry)


def _tenant(context: Context, id: str) -> Tenant:
    found = caller(context)
    if id != found.id:
        raise Forbidden("this key is not one of that tenant, or there is no such tenant")
    return found
