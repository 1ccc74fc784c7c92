"""HTTP/1.1 on the wire, as uvicorn speaks it, with bounds that it does not have: being slow keeps nothing open.

The rates are as Apache has them (mod_reqtimeout): so many seconds for a body, and more the more of it has come.
"""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, NoReturn

import structlog
from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ledgermesh.edge.pieces import PIECES
from ledgermesh.edge.repeats import LIKE, Like, Repeats
from ledgermesh.edge.trail import SECURITY
from ledgermesh.edge.transport.whole import WholeCycle
from ledgermesh.edge.view import refused
from ledgermesh.errors import BadInput, CallerError

LINGER_SECONDS: Final = 2.0
"""For what was sent last to be taken, once a connection ends; what still comes meanwhile is thrown away."""


class HeadersTooLarge(CallerError):
    """The address and the headers of a request are over what is read of them."""

    code = "HEADERS_TOO_LARGE"
    remedy = "Send fewer or shorter headers; documents and values belong into the body."
    status = 431


class RequestTooSlow(CallerError):
    """A request did not arrive in time."""

    code = "REQUEST_TOO_SLOW"
    retryable = True
    remedy = "Send the request again, all of it at once."
    status = 408


class NotHttp(BadInput):
    """What came is no request, or one that two servers could read in two ways."""

    remedy = "Send a well-formed HTTP/1.1 request."


class WireLimits(Struct, frozen=True, kw_only=True):
    """What one connection may ask of the process before the application sees a request."""

    head_bytes_max: int = 128_000
    """Of the request line and the headers together."""
    headers_max: int = 100
    head_seconds: float = 15.0
    """For the request line and the headers, from the connection's begin or from their own."""
    body_seconds: float = 30.0
    """For the body, and a second more for each `body_bytes_per_second` of it that came."""
    body_bytes_per_second: int = 10_000
    stalled_seconds: float = 30.0
    """For whoever reads an answer to take any more of it."""


class _Phase(Enum):
    """What is awaited of the client."""

    HEAD = "a request, or the rest of its headers"
    BODY = "the rest of its body"
    NOTHING = "nothing: the request is there"


class BoundedHttp(HttpToolsProtocol):
    """One connection."""

    limits = WireLimits()
    repeats: Repeats

    _phase = _Phase.HEAD
    _begun = False
    """Whether anything of the request that is awaited has come."""
    _head_bytes = 0
    _head_headers = 0
    _body_bytes = 0
    _since = 0.0
    """When the timer was set that runs."""
    _timer: TimerHandle | None = None
    _stalled: TimerHandle | None = None
    _wrong: CallerError | None = None
    _answered: RequestResponseCycle | None = None
    _messages = 0
    """Requests that began in what came last."""
    _at_once = False
    """Whether the last one was answered at once, with no cycle of its own."""
    _quiet_until = 0.0
    """So long uvicorn's timer has to wait for the next one."""

    # -- what uvicorn calls --------------------------------------------------------------------------------------

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # a stream's, like every server's
        self._digest = self.repeats.of(self.scheme or "", self.client[0] if self.client else "")
        self._await(_Phase.HEAD)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._unstall()
        super().connection_lost(exc)
        # uvicorn tells the newest request only: of several in a row that is not the one that is being answered.
        _leave(self._answered)

    def data_received(self, data: bytes) -> None:
        if self._wrong is not None:
            return
        waiting = self._phase is _Phase.HEAD and self._begun
        digest = self._digest(data) if self._between() else None
        if digest is not None and self._repeated(digest):
            return
        self._messages = 0
        super().data_received(data)
        if digest is not None and self._messages == 1 and self._phase is _Phase.NOTHING:
            self._learn(digest)
        if self._wrong is not None or self.transport.is_closing():
            return
        if waiting and self._phase is _Phase.HEAD:
            # The parser keeps a header to itself until it is complete: only what it was fed says how long it is.
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.head_bytes_max:
                self._refuse(self._too_large())
                return
        self._watch()

    def handle_websocket_upgrade(self) -> None:
        if self._answered is not None and not self._answered.response_complete:
            self._refuse(NotHttp("a socket was asked for while a request was being answered"))
            return
        self._await(_Phase.NOTHING)
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._wrong or NotHttp("this is no HTTP request that can be read"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await(_Phase.HEAD)
        self._begun, self._at_once = True, False
        self._messages += 1
        self._head_bytes = self._head_headers = 0

    def on_url(self, url: bytes) -> None:
        self._head_bytes += len(url)
        if self._head_bytes > self.limits.head_bytes_max:
            self._refuse_head()
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_headers += 1
        self._head_bytes += len(name) + len(value) + 4
        limits = self.limits
        if self._head_bytes > limits.head_bytes_max or self._head_headers > limits.headers_max:
            self._refuse_head()
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._body_bytes = 0
        self._await(_Phase.BODY)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._await(_Phase.NOTHING)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self._unstall()
        super().resume_writing()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        # uvicorn makes it, and nobody can tell it of which class.
        cycle.__class__ = WholeCycle
        cycle.scope[PIECES] = True
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def timeout_keep_alive_handler(self) -> None:
        left = self._quiet_until - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            self._end()

    # -- what came before, in the same bytes -------------------------------------------------------------------------

    def _between(self) -> bool:
        """Whether a request may begin here, and nothing of it has come yet."""
        idle = self.cycle is None or (self.cycle.response_complete and not self.pipeline)
        return idle and not self._begun and self._phase is not _Phase.BODY

    def _repeated(self, digest: bytes) -> bool:
        """Whether a request was answered at once; it did not get to the parser, which is between two of them."""
        repeat = self.repeats.find(digest)
        if repeat is None or self.flow.write_paused or self.transport.is_closing():
            return False
        if not repeat.answer(
            self.repeats.begin(self.server_state.default_headers), self.transport.writelines
        ):
            self.repeats.forget(digest)
            return False
        self.server_state.total_requests += 1
        self._await(_Phase.NOTHING)
        self._at_once = True
        self._quiet_until = self.loop.time() + self.timeout_keep_alive
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        return True

    def _learn(self, digest: bytes) -> None:
        """The request is there as a whole, and nothing else came with it."""
        cycle: Any = self.cycle
        if not cycle.response_complete:
            cycle.like = cycle.scope[LIKE] = Like(self.repeats, digest)

    # -- who is slow ---------------------------------------------------------------------------------------------

    def _await(self, phase: _Phase) -> None:
        self._phase, self._begun = phase, False
        self._unwatch()

    def _watch(self) -> None:
        """Set the timer of what is awaited, unless it runs."""
        cycle = self._answered
        answered = self._at_once or (cycle is not None and cycle.response_complete and not self.pipeline)
        if self._phase is _Phase.NOTHING and answered and self.timeout_keep_alive_task is None:
            # Empty lines between two requests stop uvicorn's timer and begin nothing.
            self._phase = _Phase.HEAD
        if self._timer is not None or self._phase is _Phase.NOTHING:
            return
        self._since = self.loop.time()
        limits = self.limits
        seconds = limits.head_seconds if self._phase is _Phase.HEAD else limits.body_seconds
        self._timer = self.loop.call_later(seconds, self._late)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        """The time is over, unless so much came that there is more of it, or we are the ones who do not read."""
        self._timer = None
        limits = self.limits
        due = self._since
        if self._phase is _Phase.BODY:
            due += limits.body_seconds + self._body_bytes / limits.body_bytes_per_second
        left = limits.body_seconds if self.flow.read_paused else due - self.loop.time()
        if left > 0:
            self._timer = self.loop.call_later(left, self._late)
            return
        if self._begun or self._phase is _Phase.BODY:
            self._refuse(RequestTooSlow("the request did not arrive in time"))
        else:
            self._end()

    def _stall(self, before: int) -> None:
        """Give the connection up when nobody has taken anything of what is being sent."""

        def look() -> None:
            left = self.transport.get_write_buffer_size()
            if left >= before:
                self.transport.abort()
            else:
                self._stall(left)

        self._unstall()
        self._stalled = self.loop.call_later(self.limits.stalled_seconds, look)

    def _unstall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    # -- who is refused ------------------------------------------------------------------------------------------

    def _refuse_head(self) -> NoReturn:
        """Raises HeadersTooLarge, on which the parser stops and `send_400_response` is called."""
        self._wrong = self._too_large()
        raise self._wrong

    def _too_large(self) -> HeadersTooLarge:
        limits = self.limits
        return HeadersTooLarge(
            f"the address and headers are over {limits.head_bytes_max} bytes or {limits.headers_max} headers"
        )

    def _refuse(self, error: CallerError) -> None:
        """Answer, unless another answer is on its way, and hang up."""
        self._wrong = error
        self._await(_Phase.NOTHING)
        host = self.client[0] if self.client else None
        structlog.get_logger("ledgermesh.edge").info(
            "request refused on the wire", status=error.status, code=error.code, client=host
        )
        cycle = self._answered
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(_bytes(error))
        _leave(cycle)
        self._end()

    def _end(self) -> None:
        """Hang up. Closed while something still comes, the connection would be reset and our last word lost; and
        whoever takes nothing of it keeps nothing open by that.
        """
        if self.transport.is_closing():
            return
        if self._wrong is not None and self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def _leave(cycle: RequestResponseCycle | None) -> None:
    """Have the application learn that nobody waits any more; its own answer goes nowhere."""
    if cycle is not None and not cycle.response_complete:
        cycle.disconnected = True
        cycle.message_event.set()


def bounded(limits: WireLimits) -> type[BoundedHttp]:
    """Connections with these limits."""

    class Bounded(BoundedHttp):
        """One of them."""

    Bounded.limits, Bounded.repeats = limits, Repeats()
    return Bounded


def _bytes(error: CallerError) -> bytes:
    """The refusal as it stands on the wire."""
    response = refused(error)
    headers = {**SECURITY, **dict(response.headers), "connection": "close"}
    lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + bytes(response.body)
