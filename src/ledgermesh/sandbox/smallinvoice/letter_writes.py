"""Writing letters and reminders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledgermesh.sandbox.office_books import Letter, Reminder
from ledgermesh.sandbox.smallinvoice import documents
from ledgermesh.sandbox.smallinvoice.assigning import (
    CUSTOM_FIELDS,
    LANGUAGE,
    Home,
    assign,
    custom_fields,
    day,
    named,
    recipient,
    utc,
)
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.document_fields import FREE_TEXTS, LOOK_FIELDS, RECIPIENT_FIELDS
from ledgermesh.sandbox.smallinvoice.fields import (
    Form,
    Values,
    between,
    filled,
    instant,
    one_of,
    optional,
    required,
    text,
)
from ledgermesh.sandbox.smallinvoice.fields import day as day_field
from ledgermesh.sandbox.smallinvoice.letters import LetterRow, ReminderRow
from ledgermesh.sandbox.smallinvoice.store import fresh_id

_LETTER: Mapping[str, Home] = {
    "date": day("date"),
    **{key: Home(key) for key in ("title", "content", "language", "notes")},
}
_REMINDER: Mapping[str, Home] = {
    "date_time": Home("at", utc),
    "title": Home("title"),
    "description": Home("description"),
    "interval_value": Home("interval"),
    "interval_type": Home("unit"),
}


class Letters:
    """Letters to contacts."""

    limited = "letter"
    form = Form(
        (
            *RECIPIENT_FIELDS,
            required("date", day_field),
            optional("title", text),
            optional("content", text),
            LANGUAGE,
            *LOOK_FIELDS,
            optional("notes", text),
            CUSTOM_FIELDS,
            FREE_TEXTS,
        )
    )

    def create(self, company: Company, values: Values, parent: object) -> int:
        letters, store = company.books.office.letters, company.store
        now = store.now()
        id = fresh_id({each.id for each in letters})
        party = recipient(company, values, None).party.number
        letter = Letter(id, party, now.date(), None, None, "de", None, now)
        letters.append(letter)
        self._assign(company, store.ids.of("letter", id), letter, values)
        return store.ids.of("letter", id)

    def change(self, company: Company, row: LetterRow, values: Values) -> None:
        contact = recipient(company, values, row.contact)
        if contact is not row.contact:
            company.store.erase("letter", row.id, documents.WHO)
        row.record.party = contact.party.number
        self._assign(company, row.id, row.record, values)

    def remove(self, company: Company, rows: Sequence[LetterRow]) -> None:
        for row in rows:
            company.books.office.letters.remove(row.record)
            company.store.forget("letter", row.record.id)

    def _assign(self, company: Company, id: int, letter: Letter, values: Values) -> None:
        rest = assign(letter, values, _LETTER)
        rest.pop("contact_id", None)
        if "custom_fields" in rest:
            rest["custom_fields"] = custom_fields(None, rest["custom_fields"])
        company.store.enter("letter", id, rest)


def set_status(company: Company, row: LetterRow, values: Values) -> None:
    """DR, S or D."""
    row.record.removed = values["status"] == "D"
    if not row.record.removed:
        row.record.state = {"DR": "draft", "S": "sent"}[values["status"]]


def sent(company: Company, row: LetterRow, values: Values) -> None:
    """A draft that is sent is one no more."""
    if row.status == "DR":
        row.record.state = "sent"


class Reminders:
    """Reminders about contacts."""

    limited = ""
    form = Form(
        (
            required("contact_id", between(1, 10**10)),
            required("date_time", instant),
            required("title", filled),
            optional("description", text),
            required("interval_value", between(0, 10**6)),
            required("interval_type", one_of("hour", "day", "month")),
        )
    )

    def create(self, company: Company, values: Values, parent: object) -> int:
        reminders = company.books.office.reminders
        party = named(company.contacts, values, "contact_id").party.number
        id = fresh_id({each.id for each in reminders})
        reminder = Reminder(id, party, company.store.now(), "", None, 0, "day")
        assign(reminder, values, _REMINDER)
        reminders.append(reminder)
        return company.store.ids.of("reminder", id)

    def change(self, company: Company, row: ReminderRow, values: Values) -> None:
        if "contact_id" in values:
            row.record.party = named(company.contacts, values, "contact_id").party.number
        assign(row.record, values, _REMINDER)

    def remove(self, company: Company, rows: Sequence[ReminderRow]) -> None:
        for row in rows:
            company.books.office.reminders.remove(row.record)
            company.store.forget("reminder", row.record.id)
