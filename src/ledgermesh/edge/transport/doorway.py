"""Who is let in at all: names that we are reached under, and credentials that nobody on the way could read."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledgermesh.edge.transport.addresses import loopback
from ledgermesh.edge.transport.values import Transport
from ledgermesh.edge.view import refused
from ledgermesh.errors import CallerError, LedgermeshError

SECRETS: Final = frozenset((b"authorization", b"x-provider-token", b"proxy-authorization"))
"""Headers that hold credentials."""
FORMS: Final = "/connect/"
"""Below this people type passwords of their accounts at providers."""
PROBES: Final = frozenset(("/healthz", "/readyz", "/metrics"))
"""Asked by address, by whoever watches the process."""
SECURE: Final = frozenset(("https", "wss"))
POLICY_VIOLATION: Final = 1008
HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")


class HttpsRequired(CallerError):
    """Credentials came from another machine over plain http, where everybody on the way can read them."""

    code = "HTTPS_REQUIRED"
    remedy = "Ask over https, and replace the credentials that were sent."
    status = 403


class WrongHost(CallerError):
    """The request is for a host that is not served here."""

    code = "HOST_NOT_SERVED"
    remedy = "Ask under the gateway's own name; the operator lists its names in `server.hosts`."
    status = 421


class Doorway:
    """ASGI middleware around everything that is served."""

    def __init__(self, app: ASGIApp, *, transport: Transport) -> None:
        self._app = app
        self._transport = transport

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            return self._app(scope, receive, send)
        error = self._wrong(scope)
        sending = self._strict(send) if scope["scheme"] in SECURE else send
        if error is None:
            return self._app(scope, receive, sending)
        if scope["type"] == "http":
            return refused(error)(scope, receive, sending)
        return _closed(receive, send, error)

    def _wrong(self, scope: Scope) -> LedgermeshError | None:
        if self._transport.hosts and scope["path"] not in PROBES and not self._served(scope):
            return WrongHost("this host is not served here")
        if self._readable(scope) and _secret(scope):
            return HttpsRequired("credentials were sent over plain http; they were not looked at")
        return None

    def _served(self, scope: Scope) -> bool:
        hosts, given = self._transport.hosts, Headers(scope=scope).getlist("host")
        found = HOST.fullmatch(given[0]) if len(given) == 1 else None
        if found is None:
            return False
        name = found[1].casefold().rstrip(".")
        return loopback(name) or any(_named(name, host) for host in hosts)

    def _readable(self, scope: Scope) -> bool:
        """Whether it came over plain http from another machine."""
        if self._transport.plain_http or scope["scheme"] in SECURE:
            return False
        client = scope.get("client")
        return client is not None and not loopback(client[0])

    def _strict(self, send: Send) -> Send:
        def sending(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start" and self._transport.hsts_seconds:
                headers = MutableHeaders(scope=message)
                headers["strict-transport-security"] = f"max-age={self._transport.hsts_seconds}"
            return send(message)

        return sending


async def _closed(receive: Receive, send: Send, error: LedgermeshError) -> None:
    """Close a socket before it is opened."""
    await receive()
    await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": error.code})


def _named(name: str, host: str) -> bool:
    return name.endswith(host[1:]) and name != host[2:] if host.startswith("*.") else name == host


def _secret(scope: Scope) -> bool:
    """Whether the request holds credentials. A socket's come later, in its first message."""
    if scope["type"] == "websocket" or scope["path"].startswith(FORMS):
        return True
    return any(name in SECRETS for name, _ in scope["headers"])
