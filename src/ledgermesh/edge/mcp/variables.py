"""A JSON Schema (2020-12) of an operation's variables, made of their GraphQL types."""

from __future__ import annotations

from typing import Any, Final

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    type_from_ast,
    value_from_ast_untyped,
)

SCALARS: Final[dict[str, dict[str, Any]]] = {
    "Int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "Float": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "String": {"type": "string"},
    "ID": {"type": "string"},
    "Date": {"type": "string", "format": "date"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Decimal": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    "JSON": {},
}
"""How callers write each scalar; one that is not here is a text."""
WITHHELD: Final = frozenset((("WriteOptions", "sync"), ("FileInput", "upload")))
"""Parts of inputs that no tool takes: a push is approved by `commit`, and no file travels in JSON by name."""


class Described:
    """What variables of one schema look like; each input type is described once and referred to."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def operation(self, node: OperationDefinitionNode) -> dict[str, Any]:
        """The JSON Schema of all variables of an operation."""
        defs: dict[str, Any] = {}
        properties, required = {}, []
        for variable in node.variable_definitions or ():
            name = variable.variable.name.value
            type_ = type_from_ast(self._schema, variable.type)
            assert type_ is not None, "the operation was validated"
            said = self._of(type_, defs)
            if variable.default_value is not None:
                said = {**said, "default": value_from_ast_untyped(variable.default_value)}
            elif is_non_null_type(type_):
                required.append(name)
            properties[name] = said
        found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            found["required"] = required
        return {**found, "$defs": defs} if defs else found

    def _of(self, type_: Any, defs: dict[str, Any]) -> dict[str, Any]:
        if is_non_null_type(type_):
            return self._present(type_.of_type, defs)
        said = self._present(type_, defs)
        if isinstance(said.get("type"), str):
            return {**said, "type": [said["type"], "null"]}
        return {"anyOf": [said, {"type": "null"}]} if said else said

    def _present(self, type_: GraphQLInputType, defs: dict[str, Any]) -> dict[str, Any]:
        if is_list_type(type_):
            return {"type": "array", "items": self._of(type_.of_type, defs)}
        if is_enum_type(type_):
            return {"enum": list(type_.values)}
        if is_input_object_type(type_):
            if type_.name not in defs:
                defs[type_.name] = {}  # it may hold itself
                defs[type_.name] = self._object(type_, defs)
            return {"$ref": f"#/$defs/{type_.name}"}
        return dict(SCALARS.get(getattr(type_, "name", ""), {"type": "string"}))

    def _object(self, type_: GraphQLInputObjectType, defs: dict[str, Any]) -> dict[str, Any]:
        properties, required = {}, []
        for name, field in type_.fields.items():
            if (type_.name, name) in WITHHELD:
                continue
            properties[name] = {**self._of(field.type, defs), "description": field.description or name}
            if (
                is_non_null_type(field.type)
                and field.ast_node is not None
                and not field.ast_node.default_value
            ):
                required.append(name)
        found = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**found, "required": required} if required else found
