"""The schema's text as routers compose it, and as everybody else reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from graphql.utilities.print_schema import (
    is_defined_type,
    print_args,
    print_block,
    print_deprecated,
    print_description,
    print_directive,
    print_implemented_interfaces,
    print_type,
)

from ledgermesh.compiler.strawberry_schema import DEFINITION
from ledgermesh.graph.federation.keys import KEYS
from ledgermesh.graph.limits.directives import PAGED
from ledgermesh.graph.limits.points import ASSUMED, MUTATION, SLICED

HEAD: Final = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    'import: ["@key", "@shareable", "@cost", "@listSize"])'
)
"""2.9 is the first version that knows costs."""
PASSED_ON: Final = ("fresh",)
"""Directives of queries that routers may pass on: they do where every subgraph has the directive."""
VALUES: Final = frozenset(("Address", "Money", "PageInfo"))
"""Types without an identity that other subgraphs are likely to have as well: the same fields mean the same."""

PAGED_WRITTEN: Final = (
    ' @listSize(slicingArguments: ["first"], sizedFields: ["nodes", "edges"], '
    "requireOneSlicingArgument: false)"
)
ASSUMED_WRITTEN: Final = f" @listSize(assumedSize: {ASSUMED})"
# A field's weight stands for the object that it gives, which counts 1.
MUTATION_WRITTEN: Final = f" @cost(weight: {MUTATION + 1})"

MACHINERY: Final = re.compile(
    r'\n\n"""[^"]*"""\n(?:scalar _Any|union _Entity = .*|type _Service \{\n(?:.*\n)*?\})'
    r'|\n  """[^"]*"""\n  (?:_service: .*|_entities\(\n(?:.*\n)*?  \): .*)\n'
)
"""What only routers use, in the text of a whole schema, types in the order of their names."""


def without_machinery(text: str) -> str:
    """The schema's text for clients: without `_service`, `_entities` and their types."""
    return MACHINERY.sub("", text)


def subgraph(schema: GraphQLSchema) -> str:
    """The schema's text for routers: keys, what may be shared, and costs as `limits.points` counts them.

    Sources: the subgraph specification of Apollo Federation 2, and the IBM cost specification.
    """
    paged = frozenset(_paged(schema))
    directives = [print_directive(each) for each in schema.directives if each.name in PASSED_ON]
    types = [
        _type(type_, paged)
        for name, type_ in sorted(schema.type_map.items())
        if is_defined_type(type_) and not name.startswith("_")
    ]
    return "\n\n".join((HEAD, *directives, *types)) + "\n"


def _paged(schema: GraphQLSchema) -> Iterator[str]:
    """The types whose lists are as long as `first` of the field above says."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field in type_.fields.values():
                if _takes_first(field):
                    yield get_named_type(field.type).name


def _takes_first(field: GraphQLField) -> bool:
    definition: Any = field.extensions.get(DEFINITION)
    return definition is not None and PAGED in definition.directives


def _type(type_: Any, paged: frozenset[str]) -> str:
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return print_type(type_)
    word = "type" if isinstance(type_, GraphQLObjectType) else "interface"
    fields = [
        f"{print_description(field, '  ', not index)}  {name}{print_args(field.args, '  ')}: {field.type}"
        f"{_cost(type_, name, field, paged)}{print_deprecated(field.deprecation_reason)}"
        for index, (name, field) in enumerate(
            (name, field) for name, field in type_.fields.items() if not name.startswith("_")
        )
    ]
    return (
        f"{print_description(type_)}{word} {type_.name}{print_implemented_interfaces(type_)}"
        f"{_marks(type_.name)}{print_block(fields)}"
    )


def _marks(name: str) -> str:
    keys = "".join(f' @key(fields: "{key}")' for key in KEYS.get(name, ()))
    return f"{keys} @shareable" if name in VALUES else keys


def _cost(
    parent: GraphQLObjectType | GraphQLInterfaceType, name: str, field: GraphQLField, paged: frozenset[str]
) -> str:
    """What `limits.points` makes of the field, where it is not what the specification has by default."""
    if parent.name == "Mutation":
        return MUTATION_WRITTEN
    if _takes_first(field):
        return PAGED_WRITTEN
    many = is_list_type(get_nullable_type(field.type)) and is_composite_type(get_named_type(field.type))
    if not many or (parent.name in paged and name in SLICED):
        return ""
    return ASSUMED_WRITTEN
