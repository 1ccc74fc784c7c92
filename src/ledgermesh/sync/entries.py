"""Entries as the store has them now: work beside the requests waits for no registry to be loaded or to catch up."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ledgermesh.state.base import Store
from ledgermesh.state.entries import Entry, WebhookEntry, place

Kind = TypeVar("Kind", bound=Entry)


async def find(store: Store, kind: type[Kind], *words: str) -> Kind | None:
    """What stands at a place, by the words that identify it. Raises StateDown."""
    kept = await store.get(place(kind.kind, *words))
    return None if kept is None else msgspec.json.decode(kept.value, type=kind)


async def webhooks(store: Store, tenant: str, environment: str, event: str) -> list[WebhookEntry]:
    """Where a tenant wants to be told of an event, by id. Raises StateDown."""
    found = await store.under(f"{place(WebhookEntry.kind, tenant, environment)}/")
    hooks = [msgspec.json.decode(kept.value, type=WebhookEntry) for _, kept in sorted(found.items())]
    return [hook for hook in hooks if event in hook.events]
