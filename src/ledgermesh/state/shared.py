"""All that outlives a request, over one store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledgermesh.clock import Clock
from ledgermesh.state.base import Store
from ledgermesh.state.directory import REST_SECONDS, Directory
from ledgermesh.state.queue import Queue
from ledgermesh.state.queue_store import StoreQueue
from ledgermesh.state.registry import LEASE_SECONDS, Registry
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.vault import Vault


@dataclass(frozen=True, kw_only=True)
class State:
    """What this process shares with its replicas, or with nobody when the store is its own memory."""

    store: Store
    registry: Registry
    directory: Directory
    grants: Vault
    """What lets each connection in."""
    clients: Vault
    """Ids and secrets of our own at providers with an OAuth consent, by tenant (or for all) and provider."""
    signing: Vault
    """Secrets that webhooks are signed with, by tenant and webhook."""
    queue: Queue
    """Jobs that wait for a worker."""


def make_state(
    store: Store,
    keys: Sequence[SealingKey],
    clock: Clock,
    *,
    lease_seconds: float = LEASE_SECONDS,
    queue: Queue | None = None,
    rest_seconds: float = REST_SECONDS,
) -> State:
    """The parts over this store; nothing is read yet. Without a queue of the store's own, one in this process."""
    registry = Registry(clock=clock, lease_seconds=lease_seconds)

    def vault(family: str) -> Vault:
        return Vault(store, keys, clock, family=family, lease_seconds=lease_seconds)

    return State(
        store=store,
        registry=registry,
        directory=Directory(store, registry, clock, rest_seconds=rest_seconds),
        grants=vault("grant"),
        clients=vault("client"),
        signing=vault("signing"),
        queue=queue or StoreQueue(store, clock),
    )
