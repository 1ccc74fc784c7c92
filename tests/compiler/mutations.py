"""Faults planted in generated code, to see whether the differential tests find them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from ledgermesh.compiler import build
from ledgermesh.graph import fused
from ledgermesh.graph.compiled import CompiledQueries
from ledgermesh.graph.compiling import Compiling
from tests.compiler.books import Books
from tests.compiler.books import case as books_case
from tests.compiler.same import case as made_up_case


class Mutation(NamedTuple):
    """One fault: what of the source it replaces by what."""

    name: str
    old: str
    """A regular expression."""
    new: str


EMITTED: Final = (
    Mutation("values of any class are written", r"raise Odd", "pass"),
    Mutation("whole numbers may be large", r"-2147483648 <= (\w+) <= 2147483647", r"-1 << 99 <= \1 <= 1 << 99"),
    Mutation("not a number is a number", r"(\w+) - \1 == 0\.0", "True"),
    Mutation("a field is left out when its value is odd", r"run\.careful_field\(.*\)", "pass"),
    Mutation("an error of the arguments is a null", r"return \[error\] \* len", "return [None] * len"),
    Mutation("an error of a resolver is a null", r"column\.append\(error\)", "column.append(None)"),
    Mutation("what was made once stands for all", r"if key in done:",
             "if done:\n{indent}    key = next(iter(done))"),
    Mutation("nothing is taken back", r"del (\w+)\[had_\w+:\]", "pass"),
    Mutation("two fields are exchanged", r"= ([A-Z]\w*_\d+)\((\w+), (\w+)", r"= \1(\3, \2"),
    Mutation("objects of a list are dropped", r"for x in (\w+)\]", r"for x in \1[1:]]"),
    Mutation("long lists lose an element", r"for x in given:", "for x in given[1:] or given:"),
)  # fmt: skip
"""Of `compiler/emit`, found over made-up records."""

FUSED: Final = (
    Mutation("values of any class are written ", r"raise Odd", "pass"),
    Mutation("an empty text is none", r" if (\w+) else 'null'", ""),
    Mutation("places in lists begin at 0", r"index_(\d+) \+ 1", r"index_\1"),
    Mutation("amounts have no currency", r"\bc = c\d+", "c = 'null'"),
    Mutation("lists that are missing are null", r"= '\[\]'", "= 'null'"),
    Mutation("texts are not quoted as JSON", r"= quote\((\w+)\)", r"""= f'"{\1}"'"""),
    Mutation("large numbers keep their exponent", r"if 'E' not in \(", "if ('', "),
    Mutation("the first word stands for all", r"= words_(\d+)\.get\(([\w.]+)",
             r"= words_\1.get(next(iter(words_\1), \2)"),
    Mutation("whole numbers are others", r"(\w+)\.__class__ is int\)", r"\1.__class__ is int and (\1 := \1 + 1))"),
    Mutation("whole numbers have a digit more", r"""(\w+) = f'"\{\1\}"'""", r"""\1 = f'"{\1}0"'"""),
    Mutation("numbers that are not whole lose a digit", r"(\w+)\.decode\(\)", r"\1.decode()[:-1]"),
    Mutation("parts are read from what is around them", r"(doc_[1-9]\d*) = (v\d+)", r"\1 = doc_0"),
    Mutation("an element is left out", r"in enumerate\((v\d+)\)", r"in enumerate(\1[:-1])"),
    Mutation("a member of an enum by its first word", r"words_(\d+)\[w\] = (v\d+)",
             r"words_\1.setdefault(w, next(iter(words_\1.values()), \2))"),
)  # fmt: skip
"""Of `graph/fused`, found over books."""


class Planted:
    """Counts where a fault was planted."""

    def __init__(self, mutation: Mutation) -> None:
        self._mutation = mutation
        self.places = 0

    def line(self, line: str) -> str:
        """The line, with the fault where it fits."""
        indent = line[: len(line) - len(line.lstrip())]
        new = self._mutation.new.replace("{indent}", indent).replace("{{", "{").replace("}}", "}")
        found, count = re.subn(self._mutation.old, new, line)
        self.places += count
        return found


@contextmanager
def emitting(mutation: Mutation) -> Iterator[Planted]:
    """Plant it in what `compiler/emit` writes."""
    module: Any = build
    planted, before = Planted(mutation), module.emit

    def emit(*given: Any) -> tuple[str, Any]:
        source, names = before(*given)
        return "\n".join(map(planted.line, source.split("\n"))), names

    module.emit = emit
    try:
        yield planted
    finally:
        module.emit = before


@contextmanager
def fusing(mutation: Mutation) -> Iterator[Planted]:
    """Plant it in what `graph/fused` writes."""
    planted, before = Planted(mutation), fused._Writer.function

    def function(self: Any, *given: Any) -> Iterator[str]:
        return map(planted.line, before(self, *given))

    setattr(fused._Writer, "function", function)  # noqa: B010  # a method in the place of another
    try:
        yield planted
    finally:
        setattr(fused._Writer, "function", before)  # noqa: B010  # and back


async def found_in_made_up_records(mutation: Mutation, seeds: range, worlds: int) -> int | None:
    """The first seed that shows it; None where none does."""
    with emitting(mutation) as planted:
        for seed in seeds:
            if await _differs(lambda: made_up_case(seed, worlds)):  # noqa: B023  # used at once
                return seed
    assert planted.places, f"{mutation.name}: nothing of the code is like this"
    return None


async def found_in_books(both: Books, mutation: Mutation, seeds: range, worlds: int) -> int | None:
    """The same over books; the gateway forgets what it has compiled, before and afterwards."""
    gateway: Any = both.compiled.running.answers
    kept = gateway.queries
    gateway.queries = CompiledQueries(gateway._schema, both.compiled.clock, Compiling(from_time=1))
    try:
        with fusing(mutation) as planted:
            for seed in seeds:
                if await _differs(lambda: books_case(both, seed, worlds)):  # noqa: B023  # used at once
                    return seed
        assert planted.places, f"{mutation.name}: nothing of the code is like this"
        return None
    finally:
        gateway.queries = kept


async def _differs(run: Callable[[], Any]) -> bool:
    try:
        await run()
    except (AssertionError, ValueError):  # it is not even JSON
        return True
    return False
