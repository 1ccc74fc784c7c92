"""What the compiler has to know of a schema made by Strawberry, read off the schema itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema

from ledgermesh.compiler.terms import LEAVES, Leaf, Many, Options, Plain

DEFINITION = "strawberry-definition"
"""Where Strawberry leaves its own field, in the extensions of graphql-core's."""


class ResolveInfo(NamedTuple):
    """As Strawberry's own: variables as a plain dictionary, and a place for its extensions."""

    field_name: Any
    field_nodes: Any
    return_type: Any
    parent_type: Any
    path: Any
    schema: Any
    fragments: Any
    root_value: Any
    operation: Any
    variable_values: Any
    context: Any
    is_awaitable: Any
    abort_signal: Any
    async_helpers: Any
    operation_extensions: Any = None


def make_info(*given: Any) -> ResolveInfo:
    """What Strawberry wraps for resolvers, of graphql-core's values."""
    info = ResolveInfo(*given)
    return info._replace(variable_values=info.variable_values.coerced)


def plain(parent: GraphQLObjectType, name: str, definition: GraphQLField) -> Plain | None:
    """Fields without resolver, permissions or extensions: Strawberry reads them with `getattr`."""
    field: Any = definition.extensions.get(DEFINITION)
    if field is None or not getattr(definition.resolve, "_is_default", False) or not field.is_basic_field:
        return None
    if getattr(field, "default_resolver", getattr) is not getattr:
        return None
    attribute: str = field.python_name
    return Plain(attribute, lambda source, info: getattr(source, attribute))


def options_of(
    schema: GraphQLSchema,
    *,
    leaves: Mapping[str, Leaf] | None = None,
    many: Callable[[GraphQLObjectType, str, GraphQLField], Many | None] | None = None,
    inert: frozenset[str] = frozenset(),
    encode: Callable[[Any], bytes] = msgspec.json.encode,
) -> Options:
    """Options for a Strawberry schema whose objects are never made into other types with `strawberry.cast`.

    `leaves` are scalars beside the built-in ones whose usual values are written without asking the scalar.
    """
    return Options(
        plain=plain,
        many=many or (lambda parent, name, definition: None),
        leaves={**LEAVES, **(leaves or {})},
        info=make_info,
        kinds_by_class=True,
        inert=inert,
        encode=encode,
    )
