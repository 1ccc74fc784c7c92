"""What is odd about smallinvoice, each thing for itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledgermesh.model.row import Row
from ledgermesh.providers.smallinvoice import quirks
from ledgermesh.providers.smallinvoice.quirks import all_of, equals
from ledgermesh.spec.pointer import Pointer


@pytest.mark.parametrize("value", ["<5", ">=5", "!x", "~x", "", " 5", None, 5])
def test_a_value_that_could_be_a_comparator_stays_here(value: object) -> None:
    """The rows it leaves out could match."""
    assert equals("number")(value) is None


def test_several_filters_are_one_document() -> None:
    """Quotes inside a value stay inside."""
    one, two = equals("number")('1"0'), equals("currency")("CHF")
    assert one is not None and two is not None
    assert all_of([one]) == '{"number":"1\\"0"}'
    assert all_of([one, two]) == '{"and":[{"number":"1\\"0"},{"currency":"CHF"}]}'


@pytest.mark.parametrize(("start", "end", "hours"), [
    ("08:00", "12:30", "4.5"),
    ("8:00", "18:00", "10"),
    ("08:00:30", "08:01:00", "0.0083"),
    ("22:00", "06:20", "8.3333"),
    ("00:00", "24:00", "24"),
    ("09:00", "09:00", "0"),
])  # fmt: skip
def test_hours_are_the_time_between(start: str, end: str, hours: str) -> None:
    """Exact, or half to even at four places; shifts over midnight count on; no exponent and no zeros behind."""
    found = quirks.hours_between(Row({"time_start": start, "time_end": end}))
    assert isinstance(found, Decimal) and str(found) == hours


@pytest.mark.parametrize(("start", "end"), [(None, "12:00"), ("08:00", ""), ("", None)])
def test_presence_without_an_end_has_no_hours(start: object, end: object) -> None:
    """Somebody who is still there has none yet."""
    assert quirks.hours_between(Row({"time_start": start, "time_end": end})) is None


@pytest.mark.parametrize("time", ["8 Uhr", "08:60", "25:00", 8, ["08:00"]])
def test_what_is_no_time_of_day_cannot_be_read(time: object) -> None:
    """The field becomes malformed, not wrong."""
    with pytest.raises(ValueError, match="expected a time"):
        quirks.hours_between(Row({"time_start": "08:00", "time_end": time}))


@pytest.mark.parametrize(("kind", "subject", "project"), [
    ("P", "5", Pointer("Project", "5")),
    ("CU", "cost_unit:5", None),
    ("C", "5", None),
    ("ZZ", "5", None),
])  # fmt: skip
def test_an_effort_names_what_it_was_for(kind: str, subject: str, project: Pointer | None) -> None:
    """By the id under which that record is shown; only projects are followed."""
    row = Row({"entity_type": kind, "entity_id": 5})
    assert quirks.subject_id(row) == subject
    assert quirks.project_of_effort(row) == project


@pytest.mark.parametrize("answer", [[], "item", None, 5])
def test_a_profile_that_is_no_object_is_no_list(answer: object) -> None:
    """The engine says that the answer cannot be read."""
    with pytest.raises(ValueError, match="expected an object"):
        quirks.only_row(answer)


def test_a_profile_is_read_wrapped_and_bare() -> None:
    """The documents wrap it."""
    assert quirks.only_row({"item": {"id": 1}}) == quirks.only_row({"id": 1}) == [{"id": 1}]


def test_a_profile_without_an_address_has_none() -> None:
    """Empty texts are no address."""
    empty = {f"company_{part}": "" for part in quirks.ADDRESS_PARTS}
    assert quirks.company_address(Row(empty)) is None
    assert quirks.company_address(Row({**empty, "company_city": "Bern"})) is not None


def test_rates_keep_their_digits_and_lose_their_zeros() -> None:
    """A percent with more digits than anybody writes is told exactly, and never as a power of ten."""
    long = Decimal("0." + "1" * 60)
    vats: list[object] = [{"vat": each} for each in (Decimal("7.70"), 20, long, Decimal("1E+3"))]
    assert [each["rate"] for each in quirks.percents(vats)] == [  # type: ignore[index]  # they are objects
        long, Decimal("7.7"), 20, 1000,
    ]  # fmt: skip
    assert "vat:1000" in [each["id"] for each in quirks.percents(vats)]  # type: ignore[index]  # as above
