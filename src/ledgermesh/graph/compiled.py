"""Queries on compiled code; graphql-core answers what it refuses, and what surprises it, on the same reads."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
    validate,
)
from graphql.pyutils import is_awaitable

from ledgermesh.clock import Clock
from ledgermesh.compiler.extension import Compiler, Request
from ledgermesh.compiler.strawberry_schema import options_of
from ledgermesh.compiler.terms import Leaf, Memo, Refusal, Replay

DOCUMENTS_MAX = 1000
"""Validated queries that are kept."""

LEAVES = {"Decimal": Leaf(Decimal, "format({0}, 'f')"), "Date": Leaf(dt.date, "{0}.isoformat()")}
"""As `scalars` writes them."""

INERT = frozenset({"fresh"})
"""Directives that only resolvers look at."""

ENCODER = msgspec.json.Encoder(decimal_format="number")


class CompiledQueries:
    """Answers valid queries as bytes. What limits or authorises lies before it, or in resolvers."""

    def __init__(self, schema: GraphQLSchema, executor: Any, clock: Clock) -> None:
        self._schema = schema
        self._executor = executor
        self._documents: OrderedDict[str, DocumentNode | None] = OrderedDict()
        options = options_of(schema, leaves=LEAVES, inert=INERT, encode=ENCODER.encode)
        self.compiler = Compiler(schema, clock=clock.monotonic, options=options)

    async def answer(
        self, text: str, operation: str | None, variables: Mapping[str, Any], context: Any
    ) -> ExecutionResult | None:
        """The result, its data as `msgspec.Raw`; None for what is left to Strawberry: no query, or not valid."""
        document = self._document(text)
        if document is None:
            return None
        request = Request(
            text=text, document=document, operation=operation, variables=variables, context=context
        )
        try:
            answer = await self.compiler.answer(request)
        except Refusal:
            return None
        except Replay as replay:
            return await self._replay(request, replay.memo)
        data: Any = None if answer.data in (None, b"null") else msgspec.Raw(answer.data or b"")
        return ExecutionResult(data, answer.errors or None)

    async def _replay(self, request: Request, memo: Memo) -> ExecutionResult:
        result: Any = execute(
            self._schema,
            request.document,
            None,
            request.context,
            dict(request.variables),
            request.operation,
            middleware=[memo],
            executor_class=self._executor,
        )
        found: ExecutionResult = await result if is_awaitable(result) else result
        return found

    def _document(self, text: str) -> DocumentNode | None:
        """A valid document that holds nothing but queries, from what is kept where possible."""
        if text in self._documents:
            self._documents.move_to_end(text)
            return self._documents[text]
        found = self._documents[text] = self._parsed(text)
        if len(self._documents) > DOCUMENTS_MAX:
            self._documents.popitem(last=False)
        return found

    def _parsed(self, text: str) -> DocumentNode | None:
        try:
            document = parse(text)
        except GraphQLError:
            return None
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        if any(each.operation is not OperationType.QUERY for each in operations):
            return None
        return None if validate(self._schema, document) else document
