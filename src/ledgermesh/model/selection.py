"""Which fields a selection reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import strawberry
from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionNode

NAMES_MAX: Final = 5_000
"""GraphQL names whose Python names are remembered; the schema has some two thousand."""

DEEPLY: Final = ""
"""Begins what is remembered of a path with the fields below it; no field is called so."""

_KEYWORDS = frozenset(("from", "in", "and", "or", "not", "is"))


@lru_cache(NAMES_MAX)
def python_name(name: str) -> str:
    """The Python field behind a GraphQL field name."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"{snake}_" if snake in _KEYWORDS else snake


def selected(info: strawberry.Info[Any, Any], *path: str) -> frozenset[str]:
    """Python names of the fields selected on what this field returns, or further down along `path`.

    A superset: fragments on any type and fields behind @skip or @include count.
    """
    # The parsed nodes; the public wrapper converts all of them, also those nobody asks for.
    return chosen(info._raw_info, *path)


def chosen(raw: Any, *path: str) -> frozenset[str]:
    """The same of graphql-core's info. Where the nodes are those of a compiled operation it is worked out once."""
    return _known(raw, path, _chosen)


def deeply(info: strawberry.Info[Any, Any], *path: str) -> frozenset[str]:
    """The same as `selected`, with `field.inner` for each field that is selected on one of them."""
    return _known(info._raw_info, (DEEPLY, *path), _deeply)


def _known(
    raw: Any, path: tuple[str, ...], find: Callable[[Any, tuple[str, ...]], frozenset[str]]
) -> frozenset[str]:
    known: dict[tuple[str, ...], frozenset[str]] | None = getattr(raw.field_nodes, "known", None)
    if known is None:
        return find(raw, path)
    if (found := known.get(path)) is None:
        found = known[path] = find(raw, path)
    return found


def _chosen(raw: Any, path: tuple[str, ...]) -> frozenset[str]:
    return frozenset(python_name(node.name.value) for node in _at(raw, path))


def _deeply(raw: Any, path: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for node in _at(raw, path[1:]):
        name = python_name(node.name.value)
        inner = below((node,), raw.fragments)
        found |= {name, *(f"{name}.{python_name(each.name.value)}" for each in inner)}
    return frozenset(found)


def _at(raw: Any, path: tuple[str, ...]) -> Iterator[FieldNode]:
    nodes: list[SelectionNode] = list(raw.field_nodes)
    for name in path:
        nodes = [node for node in below(nodes, raw.fragments) if node.name.value == name]
    return below(nodes, raw.fragments)


def below(
    nodes: Iterable[SelectionNode], fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """The fields that are selected below these, those of fragments too."""
    for node in nodes:
        inner = getattr(node, "selection_set", None)
        yield from _flat(inner.selections if inner is not None else (), fragments)


def _flat(
    nodes: Iterable[SelectionNode], fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    for node in nodes:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _flat(node.selection_set.selections, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from _flat(fragments[node.name.value].selection_set.selections, fragments)
