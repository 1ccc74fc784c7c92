"""GraphQL over server-sent events: a stream for each operation ("distinct connections mode").

The protocol: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, aclosing, contextmanager
from typing import Any, Final

import msgspec
from graphql import GraphQLError
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ledgermesh.clock import Clock
from ledgermesh.edge.drain import Drain, Restarting
from ledgermesh.edge.incoming import GRAPHQL_JSON, JSON
from ledgermesh.errors import CallerError
from ledgermesh.graph.present import present, typed
from ledgermesh.graph.question import Answer
from ledgermesh.state.registry import Principal
from ledgermesh.sync.ticking import ticking

EVENTS: Final = "text/event-stream"
STREAMS_MAX: Final = 20
"""Of one key at once, in this process, those on its sockets included."""
BEAT_SECONDS: Final = 15.0
BEAT: Final = b":\n\n"
"""A comment: nobody reads it, and no proxy thinks that the stream has died."""
DONE: Final = b"event: complete\ndata:\n\n"

_ENCODER = msgspec.json.Encoder(decimal_format="number")

Holder = tuple[str, str, str]
"""Tenant, environment and key."""


def holder(who: Principal) -> Holder:
    """Whose count a stream or a socket goes to."""
    return who.tenant.id, who.key.environment, who.key.id


class TooManyStreams(CallerError):
    """This key listens to as many streams as it may."""

    code = "TOO_MANY_STREAMS"
    retryable = True
    remedy = "Close a stream first; one subscription can listen to all companies of a key."
    status = 429


def asked(accept: str | None) -> bool:
    """Whether the caller wants events rather than JSON.

    Clients that can do both name both for queries, and events alone, or with more weight, for subscriptions.
    """
    found: dict[str, float] = {}
    for part in (accept or "").casefold().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        found[name] = float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 0.0
    return found.get(EVENTS, 0.0) > max(found.get(JSON, 0.0), found.get(GRAPHQL_JSON, 0.0))


class Streams:
    """The streams that are open in this process."""

    def __init__(
        self,
        clock: Clock,
        *,
        streams_max: int = STREAMS_MAX,
        beat_seconds: float = BEAT_SECONDS,
        drain: Drain | None = None,
    ) -> None:
        self._clock = clock
        self._drain = drain or Drain()
        self._streams_max = streams_max
        self._beat_seconds = beat_seconds
        self._open: Counter[Holder] = Counter()

    def respond(
        self, answers: AsyncGenerator[Answer, None], who: Principal, *, lasting: bool = True
    ) -> StreamingResponse:
        """The answers as events until there are no more, the caller goes away or the process ends.

        `lasting` is false where they end by themselves: those are waited for. Raises TooManyStreams and Restarting.
        """
        ending = self._drain.ending(lasting=lasting)
        if ending.is_set():
            raise Restarting("the gateway restarts: ask again")
        self._check(who)
        return Streamed(self._events(answers), EVENTS, source=answers, held=self._held(who), ending=ending)

    @contextmanager
    def taking(self, who: Principal) -> Iterator[ExitStack]:
        """Count one stream from now on, until the stack that is given is closed; raises TooManyStreams.

        Whoever takes all of the stack over closes it; else it is closed behind the block.
        """
        self._check(who)
        with ExitStack() as stack:
            stack.enter_context(self._held(who))
            yield stack

    def open(self, who: Principal) -> int:
        """How many streams a key listens to."""
        return self._open[holder(who)]

    def _check(self, who: Principal) -> None:
        if self.open(who) >= self._streams_max:
            raise TooManyStreams(f"this key listens to {self._streams_max} streams already")

    @contextmanager
    def _held(self, who: Principal) -> Iterator[None]:
        mine = holder(who)
        self._open[mine] += 1
        try:
            yield
        finally:
            self._open[mine] -= 1
            if not self._open[mine]:
                del self._open[mine]

    async def _events(self, answers: AsyncGenerator[Answer, None]) -> AsyncGenerator[bytes, None]:
        yield BEAT
        async with aclosing(answers), aclosing(ticking(answers, self._clock, self._beat_seconds)) as ticks:
            async for answer in ticks:
                yield BEAT if answer is None else _next(answer)
        yield DONE


class Streamed(StreamingResponse):
    """A response that ends its source as soon as the caller goes away, also while nothing is sent."""

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        media_type: str,
        *,
        source: AsyncGenerator[Answer, None],
        held: AbstractContextManager[object],
        headers: Mapping[str, str] | None = None,
        ending: asyncio.Event | None = None,
    ) -> None:
        """`source` is what the events are made of; `held` is there for as long as they go out; `ending` is the end of
        the process, which the caller of a stream of events is told.
        """
        # Proxies that gather what they pass on (nginx) are told not to.
        super().__init__(
            events, media_type=media_type, headers={"x-accel-buffering": "no", **(headers or {})}
        )
        self._events = events
        self._source = source
        self._held = held
        self._ending = ending or asyncio.Event()
        self._started = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it."""
        with ExitStack() as held:
            held.enter_context(self._held)
            async with aclosing(self._source):
                await self._serve(receive, send, held, bodiless=scope["method"] == "HEAD")

    async def _serve(self, receive: Receive, send: Send, held: ExitStack, *, bodiless: bool) -> None:
        writing = asyncio.ensure_future(self._write(send, bodiless=bodiless))
        leaving = asyncio.ensure_future(_left(receive))
        ending = asyncio.ensure_future(self._ending.wait())
        tasks: tuple[asyncio.Future[Any], ...] = (writing, leaving, ending)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():  # who went may come again before all of it is cleared away
                held.close()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if not writing.cancelled():
            writing.result()
        elif leaving.cancelled():
            await self._end(send)

    async def _write(self, send: Send, *, bodiless: bool) -> None:
        async with aclosing(self._events) as events:
            await self._start(send)
            async for event in events:
                if bodiless:
                    break
                await send({"type": "http.response.body", "body": event, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _start(self, send: Send) -> None:
        self._started = True
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})

    async def _end(self, send: Send) -> None:
        """Say that the process ends, so that the caller comes again."""
        if not self._started:
            await self._start(send)
        error = Restarting("the gateway restarts: subscribe again")
        last = _next({"errors": [{"message": error.message, "extensions": typed(error)}]})
        await send({"type": "http.response.body", "body": last + DONE, "more_body": False})


async def _left(receive: Receive) -> None:
    """Return when the caller has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _next(answer: Answer) -> bytes:
    return b"event: next\ndata: %s\n\n" % _encoded(answer)


def _encoded(answer: Answer) -> bytes:
    """One line of JSON: it holds no line breaks of its own."""
    try:
        return _ENCODER.encode(answer)
    except (TypeError, ValueError, RecursionError) as error:
        return _ENCODER.encode({"errors": [present(GraphQLError("", original_error=error))]})
