"""A type of the schema with its fields, and what they are made of, so deep and no longer than is asked for."""

from __future__ import annotations

from typing import Final

from graphql import (
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_input_object_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    print_type,
)

DEPTH_MAX: Final = 3


def told(schema: GraphQLSchema, name: str, depth: int) -> str | None:
    """The type in the schema's own language, then those that its fields lead to; None where there is none.

    A field of a type is named as `Type.field`: it stands for the type that it gives.
    """
    found = _named(schema, name)
    if found is None:
        return None
    seen = {found.name: found}
    level = [found]
    for _ in range(min(max(depth, 1), DEPTH_MAX) - 1):
        level = [
            each for type_ in level for each in _below(type_) if seen.setdefault(each.name, each) is each
        ]
        level = list({each.name: each for each in level}.values())
    return "\n\n".join(print_type(each) for each in seen.values())


def _named(schema: GraphQLSchema, name: str) -> GraphQLNamedType | None:
    owner, dot, field = name.partition(".")
    type_ = schema.type_map.get(owner)
    if type_ is None or not dot:
        return type_
    fields = (
        type_.fields
        if is_object_type(type_) or is_interface_type(type_) or is_input_object_type(type_)
        else {}
    )
    return get_named_type(fields[field].type) if field in fields else None


def _below(type_: GraphQLNamedType) -> list[GraphQLNamedType]:
    """The types that fields give and arguments take, those without parts of their own left out unless closed words."""
    if not (is_object_type(type_) or is_interface_type(type_) or is_input_object_type(type_)):
        return []
    given = [get_named_type(field.type) for field in type_.fields.values()]
    taken = [
        get_named_type(argument.type)
        for field in type_.fields.values()
        for argument in getattr(field, "args", {}).values()
    ]
    return [each for each in (*given, *taken) if not (is_leaf_type(each) and not hasattr(each, "values"))]
