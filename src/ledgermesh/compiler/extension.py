"""Which operations are answered by compiled code, and what became of each."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues, get_variable_values

from ledgermesh.compiler.build import Answer, Compiled, build
from ledgermesh.compiler.plan import conditions, operation_of, plan
from ledgermesh.compiler.runtime import Asked
from ledgermesh.compiler.terms import Options, Refusal, Replay

COERCION_ERRORS_MAX = 50
"""Mistakes in variables that are told: as many as graphql-core tells."""

Key = tuple[str, str | None, tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is kept, and when compiled code is given up."""

    documents_max: int = 1000
    replays_max: int = 3
    """In so many runs of one operation as `runs`."""
    runs: int = 100
    refused_seconds: float = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One operation to be answered. The document is validated and within all limits."""

    text: str
    document: DocumentNode
    operation: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    context: Any = None
    root: Any = None


class _Entry:
    """An operation that was looked at: its code or why it has none, and how it has done."""

    def __init__(self, made: Compiled | Refusal, runs: int) -> None:
        self.made = made
        self.replayed: deque[bool] = deque(maxlen=runs)
        self.refused_until = 0.0


class Compiler:
    """Compiles what is asked, keeps it within bounds, and counts."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        clock: Callable[[], float],
        options: Options | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._schema = schema
        self._clock = clock
        self._options = options or Options()
        self._limits = limits or Limits()
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._conditions: OrderedDict[str, tuple[str, ...] | Refusal] = OrderedDict()
        self.counts: Counter[tuple[str, str]] = Counter()
        """Answers by `compiled`, `interpreted` or `replayed`, and the reason, empty for compiled ones."""

    async def answer(self, request: Request) -> Answer:
        """Data and errors; raises Refusal or Replay for what graphql-core has to answer."""
        try:
            variables = self._variables(request)
            if isinstance(variables, list):
                return Answer(None, variables)
            entry = self._entry(request, variables)
            if isinstance(entry.made, Refusal):
                raise entry.made
            if entry.refused_until > self._clock():
                raise Refusal("replayed too often")
        except Refusal as refusal:
            self.counts["interpreted", refusal.reason] += 1
            raise Refusal(refusal.reason) from None
        return await self._run(entry, entry.made, Asked(request.root, request.context, variables))

    def find(self, request: Request) -> Compiled:
        """The compiled operation; raises Refusal. For people who want to read it."""
        variables = self._variables(request)
        if isinstance(variables, list):
            raise Refusal("variables")
        made = self._entry(request, variables).made
        if isinstance(made, Refusal):
            raise made
        return made

    async def _run(self, entry: _Entry, made: Compiled, asked: Asked) -> Answer:
        run = made.start(asked, self._clock)
        try:
            answer = await made.finish(run)
        except Replay as replay:
            self._replayed(entry, replay.reason)
            raise
        except Exception as error:
            reason = f"{type(error).__name__} in compiled code"
            self._replayed(entry, reason)
            raise Replay(reason, run.memo) from error
        self.counts["compiled", ""] += 1
        entry.replayed.append(False)
        return answer

    def _replayed(self, entry: _Entry, reason: str) -> None:
        self.counts["replayed", reason] += 1
        entry.replayed.append(True)
        if sum(entry.replayed) >= self._limits.replays_max:
            entry.refused_until = self._clock() + self._limits.refused_seconds
            entry.replayed.clear()

    def _variables(self, request: Request) -> VariableValues | list[GraphQLError]:
        operation = operation_of(request.document, request.operation)
        if not operation.variable_definitions:
            return VariableValues({}, {})
        return get_variable_values(
            self._schema,
            operation.variable_definitions,
            dict(request.variables),
            max_errors=COERCION_ERRORS_MAX,
        )

    def _entry(self, request: Request, variables: VariableValues) -> _Entry:
        looked = self._looked_at(request)
        if isinstance(looked, Refusal):
            raise looked
        chosen = tuple(variables.coerced.get(name) for name in looked)
        key = (request.text, request.operation, chosen)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(self._made(request, variables), self._limits.runs)
            if len(self._entries) > self._limits.documents_max:
                self._entries.popitem(last=False)
        else:
            self._entries.move_to_end(key)
        return entry

    def _looked_at(self, request: Request) -> tuple[str, ...] | Refusal:
        """The variables that decide what is selected."""
        found = self._conditions.get(request.text)
        if found is None:
            try:
                found = conditions(request.document, self._options.inert)
            except Refusal as refusal:
                found = refusal
            self._conditions[request.text] = found
            if len(self._conditions) > self._limits.documents_max:
                self._conditions.popitem(last=False)
        return found

    def _made(self, request: Request, variables: VariableValues) -> Compiled | Refusal:
        try:
            operation = operation_of(request.document, request.operation)
            planned = plan(self._schema, request.document, operation, variables, self._options)
            return build(planned, self._options, request.operation or "operation")
        except Refusal as refusal:
            return refusal
        except (RecursionError, SyntaxError, MemoryError):
            return Refusal("too large")
        except GraphQLError:
            return Refusal("not valid")
