"""Walking conditions."""

from __future__ import annotations

from ledgermesh.spec.query import And, Compare, ListQuery, Not, Or, compares

A, B, C = (Compare(name, "eq", 1) for name in "abc")


def test_every_comparison_is_found_at_any_depth() -> None:
    """In the order in which they stand, each as often as it does."""
    where = And((A, Or((Not(And((B, Not(C)))), A)), Or(()), And(())))
    assert list(compares(where)) == [A, B, C, A]
    assert list(compares(None)) == []


def test_equal_questions_are_equal_values() -> None:
    """What a cursor and an index are bound to: the same question is the same key, another one is not."""
    one = ListQuery("Invoice", where=And((A, B)), fields=frozenset(("number",)))
    same = ListQuery("Invoice", where=And((A, Compare("b", "eq", 1))), fields=frozenset(("number",)))
    assert one == same and hash(one) == hash(same)
    assert one != ListQuery("Invoice", where=And((B, A)), fields=frozenset(("number",)))
