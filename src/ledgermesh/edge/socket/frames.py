"""WebSockets on the wire, as uvicorn speaks them, with bounds that it does not have."""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

CLOSE_SECONDS: Final = 2.0
"""For a client to answer a close frame."""
ABORT_SECONDS: Final = 0.5
"""After that, for what was sent to be taken."""
READ_BYTES: Final = 16_384
"""From the connection at once."""
FRAMES_MAX: Final = 1_000
"""Of one message: empty ones count to no limit in bytes."""
POLICY_VIOLATION: Final = 1008


class Socket(WebSocketsSansIOProtocol):
    """One connection. Nobody keeps it open, or makes it grow, by not reading."""

    _aborting: TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.close_timeout = CLOSE_SECONDS
        if hasattr(transport, "max_size"):
            # All frames that are read at once are parsed at once, and a quarter of a megabyte holds very many.
            transport.max_size = READ_BYTES
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._aborting is not None:
            self._aborting.cancel()
        super().connection_lost(exc)

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            # A transport that is closed still waits until all is taken; whoever reads nothing would keep it for good.
            if not self.disconnected:
                self._aborting = self.loop.call_later(CLOSE_SECONDS + ABORT_SECONDS, self.transport.abort)

    def pause_writing(self) -> None:
        # Every ping is answered at once: whoever reads none of the answers is not listened to either.
        if not self.transport.is_closing():
            self.transport.pause_reading()
        super().pause_writing()

    def resume_writing(self) -> None:
        if not self.read_paused:
            self.transport.resume_reading()
        super().resume_writing()

    async def receive(self) -> Any:
        await self.writable.wait()  # what comes meanwhile stays with who sends it
        return await super().receive()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < FRAMES_MAX:
            super().handle_cont(event)
            return
        self.frames = []
        reason = "a message in too many pieces"
        self.queue.put_nowait({"type": "websocket.disconnect", "code": POLICY_VIOLATION, "reason": reason})
        self.conn.fail(POLICY_VIOLATION, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _utf8(b"".join(self.frames)):
            # uvicorn would fill the log with tracebacks; the application refuses bytes with a reason.
            self.curr_msg_data_type = "bytes"
        super().send_receive_event_to_app()


class LeavingSocket(Socket):
    """One whose application says goodbye by itself when the process is about to end."""

    def shutdown(self) -> None:
        if self.close_sent or not self.handshake_complete:
            super().shutdown()


def _utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
