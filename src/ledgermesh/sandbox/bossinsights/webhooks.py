"""Webhooks: what happened, kept in order, and posted where somebody wants to hear of it.

Nothing of this runs by itself: deliveries that are due are tried at the next request, on whatever clock there is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from ledgermesh.clock import Clock
from ledgermesh.sandbox.bossinsights.switches import Switches
from ledgermesh.sandbox.bossinsights.view import Document, instant

Sender = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
"""Posts a body with headers to an address; gives the status, 0 when nobody answered."""

RETRIES = 5
_KEPT_MAX = 1_000


@dataclass
class Delivery:
    """One webhook and how its delivery stands."""

    payload: Document
    headers: Mapping[str, str]
    url: str
    """Empty when nobody listens."""
    due: float
    """When to try next, on the clock's monotonic scale."""
    statuses: list[int] = field(default_factory=list)
    """What each attempt was answered."""

    @property
    def open(self) -> bool:
        """Whether there is another attempt to make."""
        done = bool(self.statuses) and 200 <= self.statuses[-1] < 300
        return bool(self.url) and not done and len(self.statuses) <= RETRIES


class Webhooks:
    """All deliveries, the oldest first."""

    def __init__(self, clock: Clock, switches: Switches, sender: Sender | None) -> None:
        self._clock, self._switches, self._sender = clock, switches, sender
        self.deliveries: list[Delivery] = []

    def tell(
        self,
        type: str,
        account_key: str,
        *,
        object: str | None = None,
        ids: tuple[int, ...] = (),
        integration: str | None = None,
        sync_id: str | None = None,
        tracking_id: str | None = None,
    ) -> None:
        """Record that something happened."""
        payload: Document = {
            "type": type,
            "account_key": account_key,
            "sync_id": sync_id,
            "tracking_id": tracking_id,
            "integration": integration,
            "object": object,
            "ids": list(ids),
            "timestamp": instant(self._clock.now()),
        }
        named = {"X-Sync-ID": sync_id, "X-Tracking-ID": tracking_id}
        headers = {name: value for name, value in named.items() if value is not None}
        headers |= {"User-Agent": "BossInsights", "Content-Type": "application/json"}
        del self.deliveries[: len(self.deliveries) - _KEPT_MAX + 1]
        self.deliveries.append(
            Delivery(payload, headers, self._switches.webhook_url, self._clock.monotonic())
        )

    async def deliver(self) -> None:
        """Try everything that is due; after a failure the wait is one second, then twice as long each time."""
        if self._sender is None:
            return
        now = self._clock.monotonic()
        for row in [row for row in self.deliveries if row.open and row.due <= now]:
            status = await self._sender(row.url, row.headers, msgspec.json.encode(row.payload))
            row.statuses.append(status)
            row.due = now + 2.0 ** (len(row.statuses) - 1)
