"""Answer from bytes that came a short while ago, when the caller takes them that old, or the provider gives none."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Mapping

from cachetools import TTLCache
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.errors import Garbled, LinkError, SlowDown, TooLate, Unavailable, UpstreamError
from ledgermesh.slices import Slices
from ledgermesh.spec.shapes import Shape
from ledgermesh.upstream.call import Call, Handler, Response
from ledgermesh.upstream.pieces import decode_sliced
from ledgermesh.upstream.trace import Came, answered, begin

BYTES_MAX = 64_000_000
KEPT_SECONDS = 300.0
"""Also the most that a caller's stale-if-error allows."""
REFUSED_MAX = 10_000
FAILURES: tuple[type[UpstreamError], ...] = (Unavailable, Garbled, TooLate, SlowDown)
"""After which an older answer may be given: the provider fails, or cannot be asked. Any other error is its answer, or
says that the connection or we ourselves are not in order."""
CONNECTION_WORDS = 3
"""Of a call's key: tenant, environment, connection."""
ENTRY_BYTES = 2_000
"""What an entry costs beside its texts and its body: key, headers, links of the cache; measured at 1,850."""


class Entry(Struct, frozen=True):
    """A kept answer: bytes, never rows."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: dt.datetime
    kept_at: float
    """Monotonic seconds."""
    size: int

    def __repr__(self) -> str:
        return f"Entry(size={self.size!r})"

    async def response(
        self, slices: Slices, instead: UpstreamError | None = None, shape: Shape | None = None
    ) -> Response:
        """The answer as if it came now, read anew; it still says when it was fetched, and why it stands in."""
        document = await decode_sliced(self.body, slices, shape=shape)
        return Response(self.status, self.headers, self.body, document, self.fetched_at, instead)


class Entries:
    """Kept answers, none longer than 300 s, in so many bytes; the longest unused goes first."""

    def __init__(self, bytes_max: int) -> None:
        self.size = 0
        """Bytes that are kept now, overhead included."""
        self._bytes_max = bytes_max
        self._kept: OrderedDict[tuple[object, ...], Entry] = OrderedDict()
        """The longest unused first."""
        self._ages: OrderedDict[tuple[object, ...], float] = OrderedDict()
        """When each was kept, the oldest first."""

    def get(self, key: tuple[object, ...]) -> Entry | None:
        """What is kept there, which counts as a use of it."""
        entry = self._kept.get(key)
        if entry is not None:
            self._kept.move_to_end(key)
        return entry

    def put(self, key: tuple[object, ...], entry: Entry) -> None:
        """Keep this there, unless it is larger than all the room."""
        if entry.size > self._bytes_max:
            return
        self._drop(key)
        while self.size + entry.size > self._bytes_max:
            self._drop(next(iter(self._kept)))
        self._kept[key] = entry
        self._ages[key] = entry.kept_at
        self.size += entry.size

    def expire(self, now: float) -> None:
        """Forget what is over, in monotonic seconds."""
        while self._ages:
            key = next(iter(self._ages))
            if now < self._ages[key] + KEPT_SECONDS:
                return
            self._drop(key)

    def _drop(self, key: tuple[object, ...]) -> None:
        entry = self._kept.pop(key, None)
        if entry is not None:
            self.size -= entry.size
            del self._ages[key]


class Cache:
    """Keeps good answers to GET for 300 s, bounded in bytes; gives one only to a caller who takes its age.

    The key begins with tenant, environment, connection and generation: nobody meets another tenant's books here,
    and a write leaves every older answer behind. A caller who says how old an answer may be when the provider fails
    (stale-if-error) gets the error's place filled, unless the connection was refused since the answer was kept.
    """

    def __init__(self, clock: Clock, bytes_max: int = BYTES_MAX, slices: Slices | None = None) -> None:
        self._clock = clock
        self._slices = slices or Slices(clock.monotonic)
        self._entries = Entries(bytes_max)
        self._refused: TTLCache[tuple[object, ...], float] = TTLCache(
            maxsize=REFUSED_MAX, ttl=KEPT_SECONDS, timer=clock.monotonic
        )
        """When each connection's credentials were last not accepted."""

    @property
    def bytes_kept(self) -> int:
        """How much is kept now, overhead included."""
        return self._entries.size

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        if call.method != "GET":
            return await send(call)
        key = call.key
        entry = self._find(call, key)
        if entry is not None:
            return await self._told("HIT", call, entry)
        try:
            response = await send(call)
        except LinkError:
            self._refused[key[:CONNECTION_WORDS]] = self._clock.monotonic()
            raise
        except FAILURES as error:
            older = self._older(call, key)
            if older is None:
                raise
            return await self._told("STALE", call, older, instead=error)
        if call.keep:
            self._keep(key, call, response)
        return response

    async def _told(
        self, came: Came, call: Call, entry: Entry, instead: UpstreamError | None = None
    ) -> Response:
        response = await entry.response(self._slices, instead, call.shape)
        if call.trace is not None:
            call.trace.aged(entry.kept_at)
        answered(begin(call, self._clock, came), call, self._clock, response)
        return response

    def _older(self, call: Call, key: tuple[object, ...]) -> Entry | None:
        """What may stand in for an answer that the provider does not give."""
        now = self._clock.monotonic()
        self._entries.expire(now)
        entry = self._entries.get(key)
        if entry is None or call.fresh.no_cache or call.fresh.stale_seconds <= 0:
            return None
        refused = self._refused.get(key[:CONNECTION_WORDS])
        aged = now - entry.kept_at
        if aged > call.fresh.stale_seconds or (refused is not None and refused >= entry.kept_at):
            return None
        return entry

    def _find(self, call: Call, key: tuple[object, ...]) -> Entry | None:
        self._entries.expire(self._clock.monotonic())
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
        now = self._clock.monotonic()
        self._entries.put(
            key, Entry(response.status, response.headers, response.body, response.fetched_at, now, size)
        )


def _text_bytes(call: Call, response: Response) -> int:
    size = len(call.path)
    for pairs in (call.query, call.headers, response.headers.items()):
        for name, value in pairs:
            size += len(name) + len(value)
    return size
