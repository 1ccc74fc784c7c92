"""What a document asks for, read again and again with other variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from graphql import parse

from ledgermesh.graph.limits.asked import Asked, Fields, Reading
from tests.shared import shared_schema

TEXT = """query Q($key: ID!, $first: Int, $more: Boolean!) {
  company(key: $key) {
    invoices(first: $first) {
      nodes { id party { displayName } ...F @include(if: $more) ... @skip(if: $more) { memo } }
    }
    bills(first: 2) { nodes { id party { displayName } } }
    bills(first: 2) { nodes { party { email } ...B } }
    quotes(where: {number: {eq: $key}}) { nodes { id } }
  }
}
fragment F on Invoice { lines { quantity } party { email } }
fragment B on Bill { lines { quantity } number }"""


def shown(fields: Iterable[Asked]) -> list[Any]:
    """All that is known of fields, those below too."""
    return [
        (
            each.name, each.key, each.parent.name, each.kind, each.many, each.leaf, dict(each.arguments),
            shown(below(each)),
        )
        for each in fields
    ]  # fmt: skip


def below(asked: Asked) -> Iterable[Asked]:
    return asked.below.values()


def read(reading: Reading, variables: Mapping[str, Any]) -> tuple[Asked, ...]:
    found = reading.read(None, variables)
    assert found is not None
    return found.roots


def named(fields: Fields, name: str) -> Asked:
    """The one of this name."""
    return next(each for each in fields.values() if each.name == name)


def test_a_document_says_the_same_however_often_it_was_read() -> None:
    """What is kept of it is nothing that a variable changes: as if each were the first to ask."""
    schema, document = shared_schema().inner, parse(TEXT)
    reading = Reading(schema, document)
    cases = [
        {"key": key, "more": more, **first}
        for key, more, first in product("ab", (True, False), ({}, {"first": 3}, {"first": 7}))
    ]

    found = [shown(read(reading, each)) for each in (*cases, *reversed(cases))]

    alone = [shown(read(Reading(schema, document), each)) for each in cases]
    assert found == [*alone, *reversed(alone)]
    assert len({str(each) for each in alone}) == len(cases)


def test_the_same_name_in_one_place_is_one_field() -> None:
    """Whatever spells it, and whoever asked before."""
    reading = Reading(shared_schema().inner, parse(TEXT))
    for more in (True, False, True):
        (company,) = read(reading, {"key": "a", "more": more})
        bill = named(named(company.below, "bills").below, "nodes")
        invoice = named(named(company.below, "invoices").below, "nodes")

        assert [each.name for each in below(bill)] == ["id", "party", "lines", "number"]
        assert [each.name for each in below(named(bill.below, "party"))] == ["displayName", "email"]
        assert [each.name for each in below(invoice)] == ["id", "party", "lines" if more else "memo"]
        assert len(named(invoice.below, "party").below) == (2 if more else 1)


def test_what_no_variable_changes_is_read_once() -> None:
    """Nobody makes anew what stands below a list."""
    reading = Reading(
        shared_schema().inner, parse("query($n: Int) { companies { bills(first: $n) { nodes { id } } } }")
    )
    (one,), (other,) = (read(reading, {"n": number}) for number in (1, 2))

    first, second = (named(named(each.below, "bills").below, "nodes") for each in (one, other))
    assert first is second


def test_wrong_variables_ask_for_nothing() -> None:
    """Running it says what is wrong with them."""
    reading = Reading(shared_schema().inner, parse(TEXT))
    assert reading.read(None, {"key": "a"}) is None
    assert reading.read("R", {"key": "a", "more": True}) is None
