"""A provider is a value: where it lives, how it lets us in, what it has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from msgspec import Struct

from ledgermesh.spec.auth import Auth
from ledgermesh.spec.budgets import Budget, BudgetHeaders
from ledgermesh.spec.faults import Fault
from ledgermesh.spec.hooks import Hooks
from ledgermesh.spec.resource import Detail, ReportEndpoint, Resource
from ledgermesh.spec.write import Downstream, Writes


class ProviderKind(Enum):
    """What a provider is; several allowed."""

    ACCOUNTING = "ACCOUNTING"
    INVOICING = "INVOICING"
    BANKING = "BANKING"
    COMMERCE = "COMMERCE"
    CRM = "CRM"
    PAYROLL = "PAYROLL"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choose:
    """Where to read what a setting may be: one row is taken silently, of several a person chooses while linking."""

    path: str
    """Below the base URL; GET."""
    value: str
    """Dotted path in a row."""
    label: str = ""
    """Dotted path in a row to what people call it; the value where it is empty."""
    rows: str = ""
    """Dotted path to the rows; empty where the body is the list. An object is one row."""
    also: tuple[tuple[str, str], ...] = ()
    """Other settings that the same row tells, with their dotted paths."""
    paged: bool = False
    """Whether `limit` and `offset` lead to further rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Something of a connection that is not secret and that the provider's paths or wires need."""

    name: str
    description: str
    required: bool = True
    pattern: str = ""
    """What a value that a person types looks like, as a whole; empty is any printable text."""
    suggestions: tuple[str, ...] = ()
    """Usual values."""
    choose: Choose | None = None


class Closing(Struct, frozen=True, kw_only=True):
    """Closed books: the provider takes nothing that is dated on a certain day or before it."""

    kind: str
    """The kind whose only record tells the day."""
    field: str
    """The model's field that does; null in it where nothing is closed."""
    dates: Mapping[str, str]
    """By kind of record: the model's field with the day on which it counts. Kinds that are not here are not refused."""
    assumed: str = ""
    """What no document says about it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """Everything the engine knows of one provider."""

    name: str
    title: str
    docs_url: str
    checked_on: dt.date
    """When the definition was last compared with the provider's documents."""
    kinds: tuple[ProviderKind, ...]
    base_url: str
    """https; `{name}` in it is a setting of the connection."""
    auth: tuple[Auth, ...]
    settings: tuple[Setting, ...] = ()
    check_path: str = ""
    """A cheap read that all good credentials may do; linking tries them on it."""
    headers: tuple[tuple[str, str], ...] = ()
    """Sent with every request."""
    query: tuple[tuple[str, str], ...] = ()
    """Parameters of every request; `{name}` in a value is a setting of the connection, and a parameter whose setting
    is not there is left out."""
    budgets: tuple[Budget, ...] = ()
    """Declared windows for each connection, all of them at once; empty where no document states any."""
    budget_headers: BudgetHeaders | None = None
    concurrent_max: int = 5
    """Requests in flight for one connection."""
    faults: tuple[Fault, ...] = ()
    fault_code: str = ""
    """Dotted path to the error code in an error body."""
    fault_message: str = ""
    """Dotted path to the provider's own words in an error body."""
    fault_fields: tuple[str, str, str] | None = None
    """Where an error body says what is wrong with which field: dotted path to the list, and of each of its elements the
    keys of the field and of the words."""
    request_id_header: str | None = None
    notes: str = ""
    """Dotted path to messages that come with a good answer; they become findings."""
    body_bytes_max: int = 16_000_000
    resources: tuple[Resource, ...] = ()
    reports: tuple[ReportEndpoint, ...] = ()
    writes: Writes = ()
    """Every change that the provider takes."""
    unwritten: Mapping[str, str] = field(default_factory=dict)
    """Operations (`POST /path` as the contract prints it) that change something and are written by nobody, and why."""
    closing: Closing | None = None
    """How closed books are known before a write; None where the provider does not tell, or closes none."""
    downstream: Downstream | None = None
    """Of an aggregator: how far it is with passing writes on."""
    hooks: Hooks | None = None
    """How it tells us of changes; None where it does not."""
    subscription: Detail | None = None
    """The company's plan with the provider, where it tells."""
    omitted: Mapping[str, str] = field(default_factory=dict)
    """Paths that the provider lets us read and that no definition reads, and why."""
    unsupported: Mapping[str, str] = field(default_factory=dict)
    """Kinds (GraphQL type names) that the provider does not have, and why; shown to the caller. A kind that is not
    here and has no resource is answered with a plain "has no such records"."""

    def why_not(self, kind: str) -> str:
        """Why there are no records or reports of this kind, for the caller."""
        return self.unsupported.get(kind, f"{self.title} has no {kind} in its API.")
