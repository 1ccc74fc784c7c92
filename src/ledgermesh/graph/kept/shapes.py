"""What is known of a document's answers: whether they may be kept and shared, and which variables make them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_operation_ast,
)

from ledgermesh.graph.deferring import DEFER
from ledgermesh.graph.kept.fields import keepable
from ledgermesh.upstream.recent import Recent

SHAPES_MAX: Final = 1000
FRESH: Final = "fresh"
"""The directive that says how old a field may be."""


class Undecided(Exception):
    """A document of which no answer is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One operation of one document. Two of them are never equal, so that it stands for the text in keys."""

    shared: bool
    """Whether answers may be kept, and shared by those who ask at the same time."""
    variables: tuple[str, ...] = ()
    """Declared ones by name, sorted; what else a caller gives changes nothing."""
    max_age: float | None = None
    """The smallest `@fresh(maxAge:)`, in seconds; None without one."""

    def allowed(self, max_age: float) -> float:
        """How old an answer may be, in seconds, when the request says so: the smallest promise counts."""
        return max_age if self.max_age is None else min(max_age, self.max_age)

    def words(self, given: Mapping[str, Any]) -> bytes:
        """The values of its variables, the same for the same values; raises TypeError for what is no JSON."""
        names = self.variables
        return ENCODER.encode({name: given[name] for name in names if name in given}) if names else b""


def _refuse(value: object) -> object:
    raise TypeError(f"{type(value).__name__} is no JSON")


ENCODER: Final = msgspec.json.Encoder(decimal_format="number", order="sorted", enc_hook=_refuse)
"""A number and the text of a number stay two values."""


class Shapes:
    """Those of documents that were asked for lately."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._keepable = keepable(schema)
        self._known: Recent[tuple[str, str | None], Shape] = Recent(SHAPES_MAX)

    def find(self, text: str, operation: str | None) -> Shape | None:
        """What was learned before."""
        return self._known.get((text, operation))

    def learn(self, text: str, operation: str | None, document: DocumentNode) -> Shape:
        """The shape of a valid document."""
        found = self._known.get((text, operation))
        if found is None:
            found = self._known.put((text, operation), self._shape(document, operation))
        return found

    def _shape(self, document: DocumentNode, name: str | None) -> Shape:
        operation = get_operation_ast(document, name)
        if operation is None or operation.operation is not OperationType.QUERY:
            return Shape(shared=False)
        try:
            ages = [age for each in document.definitions for age in self._looked(each)]
        except Undecided:
            return Shape(shared=False)
        variables = sorted(each.variable.name.value for each in operation.variable_definitions or ())
        return Shape(shared=True, variables=tuple(variables), max_age=min(ages, default=None))

    def _looked(self, definition: object) -> Iterator[float]:
        """What the fields of a definition promise; raises Undecided for one that is not kept."""
        if isinstance(definition, OperationDefinitionNode):
            root = self._schema.get_root_type(definition.operation)
            waiting = [(root.name if root is not None else "", definition.selection_set)]
        elif isinstance(definition, FragmentDefinitionNode):
            waiting = [(definition.type_condition.name.value, definition.selection_set)]
        else:
            raise Undecided
        while waiting:
            type_, selections = waiting.pop()
            for selection in selections.selections:
                yield from _ages(selection)
                if (below := self._below(type_, selection)) is not None:
                    waiting.append(below)

    def _below(self, type_: str, selection: SelectionNode) -> tuple[str, SelectionSetNode] | None:
        if isinstance(selection, InlineFragmentNode):
            condition: NamedTypeNode | None = selection.type_condition
            return condition.name.value if condition is not None else type_, selection.selection_set
        if not isinstance(selection, FieldNode):
            return None  # a spread: the fragment is looked at by itself
        name = selection.name.value
        if name == "__typename":
            return None
        if name not in self._keepable.get(type_, ()):
            raise Undecided
        if selection.selection_set is None:
            return None
        fields: Any = self._schema.type_map[type_]
        return get_named_type(fields.fields[name].type).name, selection.selection_set


def _ages(selection: SelectionNode) -> Iterator[float]:
    """What directives of one selection promise; raises Undecided where that takes variables, or parts come later."""
    for directive in selection.directives or ():
        if directive.name.value == DEFER.name:
            raise Undecided
        if directive.name.value != FRESH:
            continue
        for argument in directive.arguments or ():
            if argument.name.value != "maxAge" or isinstance(argument.value, NullValueNode):
                continue
            if not isinstance(argument.value, IntValueNode):
                raise Undecided
            yield float(argument.value.value)
