"""A large body of JSON, decoded piece by piece: between the pieces others have the event loop.

A decoder written in C cannot be interrupted, and no thread runs beside it. So the body is cut where a value of a list
or a member of an object ends, which takes no more than following strings and brackets, and each piece is decoded alone.
What comes out, or is refused, is what `decode` makes of the whole body.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any, Final

from ledgermesh.slices import Slices
from ledgermesh.spec.shapes import Shape
from ledgermesh.upstream.decode import BYTE_ORDER_MARK, TOO_DEEP, NotJson, decode

AT_ONCE_BYTES: Final = 512_000
AT_ONCE_MARKS: Final = 40_000
"""Commas and points of a body that is decoded at once: about as many values, of which numbers take the longest."""
UNCOUNTED_BYTES: Final = 2 * AT_ONCE_MARKS
"""No more marks than that stand between values in as many bytes, for something stands between any two."""
ALONE_BYTES: Final = 16_384
"""A body that is as large is decoded when those that were decoded before are used."""
PIECE_BYTES: Final = 32_768
DEPTH_MAX: Final = 500
"""Brackets inside of each other, where a body is large."""
STEP_BYTES: Final = 65_536
"""Gone over in one step at most, however many small values they are."""
LOOK_EVERY: Final = 16
"""Steps between two looks at the clock."""
SPACE: Final = b" \t\n\r"

STRING: Final = rb'"[^"\\]{0,2048}+(?:\\.[^"\\]{0,2048}+){0,64}+"'
"""Longer ones are gone through by other means."""
GAP: Final = rb'[^"{}\[\]]{0,4096}+'
GAP_INSIDE: Final = rb'[^"{}\[\]]{0,64}+'


def _within(value: bytes, times: int) -> bytes:
    """A string, or brackets around a few of these values."""
    return rb"(?:%b|[{\[]%b(?:%b%b){0,%d}+[}\]])" % (STRING, GAP_INSIDE, value, GAP_INSIDE, times)


def giving(pattern: bytes) -> bytes:
    """The pattern with repeats that may give back what they took. That never lets one of ours match anything else; it
    only takes longer to find out that nothing does.
    """
    return pattern.replace(b"}+", b"}").replace(b"*+", b"*")


def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    """Before 3.11.5, repeats that give nothing back matched too little (python/cpython#106052)."""
    return re.compile(pattern if sys.version_info >= (3, 11, 5) else giving(pattern), re.DOTALL)


RUN: Final = _compiled(
    rb"(%b)(?:%b(%b)){0,8}+([{}\[\]]?)" % (GAP, _within(_within(_within(STRING, 48), 96), 48), GAP)
)
"""Over a few whole values that are not large and not deep, as most rows are, and over a bracket that stands next."""
KEY: Final = _compiled(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")[ \t\n\r]*:[ \t\n\r]*\Z')
QUOTES_AT_ONCE: Final = 1_000
OPENING: Final = b"{["


async def decode_sliced(
    body: bytes, slices: Slices, piece_bytes: int = PIECE_BYTES, shape: Shape | None = None
) -> object:
    """The document in a body; raises NotJson. Small ones are decoded at once, in a shape where they have it."""
    size = len(body)
    if size <= UNCOUNTED_BYTES or (
        size <= AT_ONCE_BYTES and body.count(b",") + body.count(b".") <= AT_ONCE_MARKS
    ):
        if size >= ALONE_BYTES:
            await slices.alone.begin()
        return decode(body, shape)
    return await decode_pieces(body, slices, piece_bytes)


async def decode_pieces(body: bytes, slices: Slices, piece_bytes: int = PIECE_BYTES) -> object:
    """The same, whatever its size."""
    reader = _Reader(body, piece_bytes)
    count = 0
    while reader.open or not reader.ended:
        if reader.step() or count % LOOK_EVERY == 0:
            await slices.pause()
        count += 1
    return reader.root


@dataclass(slots=True, eq=False)
class _Part:
    """A list or an object that has begun and not ended."""

    bracket: int
    start: int
    cut: int
    """Up to where its bytes are decoded, or part of its beginning."""
    made: Any = None
    """What was decoded of it, when it was cut; None while it is a small part of what is around it."""


class _Reader:
    """Goes through a body once."""

    def __init__(self, body: bytes, piece_bytes: int) -> None:
        self._body, self._piece = body, piece_bytes
        self._at = len(BYTE_ORDER_MARK) if body.startswith(BYTE_ORDER_MARK) else 0
        self.open: list[_Part] = []
        self._quoted = False
        self.ended = False
        self.root: object = None

    def step(self) -> bool:
        """Go a little further; whether a piece was decoded on the way."""
        if self._quoted:
            return self._in_string()
        found = RUN.match(self._body, self._at, self._at + STEP_BYTES)
        assert found is not None, "it matches nothing at all as well"
        before, self._at = self._at, found.end()
        if found[3]:
            opens = found[3] in OPENING
            return self._opened(before) if opens else self._closed()
        if self._at == before:
            return self._stopped()
        return self._cut_at_comma(found.start(2) if found[2] is not None else found.start(1))

    def _opened(self, before: int) -> bool:
        start = self._at - 1
        if not self.open and self._body[before:start].strip(SPACE):
            raise NotJson("something stands before the document")
        if len(self.open) >= DEPTH_MAX:
            raise NotJson(TOO_DEEP)
        self.open.append(_Part(self._body[start], start, self._at))
        return False

    def _closed(self) -> bool:
        end = self._at - 1
        # The opening bracket stands two before its closing one in ASCII, and no other pair of brackets does.
        if not self.open or self.open[-1].bracket + 2 != self._body[end]:
            raise NotJson("a bracket closes what was not opened")
        part = self.open.pop()
        if part.made is not None:
            self._add(part, self._body[part.cut : end], last=True)
        if not self.open:
            self._finish(part)
            return True
        above = self.open[-1]
        if part.made is not None:
            self._place(above, part)
            return True
        return self._at - above.cut >= self._piece and self._cut(above, self._at)

    def _finish(self, root: _Part) -> None:
        whole = root.made is None
        self.root = decode(self._body[root.start : self._at]) if whole else root.made
        if self._body[self._at :].strip(SPACE):
            raise NotJson("something stands behind the document")
        self.ended = True

    def _stopped(self) -> bool:
        """Nothing follows, or a long string."""
        if self._body.startswith(b'"', self._at):
            self._quoted, self._at = True, self._at + 1
            return False
        if self.open or self._at < len(self._body):
            raise NotJson("the document ends too early")
        self.root, self.ended = decode(self._body), True
        return True

    def _in_string(self) -> bool:
        for _ in range(QUOTES_AT_ONCE):
            quote = self._body.find(b'"', self._at)
            if quote < 0:
                raise NotJson("a string does not end")
            before, self._at = self._body[self._at : quote], quote + 1
            # An even number of backslashes stands for themselves; none of them is older than the last quote.
            if (len(before) - len(before.rstrip(b"\\"))) % 2 == 0:
                self._quoted = False
                break
        return False

    def _cut_at_comma(self, gap: int) -> bool:
        """Cut where there are no brackets for long: at the last comma behind the last string."""
        if not self.open or self._at - self.open[-1].cut < self._piece:
            return False
        comma = self._body.rfind(b",", max(gap, self.open[-1].cut), self._at)
        return comma >= 0 and self._cut(self.open[-1], comma)

    def _cut(self, part: _Part, end: int) -> bool:
        piece = self._body[part.cut : end]
        first = part.made is None
        if first:
            part.made = {} if part.bracket == OPENING[0] else []
        self._add(part, piece, first=first)
        part.cut = end
        return True

    def _add(self, part: _Part, piece: bytes, *, first: bool = False, last: bool = False) -> None:
        """Decode what comes next in a list or an object: a comma if something came before, then whole values."""
        rest = piece.lstrip(SPACE)
        if last and not rest:
            return
        if not first:
            if not rest.startswith(b","):
                raise NotJson("a comma is missing")
            rest = rest[1:].lstrip(SPACE)
        if not rest:
            raise NotJson("a value is missing")
        if part.bracket == OPENING[0]:
            part.made.update(decode(b"{%b}" % rest))
        else:
            part.made.extend(decode(b"[%b]" % rest))

    def _place(self, above: _Part, part: _Part) -> None:
        """Put a list or an object that was cut where it stands."""
        piece, first = self._body[above.cut : part.start], above.made is None
        if first:
            above.made = {} if above.bracket == OPENING[0] else []
        self._add(above, piece + b"null", first=first)
        if isinstance(above.made, list):
            above.made[-1] = part.made
        else:
            above.made[self._key(piece)] = part.made
        above.cut = self._at

    def _key(self, piece: bytes) -> object:
        """The key that stands last in a piece of an object."""
        found = KEY.search(piece)
        assert found is not None, "the piece was decoded with a value behind it"
        return decode(found[1])
