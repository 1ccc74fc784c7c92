"""Tells tenants' webhooks how their pushes ended: ids and states, no books."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Final

from ledgermesh.clock import Clock
from ledgermesh.state.base import Store
from ledgermesh.state.entries import Environment, WebhookEntry, place
from ledgermesh.sync.entries import webhooks
from ledgermesh.sync.notify import instant
from ledgermesh.sync.outbox import Event, Outbox
from ledgermesh.sync.status import Sync, SyncState
from ledgermesh.sync.syncs import KEPT, Syncs

COMPLETED: Final = "sync.completed"
FAILED: Final = "sync.failed"
INDETERMINATE: Final = "sync.indeterminate"
EVENTS: Final = (COMPLETED, FAILED, INDETERMINATE)
TYPES: Final[Mapping[SyncState, str]] = {
    "COMMITTED": COMPLETED,
    "PARTLY_COMMITTED": FAILED,
    "NOT_COMMITTED": FAILED,
    "INDETERMINATE": INDETERMINATE,
}


class Announcer:
    """Every method raises StateDown."""

    def __init__(self, store: Store, syncs: Syncs, clock: Clock) -> None:
        self._store = store
        self._syncs = syncs
        self._clock = clock
        self._outbox = Outbox(store, clock)

    async def tell(self, sync: Sync, webhook: str | None = None) -> int:
        """Put the event for each webhook of the tenant's that wants it, or for one; how many it is new for.

        Its id is the same however often a worker comes to this point, so the outbox keeps one.
        """
        ended_at = sync.ended_at
        if ended_at is None:
            return 0
        type = TYPES[sync.status]
        wanted = await webhooks(self._store, sync.tenant, sync.environment, type)
        hooks = [hook for hook in wanted if webhook in {None, hook.id}]
        return sum([await self._outbox.add(self._event(sync, hook, type, ended_at)) for hook in hooks])

    async def replay(
        self,
        tenant: str,
        environment: Environment,
        *,
        since: dt.datetime,
        webhook: str | None = None,
    ) -> int:
        """Send again what a receiver may have missed; how many events that is.

        Those are the events that were given up, and one for each push that ended since then, whether it was delivered
        or not: ids stay the same, so receivers leave out what they have. Pushes are known for seven days.
        """
        done = await self._outbox.replay(environment, tenant, webhook)
        now = self._clock.now()
        # One that ended since may have begun up to a day earlier, which is as long as it may wait.
        day, last = now.date(), max(since - dt.timedelta(days=1), now - KEPT).date()
        while day >= last:
            for sync in reversed(await self._syncs.on(tenant, environment, day)):
                if sync.ended_at is not None and sync.ended_at >= since:
                    done += await self.tell(sync, webhook)
            day -= dt.timedelta(days=1)
        return done

    def _event(self, sync: Sync, hook: WebhookEntry, type: str, ended_at: dt.datetime) -> Event:
        # Parts that were added later make it another ending.
        said = place(sync.id, type, str(len(sync.parts)))
        return Event(
            id=f"msg_{hashlib.sha256(said.encode()).hexdigest()[:32]}",
            environment=sync.environment,
            tenant=sync.tenant,
            webhook=hook.id,
            type=type,
            at=ended_at,
            company=sync.company,
            data={
                "sync": sync.id,
                "trackingId": sync.tracking_id,
                "company": sync.company,
                "environment": sync.environment,
                "status": sync.status,
                "createdAt": instant(sync.created_at),
                "endedAt": instant(ended_at),
            },
            next_at=self._clock.now(),
        )
