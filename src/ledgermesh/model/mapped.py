"""Objects whose fields are read from a provider's row the first time somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol, Self

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.row import Malformed, Row


class Reader(Protocol):
    """How one field is read; `ledgermesh.spec.wires.Wire` is one."""

    def value(self, row: Row, findings: list[Finding]) -> object:
        """The field's value; raises Malformed."""
        ...

    @property
    def missing(self) -> object:
        """What stands in for a value that cannot be read: None, or an empty tuple for lists."""
        ...


@declare.object_type(description="Something about this record that the reader should know.")
class Finding:
    code: str = strawberry.field(
        description="MALFORMED: the provider's value cannot be read and the field is null. NOTE: the provider says so."
    )
    path: str = strawberry.field(description="The field of this record, or of one of its parts.")
    message: str = strawberry.field(description="What is wrong, in words; never the value itself.")
    source_path: str | None = strawberry.field(
        description="Where the value stands in the provider's document."
    )


class Mapped:
    """A Strawberry type over a row. A field with a default would never be lazy: the class attribute wins."""

    _row: strawberry.Private[Row]
    _wires: strawberry.Private[Mapping[str, Reader]]
    _findings: strawberry.Private[list[Finding]]

    @classmethod
    def over(cls, row: Row, wires: Mapping[str, Reader], findings: list[Finding]) -> Self:
        """An object that has mapped nothing yet. `findings` collects what cannot be read, also of its parts."""
        # Attributes, never `__dict__`: Python makes the dictionary of an object only where somebody asks for it, which
        # takes longer than all of this.
        self = object.__new__(cls)
        self._row, self._wires, self._findings = row, wires, findings
        return self

    def _read(self, name: str, wire: Reader) -> object:
        try:
            return wire.value(self._row, self._findings)
        except Malformed as error:
            self._findings.append(
                Finding(code="MALFORMED", path=shown_name(name), message=error.reason, source_path=error.path)
            )
            return wire.missing

    if not TYPE_CHECKING:  # the type checker keeps seeing the declared fields only

        def __getattr__(self, name: str) -> object:
            # What is missing of these is missing where the object is not over a row.
            wire = self._wires.get(name) if name[:1] != "_" else None
            if wire is None:
                raise AttributeError(name)
            value = self._read(name, wire)
            setattr(self, name, value)
            return value


row_of: Callable[[Mapped], Row] = attrgetter("_row")
"""The row that an object is over."""
wires_of: Callable[[Mapped], Mapping[str, Any]] = attrgetter("_wires")
"""How its fields are read."""
findings_of: Callable[[Mapped], list[Finding]] = attrgetter("_findings")
"""What could not be read so far."""


def read_alike(records: Iterable[Mapped]) -> bool:
    """Whether the fields of all of these are read by the same wires."""
    return len(set(map(id, map(wires_of, records)))) <= 1


def read_all(value: object) -> None:
    """Read every mapped field of an object and of its parts, so that all findings are known."""
    if isinstance(value, tuple):
        for element in value:
            read_all(element)
    if isinstance(value, Mapped):
        for name in wires_of(value):
            read_all(getattr(value, name))


def shown_name(name: str) -> str:
    """The field that callers see for a field of the mapping; references lose their ending."""
    return graphql_name(field_name(name))


def field_name(name: str) -> str:
    """The Python name of the field that a mapping's field feeds: `party_ref` is `party`, `group_refs` is `groups`."""
    return f"{name.removesuffix('_refs')}s" if name.endswith("_refs") else name.removesuffix("_ref")


def graphql_name(name: str) -> str:
    """The GraphQL name of a Python field name."""
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(part.title() for part in rest)


def graphql_path(path: str) -> str:
    """A dotted path of Python field names and places in lists, in GraphQL names: `lines.0.unitPrice`."""
    words = (word for word in path.split(".") if word)
    return ".".join(word if word.isdigit() else graphql_name(word) for word in words)


def input_path(path: str) -> str:
    """The same in a mutation's input: `input.lines.0.unitPrice`."""
    return f"input.{graphql_path(path)}" if path else "input"
