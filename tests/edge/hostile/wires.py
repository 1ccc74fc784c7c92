"""What no HTTP client sends: requests that two servers read in two ways, floods of headers, and bytes that dribble."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from tests.edge.hostile.calling import (
    BAD,
    BIG,
    HEADS,
    HOST,
    NOWHERE,
    READ_KEY,
    SECONDS,
    UNACCEPTED,
    UNREAD,
    Case,
    Door,
    Reply,
    heard,
    post,
    raw,
    request,
    upgrade,
)

GOOD = b'{"query": "{ __typename }"}'
LINE = "POST /graphql HTTP/1.1"
SIZE = str(len(GOOD))
HEAD = f"Host: 127.0.0.1\r\nAuthorization: Bearer {READ_KEY}\r\nContent-Type: application/json\r\n".encode()
SLOW = "408 REQUEST_TOO_SLOW"


def chunked(body: bytes, *more: bytes, **headers: str | None) -> bytes:
    """A request whose body is said to come in chunks."""
    return request(body, LINE, *more, **({"Content_Length": None, "Transfer_Encoding": "chunked"} | headers))


SMUGGLED = (
    raw("two lengths", request(GOOD, LINE, b"Content-Length: 3"), BAD),
    raw("the same length twice", request(GOOD, LINE, f"Content-Length: {SIZE}".encode()), BAD),
    raw("a list of lengths", request(GOOD, Content_Length=f"{SIZE}, {SIZE}"), BAD),
    raw("a length and chunks", chunked(b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n", Content_Length="5"), BAD),
    raw("chunks and chunks", chunked(b"0\r\n\r\n", b"Transfer-Encoding: chunked"), BAD),
    raw("chunks that are said oddly", chunked(b"0\r\n\r\n", Transfer_Encoding="xchunked"), BAD),
    raw("chunks behind something else", chunked(b"0\r\n\r\n", Transfer_Encoding="chunked, identity"), BAD),
    raw("chunks with a vertical tab", chunked(b"0\r\n\r\n", Transfer_Encoding="\x0bchunked"), BAD),
    raw("a negative length", request(GOOD, Content_Length="-1"), BAD),
    raw("a length with a sign", request(GOOD, Content_Length=f"+{SIZE}"), BAD),
    raw("a length in hexadecimal", request(GOOD, Content_Length="0x1b"), BAD),
    raw("a length beyond 64 bits", request(GOOD, Content_Length="9" * 30), BAD),
    raw("a chunk of no size", chunked(b"x\r\nabc\r\n0\r\n\r\n"), BAD),
    raw("a chunk of a negative size", chunked(b"-1\r\nabc\r\n0\r\n\r\n"), BAD),
    raw("a chunk beyond 64 bits", chunked(b"f" * 17 + b"\r\nabc\r\n0\r\n\r\n"), BAD),
    raw("a chunk that is longer than it says", chunked(b"3\r\nabcdef\r\n0\r\n\r\n"), BAD),
    raw("an extension of a chunk of a megabyte", chunked(b"1;" + b"x" * 1_000_000 + b"\r\n{\r\n0\r\n\r\n"), BAD),
    raw("a chunk for every byte", chunked(b"".join(b"1\r\n%c\r\n" % byte for byte in GOOD) + b"0\r\n\r\n"), "200"),
    raw("a flood of empty trailers", chunked(b"0\r\n" + b"A: b\r\n" * 200_000 + b"\r\n"), HEADS),
    raw("a request in a body", request(GOOD + b"GET / HTTP/1.1\r\n\r\n", Content_Length=SIZE), "200"),
    raw("a folded header", request(GOOD, LINE, b"X-A: b", b" c: d"), BAD),
    raw("a space before the colon", request(GOOD, LINE, b"Content-Length : 3"), BAD),
    raw("a header without a name", request(GOOD, LINE, b": x"), BAD),
    raw("a header without a colon", request(GOOD, LINE, b"Nothing"), BAD),
    raw("bare line feeds", request(GOOD).replace(b"\r\n", b"\n"), BAD),
    raw("bare carriage returns", b"POST /graphql HTTP/1.1\rHost: a\r\r", BAD),
    raw("NUL in a header", request(GOOD, LINE, b"X-A: b\x00c"), BAD),
    raw("NUL in the path", request(b"", b"GET /graphql\x00 HTTP/1.1"), BAD),
    raw("bytes that are no ASCII in the path", request(b"", b"GET /\xff\xfe HTTP/1.1"), BAD),
    raw("a path that leaves", request(b"", "GET /../../etc/passwd HTTP/1.1"), NOWHERE),
    raw("a path of encoded dots", request(b"", "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), NOWHERE),
    raw("a path of half a byte", request(b"", "GET /graphql%f HTTP/1.1"), NOWHERE),
    raw("a path of bytes that are no UTF-8", request(b"", "GET /files/%ff%fe%00 HTTP/1.1"), "404 LINK_ENDED"),
    raw("another server's address", request(b"", "GET http://169.254.169.254/latest HTTP/1.1"), NOWHERE),
    raw("a tunnel", request(b"", "CONNECT 169.254.169.254:80 HTTP/1.1"), BAD),
    raw("a star", request(b"", "OPTIONS * HTTP/1.1"), NOWHERE),
    raw("a method of nobody", request(b"", "HACK /graphql HTTP/1.1"), BAD),
    raw("a method of a megabyte", b"A" * 1_000_000, BAD),
    raw("a version of the future", request(b"", "GET /graphql HTTP/9.9"), BAD),
    raw("HTTP/2 out of the blue", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BAD),
    raw("an answer instead of a question", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", BAD),
    raw("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600), BAD),
    raw("noise", bytes(range(256)) * 40, BAD),
    raw("empty lines", b"\r\n" * 5_000 + request(GOOD), "200"),
    raw("no host", request(GOOD, Host=None), HOST),
    raw("two hosts", request(GOOD, LINE, b"Host: evil.test"), HOST),
    raw("another host", request(GOOD, Host="evil.test"), HOST),
    raw("a host that is none", request(GOOD, Host="127.0.0.1:8000@evil.test"), HOST),
    raw("a host of ten thousand", request(GOOD, Host="x" * 10_000), HOST),
    raw("an upgrade to something else",
        request(GOOD, Upgrade="h2c", Connection="Upgrade", HTTP2_Settings="AAMAAABkAAQ"), BAD),
    raw("an expectation that is none", request(GOOD, Expect="a-miracle"), "200"),
)  # fmt: skip

FLOODS = (
    raw("a thousand headers", request(GOOD, LINE, *[b"X-%d: a" % n for n in range(1_000)]), HEADS),
    raw("a hundred thousand headers", request(GOOD, LINE, *[b"A: b"] * 100_000), HEADS),
    raw("a header of a hundred thousand bytes", request(GOOD, LINE, b"X-A: " + b"x" * 100_000), "200"),
    raw("a header of ten megabytes", request(GOOD, LINE, b"X-A: " + b"x" * 10_000_000), HEADS),
    raw("a name of ten megabytes", request(GOOD, LINE, b"x" * 10_000_000 + b": a"), HEADS),
    raw("an address of ten megabytes", request(b"", b"GET /" + b"x" * 10_000_000 + b" HTTP/1.1"), HEADS),
    raw("a header without an end", [request()[:-4] + b"\r\nX-A: ", *[b"x" * 50_000] * 20], HEADS),
    post("a header of bytes that are no UTF-8", GOOD, "200", X_Request_Id="\xff\xfe"),
    post("a tracking id that would end the header", GOOD, BAD, X_Tracking_ID="a\tb"),
    post("an idempotency key of ten thousand", GOOD, BAD, Idempotency_Key="x" * 10_000),
    post("a deadline that is not a number", GOOD, BAD, X_Request_Timeout="nan"),
    post("a deadline of a thousand digits", GOOD, BAD, X_Request_Timeout="9" * 1_000),
    post("a type of ten thousand", GOOD, UNREAD, Content_Type="application/json;" + "a=b;" * 2_500),
    post("ten thousand types accepted",
         GOOD, UNACCEPTED, Accept=",".join(f"a/b{n};q=0.1" for n in range(9_000)) + ",*/*"),
    post("weights that are no numbers", GOOD, UNACCEPTED, Accept="application/json;q=1e9, */*;q=nan"),
    post("tokens of providers that are none", GOOD, BAD, X_Provider_Token="=" * 5_000),
)  # fmt: skip


def pipelined(door: Door) -> Reply:
    """A thousand requests in a row on one connection; 200 when each is answered so."""
    with door.connected() as wire:
        wire.sendall(request(GOOD) * 999 + request(GOOD, Connection="close"))
        found = b""
        while chunk := wire.recv(BIG):
            found += chunk
        return Reply("200" if found.count(b"HTTP/1.1 200 OK") == 1_000 else "closed", found)


def dribbled(head: bytes, rest: Callable[[], Iterator[bytes]]) -> Callable[[Door], Reply]:
    """Send a head at once and the rest a byte at a time, until somebody answers."""

    def run(door: Door) -> Reply:
        answered = threading.Event()
        with door.connected() as wire:
            wire.sendall(head)
            ends = time.monotonic() + SECONDS

            def dribble() -> None:
                for piece in rest():
                    if answered.wait(0.1) or time.monotonic() > ends:
                        return
                    try:
                        wire.sendall(piece)
                    except OSError:
                        return

            writing = threading.Thread(target=dribble)
            writing.start()
            try:
                return heard(wire)
            finally:
                answered.set()
                writing.join()

    return run


def forever(piece: bytes) -> Callable[[], Iterator[bytes]]:
    """The same piece again and again."""

    def pieces() -> Iterator[bytes]:
        while True:
            yield piece

    return pieces


def nothing() -> Iterator[bytes]:
    """No more."""
    return iter(())


ANONYMOUS = request(b"", Authorization=None, Content_Length="1000")
SLOWLY = (
    Case("nobody says a word", dribbled(b"", nothing), "closed"),
    Case("empty lines forever", dribbled(b"", forever(b"\r\n")), "closed"),
    Case("half of a head", dribbled(b"POST /graphql HTTP/1.1\r\nHost: a", nothing), SLOW),
    Case("a head, byte by byte", dribbled(b"GET / HTTP/1.1\r\nX-A: ", forever(b"x")), SLOW),
    Case("headers, one by one", dribbled(b"GET / HTTP/1.1\r\n", forever(b"A: b\r\n")), SLOW),
    Case("no body", dribbled(request(b"", Content_Length="1000"), nothing), SLOW),
    Case("a body, byte by byte", dribbled(request(b"", Content_Length="1000000"), forever(b" ")), SLOW),
    Case("chunks, byte by byte", dribbled(chunked(b""), forever(b"1\r\n \r\n")), SLOW),
    Case("half of a chunk", dribbled(chunked(b"ff\r\nx"), nothing), SLOW),
    Case("a packed body, byte by byte", dribbled(
        request(b"", Content_Length="1000", Content_Encoding="gzip"), forever(b"\x1f")), SLOW),
    Case("half of a form", dribbled(request(
        b"--x\r\n", Content_Length="1000", Content_Type="multipart/form-data; boundary=x", X_Account_Key="a"),
        nothing), SLOW),
    Case("half of a notification",
         dribbled(request(b"", "POST /hooks/bossinsights/x HTTP/1.1", Content_Length="9"), nothing), NOWHERE),
    Case("half of an agent's message", dribbled(request(b"", "POST /mcp HTTP/1.1", Content_Length="9"), nothing), SLOW),
    Case("a stranger's body, byte by byte", dribbled(ANONYMOUS, forever(b" ")), "401 UNAUTHENTICATED"),
    Case("half of a head after an answer", lambda door: _after(door, b"POST /gra"), SLOW),
    Case("empty lines after an answer", lambda door: _after(door, b"\r\n"), "closed"),
)  # fmt: skip


def _after(door: Door, rest: bytes) -> Reply:
    """A good request, then this on the same connection and nothing more; what comes of it."""
    with door.connected() as wire:
        wire.sendall(request(GOOD))
        assert heard(wire).says == "200"
        wire.sendall(rest)
        return heard(wire)


EVENTS = request(b'{"query": "subscription { syncUpdated { cursor } }"}', Accept="text/event-stream")


def _behind_a_stream(rest: bytes) -> Callable[[Door], Reply]:
    """A stream of events, something behind it on the same connection, and gone."""

    def run(door: Door) -> Reply:
        with door.connected() as wire:
            wire.sendall(EVENTS + rest)
            begun = wire.recv(12)
        return Reply(begun.decode()[9:12])

    return run


def _unread(door: Door) -> Reply:
    """Answers that are large, asked for in a row, and never read."""
    with door.connected(receive_bytes=1_024) as wire:
        wire.settimeout(1.0)
        big = request(b'{"query": "{ __schema { types { name description fields { name description } } } }"}')
        try:
            for _ in range(200):
                wire.sendall(big)
        except OSError:
            pass
        wire.settimeout(SECONDS)
        return Reply(wire.recv(12).decode()[9:12])


CONNECTIONS = (
    Case("a thousand requests in a row", pipelined, "200"),
    Case("a stream, a request behind it, and gone", _behind_a_stream(request(GOOD)), "200"),
    Case("a stream, a socket behind it, and gone", _behind_a_stream(upgrade()), "400"),
    Case("a stream, rubbish behind it, and gone", _behind_a_stream(b"\x00\x00\x00"), "400"),
    Case("answers that nobody reads", _unread, "200"),
)

CASES = (*SMUGGLED, *FLOODS, *CONNECTIONS)
SLOW_CASES = SLOWLY
