"""Compiled code against graphql-core over providers' books that are spoilt on the wire.

`python -m tests.deep.differential 50000 1` looks further.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.compiler.books import Books, books, case

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTIONS = 30
WORLDS = 48
PARTS = 6


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def both() -> AsyncIterator[Books]:
    """Two gateways for all questions."""
    async with books() as made:
        yield made


@pytest.mark.parametrize("part", range(PARTS))
async def test_spoilt_books_are_told_as_graphql_core_tells_them(both: Books, part: int) -> None:
    """Data, keys, errors and all of the extensions but times agree, whatever a provider sends; the calls as well."""
    asked, compiled, spoilt = both.ways.total(), both.ways["compiled"], both.wire.spoilt
    for seed in range(part, QUESTIONS, PARTS):
        await case(both, seed, WORLDS)

    asked, compiled = both.ways.total() - asked, both.ways["compiled"] - compiled
    assert asked == QUESTIONS // PARTS * WORLDS
    assert compiled > 0.9 * asked, both.ways
    assert both.wire.spoilt > spoilt + 100
