"""What the compiler has to know of a schema made by Strawberry, read off the schema itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.schema import schema_converter
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from ledgermesh.compiler.strawberry_inputs import Inputs, Unknown
from ledgermesh.compiler.terms import LEAVES, Direct, Leaf, Many, Options, Plain

DEFINITION = "strawberry-definition"
"""Where Strawberry leaves its own field, in the extensions of graphql-core's."""


WRAPPERS: Final = ("from_resolver.<locals>._resolver", "from_resolver.<locals>._async_resolver")
"""What Strawberry puts around resolvers."""


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


VARIABLES: Final = ResolveInfo._fields.index("variable_values")


def make_info(*given: Any) -> ResolveInfo:
    """What Strawberry wraps for resolvers, of graphql-core's values."""
    return ResolveInfo._make((*given[:VARIABLES], given[VARIABLES].coerced, *given[VARIABLES + 1 :], None))


def plain(parent: GraphQLObjectType, name: str, definition: GraphQLField) -> Plain | None:
    """Fields without resolver, permissions or extensions: Strawberry reads them with `getattr`."""
    field: Any = definition.extensions.get(DEFINITION)
    if field is None or not getattr(definition.resolve, "_is_default", False) or not field.is_basic_field:
        return None
    if getattr(field, "default_resolver", getattr) is not getattr:
        return None
    attribute: str = field.python_name
    return Plain(attribute, lambda source, info: getattr(source, attribute))


class Resolvers:
    """The resolvers of a schema, as they were written."""

    def __init__(self, schema: GraphQLSchema) -> None:
        ours: Any = schema
        self._converter = ours._strawberry_schema.schema_converter  # noqa: SLF001  # as Strawberry's own info does
        self._handles_exceptions = bool(self._converter._exception_handler_specs)  # noqa: SLF001  # said nowhere else
        self._inputs = Inputs(self._converter.config, self._converter.scalar_registry)

    def direct(
        self, definition: GraphQLField, resolve: Any, check: Callable[[Any], None] | None = None
    ) -> Direct | None:
        """The resolver behind Strawberry's `resolve`; None where more stands between than the reading of arguments."""
        field: Any = definition.extensions.get(DEFINITION)
        if not isinstance(field, StrawberryField) or self._handles_exceptions:
            return None
        base: Any = field.base_resolver
        if not _is_usual(resolve, field, base) or base.parent_parameter or base.root_parameter:
            return None
        try:
            converters = self._inputs.of(field)
        except Unknown:
            return None
        return Direct(
            function=base.wrapped_func,
            source=base.self_parameter is not None,
            info=base.info_parameter.name if base.info_parameter is not None else None,
            wrap=lambda raw: self._converter.config.info_class(_raw_info=raw, _field=field),
            converters=converters,
            check=check,
        )


def _is_usual(resolve: Any, field: StrawberryField, base: Any) -> bool:
    """Whether nothing but Strawberry's own code stands around a resolver, and nothing changes what it does there."""
    return (
        not field.extensions
        and not field.permission_classes
        and type(field).get_result is StrawberryField.get_result
        and isinstance(base, StrawberryResolver)
        and type(base).__call__ is StrawberryResolver.__call__
        and callable(base.wrapped_func)
        and getattr(resolve, "__module__", "") == schema_converter.__name__
        and getattr(resolve, "__qualname__", "").endswith(WRAPPERS)
    )


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
    resolvers = Resolvers(schema)
    return Options(
        plain=plain,
        many=many or (lambda parent, name, definition: None),
        direct=lambda parent, name, definition: resolvers.direct(definition, definition.resolve),
        leaves={**LEAVES, **(leaves or {})},
        info=make_info,
        kinds_by_class=True,
        inert=inert,
        encode=encode,
    )
