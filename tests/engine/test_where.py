"""Conditions on records: two-valued, and refused when nothing can satisfy them."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgermesh.engine.currencies import Currencies
from ledgermesh.engine.where import check, day_range, evaluate
from ledgermesh.errors import BadInput, CurrencyRequired
from ledgermesh.model.money import Money
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.query import And, Compare, Not, Operator, Or, Where
from tests.engine.books import START, TODAY, Mood, Paper, chf, paper
from tests.engine.worlds import condition

DAY_BEFORE = TODAY - dt.timedelta(days=1)
EMPTY = Paper(native_id="1")
FULL = Paper(
    native_id="7", day=TODAY, at=START, name="Müller AG", count=3, flag=True, mood=Mood.OPEN, total=chf("12.50"),
    party=Pointer("Party", "42"),
)  # fmt: skip


@pytest.mark.parametrize(
    "holds, compare",
    [
        (True, Compare("day", "eq", TODAY)),
        (True, Compare("day", "lte", TODAY)),
        (False, Compare("day", "lt", TODAY)),
        (True, Compare("at", "gt", START - dt.timedelta(microseconds=1))),
        (True, Compare("at", "eq", START.astimezone(dt.timezone(dt.timedelta(hours=5))))),
        (True, Compare("count", "gte", 3)),
        (True, Compare("count", "in", (1, 3))),
        (False, Compare("count", "in", ())),
        (True, Compare("flag", "eq", True)),
        (True, Compare("mood", "ne", Mood.PAID)),
        (True, Compare("mood", "in", (Mood.OPEN,))),
        (True, Compare("name", "contains", "MÜLL")),
        (False, Compare("name", "contains", "x")),
        (True, Compare("party", "eq", "42")),
        (True, Compare("party", "in", ("1", "42"))),
        (False, Compare("party", "eq", "4")),
        (True, Compare("total", "eq", Decimal("12.5"), currency="CHF")),
        (True, Compare("total", "gt", Decimal("12.49999"), currency="CHF")),
        (False, Compare("total", "eq", Decimal("12.5"), currency="EUR")),
        (False, Compare("total", "lt", Decimal(99), currency="EUR")),
        (False, Compare("total", "in", (Decimal("12.5"), None), currency="EUR")),
        (True, Compare("total", "ne", Decimal("12.5"), currency="EUR")),
        (False, Compare("total", "isNull", True, currency="EUR")),
        (False, Compare("name", "isNull", True)),
        (True, Compare("name", "isNull", False)),
    ],
)
def test_compare(holds: bool, compare: Compare) -> None:
    """Each operator on each kind of value; money of another currency satisfies `ne` only."""
    assert holds is evaluate(compare, FULL)


@pytest.mark.parametrize("field", ["day", "at", "name", "count", "flag", "mood", "total", "party"])
@pytest.mark.parametrize(
    "holds, operator, value",
    [
        (True, "eq", None), (False, "eq", "x"), (True, "ne", "x"), (False, "ne", None), (True, "isNull", True),
        (False, "isNull", False), (True, "in", ("x", None)), (False, "in", ("x",)), (False, "lt", "x"),
        (False, "lte", None), (False, "gt", "x"), (False, "gte", None), (False, "contains", ""),
    ],
)  # fmt: skip
def test_null_equals_only_null(field: str, holds: bool, operator: Operator, value: object) -> None:
    """A null field equals null, is different from every value, and is neither less, more nor part of anything."""
    assert holds is evaluate(Compare(field, operator, value), EMPTY)


def test_nothing_and_everything() -> None:
    """All of no parts is true, any of no parts is false."""
    assert evaluate(And(()), EMPTY)
    assert not evaluate(Or(()), EMPTY)


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(chance=st.integers(0, 2**32))
def test_conditions_mean_what_they_say(chance: int) -> None:
    """Nested conditions hold exactly where the same condition written in Python does, and never where `not` does."""
    seeded = random.Random(chance)
    where, holds = condition(seeded, depth=4)
    for number in range(10):
        row = paper(seeded, str(number))
        assert holds(row) is evaluate(where, row) is not evaluate(Not(where), row)


def test_second_currency_is_refused() -> None:
    """Money compared without a currency is refused when a second one turns up; an unknown one is taken as the first."""
    met = Currencies()
    more = Compare("total", "gt", Decimal(1))

    assert evaluate(more, FULL, met)
    assert evaluate(more, Paper(native_id="2", total=Money(amount=Decimal(2), currency=None)), met)
    with pytest.raises(CurrencyRequired) as refused:
        evaluate(more, Paper(native_id="3", total=Money(amount=Decimal(2), currency="EUR")), met)

    assert {"field": "total", "currencies": ["CHF", "EUR"]} == refused.value.details


def range_(low: Operator, from_: object, high: Operator, to: object, *, currency: str | None = None) -> Where:
    return And(
        (Compare("total", low, from_, currency), Compare("total", high, to, "CHF" if currency else None))
    )


@pytest.mark.parametrize(
    "where",
    [
        range_("gte", 5, "lte", 4),
        range_("gt", 4, "lt", 4),
        range_("gt", 4, "lte", 4),
        range_("gte", 4, "lt", 4),
        range_("gte", TODAY, "lte", TODAY - dt.timedelta(days=1)),
        And((Compare("total", "lt", 1), And((Compare("total", "gt", 2),)))),
        Or((Compare("count", "eq", 1), Not(range_("gte", 5, "lte", 4)))),
    ],
)
def test_impossible_range_is_refused(where: Where) -> None:
    """A range that ends before it starts is an error wherever it stands, not an empty list."""
    with pytest.raises(BadInput, match="total"):
        check(where)


@pytest.mark.parametrize(
    "where",
    [
        None,
        range_("gte", 4, "lte", 4),
        range_("gt", 4, "lt", 5),
        range_("gte", 5, "lte", 4, currency="EUR"),
        Or((Compare("total", "gte", 5), Compare("total", "lte", 4))),
        And((Compare("total", "gte", 5), Compare("count", "lte", 4))),
        And((Compare("total", "gte", 5), Not(Compare("total", "gte", 3)))),
    ],
)
def test_possible_range_passes(where: Where | None) -> None:
    """Ranges that hold a value, or bounds that do not meet in one `and` of one field, pass."""
    check(where)


@pytest.mark.parametrize(
    "days, where",
    [
        ((None, None), None),
        ((TODAY, TODAY), Compare("day", "eq", TODAY)),
        ((TODAY, None), And((Compare("day", "gt", TODAY), And((Compare("day", "gte", DAY_BEFORE),))))),
        ((None, DAY_BEFORE), And((Compare("day", "lt", TODAY), Compare("day", "lte", DAY_BEFORE)))),
        ((None, None), Or((Compare("day", "eq", TODAY), Compare("day", "eq", DAY_BEFORE)))),
        ((None, None), Not(Compare("day", "gte", TODAY))),
        (
            (None, None),
            And((Compare("day", "gte", None), Compare("day", "ne", TODAY), Compare("at", "lte", TODAY))),
        ),
    ],
)
def test_days_of_a_condition(days: tuple[dt.date | None, dt.date | None], where: Where | None) -> None:
    """Only comparisons that must all hold bound the days; the bounds are included, never too narrow."""
    assert days == day_range(where, "day")
