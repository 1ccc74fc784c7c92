"""The same question once more on graphql-core, after the answer, to see whether compiled code says the same."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any, Final

import msgspec
import structlog
from graphql import ExecutionResult, GraphQLError
from graphql.pyutils import is_awaitable

from ledgermesh.compiler.extension import Request
from ledgermesh.compiler.guard import Caught
from ledgermesh.compiler.terms import Memo
from ledgermesh.graph.deferring import execute

ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
DECODER: Final = msgspec.json.Decoder(float_hook=str)
DIGEST_CHARACTERS: Final = 16


async def interpreted(schema: Any, request: Request, memo: Memo) -> ExecutionResult:
    """graphql-core's answer on what resolvers have given already; asks nobody else for that again."""
    result: Any = execute(
        schema.inner,
        request.document,
        None,
        request.context,
        dict(request.variables),
        request.operation,
        middleware=[memo],
        executor_class=schema.execution_context_class,
    )
    found: ExecutionResult = await result if is_awaitable(result) else result
    return found


class Shadow:
    """Compares one in so many answers. One at a time: what falls due meanwhile is left out."""

    def __init__(self, schema: Any, every: int) -> None:
        self._schema = schema
        self._every = every
        self._since = 0
        self._task: asyncio.Task[None] | None = None
        self.same = 0
        self.different = 0

    def follow(self, request: Request, memo: Memo, result: ExecutionResult) -> None:
        """Compare with this answer, if it is its turn."""
        if not self._every:
            return
        self._since += 1
        if self._since >= self._every and (self._task is None or self._task.done()):
            self._since = 0
            self._task = asyncio.create_task(self._compare(request, memo, result))

    async def close(self) -> None:
        """End a comparison that is going on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def done(self) -> None:
        """Until the comparison that is going on has ended."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _compare(self, request: Request, memo: Memo, result: ExecutionResult) -> None:
        where = ""
        with Caught() as caught:
            again = await interpreted(self._schema, request, memo)
            where = difference(_plain(again.data), _plain(result.data)) or _errors(again, result)
        if caught.error is not None:
            where = type(caught.error).__name__
        if not where:
            self.same += 1
            return
        self.different += 1
        # No value, and no text of the caller's but the place: field names and indices.
        structlog.get_logger("ledgermesh").warning(
            "compiled code answers otherwise",
            document=hashlib.sha256(request.text.encode()).hexdigest()[:DIGEST_CHARACTERS],
            where=where,
        )


def _plain(data: Any) -> Any:
    """Data as it goes out; digits of numbers are kept as text."""
    return DECODER.decode(ENCODER.encode(data))


def difference(one: Any, other: Any, path: str = "data") -> str:
    """The first place where two values differ, also in the order of keys; empty where they are the same."""
    if type(one) is not type(other):
        return path
    if isinstance(one, dict):
        if list(one) != list(other):
            return path
        return next(
            (found for key in one if (found := difference(one[key], other[key], f"{path}.{key}"))), ""
        )
    if isinstance(one, list):
        if len(one) != len(other):
            return path
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for index, (a, b) in pairs if (found := difference(a, b, f"{path}.{index}"))), "")
    return "" if one == other else path


def _errors(one: ExecutionResult, other: ExecutionResult) -> str:
    return "" if _shown(one.errors) == _shown(other.errors) else "errors"


def _shown(errors: list[GraphQLError] | None) -> list[tuple[str, str, str]]:
    return [(each.message, repr(each.path), repr(each.locations)) for each in errors or ()]
