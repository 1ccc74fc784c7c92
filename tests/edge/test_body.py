"""Bodies as they are sent: compressed, cut short, or larger than they look."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import httpx
import pytest

from ledgermesh.edge.body import inflated
from ledgermesh.edge.incoming import Limits, TooLarge
from tests.edge.desk import Desk, code, gateway, post

BODY = b'{"query": "{ word }"}'


def raw_deflate(body: bytes) -> bytes:
    """Deflate without zlib's header, as some clients send it."""
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(body) + made.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("GZIP", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw_deflate(BODY)),
        ("identity", BODY),
        ("", BODY),
    ],
    ids=lambda value: repr(value)[:20],
)
async def test_a_compressed_body_is_read(http: httpx.AsyncClient, coding: str, body: bytes) -> None:
    """By gzip, and by deflate in both of its meanings."""
    answer = await post(http, body, Content_Encoding=coding)

    assert (200, {"data": {"word": "hello"}}) == (answer.status_code, answer.json())


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "identity, gzip", "nonsense"])
async def test_other_codings_are_refused(http: httpx.AsyncClient, desk: Desk, coding: str) -> None:
    """What we do not decompress, or twice, is a 415."""
    answer = await post(http, gzip.compress(gzip.compress(BODY, mtime=0)), Content_Encoding=coding)

    assert (415, "UNSUPPORTED_MEDIA_TYPE") == (answer.status_code, code(answer))
    assert desk.questions == []


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b""),
        ("gzip", BODY),
        ("gzip", gzip.compress(BODY, mtime=0)[:-1]),
        ("gzip", gzip.compress(BODY, mtime=0)[:20]),
        ("gzip", gzip.compress(BODY, mtime=0)[:-8] + b"\0" * 8),
        ("gzip", gzip.compress(BODY, mtime=0) + b"more"),
        ("gzip", gzip.compress(BODY, mtime=0) + gzip.compress(BODY, mtime=0)),
        ("gzip", zlib.compress(BODY)),
        ("gzip", gzip.compress(b"", mtime=0)),
        ("gzip", gzip.compress(b"\xff\xfe", mtime=0)),
        ("deflate", b""),
        ("deflate", b"x"),
        ("deflate", BODY),
        ("deflate", zlib.compress(BODY)[:-1]),
        ("deflate", gzip.compress(BODY, mtime=0)),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_a_broken_compression_is_the_caller_s_mistake(
    http: httpx.AsyncClient, desk: Desk, coding: str, body: bytes
) -> None:
    """A body that is not what Content-Encoding says, ends early or goes on is a 400."""
    answer = await post(http, body, Content_Encoding=coding)

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert desk.questions == []


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_bomb_is_refused(desk: Desk, coding: str) -> None:
    """100 MB behind 100 kB: 413 under the same limit as plain bodies, while just the limit is read."""
    limit = 200_000
    made = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
    bomb = b"".join(made.compress(b" " * 1_000_000) for _ in range(100)) + made.flush()
    assert len(bomb) < limit
    exact = BODY + b" " * (limit - len(BODY))
    compress = gzip.compress if coding == "gzip" else zlib.compress

    async with gateway(desk, limits=Limits(body_bytes_max=limit)) as http:
        refused = [await post(http, body, Content_Encoding=coding) for body in (bomb, compress(exact + b" "))]
        read = await post(http, compress(exact), Content_Encoding=coding)

    assert [(each.status_code, code(each)) for each in refused] == [(413, "BODY_TOO_LARGE")] * 2
    assert read.status_code == 200
    assert len(desk.questions) == 1


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    """Of 100 MB no more is ever made than the limit and one byte."""
    bomb = zlib.compress(b" " * 100_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            inflated(bomb, 200_000, wbits=zlib.MAX_WBITS)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


async def test_a_long_address_is_refused(desk: Desk) -> None:
    """The query string of a GET has the limit of a body."""
    async with gateway(desk, limits=Limits(body_bytes_max=1_000)) as http:
        answer = await http.get("/graphql", params={"query": "{ word }" + " " * 1_000})

    assert (413, "BODY_TOO_LARGE") == (answer.status_code, code(answer))
    assert desk.questions == []
