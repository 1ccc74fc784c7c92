"""A queue in this process's memory, with leases in the store, so that processes over one folder never share a job."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ledgermesh.clock import Clock
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Store
from ledgermesh.state.entries import place
from ledgermesh.state.queue import LEASE_SECONDS, Delivery

KIND = "lease"


class StoreQueue:
    """See Queue. Gone with the process: whoever knows the jobs adds those that are still to be done, at every start
    and now and then, and so takes over from processes that died.
    """

    def __init__(self, store: Store, clock: Clock, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._store = store
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._waiting: dict[str, None] = {}
        """In their order."""
        self._taken: dict[str, float] = {}
        """Job → when its lease ends, monotonic seconds."""
        self._told = asyncio.Event()

    async def add(self, *jobs: str) -> None:
        """See Queue."""
        self._free()
        fresh = [job for job in jobs if job not in self._taken and job not in self._waiting]
        self._waiting |= dict.fromkeys(fresh)
        if self._waiting:
            self._told.set()

    async def take(self, worker: str, *, seconds: float, most: int = 1) -> Sequence[Delivery]:
        """See Queue. One at a time: what they wait for is this machine's disk."""
        self._told.clear()
        delivery = await self._next(worker)
        if delivery is None and seconds > 0 and await self._added(seconds):
            delivery = await self._next(worker)
        return [delivery] if delivery is not None else []

    async def extend(self, delivery: Delivery) -> Delivery | None:
        """See Queue."""
        ends_at = self._clock.monotonic() + self._lease_seconds
        swapped = await self._store.swap(
            _place(delivery.job), delivery.worker.encode(),
            expect=int(delivery.mark), seconds=self._lease_seconds,
        )  # fmt: skip
        if not swapped.won or swapped.kept is None:
            return None
        self._taken[delivery.job] = ends_at
        return Delivery(delivery.job, delivery.worker, str(swapped.kept.version))

    async def done(self, delivery: Delivery) -> bool:
        """See Queue."""
        swapped = await self._store.swap(_place(delivery.job), None, expect=int(delivery.mark), seconds=0.0)
        if swapped.won:
            self._taken.pop(delivery.job, None)
        return swapped.won

    async def release(self, delivery: Delivery) -> bool:
        """See Queue."""
        released = await self.done(delivery)
        if released:
            await self.add(delivery.job)
        return released

    async def waiting(self) -> int:
        """See Queue."""
        return len(self._waiting)

    async def close(self) -> None:
        """See Queue."""

    async def _added(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._told.wait()
        except TimeoutError:
            return False

    async def _next(self, worker: str) -> Delivery | None:
        self._free()
        while self._waiting:
            job = next(iter(self._waiting))
            del self._waiting[job]
            if (delivery := await self._leased(job, worker)) is not None:
                return delivery
            # Another process has it. Should that one die, whoever knows the jobs adds it again.
        return None

    async def _leased(self, job: str, worker: str) -> Delivery | None:
        # Known as taken before the store is asked, so that `add` does not queue it a second time meanwhile.
        self._taken[job] = self._clock.monotonic() + self._lease_seconds
        try:
            swapped = await self._store.swap(
                _place(job), worker.encode(), expect=0, seconds=self._lease_seconds
            )
        except StateDown:
            del self._taken[job]
            self._waiting[job] = None
            raise
        if not swapped.won or swapped.kept is None:
            del self._taken[job]
            return None
        return Delivery(job, worker, str(swapped.kept.version))

    def _free(self) -> None:
        """Queue again what a worker of this process has let its lease run out for."""
        now = self._clock.monotonic()
        for job in [job for job, ends_at in self._taken.items() if ends_at <= now]:
            del self._taken[job]
            self._waiting[job] = None


def _place(job: str) -> str:
    return place(KIND, job)
