"""Who really asks, where a proxy asks for them: believed of proxies that the operator trusts, and of nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from ledgermesh.edge.transport.addresses import Address, Network, address

SCHEMES: Final = {"http": {"http": "http", "https": "https"}, "websocket": {"http": "ws", "https": "wss"}}
"""What a proxy says → what the server would have said."""
CHARACTERS_MAX: Final = 2_000
HOPS_MAX: Final = 50

Headers = Sequence[tuple[bytes, bytes]]


class Forwarded:
    """ASGI middleware before all others: they see the caller's own address, scheme and host."""

    def __init__(self, app: ASGIApp, *, proxies: tuple[Network, ...] = ()) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] in SCHEMES and self._proxies and self._trusted(scope.get("client")):
            scope = self._seen(scope)
        await self._app(scope, receive, send)

    def _trusted(self, client: tuple[str, int] | None) -> bool:
        found = address(client[0]) if client is not None else None
        return found is not None and self._one_of(found)

    def _one_of(self, found: Address) -> bool:
        return any(found in each for each in self._proxies if each.version == found.version)

    def _seen(self, scope: Scope) -> Scope:
        headers: Headers = scope["headers"]
        seen = dict(scope)
        if (caller := self._caller(_said(headers, b"x-forwarded-for"))) is not None:
            seen["client"] = (str(caller), 0)
        schemes = _said(headers, b"x-forwarded-proto")
        if schemes and schemes[-1].casefold() in SCHEMES[scope["type"]]:
            seen["scheme"] = SCHEMES[scope["type"]][schemes[-1].casefold()]
        if hosts := _said(headers, b"x-forwarded-host"):
            others = [(name, value) for name, value in headers if name != b"host"]
            seen["headers"] = [*others, (b"host", hosts[-1].encode("latin-1"))]
        return seen

    def _caller(self, hops: Sequence[str]) -> Address | None:
        """The last one that is no proxy of ours: what stands before it, anybody may have written."""
        found = None
        for hop in reversed(hops):
            found = address(hop)
            if found is None or not self._one_of(found):
                return found
        return found


def _said(headers: Headers, name: bytes) -> list[str]:
    """The values of a list header, in the order in which proxies added them; the last is by the one we trust."""
    text = ",".join(value.decode("latin-1") for key, value in headers if key == name)
    words = [word.strip() for word in text[-CHARACTERS_MAX:].split(",")]
    return [word for word in words if word][-HOPS_MAX:]
