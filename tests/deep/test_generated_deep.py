"""Questions that hypothesis-graphql makes of our schema, on compiled code and on graphql-core, of each of its lists.

LEDGERMESH_EXAMPLES sets how many questions are made for each; the questions are the same every time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.compiler.books import BADNESS
from tests.compiler.generated import Both, checked, lists_of

EXAMPLES = int(os.environ.get("LEDGERMESH_EXAMPLES", "200"))


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    """Two gateways for all questions."""
    made = Both()
    yield made
    made.close()


@pytest.mark.timeout(7200)
def test_generated_questions_are_answered_as_graphql_core_answers_them(both: Both) -> None:
    """Data, keys, errors and extensions agree, whatever a provider sends; the failure tells every list that differs."""
    different: list[str] = []
    for name in lists_of(both.books.schema):
        try:
            checked(both, [name], EXAMPLES, len(BADNESS))
        except AssertionError as error:
            different.append(f"{name}: {error}")
        print(
            name, dict(both.books.ways), both.books.compared, "bytes", both.books.errors, "errors", flush=True
        )

    assert not different, "\n".join(different)
    assert both.books.ways["compiled"] > 0.9 * both.books.ways.total(), both.books.ways
