"""What a currency's minor unit is."""

from __future__ import annotations

import pytest

from ledgermesh.model.money import exponent


@pytest.mark.parametrize(
    ("code", "digits"), [("CHF", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XAU", 0), ("QQQ", 2), ("", 2)]
)
def test_the_exponent_is_the_currencys_own(code: str, digits: int) -> None:
    """By ISO 4217; 2 for a code it does not list, and 0 where it has no minor unit at all."""
    assert exponent(code) == digits
