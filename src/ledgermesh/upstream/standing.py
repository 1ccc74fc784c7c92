"""Leave alone a connection that is known not to be let in, and note when that changes."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

import structlog

from ledgermesh.clock import Clock
from ledgermesh.errors import LinkError, StateDown
from ledgermesh.state import entries
from ledgermesh.state.claims import Claim, Claims
from ledgermesh.state.shared import State
from ledgermesh.upstream.aftermath import OPEN, Showed, ending, of_the_whole, place_of, refused, well, worse
from ledgermesh.upstream.call import Call, Handler, Link, Response
from ledgermesh.upstream.recent import Recent
from ledgermesh.upstream.tokens import Seen, Tokens

CLAIM_SECONDS = 60.0
"""How long a process that dies while it probes keeps the others from it."""
NOTE_SECONDS_MAX = 0.2
"""How long an answer waits for what it showed to be written; the writing goes on after that."""
CONNECTIONS_MAX = 10_000

Change = Callable[[entries.Standing | None], entries.Standing | None]


class Standing:
    """Refuses locally what the provider refused before, until a probe, a person or an administrator puts it right.

    A probe is one call that goes through when it is time, or when there is a newer grant; there is one at a time for
    all processes. Calls with a token of the caller's own are none of its business.
    """

    def __init__(self, clock: Clock, state: State, tokens: Tokens) -> None:
        self._clock = clock
        self._registry = state.registry
        self._directory = state.directory
        self._claims = Claims(state.store, clock)
        self._tokens = tokens
        self._good: Recent[tuple[str, str], dt.datetime] = Recent(CONNECTIONS_MAX)
        self._notes: set[asyncio.Task[None]] = set()

    def last_good_at(self, environment: str, connection: str) -> dt.datetime | None:
        """When a call through the connection last went well here, as far as this process remembers."""
        return self._good.get((environment, connection))

    def answer(self, call: Call, send: Handler) -> Awaitable[Response]:
        """See Layer."""
        link = call.link
        if link.token is not None:
            return send(call)
        standing = self._at(link)
        if standing is None or standing.state in OPEN:
            return self._watched(call, send)
        return self._shut(call, send, standing)

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._notes:
            await asyncio.wait(tuple(self._notes))

    # -- calls -------------------------------------------------------------------------------------------------

    async def _watched(self, call: Call, send: Handler) -> Response:
        try:
            response = await send(call)
        except LinkError as error:
            change = self._worse(call.link, error, probe=None)
            if change is not None:
                await self._soon(self._write(call.link, change))
            raise
        self._note_good(call.link)
        seen = self._tokens.seen(call.link)
        standing = self._at(call.link)
        if seen is not None and seen.ends_at != (standing.expires_at if standing is not None else None):
            await self._soon(self._write(call.link, partial(ending, showed=self._showed(call.link, seen))))
        return response

    async def _shut(self, call: Call, send: Handler, standing: entries.Standing) -> Response:
        if not await self._due(call.link, standing):
            raise refused(call.link, standing)
        return await self._probe(call, send, standing)

    async def _probe(self, call: Call, send: Handler, standing: entries.Standing) -> Response:
        claim = await self._enter(call.link)
        if claim is None:
            raise refused(call.link, standing)
        standing = self._at(call.link) or standing
        probe = 0 if await self._linked_again(call.link, standing) else standing.tries + 1
        change: Change | None = None
        try:
            response = await send(call)
            self._note_good(call.link)
            change = self._well(call.link)
            return response
        except LinkError as error:
            change = self._worse(call.link, error, probe=probe)
            raise
        finally:
            await self._soon(self._leave(call.link, change, claim))

    async def _due(self, link: Link, standing: entries.Standing) -> bool:
        if standing.probe_at is None:
            return False
        return self._clock.now() >= standing.probe_at or await self._linked_again(link, standing)

    async def _linked_again(self, link: Link, standing: entries.Standing) -> bool:
        try:
            return (await self._tokens.find(link)).version > standing.grant_version
        except (LinkError, StateDown):
            return False

    async def _enter(self, link: Link) -> Claim | None:
        """The right to probe; None when another has it, had it just now, or nobody can say."""
        try:
            claim = await self._claims.claim(
                f"probe/{link.environment}/{link.connection}", seconds=CLAIM_SECONDS
            )
            if claim is None:
                return None
            # What this process knows may be older than another's probe.
            standing = await self._directory.change(entries.Standing, place_of(link), lambda now: now)
        except StateDown:
            return None
        if standing is None or standing.state in OPEN or await self._due(link, standing):
            return claim
        await self._claims.release(claim)
        return None

    async def _leave(self, link: Link, change: Change | None, claim: Claim) -> None:
        try:
            if change is not None:
                await self._write(link, change)
        finally:
            await self._claims.release(claim)

    # -- what they show ----------------------------------------------------------------------------------------

    def _note_good(self, link: Link) -> None:
        self._good.put((link.environment, link.connection), self._clock.now())

    def _at(self, link: Link) -> entries.Standing | None:
        """How the connection stands; None while nothing is wrong."""
        return self._registry.standing(link.environment, link.connection)

    def _showed(self, link: Link, seen: Seen) -> Showed:
        return Showed(link, seen, self._clock.now(), self.last_good_at(link.environment, link.connection))

    def _worse(self, link: Link, error: LinkError, *, probe: int | None) -> Change | None:
        seen = self._tokens.seen(link)
        if seen is None or not of_the_whole(error):
            return None
        return partial(worse, showed=self._showed(link, seen), error=error, probe=probe)

    def _well(self, link: Link) -> Change | None:
        seen = self._tokens.seen(link)
        return partial(well, showed=self._showed(link, seen)) if seen is not None else None

    # -- writing -----------------------------------------------------------------------------------------------

    async def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it be done, and wait for it a moment only; it goes on when the caller leaves."""
        task = asyncio.ensure_future(work)
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)
        await asyncio.wait((task,), timeout=NOTE_SECONDS_MAX)

    async def _write(self, link: Link, change: Change) -> None:
        try:
            await self._directory.change(entries.Standing, place_of(link), change)
        except StateDown:
            logger = structlog.get_logger("ledgermesh")
            logger.warning("a connection's state could not be written", connection=link.connection)
