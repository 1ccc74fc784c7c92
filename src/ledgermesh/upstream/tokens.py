"""Renew what lets a connection in: once at a time, ahead of its end, and kept before it is used."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping

from cachetools import TTLCache

from ledgermesh.clock import Clock
from ledgermesh.errors import LedgermeshError, LinkError, Reconnect, TooLate, Unavailable, UpstreamError
from ledgermesh.state.base import Grant, Grants
from ledgermesh.upstream.call import Call, Link
from ledgermesh.upstream.local import refusal
from ledgermesh.upstream.schemes import auth_of, expiry, held, refusal_of, renewal, renewed
from ledgermesh.upstream.wire import Answer, Request, Wire, WireError

AHEAD_SECONDS = 60.0
"""How long before its end a token is renewed."""
RENEWAL_SECONDS_MAX = 20.0
REFUSED_SECONDS = 60.0
"""How long a grant that the provider refused to renew is not sent there again."""

Key = tuple[str, str, str]


class StaleGrant(Reconnect):
    """The provider answered that this version of the grant does not let us in. Stays between sign and retry."""

    def __init__(
        self,
        message: str,
        *,
        retry_at: dt.datetime | None = None,
        details: Mapping[str, object] | None = None,
        version: int = 0,
    ) -> None:
        super().__init__(message, retry_at=retry_at, details=details)
        self.version = version


class Tokens:
    """The grants of all connections, fresh.

    A renewal is a task of its own that outlives its callers: once a rotating refresh token is sent, the answer has to
    be kept, or the connection is lost for good.
    """

    def __init__(self, clock: Clock, wire: Wire, grants: Grants) -> None:
        self._clock = clock
        self._wire = wire
        self._grants = grants
        self._renewals: dict[Key, asyncio.Task[Grant]] = {}
        self._refused: TTLCache[tuple[Key, int], LinkError] = TTLCache(
            10_000, REFUSED_SECONDS, timer=clock.monotonic
        )

    async def ready(self, call: Call) -> Grant:
        """The connection's grant, renewed if it ends within a minute."""
        grant = await self._find(call.link)
        auth = auth_of(call.link, grant)
        ends, now = expiry(auth, grant), self._clock.now()
        if held(auth, grant) is not None and (
            ends is None or ends - now > dt.timedelta(seconds=AHEAD_SECONDS)
        ):
            return grant
        usable = held(auth, grant) is not None and ends is not None and ends > now
        try:
            return await self.renew(call, used=grant.version)
        except LedgermeshError:
            if usable:
                return grant
            raise

    async def renew(self, call: Call, *, used: int) -> Grant:
        """A grant newer than the version that was used; sends one request however many callers wait."""
        key = _key(call.link)
        task = self._renewals.get(key)
        if task is None:
            task = self._renewals[key] = asyncio.ensure_future(self._renew(call.link, used))
            task.add_done_callback(lambda done: self._forget(key, done))
        began = self._clock.monotonic()
        await asyncio.wait((task,), timeout=max(call.ends - began, 0.0))
        if not task.done():
            raise TooLate(
                f"Signing in to {call.link.provider.title} took longer than the deadline.",
                details={"seconds": self._clock.monotonic() - began, "step": "sign in"},
            )
        return task.result()

    async def close(self) -> None:
        """Wait for the renewals under way; each ends by itself within its own bound."""
        if self._renewals:
            await asyncio.wait(tuple(self._renewals.values()))

    def _forget(self, key: Key, task: asyncio.Task[Grant]) -> None:
        del self._renewals[key]
        if not task.cancelled():
            task.exception()

    async def _find(self, link: Link) -> Grant:
        grant = await self._grants.find(*_key(link))
        if grant is None or not grant.linked:
            raise refusal(Reconnect, f"{link.provider.title} is not linked.")
        return grant

    async def _renew(self, link: Link, used: int) -> Grant:
        grant = await self._find(link)
        if grant.version != used:
            return grant
        auth = auth_of(link, grant)
        known = self._refused.get((_key(link), grant.version))
        if known is not None:
            raise type(known)(known.message, details={**known.details, "local": True})
        request = renewal(link, auth, grant)
        if request is None:
            raise refusal(Reconnect, f"{link.provider.title} no longer accepts the connection's credentials.")
        answer = await self._ask(link, request)
        if answer.status not in (200, 201):
            raise self._remember(link, grant, refusal_of(link, auth, answer, self._clock.now()))
        return await self._keep(link, renewed(link, auth, grant, answer, self._clock.now()))

    def _remember(self, link: Link, grant: Grant, error: LedgermeshError) -> LedgermeshError:
        if isinstance(error, LinkError):
            self._refused[_key(link), grant.version] = error
        return error

    async def _ask(self, link: Link, request: Request) -> Answer:
        try:
            async with asyncio.timeout(RENEWAL_SECONDS_MAX):
                return await self._wire.send(request)
        except (WireError, TimeoutError) as error:
            raise _unanswered(link, error) from error

    async def _keep(self, link: Link, grant: Grant) -> Grant:
        # Where another replica was faster its grant is the newer one; ours may be revoked by now.
        await self._grants.write(grant)
        return await self._find(link)


def _unanswered(link: Link, error: Exception) -> UpstreamError:
    return Unavailable(
        f"Signing in to {link.provider.title} gave no answer ({type(error).__name__}).",
        details={"step": "sign in"},
    )


def _key(link: Link) -> Key:
    return link.granted
