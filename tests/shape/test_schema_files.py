"""What is committed below schema/ is what the code prints, and the schema explains itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from graphql import (
    GraphQLSchema,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    is_specified_directive,
    parse,
    validate,
)

from ledgermesh.cli.printing import printed as from_code
from tests.shape.sources import ROOT
from tests.shared import printed_schema

SCHEMA = ROOT / "schema"
OPERATIONS = sorted((SCHEMA / "operations").rglob("*.graphql"))


@cache
def printed() -> GraphQLSchema:
    """The schema as callers see it."""
    return printed_schema()


def undescribed(schema: GraphQLSchema) -> Iterator[str]:
    """Names of types, fields, arguments and directives without a description."""
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or name in ("ID", "Int", "Float", "String", "Boolean"):
            continue
        if not type_.description:
            yield name
        if is_object_type(type_) or is_interface_type(type_) or is_input_object_type(type_):
            for field_name, field in type_.fields.items():
                yield from _field(f"{name}.{field_name}", field)
    for directive in schema.directives:
        if not is_specified_directive(directive) and not directive.description:
            yield f"@{directive.name}"


def _field(where: str, field: object) -> Iterator[str]:
    if not getattr(field, "description", None):
        yield where
    for name, argument in getattr(field, "args", {}).items():
        if not argument.description:
            yield f"{where}({name}:)"


def test_what_is_committed_is_what_the_code_prints() -> None:
    """`ledgermesh schema` would change nothing: the schema, the coverage, the operations of the kinds of record."""
    files = from_code()
    assert [name for name, text in files.items() if (SCHEMA / name).read_text(encoding="utf-8") != text] == []
    records = {f"operations/records/{path.name}" for path in (SCHEMA / "operations" / "records").iterdir()}
    assert records == {name for name in files if name.startswith("operations/records/")}


def test_every_part_of_the_schema_is_described() -> None:
    """Types, enums, fields, arguments and directives say what they mean."""
    assert list(undescribed(printed())) == []


def test_there_are_enums_to_describe() -> None:
    """The check above sees the closed word lists too."""
    assert any(is_enum_type(type_) for type_ in printed().type_map.values())


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_every_example_is_a_question_of_this_schema(path: object) -> None:
    """The named operations are valid."""
    assert validate(printed(), parse((SCHEMA / "operations" / str(path)).read_text(encoding="utf-8"))) == []
