"""What resolvers get of a field's arguments, for those who ask without running it."""

from __future__ import annotations

from typing import Any

import strawberry

from ledgermesh.compiler.strawberry_inputs import Inputs
from ledgermesh.compiler.terms import Convert
from ledgermesh.graph.limits.asked import Asked
from ledgermesh.graph.limits.plan import Arguments


def arguments_of(schema: strawberry.Schema) -> Arguments:
    """By Python name; inputs as their classes, as Strawberry makes them."""
    inputs = Inputs(schema.config, schema.schema_converter.scalar_registry)
    known: dict[int, tuple[Any, dict[str, tuple[str, Convert | None]]]] = {}

    def arguments(asked: Asked) -> dict[str, Any]:
        field = asked.definition.extensions["strawberry-definition"]
        if (found := known.get(id(field))) is None:
            # Kept beside its converters, so that its number is not given to another one.
            found = known[id(field)] = field, inputs.of(field)
        _, converters = found
        given = asked.arguments
        return {
            ours: given[name] if convert is None else convert(given[name])
            for name, (ours, convert) in converters.items()
            if name in given
        }

    return arguments
