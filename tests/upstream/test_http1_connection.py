"""One connection's answers, in whatever pieces they come."""

from __future__ import annotations

import asyncio
import gzip
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from ledgermesh.upstream.http1.connection import Connection, Silent
from ledgermesh.upstream.http1.head import Message
from ledgermesh.upstream.wire import Answer, CutShort, WireError

from .wires import whole

OK = b"HTTP/1.1 200 OK\r\n"
ASKED = Message(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n", 1_000)
BODY = b'{"rows":[1,2,3]}'
ANSWERS = (
    whole(BODY, b"X-Two: a", b"X-Two: b"),
    OK + b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\n%b\r\nb\r\n%b\r\n0\r\nX-T: 1\r\n\r\n" % (BODY[:5], BODY[5:]),
    b"HTTP/1.1 100 Continue\r\n\r\n" + whole(BODY),
    whole(gzip.compress(BODY[:7]) + gzip.compress(BODY[7:]), b"Content-Encoding: gzip"),
)  # fmt: skip


class Line(asyncio.Transport):
    """A transport to nobody: takes what is written, and closes when it is told to."""

    def __init__(self, protocol: Connection) -> None:
        super().__init__()
        self._protocol = protocol
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        """See Transport."""
        self.written += data

    def is_closing(self) -> bool:
        """See Transport."""
        return self.closed

    def get_write_buffer_size(self) -> int:
        """See Transport."""
        return 0

    def abort(self) -> None:
        """See Transport."""
        self.closed = True


class Owner:
    """Counts how often it was told that a connection may be used again."""

    def __init__(self) -> None:
        self.free = 0

    def made(self, connection: Connection) -> None:
        """See Owner."""

    def freed(self, connection: Connection) -> None:
        """See Owner."""
        self.free += 1

    def gone(self, connection: Connection) -> None:
        """See Owner."""


def connected() -> tuple[Connection, Line, Owner]:
    """A connection that is up."""
    owner = Owner()
    connection = Connection(owner)
    line = Line(connection)
    connection.connection_made(line)
    return connection, line, owner


def pieces(text: bytes, cuts: list[int]) -> list[bytes]:
    """The text, cut at these places."""
    places = sorted({0, *(cut % len(text) for cut in cuts), len(text)})
    return [text[begin:end] for begin, end in pairwise(places)]


async def asked(text: bytes, cuts: list[int], *, end: bool) -> tuple[Answer | Exception, Owner]:
    """What comes of an answer in these pieces, after which the server hangs up or not."""
    connection, line, owner = connected()
    answer = connection.ask(ASKED)
    for piece in pieces(text, cuts):
        if not line.closed:
            connection.data_received(piece)
    if end or line.closed:
        connection.connection_lost(None)
    try:
        return await answer, owner
    except (WireError, Silent) as error:
        return error, owner


@seed(20260301)
@settings(max_examples=40, deadline=None, database=None)
@given(st.sampled_from(ANSWERS), st.lists(st.integers(0, 10_000), max_size=30))
def test_pieces_change_nothing(text: bytes, cuts: list[int]) -> None:
    """Wherever the network cuts it, an answer is the same, and the connection may be used again."""
    found, owner = asyncio.run(asked(text, cuts, end=False))

    assert isinstance(found, Answer)
    assert (found.status, found.body, owner.free) == (200, BODY, 1)


@seed(20260301)
@settings(max_examples=40, deadline=None, database=None)
@given(st.sampled_from(ANSWERS), st.integers(0, 10_000), st.lists(st.integers(0, 10_000), max_size=5))
def test_half_an_answer_is_none(text: bytes, length: int, cuts: list[int]) -> None:
    """Cut off anywhere before its end it is an error, silent where nothing came, and never a shorter body."""
    half = text[: length % len(text)]
    found, owner = asyncio.run(asked(half, cuts, end=True) if half else asked(b"", [], end=True))

    assert isinstance(found, Silent if not half else CutShort)
    assert owner.free == 0


@seed(20260301)
@settings(max_examples=80, deadline=None, database=None)
@given(
    st.sampled_from(ANSWERS), st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=3)), min_size=1)
)
def test_a_garbled_answer_is_bounded_and_ends(text: bytes, changes: list[tuple[int, bytes]]) -> None:
    """Whatever stands in its place: an answer within the bound or an error, nothing else is raised."""
    for anywhere, garbage in changes:
        place = anywhere % len(text)
        text = text[:place] + garbage + text[place + len(garbage) :]
    found, _ = asyncio.run(asked(text, [len(text) // 2], end=True))

    assert isinstance(found, WireError | Silent) or len(found.body) <= ASKED.body_bytes_max  # type: ignore[union-attr]  # an answer, where it is no error


async def test_a_lost_connection_takes_no_request() -> None:
    """It answers as one that was lost before anything came."""
    connection, line, _ = connected()
    connection.connection_lost(None)
    with pytest.raises(Silent):
        await connection.ask(ASKED)
    assert not connection.open and line.written == b""


async def test_an_idle_connection_holds_no_books() -> None:
    """What came over it is forgotten with the answer."""
    connection, _, owner = connected()
    answer = connection.ask(ASKED)
    connection.data_received(ANSWERS[0])
    assert (await answer).body == BODY and owner.free == 1
    assert BODY not in repr(vars(connection)).encode()
