"""A plugin of pytest: graphql-core's `execute` answers with compiled code wherever an operation compiles.

It stands by itself, for the suite that it is loaded into has a package called `tests` as well. LEDGERMESH_COUNTS names
the file that it writes its figures to; LEDGERMESH_PLAIN=1 says that fields without a resolver are plain attributes,
which they are not where a test's objects have methods in their place that may be called only once.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Generator
from inspect import Signature, signature
from pathlib import Path
from typing import Any, Final

import graphql
import graphql.execution
import graphql.graphql
from graphql import ExecutionResult, GraphQLSchema, assert_valid_schema, validate

from ledgermesh.compiler.build import Answer
from ledgermesh.compiler.extension import Compiler, Request
from ledgermesh.compiler.terms import Options, Refusal, Replay

OURS: Final = frozenset(
    ("schema", "document", "root_value", "context_value", "variable_values", "operation_name")
)
"""Arguments that the compiler knows; an execution with any other is the caller's own way to execute."""
COUNTS: Counter[str] = Counter()
EXECUTE: Final[Callable[..., Any]] = graphql.execution.execute
OPTIONS: Final = Options() if os.environ.get("LEDGERMESH_PLAIN") == "1" else Options(plain=lambda *_: None)
SIGNATURES: Final[dict[str, Signature]] = {
    name: signature(getattr(graphql.execution, name)) for name in ("execute", "execute_sync")
}


class GoingOn:
    """A coroutine that has begun already, to be awaited from where it waits."""

    def __init__(self, coroutine: Any, waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Any]:
        """Its outcome."""
        waits_for = self._waits_for
        while True:
            sent, thrown = None, None
            try:
                sent = yield waits_for
            except BaseException as error:  # whatever comes is the coroutine's
                thrown = error
            try:
                waits_for = self._coroutine.send(sent) if thrown is None else self._coroutine.throw(thrown)
            except StopIteration as ended:
                return ended.value


class Compiled:
    """Stands in for one of graphql-core's ways to execute."""

    def __init__(self, name: str, original: Callable[..., Any]) -> None:
        self._original = original
        self._at_once = name == "execute_sync"
        self._signature = SIGNATURES[name]

    def __call__(self, *given: Any, **named: Any) -> Any:
        """The result as graphql-core gives it: at once, or to be awaited."""
        bound = self._signature.bind(*given, **named)
        reason = self._refused(bound.arguments)
        if reason:
            COUNTS[f"refused: {reason}"] += 1
            return self._original(*given, **named)
        running = self._answer(bound.arguments, given, named)
        try:
            waits_for = running.send(None)
        except StopIteration as ended:
            result, waited = ended.value
            if waited and self._at_once:  # a value like any other there
                COUNTS["refused: something to await in execute_sync"] += 1
                return self._original(*given, **named)
            return _given(result) if waited else result
        if self._at_once:
            running.close()
            raise RuntimeError("GraphQL execution failed to complete synchronously.")
        return _awaited(GoingOn(running, waits_for))

    def _refused(self, given: dict[str, Any]) -> str:
        defaults = self._signature.parameters
        other = sorted(
            name for name, value in given.items() if name not in OURS and value is not defaults[name].default
        )
        if other:
            return f"called with {', '.join(other)}"
        schema: GraphQLSchema = given["schema"]
        assert_valid_schema(schema)
        if schema.get_directive("defer") or schema.get_directive("stream"):
            return "a schema with @defer"
        return "not validated" if validate(schema, given["document"]) else ""

    async def _answer(
        self, given: dict[str, Any], args: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[Any, bool]:
        """The result, and whether graphql-core would have had it awaited."""
        request = Request(
            text="", document=given["document"], operation=given.get("operation_name"),
            variables=given.get("variable_values") or {}, context=given.get("context_value"),
            root=given.get("root_value"),
        )  # fmt: skip
        compiler = Compiler(given["schema"], clock=lambda: 0.0, options=OPTIONS)
        try:
            answer = await compiler.answer(request)
        except Refusal as refusal:
            COUNTS[f"refused: {refusal.reason}"] += 1
            result = self._original(*args, **named)
        except Replay as replay:
            COUNTS[f"replayed: {replay.reason}"] += 1
            result = self._original(*args, **named, middleware=[replay.memo])
        else:
            COUNTS["compiled"] += 1
            waited = answer.memo is not None and any(waiting for *_, waiting in answer.memo._columns)
            return _result(answer), waited
        if graphql.pyutils.is_awaitable(result):
            return await result, True
        return result, False


def _result(answer: Answer) -> ExecutionResult:
    data = None if answer.data is None else json.loads(answer.data)
    return ExecutionResult(data, answer.errors or None)


async def _awaited(going_on: GoingOn) -> Any:
    return (await going_on)[0]


async def _given(result: Any) -> Any:
    return result


def patched() -> None:
    """Put them in wherever the suite takes them from."""
    for name in SIGNATURES:
        stand_in = Compiled(name, getattr(graphql.execution, name))
        for module in list(sys.modules.values()):
            theirs = getattr(module, "__name__", "").partition(".")[0] == "graphql"
            # The module that is called as the function is keeps it.
            if (
                theirs
                and callable(getattr(module, name, None))
                and module.__name__ != "graphql.execution.execute"
            ):
                setattr(module, name, stand_in)


def pytest_sessionfinish() -> None:
    """Write down how often what was done."""
    Path(os.environ["LEDGERMESH_COUNTS"]).write_text(json.dumps(COUNTS.most_common()))


patched()
