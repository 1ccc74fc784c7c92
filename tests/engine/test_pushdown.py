"""Pushdown only ever asks for a superset: by hand on a list of our own, by chance against every emulator."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from ledgermesh.engine.pushdown import pushed
from ledgermesh.engine.where import evaluate
from ledgermesh.model.enums import DocumentStatus
from ledgermesh.model.money import Money
from ledgermesh.model.record import Record
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.query import And, Compare, ListQuery, Not, Operator, Or, Order, Where
from ledgermesh.spec.resource import List, Push, Resource, Sort
from tests.contract.known import PROVIDERS
from tests.contract.reading import open_resource, read_list
from tests.contract.stand import standing


def plain(value: object) -> str | None:
    """Text as it is; nothing else goes along."""
    return value if isinstance(value, str) else None


NEW = Sort(field="date", ascending=(("sort", "date"),), descending=(("sort", "-date"),))
LIST = List(
    path="/x",
    sorts=(NEW,),
    pushes=(
        Push(field="number", operator="eq", param="number", encode=plain, exact=True),
        Push(field="status", operator="eq", param="status", encode=plain),
        Push(field="date", operator="gte", param="from", encode=plain),
        Push(field="date", operator="gt", param="from", encode=plain),
    ),
)
ONE, TWO = Compare("number", "eq", "1"), Compare("number", "eq", "2")
OPEN = Compare("status", "eq", DocumentStatus.OPEN)
SINCE = Compare("date", "gte", dt.date(2026, 2, 1))
OTHER = Compare("memo", "contains", "x")


@pytest.mark.parametrize(
    ("where", "parameters", "exact"),
    [
        (None, (), True),
        (ONE, (("number", "1"),), True),
        (OPEN, (("status", "OPEN"),), False),
        (And((ONE, OTHER)), (("number", "1"),), False),
        (And((And((ONE,)), SINCE)), (("number", "1"), ("from", "2026-02-01")), False),
        (And(()), (), True),
        (Or((ONE,)), (("number", "1"),), False),
        (Or((ONE, TWO)), (), False),
        (Or(()), (), False),
        (Not(ONE), (), False),
        (And((Not(ONE), Or((ONE, OPEN)), SINCE)), (("from", "2026-02-01"),), False),
        (Compare("number", "eq", None), (), False),
        (Compare("number", "ne", "1"), (), False),
        # Only one of two comparisons for a parameter can go along: the other is left, so the rows are not exact.
        (And((ONE, TWO)), (("number", "1"),), False),
    ],
)
def test_what_goes_along(where: Where | None, parameters: object, exact: bool) -> None:
    """`and` pushes any part, `or` only a lone one, `not` never; exact only where nothing is left to check."""
    found = pushed(LIST, ListQuery("X", where=where), kept=False)
    assert (found.parameters, found.exact) == (parameters, exact)


def test_values_for_one_parameter_are_joined_where_the_list_says_how() -> None:
    """Then all of them go along."""
    joined = List(path="/x", pushes=LIST.pushes, combine="&".join)
    assert pushed(joined, ListQuery("X", where=And((ONE, TWO))), kept=False).parameters == (
        ("number", "1&2"),
    )


def test_only_the_one_order_that_the_provider_keeps_is_pushed() -> None:
    """Exactly one key, on a field that it sorts by; a search goes along with nothing, so its rows are never exact."""
    new = ListQuery("X", order=(Order("date", descending=True),))
    assert pushed(LIST, new, kept=False).parameters == (("sort", "-date"),)
    for order in ((), (Order("number"),), (Order("date"), Order("number"))):
        assert pushed(LIST, ListQuery("X", order=order), kept=False).sort is None
    found = pushed(LIST, ListQuery("X", search="ann"), kept=False)
    assert (found.parameters, found.exact) == ((), False)
    assert pushed(LIST, ListQuery("X"), kept=True).exact is False


CHOICES = [
    pytest.param(name, resource, id=f"{name}-{resource.kind}{resource.name}")
    for name, provider in sorted(PROVIDERS.items())
    for resource in provider.resources
    if resource.list is not None and resource.list.pushes and resource.children is None
]


@pytest.mark.parametrize(("name", "resource"), CHOICES)
async def test_a_provider_leaves_out_nothing_that_matches(name: str, resource: Resource) -> None:
    """Whatever the condition: the rows that come contain every row it holds for, and those it was not asked for too."""
    chance = random.Random(f"{name}{resource.kind}")
    async with standing(name) as stand:
        stand.line.lax = True
        rows = (await read_list(stand, open_resource(stand, resource))).rows
        went = 0
        for _ in range(60):
            where = condition(chance, resource, rows)
            pages = open_resource(stand, resource, ListQuery(resource.kind, where=where))
            went += bool(pages.pushed.parameters)
            came = {row.native_id for row in (await read_list(stand, pages)).rows}
            assert {row.native_id for row in rows if evaluate(where, row)} <= came, where
    assert went > 10


def condition(chance: random.Random, resource: Resource, rows: list[Record], depth: int = 2) -> Where:
    """A random condition over the fields that can be pushed and some that cannot, with values that occur."""
    word = chance.choice(["leaf", "leaf", "and", "or", "not"]) if depth else "leaf"
    if word == "leaf":
        return leaf(chance, resource, rows)
    if word == "not":
        return Not(condition(chance, resource, rows, depth - 1))
    parts = tuple(condition(chance, resource, rows, depth - 1) for _ in range(chance.randrange(3)))
    return And(parts) if word == "and" else Or(parts)


def leaf(chance: random.Random, resource: Resource, rows: list[Record]) -> Compare:
    """One comparison; half of the time one that the list says it pushes."""
    assert resource.list is not None
    push = chance.choice(resource.list.pushes)
    value = worth(getattr(chance.choice(rows), push.field))
    if chance.random() < 0.7:
        return Compare(push.field, push.operator, odd(chance, value))
    operator: Operator = chance.choice(("ne", "lt", "gte", "in", "isNull"))
    match operator:
        case "in":
            return Compare(push.field, "in", (value,))
        case "isNull":
            return Compare(push.field, "isNull", chance.random() < 0.5)
    return Compare(push.field, operator, value)


def worth(value: Any) -> object:
    """What a condition compares with, for a field's value."""
    if isinstance(value, Pointer):
        return value.native_id
    return value.amount if isinstance(value, Money) else value


def odd(chance: random.Random, value: object) -> object:
    """Mostly the value; sometimes null, or text that a provider might take for something else."""
    if chance.random() < 0.1:
        return None
    if isinstance(value, str) and chance.random() < 0.2:
        return chance.choice([">5", "<5", "!x", "~x", '"', "x y", "", value.lower(), f" {value}"])
    assert value is None or isinstance(value, str | bool | int | Decimal | dt.date | Enum)
    return value
