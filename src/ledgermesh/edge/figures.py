"""The page of figures, and who may read it."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.edge.auth import given
from ledgermesh.edge.view import refused
from ledgermesh.errors import Forbidden, SignIn
from ledgermesh.state.base import Secret

FORWARDED: Final = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)
"""A request with one of these came through a proxy, for somebody who may be anywhere."""

Render = Callable[[str | None], Awaitable[tuple[bytes, str]]]
"""Gives the page and its media type to who sends this Accept header."""


class NotFromThere(Forbidden):
    """Figures tell of the traffic, so they are not for everybody."""

    remedy = "Ask from the machine itself, or set telemetry.metrics_token and send it: Authorization: Bearer <token>."


class Readers(Struct, frozen=True, kw_only=True):
    """Who may read the figures: whoever has the token, and those who are trusted without."""

    loopback: bool = True
    """Whoever asks from this machine, and not through a proxy."""
    everybody: bool = False
    token: Secret | None = None

    def check(self, request: Request) -> None:
        """Raise SignIn or NotFromThere for a stranger."""
        if self.everybody or self._knows(request.headers.get("authorization")):
            return
        if self.loopback and from_here(request):
            return
        if self.token is not None:
            raise SignIn("the figures need their token: send Authorization: Bearer <token>")
        raise NotFromThere("the figures are for this machine alone")

    def _knows(self, authorization: str | None) -> bool:
        if self.token is None or not authorization:
            return False
        try:
            found = given(authorization)
        except SignIn:
            return False
        return hmac.compare_digest(found.encode(), self.token.reveal().encode())


def from_here(request: Request) -> bool:
    """Whether a request comes from this machine, as far as it says.

    A proxy on this machine is a peer on this machine: where it says nothing of whom it asks for, it has to keep
    `/metrics` to itself.
    """
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        found = ip_address(request.client.host)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


def figures(render: Render, readers: Readers) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint."""

    async def answer(request: Request) -> Response:
        try:
            readers.check(request)
        except (SignIn, Forbidden) as error:
            return refused(error)
        content, media = await render(request.headers.get("accept"))
        return Response(content, headers={"content-type": media, "cache-control": "no-store"})

    return answer
