"""What resolvers get of a field's arguments, for those who ask without running it."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.types.arguments import convert_arguments

from ledgermesh.graph.limits.asked import Asked
from ledgermesh.graph.limits.plan import Arguments


def arguments_of(schema: strawberry.Schema) -> Arguments:
    """By Python name; inputs as their classes, as Strawberry makes them."""
    registry, config = schema.schema_converter.scalar_registry, schema.config

    def arguments(asked: Asked) -> dict[str, Any]:
        field = asked.definition.extensions["strawberry-definition"]
        return convert_arguments(dict(asked.arguments), field.arguments, registry, config)

    return arguments
