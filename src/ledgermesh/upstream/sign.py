"""Add what lets the connection in."""

from __future__ import annotations

from dataclasses import replace

from ledgermesh.errors import Reconnect
from ledgermesh.upstream.call import Call, Handler, Response
from ledgermesh.upstream.schemes import auth_of, header
from ledgermesh.upstream.tokens import StaleGrant, Tokens


class Sign:
    """One header by the grant's scheme. Says which version of the grant was refused, so that it is renewed once."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        grant = await self._tokens.ready(call)
        signature = header(call.link, auth_of(call.link, grant), grant)
        try:
            return await send(replace(call, signature=(signature,)))
        except Reconnect as error:
            raise StaleGrant(error.message, details=error.details, version=grant.version) from error
