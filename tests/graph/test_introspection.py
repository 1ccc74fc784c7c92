"""Answers about the schema alone are kept; everything else is asked anew."""

from __future__ import annotations

from graphql import get_introspection_query

from ledgermesh.graph.introspection import Introspection
from ledgermesh.graph.limits.early import early
from ledgermesh.graph.question import Answer, Question
from ledgermesh.state.entries import KeyEntry, TenantEntry
from ledgermesh.state.registry import Principal

WHO = Principal(
    tenant=TenantEntry(id="t", name="T"),
    key=KeyEntry(id="k", digest="", tenant="t", environment="live", scopes=frozenset()),
)
ANSWER: Answer = {"data": {"__schema": {}}}


def question(text: str, **variables: object) -> Question:
    """Somebody's question."""
    return Question(text=text, variables=variables, principal=WHO, timeout_seconds=1.0)


def test_the_schema_is_described_once() -> None:
    """The playground's own question is answered from what is kept; other variables are another question."""
    kept, text = Introspection(early), get_introspection_query()
    assert kept.find(question(text)) is None
    kept.keep(question(text), ANSWER)
    assert kept.find(question(text)) is ANSWER
    assert kept.find(question(text, name="Invoice")) is None


def test_nothing_else_is_kept() -> None:
    """Neither books, nor books beside the schema, nor a fragment at the root, nor an answer with errors."""
    kept = Introspection(early)
    for text in (
        "{ viewer { __typename } }",
        "{ __typename viewer { name } }",
        "{ ...all } fragment all on Query { __typename viewer { name } }",
        "{ __typename",
    ):
        kept.keep(question(text), ANSWER)
        assert kept.find(question(text)) is None, text
    kept.keep(question("{ __typename }"), {"errors": []})
    assert kept.find(question("{ __typename }")) is None
