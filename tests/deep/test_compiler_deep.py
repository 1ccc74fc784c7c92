"""Compiled code against graphql-core, 100,000 times: `pytest tests/deep/test_compiler_deep.py`, some twenty minutes.

LEDGERMESH_DEEP_EXAMPLES sets how many cases are tried; the seeds are the same every time. `-rP` prints how they were
answered.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.compiler.same import case

EXAMPLES = int(os.environ.get("LEDGERMESH_DEEP_EXAMPLES", "100000"))
WORLDS = 20
PARTS = 20


@pytest.mark.timeout(7200)
@pytest.mark.filterwarnings(
    # graphql-core itself leaves coroutines behind where a null above them comes first.
    "ignore:coroutine .* was never awaited:RuntimeWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
@pytest.mark.parametrize("part", range(PARTS))
async def test_compiled_code_answers_as_graphql_core_does(part: int) -> None:
    """Data in every byte and errors with their paths and places agree; the failure names every seed that differs."""
    ways: Counter[str] = Counter()
    reordered, different = 0, list[str]()
    for number in range(part, EXAMPLES // WORLDS, PARTS):
        try:
            same = await case(1_000_000 + number, WORLDS)
        except AssertionError as error:
            different.append(str(error))
            continue
        ways.update(same.ways)
        reordered += same.reordered

    print(f"{ways.total()} cases: {dict(ways.most_common())}; {reordered} with errors in another order")
    assert not different, "\n".join((f"{len(different)} seeds differ", *different))
    assert ways["compiled"] > 0.8 * ways.total(), ways
