"""What a write would do, and what it did: values that travel in plan tokens and in jobs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from ledgermesh.spec.write import File


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about a plan that its reader should know."""

    code: str
    path: str
    """In the input, GraphQL names; empty for the whole."""
    message: str
    blocks: bool = False
    """Whether the plan cannot be committed because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A value of the input that the provider has no room for."""

    path: str
    """In the input, GraphQL names: `input.lines.0.taxes.1`."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How to find out whether a step had its effect: by fields of the record, on the record itself or in its list."""

    kind: str
    resource: str = ""
    native_id: str | None = None
    """The record that is re-read; None to search the list."""
    gone: bool = False
    """Whether the effect is that the record is gone or removed."""
    equal: Mapping[str, object] = field(default_factory=dict)
    """The model's fields as `value_text` writes them, all of which the record must equal."""
    stamp: str = ""
    """Text that the field `stamp_field` ends with."""
    stamp_field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of a plan, whole but for credentials and for holes that earlier steps fill."""

    kind: str
    verb: str
    method: str
    path: str
    """Below the base URL, percent-encoded; `${steps.N.id}` stands for an id that step N tells."""
    template: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    """JSON with holes as quoted text, or multipart."""
    item: str = ""
    id: str = "id"
    empty: bool = False
    native_id: str | None = None
    """Of the record it is on; None where it makes one."""
    repeat: Literal["HEADER", "STAMP", "SEARCH", "NEVER"] = "NEVER"
    settle_seconds: float = 0.0
    look: Look | None = None
    """How to find out afterwards whether it had its effect; None for NEVER."""
    seconds: float = 0.0
    fields: Mapping[str, str] = field(default_factory=dict)
    """The provider's own fields (dotted paths of the body) to those of the input that they carry, in GraphQL names."""
    days: tuple[tuple[str, dt.date], ...] = ()
    """The days on which what it changes is booked, each with the input's field; empty where no provider closes them."""
    file: File | None = None
    """What the provider fetches from us: its address fills `${file}` in the body when the step is sent."""
    undo: Step | None = None
    """What takes it back; its own holes name the steps of the plan."""
    prefix: str = ""
    """What our native id has in front of the provider's: the resource's name and a colon, or the parent and a dash."""


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the record as it stood when the plan was made."""

    field: str
    value: object
    """As `value_text` writes it."""


class PlannedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One of several records that one request changes."""

    path: str
    """Where it stands in the input: `input.records.0`."""
    kind: str
    native_id: str
    sent: bool
    """Whether the request holds it; what is as asked already is left out."""
    asked: Mapping[str, object] = msgspec.field(default_factory=dict)
    version: str = ""
    before: tuple[Before, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that one change would do through one connection. Nothing of it has been sent."""

    connection: str
    provider: str
    kind: str
    verb: str
    native_id: str | None = None
    steps: tuple[Step, ...] = ()
    """Empty where nothing is to be done: the record is already as asked."""
    result: int = -1
    """The step whose record is the result; -1 for the last."""
    asked: Mapping[str, object] = field(default_factory=dict)
    """The model's fields that were asked for, as `value_text` writes them, to compare with what became of them."""
    version: str = ""
    """Of the record that the plan was made on; empty where it was not read."""
    before: tuple[Before, ...] = ()
    """The fields that are to change as they stood."""
    records: tuple[PlannedRecord, ...] = ()
    """Of a change of several records by one request: all of them, in the input's order."""
    findings: tuple[Finding, ...] = ()
    loss: tuple[Loss, ...] = ()
    calls: int = 0
    """Calls that committing takes, with reading the record again, when all goes well."""
    downstream: bool = False
    """Whether it ends only when the provider has passed it on."""
    digest: str = ""
    """Of all that was asked for: the same key with another one is a conflict."""
    chosen: bool = True
    """Whether the caller chose the key that it is asked under."""

    @property
    def blocked(self) -> bool:
        """Whether it cannot be committed."""
        return any(finding.blocks for finding in self.findings)


OutcomeStatus = Literal["COMMITTED", "NOT_COMMITTED", "INDETERMINATE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request that was made, without its content."""

    method: str
    path: str
    """The template."""
    status: int | None = None
    upstream_request_id: str | None = None
    native_id: str | None = None
    """Of the record it made or changed."""
    undone: bool = False
    """Whether it takes an earlier one back."""
    error: str | None = None
    """The code, where it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a write did not succeed, for the caller; no values of the books but the provider's own words."""

    code: str
    message: str
    remedy: str
    retryable: bool = False
    retry_at: dt.datetime | None = None
    path: str = ""
    provider_code: str | None = None
    provider_message: str | None = None
    upstream_request_id: str | None = None


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A field that the provider made something else of than was asked, or added by itself."""

    field: str
    asked: object = None
    got: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOutcome:
    """What became of one of several records that one request was to change."""

    path: str
    """Where it stands in the input."""
    kind: str
    native_id: str
    status: OutcomeStatus
    evidence: str = ""
    changed: tuple[Changed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one plan."""

    status: OutcomeStatus
    connection: str
    kind: str
    verb: str
    native_id: str | None = None
    """Of the record that resulted, where there is one."""
    replayed: bool = False
    """Whether an earlier request with the same key had done it."""
    evidence: str = ""
    """How it is known, in words."""
    sent: tuple[Sent, ...] = ()
    failure: Failure | None = None
    residue: tuple[Sent, ...] = ()
    """What earlier steps left behind that could not be taken back."""
    changed: tuple[Changed, ...] = ()
    """What the provider made of it, against what was asked; known where the record was read again."""
    downstream_id: str | None = None
    """The provider's own sync id."""
    records: tuple[RecordOutcome, ...] = ()
    """Of several records that one request changes: each of them; empty where it was not looked at them."""
