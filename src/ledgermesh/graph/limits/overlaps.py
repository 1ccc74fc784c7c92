"""How many pairs of fields validation has to compare: those that answer under the same name in the same place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(slots=True)
class _Merged:
    """Selections in one place, all fragments of it opened, each once."""

    fields: dict[str, list[FieldNode]]
    spreads: dict[str, None]


def overlaps(sets: Iterable[SelectionSetNode], fragments: Fragments, at_most: int) -> int:
    """Pairs in these selections and in all below them, each set for itself; the counting ends above `at_most`.

    Takes time that grows with the fields, fragments as often as they are spread: bound those first. The document must
    have no cycle.
    """
    found = 0
    waiting = [[each] for each in sets]
    while waiting and found <= at_most:
        merged = _merged(waiting.pop(), fragments)
        many = len(merged.spreads)
        found += many * (many - 1) // 2
        for nodes in merged.fields.values():
            found += len(nodes) * (len(nodes) - 1) // 2
            below = [node.selection_set for node in nodes if node.selection_set is not None]
            if below:
                waiting.append(below)
    return found


def _merged(sets: list[SelectionSetNode], fragments: Fragments) -> _Merged:
    found = _Merged({}, {})
    waiting = list(sets)
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                found.fields.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in found.spreads:
                found.spreads[node.name.value] = None
                if node.name.value in fragments:
                    waiting.append(fragments[node.name.value].selection_set)
    return found
