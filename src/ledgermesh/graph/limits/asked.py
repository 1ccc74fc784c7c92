"""What a valid operation asks for, as a tree of its fields: fragments opened, arguments coerced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
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
    VariableNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_composite_type,
    is_list_type,
)
from graphql.execution.values import VariableValues

from ledgermesh.compiler.arguments import Given, below, given
from ledgermesh.compiler.terms import Odd
from ledgermesh.compiler.variables import Variables

NONE: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Asked:
    """One field of an operation. The same name in the same place is one field, whatever spells it."""

    name: str
    key: str
    """What it answers as."""
    parent: GraphQLCompositeType
    definition: GraphQLField
    kind: str
    """The name of the type it gives."""
    many: bool
    """Whether it gives a list."""
    arguments: Mapping[str, Any]
    """As resolvers get them before Strawberry, by GraphQL name."""
    directives: tuple[DirectiveNode, ...]
    leaf: bool
    """Whether there can be nothing below it."""
    below: Fields
    """By type and by what they answer as."""

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


Fields = dict[tuple[str, str], Asked]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation with its variables."""

    type: OperationType
    name: str | None
    roots: tuple[Asked, ...]


class Reading:
    """One valid document, read for as many operations and values of variables as are asked for.

    What no variable stands in is read once: nobody changes it.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema, self._document = schema, document
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._variables: dict[str | None, Variables] = {}
        self._given: dict[int, Given | None] = {}
        """By field node, what makes its arguments."""
        self._same: dict[int, bool] = {}
        """By selection set, whether no variable stands in it."""
        self._known: dict[tuple[int, str], Fields] = {}
        """By such a selection set and the type that it is on."""

    def read(self, name: str | None, variables: Mapping[str, Any]) -> Operation | None:
        """What an operation asks for; None where it or its variables are not good, as running it says."""
        node = get_operation_ast(self._document, name)
        root = self._schema.get_root_type(node.operation) if node is not None else None
        if node is None or root is None:
            return None
        if (known := self._variables.get(name)) is None:
            known = self._variables[name] = Variables(self._schema, node)
        values = known.values(variables)
        if isinstance(values, list):
            return None
        found = self._fields([(node.selection_set, root)], values)
        return Operation(node.operation, node.name.value if node.name else None, tuple(found.values()))

    def _fields(
        self, selected: list[tuple[SelectionSetNode, GraphQLCompositeType]], values: VariableValues
    ) -> Fields:
        """The fields of selections that stand in one place."""
        at = None
        if len(selected) == 1:  # of many together there may be more than anybody wants to keep
            ((node, type_),) = selected
            if self._is_same(node):
                at = id(node), type_.name
                if (known := self._known.get(at)) is not None:
                    return known
        nodes: dict[tuple[str, str], tuple[GraphQLCompositeType, list[FieldNode]]] = {}
        for node, type_ in selected:
            self._take(node, type_, values, nodes)
        found = {place: self._asked(*each, values) for place, each in nodes.items()}
        if at is not None:
            self._known[at] = found
        return found

    def _take(
        self,
        selected: SelectionSetNode,
        type_: GraphQLCompositeType,
        values: VariableValues,
        into: dict[tuple[str, str], tuple[GraphQLCompositeType, list[FieldNode]]],
    ) -> None:
        """Add the fields of a selection on a type."""
        for node in selected.selections:
            if _left_out(node, values):
                continue
            if isinstance(node, FieldNode):
                if _definition(type_, node.name.value) is not None:  # others are the schema's own
                    into.setdefault((type_.name, (node.alias or node.name).value), (type_, []))[1].append(
                        node
                    )
            elif isinstance(node, InlineFragmentNode):
                self._take(node.selection_set, self._on(node.type_condition, type_), values, into)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                self._take(fragment.selection_set, self._on(fragment.type_condition, type_), values, into)

    def _asked(self, type_: GraphQLCompositeType, nodes: list[FieldNode], values: VariableValues) -> Asked:
        node = nodes[0]
        definition: Any = _definition(type_, node.name.value)
        kind: Any = get_named_type(definition.type)
        leaf = not is_composite_type(kind)
        below = (
            [] if leaf else [(each.selection_set, kind) for each in nodes if each.selection_set is not None]
        )
        return Asked(
            name=node.name.value,
            key=(node.alias or node.name).value,
            parent=type_,
            definition=definition,
            kind=kind.name,
            many=bool(is_list_type(get_nullable_type(definition.type))),
            arguments=self._arguments(definition, node, values) if definition.args else NONE,
            directives=tuple(node.directives or ()),
            leaf=leaf,
            below=self._fields(below, values) if below else {},
        )

    def _arguments(self, definition: GraphQLField, node: FieldNode, values: VariableValues) -> dict[str, Any]:
        if id(node) not in self._given:
            self._given[id(node)] = given(definition, node, {name: (name, None) for name in definition.args})
        if (made := self._given[id(node)]) is not None:
            with suppress(Odd):
                return made(values)
        return get_argument_values(definition, node, values)

    def _is_same(self, selected: SelectionSetNode) -> bool:
        """Whether no variable stands in a selection or in a fragment that it spreads."""
        known = self._same.get(id(selected))
        if known is None:
            nodes = list(below(selected))
            spread = [each.name.value for each in nodes if isinstance(each, FragmentSpreadNode)]
            known = self._same[id(selected)] = not any(
                isinstance(each, VariableNode) for each in nodes
            ) and all(self._is_same(self._fragments[name].selection_set) for name in spread)
        return known

    def _on(self, condition: Any, type_: GraphQLCompositeType) -> GraphQLCompositeType:
        named = self._schema.get_type(condition.name.value) if condition is not None else type_
        return named if is_composite_type(named) else type_


def _definition(type_: GraphQLCompositeType, name: str) -> GraphQLField | None:
    if name.startswith("__") or not isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
        return None
    found: GraphQLField = type_.fields[name]
    return found


def _left_out(node: Any, values: VariableValues) -> bool:
    if not node.directives:
        return False
    skip = get_directive_values(GraphQLSkipDirective, node, values)
    include = get_directive_values(GraphQLIncludeDirective, node, values)
    return bool(skip and skip["if"]) or bool(include and not include["if"])


def each(fields: Iterable[Asked]) -> Iterator[Asked]:
    """All fields, those below too."""
    for asked in fields:
        yield asked
        yield from each(asked.below.values())
