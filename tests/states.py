"""Shared state in memory, for tests that need no replicas."""

from __future__ import annotations

from ledgermesh.clock import Clock, SystemClock
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.shared import State, make_state
from ledgermesh.state.vault import Vault

KEYS = (SealingKey(1, b"tests tests tests tests tests 32"),)


def memory_state(clock: Clock | None = None) -> State:
    """Everything over a store that goes with the test."""
    told = clock or SystemClock()
    return make_state(MemoryStore(told), KEYS, told, rest_seconds=0.0)


def memory_grants(clock: Clock | None = None) -> Vault:
    """A vault that goes with the test."""
    return memory_state(clock).grants
