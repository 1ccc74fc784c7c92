"""One example operation for each kind of record, with every field of its own: `schema/operations/records/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import (
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)

from ledgermesh.graph.kinds import KINDS, NAMES, Kind
from ledgermesh.model.mapped import graphql_name

FIRST, FIRST_PARENTS = 2, 12
WIDTH = 110
SOURCE = "source { nativeId url origin { kind integration nativeId } connection { id } }"
VERDICT = "sources { connection { id } resource status completeness reason }"
RELATED = "{ id }"
"""What is asked of another record that this one refers to: costs no call."""


def record_operations(schema: GraphQLSchema) -> Mapping[str, str]:
    """The text of each operation by the name of its file."""
    return {file_name(kind): _operation(schema, kind) for kind in KINDS}


def file_name(kind: Kind) -> str:
    """The file that a kind's operation stands in."""
    return f"{kind.many.replace('_', '-')}.graphql"


def _operation(schema: GraphQLSchema, kind: Kind) -> str:
    type_ = schema.type_map[kind.name]
    assert isinstance(type_, GraphQLObjectType), "kinds of record are object types"
    many = graphql_name(kind.many)
    list_, _, relation = kind.below.partition(".")
    fields = "\n".join(_wrapped(["id", SOURCE, *_fields(type_)], 10 if relation else 8))
    if relation:
        nodes = f"      nodes {{\n        id\n        {relation} {{\n{fields}\n        }}\n      }}"
        note = f"# {kind.what}: every field of a record, read below each of the {list_}.\n"
    else:
        nodes = f"      nodes {{\n{fields}\n      }}"
        note = f"# {kind.what}: every field of a record.\n"
    name, first = many[0].upper() + many[1:], FIRST_PARENTS if relation else FIRST
    return (
        f"{note}query Record{name}($company: ID, $from: [String!], $first: Int = {first}) {{\n"
        f"  company(key: $company) {{\n"
        f"    {list_ or many}(first: $first, from: $from) {{\n{nodes}\n      {VERDICT}\n    }}\n  }}\n}}\n"
    )


def _fields(type_: GraphQLObjectType) -> Iterator[str]:
    """The fields of a record: values, amounts and parts in full, references by id, lists of records not at all."""
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        if name in ("id", "source"):
            continue
        if is_leaf_type(inner):
            yield name
        elif name == "downloads":
            yield "downloads { name contentType }"
        elif inner.name in (*NAMES, "Record"):
            if not isinstance(get_nullable_type(field.type), GraphQLList):
                yield f"{name} {RELATED}"
        elif isinstance(inner, GraphQLObjectType):
            yield f"{name} {{ {' '.join(_parts(inner))} }}"


def _parts(type_: GraphQLObjectType) -> Iterator[str]:
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            yield name
        elif isinstance(inner, GraphQLObjectType):
            yield f"{name} {{ {' '.join(_parts(inner))} }}"


def _wrapped(fields: list[str], indent: int) -> Iterator[str]:
    """Lines of about the width of a page."""
    line = ""
    parts = [part for field in fields for part in _split(field, WIDTH - indent)]
    for field in parts:
        if line and len(line) + len(field) + 1 > WIDTH - indent:
            yield " " * indent + line
            line = ""
        line = f"{line} {field}" if line else field
    yield " " * indent + line


def _split(field: str, width: int) -> Iterator[str]:
    """A field with parts that fill more than a line, cut between them."""
    if len(field) <= width:
        yield field
        return
    head, _, rest = field.partition(" { ")
    yield f"{head} {{"
    depth, part = 0, ""
    for word in rest.removesuffix(" }").split():
        depth += word.count("{") - word.count("}")
        part = f"{part} {word}" if part else word
        if depth == 0 and word != "{":
            yield part
            part = ""
    yield "}"
