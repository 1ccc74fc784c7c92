"""One connection: a request goes out, one answer comes back, and then it may serve the next."""

from __future__ import annotations

import asyncio
import zlib
from typing import Final, Protocol, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from ledgermesh.upstream.http1.head import Message
from ledgermesh.upstream.http1.unpacking import Overflow, Unpacking, unpacking
from ledgermesh.upstream.wire import Answer, CutShort, TooBig, Unreadable, WireError

HEAD_BYTES_MAX: Final = 65_536
"""Of an answer's head, of all that comes before it (1xx), and of what follows its body."""


class Silent(Exception):
    """The connection was lost before anything of an answer came."""


class Owner(Protocol):
    """Who is told of a connection."""

    def made(self, connection: Connection) -> None:
        """It is up."""
        ...

    def freed(self, connection: Connection) -> None:
        """It may be used again."""
        ...

    def gone(self, connection: Connection) -> None:
        """It is closed."""
        ...


class Connection(asyncio.Protocol):
    """Parses with llhttp, strictly. Whatever is not plainly one answer to the one request ends the connection."""

    def __init__(self, owner: Owner) -> None:
        self.since = 0.0
        """When it was put aside, seconds of the loop."""
        self.used = 0
        """How many requests went out on it."""
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._waiter: asyncio.Future[Answer] | None = None
        self._reset()

    def _reset(self) -> None:
        """As it is between two answers: an idle connection holds no books."""
        self._room, self._bodiless = 0, False
        self._spare = HEAD_BYTES_MAX
        self._status = 0
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._unpacking: Unpacking | None = None
        self._headed = self._whole = self._keep = self._begun = self._surplus = False
        self._broken: WireError | None = None

    # -- who uses it -----------------------------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        """Whether something may be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, message: Message) -> asyncio.Future[Answer]:
        """Send this and wait for its answer: a future that ends with it, with a WireError or with Silent.

        Who gives it up has to call `abort` as well.
        """
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.used += 1
        if self._transport is None:
            waiter.set_exception(Silent("closed"))
            return waiter
        self._room, self._bodiless = message.body_bytes_max, message.bodiless
        self._waiter = waiter
        self._transport.write(message.data)
        return waiter

    def abort(self) -> None:
        """Close it now; what was not sent yet is not sent any more."""
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio.Protocol ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See Protocol."""
        self._transport = cast("asyncio.Transport", transport)
        self._owner.made(self)

    def data_received(self, data: bytes) -> None:
        """See Protocol."""
        if self._waiter is None:  # nobody asked for anything: it would be taken for the next answer
            self.abort()
            return
        self._begun = True
        self._spare -= len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._surplus = True
            if not self._whole:
                self._end(self._broken or Unreadable(type(error).__name__))
                return
        if self._whole:
            self._end(None)
        elif self._spare < 0:
            self._end(Unreadable("an endless head"))

    def connection_lost(self, error: Exception | None) -> None:
        """See Protocol."""
        self._transport = None
        if self._waiter is not None:
            self._end(self._lost(error))
        self._owner.gone(self)

    # -- the parser ------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """An answer begins."""
        if self._whole:
            self._surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head, or of the trailer, which nobody needs."""
        if self._headed:
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        headers = self._headers
        headers[key] = f"{headers[key]}, {text}" if key in headers else text

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self._surplus:
            return
        parser, headers = self._parser, self._headers
        if parser.get_http_version() not in ("1.1", "1.0"):
            self._break(Unreadable("another version of HTTP"))
        self._status = parser.get_status_code()
        if self._status < 200:
            self._headers = {}
            return
        self._headed = True
        if self._bodiless:
            self._whole = True
            return
        if "transfer-encoding" in headers and headers["transfer-encoding"].lower() != "chunked":
            self._break(Unreadable("a transfer encoding that was not asked for"))
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self._room:
            self._break(TooBig(f"more than {self._room} bytes"))
        packed = headers.get("content-encoding")
        if packed is not None:
            try:
                self._unpacking = unpacking(packed)
            except ValueError as error:
                self._break(Unreadable(str(error)))

    def on_body(self, part: bytes) -> None:
        """Some of the body."""
        self._spare = HEAD_BYTES_MAX
        if self._whole or self._surplus:
            return
        if self._unpacking is not None:
            part = self._unpacked(self._unpacking, part)
        self._room -= len(part)
        if self._room < 0:
            self._break(TooBig("more than was allowed"))
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """The answer is whole, or one before it (1xx) was."""
        if self._headed:
            self._whole = True
            self._keep = self._parser.should_keep_alive()

    # -- ends ------------------------------------------------------------------------------------------------------

    def _break(self, error: WireError) -> None:
        """Stop parsing."""
        self._broken = error
        raise error

    def _unpacked(self, unpacking: Unpacking, part: bytes) -> bytes:
        try:
            return unpacking.feed(part, self._room)
        except Overflow:
            self._break(TooBig("more than was allowed"))
        except zlib.error as error:
            self._break(Unreadable(type(error).__name__))
        raise AssertionError

    def _lost(self, error: Exception | None) -> WireError | Silent | None:
        """What the end of the connection means; None where it is the end of the answer's body."""
        if not self._begun:
            return Silent(type(error).__name__ if error is not None else "closed")
        known = "content-length" in self._headers or "transfer-encoding" in self._headers
        if self._headed and not known and error is None:
            return None
        return CutShort(type(error).__name__ if error is not None else "closed")

    def _end(self, error: WireError | Silent | None) -> None:
        waiter, self._waiter = self._waiter, None
        if error is None and self._unpacking is not None and not self._unpacking.ended:
            error = CutShort("packed, and not to its end")
        again = error is None and self._reusable()
        if not again:
            self.abort()
        if waiter is not None and not waiter.done():
            if error is None:
                parts = self._parts
                body = parts[0] if len(parts) == 1 else b"".join(parts)
                waiter.set_result(Answer(self._status, self._headers, body))
            else:
                waiter.set_exception(error)
        self._reset()
        if again:
            self._owner.freed(self)

    def _reusable(self) -> bool:
        """Whether nothing of this request or answer is left on the connection."""
        transport = self._transport
        return (
            transport is not None
            and not self._surplus
            and not self._bodiless
            and self._keep
            and transport.get_write_buffer_size() == 0
            and not transport.is_closing()
        )
