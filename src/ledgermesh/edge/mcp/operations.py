"""The operation files as tools: a name, what they are for, and what they take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
    validate,
)
from msgspec import Struct

from ledgermesh.edge.mcp.planning import OnlyPlans, planning
from ledgermesh.edge.mcp.variables import Described
from ledgermesh.playground.config import Example

ADMINISTRATION = "admin"
"""The field of Query, and the scope, that administration needs."""


class Operation(Struct, frozen=True, kw_only=True):
    """One operation that can be called by its name."""

    name: str
    description: str
    document: DocumentNode
    node: OperationDefinitionNode
    text: str
    variables: Mapping[str, Any]
    """JSON Schema."""
    scope: str

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.node.operation is OperationType.QUERY


def operations(schema: GraphQLSchema, examples: Iterable[Example]) -> dict[str, Operation]:
    """Those that this schema answers, by name: every query, and every mutation that can be planned."""
    described = Described(schema)
    found = (_operation(schema, described, each) for each in examples)
    return {each.name: each for each in found if each is not None}


def _operation(schema: GraphQLSchema, described: Described, example: Example) -> Operation | None:
    try:
        document = parse(example.query, no_location=True)
    except GraphQLError:
        return None
    node = get_operation_ast(document)
    # Another version of the gateway may have another schema.
    if node is None or validate(schema, document) or not _runs(schema, document, node):
        return None
    return Operation(
        name=example.name.replace("/", "_"),
        description=example.description or example.name,
        document=document,
        node=node,
        text=example.query,
        variables=described.operation(node),
        scope=_scope(node),
    )


def _runs(schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode) -> bool:
    if node.operation is OperationType.QUERY:
        return True
    if node.operation is not OperationType.MUTATION:
        return False
    try:
        planning(schema, document, node, {})
    except OnlyPlans:
        return False
    return True


def _scope(node: OperationDefinitionNode) -> str:
    """The scope without which an operation is refused."""
    if node.operation is OperationType.MUTATION:
        return "api.write"
    fields = {each.name.value for each in node.selection_set.selections if isinstance(each, FieldNode)}
    return ADMINISTRATION if ADMINISTRATION in fields else "api.read"
