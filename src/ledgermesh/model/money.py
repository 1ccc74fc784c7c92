"""Money, and what a currency's minor unit is."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from importlib import import_module

import strawberry

from ledgermesh.model import declare


@declare.object_type(description="An exact amount in one currency.")
class Money:
    amount: Decimal = strawberry.field(
        description="Major units of the currency as an exact decimal, written as a string; the scale is the source's."
    )
    currency: str | None = strawberry.field(
        description="ISO 4217 code. Null only where the source does not say which currency it is."
    )


@cache
def exponent(currency: str) -> int:
    """Digits after the decimal point of the currency's minor unit, by ISO 4217; 2 for a code it does not list."""
    iso4217 = import_module("iso4217")  # reads a table of XML: not before somebody asks
    try:
        found: int = iso4217.Currency(currency).exponent or 0
    except ValueError:
        return 2
    return found
