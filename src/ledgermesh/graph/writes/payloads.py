"""What a mutation answers: for each connection what would be sent, what was sent, and what became of it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Any

import strawberry
from strawberry.scalars import JSON

from ledgermesh.errors import Absent
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.writes.options import SyncMode
from ledgermesh.model import declare
from ledgermesh.model.platform import Connection, RepeatKind
from ledgermesh.model.record import Record
from ledgermesh.model.selection import selected
from ledgermesh.upstream.call import Fresh


@strawberry.enum(
    description="How one connection did. Without a push PLANNED is all that can be hoped for; INDETERMINATE: it was "
    "sent, and nobody knows whether it had its effect. Ask again with the same `clientKey`, never with another."
)
class WriteStatus(Enum):
    PLANNED = "PLANNED"
    NOTHING_TO_DO = "NOTHING_TO_DO"
    BLOCKED = "BLOCKED"
    UNSUPPORTED = "UNSUPPORTED"
    FORBIDDEN = "FORBIDDEN"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMMITTED = "COMMITTED"
    NOT_COMMITTED = "NOT_COMMITTED"
    INDETERMINATE = "INDETERMINATE"


@declare.object_type(description="A header of a planned request. Those that let us in are not shown.")
class PlannedHeader:
    name: str = strawberry.field(description="Its name.")
    value: str = strawberry.field(description="Its value.")


@declare.object_type(
    description="One request of a plan, byte for byte as it would be sent but for credentials and holes."
)
class WriteStep:
    kind: str = strawberry.field(description="The kind of record it makes or changes.")
    verb: str = strawberry.field(description="What it does to it.")
    method: str = strawberry.field(description="HTTP method.")
    url: str = strawberry.field(
        description="Where to; `${steps.N.id}` stands for the id that step N, counted from 0, will tell."
    )
    headers: list[PlannedHeader] = strawberry.field(description="What it says of itself.")
    body: str | None = strawberry.field(description="The body as text; null for none, and for files.")
    body_bytes: int = strawberry.field(description="The body's length.")
    repeat: RepeatKind = strawberry.field(
        description="How it is found out after an unclear answer whether it had its effect."
    )
    undo: str | None = strawberry.field(
        description="Method and URL of what takes it back when a later step fails; null where nothing does."
    )


@declare.object_type(description="Something about a plan that its reader should know.")
class WriteFinding:
    code: str = strawberry.field(description="Stable code.")
    path: str | None = strawberry.field(description="Where in the input; null for the whole.")
    message: str = strawberry.field(description="In words.")
    blocks: bool = strawberry.field(description="Whether the plan cannot be committed because of it.")


@declare.object_type(description="A value of the input that the provider has no room for.")
class WriteLoss:
    path: str = strawberry.field(description="Where in the input.")
    reason: str = strawberry.field(description="Why.")


@declare.object_type(
    description="Everything that a change would do through one connection. Nothing of it has been sent."
)
class WritePlan:
    steps: list[WriteStep] = strawberry.field(
        description="The requests, in order; none where the record is as asked."
    )
    findings: list[WriteFinding] = strawberry.field(description="What is wrong, or odd.")
    loss: list[WriteLoss] = strawberry.field(description="What the provider has no room for.")
    calls: int = strawberry.field(
        description="Calls that it takes when all goes well, with reading the record again."
    )
    version: str | None = strawberry.field(
        description="`source.version` of the record that it was made on; null where none was read."
    )


@declare.object_type(
    description="A field that the provider made something else of than was asked, or added by itself."
)
class ChangedField:
    path: str = strawberry.field(description="The field of the record.")
    asked: JSON | None = strawberry.field(description="What was asked for; null for what the provider added.")
    got: JSON | None = strawberry.field(description="What it is.")


@declare.object_type(description="A field that somebody else changed since the caller saw it.")
class FieldDifference:
    path: str = strawberry.field(description="The field of the record.")
    before: JSON | None = strawberry.field(
        description="What it was when the plan was made, where that is known."
    )
    asked: JSON | None = strawberry.field(description="What this change asks for.")
    now: JSON | None = strawberry.field(description="What it is now.")


@declare.object_type(description="One request that was made, without its content.")
class SentRequest:
    method: str = strawberry.field(description="HTTP method.")
    path: str = strawberry.field(description="The path, with braces for ids.")
    status: int | None = strawberry.field(description="HTTP status; null where no answer came.")
    native_id: str | None = strawberry.field(description="The provider's id of what it made or changed.")
    upstream_request_id: str | None = strawberry.field(
        description="The provider's id of the request, for its support."
    )
    undone: bool = strawberry.field(description="Whether it took an earlier one back.")
    error: str | None = strawberry.field(description="The code, where it failed.")


@declare.object_type(description="Why a write did not succeed, and what to do about it.")
class WriteError:
    code: str = strawberry.field(description="Stable code.")
    message: str = strawberry.field(description="In words.")
    path: str | None = strawberry.field(description="Where in the input; null for the whole.")
    remedy: str = strawberry.field(description="Who has to do what.")
    retryable: bool = strawberry.field(description="Whether the same request may succeed later.")
    retry_at: dt.datetime | None = strawberry.field(description="When to come back, where known, UTC.")
    provider_code: str | None = strawberry.field(description="The provider's own code.")
    provider_message: str | None = strawberry.field(description="The provider's own words.")
    upstream_request_id: str | None = strawberry.field(
        description="The provider's id of the request, for its support."
    )
    difference: list[FieldDifference] = strawberry.field(
        description="Of a CONFLICT: what was seen, asked for, and is there now."
    )


async def _read(info: Info, connection: str, kind: str, native_id: str) -> Record | None:
    """A record as it is now; None where there is none any more."""
    context: Any = info.context
    entry = context.parts.registry.connection(context.principal, connection)
    hub = context.hub_of(connection) if entry is None else context.hub(entry, Fresh(no_cache=True))
    try:
        found: Record | None = await hub.one(kind, native_id, selected(info))
    except Absent:
        return None
    return found


@declare.object_type(description="What became of one of several records that one request was to change.")
class WrittenRecord:
    path: str = strawberry.field(description="Where it stands in the input.")
    kind: str = strawberry.field(description="The kind of record.")
    native_id: str = strawberry.field(description="The provider's id.")
    status: WriteStatus = strawberry.field(description="COMMITTED, NOT_COMMITTED or INDETERMINATE.")
    evidence: str | None = strawberry.field(description="How the status is known, in words.")
    changed_fields: list[ChangedField] = strawberry.field(
        description="Where the record is not what was asked for."
    )
    connection: strawberry.Private[str] = ""

    @declare.field(description="The record, read again from the provider; null where it is not there.")
    async def record(self, info: Info) -> Record | None:
        return await _read(info, self.connection, self.kind, self.native_id)


@declare.object_type(description="What one connection would do, or did.")
class WriteSource:
    connection: Connection = strawberry.field(description="The connection.")
    status: WriteStatus = strawberry.field(description="How it did.")
    replayed: bool = strawberry.field(
        description="Whether an earlier request with the same key had done it already."
    )
    evidence: str | None = strawberry.field(description="How the status is known, in words.")
    plan: WritePlan | None = strawberry.field(description="What would be sent, or was.")
    changed_fields: list[ChangedField] = strawberry.field(
        description="Where the record is not what was asked for."
    )
    sent: list[SentRequest] = strawberry.field(description="The requests that were made.")
    residue: list[SentRequest] = strawberry.field(
        description="What is left of steps that could not be taken back."
    )
    records: list[WrittenRecord] = strawberry.field(
        description="Of a change of several records: what became of each, once that is known."
    )
    error: WriteError | None = strawberry.field(description="Why it did not succeed.")
    downstream_sync_id: str | None = strawberry.field(description="The provider's own id of passing it on.")
    record_kind: strawberry.Private[str] = ""
    record_id: strawberry.Private[str | None] = None
    """The provider's id of the record that resulted."""

    @declare.field(
        description="The record that resulted, read again from the provider; null where there is none, or "
        "none any more."
    )
    async def record(self, info: Info) -> Record | None:
        if self.record_id is None:
            return None
        return await _read(info, str(self.connection.id), self.record_kind, self.record_id)


@declare.object_type(description="What a change would do, or what became of it.")
class WritePayload:
    mode: SyncMode = strawberry.field(description="How far it went.")
    client_key: str = strawberry.field(
        description="The name of this one change: given again it has no second effect."
    )
    plan_token: str | None = strawberry.field(
        description="For `commit`: carries exactly this plan. Null where nothing can be committed."
    )
    expires_at: dt.datetime | None = strawberry.field(description="When the token ends, UTC.")
    sync_id: str | None = strawberry.field(
        description="For `sync`; one for each operation. Null without a push."
    )
    tracking_id: str | None = strawberry.field(description="Your own name for the request.")
    sources: list[WriteSource] = strawberry.field(description="What each connection would do, or did.")
