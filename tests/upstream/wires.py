"""What every wire must do, against real servers on loopback; each wire's test file runs it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ledgermesh.upstream.wire import CutShort, Request, TooBig, Unreachable, Unreadable, Wire, WireError

Answers = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Answers) -> AsyncIterator[str]:
    """A raw server that reads one head after another and lets `answer` write whatever it likes."""
    writers: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await answer(head, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        for writer in tuple(writers):
            writer.close()
        await server.wait_closed()


def saying(*parts: bytes, close: bool = False) -> Answers:
    """Always the same bytes; then hang up, if told to."""

    async def answer(_head: bytes, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
        if close:
            await writer.drain()
            writer.close()

    return answer


def whole(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A complete HTTP answer."""
    lines = (b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def get(url: str, **changes: object) -> Request:
    """A GET request."""
    return Request(**{"method": "GET", "url": url, **changes})  # type: ignore[arg-type]  # names are checked by the class


class Server:
    """For `serving`: the given answers, one for each request in turn, the last one for ever; counts."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.heads: list[bytes] = []
        self.peers: list[object] = []

    async def __call__(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        self.heads.append(head)
        peer = writer.get_extra_info("peername")
        if peer not in self.peers:
            self.peers.append(peer)
        writer.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


class WireContract:
    """Inherited by each wire's tests, which give the fixture `wire`."""

    async def test_an_answer_comes_whole(self, wire: Wire) -> None:
        """Status, headers in lower case with repeated ones joined, body."""
        answer = whole(
            b"{}", b"X-Two: a", b"X-Two: b", b"Content-Type: application/json", status=b"404 Not Found"
        )
        async with serving(saying(answer)) as url:
            got = await wire.send(get(url))
        assert (got.status, got.body) == (404, b"{}")
        assert (got.headers["x-two"], got.headers["content-type"]) == ("a, b", "application/json")

    async def test_a_request_goes_out_as_it_is(self, wire: Wire) -> None:
        """Path and query are not encoded again; method, headers and body arrive."""
        heads: list[bytes] = []

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            heads.append(head)
            writer.write(whole(b"{}"))

        async with serving(answer) as url:
            await wire.send(
                get(f"{url}/a%2Fb?q=%C3%BC%20&r=a%2Cb", headers=(("x-one", "1"), ("accept", "x/y")))
            )
        assert heads[0].startswith(b"GET /a%2Fb?q=%C3%BC%20&r=a%2Cb HTTP/1.1\r\n")
        assert b"x-one: 1\r\n" in heads[0]
        assert heads[0].lower().count(b"\r\naccept: ") == 1

    async def test_redirects_and_cookies_are_left_lying(self, wire: Wire) -> None:
        """A redirect is an answer; a cookie is not sent back."""
        heads: list[bytes] = []

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            heads.append(head)
            writer.write(whole(b"", b"Location: /elsewhere", b"Set-Cookie: s=1; Path=/", status=b"302 Found"))

        async with serving(answer) as url:
            assert [(await wire.send(get(url))).status for _ in range(2)] == [302, 302]
        assert [head.split()[1] for head in heads] == [b"/", b"/"]
        assert not any(b"cookie" in head.lower() for head in heads)

    async def test_compressed_answers_are_unpacked_within_the_bound(self, wire: Wire) -> None:
        """Packed answers work; a small body that unpacks to a huge one is stopped."""
        small, bomb = gzip.compress(b'{"a": 1}'), gzip.compress(b" " * 5_000_000)
        async with serving(saying(whole(small, b"Content-Encoding: gzip"))) as url:
            assert (await wire.send(get(url))).body == b'{"a": 1}'
        async with serving(saying(whole(bomb, b"Content-Encoding: gzip"))) as url:
            with pytest.raises(TooBig):
                await wire.send(get(url, body_bytes_max=100_000))

    @pytest.mark.parametrize("headed", [True, False])
    async def test_a_body_over_the_bound_is_not_read(self, wire: Wire, headed: bool) -> None:
        """Whether it announces its length or goes on in chunks for ever."""
        chunk = b"%x\r\n" % 60_000 + b"x" * 60_000 + b"\r\n"

        async def endless(_head: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(chunk)
                await writer.drain()

        async with serving(saying(whole(b"x" * 200_000)) if headed else endless) as url:
            with pytest.raises(TooBig):
                await wire.send(get(url, body_bytes_max=100_000))

    @pytest.mark.parametrize(
        ("parts", "expected"),
        [
            ((b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b'{"a"'), CutShort),
            ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\n{", b'"a"\r\n'), CutShort),
            ((b"",), Unreachable),
            ((b"I am not HTTP\r\n\r\n",), Unreadable),
            ((whole(b"not gzip at all", b"Content-Encoding: gzip"),), WireError),
        ],
    )
    async def test_each_breakage_has_its_name(
        self, wire: Wire, parts: tuple[bytes, ...], expected: type[WireError]
    ) -> None:
        """Half a body, a hang-up without a word, something that is not HTTP, false compression."""
        async with serving(saying(*parts, close=True)) as url:
            with pytest.raises(expected):
                await wire.send(get(url))

    async def test_nobody_there_is_unreachable(self, wire: Wire) -> None:
        """A closed port, an address that is none, a scheme that is not ours."""
        async with serving(saying(whole(b"{}"))) as url:
            pass
        with pytest.raises(Unreachable):
            await wire.send(get(url))
        for broken in (get("http:///"), get("ftp://127.0.0.1/")):
            with pytest.raises(Unreachable):
                await wire.send(broken)

    async def test_connections_are_kept_alive(self, wire: Wire) -> None:
        """Calls one after another share one connection."""
        peers: set[object] = set()

        async def answer(_head: bytes, writer: asyncio.StreamWriter) -> None:
            peers.add(writer.get_extra_info("peername"))
            writer.write(whole(b"{}"))

        async with serving(answer) as url:
            for _ in range(5):
                await wire.send(get(url))
        assert len(peers) == 1
