"""Renew a grant once, however many processes want it, and keep what came before anybody uses it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

import structlog

from ledgermesh.clock import Clock
from ledgermesh.errors import (
    LedgermeshError,
    LinkError,
    NeedsConfig,
    Reconnect,
    SlowDown,
    StateDown,
    TooLate,
    Unavailable,
)
from ledgermesh.spec.auth import Auth
from ledgermesh.state.base import Grant
from ledgermesh.state.claims import Claims
from ledgermesh.state.shared import State
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.local import refusal
from ledgermesh.upstream.marks import Marks
from ledgermesh.upstream.schemes import auth_of, refusal_of, renewable, renewal, renewed, rotates
from ledgermesh.upstream.wire import Answer, Request, Wire, WireError

ANSWER_SECONDS_MAX = 20.0
CLAIM_SECONDS = 30.0
"""Longer than an answer may take; a process that dies in the middle holds up the others for so long."""
WAIT_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.05
"""How often, give or take a half, a process looks whether another one has renewed."""
KEEP_SECONDS = 30.0
"""How long a new grant is held while the store cannot take it."""
KEEP_AGAIN_SECONDS = 0.2
REFUSED_SECONDS = 60.0
"""How long a grant that the provider refused to renew is not sent there again."""
UNANSWERED_SECONDS = 10.0
"""The same for a refresh token that was sent and never answered."""
HELD_BACK_SECONDS = 5.0
EVERYBODY = "*"
"""The tenant of the clients at providers that serve all tenants."""


def same(one: Grant, other: Grant) -> bool:
    """Whether two grants let in alike; they may have been sealed at different times."""
    return (one.scheme, one.secrets, one.expires_at) == (other.scheme, other.secrets, other.expires_at)


def newer(found: Grant, used: Grant) -> bool:
    """Whether there is something in it that the used one did not have."""
    return found.version > used.version and not same(found, used)


def linked(link: Link, grant: Grant | None) -> Grant:
    """What is kept; raises Reconnect where that lets nobody in."""
    if grant is None or not grant.secrets:
        raise refusal(Reconnect, f"{link.provider.title} is not linked.")
    return grant


class Renewals:
    """One renewal of a connection at a time, by a claim that all processes see.

    A provider may take each refresh token once, so what was sent has to be known even to the one who starts after
    everybody was killed: a lasting mark says that it was, until the answer is kept.
    """

    def __init__(self, clock: Clock, random: Random, wire: Wire, state: State) -> None:
        self._clock = clock
        self._random = random
        self._wire = wire
        self.grants = state.grants
        self._clients = state.clients
        self._claims = Claims(state.store, clock)
        self._marks = Marks(state.store)

    async def find(self, link: Link) -> Grant:
        """What is kept; raises Reconnect when nothing is, StateDown when nobody can say."""
        return linked(link, await self.grants.find(*link.granted))

    async def renew(self, link: Link, used: Grant) -> Grant:
        """A grant newer than the one that was used, whoever gets it. Raises what stands in its way."""
        began = self._clock.monotonic()
        while self._clock.monotonic() - began < WAIT_SECONDS_MAX:
            grant = await self.find(link)
            if newer(grant, used):
                return grant
            if not renewable(auth_of(link, grant), grant):
                raise _over(link)
            name = "/".join(("renewal", *link.granted))
            async with self._claims.holding(name, seconds=CLAIM_SECONDS) as claim:
                if claim is not None:
                    return await self._alone(link, used)
            await self._clock.sleep(LOOK_SECONDS * self._random.uniform(0.5, 1.5))
        raise refusal(TooLate, f"Another gateway took too long to sign in to {link.provider.title}.")

    async def _alone(self, link: Link, used: Grant) -> Grant:
        grant = await self.find(link)
        if newer(grant, used):
            return grant
        known = await self._marks.failure(link.granted, grant.version)
        if known is not None:
            raise known
        auth = auth_of(link, grant)
        request = await self._request(link, auth, grant)
        try:
            return await self._renewed(link, auth, grant, request)
        except (LinkError, SlowDown, Unavailable) as error:
            seconds = self._rest(error, rotating=rotates(auth, grant) is not None)
            if seconds > 0:
                await self._marks.fail(link.granted, grant.version, error, seconds=seconds)
            raise

    async def _request(self, link: Link, auth: Auth, grant: Grant) -> Request:
        if rotates(auth, grant) is not None and "client_id" not in grant.secrets:
            client = await self._client(link)
            grant = replace(grant, secrets={**client.secrets, **grant.secrets})
        request = renewal(link, auth, grant)
        if request is None:
            raise _over(link)
        return request

    async def _client(self, link: Link) -> Grant:
        for tenant in (link.granted[0], EVERYBODY):
            client = await self._clients.find(tenant, link.environment, link.provider.name)
            if client is not None and {"client_id", "client_secret"} <= client.secrets.keys():
                return client
        raise refusal(NeedsConfig, f"This gateway has no client id and secret at {link.provider.title}.")

    async def _renewed(self, link: Link, auth: Auth, grant: Grant, request: Request) -> Grant:
        token = rotates(auth, grant)
        cut_off = token is not None and await self._marks.begin(link.granted, token)
        try:
            answer = await self._answer(link, request)
        except NeedsConfig:  # an address that may not be called: nothing was sent
            await self._unsent(link, cut_off=cut_off)
            raise
        now = self._clock.now()
        if answer.status in (200, 201):
            kept = await self._keep(link, grant, renewed(link, auth, grant, answer, now))
            await self._marks.end(link.granted)
            return kept
        error = refusal_of(link, auth, answer, now)
        if cut_off and isinstance(error, Reconnect):
            raise _cut_off(link, error)
        if answer.status < 500:  # else a proxy may speak, behind which the token was taken
            await self._unsent(link, cut_off=cut_off)
        raise error

    async def _unsent(self, link: Link, *, cut_off: bool) -> None:
        """This attempt used nothing up; an earlier one may have."""
        if not cut_off:
            await self._marks.end(link.granted)

    async def _answer(self, link: Link, request: Request) -> Answer:
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                return await self._wire.send(request)
        except (WireError, TimeoutError) as error:
            raise Unavailable(
                f"Signing in to {link.provider.title} gave no answer ({type(error).__name__}).",
                details={"step": "sign in"},
            ) from error

    async def _keep(self, link: Link, used: Grant, new: Grant) -> Grant:
        began = self._clock.monotonic()
        while True:
            try:
                return await self._kept(link, used, new)
            except StateDown:
                if self._clock.monotonic() - began >= KEEP_SECONDS:
                    logger = structlog.get_logger("ledgermesh")
                    logger.exception("a renewed grant could not be kept", connection=link.connection)
                    raise
            await self._clock.sleep(KEEP_AGAIN_SECONDS)

    async def _kept(self, link: Link, used: Grant, new: Grant) -> Grant:
        """The new grant, or the one of a person who linked again meanwhile."""
        while not await self.grants.write(new):
            grant = await self.find(link)
            if not same(grant, used) and not same(grant, new):
                return grant
            # The used one was sealed anew, or ours was kept without our hearing of it.
            new = replace(new, version=grant.version)
        return replace(new, version=new.version + 1)

    def _rest(self, error: LedgermeshError, *, rotating: bool) -> float:
        if isinstance(error, LinkError):
            return REFUSED_SECONDS
        if isinstance(error, SlowDown):
            if error.retry_at is None:
                return HELD_BACK_SECONDS
            return min((error.retry_at - self._clock.now()).total_seconds(), REFUSED_SECONDS)
        return UNANSWERED_SECONDS if rotating and "status" not in error.details else 0.0


def _over(link: Link) -> Reconnect:
    return refusal(Reconnect, f"{link.provider.title} no longer accepts the connection's credentials.")


def _cut_off(link: Link, error: LedgermeshError) -> Reconnect:
    return Reconnect(
        f"{link.provider.title} no longer renews the connection's credentials: an earlier renewal was cut off "
        "before its answer could be kept.",
        details={**error.details, "cutOff": True},
    )
