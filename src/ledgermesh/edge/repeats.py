"""Requests that come again in the very same bytes and were answered from what is kept: answered at once, in one write.

Bytes that are the same, on a connection of the same kind from the same peer, mean the same to every layer that a
request passes. So a request that was answered once tells those like it what each layer does for it: the headers of the
answer, the log line, the figures. Whatever may differ each time is done each time: the caller's key, the age and the
parts of what is kept, the rate (`graph/kept/again.py`), the date, the request id. Anything else goes the whole way.
"""

from __future__ import annotations

import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ledgermesh.edge.packing import BYTES_MIN
from ledgermesh.edge.request_ids import new_id
from ledgermesh.graph.kept.packed import Packed, finish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledgermesh.graph.kept.again import Again

LIKE: Final = "ledgermesh.like"
"""In the scope of a request whose bytes may come again: its Like."""
REPEATS_MAX: Final = 500
REQUEST_BYTES_MAX: Final = 8_000
"""Of a request that is remembered, its head and body together."""
WORD: Final = b"max-age="
"""Without it nothing that is kept is given."""
OK: Final = 200
AGE_DIGITS: Final = 10
"""More than an age ever has."""

OWN: Final = frozenset(
    (b"expect", b"origin", b"traceparent", b"upgrade", b"x-provider-token", b"x-request-id", b"x-tracking-id")
)
"""Headers of requests that are answered by more than their bytes, or that never come again as they are."""
RATE: Final = (b"ratelimit-limit", b"ratelimit-remaining", b"ratelimit-reset")
SLOTS: Final = dict.fromkeys((*RATE, b"age", b"content-length"), b"%d") | {b"x-request-id": b"%b"}
"""Headers of an answer that differ each time, in their order."""
BEGIN: Final = b'{"data":'
REST: Final = b',"extensions":{"calls":[],"kept":{"age":%d}}}'

Raw = Iterable[tuple[bytes, bytes]]
Body = tuple[Any, ...]
"""Buffers that stand one behind the other."""
Line = Callable[[float, str], None]
"""Writes the log line of an answered request: the milliseconds that it took, and its id."""


def body(data: Any, packed: Packed | None, age: int) -> Body:
    """A kept answer as it is sent, compressed where `packed` is given."""
    rest = REST % age
    return (BEGIN, data, rest) if packed is None else (finish(packed, rest),)


class Like:
    """One request on its way; its layers say what they do for those like it. They are forgotten unless all can."""

    __slots__ = ("_digest", "_packed", "_repeats", "_size", "_spoilt", "_told", "again", "line")

    def __init__(self, repeats: Repeats, digest: bytes) -> None:
        self._repeats, self._digest = repeats, digest
        self._spoilt = False
        self._told: list[Callable[[float], None]] = []
        self.again: Again | None = None
        self._packed, self._size = False, 0
        self.line: Line | None = None

    def tell(self, told: Callable[[float], None] | None) -> None:
        """Somebody is told of each request with its seconds; None where that is not enough for them."""
        if told is None:
            self._spoilt = True
        else:
            self._told.append(told)

    def offer(self, again: Again, data: Any, packed: Packed | None, sent: bytes, age: int) -> None:
        """This is how the body came about that was sent."""
        self._size = len(BEGIN) + memoryview(data).nbytes
        near = abs(self._size + len(REST % age) - BYTES_MIN) <= AGE_DIGITS
        if not near and b"".join(body(data, packed, age)) == sent:
            self.again, self._packed = again, packed is not None

    def answered(self, status: int, sent: Raw, asked: Raw) -> None:
        """The answer is out, with these headers; those of the request are `asked`."""
        if self.again is None or self.line is None or self._spoilt or status != OK:
            return
        named = tuple(name for name, _ in sent if name in SLOTS)
        rated = named == tuple(SLOTS)
        if (rated or named == tuple(SLOTS)[len(RATE) :]) and not any(name in OWN for name, _ in asked):
            told = (*self._told, *self.again.told)
            size = None if self._packed else self._size
            self._repeats.keep(self._digest, Repeat(self.again, _head(sent), size, self.line, told))


def _head(sent: Raw) -> bytes:
    """The headers of an answer, with places for what differs each time."""
    lines = [name + b": " + SLOTS.get(name, value.replace(b"%", b"%%")) + b"\r\n" for name, value in sent]
    return b"".join(lines) + b"\r\n"


class Repeat:
    """What is done for a request like one before."""

    __slots__ = ("_again", "_head", "_line", "_size", "_told")

    def __init__(
        self, again: Again, head: bytes, size: int | None, line: Line, told: Sequence[Callable[[float], None]]
    ) -> None:
        """`size` is that of the body's beginning; None for one that goes compressed."""
        self._again, self._head, self._size, self._line, self._told = again, head, size, line, told

    def answer(self, begin: bytes, write: Callable[[Body], None]) -> bool:
        """Write the answer behind `begin`, its status and the server's own headers, and tell everybody of it. False
        where the request has to go the whole way; then nothing was written, counted or told.
        """
        began, size = time.perf_counter(), self._size
        given = self._again.given(packed=size is None)
        if given is None:
            return False
        content = body(given.data, given.packed if size is None else None, given.age)
        length, id, allowed = len(content[-1]) + (size or 0), new_id(), given.allowed
        own: tuple[Any, ...] = (given.age, length, id.encode("ascii"))
        if allowed is not None:
            own = (allowed.limit, allowed.remaining, math.ceil(allowed.reset_seconds), *own)
        write((begin + self._head % own, *content))
        seconds = time.perf_counter() - began
        for told in self._told:
            told(seconds)
        self._line(round(seconds * 1000, 1), id)
        return True


class Repeats:
    """Those of one server, by what was sent. Of the bytes nothing is kept: keys of callers are among them."""

    def __init__(self) -> None:
        self._repeats: OrderedDict[bytes, Repeat] = OrderedDict()
        self._headers: list[tuple[bytes, bytes]] | None = None
        self._begin = b""
        self._secret = secrets.token_bytes(32)

    def __len__(self) -> int:
        return len(self._repeats)

    def of(self, scheme: str, peer: str) -> Callable[[bytes], bytes | None]:
        """For one connection: what stands for the bytes of a request; None where those like it are not remembered."""
        begun = blake2b(f"{scheme} {peer}\n".encode(), digest_size=32, key=self._secret)

        def digest(data: bytes) -> bytes | None:
            if len(data) > REQUEST_BYTES_MAX or WORD not in data:
                return None
            found = begun.copy()
            found.update(data)
            return found.digest()

        return digest

    def begin(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """The status and the server's own headers, which it makes anew once a second."""
        if headers is not self._headers:
            self._headers = headers
            lines = [name + b": " + value + b"\r\n" for name, value in headers]
            self._begin = STATUS_LINE[OK] + b"".join(lines)
        return self._begin

    def find(self, digest: bytes) -> Repeat | None:
        """What was learned of a request with these bytes."""
        return self._repeats.get(digest)

    def keep(self, digest: bytes, repeat: Repeat) -> None:
        """Remember it; the one that was learned longest ago goes where there are too many."""
        self._repeats.pop(digest, None)
        self._repeats[digest] = repeat
        while len(self._repeats) > REPEATS_MAX:
            self._repeats.popitem(last=False)

    def forget(self, digest: bytes) -> None:
        """It was not answered so again."""
        self._repeats.pop(digest, None)
