"""Open the queue that goes with the store of an address."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from ledgermesh.clock import Clock
from ledgermesh.errors import LedgermeshError
from ledgermesh.state.base import Store
from ledgermesh.state.queue import LEASE_SECONDS, Queue
from ledgermesh.state.queue_store import StoreQueue
from ledgermesh.state.schemes import SCHEMES

if TYPE_CHECKING:
    from ledgermesh.state.queue_valkey import ValkeyQueue

VALKEY: Final = "ledgermesh.state.queue_valkey"
"""Loaded where it is wanted, as its store is."""


async def open_queue(url: str, store: Store, clock: Clock, *, lease_seconds: float = LEASE_SECONDS) -> Queue:
    """Over `store`, which was opened at this address. Raises as `open_store` does."""
    if url.partition(":")[0] not in SCHEMES:
        return StoreQueue(store, clock, lease_seconds=lease_seconds)
    queue: ValkeyQueue = import_module(VALKEY).ValkeyQueue(url, clock, lease_seconds=lease_seconds)
    try:
        await queue.open()
    except LedgermeshError:
        await queue.close()
        raise
    return queue
