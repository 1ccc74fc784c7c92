"""How old an answer may be, said on one field: `@fresh(maxAge: 30, staleIfError: 300)`."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import strawberry
from graphql import DirectiveNode, GraphQLDirective, get_argument_values
from graphql.execution.values import VariableValues
from strawberry.directive import DirectiveLocation, DirectiveValue

from ledgermesh.errors import BadInput
from ledgermesh.graph.context import Context
from ledgermesh.upstream.call import Fresh

Info = strawberry.Info[Context, None]


@strawberry.directive(
    locations=[DirectiveLocation.FIELD],
    name="fresh",
    description="Takes answers of providers that are up to `maxAge` seconds old; 0 is live, which is the default. "
    "Where a provider fails, takes one up to `staleIfError` seconds old, 300 at most, and calls its source STALE.",
)
def fresh(
    value: DirectiveValue[object], max_age: int | None = None, stale_if_error: int | None = None
) -> object:
    """The directive changes how the field is read (see `freshness`), not its value."""
    return value


def freshness(info: Info) -> Fresh | None:
    """What `@fresh` on this field says, the rest as the request has it; None without it.

    Raises BadInput for a negative age.
    """
    for node in info._raw_info.field_nodes:
        for directive in node.directives or ():
            if directive.name.value == "fresh" and directive.arguments:
                return _said(directive, info)
    return None


def _said(directive: DirectiveNode, info: Info) -> Fresh:
    known = cast("GraphQLDirective", info._raw_info.schema.get_directive("fresh"))
    # Strawberry hands resolvers the plain values; graphql-core wants them as it made them.
    values = VariableValues({}, info.variable_values)
    given = get_argument_values(known, directive, values)
    for name, age in given.items():
        if age is not None and age < 0:
            raise BadInput(f"`@fresh({name}:)` is a number of seconds, 0 or more")
    found = info.context.terms.fresh
    if (max_age := given.get("maxAge")) is not None:
        found = replace(found, max_age_seconds=float(max_age), no_cache=False)
    if (stale := given.get("staleIfError")) is not None:
        found = replace(found, stale_seconds=float(stale))
    return found
