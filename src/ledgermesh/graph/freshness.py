"""How old an answer may be, said on one field: `@fresh(maxAge: 30)`."""

from __future__ import annotations

import strawberry
from graphql import IntValueNode, VariableNode
from strawberry.directive import DirectiveLocation, DirectiveValue

from ledgermesh.errors import BadInput
from ledgermesh.graph.context import Context
from ledgermesh.upstream.call import Fresh

Info = strawberry.Info[Context, None]


@strawberry.directive(
    locations=[DirectiveLocation.FIELD],
    name="fresh",
    description="Takes answers of providers that are up to `maxAge` seconds old; 0 is live, which is the default.",
)
def fresh(value: DirectiveValue[object], max_age: int) -> object:
    """The directive changes how the field is read (see `freshness`), not its value."""
    return value


def freshness(info: Info) -> Fresh | None:
    """What `@fresh` on this field says; None without it. Raises BadInput for a negative age."""
    for node in info._raw_info.field_nodes:
        for directive in node.directives or ():
            if directive.name.value == "fresh" and directive.arguments:
                age = _age(directive.arguments[0].value, info)
                if age < 0:
                    raise BadInput("`@fresh(maxAge:)` is a number of seconds, 0 or more")
                return Fresh(float(age))
    return None


def _age(node: object, info: Info) -> int:
    if isinstance(node, IntValueNode):
        return int(node.value)
    assert isinstance(node, VariableNode), "validated as Int!"
    return int(info.variable_values[node.name.value])
