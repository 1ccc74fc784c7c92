"""Refuses documents that are too large or too costly to validate, before anything else looks at them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, NoFragmentCyclesRule, parse, validate
from msgspec import Struct

from ledgermesh.errors import LedgermeshError, TooCostly
from ledgermesh.graph.known import Known
from ledgermesh.graph.limits.overlaps import overlaps
from ledgermesh.graph.limits.tokens import tokens
from ledgermesh.graph.limits.values import DocumentLimits
from ledgermesh.graph.limits.variables import weight
from ledgermesh.graph.limits.walk import LEVELS_MAX, Cycle, Figures, TooDeep, Walk
from ledgermesh.graph.present import present, typed
from ledgermesh.graph.question import Answer, Question

KEPT_MAX: Final = 8_000_000
"""Characters of the documents whose verdict is kept, all together."""
OVERHEAD: Final = 500
"""Characters that one of them counts beside its own."""
INLINE_MAX: Final = 1_500
"""Characters of documents that are looked at at once; larger ones are in a thread, so that others go on meanwhile."""

NAMES: Final = {
    "depth": "levels of fields",
    "fields": "fields",
    "aliases": "aliases",
    "root_fields": "fields at its root",
    "directives": "directives",
    "schema_lists": "lists of the schema itself",
}
"""What each figure counts, in words."""


class Verdict(Struct, frozen=True):
    """What is known of a document's text."""

    refusal: Answer | None = None
    fine: bool = False
    """Whether it is valid; otherwise whoever runs it says what is wrong."""
    size: int = 0
    """Characters of the text."""


class Documents:
    """The door that every document passes."""

    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits, known: Known) -> None:
        self._schema, self._limits, self._known = schema, limits, known
        self._verdicts: OrderedDict[str, Verdict] = OrderedDict()
        self._kept = 0

    def known(self, question: Question) -> Verdict | None:
        """What is known of the question's document; None where nobody has looked at it yet."""
        refusal = self._too_large(question)
        if refusal is not None:
            return Verdict(told(refusal))
        found = self._verdicts.get(question.text)
        if found is not None:
            self._verdicts.move_to_end(question.text)
        return found

    async def check(self, question: Question) -> Verdict:
        """What is known of the question's document; the refusal has the figure and the limit."""
        if (found := self.known(question)) is None:
            text = question.text
            found = self.look(text) if len(text) <= INLINE_MAX else await asyncio.to_thread(self.look, text)
            self._keep(text, found)
        return found

    def _keep(self, text: str, verdict: Verdict) -> None:
        if text in self._verdicts:  # somebody else looked at it meanwhile
            return
        self._verdicts[text] = verdict
        self._kept += verdict.size + OVERHEAD
        while self._kept > KEPT_MAX:
            _, gone = self._verdicts.popitem(last=False)
            self._kept -= gone.size + OVERHEAD

    def _too_large(self, question: Question) -> TooCostly | None:
        limits, text = self._limits, question.text
        size = (
            len(text)
            if len(text) > limits.document_bytes or text.isascii()
            else len(text.encode(errors="surrogatepass"))
        )
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
        size = len(text)
        refusal = self._refusal(text)
        if refusal is not None:
            return Verdict(refusal, size=size)
        # Kept for whoever runs it, now that it is known to be harmless.
        return Verdict(fine=self._known.validated(self._schema, text) is not None, size=size)

    def _refusal(self, text: str) -> Answer | None:
        limits = self._limits
        if tokens(text, limits.tokens) > limits.tokens:
            return told(_over("tokens", None, limits.tokens))
        try:
            document = parse(text)
            over = self._counted(Walk(document))
        except Cycle:
            return _cyclic(self._schema, document)
        except GraphQLError as error:
            self._known.broken(text, error)
            return None
        except RecursionError:
            over = _over("levels", None, LEVELS_MAX)
        except TooDeep:
            over = _over("levels of fields", None, limits.depth)
        return told(over) if over is not None else None

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
