"""Questions that hypothesis-graphql makes of our schema, on compiled code and on graphql-core.

`pytest tests/deep/test_generated_deep.py` looks further.
"""

from __future__ import annotations

from tests.compiler.generated import Both, checked

LISTS = ("invoices",)
EXAMPLES = 30
WORLDS = 3


def test_generated_questions_are_answered_as_graphql_core_answers_them() -> None:
    """Data, keys, errors and extensions agree, over books that are as they should be and over spoilt ones."""
    both = Both()
    try:
        checked(both, LISTS, EXAMPLES, WORLDS)
    finally:
        both.close()

    assert both.books.ways.total() >= EXAMPLES * WORLDS
    assert both.books.ways["compiled"] > 0.9 * both.books.ways.total(), both.books.ways
