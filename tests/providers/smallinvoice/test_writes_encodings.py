"""What goes out to smallinvoice reads back as it was meant, for any value: pure, without an emulator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from ledgermesh.engine.encode import Encoding
from ledgermesh.model.enums import LineKind
from ledgermesh.model.money import Money
from ledgermesh.model.row import Row
from ledgermesh.providers.smallinvoice.contacts import ADDRESSES, REMINDERS
from ledgermesh.providers.smallinvoice.sales import INVOICES
from ledgermesh.providers.smallinvoice.writing_addresses import PLACE
from ledgermesh.providers.smallinvoice.writing_documents import INVOICES as WRITTEN
from ledgermesh.providers.smallinvoice.writing_encodings import custom_fields, local, status_word
from ledgermesh.providers.smallinvoice.writing_lines import LINES, complete
from ledgermesh.spec.write import Draft, Target

SMALL = settings(max_examples=60, deadline=None, derandomize=True)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
NUMBERS = st.decimals(0, 10**8, allow_nan=False, allow_infinity=False, places=4)
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
UNIT = Target("Unit", "7")


def draft(verb: Any, values: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Draft:
    return Draft(verb, values, {"currency": "CHF"}, before)


def positions(lines: tuple[dict[str, Any], ...], before: Mapping[str, Any] | None = None) -> Any:
    """The positions that these lines go out as."""
    asked = draft("UPDATE" if before else "CREATE", {"lines": lines}, before)
    encoded = Encoding("smallinvoice", "CHF").values({"lines": LINES}, asked)
    assert (encoded.problems, encoded.lost) == ([], [])
    complete(encoded.body, asked)
    return encoded.body["positions"]


@st.composite
def a_line(draw: st.DrawFn) -> dict[str, Any]:
    line: dict[str, Any] = {
        "kind": draw(st.sampled_from((LineKind.ITEM, LineKind.TEXT, LineKind.SUBTOTAL))),
        "name": draw(WORDS) or None,
        "description": draw(WORDS) or None,
    }
    if line["kind"] is not LineKind.ITEM:
        return line
    return {
        **line,
        "item_code": draw(WORDS) or None,
        "quantity": draw(NUMBERS),
        "unit_price": Money(amount=draw(NUMBERS), currency="CHF"),
        "taxes": ({"rate": draw(st.decimals(0, 100, places=2))},),
        "unit": UNIT,
        **draw(st.sampled_from(({}, {"discount_percent": Decimal("12.5")}))),
    }


@seed(1)
@SMALL
@given(st.lists(a_line(), min_size=1, max_size=5).map(tuple))
def test_lines_read_back_as_they_were_written(lines: tuple[dict[str, Any], ...]) -> None:
    """Every field of every line, to the last digit; and written again over themselves they are the same positions."""
    sent = positions(lines)
    document = {"currency": "CHF", "vat_included": False, "positions": sent}
    read = INVOICES.fields.record(Row(document), []).lines
    assert len(read) == len(lines)
    for line, found in zip(lines, read, strict=True):
        for name, value in line.items():
            if name == "taxes":
                assert [tax.rate for tax in found.taxes] == [tax["rate"] for tax in value]
            elif name != "unit":
                assert getattr(found, name) == value, name
    assert positions(lines, document) == sent


@seed(1)
@SMALL
@given(st.lists(WORDS.map(str.strip).filter(bool), min_size=1, max_size=2).map(tuple))
def test_streets_read_back_as_they_were_written(lines: tuple[str, ...]) -> None:
    """Wherever the house number is told apart, the lines are the same; and what stands is not told apart anew."""
    given_ = draft("CREATE", {"lines": lines})
    sent = Encoding("smallinvoice", None).values({"lines": PLACE["lines"]}, given_).body
    assert ADDRESSES.fields.record(Row(sent), []).lines == lines
    stands = {"street": lines[0], "street_no": "", "street2": ""}
    kept = Encoding("smallinvoice", None).values(
        {"lines": PLACE["lines"]}, draft("UPDATE", {"lines": lines}, stands)
    )
    assert (kept.body["street"], kept.body["street_no"]) == (lines[0], "")


@seed(1)
@SMALL
@given(st.integers(0, 15 * 366 * 86_400).map(lambda seconds: START + dt.timedelta(seconds=seconds)))
def test_moments_read_back_as_they_were_written(moment: dt.datetime) -> None:
    """Or are refused, where the clocks of Zurich cannot tell them from another one."""
    try:
        sent = local(moment)
    except ValueError:
        assert (moment.month, moment.hour) == (10, 1), "the hour that is there twice, in UTC"
        return
    assert REMINDERS.fields.record(Row({"date_time": sent}), []).due_at == moment


def test_an_hour_that_is_there_twice_is_refused() -> None:
    """The first of them can be written, the second cannot, and parts of seconds cannot."""
    assert local(dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)) == "2026-10-25 02:30:00"
    for moment in (
        dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC),
        dt.datetime(2026, 5, 1, 1, 1, 1, 5, tzinfo=dt.UTC),
    ):
        with pytest.raises(ValueError, match=r"twice|whole seconds"):
            local(moment)


def test_a_line_keeps_its_unit_and_its_type_wherever_it_moves() -> None:
    """A header stays a header, a product a product, though the model's lines show neither."""
    header = {
        "type": "H",
        "catalog_type": "S",
        "number": None,
        "name": "Teil 1",
        "description": "",
        "unit_id": None,
    }
    poster = {
        "type": "N",
        "catalog_type": "P",
        "number": "P-1",
        "name": "Plakat",
        "description": "",
        "unit_id": 9,
    }
    lines = (
        {"kind": LineKind.ITEM, "name": "Plakat", "item_code": "P-1", "quantity": Decimal(3)},
        {"kind": LineKind.TEXT, "name": "Teil 1"},
        {"kind": LineKind.TEXT, "name": "Teil 2"},
    )
    sent = positions(lines, {"positions": [header, poster]})
    assert [(each["type"], each["catalog_type"], each.get("unit_id")) for each in sent] == [
        ("N", "P", 9), ("H", "S", None), ("T", "S", None),
    ]  # fmt: skip


def test_taking_a_discount_away_leaves_the_other_one_alone() -> None:
    """A percentage that is not there cannot be taken from an amount that is."""
    puts = WRITTEN[1].puts
    asked = {"discount_percent": None, "discount_amount": None}
    for type, gone in (("A", "discount_amount"), ("P", "discount_percent")):
        stands = {"discount_rate": Decimal(5), "discount_type": type}
        for name in asked:
            body = Encoding("smallinvoice", "CHF").values(puts, draft("UPDATE", {name: None}, stands)).body
            assert body == ({"discount_rate": None} if name == gone else {})


def test_own_fields_are_laid_over_those_that_stand() -> None:
    """The same again is nothing at all; a null value is an empty one."""
    stands = {
        "custom_fields": [{"key": "a", "name": "A", "value": "1"}, {"key": "b", "name": "B", "value": "2"}]
    }
    assert custom_fields({"a": "1"}, draft("UPDATE", {}, stands)) == {}
    assert custom_fields({"b": "3"}, draft("UPDATE", {}, stands)) == {
        "custom_fields": [{"key": "a", "value": "1"}, {"key": "b", "value": "3"}]
    }
    assert custom_fields({"c": "4"}, draft("CREATE", {})) == {"custom_fields": [{"key": "c", "value": "4"}]}


def test_status_words() -> None:
    """Ours before the provider's, however they are cased."""
    words = {"OPEN": "S", "PARTIALLY_PAID": "PP"}
    assert [status_word(words, each) for each in ("open", "partially paid", "pp", "S")] == [
        "S",
        "PP",
        "PP",
        "S",
    ]
    with pytest.raises(ValueError, match="one of OPEN, PARTIALLY_PAID, S, PP"):
        status_word(words, "X")
