"""The operator's desk at the command line: the same store and the same rules as the running gateway's."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ledgermesh.app import own_origins
from ledgermesh.clock import Clock, SystemClock
from ledgermesh.errors import ConfigurationError
from ledgermesh.graph.admin.desk import SCOPES, Desk
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.settings import Settings, read_settings, state_url, to_keys
from ledgermesh.state.entries import Environment, KeyEntry, TenantEntry
from ledgermesh.state.opening import open_store
from ledgermesh.state.registry import Principal
from ledgermesh.state.shared import State, make_state
from ledgermesh.upstream.guard import make_guard
from ledgermesh.upstream.wire_http1 import GuardedWire

NAME = "command-line"
"""Who it was, in the log."""


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[State]:
    """The state that the settings name; raises ConfigurationError and StateDown."""
    url = state_url(settings.state)
    if url is None:
        raise ConfigurationError("state.url_from_file: the file is empty or cannot be read")
    store = await open_store(url, clock)
    try:
        yield make_state(store, to_keys(settings), clock, lease_seconds=settings.state.lease_seconds)
    finally:
        await store.close()


@asynccontextmanager
async def operator(environment: Environment, config: Path | None) -> AsyncIterator[Desk]:
    """An operator's desk over the settings' state; raises ConfigurationError where nobody else would see its work."""
    settings, clock = read_settings(os.environ, config), SystemClock()
    if state_url(settings.state) == "memory:":
        raise ConfigurationError(
            "state.url is memory:, which is the server's own; administer with GraphQL, or set it to file: or valkey:"
        )
    guard = make_guard([str(network) for network in settings.network.allow], own=own_origins(settings))
    wire = GuardedWire(guard)
    async with opened(settings, clock) as state, closing(wire):
        await state.directory.load()
        yield Desk(
            state=state,
            definitions=discover(NAMES),
            clock=clock,
            keys=to_keys(settings),
            public_url=settings.server.public_url or "",
            wire=wire,
            guard=guard,
            principal=_operator(environment),
        )


@asynccontextmanager
async def closing(wire: GuardedWire) -> AsyncIterator[None]:
    """The way to providers, until the end of the block."""
    try:
        yield
    finally:
        await wire.close()


def _operator(environment: Environment) -> Principal:
    tenant = TenantEntry(id=NAME, name="The operator at the command line", operator=True)
    key = KeyEntry(id=NAME, digest="", tenant=NAME, environment=environment, scopes=SCOPES)
    return Principal(tenant=tenant, key=key)
