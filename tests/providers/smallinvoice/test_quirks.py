"""What smallinvoice's filter would take for something else is not sent."""

from __future__ import annotations

import pytest

from ledgermesh.providers.smallinvoice.quirks import all_of, equals


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
