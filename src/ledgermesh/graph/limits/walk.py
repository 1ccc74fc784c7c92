"""One pass over a parsed document: each fragment is looked at once, however often it is spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

CEILING: Final = 10**12
"""Where counts stop. Fragments that double each other would make numbers of many digits."""
LEVELS_MAX: Final = 150
"""Selections inside of selections, fragments opened, that are looked at."""

SCHEMA_LISTS: Final = frozenset(
    ("types", "fields", "args", "inputFields", "enumValues", "possibleTypes", "interfaces", "directives")
)
SERVICE: Final = "_service"
"""The schema as one text, for routers."""
SERVICE_LISTS: Final = 10
"""As many lists of the schema as it counts: it is about as large as they are."""
SCHEMA_ROOTS: Final = frozenset(("__schema", "__type"))


class Cycle(Exception):
    """A fragment spreads itself, in the end."""


class TooDeep(Exception):
    """More than LEVELS_MAX levels."""


@dataclass(slots=True)
class Figures:
    """What was counted below one place. Depth is the greatest, the others are sums up to CEILING."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    """Fields on the very level where the counting began."""
    lists: int = 0
    """Fields called as the lists of a schema are."""
    schema_lists: int = 0
    """Of those, the ones below `__schema` and `__type`."""

    def add(self, other: Figures) -> None:
        """Take in what stands on the same level."""
        self.depth = max(self.depth, other.depth)
        self.fields = min(self.fields + other.fields, CEILING)
        self.aliases = min(self.aliases + other.aliases, CEILING)
        self.directives = min(self.directives + other.directives, CEILING)
        self.root_fields = min(self.root_fields + other.root_fields, CEILING)
        self.lists = min(self.lists + other.lists, CEILING)
        self.schema_lists = min(self.schema_lists + other.schema_lists, CEILING)


class Walk:
    """Counts what a document holds; each fragment is counted once and added wherever it is spread."""

    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self.operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        self._known: dict[str, Figures] = {}
        self._open: set[str] = set()
        self._level = 0

    @property
    def sets(self) -> list[SelectionSetNode]:
        """The outermost selections."""
        return [each.selection_set for each in (*self.operations, *self.fragments.values())]

    def figures(self) -> Figures:
        """All operations together, root fields and depth of the largest; raises Cycle and TooDeep.

        Fragments that no operation spreads are counted as well: they are validated too.
        """
        found, roots = Figures(), 0
        for each in self.operations:
            own = self._set(each.selection_set)
            own.directives += len(each.directives or ())
            found.add(own)
            roots = max(roots, own.root_fields)
        for name in self.fragments:
            if name not in self._known:
                found.add(self._fragment(name))
        found.root_fields = roots
        return found

    def _set(self, selected: SelectionSetNode) -> Figures:
        self._level += 1
        if self._level > LEVELS_MAX:
            raise TooDeep
        found = Figures()
        for node in selected.selections:
            if node.directives:
                found.directives = min(found.directives + len(node.directives), CEILING)
            if isinstance(node, FieldNode):
                self._field(node, found)
            else:
                found.add(self._opened(node))
        self._level -= 1
        return found

    def _field(self, node: FieldNode, above: Figures) -> None:
        name = node.name.value
        if node.selection_set is not None:
            below = self._set(node.selection_set)
            below.depth += 1
            below.root_fields = 0
            if name in SCHEMA_ROOTS:
                below.schema_lists = below.lists
            elif name == SERVICE:
                below.schema_lists = SERVICE_LISTS
            above.add(below)
        above.depth = max(above.depth, 1)
        above.fields += 1
        above.root_fields += 1
        above.aliases += node.alias is not None
        above.lists += name in SCHEMA_LISTS

    def _opened(self, node: SelectionNode) -> Figures:
        if isinstance(node, InlineFragmentNode):
            return self._set(node.selection_set)
        return self._fragment(node.name.value)  # type: ignore[attr-defined]  # a spread: there is no third kind

    def _fragment(self, name: str) -> Figures:
        """A fragment that is not there counts nothing: validation tells of it."""
        if name in self._known or name not in self.fragments:
            return self._known.get(name) or Figures()
        if name in self._open:
            raise Cycle(name)
        self._open.add(name)
        node = self.fragments[name]
        found = self._set(node.selection_set)
        found.directives += len(node.directives or ())
        self._open.discard(name)
        self._known[name] = found
        return found
