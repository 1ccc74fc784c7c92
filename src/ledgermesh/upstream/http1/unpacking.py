"""Undo what a server packed, piece by piece, and never more of it than is allowed."""

from __future__ import annotations

import zlib
from typing import Final, Protocol

GZIP_BITS: Final = 16 + zlib.MAX_WBITS
CODINGS: Final = "gzip, deflate"
"""What we say that we take."""


class Overflow(Exception):
    """It unpacks to more than is allowed."""


class Unpacking(Protocol):
    """One body being unpacked."""

    def feed(self, part: bytes, room: int) -> bytes:
        """What this part unpacks to, at most `room` bytes; raises Overflow, and zlib.error for other bytes."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the end of what was packed came, or nothing came at all."""
        ...


class Inflate:
    """gzip, also of several members, and deflate, with the zlib header that the standard wants or without it."""

    def __init__(self, coding: str) -> None:
        self._gzip = coding != "deflate"
        self._stream: zlib._Decompress | None = None

    @property
    def ended(self) -> bool:
        """See Unpacking."""
        return self._stream is None or self._stream.eof

    def feed(self, part: bytes, room: int) -> bytes:
        """See Unpacking."""
        stream = self._stream
        if stream is None:
            stream = self._stream = zlib.decompressobj(GZIP_BITS if self._gzip else _bits(part))
        found = stream.decompress(part, room + 1)
        while self._gzip and stream.eof and stream.unused_data and len(found) <= room:
            rest = stream.unused_data
            stream = self._stream = zlib.decompressobj(GZIP_BITS)
            found += stream.decompress(rest, room + 1 - len(found))
        if len(found) > room:
            raise Overflow
        return found


def _bits(part: bytes) -> int:
    """With the header of RFC 1950, or raw as some servers send it."""
    headed = part[0] & 0x0F == 8 and part[0] >> 4 <= 7
    return zlib.MAX_WBITS if headed else -zlib.MAX_WBITS


def unpacking(codings: str) -> Unpacking | None:
    """For a Content-Encoding; None where nothing is packed. Raises ValueError for one that we did not ask for."""
    names = [name for each in codings.split(",") if (name := each.strip().lower()) not in ("", "identity")]
    if not names:
        return None
    if len(names) > 1 or names[0] not in ("gzip", "x-gzip", "deflate"):
        raise ValueError("an encoding that was not asked for")
    return Inflate(names[0])
