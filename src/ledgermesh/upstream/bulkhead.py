"""Let no tenant's slow calls take up all connections to a provider's address."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from ledgermesh.clock import Clock
from ledgermesh.errors import TooLate
from ledgermesh.upstream.call import Call, Handler, Response
from ledgermesh.upstream.deadline import Within
from ledgermesh.upstream.local import refusal
from ledgermesh.upstream.watch import Watch

IN_FLIGHT_MAX = 200
"""Calls to one address that are in the air at once. The wire takes more, so that nothing queues below this, where
nobody looks at whose it is."""

BASES_MAX: Final = 1_000


class Hall:
    """One address. A tenant gets a place while it holds fewer than are free.

    So one alone gets half of them, and every further one an equal part, with as much left free for whoever comes next
    (the dynamic threshold of shared buffers): nobody ever finds all places taken by one.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._held: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @property
    def idle(self) -> bool:
        """Whether nobody holds a place or waits for one."""
        return not self._held and not self._waiting

    def take(self, tenant: str) -> bool:
        """Take a place if that needs no waiting."""
        return tenant not in self._waiting and self._takes(tenant)

    async def enter(self, tenant: str) -> None:
        """Take a place, after waiting for one where it must be."""
        if self.take(tenant):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            self._gave_up(tenant, turn)
            raise

    def leave(self, tenant: str) -> None:
        """Give the place back; who holds least goes next."""
        self._free += 1
        held = self._held[tenant] - 1
        if held:
            self._held[tenant] = held
        else:
            del self._held[tenant]
        if self._waiting:
            self._let_in()

    def _let_in(self) -> None:
        for other in sorted(self._waiting, key=lambda each: self._held.get(each, 0)):
            turn = next((each for each in self._waiting[other] if not each.cancelled()), None)
            if turn is not None and self._takes(other):
                self._forget(other, turn)
                turn.set_result(None)

    def _takes(self, tenant: str) -> bool:
        held = self._held.get(tenant, 0)
        if held >= self._free:
            return False
        self._free -= 1
        self._held[tenant] = held + 1
        return True

    def _gave_up(self, tenant: str, turn: asyncio.Future[None]) -> None:
        if turn.cancelled():
            self._forget(tenant, turn)
        else:  # its place was given to it in the moment in which it left
            self.leave(tenant)

    def _forget(self, tenant: str, turn: asyncio.Future[None]) -> None:
        self._waiting[tenant].remove(turn)
        if not self._waiting[tenant]:
            del self._waiting[tenant]


class Bulkhead:
    """A hall for each address that providers have, by host and port. Waits within the deadline, else refuses."""

    def __init__(self, clock: Clock, places: int = IN_FLIGHT_MAX, *, watches: Sequence[Watch] = ()) -> None:
        self._clock = clock
        self._places = places
        self._watches = watches
        self._halls: dict[str, Hall] = {}

    @property
    def halls(self) -> int:
        """How many addresses are in use now."""
        return len(self._halls)

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        address, tenant = _site(call.link.base_url), call.link.tenant
        hall = self._halls.get(address)
        if hall is None:
            hall = self._halls[address] = Hall(self._places)
        try:
            if not hall.take(tenant):
                await self._wait(hall, call)
            try:
                return await send(call)
            finally:
                hall.leave(tenant)
        finally:
            if hall.idle:
                self._halls.pop(address, None)

    async def _wait(self, hall: Hall, call: Call) -> None:
        began = self._clock.monotonic()
        try:
            with Within(call.until or call.deadline, self._clock):
                await hall.enter(call.link.tenant)
        except TimeoutError:
            title = call.link.provider.title
            raise refusal(
                TooLate, f"The deadline came while too many calls to {title} were in the air."
            ) from None
        finally:
            for watch in self._watches:
                watch.queued(call, self._clock.monotonic() - began)


@lru_cache(BASES_MAX)
def _site(base_url: str) -> str:
    """What the wire counts connections by."""
    found = urlsplit(base_url)
    return f"{found.scheme}://{found.netloc}"
