"""What is odd about Kashoo, as pure functions with their reasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal

from ledgermesh.model.enums import DocumentStatus, ItemKind, PartyRole, Side
from ledgermesh.model.money import Money
from ledgermesh.model.row import Malformed, Row
from ledgermesh.spec.leaves import as_percent, folded, in_major, to_currency, to_day

MONTHS = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE",
    "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
)  # fmt: skip

RATE_IS_FRACTION = True
"""Assumed: a tax of 5 % has the rate 0.05. The API reference shows only a generated sample value."""


def transfer_date(found: object) -> dt.date:
    """A date as `YYYY-MM-DD`, as clients of the live API read it, or as the object the API reference publishes.

    The object's month is taken from `monthEnum`, because the base of the number `month` is not documented; without
    the word the number is taken as counted from 1.
    """
    if not isinstance(found, Mapping):
        return to_day(found)
    word, number = found.get("monthEnum"), found.get("month")
    month = MONTHS.index(word) + 1 if isinstance(word, str) and word in MONTHS else number
    year, day = found.get("year"), found.get("dayOfMonth")
    if not (isinstance(year, int) and isinstance(month, int) and isinstance(day, int)):
        raise ValueError("expected year, month and dayOfMonth")
    with suppress(ValueError):
        return dt.date(year, month, day)
    raise ValueError("expected a day of the calendar")


def document_status(row: Row) -> object:
    """Kashoo has no status field: removed is void, then what is paid of what is due decides. There are no drafts."""
    doc = row.doc
    if doc.get("removed") is True:
        return DocumentStatus.VOID
    if doc.get("paid") is True:
        return DocumentStatus.PAID
    due, balance = doc.get("totalDue"), doc.get("balanceDue")
    if not (isinstance(due, int) and isinstance(balance, int)):
        return None
    return DocumentStatus.PARTIALLY_PAID if 0 < balance < due else DocumentStatus.OPEN


def item_kind(row: Row) -> object:
    """Tracked items are stock; of the others Kashoo does not say what they are."""
    tracked = row.doc.get("tracked")
    return None if not isinstance(tracked, bool) else ItemKind.INVENTORY if tracked else ItemKind.OTHER


def party_roles(row: Row) -> object:
    """Contacts have no role field: who has a receivable account is a customer, who has a payable account a supplier."""
    sides = (("receivableAccount", PartyRole.CUSTOMER), ("payableAccount", PartyRole.SUPPLIER))
    return tuple(role for field, role in sides if row.doc.get(field))


def is_here(row: Row) -> bool:
    """Whether a record is of the connection's own business: one login reaches several, and ids are read without one."""
    business, own = row.doc.get("business"), row.settings.get("business_id")
    return business is None or own is None or str(business) == own


def is_record(*types: str) -> Callable[[Row], bool]:
    """Whether a record of the own business is of one of these types.

    Clients of the live API wrote types in lower camel case too.
    """
    wanted = {folded(word) for word in types}

    def keep(row: Row) -> bool:
        word = row.doc.get("type")
        return is_here(row) and (not isinstance(word, str) or folded(word) in wanted)

    return keep


def contact_id(value: object) -> str | None:
    """A contact's id as a parameter; what is no number is the id of nobody, and the API would refuse it."""
    return value if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _money(units: int | Decimal, holder: Row | None) -> Money:
    """Minor units of the currency that stands in the holder's document; ValueError for one that is none."""
    code = to_currency(holder.doc.get("currency")) if holder is not None else None
    return Money(amount=in_major(units, code), currency=code)


def line_net(row: Row) -> object:
    """The line's amount in minor units where Kashoo gives it, else quantity times rate, half up."""
    amount, quantity, rate = row.doc.get("amount"), row.doc.get("quantity"), row.doc.get("rate")
    if isinstance(amount, int) and not isinstance(amount, bool):
        return _money(amount, row.parent)
    if not (isinstance(quantity, int | Decimal) and isinstance(rate, int | Decimal)):
        return None
    unit = _money(1, row.parent)
    net = (Decimal(quantity) * Decimal(rate)).quantize(unit.amount, ROUND_HALF_UP)
    return Money(amount=net, currency=unit.currency)


def tax_total(row: Row) -> object:
    """Tax is not a field of its own: it is what is due less what was due before taxes."""
    due, before = row.doc.get("totalDue"), row.doc.get("totalBeforeTaxes")
    if not (isinstance(due, int) and isinstance(before, int)):
        return None
    return _money(due - before, row)


def newest_rate(row: Row) -> object:
    """The percent of the newest rate that was not removed: a tax has dated rates."""
    rates = row.doc.get("rates")
    if not isinstance(rates, list):
        return None
    dated = [
        (transfer_date(rate["startDate"]) if rate.get("startDate") else dt.date.min, rate["rate"])
        for rate in rates
        if isinstance(rate, Mapping)
        and not rate.get("removed")
        and isinstance(rate.get("rate"), int | Decimal)
    ]
    if not dated:
        return None
    found = Decimal(max(dated, key=lambda pair: pair[0])[1])
    return as_percent(found) if RATE_IS_FRACTION else found


def line_taxes(row: Row) -> object:
    """A line names at most one tax, by its word; the empty word is no tax."""
    return [row.doc] if row.doc.get("taxCode") else []


def address_lines(row: Row) -> object:
    """The address lines of a contact information object, those that are filled."""
    return tuple(
        line for key in ("address1", "address2") if isinstance(line := row.doc.get(key), str) and line
    )


def posting_side(row: Row) -> object:
    """The side of an adjustment's line, told by which amount is filled."""
    return Side.DEBIT if row.doc.get("debit") else Side.CREDIT if row.doc.get("credit") else None


def posting_amount(row: Row) -> object:
    """The filled one of debit and credit, minor units of the entry's currency."""
    found = row.doc.get("debit") or row.doc.get("credit")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int):
        raise Malformed("debit", "expected a whole number of minor units")
    return _money(found, row.parent)
