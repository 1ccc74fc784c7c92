"""Looks after jobs that nobody holds, and lets go of what is too old."""

from __future__ import annotations

from typing import Final

import structlog

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.state.queue import LEASE_SECONDS, Queue
from ledgermesh.sync.syncs import Syncs

LOOK_SECONDS: Final = LEASE_SECONDS
SWEEP_SECONDS: Final = 3_600.0


class Keeper:
    """Runs on every replica, at a start first of all.

    A process may end between keeping a job and queueing it, and a queue in memory ends with its process; so whatever
    has a body is put into the queue, which leaves alone what it has.
    """

    def __init__(self, syncs: Syncs, queue: Queue, clock: Clock) -> None:
        self._syncs = syncs
        self._queue = queue
        self._clock = clock

    async def run(self) -> None:
        """Look until cancelled."""
        swept_at = float("-inf")
        while True:
            try:
                await self.refill()
                if self._clock.monotonic() - swept_at >= SWEEP_SECONDS:
                    await self._syncs.sweep()
                    swept_at = self._clock.monotonic()
            except StateDown as error:
                structlog.get_logger("ledgermesh").warning("jobs not looked after", reason=error.message)
            await self._clock.sleep(LOOK_SECONDS)

    async def refill(self) -> None:
        """Queue whatever is still to be done. Raises StateDown."""
        await self._queue.add(*await self._syncs.waiting())
