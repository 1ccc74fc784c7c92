"""Queries on compiled code; graphql-core answers what it refuses, and what surprises it, on the same reads."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
from graphql import DocumentNode, ExecutionResult, GraphQLField, OperationDefinitionNode, OperationType

from ledgermesh.clock import Clock
from ledgermesh.compiler.extension import Compiler, Request
from ledgermesh.compiler.strawberry_schema import Resolvers, options_of
from ledgermesh.compiler.terms import Direct, Leaf, Memo, Options, Refusal, Replay
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.fused import fuse
from ledgermesh.graph.known import DOCUMENTS_MAX
from ledgermesh.graph.policy import Guarded
from ledgermesh.graph.readers import reader
from ledgermesh.graph.relations import many, plain
from ledgermesh.graph.shadow import ENCODER, Shadow, interpreted
from ledgermesh.upstream.recent import Recent

LEAVES = {
    "Decimal": Leaf(Decimal, "(w if 'E' not in (w := str({0})) else format({0}, 'f'))"),
    "Date": Leaf(dt.date, "{0}.isoformat()"),
}
"""As `scalars` writes them. Formatting takes three times as long as the text that a number has anyway."""

INERT = frozenset({"fresh", "defer"})
"""Directives that only resolvers look at, and the one that is honoured before a question comes here."""

DEFERRED: Final = "@defer"
"""The reason why an answer in parts is not compiled."""

REASONS: Final = frozenset(
    (
        DEFERRED, "", "switched off", "first time", "mutation", "not valid", "introspection", "operation not clear",
        "too large", "replayed too often", "fragment variables", "a null above a resolver",
        "a null above other errors", "a null at the root", "a value that is no JSON", "an asynchronous list",
        "an awaitable in a list", "an awaitable in a plain field", "an awaitable is_type_of",
        "an awaitable resolve_type",
    )
)  # fmt: skip
"""Labels of the counters; whatever else may come is `other`."""


class Attempt(NamedTuple):
    """What came of a question."""

    way: str
    """`compiled`, `replayed`, or `interpreted`: then whoever asked goes on."""
    reason: str = ""
    result: ExecutionResult | None = None
    """Its data is `msgspec.Raw` where it was compiled; None where it is left to Strawberry."""

    @property
    def words(self) -> str:
        """For people: the way, and why it was not the compiled one."""
        return f"{self.way}: {self.reason}" if self.reason else self.way


class CompiledQueries:
    """Answers valid queries as bytes. What limits or authorises lies before it, or in resolvers."""

    def __init__(self, schema: Any, clock: Clock, compiling: Compiling) -> None:
        """`schema` is ours: Strawberry's with its `inner` one and the documents it knows."""
        self._schema = schema
        self._compiling = compiling
        self._seen: Recent[str, int] = Recent(DOCUMENTS_MAX)
        self._queries: Recent[str, DocumentNode] = Recent(DOCUMENTS_MAX)
        """Documents that are valid and have nothing but queries; on the one schema there is they stay so."""
        self.compiler = Compiler(schema.inner, clock=clock.monotonic, options=options_for(schema))
        self.shadow = Shadow(schema, compiling.shadow_every)
        self.counts: Counter[tuple[str, str]] = Counter()
        """Answers by `compiled`, `interpreted` or `replayed`, and one of REASONS or `other`."""

    async def answer(
        self, text: str, operation: str | None, variables: Mapping[str, Any], context: Any
    ) -> Attempt:
        """The result where this is a query that is asked for again; otherwise why not."""
        request = self._request(text, operation, variables, context)
        found = request if isinstance(request, Attempt) else await self._run(request)
        reason = found.reason
        if reason and reason not in REASONS:
            found = found._replace(reason="other")
        self.counts[found.way, found.reason] += 1
        return found

    def left(self, reason: str) -> Attempt:
        """Count a question that is not asked here at all."""
        self.counts["interpreted", reason] += 1
        return Attempt("interpreted", reason)

    def _request(
        self, text: str, operation: str | None, variables: Mapping[str, Any], context: Any
    ) -> Request | Attempt:
        """What is run; or why nothing is."""
        if not self._compiling.on:
            return Attempt("interpreted", "switched off")
        document = self._queries.get(text)
        if document is None:
            if self._seen.put(text, (self._seen.get(text) or 0) + 1) < self._compiling.from_time:
                return Attempt("interpreted", "first time")
            document = self._schema.known.validated(self._schema.inner, text)
            if document is None:
                return Attempt("interpreted", "not valid")
            operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
            if any(each.operation is not OperationType.QUERY for each in operations):
                return Attempt("interpreted", "mutation")
            self._queries.put(text, document)
        return Request(
            text=text, document=document, operation=operation, variables=variables, context=context
        )

    async def _run(self, request: Request) -> Attempt:
        try:
            answer = await self.compiler.answer(request)
        except Refusal as refusal:
            return Attempt("interpreted", refusal.reason)
        except Replay as replay:
            return Attempt(
                "replayed", replay.reason, await interpreted(self._schema, request, replay.memo or Memo())
            )
        data: Any = None if answer.data in (None, b"null") else msgspec.Raw(answer.data or b"")
        result = ExecutionResult(data, answer.errors or None)
        if answer.memo is not None:
            self.shadow.follow(request, answer.memo, result)
        return Attempt("compiled", "", result)


def options_for(schema: Any) -> Options:
    """What the compiler is told of our schema."""
    options = options_of(schema.inner, leaves=LEAVES, many=many, inert=INERT, encode=ENCODER.encode)
    usual, resolvers = options.plain, Resolvers(schema.inner)
    options = replace(options, reader=reader, direct=lambda parent, name, definition: (
        _direct(resolvers, definition)
    ))  # fmt: skip
    return replace(options, fuse=lambda level: fuse(level, options), plain=lambda parent, name, definition: (
        plain(parent, name, definition) or usual(parent, name, definition)
    ))  # fmt: skip


def _direct(resolvers: Resolvers, definition: GraphQLField) -> Direct | None:
    """A resolver by itself; at a root the policy is asked before it."""
    resolve = definition.resolve
    if isinstance(resolve, Guarded):
        return resolvers.direct(definition, resolve.run, resolve.check)
    return resolvers.direct(definition, resolve)
