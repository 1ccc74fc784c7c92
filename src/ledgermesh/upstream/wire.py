"""The one way out over HTTP: a request, an answer, and one method between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What goes onto the wire. Prints neither headers nor body, which may hold secrets."""

    method: str
    url: str
    """Absolute, already percent-encoded."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    body_bytes_max: int = 16_000_000
    """Of the answer, after decompression."""

    def __repr__(self) -> str:
        return f"Request(method={self.method!r})"


class Answer(msgspec.Struct, frozen=True):
    """What came back whole, whatever its status. Redirects are answers like any other."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; repeated ones joined by a comma."""
    body: bytes

    def __repr__(self) -> str:
        return f"Answer(status={self.status!r})"


class WireError(Exception):
    """No whole answer came. The message holds no value of the request or the answer."""


class Unreachable(WireError):
    """No connection, or it was lost before an answer began."""


class CutShort(WireError):
    """The answer broke off while it was read."""


class TooBig(WireError):
    """The answer is larger than the request allows; reading stopped there."""


class Unreadable(WireError):
    """What came is not HTTP, or is compressed in a way that cannot be undone."""


class Wire(Protocol):
    """A client of the outside world: no cookies, no redirects, no retries, no deadline of its own."""

    async def send(self, request: Request) -> Answer:
        """The answer, or a WireError. Cancelling it frees what it holds."""
        ...
