"""Answer from bytes that came a short while ago, when the caller takes them that old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from cachetools import TTLCache

from ledgermesh.clock import Clock
from ledgermesh.upstream.call import Call, Handler, Response
from ledgermesh.upstream.decode import decode
from ledgermesh.upstream.trace import answered, begin

BYTES_MAX = 64_000_000
KEPT_SECONDS = 300.0
ENTRY_BYTES = 2_000
"""What an entry costs beside its texts and its body: key, headers, links of the cache; measured at 1,850."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept answer: bytes, never rows."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    fetched_at: dt.datetime
    kept_at: float
    """Monotonic seconds."""
    size: int

    def response(self) -> Response:
        """The answer as if it came now, read anew; it still says when it was fetched."""
        return Response(self.status, self.headers, self.body, decode(self.body), self.fetched_at)


class Cache:
    """Keeps good answers to GET for 300 s, bounded in bytes; gives one only to a caller who takes its age.

    The key begins with tenant, environment, connection and generation: nobody meets another tenant's books here,
    and a write leaves every older answer behind.
    """

    def __init__(self, clock: Clock, bytes_max: int = BYTES_MAX) -> None:
        self._clock = clock
        self._entries: TTLCache[tuple[object, ...], Entry] = TTLCache(
            maxsize=bytes_max, ttl=KEPT_SECONDS, timer=clock.monotonic, getsizeof=lambda entry: entry.size
        )

    @property
    def bytes_kept(self) -> int:
        """How much is kept now, overhead included."""
        return int(self._entries.currsize)

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        if call.method != "GET":
            return await send(call)
        key = call.key
        entry = self._find(call, key)
        if entry is None:
            response = await send(call)
            if call.keep:
                self._keep(key, call, response)
            return response
        response = entry.response()
        answered(begin(call, self._clock, "HIT"), call, self._clock, response)
        return response

    def _find(self, call: Call, key: tuple[object, ...]) -> Entry | None:
        self._entries.expire()
        if call.fresh.no_cache or call.fresh.max_age_seconds <= 0:
            return None
        entry = self._entries.get(key)
        if entry is None or self._clock.monotonic() - entry.kept_at > call.fresh.max_age_seconds:
            return None
        return entry

    def _keep(self, key: tuple[object, ...], call: Call, response: Response) -> None:
        known = self._entries.get(key)
        if known is not None and (known.body is response.body or known.fetched_at > response.fetched_at):
            return
        size = ENTRY_BYTES + len(response.body) + _text_bytes(call, response)
        if size > self._entries.maxsize:
            return
        self._entries[key] = Entry(
            response.status,
            response.headers,
            response.body,
            response.fetched_at,
            self._clock.monotonic(),
            size,
        )


def _text_bytes(call: Call, response: Response) -> int:
    pairs = (*call.query, *call.headers, *response.headers.items())
    return len(call.path) + sum(len(name) + len(value) for name, value in pairs)
