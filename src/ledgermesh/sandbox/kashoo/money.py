"""Exact amounts in minor units, and the text Kashoo prints beside them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from iso4217 import Currency

_SYMBOLS = {"CAD": "$", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def exponent(currency: str) -> int:
    """Digits after the point of this ISO 4217 currency; two for those the standard gives none."""
    digits = Currency(currency).exponent
    return 2 if digits is None else digits


def minor_units(amount: Decimal, digits: int) -> int:
    """The amount in the smallest coin, halves away from zero."""
    return int(amount.scaleb(digits).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def plain(number: Decimal) -> Decimal:
    """The same value without an exponent, so that JSON shows ordinary digits."""
    return Decimal(format(number, "f"))


def formatted(minor: int, currency: str, digits: int) -> str:
    """For example `$1,234.50`, or `CHF 10.00` where no symbol is customary."""
    major = Decimal(abs(minor)).scaleb(-digits)
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{'-' if minor < 0 else ''}{symbol}{major:,.{digits}f}"
