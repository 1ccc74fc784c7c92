"""A value goes out as it comes in: amounts in hundredths, days as instants, words as they are read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgermesh.model.enums import AccountType, DocumentStatus
from ledgermesh.model.money import Money
from ledgermesh.model.row import Row
from ledgermesh.providers.bossinsights import leaves, writing_values
from ledgermesh.providers.bossinsights.books import ACCOUNTS, ADDRESS
from ledgermesh.providers.bossinsights.trade import INVOICES
from ledgermesh.providers.bossinsights.writing_books import ACCOUNT
from ledgermesh.providers.bossinsights.writing_books import ADDRESS as ADDRESS_PUTS
from ledgermesh.providers.bossinsights.writing_trade import STATUS
from ledgermesh.spec.write import Draft, Put, Target

few = settings(max_examples=50, derandomize=True, deadline=None, database=None)


def sent(put: Put, value: Any, **values: Any) -> dict[str, object]:
    """The parts of a body for one value."""
    assert put.encode is not None
    return dict(put.encode(value, Draft("CREATE", values, {})))


@few
@given(st.integers(-(10**12), 10**12), st.sampled_from(("CAD", "JPY", "KWD")))
def test_amounts_are_hundredths_of_any_currency(units: int, currency: str) -> None:
    """A whole number, exact both ways, also where the currency has other subunits."""
    amount = Money(amount=Decimal(units).scaleb(-2), currency=currency)
    body = sent(writing_values.cents("amount"), amount)
    assert body == {"amount": units}
    assert leaves.cents("amount").read(Row({**body, "currency": currency})) == amount


@few
@given(st.integers(-(10**9), 10**9))
def test_prices_have_fractions_of_a_hundredth(units: int) -> None:
    """Two digits of it; an amount that is no price has none."""
    price = Money(amount=Decimal(units).scaleb(-4), currency="CAD")
    body = sent(writing_values.cents("price", fine=True), price)
    assert leaves.cents("price").read(Row({**body, "currency": "CAD"})) == price
    if units % 100:
        with pytest.raises(ValueError, match="more digits"):
            sent(writing_values.cents("price"), price)


@few
@given(st.dates(dt.date(1900, 1, 1), dt.date(2999, 12, 31)))
def test_days_are_instants_at_midnight(day: dt.date) -> None:
    """The first ten characters are the day, as they are read."""
    body = sent(writing_values.day("date"), day)
    assert str(body["date"]).endswith("T00:00:00Z")
    assert leaves.first_ten("date").read(Row(body)) == day


@pytest.mark.parametrize("word", [word for word in AccountType if word.value in ACCOUNT["type"].words])
def test_an_account_is_read_as_the_use_it_was_made_for(word: AccountType) -> None:
    """Each use has a finer word, and the coarse one that it belongs to."""
    row = Row(sent(ACCOUNT["type"], word))
    assert ACCOUNTS.fields.wires["type"].read(row) is word
    assert ACCOUNTS.fields.wires["classification"].read(row) is not None


@pytest.mark.parametrize("word", STATUS.words)
def test_a_status_is_read_as_it_was_written(word: str) -> None:
    """The words that may be given; the others follow from payments."""
    body = sent(STATUS, DocumentStatus(word))
    assert INVOICES.fields.wires["status"].read(Row(body)) is DocumentStatus(word)


@pytest.mark.parametrize("lines", [(), ("1 Quay",), ("1 Quay", "Back door")])
def test_an_address_has_two_lines(lines: tuple[str, ...]) -> None:
    """Both are written, so that a second one does not stay when the first one changes."""
    body = sent(ADDRESS_PUTS["lines"], lines)
    assert set(body) == {"street", "street2"}
    assert ADDRESS.wires["lines"].read(Row(body)) == lines


def test_a_hole_stays_a_hole() -> None:
    """A record that an earlier request makes is named by what stands for its id."""
    target = Target("Party", "${steps.0.id}")
    assert sent(writing_values.record("Party", "vendorId", resource="vendor"), target) == {
        "vendorId": "${steps.0.id}"
    }
