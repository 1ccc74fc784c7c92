"""Messages on their way to one client: one after another, and no more of them than it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from ledgermesh.clock import Clock
from ledgermesh.edge.socket.messages import Close


class Gone(Exception):
    """Nobody is at the other end."""


class Sender:
    """Whoever has something to say waits until what was said before is taken: nothing is kept for a slow reader.

    The server holds at most what fits into its buffer of one connection.
    """

    def __init__(self, socket: WebSocket, clock: Clock) -> None:
        self._socket = socket
        self._clock = clock
        self._turn = asyncio.Lock()
        self._since: float | None = None

    @property
    def stuck_seconds(self) -> float:
        """How long the message that is being sent has been waiting to be taken; 0 where none is."""
        return 0.0 if self._since is None else self._clock.monotonic() - self._since

    async def send(self, message: bytes) -> None:
        """Return when the message is taken; raises Gone."""
        async with self._turn:
            self._since = self._clock.monotonic()
            try:
                await self._socket.send({"type": "websocket.send", "text": message.decode()})
            except (WebSocketDisconnect, WebSocketDisconnected, RuntimeError) as error:
                # A RuntimeError is the server's: it closed the connection for a frame that came meanwhile.
                raise Gone from error
            finally:
                self._since = None

    async def close(self, close: Close, seconds: float) -> None:
        """Say why it ends, if that is taken within so many seconds."""
        await within(self._clock, seconds, self._close(close))

    async def _close(self, close: Close) -> None:
        async with self._turn:
            try:
                await self._socket.close(close.code, close.reason)
            except (WebSocketDisconnect, WebSocketDisconnected, RuntimeError):
                return  # the client was faster


async def within(clock: Clock, seconds: float, doing: Awaitable[None]) -> None:
    """Wait for something, but no longer than so many seconds of this clock."""
    work, sleeping = asyncio.ensure_future(doing), asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((work, sleeping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        work.cancel()
        sleeping.cancel()
        await asyncio.wait((work, sleeping))
