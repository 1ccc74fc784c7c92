"""The one currency amounts are compared in."""

from __future__ import annotations

import pytest

from ledgermesh.engine.currencies import Currencies
from ledgermesh.errors import CurrencyRequired
from tests.engine.books import chf


def test_each_field_has_its_own_currency() -> None:
    """Two fields may be in two currencies; one may not, even when another reading met the second."""
    met = Currencies({"balance": "EUR"})

    met.see("total", chf(1))

    assert {"balance": "EUR", "total": "CHF"} == met.seen
    with pytest.raises(CurrencyRequired, match="balance"):
        met.see("balance", chf(1))
    with pytest.raises(CurrencyRequired, match="total"):
        met.join({"total": "USD"})
