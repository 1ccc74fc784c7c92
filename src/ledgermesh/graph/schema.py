"""The schema, and how one question is answered on it."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from decimal import Decimal
from functools import cached_property
from typing import Any

import strawberry
from graphql import GraphQLDirective, GraphQLError, GraphQLSchema
from strawberry.extensions import SchemaExtension
from strawberry.extensions.directives import DirectivesExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from ledgermesh.engine.links import FileLinks, LinkEnded
from ledgermesh.errors import BadInput, LedgermeshError, WrongMethod
from ledgermesh.graph.admin.surface.query import AdminQuery
from ledgermesh.graph.compiled import DEFERRED, CompiledQueries
from ledgermesh.graph.context import Context, Parts, context_of, make_context
from ledgermesh.graph.deferring import DEFER, AtOnce, Increments, defers, execute
from ledgermesh.graph.downloads import File, bearer, fetch
from ledgermesh.graph.federation.entities import ANY, FederationQuery, Representation
from ledgermesh.graph.federation.sdl import subgraph, without_machinery
from ledgermesh.graph.freshness import fresh
from ledgermesh.graph.instants import INSTANT, Instant
from ledgermesh.graph.introspection import Introspection, asks_schema, described
from ledgermesh.graph.kept.again import Again
from ledgermesh.graph.kept.answers import KeptAnswers
from ledgermesh.graph.kept.memory import DEFAULT_ROOM, Room
from ledgermesh.graph.kinds import KINDS
from ledgermesh.graph.known import AsKnown, Known
from ledgermesh.graph.limits.cost import shown
from ledgermesh.graph.limits.gate import Gate
from ledgermesh.graph.mutation import Mutation
from ledgermesh.graph.policy import enforce
from ledgermesh.graph.present import present, typed
from ledgermesh.graph.query import Query
from ledgermesh.graph.question import Answer, Question
from ledgermesh.graph.scalars import DATE_TIME, DECIMAL
from ledgermesh.graph.subscription import Subscription, subscribes
from ledgermesh.graph.upload import UPLOAD, Upload
from ledgermesh.model import declare
from ledgermesh.upstream.call import Fresh, Step

KEYWORDS = re.compile(r"\b(?:query|mutation|subscription)\b")


class Schema(strawberry.Schema):
    """Errors are presented and logged by `present`, once, and not by Strawberry as well."""

    def __init__(self, **given: Any) -> None:
        self.known = Known()
        """Documents that were parsed and validated, for every way to run them."""
        super().__init__(**given, extensions=[lambda: AsKnown(self.known)], execution_context_class=AtOnce)

    def get_extensions(self, sync: bool = False) -> list[SchemaExtension]:  # noqa: FBT001, FBT002  # Strawberry's signature
        """Those that were given. Strawberry adds one that wraps every field in a coroutine to apply directives to
        values; our only directive changes how a field is read, which `freshness` sees to.
        """
        found = super().get_extensions(sync=sync)
        return [extension for extension in found if not isinstance(extension, DirectivesExtension)]

    def _collect_graphql_directives(
        self, schema_directive_types: Iterable[type]
    ) -> tuple[GraphQLDirective, ...]:
        """Strawberry's switch for `@defer` would bring `@stream` with it, which no list of ours gains by."""
        return *super()._collect_graphql_directives(schema_directive_types), DEFER

    def _get_execute_function(self) -> Callable[..., Any]:
        return execute

    @property
    def inner(self) -> GraphQLSchema:
        """The schema as graphql-core has it."""
        return self._schema

    def as_str(self) -> str:
        """Its text as clients read it; what only routers use is left out."""
        return without_machinery(super().as_str())

    @cached_property
    def subgraph(self) -> str:
        """Its text as routers compose it."""
        return subgraph(self.inner)

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Leave it to `present`."""


@declare.object_type(
    name="Query", description="Live accounting data of every company that is shared with you."
)
class Root(Query, AdminQuery, FederationQuery):
    """Books, and administration beside them; and what routers ask before they ask for books."""


def make_schema() -> Schema:
    """The one schema of the gateway, with its policy in force."""
    made = Schema(
        query=Root,
        mutation=Mutation,
        subscription=Subscription,
        types=[kind.type for kind in KINDS],
        directives=[fresh],
        config=StrawberryConfig(
            scalar_map={
                Instant: INSTANT,
                Decimal: DECIMAL,
                dt.datetime: DATE_TIME,
                Upload: UPLOAD,
                Representation: ANY,
            }
        ),
    )
    enforce(made.inner)
    return made


class Gateway:
    """Answers questions on the schema. Implements `question.Answers`."""

    def __init__(self, schema: Schema, parts: Parts, room: Room = DEFAULT_ROOM) -> None:
        """`room` bounds what is kept of answers."""
        self._schema = schema
        self._parts = parts
        self._introspection = Introspection(schema.known.find)
        self._gate = Gate(schema, schema.inner, schema.known, parts)
        self.queries = CompiledQueries(schema, parts.clock, parts.compiling)
        """Which questions ran on compiled code: its counters are for whoever watches."""
        self.kept = KeptAnswers(schema.inner, schema.known, parts, room)

    async def close(self) -> None:
        """End what goes on after answers."""
        await self.queries.shadow.close()

    async def answer(self, question: Question) -> Answer:
        """The response object: data, errors as callers see them, and what the answer cost.

        Raises WrongMethod for an operation that the HTTP method cannot ask for.
        """
        if (kept := await self.kept.at_once(question)) is not None:
            return kept
        if (refused := await self._gate.check(question)) is not None:
            return refused
        if (wrong := _unclear(question, self._schema.known)) is not None:
            return _refused(wrong)
        if (known := self._introspection.find(question)) is not None:
            return known
        answer = await self.kept.answer(question, self._made)
        trace = question.notes.trace
        if trace is not None and trace.oldest is not None:
            question.notes.age = self._parts.clock.monotonic() - trace.oldest
        await self._gate.settle(question, trace)
        return answer

    def again(self, question: Question) -> Again | None:
        """See question.Repeating."""
        return self.kept.again(question)

    async def _made(self, question: Question) -> Answer:
        context = self._context(question)
        tried = await self.queries.answer(question.text, question.operation, question.variables, context)
        if tried.result is not None:
            answer = _answer(tried.result, context, tried.words)
        else:
            answer = await self._run(question, context, tried.words)
        self._introspection.keep(question, answer)
        self._gate.learn(question, answer)
        return answer

    async def subscribe(self, question: Question) -> AsyncGenerator[Answer, None]:
        """One answer after another for a subscription; the only one, or its parts, for anything else. Close it when
        nobody listens.
        """
        if (refused := await self._gate.check(question)) is not None:
            yield refused
        elif (wrong := _unclear(question, self._schema.known)) is not None:
            yield _refused(wrong)
        elif defers(self._schema, question):
            async with aclosing(self._parts_of(question)) as parts:
                async for part in parts:
                    yield part
        elif not subscribes(question, self._schema.known.parsed):
            try:
                yield await self.answer(question)
            except WrongMethod as error:
                yield _refused(error)
        else:
            context = self._context(question)
            results = await self._schema.subscribe(
                question.text,
                variable_values=dict(question.variables),
                context_value=context,
                operation_name=question.operation,
            )
            async with aclosing(results):
                async for result in results:
                    await self._gate.settle(question, context.terms.trace)
                    yield _answer(result, context)

    async def file(self, link: str, timeout_seconds: float) -> File:
        """See Files."""
        opened = FileLinks(self._parts.keys).open(link, int(self._parts.clock.epoch()))
        principal = bearer(self._parts.registry, opened)
        if principal is None:
            raise LinkEnded("this link belongs to a key that is gone")
        context = make_context(
            self._parts, principal=principal, account_key=None, fresh=Fresh(), timeout_seconds=timeout_seconds
        )
        return await fetch(context, opened)

    async def _run(self, question: Question, context: Context, way: str) -> Answer:
        """The answer of graphql-core; raises WrongMethod."""
        try:
            result = await self._interpreted(question, context)
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.SUBSCRIPTION:
                return _refused(
                    BadInput("a subscription is answered as a stream: send Accept: text/event-stream")
                )
            raise WrongMethod("over GET nothing but queries run") from error
        except CannotGetOperationTypeError:
            return _refused(
                BadInput(f"there is no operation {question.operation!r}", details={"field": "operationName"})
            )
        return _answer(result, context, way)

    async def _parts_of(self, question: Question) -> AsyncGenerator[Answer, None]:
        context, words = self._context(question), self.queries.left(DEFERRED).words
        running = Increments(self._schema)
        run = running.run(question.text, question.operation, question.variables, context)
        async with aclosing(run) as parts:
            async for part in parts:
                if not isinstance(part, dict):
                    yield _answer(part, context, words)
                elif part["hasNext"]:
                    yield part
                else:  # what all of them did cost is known now
                    told = _extensions(context) | {"compiled": words}
                    self._gate.learn(question, {"errors": running.errors, "extensions": told})
                    await self._gate.settle(question, question.notes.trace)
                    yield part | {"extensions": told}

    async def _interpreted(self, question: Question, context: Context) -> Any:
        document = self._schema.known.validated(self._schema.inner, question.text)
        if document is not None and asks_schema(question, document):
            return await asyncio.to_thread(described, self._schema.inner, document, question)
        queries_only = question.queries_only
        return await self._schema.execute(
            question.text,
            variable_values=dict(question.variables),
            context_value=context,
            operation_name=question.operation,
            allowed_operation_types=(OperationType.QUERY,)
            if queries_only
            else (OperationType.QUERY, OperationType.MUTATION),
        )

    def _context(self, question: Question) -> Context:
        context = context_of(self._parts, question)
        if question.notes.admission is not None:  # it was counted before, when a kept answer was looked for
            context.admission = question.notes.admission
        question.notes.admission = context.admission
        question.notes.trace = context.terms.trace
        context.explains = self._gate
        return context


def _unclear(question: Question, known: Known) -> BadInput | None:
    """What is wrong with a question that does not say what it asks for; Strawberry would take the first operation."""
    text = question.text
    if not text or text.isspace():
        return BadInput("there is no document", details={"field": "query"})
    if question.operation is not None:
        return None
    several = known.several(text)
    if several is False or len(KEYWORDS.findall(text)) < 2:
        return None
    if several is None:
        several = known.parsed(text) is not None and known.several(text)
    if not several:  # what is no document is told of when it is run
        return None
    return BadInput("which of the operations? Give `operationName`.", details={"field": "operationName"})


def _refused(error: LedgermeshError) -> Answer:
    return {"errors": [{"message": error.message, "extensions": typed(error)}]}


def _answer(result: Any, context: Context, way: str = "") -> Answer:
    """`way` says how it was made, where there are several."""
    answer: Answer = {}
    executed = result.data is not None or any(error.path for error in result.errors or ())
    if executed:
        answer["data"] = result.data
    if result.errors:
        found = [present(error) for error in result.errors]
        answer["errors"] = context.parts.openness.shown(context.principal, found)
    if executed:
        answer["extensions"] = told = _extensions(context)
        if way:
            told["compiled"] = way
    return answer


def _extensions(context: Context) -> dict[str, object]:
    found: dict[str, object] = {"calls": [_shown(step) for step in context.terms.trace.steps]}
    if context.pushdown:
        found["pushdown"] = context.pushdown
    if (cost := context.notes.cost) is not None:
        told = shown(cost, context.parts.budget, refused=context.spending.refused)
        if told is not None:
            found["cost"] = told
    return found


def _shown(step: Step) -> dict[str, object]:
    """Every field of a step, by its GraphQL name."""
    return {
        "connection": step.connection,
        "provider": step.provider,
        "method": step.method,
        "path": step.path,
        "attempt": step.attempt,
        "startedMs": round(step.started_ms, 1),
        "ms": round(step.ms, 1),
        "waitMs": round(step.wait_ms, 1),
        "status": step.status,
        "cache": step.cache,
        "bodyBytes": step.body_bytes,
        "budgetLeft": step.budget_left,
        "upstreamRequestId": step.upstream_request_id,
        "error": step.error,
    }
