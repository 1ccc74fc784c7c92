"""Statements that write values of the answer as JSON, where an object of their own would cost more than its text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import GraphQLEnumType, get_named_type

from ledgermesh.compiler.plan import Level, Place, item, nullable

Lines = Iterator[str]

PLAIN = frozenset(("Decimal", "Date"))
"""Scalars that are completed to text without anything that JSON would escape."""
QUOTED = frozenset(("String", "ID"))


def json_object(level: Level, texts: Mapping[int, str] | None = None) -> str:
    """An expression for an object whose values are JSON in `v<number of the place>`, or in the names that are given."""
    pieces = {id: f"{{{name}}}" for id, name in (texts or {}).items()}
    return f"f'{template(level, pieces)}'"


def template(level: Level, pieces: Mapping[int, str]) -> str:
    """The same as what stands in a formatted string; the pieces that are given are parts of one."""
    members = []
    for place in level.places:
        value = f'"{level.type.name}"' if place.typename else pieces.get(place.id, f"{{v{place.id}}}")
        members.append(f'"{place.key}":{value}')
    # Keys are names of GraphQL: letters, digits and `_`.
    return f"{{{{{','.join(members)}}}}}"


def written(place: Place, name: str) -> Lines:
    """Makes JSON of a completed value."""
    if not nullable(place.type):
        yield f"{name} = {_json(place, name)}"
        return
    yield f"{name} = 'null' if {name} is None else {_json(place, name)}"


def _json(place: Place, name: str) -> str:
    type = get_named_type(place.type)
    if item(place.type) is not None:
        return f"encode({name}).decode()"
    if type.name in QUOTED:
        return f"quote({name})"
    if type.name == "Boolean":
        return f"('true' if {name} else 'false')"
    if type.name == "Int":
        return f"str({name})"
    if type.name in PLAIN or isinstance(type, GraphQLEnumType):
        return f"f'\"{{{name}}}\"'"
    return f"encode({name}).decode()"


def is_decimal(place: Place) -> bool:
    """Whether exact numbers stand at a place, as text."""
    return item(place.type) is None and get_named_type(place.type).name == "Decimal"


def decimal_written(name: str, *, optional: bool) -> Lines:
    """Makes JSON of an exact number as a document has it, or of its text, without an exponent.

    `bytes` are the text of a number that has none.
    """
    yield f"if {name}.__class__ is Decimal:"
    yield f"    t = str({name})"
    yield f"    {name} = f'\"{{t}}\"' if 'E' not in t else f'\"{{{name}:f}}\"'"
    yield f"elif {name}.__class__ is int:"
    yield f"    {name} = f'\"{{{name}}}\"'"
    yield f"elif {name}.__class__ is bytes:"
    yield f"    {name} = f'\"{{{name}.decode()}}\"'"
    yield f"elif {name}.__class__ is str:"
    yield f"    {name} = f'\"{{to_decimal({name}):f}}\"'"
    yield from _otherwise(name, optional=optional)


def is_text(place: Place) -> bool:
    """Whether text stands at a place that may be null."""
    return nullable(place.type) and item(place.type) is None and get_named_type(place.type).name in QUOTED


def text_written(name: str) -> Lines:
    """Makes JSON of text as a document has it; the empty one is null."""
    yield f"if {name}.__class__ is str:"
    yield f"    {name} = quote({name}) if {name} else 'null'"
    yield f"elif {name}.__class__ is int:"
    yield f"    {name} = f'\"{{{name}}}\"'"
    yield from _otherwise(name, optional=True)


def _otherwise(name: str, *, optional: bool) -> Lines:
    if optional:
        yield f"elif {name} is None:"
        yield f"    {name} = 'null'"
    yield "else:"
    yield "    raise Odd"
