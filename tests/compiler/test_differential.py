"""Compiled code against graphql-core: random documents over records that are spoilt at random."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.compiler.same import case

DOCUMENTS = 90
WORLDS = 40
PARTS = 6

NEVER_AWAITED = (
    # graphql-core itself leaves coroutines behind where a null above them comes first.
    "ignore:coroutine .* was never awaited:RuntimeWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


@pytest.mark.filterwarnings(*NEVER_AWAITED)
@pytest.mark.parametrize("part", range(PARTS))
async def test_compiled_code_answers_as_graphql_core_does(part: int) -> None:
    """Data in every byte and errors with their paths and places agree; no resolver is asked twice for a replay."""
    ways: Counter[str] = Counter()
    for seed in range(part, DOCUMENTS, PARTS):
        same = await case(seed, WORLDS)
        ways.update(same.ways)

    assert ways["compiled"] > 0.8 * ways.total(), ways


@pytest.mark.filterwarnings(*NEVER_AWAITED)
@pytest.mark.parametrize(
    "seed",
    [
        1_001_513,  # an error was lost where a value of a custom scalar could be called
        1_003_383,  # errors beside one that is waited for came after it
        1_004_911,  # the same below a long list
        1_002_159,
        1_002_681,
        1_004_882,  # one source at two places
        2_000_114,  # one iterator at two places
    ],
)
async def test_what_once_differed_stays_the_same(seed: int) -> None:
    """Seeds of long runs that found something."""
    assert (await case(seed, 20)).ways["compiled"]
