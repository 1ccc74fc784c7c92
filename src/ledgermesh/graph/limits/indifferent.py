"""Variables whose values change nothing of what an operation costs: a page's cursor, and what is searched for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)

from ledgermesh.graph.company import LISTS
from ledgermesh.model.selection import python_name

ARGUMENTS: Final = frozenset(("after", "search"))
"""Of a company's lists: the plan of calls asks whether they are there, and whether two of them are the same."""

Shape = tuple[tuple[str, int], ...]
"""Of each variable: its name, and which of the different texts it is; -1 for the empty one."""


def indifferent(document: DocumentNode) -> frozenset[str]:
    """The variables that stand nowhere but there."""
    reading = _Reading()
    visit(document, reading)
    return frozenset(reading.there - reading.elsewhere)


class _Reading(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.there: set[str] = set()
        self.elsewhere: set[str] = set()

    def enter_variable(
        self, node: VariableNode, _key: Any, parent: Any, _path: Any, above: list[Any]
    ) -> None:
        if isinstance(parent, VariableDefinitionNode):
            return
        (self.there if _indifferent(parent, above) else self.elsewhere).add(node.name.value)


def _indifferent(parent: Any, above: list[Any]) -> bool:
    field = next((each for each in reversed(above) if isinstance(each, FieldNode)), None)
    return (
        isinstance(parent, ArgumentNode)
        and parent.name.value in ARGUMENTS
        and field is not None
        and any(each is parent for each in field.arguments or ())
        and python_name(field.name.value) in LISTS
    )


def split(variables: Mapping[str, Any], names: frozenset[str]) -> tuple[Mapping[str, Any], Shape]:
    """The variables whose values count, and the shape of the others. What is no text counts: it may be refused."""
    shape: list[tuple[str, int]] = []
    texts: dict[str, int] = {}
    rest = dict(variables)
    for name in sorted(names):
        if isinstance(text := rest.get(name), str):
            del rest[name]
            shape.append((name, texts.setdefault(text, len(texts)) if text else -1))
    return rest, tuple(shape)
