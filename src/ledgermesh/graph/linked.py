"""Connections as the layers to providers and the schema see them: made once, and again where something changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import strawberry

from ledgermesh.clock import Clock
from ledgermesh.model.platform import Connection, ConnectionState, Provider
from ledgermesh.spec.provider import Provider as Definition
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import ConnectionEntry, Standing
from ledgermesh.state.registry import Registry
from ledgermesh.state.repair import ends_soon
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.recent import Recent

LINKED_MAX: Final = 5_000
"""Connections that are remembered, those of each asking tenant for itself."""


class Linked(NamedTuple):
    """One connection as one tenant asks it."""

    changes: int
    """Of the registry, when it was made: everything it is made of is registered there."""
    entry: ConnectionEntry
    link: Link
    shown: Connection


class Connections:
    """Nothing of what is shared here belongs to one request."""

    def __init__(
        self,
        registry: Registry,
        definitions: Mapping[str, Definition],
        providers: Mapping[str, Provider],
        clock: Clock,
    ) -> None:
        self._registry, self._clock = registry, clock
        self._definitions, self._providers = definitions, providers
        self._known: Recent[tuple[str, str, str], Linked] = Recent(LINKED_MAX)

    def of(self, tenant: str, entry: ConnectionEntry) -> Linked:
        """A connection, asked with its grant."""
        key = tenant, entry.environment, entry.id
        found = self._known.get(key)
        if found is None or found.changes != self._registry.changes or found.entry is not entry:
            standing = self._registry.standing(entry.environment, entry.id)
            found = Linked(
                self._registry.changes, entry, self.link(tenant, entry), self._shown(entry, standing)
            )
            # What a sign-in that ends is said to be changes with the time.
            if standing is None or standing.expires_at is None:
                self._known.put(key, found)
        return found

    def link(self, tenant: str, entry: ConnectionEntry, token: Secret | None = None) -> Link:
        """The way to a connection's books, with a token of the caller's own where there is one."""
        return Link(
            tenant=tenant,
            environment=entry.environment,
            connection=entry.id,
            provider=self._definitions[entry.provider],
            base_url=entry.base_url,
            settings=entry.settings,
            generation=self._registry.generation(entry.environment, entry.id),
            owner=entry.owner or tenant,
            token=token,
        )

    def shown(self, entry: ConnectionEntry) -> Connection:
        """A connection as the schema shows it."""
        return self._shown(entry, self._registry.standing(entry.environment, entry.id))

    def _shown(self, entry: ConnectionEntry, standing: Standing | None) -> Connection:
        return Connection(
            id=strawberry.ID(entry.id),
            provider=self._providers[entry.provider],
            company_key=entry.company,
            environment=entry.environment,
            **({"state": self._unsaid(entry)} if standing is None else _stands(standing, self._clock.now())),
        )

    def _unsaid(self, entry: ConnectionEntry) -> ConnectionState:
        """The state of a connection that no call has said anything of."""
        settings = self._definitions[entry.provider].settings
        missing = any(each.required and each.name not in entry.settings for each in settings)
        return ConnectionState.NEEDS_CONFIG if missing else ConnectionState.ACTIVE


def _stands(standing: Standing, now: dt.datetime) -> dict[str, Any]:
    """How a connection stands, by the names of Connection's fields."""
    reason = standing.reason or None
    if standing.expires_at is not None and ends_soon(standing, now):
        reason = f"The sign-in ends on {standing.expires_at:%Y-%m-%d} for good: link it again before."
    return {
        "state": ConnectionState[standing.state],
        "state_reason": reason,
        "state_code": standing.code or None,
        "state_since": standing.since,
        "expires_at": standing.expires_at,
    }
