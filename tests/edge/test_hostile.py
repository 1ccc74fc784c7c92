"""Requests that somebody broke on purpose: none is a failure of ours."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from random import Random

import httpx
import pytest

from ledgermesh.edge.incoming import Limits
from tests.edge.desk import Desk, gateway
from tests.edge.test_uploads import EDGE, FILE, MAP, OPERATIONS, written

ROUNDS = 60
JSON = json.dumps(
    {"query": "{ word }", "variables": {"t": "ü"}, "operationName": None, "extensions": {}}
).encode()
BATCH = json.dumps([{"query": "{ word }"}, {"query": "{ word(text: 7) }"}]).encode()
FORM = written(OPERATIONS, MAP, FILE)
MEDIA = {
    "json": "application/json",
    "form": f"multipart/form-data; boundary={EDGE}",
}
PARTS = (
    b"{",
    b"[",
    b'"',
    b"\\",
    b"null",
    b"1e400",
    b"\xff",
    b"\x00",
    b"\r\n",
    b"--",
    EDGE.encode(),
    b"\xed\xa0\x80",
)


def broken(body: bytes, random: Random) -> bytes:
    """The body with a few of its bytes lost, doubled, or in the place of others."""
    for _ in range(random.randint(1, 4)):
        at, to = sorted(random.randint(0, len(body)) for _ in range(2))
        to = min(to, at + random.choice((0, 1, 8, 1_000)))
        body = body[:at] + random.choice((*PARTS, b"", body[at:to] * 2)) + body[to:]
    return body


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
@pytest.mark.parametrize(
    ("body", "media"), [(JSON, "json"), (BATCH, "json"), (FORM, "form")], ids=["one", "batch", "form"]
)
async def test_broken_bodies(body: bytes, media: str, coding: str) -> None:
    """Broken before or after it was compressed: an answer in JSON, and never a status of the 500s."""
    random = Random(f"{media} {coding}")
    codings: dict[str, Callable[[bytes], bytes]] = {
        "": bytes,
        "gzip": gzip.compress,
        "deflate": zlib.compress,
    }
    compress = codings[coding]
    headers = {"Content-Type": MEDIA[media], "Content-Encoding": coding, "X-Account-Key": "shop"}
    async with gateway(Desk(), limits=Limits(body_bytes_max=5_000, upload_bytes_max=9_000)) as http:
        for _ in range(ROUNDS):
            whole = random.random() < 0.5
            sent = compress(broken(body, random)) if whole else broken(compress(body), random)
            answer = await http.post("/graphql", content=sent, headers=headers)

            assert answer.status_code < 500, sent
            assert answer.json(), sent


NAMES = (
    "Content-Type", "Content-Encoding", "Accept", "Cache-Control", "X-Request-Timeout", "X-Account-Key", "Origin",
    "X-Provider-Token", "X-Tracking-ID", "X-Request-Id", "Authorization", "Idempotency-Key",
)  # fmt: skip
VALUES = (
    "", ";", ",", "=", "a;b=c", "charset=", "q=", "*/*;q=", "\xff", "\t", "0", "-1", "nan", "9" * 400, "x" * 5_000,
    "application/json;charset", "multipart/form-data", "text/event-stream", "Basic Og==", "null",
)  # fmt: skip


async def test_broken_headers() -> None:
    """Whatever stands in a header that we read: an answer, and never a status of the 500s."""
    random = Random(1)
    async with gateway(Desk()) as http:
        for _ in range(ROUNDS * 5):
            some = {name: random.choice(VALUES) for name in random.sample(NAMES, 2)}
            raw = [(name.encode(), value.encode("latin-1")) for name, value in some.items()]
            given = [(b"Content-Type", b"application/json")] if "Content-Type" not in some else []
            answer = await http.post("/graphql", content=JSON, headers=[*given, *raw])

            assert answer.status_code < 500, some
            assert answer.content, some


async def test_broken_addresses(http: httpx.AsyncClient) -> None:
    """Whatever stands in the query string of a GET: an answer in JSON, and never a status of the 500s."""
    random = Random(2)
    good = b"query=%7Bword%7D&variables=%7B%22t%22%3A1%7D&extensions=%7B%7D&operationName=A&documentId=x"
    for _ in range(ROUNDS * 3):
        text = broken(good, random).decode("latin-1")
        kept = "".join(
            letter for letter in text if letter.isascii() and letter.isprintable() and letter != "#"
        )
        answer = await http.get(f"/graphql?{kept}")

        assert answer.status_code < 500, kept
        assert answer.json(), kept
