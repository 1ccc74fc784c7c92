"""What a valid operation asks for, as a tree of its fields: fragments opened, arguments coerced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    get_variable_values,
    is_composite_type,
    is_list_type,
)

NONE: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class Asked:
    """One field of an operation. The same name in the same place is one field, whatever spells it."""

    name: str
    key: str
    """What it answers as."""
    parent: GraphQLCompositeType
    definition: GraphQLField
    arguments: Mapping[str, Any]
    """As resolvers get them before Strawberry, by GraphQL name."""
    directives: tuple[DirectiveNode, ...] = ()
    leaf: bool = False
    """Whether there can be nothing below it."""
    below: dict[tuple[str, str], Asked] = field(default_factory=dict)
    """By type and by what they answer as."""

    @property
    def kind(self) -> str:
        """The name of the type it gives."""
        return get_named_type(self.definition.type).name

    @property
    def many(self) -> bool:
        """Whether it gives a list."""
        return bool(is_list_type(get_nullable_type(self.definition.type)))

    def of(self, kind: str) -> Asked:
        """The same with what is asked of this type alone, where things of several types may stand."""
        below = {
            at: each for at, each in self.below.items()
            if each.parent.name == kind or not isinstance(each.parent, GraphQLObjectType)
        }  # fmt: skip
        return replace(self, below=below)

    def named(self, *path: str) -> Iterator[Asked]:
        """The fields below it along a path of names."""
        for each in self.below.values():
            if each.name == path[0]:
                yield from each.named(*path[1:]) if path[1:] else (each,)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation with its variables."""

    type: OperationType
    name: str | None
    roots: tuple[Asked, ...]


def read(
    schema: GraphQLSchema, document: DocumentNode, name: str | None, variables: Mapping[str, Any]
) -> Operation | None:
    """What a valid document's operation asks for; None where it or its variables are not good, as running it says."""
    node = get_operation_ast(document, name)
    root = schema.get_root_type(node.operation) if node is not None else None
    if node is None or root is None:
        return None
    values = get_variable_values(schema, node.variable_definitions or (), dict(variables))
    if isinstance(values, list):
        return None
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    found: dict[tuple[str, str], Asked] = {}
    _Reader(schema, fragments, values).take(node.selection_set, root, found)
    return Operation(node.operation, node.name.value if node.name else None, tuple(found.values()))


class _Reader:
    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], values: Any
    ) -> None:
        self._schema, self._fragments, self._values = schema, fragments, values

    def take(
        self, selected: SelectionSetNode, type_: GraphQLCompositeType, into: dict[tuple[str, str], Asked]
    ) -> None:
        """Add the fields of a selection on a type."""
        for node in selected.selections:
            if self._left_out(node):
                continue
            if isinstance(node, FieldNode):
                self._field(node, type_, into)
            elif isinstance(node, InlineFragmentNode):
                self.take(node.selection_set, self._on(node.type_condition, type_), into)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                self.take(fragment.selection_set, self._on(fragment.type_condition, type_), into)

    def _field(
        self, node: FieldNode, type_: GraphQLCompositeType, into: dict[tuple[str, str], Asked]
    ) -> None:
        key, definition = (node.alias or node.name).value, self._definition(type_, node.name.value)
        if definition is None:
            return  # the schema's own
        asked = into.get((type_.name, key))
        if asked is None:
            arguments = get_argument_values(definition, node, self._values) if definition.args else NONE
            asked = Asked(node.name.value, key, type_, definition, arguments, tuple(node.directives or ()))
            asked.leaf = not is_composite_type(get_named_type(definition.type))
            into[type_.name, key] = asked
        if node.selection_set is not None and not asked.leaf:
            self.take(node.selection_set, self._composite(definition), asked.below)

    def _composite(self, definition: GraphQLField) -> GraphQLCompositeType:
        found: Any = get_named_type(definition.type)
        type_: GraphQLCompositeType = found
        return type_

    def _definition(self, type_: GraphQLCompositeType, name: str) -> GraphQLField | None:
        if name.startswith("__") or not isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
            return None
        found: GraphQLField = type_.fields[name]
        return found

    def _on(self, condition: Any, type_: GraphQLCompositeType) -> GraphQLCompositeType:
        named = self._schema.get_type(condition.name.value) if condition is not None else type_
        return named if is_composite_type(named) else type_

    def _left_out(self, node: Any) -> bool:
        if not node.directives:
            return False
        skip = get_directive_values(GraphQLSkipDirective, node, self._values)
        include = get_directive_values(GraphQLIncludeDirective, node, self._values)
        return bool(skip and skip["if"]) or bool(include and not include["if"])


def each(fields: Iterable[Asked]) -> Iterator[Asked]:
    """All fields, those below too."""
    for asked in fields:
        yield asked
        yield from each(asked.below.values())
