"""Uploaded documents, and what is due when."""

from __future__ import annotations

import datetime as dt

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.enums import DeadlineKind, DeadlineStatus, DocumentKind, ProcessingStatus
from ledgermesh.model.record import Record


@declare.object_type(description="A document somebody uploaded: a receipt, a contract, a statement.")
class Document(Record):
    name: str | None = strawberry.field(description="File name.")
    kind: DocumentKind | None = strawberry.field(description="What it is.")
    kind_raw: str | None = strawberry.field(description="The provider's own word for the kind.")
    status: ProcessingStatus | None = strawberry.field(description="How far the provider is with it.")
    status_raw: str | None = strawberry.field(description="The provider's own word for the status.")
    content_type: str | None = strawberry.field(description="Media type.")
    size: int | None = strawberry.field(description="Bytes.")
    transaction_native_id: str | None = strawberry.field(
        description="The provider's id of the bank transaction it proves."
    )


@declare.object_type(description="Something an authority wants by a day.")
class Deadline(Record):
    kind: DeadlineKind | None = strawberry.field(description="What it is.")
    kind_raw: str | None = strawberry.field(description="The provider's own words for it.")
    due_date: dt.date | None = strawberry.field(description="The day.")
    days_until: int | None = strawberry.field(
        description="Days left by the provider's count; negative when past."
    )
    status: DeadlineStatus | None = strawberry.field(description="Where it stands.")
    status_raw: str | None = strawberry.field(description="The provider's own word for the status.")
    notes: str | None = strawberry.field(description="Text.")
