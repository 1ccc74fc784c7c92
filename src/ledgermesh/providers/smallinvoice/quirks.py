"""What is odd about smallinvoice, as pure functions with their reasons."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Context, Decimal

from ledgermesh.model.enums import DocumentStatus, PartyRole
from ledgermesh.model.row import Read, Row, at
from ledgermesh.spec.leaves import folded, text
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.wires import Fields

STATUSES = {
    "S": DocumentStatus.OPEN,
    "DR": DocumentStatus.DRAFT,
    "PP": DocumentStatus.PARTIALLY_PAID,
    "P": DocumentStatus.PAID,
    "R": DocumentStatus.OPEN,
    "R1": DocumentStatus.OPEN,
    "R2": DocumentStatus.OPEN,
    "R3": DocumentStatus.OPEN,
    "DC": DocumentStatus.OPEN,
    "C": DocumentStatus.VOID,
    "D": DocumentStatus.VOID,
}
"""Reminders and debt collection are open; deleted but still visible reads as void and deleted."""


def equals(key: str) -> Callable[[object], str | None]:
    """Encodes a comparison for equality as the JSON object that the `filter` parameter takes.

    Comparators stand before a value, so only one that begins with a letter or a digit is meant as it is.
    """
    return lambda value: (
        json.dumps({key: value}, separators=(",", ":"))
        if isinstance(value, str) and value[:1].isalnum()
        else None
    )


def all_of(filters: Sequence[str]) -> str:
    """Several filters as one."""
    return filters[0] if len(filters) == 1 else '{"and":[' + ",".join(filters) + "]}"


def party_roles(row: Row) -> object:
    """CL is a client, CR a creditor; both are possible."""
    words = row.doc.get("relation")
    known = {"cl": PartyRole.CUSTOMER, "cr": PartyRole.SUPPLIER}
    if words is None:
        return ()
    if not isinstance(words, list):
        raise ValueError("expected a list of words")
    return tuple(known.get(folded(word), PartyRole.OTHER) for word in words if isinstance(word, str))


def is_person(row: Row) -> object:
    """P is a person, C a company."""
    word = row.doc.get("type")
    return None if not isinstance(word, str) or not word else word == "P"


def company_name(row: Row) -> object:
    """The name, where the contact is a company."""
    return text("name").read(row) if row.doc.get("type") == "C" else None


def only_phone(row: Row) -> object:
    """A contact has one telephone number."""
    phone = text("phone").read(row)
    return (phone,) if phone is not None else ()


def street_lines(prefix: str = "") -> Read:
    """Street and number stand apart; a second line may follow."""

    def read(row: Row) -> object:
        keys = ("street", "street_no", "street2")
        street, number, second = (row.doc.get(f"{prefix}{key}") for key in keys)
        first = " ".join(part for part in (street, number) if isinstance(part, str) and part)
        return tuple(line for line in (first, second) if isinstance(line, str) and line)

    return read


ADDRESS_PARTS = ("street", "street_no", "street2", "postcode", "city", "country")


def company_address(row: Row) -> object:
    """The profile, where it holds any part of an address."""
    return row.doc if any(row.doc.get(f"company_{part}") for part in ADDRESS_PARTS) else None


def only_row(document: object) -> Sequence[object]:
    """The one object of an answer as the row of a list, wrapped or bare."""
    if not isinstance(document, Mapping):
        raise ValueError("expected an object")
    return [document.get("item", document)]


def references(path: str, kind: str, summary: Fields) -> Read:
    """References to the objects of a list, which hold these fields of the other records."""

    def read(row: Row) -> object:
        found = row.doc.get(path)
        if not isinstance(found, list | None):
            raise ValueError("expected a list")
        return tuple(
            Pointer(kind, str(each["id"]), summary=summary.wires, holder=Row(each, row, row.settings))
            for each in found or ()
            if isinstance(each, Mapping) and isinstance(each.get("id"), int | str)
        )

    return read


def is_deleted(row: Row) -> object:
    """Deleted documents stay visible under a status of their own."""
    status = row.doc.get("status")
    return status == "D" if isinstance(status, str) else None


def full_id(path: str, resource: str) -> Read:
    """An id as the record itself shows it: kinds of several lists have the list before the id. 0 is none."""
    find = at(path)

    def read(row: Row) -> object:
        found = find(row)
        return f"{resource}:{_id(found)}" if found not in (None, 0, "") else None

    return read


def _id(found: object) -> str:
    if isinstance(found, bool) or not isinstance(found, int | str):
        raise ValueError("expected an id")
    return str(found)


def subject_id(row: Row) -> object:
    """What an effort was for: P a project, C a contact, CU a cost unit, which shares its kind with activities."""
    found = row.doc.get("entity_id")
    if found in (None, 0, ""):
        return None
    return f"cost_unit:{_id(found)}" if row.doc.get("entity_type") == "CU" else _id(found)


def project_of_effort(row: Row) -> object:
    """The project, where the effort was for one."""
    found = subject_id(row)
    return Pointer("Project", found) if row.doc.get("entity_type") == "P" and isinstance(found, str) else None


_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::([0-5][0-9]))?")
_DAY_SECONDS = 86_400


def hours_between(row: Row) -> object:
    """From start to end in hours, to four places; an end before the start is assumed to be on the next day."""
    start, end = row.doc.get("time_start"), row.doc.get("time_end")
    if start in (None, "") or end in (None, ""):
        return None
    elapsed = _seconds(end) - _seconds(start)
    hours = Decimal(elapsed if elapsed >= 0 else elapsed + _DAY_SECONDS) / 3600
    return _short(hours.quantize(Decimal("0.0001")))


def _seconds(found: object) -> int:
    """A time of day, `HH:MM`; seconds are tolerated."""
    parts = _TIME.fullmatch(found) if isinstance(found, str) else None
    if parts is None:
        raise ValueError("expected a time HH:MM")
    hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    if hours * 3600 + minutes * 60 + seconds > _DAY_SECONDS:
        raise ValueError("expected a time of one day")
    return hours * 3600 + minutes * 60 + seconds


_WIDE = Context(prec=1_000)
"""More digits than a document may have, so that none is rounded away."""


def _short(number: Decimal) -> Decimal:
    """The same number without zeros behind, and without an exponent."""
    short = number.normalize(_WIDE)
    return short.quantize(Decimal(1), context=_WIDE) if short == short.to_integral() else short


def percents(items: Sequence[object]) -> Sequence[object]:
    """The distinct percents of the catalog: the API has no tax rates, documents carry bare percents."""
    return [
        {"id": f"vat:{percent}", "name": f"VAT {percent} %", "rate": percent}
        for percent in sorted(_percents(items))
    ]


def _percents(items: Sequence[object]) -> Iterator[Decimal]:
    found = {
        _short(Decimal(item["vat"]))
        for item in items
        if isinstance(item, Mapping) and isinstance(item.get("vat"), int | Decimal)
    }
    return iter(found)


def was_paid(row: Row) -> bool:
    """Whether an invoice has payments at all, so that those without cost no call."""
    paid = row.doc.get("total_paid")
    return not isinstance(paid, int | Decimal) or paid != 0
