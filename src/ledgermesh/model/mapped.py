"""Objects whose fields are read from a provider's row the first time somebody asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, Self

import strawberry

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


@strawberry.type(description="Something about this record that the reader should know.")
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
        self = object.__new__(cls)
        known = self.__dict__
        known["_row"], known["_wires"], known["_findings"] = row, wires, findings
        return self

    def _read(self, name: str, wire: Reader) -> object:
        known = self.__dict__
        try:
            return wire.value(known["_row"], known["_findings"])
        except Malformed as error:
            known["_findings"].append(
                Finding(code="MALFORMED", path=shown_name(name), message=error.reason, source_path=error.path)
            )
            return wire.missing

    if not TYPE_CHECKING:  # the type checker keeps seeing the declared fields only

        def __getattr__(self, name: str) -> object:
            wires = self.__dict__.get("_wires")
            if wires is None or (wire := wires.get(name)) is None:
                raise AttributeError(name)
            value = self.__dict__[name] = self._read(name, wire)
            return value


def read_all(value: object) -> None:
    """Read every mapped field of an object and of its parts, so that all findings are known."""
    if isinstance(value, tuple):
        for element in value:
            read_all(element)
    if isinstance(value, Mapped):
        for name in value.__dict__["_wires"]:
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
