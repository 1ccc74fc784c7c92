"""Days that no calendar has, payments both ways, hundredths, and statements found in lists of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.errors import Garbled
from ledgermesh.model.enums import DocumentStatus
from ledgermesh.model.money import Money
from ledgermesh.model.row import Malformed, Row
from ledgermesh.providers.bossinsights import quirks, statements
from ledgermesh.providers.bossinsights.leaves import cents

AS_OF = {"asOf": "2026-09-30"}


def month(start: str, end: str, **more: object) -> dict[str, Any]:
    """An income statement of one period, as a list holds it."""
    since, until = f"{start}T00:00:00Z", f"{end}T23:59:59Z"
    return {
        "start": since,
        "end": until,
        "currency": "USD",
        "periods": [{"start": since, "end": until}],
        **more,
    }


JULY, AUGUST, SEPTEMBER = (
    month("2026-07-01", "2026-07-31"),
    month("2026-08-01", "2026-08-31"),
    month("2026-09-01", "2026-09-30"),
)


@pytest.mark.parametrize(
    ("found", "day"),
    [
        ("2021-05-13T05:03:23Z", dt.date(2021, 5, 13)),
        ("2021-05-13T23:59:59Z", dt.date(2021, 5, 13)),
        ("2021-05-13", dt.date(2021, 5, 13)),
        ("2021-04-31", None),
        ("2021-05-13x", None),
        ("", None),
        (20210513, None),
    ],
)
def test_a_day_is_the_first_ten_characters_of_an_instant(found: object, day: dt.date | None) -> None:
    """Whatever the time of the day, and only where the calendar has the day."""
    assert quirks.day_of(found) == day


@pytest.mark.parametrize(
    ("document", "outgoing"),
    [
        ({"customerId": "58", "vendorId": None}, False),
        ({"customerId": None, "vendorId": "91"}, True),
        ({"vendorId": "91", "invoiceIds": [1]}, True),
        ({"customerId": "58", "vendorId": "91"}, False),
        ({"billIds": [201], "invoiceIds": []}, True),
        ({"billIds": [201], "invoiceIds": [101]}, False),
        ({"id": 1}, False),
    ],
)
def test_a_payment_is_of_one_kind(document: dict[str, object], outgoing: bool) -> None:
    """Each row of the shared list is read once: as a payment of a customer, or as one to a vendor."""
    row = Row(document)
    assert quirks.is_outgoing(row) is outgoing
    assert quirks.is_incoming(row) is not outgoing


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"status": "Partial", "balance": 0}, DocumentStatus.PARTIALLY_PAID),
        ({"status": "in dispute", "balance": 0}, DocumentStatus.OTHER),
        ({"balance": "0"}, DocumentStatus.PAID),
        ({"status": "", "balance": "10"}, DocumentStatus.OPEN),
        ({}, None),
    ],
)
def test_the_balance_says_what_the_status_leaves_out(
    document: dict[str, object], status: DocumentStatus | None
) -> None:
    """A word wins, also an unknown one; without any a balance of 0 is paid."""
    assert quirks.document_status(Row(document)) is status


@pytest.mark.parametrize(
    ("units", "amount"), [(12345, "123.45"), ("-5", "-0.05"), ("12.5", "0.125"), (0, "0.00"), ("0", "0.00")]
)
def test_amounts_are_hundredths_in_every_currency(units: object, amount: str) -> None:
    """As a number or as text, also where the currency has no hundredths or thousandths."""
    for code in ("USD", "JPY", "KWD"):
        found = cents("balance").read(Row({"balance": units, "currency": code}))
        assert isinstance(found, Money)
        assert (str(found.amount), found.currency) == (amount, code)


def test_the_currency_is_assumed_only_where_the_document_is_silent() -> None:
    """The connection's setting stands in; without one the amount has no currency rather than a guessed one."""
    assumed = Row({"balance": 1}, None, {"currency": "usd"})
    assert cents("balance").read(assumed) == Money(amount=Decimal("0.01"), currency="USD")
    assert cents("balance").read(Row({"balance": 1})) == Money(amount=Decimal("0.01"), currency=None)
    with pytest.raises(Malformed, match="currency"):
        cents("balance").read(Row({"balance": 1, "currency": "dollars"}, None, {"currency": "USD"}))


def test_hundredths_are_written_whole_where_they_are() -> None:
    """A price's fraction of a hundredth is kept."""
    write = cents("price").write
    assert write is not None
    assert write(Money(amount=Decimal("12.50"), currency="USD")) == {"price": 1250}
    assert write(Money(amount=Decimal("0.125"), currency="USD")) == {"price": Decimal("12.5")}


# -- statements ------------------------------------------------------------------------------------------------------


def test_the_newest_statement_not_after_the_day_is_picked() -> None:
    """In whatever order they come; what has no day is passed over."""
    pick = statements.newest("date")
    old, new, later = ({"date": f"{day}T00:00:00Z"} for day in ("2026-07-31", "2026-08-31", "2026-10-31"))
    assert pick([new, later, {"date": "2026-09-31"}, "odd", old], AS_OF) is new
    assert pick([later], AS_OF) is None
    assert pick([], AS_OF) is None


def test_the_statement_of_the_asked_period_is_picked_as_it_is() -> None:
    """Also among shorter ones that lie in it."""
    year = month("2026-01-01", "2026-12-31")
    asked = {"from": "2026-01-01", "to": "2026-12-31"}
    assert statements.within([JULY, year, AUGUST], asked) is year
    assert statements.within([JULY, AUGUST], {"from": "2026-08-01", "to": "2026-08-31"}) is AUGUST


def test_statements_within_the_period_stand_side_by_side() -> None:
    """In order, each day once, and never one that reaches out of the period."""
    quarter = {"from": "2026-07-01", "to": "2026-09-30"}
    found = statements.within([SEPTEMBER, month("2026-06-15", "2026-07-14"), JULY, AUGUST, AUGUST], quarter)
    assert isinstance(found, dict)
    assert found["statements"] == [JULY, AUGUST, SEPTEMBER]
    assert (found["start"], found["end"]) == (JULY["start"], SEPTEMBER["end"])
    both = month("2026-07-01", "2026-08-31")
    found = statements.within([JULY, AUGUST, SEPTEMBER, both], quarter)
    assert isinstance(found, dict) and found["statements"] == [both, SEPTEMBER]


def test_statements_in_two_currencies_share_none() -> None:
    """The report then has no currency of its own; each section's amounts keep theirs."""
    francs = {**SEPTEMBER, "currency": "CHF", "periods": [{"details": [{"name": "Sales", "value": 1}]}]}
    found = statements.within([AUGUST, francs], {"from": "2026-08-01", "to": "2026-10-31"})
    assert isinstance(found, dict)
    row = Row(found, None, {"currency": "USD"})
    assert statements.currency(row) is None
    assert statements.currency(Row(AUGUST)) == "USD"
    sections: Any = statements.sections("income")(row)
    assert [each["currency"] for each in sections] == ["USD", "CHF"]


def test_a_period_without_any_statement_has_no_report() -> None:
    """A statement that only overlaps the period is not of it."""
    asked = {"from": "2026-08-02", "to": "2026-08-30"}
    assert statements.within([AUGUST], asked) is None


@pytest.mark.parametrize("answer", [None, {"unexpected": True}, "word"])
def test_an_answer_without_a_list_is_garbled(answer: object) -> None:
    """It is not taken for a time without statements."""
    with pytest.raises(Garbled):
        statements.newest("date")(answer, AS_OF)
    with pytest.raises(Garbled):
        statements.within(answer, {"from": "2026-01-01", "to": "2026-01-31"})
