"""Typed-in values on their way into records of the books, and the checks of what they refer to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from ledgermesh.sandbox.smallinvoice.answers import LANGUAGES
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.contacts import ContactRow
from ledgermesh.sandbox.smallinvoice.errors import Problem, Wrong, invalid
from ledgermesh.sandbox.smallinvoice.fields import (
    EXISTS,
    VALUE,
    Field,
    Values,
    many,
    nested,
    one_of,
    required,
    text,
)
from ledgermesh.sandbox.smallinvoice.table import Row, Table

R = TypeVar("R", bound=Row)
_ZURICH = ZoneInfo("Europe/Zurich")
LANGUAGE = required("language", one_of(*LANGUAGES))
CUSTOM_FIELDS = Field(
    "custom_fields", many(nested(required("key", text), required("value", text))), null=False, default=[]
)


class Home(Struct, frozen=True):
    """Where the books keep what stands under a key."""

    name: str
    """Of the record's attribute."""
    convert: Callable[[Any], Any] = lambda value: value


def day(name: str) -> Home:
    """A date."""
    return Home(name, dt.date.fromisoformat)


def words(name: str) -> Home:
    """Text that is never null in the books."""
    return Home(name, lambda value: value or "")


def assign(record: object, values: Values, homes: Mapping[str, Home]) -> dict[str, Any]:
    """Put the values into the record; those that it has no home for come back."""
    for key, home in homes.items():
        if key in values:
            setattr(record, home.name, home.convert(values[key]))
    return {key: value for key, value in values.items() if key not in homes}


def utc(shown: str) -> dt.datetime:
    """The instant that a time on Zurich's clocks means."""
    return dt.datetime.fromisoformat(shown).replace(tzinfo=_ZURICH).astimezone(dt.UTC)


def exact(value: Decimal | None) -> Decimal | None:
    """The amount as books keep it, without the zero that answers add."""
    return None if value is None else value.normalize() + 0


def custom_fields(
    defined: tuple[str, str] | None, typed: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    """The fields as answers show them: the one that the account defines always, others under their own key."""
    names = dict([defined]) if defined else {}
    given = {field["key"]: field["value"] for field in typed}
    return [
        {"key": key, "name": names.get(key, key), "value": given.get(key, "")}
        for key in dict.fromkeys([*names, *given])
    ]


def wrong_value(key: str, message: str = "does not exist") -> Problem:
    """One key whose value cannot be."""
    return invalid([Wrong(key, VALUE, message)])


def taken(key: str) -> Problem:
    """Another record has this value already."""
    return invalid([Wrong(key, EXISTS, "already exists")])


def named(table: Table[R], values: Values, key: str) -> R:
    """The record that a key names; Problem 1000 if there is none."""
    row = table.find(values[key])
    if row is None:
        raise wrong_value(key)
    return row


def maybe_named(table: Table[R], values: Values, key: str) -> R | None:
    """The same for a key that may be null or left out."""
    return None if values.get(key) is None else named(table, values, key)


def recipient(company: Company, values: Values, before: ContactRow | None) -> ContactRow:
    """Whom a document is for; its addresses and its person must be the contact's. A document that gets another contact
    keeps none of the old one's.
    """
    contact = named(company.contacts, values, "contact_id") if "contact_id" in values else before
    assert contact is not None  # a new document must name one
    known = {
        "contact_address_id": {row.id for row in contact.addresses},
        "contact_prepage_address_id": {row.id for row in contact.addresses},
        "contact_person_id": {row.id for row in contact.people},
    }
    wrong = [
        Wrong(key, VALUE, "does not belong to the contact")
        for key, ids in known.items()
        if values.get(key) is not None and values[key] not in ids
    ]
    if wrong:
        raise invalid(wrong)
    return contact
