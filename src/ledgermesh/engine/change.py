"""A change as a caller asks for it, before anybody knows how a provider takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from ledgermesh.spec.query import Ref
from ledgermesh.spec.write import WriteVerb


class By(msgspec.Struct, frozen=True, kw_only=True):
    """A reference as a caller gives it: by our id, by the provider's, or by an exact natural key."""

    kinds: tuple[str, ...]
    """The kinds of record it may name, the likeliest first."""
    path: str
    """Where it stands in the input, for errors: `lines.0.account`."""
    ref: Ref | None = None
    """By our id, opened."""
    native_id: str | None = None
    key: Mapping[str, str] = msgspec.field(default_factory=dict)
    """By natural key: the model's field (`number`, `code`, `name`, `display_name`, `email` …) to its value."""
    create: bool = False
    """Whether the record is made first where there is none with this key."""


OnLoss = Literal["REJECT", "ACCEPT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be changed, in one connection or in several."""

    kind: str
    verb: WriteVerb
    target: Ref | None = None
    """The record, of every verb but CREATE and IMPORT."""
    records: tuple[Change, ...] = ()
    """Of UPDATE_MANY: what is asked of each record, every one an UPDATE; `kind` is Record then."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """As `spec.write.Values`, with a By for every reference."""
    custom_fields: Mapping[str, str] = field(default_factory=dict)
    """The company's own fields, by the provider's key."""
    passthrough: Mapping[str, Any] = field(default_factory=dict)
    """Parts of the provider's own body, by its own names, laid over what we make of the rest."""
    on_loss: OnLoss = "REJECT"
    if_version: str | None = None
    """The version (`source.version`) that the caller has seen."""
    duplicate_check: bool = False
    """Whether a record with the same number is looked for first."""
    client_key: str = ""
    """The caller's name for this one change; made up where it gives none."""
    chosen: bool = True
    """Whether the caller gave it: one that was made up was never used before."""
    tracking_id: str = ""
    """The caller's own name for the request, told to aggregators, echoed on answers and webhooks."""
    downstream_push: bool = True
    downstream_sources: tuple[str, ...] = ()
    """For aggregators: whether and to which of their systems they pass it on."""
