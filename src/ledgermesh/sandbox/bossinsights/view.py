"""What the answers of one request share: the books, their company's name, the forms that the switches ask for."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.bossinsights.ids import object_id
from ledgermesh.sandbox.bossinsights.switches import Switches

Document = dict[str, object]

_WORDS = ("status", "method", "accountType", "type", "pay_frequency")
"""Fields whose values are words of a list that may grow."""


class View(Struct, frozen=True):
    """One company's books as somebody sees them now."""

    books: Books
    switches: Switches
    today: dt.date

    def id(self, table: str, key: str) -> int:
        """Boss Insights' id of a record."""
        return object_id(self.books.company, table, key)

    def maybe_id(self, table: str, key: str | None) -> int | None:
        """The same, for a record there may be."""
        return None if key is None else self.id(table, key)

    def cents(self, amount: Decimal) -> int | str:
        """Whole hundredths, whatever the currency."""
        whole = int((amount * 100).to_integral_value(ROUND_HALF_UP))
        return str(whole) if self.switches.numeric_strings else whole

    def maybe_cents(self, amount: Decimal | None) -> int | str | None:
        """The same, for an amount there may be."""
        return None if amount is None else self.cents(amount)

    def fine_cents(self, amount: Decimal) -> Decimal | int | str:
        """Hundredths with the fraction that a price may have."""
        exact = amount * 100
        if exact == exact.to_integral_value():
            return self.cents(amount)
        plain = Decimal(format(exact.normalize(), "f"))
        return str(plain) if self.switches.numeric_strings else plain

    def shown(self, id: int, document: Document) -> object:
        """The document after the switches that spoil single objects."""
        if id in self.switches.replacements:
            return self.switches.replacements[id]
        grown = with_additions(document, id) if self.switches.additive else document
        return grown | self.switches.overrides.get(id, {})


def day(value: dt.date) -> str:
    """A day is its first second, UTC."""
    return f"{value.isoformat()}T00:00:00Z"


def maybe_day(value: dt.date | None) -> str | None:
    """The same, for a day there may be."""
    return None if value is None else day(value)


def last_second(value: dt.date) -> str:
    """The last second of a day, UTC."""
    return f"{value.isoformat()}T23:59:59Z"


def instant(value: dt.datetime) -> str:
    """ISO 8601, UTC, whole seconds."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(number: Decimal) -> Decimal:
    """The same value without an exponent, so that JSON shows ordinary digits."""
    return Decimal(format(number, "f"))


def with_additions(document: Document, id: int) -> Document:
    """As a later release might show it: an unknown field; now and then an unknown word or integration."""
    grown = document | {"addedLater": {"since": "next release", "flags": [1, None]}}
    lines = document.get("lines")
    if isinstance(lines, list):
        grown["lines"] = [{**line, "addedLater": None} for line in lines]
    if id % 3 == 0:
        grown |= {name: "unheard_of" for name in _WORDS if isinstance(document.get(name), str)}
    if id % 5 == 0:
        grown["integration"] = "unheard_of_app"
    return grown
