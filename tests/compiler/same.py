"""The same operation on compiled code and on graphql-core, compared in every byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, execute, parse
from graphql.pyutils import is_awaitable

from ledgermesh.compiler.build import Answer
from ledgermesh.compiler.extension import Compiler, Limits, Request
from ledgermesh.compiler.terms import Memo, Options, Refusal, Replay
from tests.compiler.documents import Documents
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


class Same:
    """Runs operations both ways and counts how."""

    def __init__(self, schema: GraphQLSchema, options: Options, calls: Calls, *, at_once: bool) -> None:
        self.schema = schema
        self.calls = calls
        self.at_once = at_once
        """Whether no resolver has to be waited for."""
        self.compiler = Compiler(schema, clock=lambda: 0.0, options=options, limits=Limits(replays_max=10**9))
        self.ways: Counter[str] = Counter()
        self.reordered = 0

    async def interpreted(
        self, document: DocumentNode, root: Any, variables: dict[str, Any], memo: Memo | None = None
    ) -> ExecutionResult:
        """graphql-core's answer."""
        middleware = [memo] if memo is not None else None
        result: Any = execute(self.schema, document, root, variable_values=variables, middleware=middleware)
        found: ExecutionResult = await result if is_awaitable(result) else result
        return found

    async def check(self, text: str, make: Callable[[], Any], variables: dict[str, Any]) -> str:
        """Compare; the way it was answered: `compiled`, or why not."""
        document = parse(text)
        expected = await self.interpreted(document, make(), variables)
        self.calls.clear()
        answer, way = await self._answer(
            Request(text=text, document=document, variables=variables, root=make())
        )
        self.ways[way] += 1
        if answer is None:
            return way
        wanted = encoded(expected.data) if answer.data is not None or expected.data is not None else None
        assert wanted == answer.data, way
        if self.at_once:
            assert shown(expected.errors) == shown(answer.errors), way
        elif way == "compiled":
            assert sorted(shown(expected.errors)) == sorted(shown(answer.errors)), way
        else:
            # Which of several errors below one null are told depends on who was first, also in graphql-core.
            assert bool(expected.errors) == bool(answer.errors), way
        assert set(self.calls.values()) <= {1}, "a resolver was asked twice"
        self.reordered += shown(expected.errors) != shown(answer.errors)
        return way

    async def _answer(self, request: Request) -> tuple[Answer | None, str]:
        try:
            return await self.compiler.answer(request), "compiled"
        except Refusal as refusal:
            return None, refusal.reason
        except Replay as replay:
            again = await self.interpreted(
                request.document, request.root, dict(request.variables), replay.memo
            )
            return Answer(encoded(again.data), again.errors or []), replay.reason


ANSWERING = (None, "at once", None, "waits", "coroutine", None, "awaitable", "at once")
"""How the resolvers of a case answer, by its seed; mixed where it is None."""

BAD = (0.0, 0.3, 1.0, 2.0, 6.0)
"""Spoilt values in a hundred, one world after another."""


async def case(seed: int, worlds: int) -> Same:
    """One document on so many worlds; an AssertionError names what differs."""
    calls: Calls = {}
    schema = make_schema(calls, ANSWERING[seed % len(ANSWERING)], seed)
    how = ANSWERING[seed % len(ANSWERING)]
    same = Same(schema, options(kinds_by_class=seed % 2 == 0), calls, at_once=how == "at once")
    documents = Documents(schema, seed)
    text = documents.document()
    for number in range(worlds):
        variables = documents.variables()
        bad, longest = BAD[number % len(BAD)], 40 if (seed + number) % 10 == 0 else 4
        world = 1000 * seed + number
        try:
            await same.check(text, lambda: Maker(world, bad, text, longest).root(), variables)  # noqa: B023  # used at once
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, world {number}, {variables}: {text}") from error
    return same
