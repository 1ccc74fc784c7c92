"""The variables of an operation, coerced as graphql-core does it: what it finds out at every run is known before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    get_nullable_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import (
    VariableValues,
    VariableValueSource,
    get_variable_values,
    input_is_nested_too_deeply,
)
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_value

from ledgermesh.compiler.arguments import LASTING, NOTHING

COERCION_ERRORS_MAX: Final = 50
"""Mistakes in variables that are told: as many as graphql-core tells."""
INT_MAX: Final = 2**31 - 1
CLASSES: Final[Mapping[Any, type]] = {
    GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool, GraphQLInt: int, GraphQLFloat: float,
}  # fmt: skip
"""Scalars, and the class of those values that they leave as they are."""


class _Known(NamedTuple):
    """One variable."""

    name: str
    signature: GraphQLVariableSignature
    nullable: bool
    default: Any
    """Undefined where there is none."""
    usual: type | None
    """See CLASSES; None for types of which every value is looked at."""


class Variables:
    """Those of one operation of a document."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._known = [_known(schema, each) for each in self._definitions]

    def values(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """The coerced values, or what is wrong with them, in graphql-core's words."""
        if not self._known:
            return NOTHING
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for known in self._known:
            if known is None or not _taken(known, given.get(known.name, Undefined), sources, coerced):
                return get_variable_values(
                    self._schema, self._definitions, dict(given), max_errors=COERCION_ERRORS_MAX
                )
        return VariableValues(sources, coerced)


def _taken(
    known: _Known, value: Any, sources: dict[str, VariableValueSource], coerced: dict[str, Any]
) -> bool:
    """Whether the value is good; it is noted down then."""
    name, signature, nullable, default, usual = known
    sources[name] = VariableValueSource(signature, value)
    if value.__class__ is usual and _in_range(value):
        coerced[name] = value
    elif value is Undefined:
        if default is Undefined:
            return nullable
        coerced[name] = default
    elif value is None:
        if not nullable:
            return False
        coerced[name] = None
    else:
        return _coerced(signature, value, coerced)
    return True


def _coerced(signature: GraphQLVariableSignature, value: Any, coerced: dict[str, Any]) -> bool:
    try:
        found = (
            Undefined
            if input_is_nested_too_deeply(value, signature.type)
            else coerce_input_value(value, signature.type)
        )
    except RecursionError:
        return False
    if found is Undefined:
        return False
    coerced[signature.name] = found
    return True


def _in_range(value: Any) -> bool:
    if value.__class__ is int:
        return -INT_MAX - 1 <= value <= INT_MAX
    return value.__class__ is not float or value - value == 0.0


def _known(schema: GraphQLSchema, node: VariableDefinitionNode) -> _Known | None:
    """None for a variable that is looked at anew in every run."""
    signature = get_variable_signature(schema, node)
    if isinstance(signature, GraphQLError):
        return None
    nullable = not isinstance(signature.type, GraphQLNonNull)
    try:
        default = coerce_default_value(signature)
    except TypeError:
        return None
    if default is not Undefined and not isinstance(default, LASTING):
        return None
    bare: Any = signature.type if nullable else get_nullable_type(signature.type)
    return _Known(signature.name, signature, nullable, default, CLASSES.get(bare))
