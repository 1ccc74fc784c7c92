"""Answers about the schema itself, which never change while the process runs and cost as much as a large list."""

from __future__ import annotations

from typing import Final

import msgspec
from cachetools import LRUCache
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, parse

from ledgermesh.graph.question import Answer, Question

ANSWERS_MAX: Final = 16
SCHEMA_FIELDS: Final = frozenset(("__schema", "__type", "__typename"))

Key = tuple[str, str | None, bytes]


class Introspection:
    """Keeps answers that say nothing but what the schema is. Nothing of anybody's books can be among them."""

    def __init__(self) -> None:
        self._answers: LRUCache[Key, Answer] = LRUCache(ANSWERS_MAX)

    def find(self, question: Question) -> Answer | None:
        """The kept answer; None when there is none."""
        return self._answers.get(_key(question)) if "__" in question.text else None

    def keep(self, question: Question, answer: Answer) -> None:
        """Keep an answer without errors to a question about the schema alone."""
        if "errors" not in answer and "__" in question.text and _about_schema(question.text):
            self._answers[_key(question)] = answer


def _key(question: Question) -> Key:
    return question.text, question.operation, msgspec.json.encode(dict(question.variables), enc_hook=str)


def _about_schema(text: str) -> bool:
    """Whether every field at the root of every operation is one of the schema's own; fragments there are not."""
    try:
        document = parse(text)
    except GraphQLError:
        return False
    roots = [
        selection
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
        for selection in definition.selection_set.selections
    ]
    return all(isinstance(root, FieldNode) and root.name.value in SCHEMA_FIELDS for root in roots)
