"""Which fields an answer may have that is kept: those that give data, and change with it alone.

A field without a resolver of its own gives what its parent was made of. One with a resolver may look at anything, so
it stands in one of the two tables here; one that stands in neither is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, GraphQLSchema
from graphql import get_named_type as named

from ledgermesh.compiler.strawberry_schema import DEFINITION
from ledgermesh.graph.company import LISTS
from ledgermesh.graph.kinds import KINDS
from ledgermesh.model.mapped import graphql_name

COMPANY: Final = frozenset(
    (
        "id", "key", "name", "environment", "connections", "reports",
        *(graphql_name(name) for name in LISTS), *(graphql_name(kind.one) for kind in KINDS),
    )
)  # fmt: skip

DATA: Final[Mapping[str, frozenset[str]]] = {
    "Query": frozenset(("company", "companies", "node", "nodes", "providers", "viewer")),
    "Company": COMPANY,
    "Connection": frozenset(("subscription", "capabilities")),
    "PageInfo": frozenset(("startCursor", "endCursor")),
    "Report": frozenset(("raw", "findings")),
    "Reports": frozenset(("profitAndLoss", "balanceSheet", "taxSummary", "trialBalance", "metrics")),
    "Source": frozenset(("raw", "unmapped", "version", "findings", "provenance")),
    "*": frozenset(("id", "source", "edges", "isOverdue")),
}
"""Type → fields with a resolver whose values are data of a provider or of the registry; `*` is any type. `isOverdue`
goes by the day, and no answer outlives its day. Relations between records are not listed: all of them are data.
"""

MOMENT: Final[Mapping[str, frozenset[str]]] = {
    "Query": frozenset(("capabilities", "explain", "sync", "syncs", "admin", "_service", "_entities")),
    "Connection": frozenset(("repairUrl", "hookUrl", "quota", "stateReason")),
    "FieldCapability": frozenset(("allowedValues",)),
    "*": frozenset(("downloads",)),
}
"""The same of fields whose values hold for the moment or for one caller: links that end, budgets, jobs, secrets, and
what is said of how long a sign-in lasts. A document with one of them is answered anew each time."""


def keepable(schema: GraphQLSchema) -> Mapping[str, frozenset[str]]:
    """Type → the fields of it that a kept answer may have."""
    return {
        type_.name: frozenset(
            name for name, field in type_.fields.items() if _keeps(schema, type_, name, field)
        )
        for type_ in _types(schema)
    }


def resolved(schema: GraphQLSchema) -> Iterator[tuple[str, str, bool]]:
    """Type and name of each field with a resolver of its own, and whether it leads to records and nothing else."""
    for type_ in _types(schema):
        for name, field in type_.fields.items():
            if _resolves(field):
                yield type_.name, name, _relation(schema, field)


def _types(schema: GraphQLSchema) -> Iterator[GraphQLObjectType | GraphQLInterfaceType]:
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            yield type_


def _keeps(
    schema: GraphQLSchema, type_: GraphQLObjectType | GraphQLInterfaceType, name: str, field: GraphQLField
) -> bool:
    if listed(MOMENT, type_.name, name):
        return False
    return not _resolves(field) or _relation(schema, field) or listed(DATA, type_.name, name)


def listed(table: Mapping[str, frozenset[str]], type_: str, name: str) -> bool:
    """Whether a table has this field."""
    return name in table.get(type_, ()) or name in table["*"]


def _resolves(field: GraphQLField) -> bool:
    definition: Any = field.extensions.get(DEFINITION)
    return definition is None or definition.base_resolver is not None


def _relation(schema: GraphQLSchema, field: GraphQLField) -> bool:
    """Whether it gives records: what they hold is listed at them."""
    return _is_record(schema, named(field.type))


def _is_record(schema: GraphQLSchema, type_: GraphQLNamedType) -> bool:
    record = schema.get_type("Record")
    if type_ is record:
        return True
    return (
        isinstance(type_, GraphQLObjectType)
        and isinstance(record, GraphQLInterfaceType)
        and record in type_.interfaces
    )
