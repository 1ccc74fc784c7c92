"""GraphQL over server-sent events: a stream for each operation ("distinct connections mode").

The protocol: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import msgspec
from graphql import GraphQLError
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ledgermesh.clock import Clock
from ledgermesh.edge.incoming import GRAPHQL_JSON, JSON
from ledgermesh.errors import CallerError
from ledgermesh.graph.present import present
from ledgermesh.graph.question import Answer
from ledgermesh.state.registry import Principal
from ledgermesh.sync.ticking import ticking

EVENTS: Final = "text/event-stream"
STREAMS_MAX: Final = 20
"""Of one key at once, in this process."""
BEAT_SECONDS: Final = 15.0
BEAT: Final = b":\n\n"
"""A comment: nobody reads it, and no proxy thinks that the stream has died."""
DONE: Final = b"event: complete\ndata:\n\n"

_ENCODER = msgspec.json.Encoder(decimal_format="number")

Holder = tuple[str, str, str]
"""Tenant, environment and key."""


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
        self, clock: Clock, *, streams_max: int = STREAMS_MAX, beat_seconds: float = BEAT_SECONDS
    ) -> None:
        self._clock = clock
        self._streams_max = streams_max
        self._beat_seconds = beat_seconds
        self._open: Counter[Holder] = Counter()

    def respond(self, answers: AsyncGenerator[Answer, None], who: Principal) -> StreamingResponse:
        """The answers as events until there are no more, or the caller goes away; raises TooManyStreams."""
        holder = who.tenant.id, who.key.environment, who.key.id
        if self._open[holder] >= self._streams_max:
            raise TooManyStreams(f"this key listens to {self._streams_max} streams already")
        return _Events(self._events(answers), holder, self._open)

    def open(self, who: Principal) -> int:
        """How many streams a key listens to."""
        return self._open[who.tenant.id, who.key.environment, who.key.id]

    async def _events(self, answers: AsyncGenerator[Answer, None]) -> AsyncGenerator[bytes, None]:
        yield BEAT
        async with aclosing(answers), aclosing(ticking(answers, self._clock, self._beat_seconds)) as ticks:
            async for answer in ticks:
                yield BEAT if answer is None else b"event: next\ndata: %s\n\n" % _encoded(answer)
        yield DONE


class _Events(StreamingResponse):
    """A response that ends its source as soon as the caller goes away, also while nothing is sent."""

    def __init__(self, events: AsyncGenerator[bytes, None], holder: Holder, counted: Counter[Holder]) -> None:
        # Proxies that gather what they pass on (nginx) are told not to.
        super().__init__(events, media_type=EVENTS, headers={"x-accel-buffering": "no"})
        self._events = events
        self._holder = holder
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it."""
        self._counted[self._holder] += 1
        try:
            await self._serve(receive, send, bodiless=scope["method"] == "HEAD")
        finally:
            self._counted[self._holder] -= 1
            if not self._counted[self._holder]:
                del self._counted[self._holder]

    async def _serve(self, receive: Receive, send: Send, *, bodiless: bool) -> None:
        writing = asyncio.ensure_future(self._write(send, bodiless=bodiless))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((writing, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, leaving):
                task.cancel()
            await asyncio.wait((writing, leaving))
        if not writing.cancelled():
            writing.result()

    async def _write(self, send: Send, *, bodiless: bool) -> None:
        async with aclosing(self._events) as events:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for event in events:
                if bodiless:
                    break
                await send({"type": "http.response.body", "body": event, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    """Return when the caller has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _encoded(answer: Answer) -> bytes:
    """One line of JSON: it holds no line breaks of its own."""
    try:
        return _ENCODER.encode(answer)
    except (TypeError, ValueError, RecursionError) as error:
        return _ENCODER.encode({"errors": [present(GraphQLError("", original_error=error))]})
