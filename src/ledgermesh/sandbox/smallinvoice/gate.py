"""The outermost layer: counts the call, and puts the seven headers on every answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledgermesh.sandbox.smallinvoice.answers import refusal
from ledgermesh.sandbox.smallinvoice.errors import OFFLINE, TOO_MANY
from ledgermesh.sandbox.smallinvoice.ids import Mint
from ledgermesh.sandbox.smallinvoice.limiter import Allowance, Limiter
from ledgermesh.sandbox.smallinvoice.switches import Switches


class Gate:
    """Starlette middleware around the whole API."""

    def __init__(
        self, app: ASGIApp, limiter: Limiter, mint: Mint, switches: Switches, bucket: Callable[[Scope], str]
    ) -> None:
        self._app = app
        self._limiter = limiter
        self._mint = mint
        self._switches = switches
        self._bucket = bucket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        allowance = self._limiter.spend(self._bucket(scope))
        headed = self._headed(scope, allowance, send)
        if not allowance.granted:
            await refusal(TOO_MANY)(scope, receive, headed)
        elif self._switches.offline:
            await refusal(OFFLINE)(scope, receive, headed)
        else:
            await self._app(scope, receive, headed)

    def _headed(self, scope: Scope, allowance: Allowance, send: Send) -> Send:
        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._head(MutableHeaders(scope=message), scope, allowance)
            await send(message)

        return headed

    def _head(self, headers: MutableHeaders, scope: Scope, allowance: Allowance) -> None:
        methods = getattr(scope.get("endpoint"), "methods", ("GET",))
        headers["X-Rate-Limit-Limit"] = str(allowance.limit)
        headers["X-Rate-Limit-Remaining"] = str(allowance.remaining)
        headers["X-Rate-Limit-Reset"] = str(allowance.reset_seconds)
        headers["X-Request-Id"] = str(uuid.UUID(bytes=self._mint.raw(16), version=4))
        headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Allow-Headers"] = (
            "X-Requested-With, Content-Type, Accept, Origin, Authorization"
        )
