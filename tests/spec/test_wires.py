"""Each transform: what it reads, what null is, and what it refuses without repeating the value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.model.banking import Category
from ledgermesh.model.enums import DocumentStatus
from ledgermesh.model.money import Money
from ledgermesh.model.row import Malformed, Row
from ledgermesh.spec import wires
from ledgermesh.spec.pointer import Pointer

WORDS = {"Open": DocumentStatus.OPEN, "in_part": DocumentStatus.PARTIALLY_PAID}


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]  # year to microsecond


GOOD: list[tuple[wires.Wire, object, object]] = [
    (wires.text("x"), "a", "a"),
    (wires.text("x"), "", None),
    (wires.text("x"), 12, "12"),
    (wires.text("x"), Decimal("1.50"), "1.50"),
    (wires.flag("x"), False, False),
    (wires.whole("x"), Decimal("7.0"), 7),
    (wires.whole("x"), "-7", -7),
    (wires.decimal("x"), "1.50", Decimal("1.50")),
    (wires.decimal("x"), 0, Decimal(0)),
    (wires.fraction("x"), Decimal("0.0775"), Decimal("7.75")),
    (wires.day("x"), "2026-02-28", dt.date(2026, 2, 28)),
    (wires.instant("x"), "2026-02-28T23:30:00-01:00", utc(2026, 3, 1, 0, 30)),
    (wires.instant("x"), -1, utc(1969, 12, 31, 23, 59, 59, 999000)),
    (wires.instant("x"), 1767225600250, utc(2026, 1, 1, 0, 0, 0, 250000)),
    (wires.local_instant("x", zone="Europe/Zurich"), "2026-07-01 12:00:00", utc(2026, 7, 1, 10)),
    (wires.local_instant("x", zone="Europe/Zurich"), "-0001-11-30 00:00:00", None),
    (wires.local_instant("x", zone="Europe/Zurich"), "0000-00-00 00:00:00", None),
    (wires.one_of("x", WORDS, other=DocumentStatus.OTHER), "IN PART", DocumentStatus.PARTIALLY_PAID),
    (wires.one_of("x", WORDS, other=DocumentStatus.OTHER), "later", DocumentStatus.OTHER),
    (wires.one_of("x", WORDS, other=DocumentStatus.OTHER), "", None),
    (wires.texts("x"), ["a", "", 5], ("a", "5")),
    (wires.currency("x"), "chf", "CHF"),
    (wires.currency("x"), "", None),
    (wires.ref("Party", "x", prefix="p:"), 7, Pointer("Party", "p:7")),
    (wires.ref("Party", "x"), 0, None),
    (wires.ref("Party", "x"), "", None),
    (wires.refs("Payment", "x", "id"), [{"id": 1}, {}, 5, {"id": "b"}], (Pointer("Payment", "1"), Pointer("Payment", "b"))),
]  # fmt: skip

BAD: list[tuple[wires.Wire, object]] = [
    *((wires.text("x"), value) for value in (True, {}, [])),
    *((wires.flag("x"), value) for value in (0, "true")),
    *((wires.whole("x"), value) for value in (Decimal("1.5"), True, "1e9", "", "9" * 101)),
    *((wires.decimal("x"), value) for value in ("1e999999999", "NaN", "1_000", "1,5", "", " 1", "１", True, [])),
    *((wires.day("x"), value) for value in ("2026-02-30", "2026-2-3", "2026-02-03T00:00:00", "0000-01-01", 20260203)),
    *((wires.instant("x"), value) for value in ("2026-02-28", "secret", "2026-02-28T00:00:00", 10**18, True, Decimal("1.5"))),
    *((wires.local_instant("x", zone="UTC"), value) for value in ("2026-02-28T00:00:00", "2026-02-30 00:00:00", 5)),
    (wires.one_of("x", WORDS, other=DocumentStatus.OTHER), 5),
    *((wires.texts("x"), value) for value in ("a", [{}])),
    *((wires.currency("x"), value) for value in ("CH", "FRANC", 756, "C€F")),
    *((wires.ref("Party", "x"), value) for value in (True, {"id": 1}, Decimal("1.5"))),
    (wires.refs("Payment", "x", "id"), {"id": 1}),
    (wires.money("x", currency="c"), "a lot"),
    (wires.minor_money("x", currency="c"), Decimal("1.5")),
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
    [(1234, "CAD", "12.34"), (1234, "JPY", "1234"), (-5, "KWD", "-0.005"), (0, "chf", "0.00"), (1234, None, "12.34"), (10**30 + 1, "CAD", "10000000000000000000000000000.01")],
)  # fmt: skip
def test_minor_units_are_scaled_exactly(units: int, currency: str | None, amount: str) -> None:
    """By the currency's own exponent, without losing a digit; two where the currency is not said."""
    found: Any = wires.minor_money("x", currency="c").read(Row({"x": units, "c": currency}))
    assert (str(found.amount), found.currency) == (amount, currency.upper() if currency else None)


def test_an_amount_that_its_currency_cannot_have_is_not_written() -> None:
    """Half a yen is refused, not cut off."""
    write = wires.minor_money("x", currency="c").write
    assert write is not None and write(Money(amount=Decimal(5), currency="JPY")) == {"x": 5}
    with pytest.raises(ValueError, match="minor units"):
        write(Money(amount=Decimal("0.5"), currency="JPY"))


def test_a_currency_that_is_none_costs_the_amount() -> None:
    """An amount in nobody knows what is not an amount."""
    with pytest.raises(Malformed, match="c: expected a currency code"):
        wires.money("x", currency="c").read(Row({"x": 5, "c": 756}))


def test_what_a_quirk_stumbles_over_is_malformed() -> None:
    """A pure function may leave what it cannot read to its ValueError; the reason never holds the value."""
    wire = wires.made(int, "x", "y", read=lambda row: int(str(row.doc["x"])), transform="odd")
    with pytest.raises(Malformed) as refused:
        wire.read(Row({"x": "secret"}))
    assert (refused.value.path, refused.value.reason) == ("x, y", "cannot be read as odd")


def test_parts_are_read_inside_their_parent() -> None:
    """Elements know their place and their parent's values; one that is no object is left out with a finding."""
    part = wires.fields(Category, native_id=wires.text("^id"), name=wires.text("name"))
    wire = wires.each("rows", part)
    findings: list[Any] = []
    rows: Any = wire.value(Row({"id": 7, "rows": [{"name": "a"}, 5, {"name": "b"}]}), findings)
    assert [(row.native_id, row.name, row.__dict__["_row"].index) for row in rows] == [("7", "a", 0), ("7", "b", 2)]
    assert [(finding.code, finding.path) for finding in findings] == [("MALFORMED", "rows")]
    with pytest.raises(Malformed):
        wire.value(Row({"rows": {"name": "a"}}), [])
    with pytest.raises(Malformed):
        wires.one("x", part).value(Row({"x": "a"}), [])


def test_a_reference_tells_what_the_document_holds() -> None:
    """The embedded document where it is one, and the summary with its holder."""
    summary = wires.fields(Category, name=wires.text("contactName"))
    wire = wires.ref("Party", "contact", embed="whole", summary=summary)
    row = Row({"contact": 5, "whole": {"id": 5}, "contactName": "Ann"})
    found: Any = wire.read(row)
    assert (found.row.doc, found.row.parent, found.holder) == ({"id": 5}, row, row)
    assert found.summary["name"].value(found.holder, []) == "Ann"
    assert set(wire.paths) == {"contact", "whole", "contactName"}
    bare: Any = wire.read(Row({"contact": 5, "whole": "later"}))
    assert bare.row is None
