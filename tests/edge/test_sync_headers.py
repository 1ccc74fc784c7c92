"""Headers that one operation cannot mean."""

from __future__ import annotations

import pytest

from ledgermesh.edge.sync_headers import check_write_headers, mutations
from ledgermesh.errors import BadInput
from ledgermesh.graph.question import Question
from ledgermesh.graph.writes.headers import WriteHeaders
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import KeyEntry, TenantEntry
from ledgermesh.state.registry import Principal

WHO = Principal(
    tenant=TenantEntry(id="t", name="T"),
    key=KeyEntry(id="k", digest="", tenant="t", environment="sandbox", scopes=frozenset()),
)
ONE = "mutation { a }"
TWO = "mutation { a b: a }"


def question(
    text: str, headers: WriteHeaders, *, token: bool = False, operation: str | None = None
) -> Question:
    """A question that came with these headers."""
    tokens = {"c": Secret("theirs")} if token else {}
    return Question(
        text=text,
        operation=operation,
        principal=WHO,
        timeout_seconds=1.0,
        tokens=tokens,
        write_headers=headers,
    )


@pytest.mark.parametrize(
    ("text", "operation", "count"),
    [
        (ONE, None, 1),
        (TWO, None, 2),
        ("mutation { ...F } fragment F on Mutation { a ...G } fragment G on Mutation { b ...F }", None, 2),
        ("mutation { ... on Mutation { a } ... @include(if: false) { b } }", None, 2),
        ("mutation { ...F ...F } fragment F on Mutation { a }", None, 1),
        ("mutation { ...Gone }", None, 0),
        ("mutation A { a } mutation B { a b }", "A", 1),
        ("mutation A { a } mutation B { a b }", "B", 2),
        ("mutation A { a } mutation B { a b }", None, 0),
        ("query { a b }", None, 0),
        ("mutation {", None, 0),
    ],
)
def test_mutations_are_counted_where_they_hide(text: str, operation: str | None, count: int) -> None:
    """Aliases, fragments and conditions count; other operations of the document do not."""
    assert mutations(text, operation) == count


def test_a_key_for_several_mutations_is_refused() -> None:
    """One Idempotency-Key cannot name two changes; without one, or with one mutation, nothing is wrong."""
    key = WriteHeaders(client_key="k")
    check_write_headers(question(ONE, key))
    check_write_headers(question(TWO, WriteHeaders(push=True)))

    with pytest.raises(BadInput) as refused:
        check_write_headers(question(TWO, key))

    assert refused.value.details == {"field": "Idempotency-Key"}


def test_a_push_with_the_callers_own_token_is_refused() -> None:
    """X-Provider-Token lives as long as its request, and a push longer; a plan may be made with it."""
    check_write_headers(question(ONE, WriteHeaders(), token=True))

    with pytest.raises(BadInput) as refused:
        check_write_headers(question(ONE, WriteHeaders(push=True), token=True))

    assert refused.value.details == {"field": "X-Provider-Token"}
