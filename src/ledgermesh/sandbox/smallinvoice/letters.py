"""Letters and reminders: how they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

from ledgermesh.sandbox.office_books import Letter, Reminder
from ledgermesh.sandbox.smallinvoice.answers import LANGUAGES, timestamp
from ledgermesh.sandbox.smallinvoice.contacts import VIEW_EDIT, ContactRow
from ledgermesh.sandbox.smallinvoice.documents import WHO, WHO_EXTRAS
from ledgermesh.sandbox.smallinvoice.table import Shape

_CHARACTERS_ON_A_PAGE = 3000


@dataclass(eq=False)
class LetterRow:
    """A letter to a contact."""

    id: int
    record: Letter
    contact: ContactRow
    layout_id: int
    entered: Mapping[str, object]

    @property
    def status(self) -> str:
        """DR draft, S sent, D deleted but still visible."""
        return "D" if self.record.removed else {"draft": "DR", "sent": "S"}[self.record.state]

    @property
    def pages(self) -> int:
        """How many pages the PDF has."""
        return 1 + len(self.record.content or "") // _CHARACTERS_ON_A_PAGE

    @property
    def language(self) -> str:
        return self.record.language if self.record.language in LANGUAGES else "de"

    @property
    def title(self) -> str:
        return self.record.title or "-"


@dataclass(eq=False)
class ReminderRow:
    """Something to do about a contact."""

    id: int
    record: Reminder
    contact: ContactRow
    entered: Mapping[str, object]


LETTER: Shape[LetterRow] = Shape(
    "DocumentLetter",
    {
        "id": attrgetter("id"),
        **WHO,
        "date": lambda row: row.record.date.isoformat(),
        "title": attrgetter("record.title"),
        "content": attrgetter("record.content"),
        "language": attrgetter("language"),
        "signature_id": lambda _: None,
        "layout_id": attrgetter("layout_id"),
        "page_amount": attrgetter("pages"),
        "notes": attrgetter("record.notes"),
        "status": attrgetter("status"),
        "created": lambda row: timestamp(row.record.created_at),
    },
    {
        **WHO_EXTRAS,
        "custom_fields": lambda _: (),
        "free_texts": lambda _: (),
        "permissions": lambda _: ("view", "edit", "manage"),
    },
    "title",
    (attrgetter("record.title"), attrgetter("record.content"), attrgetter("contact.party.name")),
)
REMINDER: Shape[ReminderRow] = Shape(
    "ContactReminder",
    {
        "id": attrgetter("id"),
        "contact_id": attrgetter("contact.id"),
        "date_time": lambda row: timestamp(row.record.at),
        "title": attrgetter("record.title"),
        "description": attrgetter("record.description"),
        "interval_value": attrgetter("record.interval"),
        "interval_type": attrgetter("record.unit"),
    },
    {"contact_name": attrgetter("contact.party.name"), "permissions": lambda _: VIEW_EDIT},
    "date_time",
    (attrgetter("record.title"), attrgetter("record.description"), attrgetter("contact.party.name")),
)
