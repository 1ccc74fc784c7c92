"""What one connection can do, with the records of its own books that references may name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

import strawberry

from ledgermesh.engine.read import Leaves
from ledgermesh.errors import BadInput, Forbidden, Unsupported
from ledgermesh.graph.context import Context
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.kinds import BY_NAME
from ledgermesh.model import declare
from ledgermesh.model.platform import AllowedValue, Capability, FieldCapability, LookUp, Verb
from ledgermesh.model.record import Record
from ledgermesh.spec.query import ListQuery
from ledgermesh.state.entries import ConnectionEntry

ALLOWED_MAX: Final = 200
LABELS: Final = ("display_name", "name", "full_name", "number", "title", "code")
"""Fields that people know records by, the best first."""


@declare.object_type()
class CapabilityQuery:
    """The part of the root of every query that says what can be done."""

    @declare.field(
        description="What can be done through one connection. Beside what `providers` says, `allowedValues` of "
        "references are read from its books."
    )
    def capabilities(
        self,
        info: Info,
        connection: Annotated[strawberry.ID, strawberry.argument(description="The connection's id.")],
        *,
        records: Annotated[
            list[str] | None, strawberry.argument(description="Only of these kinds of record.")
        ] = None,
        verbs: Annotated[list[Verb] | None, strawberry.argument(description="Only these.")] = None,
    ) -> list[Capability]:
        context = info.context
        entry = context.parts.registry.connection(context.principal, connection)
        if entry is None or entry.provider not in context.parts.definitions:
            raise Forbidden("this key does not reach that connection, or there is no such connection")
        return [
            _bound(context, entry, each)
            for each in context.parts.providers[entry.provider].capabilities
            if (records is None or each.record in records) and (verbs is None or each.verb in verbs)
        ]


def _bound(context: Context, entry: ConnectionEntry, capability: Capability) -> Capability:
    fields = [
        replace(field, look_up=_look_up(context, entry, field)) if field.refers_to else field
        for field in capability.fields
    ]
    return replace(capability, fields=fields)


def _look_up(context: Context, entry: ConnectionEntry, field: FieldCapability) -> LookUp:
    async def look_up(first: int) -> list[AllowedValue]:
        if not 1 <= first <= ALLOWED_MAX:
            raise BadInput(f"`first` is 1 to {ALLOWED_MAX}, not {first}", details={"field": "first"})
        found: list[AllowedValue] = []
        for kind in field.refers_to:
            if len(found) < first:
                records = await _records(context, entry, kind, first - len(found))
                found += [_value(record) for record in records]
        return found

    return look_up


async def _records(context: Context, entry: ConnectionEntry, kind: str, first: int) -> Sequence[Record]:
    """The first records of a kind in these books; none where the provider lists none."""
    labels = frozenset(LABELS) & frozenset(BY_NAME[kind].type.__annotations__)
    found: list[Record] = []
    try:
        for pages in context.hub(entry).lists(ListQuery(kind=kind, fields=labels)):
            leaves = Leaves(pages)
            while not leaves.ended and len(found) < first:
                page = await leaves.turn()
                found += [record for record in page.rows if record.deleted is not True]
    except Unsupported:
        return []
    return found[:first]


def _value(record: Record) -> AllowedValue:
    known: Any = record
    label = next((text for name in LABELS if (text := getattr(known, name, None))), None)
    return AllowedValue(value=record.native_id, label=label, id=record.id())
