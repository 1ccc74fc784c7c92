"""Which operations are answered by compiled code, and what became of each."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues
from msgspec import Struct

from ledgermesh.compiler.build import Answer, Compiled, build
from ledgermesh.compiler.plan import conditions, operation_of, plan
from ledgermesh.compiler.runtime import Asked
from ledgermesh.compiler.terms import Options, Refusal, Replay
from ledgermesh.compiler.variables import Variables

Name = tuple[str, str | None]
"""An operation: the text of its document, and its own name where that has several."""
Key = tuple[Name, tuple[Any, ...]]


class Limits(Struct, frozen=True, kw_only=True):
    """How much is kept, and when compiled code is given up."""

    documents_max: int = 1000
    replays_max: int = 3
    """In so many runs of one operation as `runs`."""
    runs: int = 100
    refused_seconds: float = 600.0


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One operation to be answered. The document is validated and within all limits."""

    text: str
    document: DocumentNode
    operation: str | None = None
    variables: Mapping[str, Any] = msgspec.field(default_factory=dict)
    context: Any = None
    root: Any = None


class _Asked:
    """An operation, and what is known of it before it is compiled."""

    __slots__ = ("looked", "node", "variables")

    def __init__(self, node: OperationDefinitionNode, variables: Variables, looked: tuple[str, ...]) -> None:
        self.node = node
        self.variables = variables
        self.looked = looked
        """The variables that decide what is selected."""


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
        self._asked: OrderedDict[Name, _Asked | Refusal] = OrderedDict()
        self.counts: Counter[tuple[str, str]] = Counter()
        """Answers by `compiled`, `interpreted` or `replayed`, and the reason, empty for compiled ones."""

    async def answer(self, request: Request) -> Answer:
        """Data and errors; raises Refusal or Replay for what graphql-core has to answer."""
        try:
            found = self._found(request)
            if isinstance(found, list):
                return Answer(None, found)
            entry, made, variables = found
            if entry.refused_until > self._clock():
                raise Refusal("replayed too often")
        except Refusal as refusal:
            self.counts["interpreted", refusal.reason] += 1
            raise Refusal(refusal.reason) from None
        run = made.start(Asked(request.root, request.context, variables), self._clock)
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

    def find(self, request: Request) -> Compiled:
        """The compiled operation; raises Refusal. For people who want to read it."""
        found = self._found(request)
        if isinstance(found, list):
            raise Refusal("variables")
        return found[1]

    def _found(self, request: Request) -> tuple[_Entry, Compiled, VariableValues] | list[GraphQLError]:
        """What runs, on which variables; or what is wrong with them. Raises Refusal."""
        asked = self._operation(request)
        variables = asked.variables.values(request.variables)
        if isinstance(variables, list):
            return variables
        entry = self._entry(request, asked, variables)
        if isinstance(entry.made, Refusal):
            raise entry.made
        return entry, entry.made, variables

    def _replayed(self, entry: _Entry, reason: str) -> None:
        self.counts["replayed", reason] += 1
        entry.replayed.append(True)
        if sum(entry.replayed) >= self._limits.replays_max:
            entry.refused_until = self._clock() + self._limits.refused_seconds
            entry.replayed.clear()

    def _entry(self, request: Request, asked: _Asked, variables: VariableValues) -> _Entry:
        key = (request.text, request.operation), tuple([variables.coerced.get(name) for name in asked.looked])
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(self._made(request, asked, variables), self._limits.runs)
            if len(self._entries) > self._limits.documents_max:
                self._entries.popitem(last=False)
        else:
            self._entries.move_to_end(key)
        return entry

    def _operation(self, request: Request) -> _Asked:
        name = request.text, request.operation
        found = self._asked.get(name)
        if found is None:
            found = self._asked[name] = self._looked_at(request)
            if len(self._asked) > self._limits.documents_max:
                self._asked.popitem(last=False)
        else:
            self._asked.move_to_end(name)
        if isinstance(found, Refusal):
            raise found
        return found

    def _looked_at(self, request: Request) -> _Asked | Refusal:
        try:
            node = operation_of(request.document, request.operation)
            looked = conditions(request.document, self._options.inert)
        except Refusal as refusal:
            return refusal
        return _Asked(node, Variables(self._schema, node), looked)

    def _made(self, request: Request, asked: _Asked, variables: VariableValues) -> Compiled | Refusal:
        try:
            planned = plan(self._schema, request.document, asked.node, variables, self._options)
            return build(planned, self._options, request.operation or "operation")
        except Refusal as refusal:
            return refusal
        except (RecursionError, SyntaxError, MemoryError):
            return Refusal("too large")
        except GraphQLError:
            return Refusal("not valid")
