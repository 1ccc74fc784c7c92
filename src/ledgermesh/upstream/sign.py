"""Add what lets the connection in."""

from __future__ import annotations

from ledgermesh.errors import Reconnect
from ledgermesh.state.base import Secret
from ledgermesh.upstream.call import Call, Handler, Response
from ledgermesh.upstream.schemes import header, own_header
from ledgermesh.upstream.tokens import StaleGrant, Tokens


class Sign:
    """One header by the grant's scheme. Says which grant was refused, so that it is renewed once.

    A caller's own token goes in the grant's place: the grant is neither read nor renewed then.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        if call.link.token is not None:
            return await self._with_own(call, call.link.token, send)
        read = await self._tokens.ready(call)
        signature = read.signature or header(call.link, read.auth, read.grant)
        try:
            return await send(call.but(signature=(signature,)))
        except Reconnect as error:
            raise StaleGrant(error.message, used=read.grant, details=error.details) from error

    async def _with_own(self, call: Call, token: Secret, send: Handler) -> Response:
        signature = own_header(call.link, token)
        try:
            return await send(call.but(signature=(signature,)))
        except Reconnect as error:
            title = call.link.provider.title
            raise Reconnect(
                f"{title} does not accept the token that came with the request.", details=error.details
            ) from error
