"""Answers about the schema itself, which never change while the process runs and cost as much as a large list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from cachetools import LRUCache
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
)

from ledgermesh.graph.deferring import AWAITABLE, AtOnce
from ledgermesh.graph.question import Answer, Question

ANSWERS_MAX: Final = 16
SCHEMA_FIELDS: Final = frozenset(("__schema", "__type", "__typename"))

Key = tuple[str, str | None, bytes]


class Introspection:
    """Keeps answers that say nothing but what the schema is. Nothing of anybody's books can be among them."""

    def __init__(self, document_of: Callable[[str], DocumentNode | None]) -> None:
        """`document_of` gives the document of a text that was run."""
        self._document_of = document_of
        self._answers: LRUCache[Key, Answer] = LRUCache(ANSWERS_MAX)

    def find(self, question: Question) -> Answer | None:
        """The kept answer; None when there is none."""
        return self._answers.get(_key(question)) if "__" in question.text else None

    def keep(self, question: Question, answer: Answer) -> None:
        """Keep an answer without errors to a question about the schema alone."""
        if "errors" in answer or "__" not in question.text:
            return
        document = self._document_of(question.text)
        if document is not None and _about_schema(document):
            self._answers[_key(question)] = answer


def asks_schema(question: Question, document: DocumentNode) -> bool:
    """Whether a valid document's operation is a query on nothing but the schema, and more than a name."""
    if not any(name in question.text for name in ("__schema", "__type")):
        return False
    operation = get_operation_ast(document, question.operation)
    return operation is not None and operation.operation is OperationType.QUERY and _about_schema(document)


def described(schema: GraphQLSchema, document: DocumentNode, question: Question) -> ExecutionResult:
    """The answer of the schema itself. It waits for nothing, so it can be made in a thread: some take long."""
    made: Any = AtOnce.build(
        schema,
        document,
        raw_variable_values=dict(question.variables),
        operation_name=question.operation,
        is_awaitable=AWAITABLE,
    )
    if isinstance(made, list):
        return ExecutionResult(None, errors=made)
    result: ExecutionResult = made.execute_operation()
    return result


def _key(question: Question) -> Key:
    return question.text, question.operation, msgspec.json.encode(dict(question.variables), enc_hook=str)


def _about_schema(document: DocumentNode) -> bool:
    """Whether every field at the root of every operation is one of the schema's own; fragments there are not."""
    roots = [
        selection
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
        for selection in definition.selection_set.selections
    ]
    return all(isinstance(root, FieldNode) and root.name.value in SCHEMA_FIELDS for root in roots)
