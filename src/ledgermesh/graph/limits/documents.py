"""Refuses documents that are too large or too costly to validate, before anything else looks at them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cachetools import LRUCache
from graphql import DocumentNode, GraphQLError, GraphQLSchema, NoFragmentCyclesRule, parse, validate

from ledgermesh.errors import LedgermeshError, TooCostly
from ledgermesh.graph.limits.overlaps import overlaps
from ledgermesh.graph.limits.tokens import tokens
from ledgermesh.graph.limits.values import DocumentLimits
from ledgermesh.graph.limits.variables import weight
from ledgermesh.graph.limits.walk import LEVELS_MAX, Cycle, Figures, TooDeep, Walk
from ledgermesh.graph.present import present, typed
from ledgermesh.graph.question import Answer, Question

KNOWN_MAX: Final = 1000
"""Documents whose verdict is kept."""
INLINE_BYTES: Final = 1_500
"""Documents up to this size are looked at at once; larger ones in a thread, so that others go on meanwhile."""

Parse = Callable[[str], DocumentNode]
Validate = Callable[[GraphQLSchema, DocumentNode], Any]

NAMES: Final = {
    "depth": "levels of fields",
    "fields": "fields",
    "aliases": "aliases",
    "root_fields": "fields at its root",
    "directives": "directives",
    "schema_lists": "lists of the schema itself",
}
"""What each figure counts, in words."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a document's text."""

    refusal: Answer | None = None
    document: DocumentNode | None = None
    """None where it is refused, or cannot be parsed: whoever runs it says why."""
    valid: bool = False


class Documents:
    """The door that every document passes."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits,
        *,
        parse: Parse = parse,
        validate: Validate = validate,
    ) -> None:
        """`parse` and `validate` may keep what they find, for those who run the document."""
        self._schema, self._limits = schema, limits
        self._parse, self._validate = parse, validate
        self._known: LRUCache[str, Verdict] = LRUCache(KNOWN_MAX)

    async def check(self, question: Question) -> Verdict:
        """What is known of the question's document; the refusal has the figure and the limit."""
        refusal = self._too_large(question)
        if refusal is not None:
            return Verdict(told(refusal))
        text = question.text
        if text not in self._known:
            if len(text) <= INLINE_BYTES:
                self._known[text] = self.look(text)
            else:
                self._known[text] = await asyncio.to_thread(self.look, text)
        return self._known[text]

    def _too_large(self, question: Question) -> TooCostly | None:
        limits, text = self._limits, question.text
        size = len(text) if len(text) > limits.document_bytes or text.isascii() else len(text.encode())
        if size > limits.document_bytes:
            return _over("bytes", size, limits.document_bytes)
        values, depth = weight(question.variables, limits.variable_values, limits.variable_depth)
        if values > limits.variable_values:
            return _over("values in its variables", None, limits.variable_values)
        if depth > limits.variable_depth:
            return _over("levels of lists and objects in its variables", None, limits.variable_depth)
        return None

    def look(self, text: str) -> Verdict:
        """The verdict on a text that is not too long; takes time that grows with it."""
        limits = self._limits
        if tokens(text, limits.tokens) > limits.tokens:
            return Verdict(told(_over("tokens", None, limits.tokens)))
        try:
            document = self._parse(text)
        except GraphQLError:
            return Verdict()
        except RecursionError:
            return Verdict(told(_over("levels", None, LEVELS_MAX)))
        walk = Walk(document)
        try:
            refusal = self._counted(walk)
        except Cycle:
            return Verdict(_cyclic(self._schema, document))
        except TooDeep:
            refusal = _over("levels of fields", None, limits.depth)
        if refusal is not None:
            return Verdict(told(refusal))
        return Verdict(None, document, not self._validate(self._schema, document))

    def _counted(self, walk: Walk) -> TooCostly | None:
        limits = self._limits
        if len(walk.fragments) > limits.fragments:
            return _over("fragments", len(walk.fragments), limits.fragments)
        found = walk.figures()
        for name, words in NAMES.items():
            figure, limit = _figure(found, name), getattr(limits, name)
            if figure > limit:
                return _over(words, figure, limit)
        if overlaps(walk.sets, walk.fragments, limits.overlaps) > limits.overlaps:
            return _over("pairs of fields under the same name", None, limits.overlaps)
        return None


def _figure(found: Figures, name: str) -> int:
    figure: int = getattr(found, name)
    return figure


def _over(what: str, figure: int | None, limit: int) -> TooCostly:
    """The refusal; without a figure where the counting ended at the limit."""
    has = f"more than {limit:,} {what}" if figure is None else f"{figure:,} {what}"
    return TooCostly(f"The request has {has}; the limit is {limit:,}.")


def told(error: LedgermeshError) -> Answer:
    """The whole answer where nothing is run."""
    return {"errors": [{"message": error.message, "extensions": typed(error)}]}


def _cyclic(schema: GraphQLSchema, document: DocumentNode) -> Answer:
    """What validation says of fragments that spread themselves; the other rules would take too long on them."""
    return {"errors": [present(error) for error in validate(schema, document, [NoFragmentCyclesRule])]}
