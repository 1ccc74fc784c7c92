"""The same operation on compiled code and on graphql-core, compared in every byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, execute, parse
from graphql.execution import Executor
from graphql.pyutils import is_awaitable

from ledgermesh.compiler.build import Answer
from ledgermesh.compiler.extension import Compiler, Limits, Request
from ledgermesh.compiler.terms import Memo, Options, Refusal, Replay
from tests.compiler.documents import Documents
from tests.compiler.further import FURTHER
from tests.compiler.world import Calls, Maker, make_schema, options

Shown = tuple[str, str, str]


def shown(errors: list[GraphQLError] | None) -> list[Shown]:
    """What callers see of errors."""
    return [(each.message, repr(each.path), repr(each.locations)) for each in errors or ()]


def encoded(data: Any) -> bytes | None:
    """Data as JSON; None where it is none."""
    try:
        return msgspec.json.encode(data)
    except (TypeError, ValueError, OverflowError):
        return None


class Interpreted(NamedTuple):
    """graphql-core's answer."""

    result: ExecutionResult
    at_once: int
    """So many of its errors were known before anything was waited for."""


def told(data: Any, errors: Sequence[GraphQLError]) -> tuple[list[Shown], set[str]]:
    """Errors of fields that are null themselves; and the nulls that other errors have made further up."""
    own: list[Shown] = []
    above: set[str] = set()
    for error, line in zip(errors, shown(list(errors)), strict=True):
        path = error.path or []
        null = _null(data, path)
        if len(null) == len(path):
            own.append(line)
        else:
            above.add(repr(null))
    return sorted(own), above


def _null(data: Any, path: Sequence[str | int]) -> Sequence[str | int]:
    """The way down to the first null."""
    for length, key in enumerate(path):
        if data is None:
            return path[:length]
        data = data[key]
    return path


class Same:
    """Runs operations both ways and counts how."""

    def __init__(self, schema: GraphQLSchema, options: Options, calls: Calls) -> None:
        self.schema = schema
        self.calls = calls
        self.compiler = Compiler(schema, clock=lambda: 0.0, options=options, limits=Limits(replays_max=10**9))
        self.ways: Counter[str] = Counter()
        self.reordered = 0
        """Answers whose errors came in another order."""

    async def interpreted(
        self, document: DocumentNode, root: Any, variables: dict[str, Any], memo: Memo | None = None
    ) -> Interpreted:
        """graphql-core's answer."""
        middleware = [memo] if memo is not None else None
        known: list[int] = []

        class Watched(Executor[Any]):
            def execute_operation(self, *given: Any, **named: Any) -> Any:
                begun = super().execute_operation(*given, **named)
                known.append(len(self.collected_errors.errors))
                return begun

        result: Any = execute(
            self.schema,
            document,
            root,
            variable_values=variables,
            middleware=middleware,
            executor_class=Watched,
        )
        found: ExecutionResult = await result if is_awaitable(result) else result
        return Interpreted(found, sum(known))

    async def check(
        self, document: DocumentNode, text: str, make: Callable[[], Any], variables: dict[str, Any]
    ) -> str:
        """Compare; the way it was answered: `compiled`, or why not."""
        expected = await self.interpreted(document, make(), variables)
        self.calls.clear()
        answer, way = await self._answer(
            Request(text=text, document=document, variables=variables, root=make())
        )
        self.ways[way] += 1
        if answer is None:
            return way
        data = expected.result.data
        wanted = encoded(data) if answer.data is not None or data is not None else None
        assert wanted == answer.data, way
        self._check_errors(expected, answer.errors, way)
        assert all(count == 1 for (once, *_), count in self.calls.items() if once), (
            "a resolver was asked twice"
        )
        return way

    def _check_errors(self, expected: Interpreted, errors: list[GraphQLError], way: str) -> None:
        """All the same, in the same order as far as one is given.

        graphql-core tells an error when it is known. What is known before anything is waited for comes in the order of
        the document. The rest comes as tasks of the event loop happen to end, which depends on how many of them
        graphql-core starts on the way there, and GraphQL promises no order.
        """
        data, known = expected.result.data, expected.at_once
        one, other = expected.result.errors or [], errors
        assert shown(one)[:known] == shown(other)[:known], way
        if way == "compiled":
            assert sorted(shown(one)) == sorted(shown(other)), way
        else:
            # Which of several errors below one null are told depends on who was first, also in graphql-core.
            assert told(data, one) == told(data, other), way
        self.reordered += shown(one) != shown(other)

    async def _answer(self, request: Request) -> tuple[Answer | None, str]:
        try:
            return await self.compiler.answer(request), "compiled"
        except Refusal as refusal:
            return None, refusal.reason
        except Replay as replay:
            return await self._again(request, replay), replay.reason

    async def _again(self, request: Request, replay: Replay) -> Answer:
        asked = dict(self.calls)
        again = await self.interpreted(request.document, request.root, dict(request.variables), replay.memo)
        repeated = [key for key, count in asked.items() if self.calls[key] != count]
        assert not repeated, "a resolver was asked again for a replay"
        return Answer(encoded(again.result.data), again.result.errors or [])


ANSWERING = (None, "at once", None, "waits", "coroutine", None, "awaitable", "at once")
"""How the resolvers of a case answer, by its seed; mixed where it is None."""

FURTHER_FROM = 2_000_000
"""From this seed on there are values of further kinds."""

BAD = (0.0, 0.3, 1.0, 2.0, 6.0)
"""Spoilt values in a hundred, one world after another."""


def _root(world: int, bad: float, text: str, longest: int, further: Sequence[Callable[[Any], Any]]) -> Any:
    return Maker(world, bad, text, longest, further).root()


async def case(seed: int, worlds: int) -> Same:
    """One document on so many worlds; an AssertionError names what differs."""
    calls: Calls = {}
    schema = make_schema(calls, ANSWERING[seed % len(ANSWERING)], seed)
    same = Same(schema, options(kinds_by_class=seed % 2 == 0), calls)
    documents = Documents(schema, seed)
    text = documents.document()
    document = parse(text)
    further = FURTHER if seed >= FURTHER_FROM else ()
    for number in range(worlds):
        variables = documents.variables()
        bad, longest = BAD[number % len(BAD)], 40 if (seed + number) % 10 == 0 else 4
        world = 1000 * seed + number
        try:
            make = partial(_root, world, bad, text, longest, further)
            await same.check(document, text, make, variables)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, world {number}, {variables}: {text}") from error
    return same
