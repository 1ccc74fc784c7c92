"""A plan's source made into a function, and one answer of it as bytes."""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from graphql import GraphQLError

from ledgermesh.compiler.emit import Functions, emit
from ledgermesh.compiler.plan import Plan
from ledgermesh.compiler.runtime import Asked, Run
from ledgermesh.compiler.terms import Memo, Options, Replay, Surprise
from ledgermesh.compiler.walk import errors_of

WRITTEN_AT_ONCE_MAX = 200
"""Elements of a list that are written as JSON in one go."""


class Answer(NamedTuple):
    """What an operation came to."""

    data: bytes | None
    """JSON; None where nothing was executed, because variables are wrong."""
    errors: list[GraphQLError]
    """As graphql-core makes them, not presented yet."""
    memo: Memo | None = None
    """All that resolvers have given, to make the answer again; None where nothing was executed."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """An operation as a function."""

    plan: Plan
    source: str
    """The Python that runs, for people."""
    functions: Functions
    options: Options

    def start(self, asked: Asked, clock: Callable[[], float]) -> Run:
        """A run that has not done anything yet."""
        return Run(self.plan, self.functions, self.options, clock, asked)

    async def finish(self, run: Run) -> Answer:
        """Run it to its end; raises Replay."""
        top = await run.complete()
        if run.surprise:
            raise Replay(run.surprise, run.memo)
        try:
            top, errors = await errors_of(run, top)
        except Surprise as surprise:
            raise Replay(surprise.reason, run.memo) from None
        try:
            return Answer(await _written(run, top), errors, run.memo)
        except (TypeError, ValueError, OverflowError) as error:
            raise Replay("a value that is no JSON", run.memo) from error


def build(plan: Plan, options: Options, title: str) -> Compiled:
    """Write and load the code of a plan; tracebacks show its lines under this title."""
    source, names = emit(plan, options)
    place = f"<compiled {title} {id(plan):x}>"
    # Names come from the schema and from aliases, which the parser has limited to letters, digits and `_`.
    exec(compile(source, place, "exec"), names)  # noqa: S102  # this is what a compiler is for
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    made = Compiled(plan, source, Functions(*names["functions"]), options)
    weakref.finalize(made, linecache.cache.pop, place, None)
    return made


async def _written(run: Run, top: Any) -> bytes:
    encode = run.options.encode
    for long in reversed(run.long):  # the inner ones first
        done = long.done
        if len(done) <= WRITTEN_AT_ONCE_MAX:
            continue
        pieces = []
        for start in range(0, len(done), WRITTEN_AT_ONCE_MAX):
            # Elements with the commas between them: what is left of a list without its brackets.
            piece = encode(done[start : start + WRITTEN_AT_ONCE_MAX])
            pieces.append(msgspec.Raw(piece[1:-1]))
            await run.pause()
        done[:] = pieces
    return encode(top)
