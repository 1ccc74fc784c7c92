"""Which fields a selection reads: a superset, through fragments and conditions."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry

from ledgermesh.model.selection import python_name, selected


@strawberry.type
class Leaf:
    paid_date: str = "x"
    lines: str = "x"
    from_: str = strawberry.field(name="from", default="x")


@strawberry.type
class Listing:
    nodes: list[Leaf]


@strawberry.type
class Query:
    @strawberry.field
    def leaf(self, info: strawberry.Info[Any, Any]) -> Leaf:
        info.context.append(selected(info))
        return Leaf()

    @strawberry.field
    def listing(self, info: strawberry.Info[Any, Any]) -> Listing:
        info.context.append(selected(info, "nodes"))
        return Listing(nodes=[])


SCHEMA = strawberry.Schema(Query)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("{ leaf { paidDate } }", {"paid_date"}),
        ("{ leaf { a: paidDate b: from __typename } }", {"paid_date", "from_", "__typename"}),
        ("{ leaf { ...F } } fragment F on Leaf { paidDate ...G } fragment G on Leaf { lines }", {"paid_date", "lines"}),
        ("{ leaf { ... on Leaf { paidDate } ... { lines } } }", {"paid_date", "lines"}),
        ("{ leaf { paidDate @skip(if: true) lines @include(if: false) } }", {"paid_date", "lines"}),
        ("{ leaf { paidDate } leaf { lines } }", {"paid_date", "lines"}),
        ("{ listing { nodes { paidDate } ... on Listing { nodes { lines } } } }", {"paid_date", "lines"}),
        ("{ listing { __typename } }", set()),
    ],
)  # fmt: skip
def test_what_is_selected(text: str, fields: set[str]) -> None:
    """By the Python names of the fields, whatever they are called in the answer."""
    seen: list[frozenset[str]] = []
    result = SCHEMA.execute_sync(text, context_value=seen)
    assert result.errors is None and seen == [frozenset(fields)]


@pytest.mark.parametrize(
    ("graphql", "python"), [("nativeId", "native_id"), ("from", "from_"), ("in", "in_"), ("isNull", "is_null")]
)  # fmt: skip
def test_python_names(graphql: str, python: str) -> None:
    """Words that Python keeps for itself have a dash behind them."""
    assert python_name(graphql) == python
