"""Each transform: what it reads, what null is, and what it refuses without repeating the value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.model.enums import DocumentStatus
from ledgermesh.model.money import Money
from ledgermesh.model.row import Malformed, Row
from ledgermesh.spec import leaves, wires
from ledgermesh.spec.pointer import Pointer

WORDS = {"Open": DocumentStatus.OPEN, "in_part": DocumentStatus.PARTIALLY_PAID}


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]  # year to microsecond


GOOD: list[tuple[wires.Wire, object, object]] = [
    (leaves.text("x"), "a", "a"),
    (leaves.text("x"), "", None),
    (leaves.text("x"), 12, "12"),
    (leaves.text("x"), Decimal("1.50"), "1.50"),
    (leaves.flag("x"), False, False),
    (leaves.whole("x"), Decimal("7.0"), 7),
    (leaves.whole("x"), "-7", -7),
    (leaves.decimal("x"), "1.50", Decimal("1.50")),
    (leaves.decimal("x"), 0, Decimal(0)),
    (leaves.fraction("x"), Decimal("0.0775"), Decimal("7.75")),
    (leaves.day("x"), "2026-02-28", dt.date(2026, 2, 28)),
    (leaves.instant("x"), "2026-02-28T23:30:00-01:00", utc(2026, 3, 1, 0, 30)),
    (leaves.instant("x"), -1, utc(1969, 12, 31, 23, 59, 59, 999000)),
    (leaves.instant("x"), 1767225600250, utc(2026, 1, 1, 0, 0, 0, 250000)),
    (leaves.local_instant("x", zone="Europe/Zurich"), "2026-07-01 12:00:00", utc(2026, 7, 1, 10)),
    # An hour that spring leaves out is read as winter time, the one that autumn repeats as its first time.
    (leaves.local_instant("x", zone="Europe/Zurich"), "2026-03-29 02:30:00", utc(2026, 3, 29, 1, 30)),
    (leaves.local_instant("x", zone="Europe/Zurich"), "2026-10-25 02:30:00", utc(2026, 10, 25, 0, 30)),
    (leaves.local_instant("x", zone="Europe/Zurich"), "-0001-11-30 00:00:00", None),
    (leaves.local_instant("x", zone="Europe/Zurich"), "0000-00-00 00:00:00", None),
    (leaves.one_of("x", WORDS, other=DocumentStatus.OTHER), "IN PART", DocumentStatus.PARTIALLY_PAID),
    (leaves.one_of("x", WORDS, other=DocumentStatus.OTHER), "later", DocumentStatus.OTHER),
    (leaves.one_of("x", WORDS, other=DocumentStatus.OTHER), "", None),
    (leaves.texts("x"), ["a", "", 5], ("a", "5")),
    (leaves.currency("x"), "chf", "CHF"),
    (leaves.currency("x"), "", None),
    (wires.ref("Party", "x", prefix="p:"), 7, Pointer("Party", "p:7")),
    (wires.ref("Party", "x"), 0, None),
    (wires.ref("Party", "x"), "", None),
    (wires.refs("Bill", "x", "id"), [{"id": 1}, {}, 5, {"id": "b"}], (Pointer("Bill", "1"), Pointer("Bill", "b"))),
]  # fmt: skip


def spoil(wire: wires.Wire, *values: object) -> list[tuple[wires.Wire, object]]:
    """The wire with each of these values."""
    return [(wire, value) for value in values]


BAD: list[tuple[wires.Wire, object]] = [
    *spoil(leaves.text("x"), True, {}, []),
    *spoil(leaves.flag("x"), 0, "true"),
    *spoil(leaves.whole("x"), Decimal("1.5"), True, "1e9", "", "9" * 101, 2**31, Decimal(-(2**31))),
    *spoil(leaves.decimal("x"), "1e999999999", "NaN", "1_000", "1,5", "", " 1", "\uff11", True, []),
    *spoil(leaves.day("x"), "2026-02-30", "2026-2-3", "2026-02-03T00:00:00", "0000-01-01", 20260203),
    *spoil(leaves.instant("x"), "2026-02-28", "secret", "2026-02-28T00:00:00", 10**18, True),
    *spoil(leaves.local_instant("x", zone="UTC"), "2026-02-28T00:00:00", "2026-02-30 00:00:00", 5),
    (leaves.one_of("x", WORDS, other=DocumentStatus.OTHER), 5),
    *spoil(leaves.texts("x"), "a", [{}]),
    *spoil(leaves.currency("x"), "CH", "FRANC", 756, "C€F"),
    *spoil(wires.ref("Party", "x"), True, {"id": 1}, Decimal("1.5")),
    (wires.refs("Payment", "x", "id"), {"id": 1}),
    (leaves.money("x", currency="c"), "a lot"),
    (leaves.minor_money("x", currency="c"), Decimal("1.5")),
]  # fmt: skip


@pytest.mark.parametrize(("wire", "value", "expected"), GOOD)
def test_what_a_wire_reads(wire: wires.Wire, value: object, expected: object) -> None:
    """The value and its exact type; numbers keep their digits."""
    found = wire.read(Row({"x": value}))
    assert (found, type(found), str(found)) == (expected, type(expected), str(expected))


@pytest.mark.parametrize(("wire", "value"), BAD)
def test_what_a_wire_refuses(wire: wires.Wire, value: object) -> None:
    """A typed refusal that names the place and says what was expected, never the value."""
    with pytest.raises(Malformed) as refused:
        wire.read(Row({"x": value, "c": "CHF"}))
    assert refused.value.path == "x" and refused.value.reason.startswith("expected")
    assert not isinstance(value, str) or len(value) < 5 or value not in str(refused.value)


@pytest.mark.parametrize("wire", [case[0] for case in GOOD] + [case[0] for case in BAD])
def test_null_and_nothing_read_as_null(wire: wires.Wire) -> None:
    """Lists are empty then, everything else is None."""
    assert wire.value(Row({"x": None}), []) == wire.value(Row({}), [])
    assert wire.value(Row({}), []) in (None, ())


@pytest.mark.parametrize(
    ("units", "currency", "amount"),
    [
        (1234, "CAD", "12.34"),
        (1234, "JPY", "1234"),
        (-5, "KWD", "-0.005"),
        (0, "chf", "0.00"),
        (1234, None, "12.34"),
        (10**30 + 1, "CAD", "10000000000000000000000000000.01"),
    ],
)
def test_minor_units_are_scaled_exactly(units: int, currency: str | None, amount: str) -> None:
    """By the currency's own exponent, without losing a digit; two where the currency is not said."""
    found: Any = leaves.minor_money("x", currency="c").read(Row({"x": units, "c": currency}))
    assert (str(found.amount), found.currency) == (amount, currency.upper() if currency else None)


def test_an_amount_that_its_currency_cannot_have_is_not_written() -> None:
    """Half a yen is refused, not cut off."""
    write = leaves.minor_money("x", currency="c").write
    assert write is not None and write(Money(amount=Decimal(5), currency="JPY")) == {"x": 5}
    with pytest.raises(ValueError, match="minor units"):
        write(Money(amount=Decimal("0.5"), currency="JPY"))


def test_a_currency_that_is_none_costs_the_amount() -> None:
    """An amount in nobody knows what is not an amount."""
    with pytest.raises(Malformed, match="c: expected a currency code"):
        leaves.money("x", currency="c").read(Row({"x": 5, "c": 756}))
