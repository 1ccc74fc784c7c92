"""How Boss Insights writes values: amounts in hundredths, days as instants, the app behind each record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from ledgermesh.model.enums import RecordStatus
from ledgermesh.model.money import Money
from ledgermesh.model.row import Malformed, Read, Row, at
from ledgermesh.providers.bossinsights import quirks
from ledgermesh.spec.leaves import as_percent, day_as, in_major, instant, text, to_currency, to_decimal
from ledgermesh.spec.wires import Wire, made

ASSUMED_CURRENCY = "@currency"
"""The connection's setting, for documents that do not name a currency."""


def _code(row: Row, path: str) -> str | None:
    """The document's currency, or the one that the connection assumes."""
    for each in (path, ASSUMED_CURRENCY):
        try:
            found = to_currency(at(each)(row))
        except ValueError as error:
            raise Malformed(each, f"{error}") from error
        if found is not None:
            return found
    return None


def currency_of(*amounts: str) -> Wire:
    """The ISO code of a record's amounts: what its document says, else what the connection assumes.

    Without any of the amounts, which stand at these paths, there is nothing to assume a currency of.
    """
    found = [at(path) for path in amounts]

    def read(row: Row) -> object:
        there = any(find(row) is not None for find in found)
        return _code(row, "currency") if there else to_currency(row.doc.get("currency"))

    return made(str, "currency", *amounts, ASSUMED_CURRENCY, read=read, transform="currency_or_assumed")


def _amount(path: str, currency: str, scale: Callable[[Decimal], Decimal]) -> Read:
    find = at(path)

    def read(row: Row) -> object:
        found = find(row)
        if found is None or found == "":
            return None
        try:
            amount = scale(to_decimal(found))
        except ValueError as error:
            raise Malformed(path, "expected an amount") from error
        return Money(amount=amount, currency=_code(row, currency))

    return read


def _paths(path: str, currency: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((path, currency, ASSUMED_CURRENCY)))


def cents(path: str, *, currency: str = "currency") -> Wire:
    """Hundredths of a currency, as a number or as its text. Prices have fractions of one.

    Assumed: hundredths whatever the currency's own minor unit is, because the sample apps always divide by 100.
    """

    def write(value: Money) -> dict[str, object]:
        hundredths = as_percent(value.amount)
        whole = hundredths == hundredths.to_integral_value()
        return {path: int(hundredths) if whole else hundredths}

    read = _amount(path, currency, lambda found: in_major(found, None))
    return Wire(transform="cents", paths=_paths(path, currency), gives=Money, read=read, write=write)


def major(path: str, *, currency: str = "currency") -> Wire:
    """An amount in major units, as statements have them."""
    read = _amount(path, currency, lambda found: found)
    return Wire(transform="major", paths=_paths(path, currency), gives=Money, read=read)


def first_ten(path: str) -> Wire:
    """A day that is written as an instant in UTC: its first ten characters, as the sample apps take it."""
    return day_as(path, "first_ten", quirks.to_first_ten)


def active() -> Wire:
    """Whether a record is in use."""
    return made(RecordStatus, "active", read=quirks.record_status, transform="active_status")


def day_or_none(path: str) -> Wire:
    """A day that may be one that no calendar has; null then, without a finding."""
    return made(dt.date, path, read=quirks.calendar_day(path), transform="calendar_day")


RECORD: dict[str, Wire] = {
    "native_id": text("id"),
    "created_at": instant("created"),
    "updated_at": instant("updated"),
    "origin_integration": text("integration"),
    "origin_native_id": text("srcId"),
}
"""What every record has. The app that a record comes from and its id there are what it is recognised by elsewhere."""
