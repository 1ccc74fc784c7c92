"""How a write is to go: options of the mutation, or else headers of the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from ledgermesh.engine.change import OnLoss as Loss
from ledgermesh.errors import BadInput
from ledgermesh.graph.writes.changes import exact
from ledgermesh.graph.writes.headers import WriteHeaders
from ledgermesh.model import declare

WORD_MAX: Final = 128
SOURCES_MAX: Final = 50


@strawberry.enum(
    description="How far a mutation goes. NONE: the plan is all. PUSH: it is handed over, and `sync` tells the "
    "outcome. PUSH_AND_WAIT: the answer tells it, as far as the request's deadline allows."
)
class SyncMode(Enum):
    NONE = "NONE"
    PUSH = "PUSH"
    PUSH_AND_WAIT = "PUSH_AND_WAIT"


@strawberry.enum(description="What to do about values that a provider has no room for.")
class OnLoss(Enum):
    REJECT = "REJECT"
    ACCEPT = "ACCEPT"


@strawberry.enum(description="What an aggregator does with a write after it has taken it.")
class DownstreamSync(Enum):
    NONE = "NONE"
    PUSH = "PUSH"


@declare.input_type(description="What a provider that is itself an aggregator does next.")
class DownstreamOptions:
    sync: DownstreamSync | None = strawberry.field(
        default=UNSET, description="Whether it passes the write on; PUSH by default, with our own push."
    )
    sources: list[str] | None = strawberry.field(
        default=UNSET, description="To which of the systems behind it; all that can take it by default."
    )


@declare.input_type(description="How a write is to go. Each option wins over the header that means the same.")
class WriteOptions:
    connections: list[str] | None = strawberry.field(
        default=UNSET,
        description="Where to: connections by id, providers by name, kinds of providers, or systems behind an "
        "aggregator; all of the company's that can take it by default. Header X-Sync-Sources.",
    )
    sync: SyncMode | None = strawberry.field(
        default=UNSET, description="How far to go; NONE by default. Header X-Sync-Data: push."
    )
    client_key: str | None = strawberry.field(
        default=UNSET,
        description="Your name for this one change: the same again has no second effect. Header Idempotency-Key.",
    )
    if_version: str | None = strawberry.field(
        default=UNSET,
        description="`source.version` of the record as you have seen it; CONFLICT where it changed.",
    )
    on_loss: OnLoss | None = strawberry.field(
        default=UNSET, description="REJECT by default: nothing is written where a value would be dropped."
    )
    duplicate_check: bool | None = strawberry.field(
        default=UNSET, description="Whether a record with the same number is looked for first."
    )
    downstream: DownstreamOptions | None = strawberry.field(
        default=UNSET, description="What aggregators do next."
    )
    passthrough: JSON | None = strawberry.field(
        default=UNSET,
        description="Parts of the provider's own body, an object by its own names, laid over what is made of "
        "the input.",
    )
    tracking_id: str | None = strawberry.field(
        default=UNSET,
        description="Your own name for the request, told on answers and webhooks. Header X-Tracking-ID.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options and headers together, checked."""

    connections: tuple[str, ...] = ()
    sync: SyncMode = SyncMode.NONE
    client_key: str = ""
    if_version: str | None = None
    on_loss: Loss = "REJECT"
    duplicate_check: bool = False
    downstream_push: bool = True
    downstream_sources: tuple[str, ...] = ()
    passthrough: Mapping[str, Any] = field(default_factory=dict)
    tracking_id: str = ""


def to_options(given: WriteOptions | None, headers: WriteHeaders) -> Options:
    """What a mutation says of how it is to go, else the request's headers. Raises BadInput."""

    def said(name: str, default: Any = None) -> Any:
        found = getattr(given, name, UNSET)
        return default if found is UNSET or found is None else found

    downstream = said("downstream", DownstreamOptions())
    sync = said("sync", SyncMode.PUSH if headers.push else SyncMode.NONE)
    loss: Loss = "ACCEPT" if said("on_loss") is OnLoss.ACCEPT else "REJECT"
    return Options(
        connections=_sources("connections", said("connections", headers.sources)),
        sync=sync,
        client_key=_word("clientKey", said("client_key", headers.client_key)),
        if_version=_word("ifVersion", said("if_version"), most=1_000) or None,
        on_loss=loss,
        duplicate_check=said("duplicate_check", default=False),
        downstream_push=downstream.sync is not DownstreamSync.NONE,
        downstream_sources=_sources("downstream.sources", downstream.sources or ()),
        passthrough=to_passthrough(said("passthrough", {})),
        tracking_id=_word("trackingId", said("tracking_id", headers.tracking_id)),
    )


def to_passthrough(given: Any) -> Mapping[str, Any]:
    """Parts of a provider's body; raises BadInput for anything but an object."""
    if not isinstance(given, Mapping):
        raise _wrong("passthrough", "an object, by the provider's own names")
    found: Mapping[str, Any] = exact(given)
    return found


def _sources(name: str, given: Any) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(given))
    if len(found) > SOURCES_MAX or not all(
        0 < len(each) <= WORD_MAX and each.isprintable() for each in found
    ):
        raise _wrong(name, f"at most {SOURCES_MAX} names of 1 to {WORD_MAX} printable characters")
    return found


def _word(name: str, given: str | None, most: int = WORD_MAX) -> str:
    if given is None:
        return ""
    if not (0 < len(given) <= most and all(0x21 <= ord(letter) <= 0x7E for letter in given)):
        raise _wrong(name, f"1 to {most} visible ASCII characters")
    return given


def _wrong(name: str, message: str) -> BadInput:
    return BadInput(f"`options.{name}`: {message}", details={"field": f"options.{name}"})
