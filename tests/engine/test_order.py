"""The total order of a list."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from functools import cmp_to_key

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgermesh.engine.currencies import Currencies
from ledgermesh.engine.order import Ordering, dump, load, number
from ledgermesh.errors import CurrencyRequired
from ledgermesh.model.money import Money
from ledgermesh.spec.query import Order
from tests.engine.books import START, Mood, Paper, by_id, chf, compare, paper
from tests.engine.worlds import ORDERS


def ids(rows: list[Paper], *orders: Order) -> list[str]:
    """Native ids of the rows, sorted."""
    ordering = Ordering(orders, Currencies())
    return [row.native_id for row in sorted(rows, key=lambda row: ordering.place(row, "a"))]


@pytest.mark.parametrize("descending", [False, True])
def test_nulls_come_last(descending: bool) -> None:
    """Null stands behind every value in both directions."""
    rows = [Paper(native_id="1"), Paper(native_id="2", count=-1), Paper(native_id="3", count=1)]

    assert "1" == ids(rows, Order("count", descending=descending))[-1]


def test_text_is_ordered_by_code_point() -> None:
    """Capitals before small letters before accents before what lies beyond the first plane."""
    rows = [Paper(native_id=name, name=name) for name in ("ä", "b", "𝄞", "Z", "", "\uffff", "a")]

    assert ["", "Z", "a", "b", "ä", "\uffff", "𝄞"] == ids(rows, Order("name"))
    assert ["𝄞", "\uffff", "ä", "b", "a", "Z", ""] == ids(rows, Order("name", descending=True))


def test_enums_are_ordered_by_value() -> None:
    """An enum is ordered by its word."""
    rows = [Paper(native_id=mood.value, mood=mood) for mood in Mood]

    assert ["draft", "open", "paid"] == ids(rows, Order("mood"))


def test_long_amounts_keep_their_digits() -> None:
    """Amounts with more digits than the context's precision are not rounded, in either direction."""
    rows = [Paper(native_id=str(last), total=chf(f"1{'0' * 30}{last}.01")) for last in (2, 1, 3)]

    assert ["1", "2", "3"] == ids(rows, Order("total", currency="CHF"))
    assert ["3", "2", "1"] == ids(rows, Order("total", descending=True, currency="CHF"))


def test_instants_are_ordered_as_instants() -> None:
    """The same instant in another zone is equal; a microsecond is a difference."""
    zone = dt.timezone(dt.timedelta(hours=9))
    rows = [
        Paper(native_id="3", at=START + dt.timedelta(microseconds=1)),
        Paper(native_id="2", at=START.astimezone(zone)),
        Paper(native_id="1", at=START),
    ]

    assert ["1", "2", "3"] == ids(rows, Order("at"))


def test_ties_are_ordered_by_connection_then_id() -> None:
    """Equal rows: by connection, then by id, numbers numerically."""
    ordering = Ordering((), Currencies())
    places = [
        ordering.place(Paper(native_id=each), name) for each, name in [("10", "b"), ("9", "b"), ("99", "a")]
    ]

    assert [("a", "99"), ("b", "9"), ("b", "10")] == [
        (each.connection, each.number[1]) for each in sorted(places)
    ]
    assert number("9") < number("10") < number("100")


def test_second_currency_is_refused() -> None:
    """Amounts of two currencies have no order unless the order names one."""
    ordering = Ordering((Order("total"),), Currencies({"total": "EUR"}))

    with pytest.raises(CurrencyRequired):
        ordering.rank(Paper(native_id="1", total=chf(1)))


def test_numbers_that_are_none_have_no_order() -> None:
    """An amount that is not a number stands with the nulls instead of breaking the list."""
    rows = [
        Paper(native_id="2", total=Money(amount=Decimal("NaN"), currency="CHF")),
        Paper(native_id="1", total=chf(1)),
    ]

    assert ["1", "2"] == ids(rows, Order("total", currency="CHF"))


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(seed=st.integers(0, 2**32))
def test_order_equals_a_comparison_by_hand(seed: int) -> None:
    """Sorted by place is sorted by a comparison written apart; a place survives JSON."""
    chance = random.Random(seed)
    orders = tuple(chance.sample(ORDERS, 2))
    rows = [paper(chance, str(each)) for each in range(30)]
    ordering = Ordering(orders, Currencies())

    by_hand = sorted(sorted(rows, key=by_id), key=cmp_to_key(compare(orders)))

    assert by_hand == sorted(rows, key=lambda row: ordering.place(row, "a"))
    for row in rows:
        place = ordering.place(row, "a")
        assert place == load(msgspec.json.decode(msgspec.json.encode(dump(place))), orders)


@pytest.mark.parametrize("found", [None, [], [[], "a"], [[1, 2], "a", "1"], [[{}], "a", "1"], [[1], "a", 1]])
def test_what_is_no_place_is_refused(found: object) -> None:
    """JSON that is not a place of this order is a ValueError."""
    with pytest.raises(ValueError):
        load(found, (Order("count"),))
