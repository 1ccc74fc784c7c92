"""What is odd about Kashoo, as pure functions with their reasons."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal

from ledgermesh.model.enums import DocumentStatus, ItemKind, PartyRole, RecordStatus
from ledgermesh.model.money import Money
from ledgermesh.model.row import Malformed, Row, at
from ledgermesh.spec.leaves import as_percent, in_major, text, to_currency, to_day
from ledgermesh.spec.pointer import Pointer

MONTHS = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE",
    "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
)  # fmt: skip

RATE_IS_FRACTION = True
"""Assumed: a tax of 5 % has the rate 0.05. The API reference shows only a generated sample value."""


_NAME = text("contactInformation.name")


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


def record_status(row: Row) -> object:
    """Archived or in use; null where the flag is not there."""
    archived = row.doc.get("archived")
    if not isinstance(archived, bool):
        return None
    return RecordStatus.ARCHIVED if archived else RecordStatus.ACTIVE


def present(path: str) -> Callable[[Row], object]:
    """The elements of a list without those that were removed: Kashoo marks a removed part and keeps it."""
    find = at(path)

    def read(row: Row) -> object:
        found = find(row)
        if found is None:
            return []
        if not isinstance(found, list):
            raise Malformed(path, "expected a list")
        return [each for each in found if not (isinstance(each, Mapping) and each.get("removed") is True)]

    return read


def item_kind(row: Row) -> object:
    """Tracked items are stock; of the others Kashoo does not say what they are."""
    tracked = row.doc.get("tracked")
    return None if not isinstance(tracked, bool) else ItemKind.INVENTORY if tracked else ItemKind.OTHER


def party_roles(row: Row) -> object:
    """Contacts have no role field: who has a receivable account is a customer, who has a payable account a supplier."""
    sides = (("receivableAccount", PartyRole.CUSTOMER), ("payableAccount", PartyRole.SUPPLIER))
    return tuple(role for field, role in sides if row.doc.get(field))


def minor(units: int | Decimal, holder: Row | None) -> Money:
    """Minor units of the currency that stands in the holder's document; ValueError for one that is none."""
    code = to_currency(holder.doc.get("currency")) if holder is not None else None
    return Money(amount=in_major(units, code), currency=code)


def line_net(row: Row) -> object:
    """The line's amount in minor units where Kashoo gives it, else quantity times rate less the discount, half up.

    Null where an amount would be needed because nobody knows what the discount's code stands for.
    """
    amount, quantity, rate = row.doc.get("amount"), row.doc.get("quantity"), row.doc.get("rate")
    if isinstance(amount, int) and not isinstance(amount, bool):
        return minor(amount, row.parent)
    if not (isinstance(quantity, int | Decimal) and isinstance(rate, int | Decimal)):
        return None
    discount = line_discount(row) if row.doc.get("discountCode") else Decimal(0)
    if discount is None:
        return None
    unit = minor(1, row.parent)
    net = Decimal(quantity) * Decimal(rate) * (100 - discount) / 100
    return Money(amount=net.quantize(unit.amount, ROUND_HALF_UP), currency=unit.currency)


def tax_total(row: Row) -> object:
    """Tax is not a field of its own: it is what is due less what was due before taxes."""
    due, before = row.doc.get("totalDue"), row.doc.get("totalBeforeTaxes")
    if not (isinstance(due, int) and isinstance(before, int)):
        return None
    return minor(due - before, row)


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


def check_number(row: Row) -> object:
    """The number of the first check that a payment was made by."""
    checks = row.doc.get("checks")
    first = checks[0] if isinstance(checks, list) and checks else None
    return first.get("number") or None if isinstance(first, Mapping) else None


def line_taxes(row: Row) -> object:
    """A line names at most one tax, by its word; the empty word is no tax. What the tax says stands in the line."""
    return [{}] if row.doc.get("taxCode") else []


_PERCENT = re.compile(r"\s*([0-9]{1,3}(?:\.[0-9]{1,10})?)\s*%\s*")


def line_discount(row: Row) -> Decimal | None:
    """Assumed: a discount code that is a percentage, such as `10%`, is that discount; of others nothing is known."""
    code = row.doc.get("discountCode")
    found = _PERCENT.fullmatch(code) if isinstance(code, str) else None
    return Decimal(found[1]) if found else None


def is_individual(row: Row) -> object:
    """Contacts say whether they are an organization."""
    organization = row.doc.get("organization")
    return not organization if isinstance(organization, bool) else None


def company_name(row: Row) -> object:
    """The name of the contact information, unless the contact is said to be a person."""
    return None if row.doc.get("organization") is False else _NAME.read(row)


def phones(row: Row) -> object:
    """The telephone numbers of a contact: the one it is called by, and the one of its contact information."""
    found = (row.doc.get("phoneNumbers"), at("contactInformation.phone")(row))
    return tuple(dict.fromkeys(number for number in found if isinstance(number, str) and number))


def notes(row: Row) -> object:
    """A contact's comments, one below the other."""
    comments = row.doc.get("comments")
    if not isinstance(comments, list):
        return None
    return "\n".join(each for each in comments if isinstance(each, str) and each) or None


def pointers(kind: str, path: str) -> Callable[[Row], object]:
    """References by a list of bare ids."""
    find = at(path)

    def read(row: Row) -> object:
        found = find(row)
        if found is None:
            return None
        if not isinstance(found, list):
            raise Malformed(path, "expected a list")
        return tuple(
            Pointer(kind, str(id))
            for id in found
            if isinstance(id, int | str) and not isinstance(id, bool) and id
        )

    return read


def size_of(path: str) -> Callable[[Row], object]:
    """How many elements a list has."""
    find = at(path)

    def read(row: Row) -> object:
        found = find(row)
        return len(found) if isinstance(found, list) else None

    return read


def plan_status(row: Row) -> object:
    """A plan has no status of its own: the flag that is set names it, and a plan with neither is paid for."""
    flags = [row.doc.get(name) for name in ("freeTrial", "free")]
    if flags[0] is True:
        return "freeTrial"
    if flags[1] is True:
        return "free"
    return "paid" if False in flags else None


def address_lines(row: Row) -> object:
    """The address lines of a contact information object, those that are filled."""
    return tuple(
        line for key in ("address1", "address2") if isinstance(line := row.doc.get(key), str) and line
    )
