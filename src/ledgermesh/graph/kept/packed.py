"""Compressed bytes that are kept without their end, so that each answer may end in its own way."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Final

HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Of a gzip member: deflate, no name, no time, an unknown system (RFC 1952)."""
LEVEL: Final = 6
"""Made once, sent often."""
REST_MAX: Final = 0xFFFF
"""Bytes of one stored block."""


@dataclass(frozen=True, slots=True)
class Packed:
    """The beginning of a gzip member, up to a byte's end, behind which anything may follow."""

    body: bytes = field(repr=False)
    checksum: int
    length: int
    """Bytes before compression."""


def pack(content: bytes) -> Packed:
    """The beginning of an answer."""
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = HEAD + deflate.compress(content) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return Packed(body, zlib.crc32(content), len(content))


def finish(packed: Packed, rest: bytes) -> bytes:
    """A whole gzip member: the beginning, and a short rest as it is, in a stored block (RFC 1951, 3.2.4)."""
    size, length = len(rest), packed.length + len(rest)
    assert size <= REST_MAX, "the rest is short"
    return b"".join(
        (
            packed.body,
            b"\x01", size.to_bytes(2, "little"), (size ^ REST_MAX).to_bytes(2, "little"), rest,
            zlib.crc32(rest, packed.checksum).to_bytes(4, "little"),
            (length & 0xFFFFFFFF).to_bytes(4, "little"),
        )
    )  # fmt: skip
