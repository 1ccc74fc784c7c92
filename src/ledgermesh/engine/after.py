"""After a write: the record as it is now, and what the provider made of what was asked."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ledgermesh.clock import Clock
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.planned import Changed, Outcome
from ledgermesh.engine.version import differing
from ledgermesh.errors import LedgermeshError
from ledgermesh.model.record import Record
from ledgermesh.upstream.call import Fresh


def afresh(hub: Hub, clock: Clock, deadline: float) -> Hub:
    """The same books, read from the provider from now on: neither kept answers nor flights already in the air."""
    terms = msgspec.structs.replace(
        hub.terms, fresh=Fresh(no_cache=True), arrived=clock.monotonic(), deadline=deadline
    )
    return msgspec.structs.replace(hub, terms=terms)


async def reread(hub: Hub, outcome: Outcome) -> Record | None:
    """The record that resulted, as these books (see `afresh`) have it; None where there is none, or where it cannot be
    read.

    Not being able to read a record takes nothing back of what is known of the write, so that no error is raised.
    """
    if outcome.native_id is None:
        return None
    try:
        return await hub.one(outcome.kind, outcome.native_id, frozenset())
    except LedgermeshError:
        return None


def compared(record: Record | None, asked: Mapping[str, object]) -> tuple[Changed, ...]:
    """The fields that are not as asked."""
    if record is None:
        return ()
    return tuple(Changed(field=name, asked=asked[name], got=got) for name, got in differing(record, asked))
