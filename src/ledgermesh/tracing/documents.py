"""A GraphQL document as traces show it: what was asked for, without the values it was asked with."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from cachetools import LRUCache
from graphql import (
    BooleanValueNode,
    DocumentNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NameNode,
    Node,
    ObjectValueNode,
    StringValueNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)

CHARACTERS_MAX: Final = 4_000
"""Of a document in a span. A longer text is not shown at all: printing it would hold everybody up."""
KEPT_MAX: Final = 500
BLANK: Final = VariableNode(name=NameNode(value="_"))
"""Printed as `$_`: no document can be mistaken for one that was asked like this."""


class Documents:
    """Documents without their values, remembered by their text: printing one takes longer than parsing it."""

    def __init__(self) -> None:
        self._shown: LRUCache[str, tuple[str, str]] = LRUCache(KEPT_MAX)

    def shown(self, text: str, document: DocumentNode) -> tuple[str, str]:
        """The document with its literals stripped, empty where it is long, and the SHA-256 of the text."""
        found = self._shown.get(text)
        if found is None:
            found = stripped(document) if len(text) <= CHARACTERS_MAX else "", digest(text)
            self._shown[text] = found
        return found


def digest(text: str) -> str:
    """As clients that name documents by their hash have it."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


class _Strip(Visitor):
    """Puts a blank in the place of every value that a caller wrote. Variables and enum words stay."""

    def enter(self, node: Node, *_: Any) -> Node | None:
        stripped_kinds = (
            IntValueNode, FloatValueNode, StringValueNode, BooleanValueNode, ListValueNode, ObjectValueNode,
        )  # fmt: skip
        return BLANK if isinstance(node, stripped_kinds) else None


def stripped(document: DocumentNode) -> str:
    """The document printed anew, without comments, names of what it asks for kept."""
    return print_ast(visit(document, _Strip()))
