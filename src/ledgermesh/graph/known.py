"""Documents that were parsed and validated before: the one place that says what a valid document is."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, specified_rules
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from ledgermesh.upstream.recent import Recent

DOCUMENTS_MAX: Final = 1000
"""Parsed and validated documents that are kept."""
RULES: Final = tuple(specified_rules)
"""Strawberry adds its own for input types."""


class Known:
    """What is known of texts. Whoever runs a document asks here, so that no way of running it skips a rule.

    May be used by several threads.
    """

    def __init__(self, size: int = DOCUMENTS_MAX) -> None:
        self._documents: Recent[str, DocumentNode | GraphQLError] = Recent(size)
        self._errors: Recent[str, list[GraphQLError]] = Recent(size)
        self._several: Recent[str, bool] = Recent(size)
        self._lock = Lock()

    def parse(self, text: str) -> DocumentNode:
        """The document of a text; raises GraphQLError."""
        with self._lock:
            found = self._documents.get(text)
        if found is None:
            found = parse(text)
            with self._lock:
                self._documents.put(text, found)
        if isinstance(found, GraphQLError):
            raise found.with_traceback(None)
        return found

    def broken(self, text: str, error: GraphQLError) -> None:
        """Remember why a text is no document: finding out takes as long as for a good one."""
        with self._lock:
            self._documents.put(text, error)

    def find(self, text: str) -> DocumentNode | None:
        """The document of a text that was parsed a while ago; parses nothing."""
        with self._lock:
            found = self._documents.get(text)
        return None if isinstance(found, GraphQLError) else found

    def several(self, text: str) -> bool | None:
        """Whether a text has more than one operation; None where it was not parsed a while ago, or is no document."""
        with self._lock:
            found = self._several.get(text)
        if found is None and (document := self.find(text)) is not None:
            operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
            with self._lock:
                found = self._several.put(text, len(operations) > 1)
        return found

    def validate(self, schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
        """What is wrong with a document that `parse` made, on the one schema there is."""
        text = document.loc.source.body if document.loc is not None else ""
        with self._lock:
            found = self._errors.get(text)
        if found is None:
            found = validate_document(schema, document, RULES)
            with self._lock:
                self._errors.put(text, found)
        return found

    def parsed(self, text: str) -> DocumentNode | None:
        """The document, if it is one."""
        try:
            return self.parse(text)
        except GraphQLError:
            return None

    def validated(self, schema: GraphQLSchema, text: str) -> DocumentNode | None:
        """The document, if it is valid."""
        document = self.parsed(text)
        return None if document is None or self.validate(schema, document) else document


class AsKnown(SchemaExtension):
    """Strawberry's own way to run a document takes it from there."""

    def __init__(self, known: Known) -> None:
        super().__init__()
        self._known = known

    def on_parse(self) -> Iterator[None]:
        """Before Strawberry would parse."""
        context = self.execution_context
        context.graphql_document = self._known.parse(context.query or "")
        yield

    def on_validate(self) -> Iterator[None]:
        """Before Strawberry would validate."""
        context = self.execution_context
        assert context.graphql_document is not None, "it was parsed before"
        schema: GraphQLSchema = context.schema.inner  # type: ignore[attr-defined]  # ours, see `schema`
        context.pre_execution_errors = self._known.validate(schema, context.graphql_document)
        yield
