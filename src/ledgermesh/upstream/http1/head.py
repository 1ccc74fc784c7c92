"""A request as it goes onto the wire."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ledgermesh.upstream.guard import PORTS, Site
from ledgermesh.upstream.http1.unpacking import CODINGS
from ledgermesh.upstream.wire import Request

BODILESS: Final = ("GET", "HEAD", "OPTIONS", "TRACE")
"""Methods whose requests have no body unless they have one. With any other is said how long it is, also when empty."""
OURS: Final = frozenset(("host", "accept-encoding", "content-length", "transfer-encoding", "connection"))
"""Headers that are this client's business; where a request names them, they are left out."""

ENCODINGS: Final = f"accept-encoding: {CODINGS}"

SAFE: Final = ("GET", "HEAD")
"""What may be sent again when a connection was lost before anything came back; `Call.safe` says the same."""


class Message(Struct, frozen=True):
    """A request in bytes, and what has to be known of it to read the answer."""

    data: bytes
    body_bytes_max: int
    """Of the answer, unpacked."""
    safe: bool = True
    """Whether it may be sent again when nobody knows whether it arrived."""
    bodiless: bool = False
    """Whether the answer has no body whatever its head says, as to HEAD."""


def host_of(site: Site) -> str:
    """Its Host header."""
    return site.host if site.port == PORTS[site.scheme] else f"{site.host}:{site.port}"


def message(request: Request, host: str, target: str) -> Message:
    """The whole request. Raises ValueError where a header holds what would end its line."""
    method, body = request.method, request.body
    lines = [f"{method} {target} HTTP/1.1", f"host: {host}", ENCODINGS]
    for name, value in request.headers:
        if name.lower() not in OURS:
            lines.append(f"{name}: {value}")
    if body is not None or method not in BODILESS:
        lines.append(f"content-length: {len(body or b'')}")
    head = "\r\n".join(lines)
    if head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1 or "\0" in head:
        raise ValueError("a header with a line break")
    data = f"{head}\r\n\r\n".encode()
    return Message(data + body if body else data, request.body_bytes_max, method in SAFE, method == "HEAD")
