"""The connections to one site: kept alive for whoever comes next, and never more than so many."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from ledgermesh.upstream.guard import Barred
from ledgermesh.upstream.http1.connection import Connection, Silent
from ledgermesh.upstream.http1.dialing import Dialer
from ledgermesh.upstream.http1.head import Message
from ledgermesh.upstream.wire import Answer, Unreachable

CONNECTIONS_MAX: Final = 300
IDLE_SECONDS: Final = 15.0
"""How long a connection is kept for the next request."""


class Pool:
    """The newest connection goes first, so that what a rush has opened ends soon after it."""

    def __init__(
        self,
        dialer: Dialer,
        emptied: Callable[[], None],
        *,
        connections_max: int = CONNECTIONS_MAX,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """`emptied` is told when nobody uses it and no connection is left."""
        self._dialer, self._emptied = dialer, emptied
        self._most, self._idle_seconds = connections_max, idle_seconds
        self._loop = asyncio.get_running_loop()
        self._users = self._dialing = 0
        self._all: set[Connection] = set()
        self._idle: list[Connection] = []
        """Longest idle first."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._sweeping: asyncio.TimerHandle | None = None
        self._ended: asyncio.Future[None] | None = None
        """Done when the last connection is gone; there from the moment on in which it closes."""

    async def send(self, message: Message) -> Answer:
        """Send this and read the answer. Raises WireError, and Barred where no address may be reached.

        A server may close an idle connection in the moment in which a request leaves. A safe one is then sent once
        more, on a new connection; of any other nobody could say whether it had an effect.
        """
        self._users += 1
        try:
            connection = self._known() or await self._take()
            while True:
                answer = connection.ask(message)
                try:
                    return await answer
                except asyncio.CancelledError:
                    if answer.cancelled():
                        connection.abort()
                    raise
                except Silent as error:
                    if not message.safe or connection.used == 1:
                        raise Unreachable(str(error)) from error
                connection = await self._take(new=True)
        finally:
            self._users -= 1
            if not self._all:
                self._look_if_empty()

    async def close(self) -> None:
        """End all connections, whoever uses them."""
        self._ended = self._loop.create_future()
        while self._waiting:
            self._next()
        for connection in tuple(self._all):
            connection.abort()
        if self._all:
            await self._ended
        if self._sweeping is not None:
            self._sweeping.cancel()

    # -- connections -----------------------------------------------------------------------------------------------

    async def _take(self, *, new: bool = False) -> Connection:
        """An idle one, or a new one, after waiting for a turn where there are too many."""
        waited = False
        while self._ended is None:
            connection = None if new else self._known()
            if connection is not None:
                return connection
            if len(self._all) + self._dialing < self._most:
                return await self._dialed()
            if self._idle:
                self._idle.pop(0).abort()
            await self._turn(first=waited)
            waited = True
        raise Unreachable("closed")

    def _known(self) -> Connection | None:
        """The newest idle one that is still open."""
        while self._idle and self._ended is None:
            connection = self._idle.pop()
            if connection.open:
                return connection
        return None

    async def _dialed(self) -> Connection:
        self._dialing += 1
        try:
            return await self._dialer.dial(partial(Connection, self))
        except Barred:
            raise
        except OSError as error:
            raise Unreachable(_name(error)) from error
        finally:
            self._dialing -= 1
            self._next()

    async def _turn(self, *, first: bool) -> None:
        """Until a connection is free or gone; first of all those who wait where another was faster."""
        turn: asyncio.Future[None] = self._loop.create_future()
        if first:
            self._waiting.appendleft(turn)
        else:
            self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    # -- what connections tell -------------------------------------------------------------------------------------

    def made(self, connection: Connection) -> None:
        """It is up."""
        self._all.add(connection)
        if self._ended is not None:
            connection.abort()

    def freed(self, connection: Connection) -> None:
        """It may be used again."""
        connection.since = self._loop.time()
        self._idle.append(connection)
        if self._waiting:
            self._next()
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(self._idle_seconds, self._sweep)

    def gone(self, connection: Connection) -> None:
        """It is closed."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._next()
        if self._ended is not None and not self._all and not self._ended.done():
            self._ended.set_result(None)
        self._look_if_empty()

    def _sweep(self) -> None:
        """Close what was idle for too long; look again when the next one will have been."""
        now = self._loop.time()
        old = [each for each in self._idle if now - each.since >= self._idle_seconds]
        self._idle = self._idle[len(old) :]
        for connection in old:
            connection.abort()
        self._sweeping = None
        if self._idle:
            later = self._idle[0].since + self._idle_seconds
            self._sweeping = self._loop.call_at(later, self._sweep)

    def _look_if_empty(self) -> None:
        if self._users or self._all:
            return
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        self._emptied()


def _name(error: OSError) -> str:
    """What went wrong, without any address."""
    return "CertificateError" if isinstance(error, ssl.SSLCertVerificationError) else type(error).__name__
