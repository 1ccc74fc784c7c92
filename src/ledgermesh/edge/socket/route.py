"""The door: which sockets are opened at all."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

from starlette.websockets import WebSocket

from ledgermesh.edge.cors import of_tenants
from ledgermesh.edge.drain import Restarting
from ledgermesh.edge.socket.connection import Connection
from ledgermesh.edge.socket.messages import SUBPROTOCOL, Close, Code
from ledgermesh.edge.socket.operation import Desk
from ledgermesh.edge.trail import request_id
from ledgermesh.edge.view import refused
from ledgermesh.errors import Forbidden, LedgermeshError

DENIAL: Final = "websocket.http.response"
"""The ASGI extension by which a handshake is refused with an answer of its own."""


class SocketView:
    """The `/graphql` endpoint for WebSockets."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, socket: WebSocket) -> None:
        """Serve one socket until it is closed."""
        with ExitStack() as held:
            try:
                self._check(socket)
                held.enter_context(self._desk.sockets.entered())
            except LedgermeshError as error:
                await _deny(socket, error)
                return
            await self._serve(socket)

    async def _serve(self, socket: WebSocket) -> None:
        if SUBPROTOCOL not in socket.scope["subprotocols"]:
            # As the protocol has it: whoever offers none that is known is told so by the code of the close.
            await socket.accept()
            close = Close(Code.SUBPROTOCOL, "Subprotocol not acceptable")
            await socket.close(close.code, close.reason)
            return
        await socket.accept(SUBPROTOCOL)
        id = socket.scope.get("state", {}).get("request_id") or request_id(socket.headers)
        await Connection(socket, self._desk, id).run()

    def _check(self, socket: WebSocket) -> None:
        """Raise Forbidden for a page that may not open sockets here, Restarting when the process ends.

        A browser opens sockets to anywhere for any page and sends what credentials it has kept, so that the page's
        origin is all that tells a page of ours from a stranger's. What is no browser sends none.
        """
        if self._desk.drain.begun.is_set():
            raise Restarting("the gateway restarts: connect again")
        given = socket.headers.getlist("origin")
        if not given:
            return
        origin = given[0]
        own = origin.partition("://")[2].casefold() == socket.headers.get("host", "").casefold() != ""
        known = own or origin in self._desk.origins or of_tenants(self._desk.who.registry, origin)
        if len(given) > 1 or not known:
            raise Forbidden("pages of this origin may not open sockets here")


async def _deny(socket: WebSocket, error: LedgermeshError) -> None:
    """Refuse the handshake."""
    if DENIAL not in socket.scope.get("extensions", {}):
        await socket.close(Code.TRY_LATER if error.retryable else Code.FORBIDDEN)
        return
    await socket.send_denial_response(refused(error))
