"""An answer that is there as a whole goes to the socket in one write, its head and its body together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HEADER_RE, STATUS_LINE, RequestResponseCycle

from ledgermesh.edge.pieces import LONG_BYTES, PIECES, together
from ledgermesh.edge.repeats import Like

BODY_BYTES_MAX: Final = 256_000
"""A longer body that is one piece is written behind its head: some event loops copy what they send together."""
OTHERS: Final = frozenset((b"connection", b"transfer-encoding"))
"""Headers that say how the body is sent: uvicorn sees to them."""
NAMES: Final = frozenset(
    (
        b"age", b"cache-control", b"content-encoding", b"content-length", b"content-security-policy",
        b"content-type", b"cross-origin-opener-policy", b"date", b"ratelimit-limit", b"ratelimit-remaining",
        b"ratelimit-reset", b"referrer-policy", b"strict-transport-security", b"vary", b"x-content-type-options",
        b"x-cost", b"x-frame-options", b"x-request-id",
    )
)  # fmt: skip
"""Names that are known to be names."""

Headers = Iterable[tuple[bytes, bytes]]
_NAME: Final = itemgetter(0)


class WholeCycle(RequestResponseCycle):
    """One request and its answer."""

    _head: Any = None
    """The message that begins an answer of known length, until its body comes."""
    like: Like | None = None
    """Learns how the request was answered, where its bytes may come again."""

    async def send(self, message: Any) -> None:
        """See ASGI. Whatever is not plain is left to uvicorn, which refuses what is wrong."""
        if message["type"] == "http.response.start":
            if not self.response_started and _length(message.get("headers", ())) is not None:
                self._head = message
                return
        elif self._head is not None:
            head, self._head = self._head, None
            if self._sent(head, message):
                return
            await super().send(head)
        await super().send(together(message))

    def _sent(self, head: Any, message: Any) -> bool:
        """Whether both went out."""
        body, headers = message.get("body", b""), head.get("headers", ())
        before = message.get(PIECES, ())
        size = len(body) + sum(map(len, before))
        if (
            message["type"] != "http.response.body"
            or message.get("more_body", False)
            or len(body) > BODY_BYTES_MAX
            or _length(headers) != b"%d" % size
            or self.flow.write_paused
            or self.disconnected
            or self.access_log
            or self.scope["method"] == "HEAD"
        ):
            return False
        written = _written(head["status"], chain(self.default_headers, headers), keep_alive=self.keep_alive)
        if written is None:
            return False
        self.response_started, self.waiting_for_100_continue = True, False
        self.chunked_encoding, self.expected_content_length = False, 0
        out = written, *before, body
        if size < LONG_BYTES:
            self.transport.write(b"".join(out))
        else:
            self.transport.writelines(out)
        if self.like is not None and self.keep_alive:
            self.like.answered(head["status"], headers, self.scope["headers"])
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True


def _length(headers: Headers) -> bytes | None:
    for name, value in headers:
        if name == b"content-length":
            return value
    return None


def _written(status: int, headers: Headers, *, keep_alive: bool) -> bytes | None:
    """The head as it stands on the wire; None for one that is not plain."""
    if status not in STATUS_LINE:
        return None
    pairs = [*headers]
    if not NAMES.issuperset(map(_NAME, pairs)) and not all(map(_plain, map(_NAME, pairs))):
        return None
    lines = [*map(b": ".join, pairs)]
    if not b"".join(lines).decode("latin-1").isprintable():
        return None
    if not keep_alive:
        lines.append(b"connection: close")
    return STATUS_LINE[status] + b"\r\n".join(lines) + b"\r\n\r\n"


def _plain(name: bytes) -> bool:
    """Whether it names a header, and none that uvicorn sees to."""
    return name in NAMES or (name not in OTHERS and name.islower() and HEADER_RE.search(name) is None)
