"""Every list against reading everything, sorting and filtering it in plain Python.

`LEDGERMESH_SHRINK=1` lets a failing example be made smaller, which takes minutes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ledgermesh.graph.kinds import NAMES
from tests.graph.asking import Walk, pools, walks
from tests.graph.small import small_house
from tests.graph.walking import Table, calm, table, unsteady

EXAMPLES = 150
SHRINK = (Phase.shrink,) if os.environ.get("LEDGERMESH_SHRINK") else ()


@contextmanager
def tables(name: str, *, rows: int = 16) -> Iterator[tuple[Table, Callable[[Awaitable[None]], None]]]:
    """The records of a kind, and how to wait for a law over them; one house and one event loop for all of it."""

    async def entered(stack: AsyncExitStack) -> Table:
        here = table(await stack.enter_async_context(small_house(rows)), name)
        if name == "Party":  # contacts have no offset: only in one answer are they all there
            here.house.emulators["a1"].switches.page_size_max = 100  # type: ignore[attr-defined]  # not in the protocol
        await here.begin()
        return here

    async def waited(law: Awaitable[None]) -> None:
        await law

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            yield runner.run(entered(stack)), lambda law: runner.run(waited(law))
        finally:
            runner.run(stack.aclose())


def try_all(name: str, examples: int, *, rows: int = 16) -> None:
    """So many walks through the lists of a kind: calm ones, with changes, with outages, with both."""
    with tables(name, rows=rows) as (here, wait):
        found = pools(list(here.columns.values()), here.records, here.kind.search)
        many = len(here.records)
        unlike = st.sampled_from(((False, False), (False, False), (True, False), (False, True), (True, True)))

        @settings(
            max_examples=examples, derandomize=True, deadline=None, database=None,
            phases=(Phase.generate, *SHRINK), suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(
            how=unlike.flatmap(
                lambda how: st.tuples(st.just(how), walks(found, changes=how[0], outages=how[1], rows=many))
            )
        )
        def holds(how: tuple[tuple[bool, bool], Walk]) -> None:
            wait(unsteady(here, how[1]) if any(how[0]) else calm(here, how[1]))

        holds()


@pytest.mark.parametrize("name", NAMES)
def test_pages_are_what_the_rules_ask_for(name: str) -> None:
    """Whatever the condition, the order, the search, the page sizes and the mishaps: the documented rules hold."""
    try_all(name, EXAMPLES)
