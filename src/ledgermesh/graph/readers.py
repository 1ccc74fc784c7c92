"""Several fields of a mapped object read in one go: a function for each provider's mapping and selection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from graphql import GraphQLObjectType

from ledgermesh.compiler.strawberry_schema import DEFINITION
from ledgermesh.model.mapped import Mapped, wires_of
from ledgermesh.model.row import Malformed

MAPPINGS_MAX: Final = 100
"""Mappings that one place of a document has functions for; there is one for each resource of each provider."""

Read = Callable[[Any], Sequence[Any]]


def reader(parent: GraphQLObjectType, names: Sequence[str]) -> Read | None:
    """What reads these attributes of an object of this type, in order; None for types that are not mapped.

    Says and keeps exactly what reading them one by one does: a value that is malformed costs its field, once.
    """
    origin: Any = getattr(parent.extensions.get(DEFINITION), "origin", None)
    if not isinstance(origin, type) or not issubclass(origin, Mapped) or not names:
        return None
    # The mapping is kept beside its function, so that its number is not given to another one.
    known: dict[int, tuple[Mapping[str, Any], Read]] = {}

    def read(source: Any) -> Sequence[Any]:
        wires = wires_of(source)
        found = known.get(id(wires))
        if found is None:
            if len(known) >= MAPPINGS_MAX:
                return [getattr(source, name) for name in names]
            found = known[id(wires)] = (wires, _made(wires, names))
        try:
            return found[1](source)
        except Malformed:
            return [getattr(source, name) for name in names]

    return read


def _made(wires: Mapping[str, Any], names: Sequence[str]) -> Read:
    found: dict[str, Any] = {}
    source = "\n".join(("def read(o):", *(f"    {line}" for line in _lines(wires, names, found)))) + "\n"
    # Names are those of fields of our own types.
    exec(compile(source, "<reader>", "exec"), found)  # noqa: S102  # this is what a generated reader is
    made: Read = found["read"]
    return made


def _lines(wires: Mapping[str, Any], names: Sequence[str], found: dict[str, Any]) -> Iterator[str]:
    yield "d = o.__dict__"
    yield "row, findings = d['_row'], d['_findings']"
    for number, name in enumerate(names):
        wire = wires.get(name)
        if wire is None:
            yield f"v{number} = o.{name}"
            continue
        whole = getattr(wire, "parts", None) is not None or not hasattr(wire, "read")
        found[f"read_{number}"] = wire.value if whole else wire.read
        yield f"if {name!r} in d:"
        yield f"    v{number} = d[{name!r}]"
        yield "else:"
        yield f"    v{number} = d[{name!r}] = read_{number}(row{', findings' if whole else ''})"
    yield f"return {', '.join(f'v{number}' for number in range(len(names)))},"
