"""Answers that are compressed: for whom, from which length on, and which never are."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.packing import BYTES_MIN, THREAD_BYTES, shorter, takes_gzip
from tests.edge.keeping import COMPANY, Keeping, caller_of, keeping

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINKS = """query ($company: ID, $first: Int) { company(key: $company) { invoices(first: $first) {
  nodes { id number source { fetchedAt } downloads { url } } } } }"""
PLAIN = LINKS.replace("downloads { url }", "")
MANY = {"company": COMPANY, "first": 40}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house() -> AsyncIterator[Keeping]:
    """One for all tests of this file."""
    async with keeping() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def here(house: Keeping) -> Keeping:
    """Where nothing is kept."""
    house.later()
    return house


def asked(text: str = PLAIN, *, accepted: str = "gzip", age: int = 0, **variables: Any) -> dict[str, Any]:
    """What one POST is made of."""
    headers = {
        "Authorization": "Bearer lm_demo_read", "Accept-Encoding": accepted, "Cache-Control": f"max-age={age}",
    }  # fmt: skip
    return {"json": {"query": text, "variables": {**MANY, **variables}}, "headers": headers}


async def raw(here: Keeping, **said: Any) -> tuple[Any, bytes]:
    """Headers, and the bytes as they came over the wire."""
    async with here.http.stream("POST", "/graphql", **asked(**said)) as answer:
        content = b"".join([part async for part in answer.aiter_raw()])
    assert len(content) == int(answer.headers["content-length"])
    return answer.headers, content


def opened(content: bytes) -> Any:
    """What one gzip member holds, checked to its end."""
    decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)
    found = decoder.decompress(content)
    assert (decoder.eof, decoder.unused_data) == (True, b"")
    return json.loads(found)


async def test_who_takes_gzip_gets_it(here: Keeping) -> None:
    """Smaller, and the same; others get it as it is; caches are told that there are two."""
    headers, content = await raw(here)
    plain_headers, plain = await raw(here, accepted="identity")
    assert headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain_headers
    assert opened(content)["data"] == json.loads(plain)["data"]
    assert len(content) < len(plain) / 2
    for each in (headers, plain_headers):
        assert "Accept-Encoding" in [name.strip() for name in each["vary"].split(",")]


async def test_a_kept_answer_keeps_its_compressed_bytes(here: Keeping) -> None:
    """Made once, sent with the age of each request; they count at what is kept, and go with the answer."""
    memory = here.demo.gateway.answers.kept.memory
    await raw(here, age=60)
    size = memory.size
    first = opened((await raw(here, age=60))[1])
    grown = memory.size
    here.demo.clock.advance(7)
    headers, content = await raw(here, age=60)
    again = opened(content)
    assert (first["extensions"]["kept"], again["extensions"]["kept"]) == ({"age": 0}, {"age": 7})
    assert (again["data"], headers["age"]) == (first["data"], "7")
    assert size < grown == memory.size
    plain = json.loads((await raw(here, age=60, accepted="identity"))[1])
    assert plain == again


async def test_short_answers_go_as_they_are(here: Keeping) -> None:
    """They take one or two packets either way."""
    headers, content = await raw(here, text="query ($company: ID) { company(key: $company) { name } }")
    assert "content-encoding" not in headers
    assert len(content) < BYTES_MIN


async def test_what_may_hold_a_secret_goes_as_it_is(here: Keeping) -> None:
    """A link that ends is a permission: how well it compresses beside somebody else's text would tell of it."""
    headers, content = await raw(here, text=LINKS)
    assert "content-encoding" not in headers
    assert "/files/" in json.dumps(json.loads(content)["data"])
    for text in ("mutation { a }", "{ admin { b } }", "{ hookUrl }", "{ repairUrl }", "{ planToken }"):
        assert await shorter(b"a" * 10_000, "gzip", (text,)) is None


async def test_a_batch_is_compressed_where_none_of_it_is_secret(here: Keeping) -> None:
    """As a whole."""
    for second, coding in ((PLAIN, "gzip"), (LINKS, None)):
        both = [{"query": text, "variables": MANY} for text in (PLAIN, second)]
        answer = await here.http.post("/graphql", **{**asked(), "json": both})
        assert answer.headers.get("content-encoding") == coding
        assert [len(each["data"]["company"]["invoices"]["nodes"]) for each in answer.json()] == [40, 40]


async def test_streams_are_never_compressed(here: Keeping) -> None:
    """Their parts have to arrive as they are made."""
    given = asked()
    for media in ("text/event-stream", "multipart/mixed"):
        text = PLAIN.replace("invoices(first", "... @defer { name } invoices(first")
        headers = {**given["headers"], "Accept": media}
        answer = await here.http.post("/graphql", json={"query": text, "variables": MANY}, headers=headers)
        assert answer.headers["content-type"].startswith(media)
        assert "content-encoding" not in answer.headers
        assert "INV" in answer.text or "number" in answer.text


async def test_it_can_be_switched_off(here: Keeping) -> None:
    """Then nobody's answers are."""
    async with caller_of(here.demo, limits=Limits(gzip=False)) as http:
        answer = await http.post("/graphql", **asked())
    assert "content-encoding" not in answer.headers
    assert len(answer.content) > BYTES_MIN


async def test_long_answers_are_compressed_beside_the_others(here: Keeping) -> None:
    """In a thread, so that whoever else asks is answered meanwhile; what comes out is the same."""
    content = b'{"data":"' + b"long " * THREAD_BYTES + b'"}'
    others = 0

    async def other() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    beside = asyncio.ensure_future(other())
    found = await shorter(content, "gzip", ("{ a }",))
    beside.cancel()
    assert found is not None
    assert opened(found) == json.loads(content)
    assert others > 0


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", True), ("GZIP, deflate, br", True), ("br;q=1.0, gzip;q=0.5", True), ("*", True), ("x-gzip", True),
        ("gzip ; q=0.1", True), ("gzip, *;q=0", True),
        (None, False), ("", False), ("identity", False), ("br, deflate", False), ("gzip;q=0", False),
        ("gzip;q=0.0, *", False), ("*;q=0", False), ("gzip;q=much", False), ("gzip," * 1_000, False),
    ],
)  # fmt: skip
async def test_who_takes_gzip(accepted: str | None, expected: bool) -> None:
    """By Accept-Encoding and its weights: what names gzip counts before what names anything."""
    assert takes_gzip(accepted) is expected
