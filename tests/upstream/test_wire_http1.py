"""The production wire, over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest

from ledgermesh.upstream.http1.connection import HEAD_BYTES_MAX
from ledgermesh.upstream.http1.pool import CONNECTIONS_MAX
from ledgermesh.upstream.wire import CutShort, TooBig, Unreachable, Unreadable, Wire, WireError
from ledgermesh.upstream.wire_http1 import OwnWire

from .wires import Server, WireContract, get, saying, serving, whole

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def wire() -> AsyncIterator[OwnWire]:
    """Closed as the application closes it."""
    made = OwnWire()
    yield made
    await made.close()


class TestOwnWire(WireContract):
    """The wire as the application holds it."""

    @pytest.fixture
    async def wire(self) -> AsyncIterator[Wire]:
        """Closed as the application closes it."""
        wire = OwnWire()
        yield wire
        await wire.close()

    async def test_a_storm_of_cancelled_requests_leaves_the_wire_working(self, wire: Wire) -> None:
        """As many as there may be connections, given up at every stage; then one that is answered."""
        hold = asyncio.Event()
        arrived = asyncio.Semaphore(0)

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            if b"/last" in head:
                writer.write(whole(b"{}"))
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            await writer.drain()
            arrived.release()
            await hold.wait()

        async with serving(answer) as url:
            for storm in range(3):
                tasks = [
                    asyncio.ensure_future(wire.send(get(f"{url}/{storm}"))) for _ in range(CONNECTIONS_MAX)
                ]
                for _ in range((0, 10, CONNECTIONS_MAX)[storm]):
                    await arrived.acquire()
                for task in tasks:
                    task.cancel()
                done, _ = await asyncio.wait(tasks)
                assert all(task.cancelled() for task in done)
            assert (await wire.send(get(f"{url}/last"))).body == b"{}"
            hold.set()

    async def test_it_can_be_closed_at_any_time(self) -> None:
        """Before anything was sent, twice, and between two requests; what is left open would warn."""
        wire = OwnWire()
        await wire.close()

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(whole(b"{}"))

        async with serving(answer) as url:
            for _ in range(2):
                assert (await wire.send(get(url))).body == b"{}"
                await wire.close()
                await wire.close()


# -- what comes back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\n" + whole(b"{}"), 200, b"{}"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, b""),
        (whole(b""), 200, b""),
        (CHUNKED + b"2;a=b\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n", 200, b"{}"),
        (CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 200, b"{}"),
        (whole(gzip.compress(b"{", mtime=0) + gzip.compress(b"}", mtime=0), b"Content-Encoding: x-gzip"), 200, b"{}"),
        (whole(zlib.compress(b"{}"), b"Content-Encoding: deflate"), 200, b"{}"),
        (whole(zlib.compress(b"{}")[2:-4], b"Content-Encoding: deflate"), 200, b"{}"),
        (whole(b"{}", b"Content-Encoding: identity"), 200, b"{}"),
        (whole(b"", b"Content-Encoding: gzip"), 200, b""),
    ],
)  # fmt: skip
async def test_answers_of_every_shape_leave_the_connection_in_order(
    wire: Wire, answer: bytes, status: int, body: bytes
) -> None:
    """Interim answers, none, chunks, packed bodies: each is read to its very end, so that the next one fits."""
    server = Server(answer, whole(b"next"))
    async with serving(server) as url:
        got = await wire.send(get(url))
        assert (got.status, got.body) == (status, body)
        assert (await wire.send(get(url))).body == b"next"
    assert len(server.peers) == 1


@pytest.mark.parametrize(
    "answer",
    [
        whole(b"{}", b"Connection: close"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        whole(b"{}") + whole(b"forged"),
        whole(b"{}") + b"garbage",
    ],
)
async def test_a_connection_with_anything_left_on_it_is_not_used_again(wire: Wire, answer: bytes) -> None:
    """One that the server closes, and one on which more came than was asked for: that would be taken for the next
    answer, somebody else's perhaps.
    """
    server = Server(answer, whole(b"next"))
    async with serving(server) as url:
        assert (await wire.send(get(url))).body == b"{}"
        assert (await wire.send(get(url))).body == b"next"
    assert len(server.peers) == 2


async def test_what_comes_unasked_answers_nothing(wire: Wire) -> None:
    """Bytes on an idle connection end it."""
    later: list[asyncio.StreamWriter] = []
    server = Server(whole(b"{}"))

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        later.append(writer)
        await server(head, writer)

    async with serving(answer) as url:
        await wire.send(get(url))
        later[0].write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await later[0].wait_closed()
        assert (await wire.send(get(url))).body == b"{}"
    assert len(server.peers) == 2


async def test_a_body_without_a_length_ends_with_the_connection(wire: Wire) -> None:
    """As HTTP/1.0 has it."""
    async with serving(saying(OK + b"Content-Type: text/plain\r\n\r\n{", b"}", close=True)) as url:
        assert (await wire.send(get(url))).body == b"{}"


async def test_the_answer_to_head_has_no_body(wire: Wire) -> None:
    """Whatever length it tells."""
    server = Server(OK + b"Content-Length: 100\r\n\r\n", whole(b"{}"))
    async with serving(server) as url:
        got = await wire.send(get(url, method="HEAD"))
        assert (got.status, got.body, got.headers["content-length"]) == (200, b"", "100")
        assert (await wire.send(get(url))).body == b"{}"
    assert server.heads[0].startswith(b"HEAD / HTTP/1.1\r\n")


async def test_an_empty_header_and_a_strange_one(wire: Wire) -> None:
    """Bytes beyond ASCII are kept one by one, none is lost to the next header."""
    answer = whole(b"{}", b"X-Empty:", b"X-Wide:  \xe9\xff ", b"X-Last: 1")
    async with serving(saying(answer)) as url:
        headers = (await wire.send(get(url))).headers
    assert (headers["x-empty"], headers["x-wide"], headers["x-last"]) == ("", "\xe9\xff", "1")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", Unreadable),
        (OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", Unreadable),
        (OK + b"Content-Length: -2\r\n\r\n{}", Unreadable),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", Unreadable),
        (OK + b"Transfer-Encoding: gzip\r\n\r\n{}", Unreadable),
        (CHUNKED + b"zz\r\n{}\r\n", Unreadable),
        (CHUNKED + b"2\r\n{}x", Unreadable),
        (OK + b"X-A : 1\r\n\r\n", Unreadable),
        (OK + b"X-A: 1\n\r\n", Unreadable),
        (b"HTTP/2.0 200 OK\r\n\r\n", Unreadable),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", Unreadable),
        (b"HTTP/1.1 20", CutShort),
        (OK + b"Content-Le", CutShort),
        (whole(b"{}", b"Content-Encoding: br"), Unreadable),
        (whole(gzip.compress(b"{}", mtime=0)[:-5], b"Content-Encoding: gzip"), CutShort),
        (whole(b"not packed", b"Content-Encoding: deflate"), Unreadable),
        (OK + b"Content-Length: 99999999999999999999\r\n\r\n", WireError),
        (OK + b"Content-Length: 20000000\r\n\r\n", TooBig),
        (OK + b"X: %b\r\n" % (b"a" * 300_000), Unreadable),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, Unreadable),
        (CHUNKED + b"0\r\n" + b"X-Trailer: abcdefgh\r\n" * 20_000, Unreadable),
    ],
)
async def test_what_is_no_plain_answer_is_none(wire: Wire, answer: bytes, expected: type[WireError]) -> None:
    """Two lengths, unknown codings, heads, trailers and interim answers without end: refused, and read no further."""

    async def answering(head: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/next" in head:
            writer.write(whole(b"next"))
            return
        writer.write(answer)
        await writer.drain()
        if expected is CutShort:
            writer.close()

    async with serving(answering) as url:
        with pytest.raises(expected):
            await wire.send(get(url))
        assert (await wire.send(get(f"{url}/next"))).body == b"next"


async def test_a_head_may_be_long_but_not_endless(wire: Wire) -> None:
    """Just within the bound it is read."""
    async with serving(saying(whole(b"{}", b"X-Long: " + b"a" * (HEAD_BYTES_MAX - 1_000)))) as url:
        assert (await wire.send(get(url))).body == b"{}"


# -- what goes out -----------------------------------------------------------------------------------------------------


async def test_no_header_ends_its_line(wire: Wire) -> None:
    """A value with a line break would be a header, or a request, of somebody else's making: nothing is sent."""
    server = Server(whole(b"{}"))
    async with serving(server) as url:
        for value in ("a\r\nX-B: 1", "a\nb", "a\rb", "a\0b"):
            with pytest.raises(Unreachable):
                await wire.send(get(url, headers=(("x-a", value),)))
        for broken in (f"{url}/a b", f"{url}/a\r\nX-B: 1", f"{url}/\u00fc"):
            with pytest.raises(Unreachable):
                await wire.send(get(broken))
    assert server.heads == []


async def test_a_request_says_how_long_it_is(wire: Wire) -> None:
    """Once; also when a method that may have a body has none. A fragment stays here."""
    server = Server(whole(b"{}"))
    async with serving(server) as url:
        length = (("Content-Length", "7"), ("Host", "forged.example"))
        await wire.send(get(f"{url}/?a=1#here", method="DELETE", headers=length))
        await wire.send(get(url))
    first, second = (head.lower() for head in server.heads)
    assert first.startswith(b"delete /?a=1 http/1.1\r\n") and first.count(b"content-length: 0\r\n") == 1
    assert first.count(b"content-length") == first.count(b"host: 127.0.0.1:") == first.count(b"host:") == 1
    assert b"content-length" not in second and b"accept-encoding: gzip, deflate\r\n" in second


async def test_an_answer_before_the_request_was_out_ends_the_connection(wire: Wire) -> None:
    """A refusal of a body that is still on its way is given, and what follows of the body meets nobody."""
    refused = asyncio.Event()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(whole(b"no", status=b"413 Content Too Large"))
        await writer.drain()
        await refused.wait()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        got = await wire.send(get(url, method="POST", body=b"x" * 50_000_000))
        assert (got.status, got.body) == (413, b"no")
        assert (await wire.send(get(url))).status == 413
        refused.set()
