"""Made-up exchange rates that drift a little from month to month."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

_VALUES = {"CAD": "0.64", "GBP": "1.13", "CHF": "1", "EUR": "0.95", "USD": "0.88", "JPY": "0.0058"}
_SIX_DIGITS = Decimal("0.000001")


def exchange_rate(currency: str, home: str, day: dt.date) -> Decimal:
    """1 unit of the currency in the home currency, with six decimals; the same for all days of a month."""
    if currency == home:
        return Decimal(1)
    drift = Decimal((day.year * 12 + day.month) * 37 % 21 - 10) / 1000
    return (base_rate(currency, home) * (1 + drift)).quantize(_SIX_DIGITS)


def base_rate(currency: str, home: str) -> Decimal:
    """The rate about which it drifts."""
    return Decimal(_VALUES[currency]) / Decimal(_VALUES[home])
