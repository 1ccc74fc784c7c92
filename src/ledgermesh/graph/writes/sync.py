"""Who is asked what became of writes that were handed over: `sync.jobs.Jobs`, or whatever else knows."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from typing import Protocol

from ledgermesh.state.entries import Environment
from ledgermesh.sync.feed import Update
from ledgermesh.sync.jobs import Page
from ledgermesh.sync.status import Sync


class Syncs(Protocol):
    """Knows how every push of a tenant stands, for as long as that is kept. Raises StateDown."""

    async def find(self, tenant: str, environment: Environment, id: str) -> Sync | None:
        """One push, with all that is known of its outcomes; None for an id that is not this tenant's."""
        ...

    async def list(
        self,
        tenant: str,
        environment: Environment,
        *,
        companies: Collection[str] | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Page:
        """Those of these companies, the newest first. Raises BadCursor."""
        ...

    def watch(
        self,
        tenant: str,
        environment: Environment,
        *,
        companies: Collection[str] | None = None,
        after: str | None = None,
    ) -> AsyncGenerator[Update, None]:
        """Each push of these companies whenever it stands otherwise. Raises BadCursor."""
        ...
