"""Keep what lets a connection in fresh: renewed ahead of its end, by one task however many callers wait."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from cachetools import TTLCache
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.errors import LedgermeshError, Reconnect, TooLate
from ledgermesh.spec.auth import Auth
from ledgermesh.spec.provider import Provider
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.shared import State
from ledgermesh.upstream.call import Call, Link
from ledgermesh.upstream.recent import Recent
from ledgermesh.upstream.renewal import Renewals, linked, newer
from ledgermesh.upstream.schemes import auth_of, ends_for_good, expiry, header, held, renewable
from ledgermesh.upstream.wire import Wire

AHEAD_SECONDS = 60.0
"""How long before its end a token is renewed at the earliest."""
AHEAD_JITTER_SECONDS = 15.0
"""Each process begins up to so much later, always the same, so that replicas do not begin together."""
AHEAD_WAIT_SECONDS = 2.0
"""How long a call waits for a renewal while its token is still good."""
AHEAD_AGAIN_SECONDS = 5.0
CONNECTIONS_MAX = 10_000

Key = tuple[str, str, str]


class StaleGrant(Reconnect):
    """The provider answered that this grant does not let us in. Stays between sign and retry."""

    def __init__(
        self,
        message: str,
        *,
        used: Grant,
        retry_at: dt.datetime | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, retry_at=retry_at, details=details)
        self.used = used


@dataclass(frozen=True, slots=True)
class Seen:
    """What this process last saw of a connection's grant."""

    version: int
    ends_at: dt.datetime | None
    """When a person has to link again."""


class Read(Struct, frozen=True):
    """What a grant says."""

    grant: Grant
    provider: Provider
    auth: Auth
    ends: dt.datetime | None
    """Of what it holds now, UTC."""
    signature: tuple[str, Secret] | None
    """The header that lets us in; None where it holds nothing for it."""

    @property
    def lasts(self) -> bool:
        """Whether it can be used and nobody said that it ends."""
        return self.signature is not None and self.ends is None


class Tokens:
    """The grants of all connections, fresh.

    A renewal is a task of its own that outlives its callers: once a rotating refresh token is sent, the answer has to
    be kept, or the connection is lost for good.
    """

    def __init__(self, clock: Clock, random: Random, wire: Wire, state: State) -> None:
        self._clock = clock
        self._renewals = Renewals(clock, random, wire, state)
        self._tasks: dict[Key, asyncio.Task[Grant]] = {}
        self._ahead = dt.timedelta(seconds=AHEAD_SECONDS - random.uniform(0.0, AHEAD_JITTER_SECONDS))
        self._seen: Recent[Key, Seen] = Recent(CONNECTIONS_MAX)
        self._read: Recent[Key, Read] = Recent(CONNECTIONS_MAX)
        self._put_off: TTLCache[Key, bool] = TTLCache(
            CONNECTIONS_MAX, AHEAD_AGAIN_SECONDS, timer=clock.monotonic
        )

    async def ready(self, call: Call) -> Read:
        """The connection's grant, renewed if it ends within a minute."""
        link = call.link
        read = self.reading(link, await self.find(link))
        if read.lasts:
            return read
        now = self._clock.now()
        if read.signature is None or (read.ends is not None and read.ends <= now):
            return self.reading(link, await self.renew(call, used=read.grant))
        if read.ends is None or read.ends - now > self._ahead or not renewable(read.auth, read.grant):
            return read
        return self.reading(link, await self._ahead_of_its_end(call, read.grant))

    def reading(self, link: Link, grant: Grant) -> Read:
        """What a grant says, worked out once for as long as it stays the same."""
        known = self._read.get(link.granted)
        if known is not None and known.grant is grant and known.provider is link.provider:
            return known
        auth = auth_of(link, grant)
        signature = header(link, auth, grant) if held(auth, grant) is not None else None
        return self._read.put(link.granted, Read(grant, link.provider, auth, expiry(auth, grant), signature))

    async def renew(self, call: Call, *, used: Grant, seconds_max: float = 3600.0) -> Grant:
        """A grant newer than the used one; this process asks once, however many callers wait."""
        key, began = call.link.granted, self._clock.monotonic()
        while True:
            joined = key in self._tasks
            task = self._task(call.link, used)
            left = min(began + seconds_max, call.ends) - self._clock.monotonic()
            await asyncio.wait((task,), timeout=max(left, 0.0))
            if not task.done():
                raise self._too_late(call, began)
            grant = _result(task)
            # Those who used what this very task brought need the next one.
            if not joined or newer(grant, used):
                return grant

    async def find(self, link: Link) -> Grant:
        """What is kept; raises Reconnect when nothing is, StateDown when nobody can say."""
        try:
            grant = linked(link, await self._renewals.grants.find(*link.granted))
        except LedgermeshError:
            self._seen.forget(link.granted)
            self._read.forget(link.granted)
            raise
        self._see(link, grant)
        return grant

    def seen(self, link: Link) -> Seen | None:
        """What a call through this connection went by last; None when it found nothing."""
        return self._seen.get(link.granted)

    async def close(self) -> None:
        """Wait for the renewals under way; each ends by itself within its own bound."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))

    async def _ahead_of_its_end(self, call: Call, grant: Grant) -> Grant:
        key = call.link.granted
        if key in self._put_off:
            return grant
        try:
            return await self.renew(call, used=grant, seconds_max=AHEAD_WAIT_SECONDS)
        except LedgermeshError:
            self._put_off[key] = True
            return grant

    def _task(self, link: Link, used: Grant) -> asyncio.Task[Grant]:
        key = link.granted
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(self._renew(link, used))
            task.add_done_callback(lambda done: self._forget(key, done))
        return task

    async def _renew(self, link: Link, used: Grant) -> Grant:
        grant = await self._renewals.renew(link, used)
        self._see(link, grant)
        return grant

    def _see(self, link: Link, grant: Grant) -> None:
        known = self._seen.get(link.granted)
        if known is None or grant.version > known.version:
            auth = next((each for each in link.provider.auth if each.name == grant.scheme), None)
            ends_at = ends_for_good(auth, grant) if auth is not None else None
            self._seen.put(link.granted, Seen(grant.version, ends_at))

    def _forget(self, key: Key, task: asyncio.Task[Grant]) -> None:
        del self._tasks[key]
        if not task.cancelled():
            task.exception()

    def _too_late(self, call: Call, began: float) -> TooLate:
        return TooLate(
            f"Signing in to {call.link.provider.title} took longer than the deadline.",
            details={"seconds": self._clock.monotonic() - began, "step": "sign in"},
        )


def _result(task: asyncio.Task[Grant]) -> Grant:
    error = task.exception()
    if isinstance(error, LedgermeshError):
        # Raising one error in several tasks would grow one traceback among them.
        raise type(error)(error.message, retry_at=error.retry_at, details=error.details) from error
    return task.result()
