"""PDFs and pictures of documents at the smallinvoice emulator."""

from __future__ import annotations

import re
import struct
import zlib

import pytest

from tests.sandbox.contracts import ON_PURPOSE
from tests.sandbox.smallinvoice_bodies import INVOICES, LINE, made
from tests.sandbox.smallinvoice_desk import Desk, open_desk, tiny_world


@pytest.fixture
async def desk() -> Desk:
    """The tiny books."""
    desk = open_desk(tiny_world(), "tiny")
    await desk.sign_in()
    return desk


async def test_a_pdf_is_whole(desk: Desk) -> None:
    """Its table of objects leads to each of them; it has the document's pages and words."""
    invoice = await made(desk, positions=[LINE] * 30, number="R(5)\\x")
    content = await desk.file(f"{INVOICES}/{invoice['id']}/pdf")
    assert content.startswith(b"%PDF-1.4\n")
    assert content.endswith(b"%%EOF\n")
    start = int(content.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert content[start:].startswith(b"xref\n")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", content[start:])]
    assert [content[place:].split(b" ")[0] for place in places] == [
        str(n).encode() for n in range(1, len(places) + 1)
    ]
    for length, stream in re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", content, re.DOTALL):
        assert len(stream) == int(length)
    assert content.count(b"/Type /Page ") == invoice["page_amount"] == 3
    assert b"(Rechnung R\\(5\\)\\\\x) Tj" in content
    assert b"Total CHF 6486.00" in content


async def test_pdf_options_are_json(desk: Desk) -> None:
    """Sent as they are; a receipt has another heading; what is no JSON is 400, a wrong value 422."""
    one = f"/v2{INVOICES}/{(await made(desk))['id']}/pdf"
    plain = await desk.client.get(one)
    receipt = await desk.client.get(one + '?options={"receipt":true,"isr_display_image":false}')
    assert b"(Quittung " in receipt.content
    assert b"(Quittung " not in plain.content
    assert plain.headers["content-type"] == "application/pdf"
    broken = await desk.client.get(one + "?options={receipt}")
    assert (broken.status_code, broken.json()["code"]) == (400, 2000)
    wrong = await desk.client.get(one + '?options={"receipt":"yes"}')
    assert (wrong.status_code, wrong.json()["meta"]["errors"][0]["key"]) == (422, "receipt")


@pytest.mark.parametrize("size", [None, 240, 595, 600, 972, 1240])
async def test_a_picture_has_the_width_that_was_asked_for(desk: Desk, size: int | None) -> None:
    """A PNG of a page of A4; 972 pixels unless asked."""
    one = f"{INVOICES}/{(await made(desk))['id']}/preview"
    content = await desk.file(one, **({} if size is None else {"size": size, "page": 1}))
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        chunks[kind] = content[at + 8 : at + 8 + length]
        assert struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + chunks[kind]
        )
        at += 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    assert width == (size or 972)
    assert 1.3 < height / width < 1.5
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + (width + 7) // 8)
    assert list(chunks)[-1] == b"IEND"


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("page=2", {"page": 1102}),
        ("page=0&size=100", {"page": 1102, "size": 1102}),
        ("page=x&size=600px", {"page": 1101, "size": 1101}),
    ],
)
async def test_there_is_no_such_picture(desk: Desk, query: str, wrong: dict[str, int]) -> None:
    """Pages beyond the end and other widths are 422, in JSON."""
    one = f"/v2{INVOICES}/{(await made(desk))['id']}/preview?{query}"
    answer = await desk.client.get(one, extensions=dict(ON_PURPOSE))
    assert answer.status_code == 422
    assert {error["key"]: error["code"] for error in answer.json()["meta"]["errors"]} == wrong


@pytest.mark.parametrize("what", ["pdf", "preview"])
async def test_a_missing_document_has_no_file(desk: Desk, what: str) -> None:
    """404 in JSON, on these paths too."""
    status, body = await desk.refused(f"{INVOICES}/5/{what}")
    assert (status, body["meta"]["entity_type"]) == (404, "DocumentInvoiceStandard")
