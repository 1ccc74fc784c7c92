"""The AccountsOS emulator's two writes: categorising a transaction and uploading a document."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.sandbox.accountsos_desk import Desk, desk_over, exact, small_books
from tests.sandbox.contracts import ON_PURPOSE

SALE = "/api/transactions/txn_sale"
UNKNOWN = "/api/transactions/txn_unknown"
UPLOAD = "/api/documents/upload"
MEGABYTE = 1024 * 1024
SCAN = ("lunch.pdf", b"%PDF-1.7 lunch", "application/pdf")


@pytest.fixture
def desk() -> Desk:
    """With the key that may write."""
    desk = desk_over(small_books(), small_books("other-shop"))
    desk.sign_in("api_key")
    return desk


async def patched(desk: Desk, path: str, body: Mapping[str, object]) -> Any:
    """The transaction as a good answer shows it."""
    answer = await desk.client.patch(path, json=body)
    assert answer.status_code == 200, answer.text
    return exact(answer)["transaction"]


async def uploaded(desk: Desk, file: tuple[Any, ...] = SCAN, type: str = "receipt") -> Any:
    """The document as a good answer shows it."""
    answer = await desk.client.post(UPLOAD, files={"file": file}, data={"type": type})
    assert answer.status_code == 201, answer.text
    return exact(answer)["document"]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code, with the limits told as on every answer."""
    error = exact(answer)["error"]
    assert error["status"] == answer.status_code
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(answer.headers)
    return answer.status_code, error["code"]


# -- who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, (401, "unauthorized")),
        ("Bearer sk_live_wrong", (401, "invalid_api_key")),
        ("read_key", (403, "forbidden")),
    ],
)
async def test_only_a_key_with_the_scope_writes(
    desk: Desk, header: str | None, expected: tuple[int, str]
) -> None:
    """Reading is not enough, and what was refused has changed nothing."""
    desk.client.headers.pop("Authorization")
    if header == "read_key":
        desk.sign_in("read_key")
    elif header is not None:
        desk.client.headers["Authorization"] = header
    patch = await desk.client.patch(SALE, json={"notes": "mine"}, extensions=dict(ON_PURPOSE))
    upload = await desk.client.post(
        UPLOAD, files={"file": SCAN}, data={"type": "receipt"}, extensions=dict(ON_PURPOSE)
    )
    assert (refusal(patch), refusal(upload)) == (expected, expected)
    desk.sign_in("read_key")
    assert (await desk.get("/transactions/txn_sale"))["transaction"]["notes"] is None
    assert (await desk.get("/documents"))["pagination"]["total"] == 3


async def test_a_write_changes_one_company_only(desk: Desk) -> None:
    """Another company with the same ids keeps its own."""
    await patched(desk, SALE, {"notes": "mine"})
    await uploaded(desk)
    other = desk_over(small_books("other-shop"))
    desk.client.headers["Authorization"] = f"Bearer {other.emulator.credentials(other.books)['read_key']}"
    assert (await desk.get("/transactions/txn_sale"))["transaction"]["notes"] is None
    assert (await desk.get("/documents"))["pagination"]["total"] == 3


# -- transactions --------------------------------------------------------------------------------------------------


async def test_a_category_is_chosen(desk: Desk) -> None:
    """Its name follows the id, the confidence is 1, all else stays; reads show the same from then on."""
    before = (await desk.get("/transactions/txn_unknown"))["transaction"]
    assert before["category"] is None
    after = await patched(desk, UNKNOWN, {"category_id": "cat_stock"})
    assert after == {
        **before,
        "category": {"id": "cat_stock", "name": "Stock"},
        "confidence": Decimal(1),
    }
    assert '"confidence":1.0' in (await desk.client.get(UNKNOWN)).text
    assert after == (await desk.get("/transactions/txn_unknown"))["transaction"]
    assert "txn_unknown" in await desk.ids("/transactions", category="Stock")


async def test_notes_alone_leave_the_category_as_sure_as_it_was(desk: Desk) -> None:
    """Null takes them away again."""
    noted = await patched(desk, SALE, {"notes": "VAT receipt ✓ missing"})
    assert (noted["notes"], noted["confidence"]) == ("VAT receipt ✓ missing", Decimal("0.93"))
    assert (await patched(desk, SALE, {"notes": None}))["notes"] is None


async def test_other_keys_are_ignored(desk: Desk) -> None:
    """Amount, date, description and keys that no transaction has."""
    before = (await desk.get("/transactions/txn_sale"))["transaction"]
    body = {
        "amount": 1,
        "date": "2020-01-01",
        "description": "x",
        "category": {"id": "cat_stock"},
        "colour": 1,
    }
    for more in ({}, {"notes": "kept"}):
        answer = await desk.client.patch(SALE, json={**body, **more}, extensions=dict(ON_PURPOSE))
        assert exact(answer)["transaction"] == {**before, **more}


@pytest.mark.parametrize(
    "body",
    [
        {"category_id": "cat_none"},
        {"category_id": "Stock"},
        {"category_id": "ba_main"},
        {"category_id": None},
        {"category_id": 7},
        {"category_id": ""},
        {"category_id": "cat_none", "notes": "lost"},
        {"category_id": "cat_stock", "notes": 7},
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'"notes"',
    ],
)
async def test_what_does_not_fit_changes_nothing(desk: Desk, body: bytes | dict[str, object]) -> None:
    """Unknown categories, names in place of ids, bank accounts, and what is not a JSON object are 400."""
    before = (await desk.get("/transactions/txn_sale"))["transaction"]
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = await desk.client.patch(SALE, **content, extensions=dict(ON_PURPOSE))
    assert refusal(answer) == (400, "bad_request")
    assert (await desk.get("/transactions/txn_sale"))["transaction"] == before


async def test_a_transaction_that_is_not_there_is_404(desk: Desk) -> None:
    """Whatever is to be written on it."""
    answer = await desk.client.patch("/api/transactions/txn_none", json={"notes": "x"})
    assert refusal(answer) == (404, "not_found")


async def test_reports_follow_a_new_category(desk: Desk) -> None:
    """What was not categorised counts from then on; a sale turned into capital leaves the profit; sheets balance."""
    whole = {"from_": "2025-01-01", "to": "2025-12-31"}
    start = (await desk.get("/reports/profit-loss", **whole))["net_profit"]
    await patched(desk, UNKNOWN, {"category_id": "cat_sales"})
    assert (await desk.get("/reports/profit-loss", **whole))["net_profit"] == start + 7
    await patched(desk, SALE, {"category_id": "cat_capital"})
    profit = await desk.get("/reports/profit-loss", **whole)
    assert profit["net_profit"] == start + 7 - 120
    assert profit["income"]["total"] - profit["expenses"]["total"] == profit["net_profit"]
    sheet = await desk.get("/reports/balance-sheet")
    assert sheet["assets"]["total"] == sheet["liabilities"]["total"] + sheet["equity"]["total"]


@pytest.mark.parametrize("wrapped", [True, False])
async def test_written_objects_come_wrapped_or_bare(desk: Desk, wrapped: bool) -> None:
    """Both forms are within the contract."""
    desk.emulator.switches.wrapped = wrapped
    row = exact(await desk.client.patch(SALE, json={"notes": "x"}))
    assert (row["transaction"] if wrapped else row)["notes"] == "x"
    document = exact(await desk.client.post(UPLOAD, files={"file": SCAN}, data={"type": "other"}))
    assert (document["document"] if wrapped else document)["type"] == "other"


# -- documents -----------------------------------------------------------------------------------------------------


async def test_a_document_is_pending_and_later_processed(desk: Desk) -> None:
    """It stands first in the list at once; a minute later it is processed, what was pending before still is."""
    new = await uploaded(desk)
    assert new == {
        "id": new["id"],
        "file_name": "lunch.pdf",
        "type": "receipt",
        "status": "pending",
        "mime_type": "application/pdf",
        "size": len(SCAN[1]),
        "created_at": "2025-11-15T12:30:10Z",
        "transaction_id": None,
    }
    assert await desk.ids("/documents") == [new["id"], "doc_2", "doc_3", "doc_1"]
    assert await desk.ids("/documents", status="pending") == [new["id"], "doc_2"]
    desk.clock.advance(59)
    assert await desk.ids("/documents", status="pending") == [new["id"], "doc_2"]
    desk.clock.advance(1)
    assert await desk.ids("/documents", status="pending") == ["doc_2"]
    assert await desk.ids("/documents", status="processed") == [new["id"], "doc_1"]


async def test_how_long_processing_takes_can_be_turned(desk: Desk) -> None:
    """Not at all, for who does not want to wait."""
    desk.emulator.switches.processing_seconds = 0
    new = await uploaded(desk)
    assert new["status"] == "pending"
    assert new["id"] in await desk.ids("/documents", status="processed")


async def test_every_document_has_an_id_of_its_own(desk: Desk) -> None:
    """Also the same file twice; names are kept as they were sent, and tell the type of content where it is left out."""
    name = "Beleg für Zoë.pdf"
    first, second = [await uploaded(desk, (name, b"x"), "invoice") for _ in range(2)]
    assert first["id"] != second["id"]
    assert (first["file_name"], first["mime_type"], first["type"]) == (name, "application/pdf", "invoice")


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"type": "receipt"}, "files": {"other": SCAN}},
        {"data": {"type": "receipt"}, "files": {"file": ("empty.pdf", b"")}},
        {"data": {"type": "receipt"}, "files": {"file": (None, b"only text")}},
        {"files": {"file": SCAN}},
        {"data": {"type": "selfie"}, "files": {"file": SCAN}},
        {"data": {"type": ""}, "files": {"file": SCAN}},
        {"data": {"file": "x", "type": "receipt"}},
        {"json": {"file": "x", "type": "receipt"}},
        {"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"nothing", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b""},
    ],
)
async def test_a_form_that_is_not_whole_is_400(desk: Desk, sent: dict[str, Any]) -> None:
    """File and type are both wanted, in a multipart body; no document is left behind."""
    answer = await desk.client.post(UPLOAD, **sent, extensions=dict(ON_PURPOSE))
    assert refusal(answer) == (400, "bad_request")
    assert (await desk.get("/documents"))["pagination"]["total"] == 3


@pytest.mark.parametrize("announced", [True, False])
async def test_more_than_ten_megabytes_are_413(desk: Desk, announced: bool) -> None:
    """Whether or not the length is announced; somewhat less is taken."""
    taken = await uploaded(desk, ("big.pdf", bytes(10 * MEGABYTE - 2000)))
    assert taken["size"] == 10 * MEGABYTE - 2000
    request = desk.free.build_request(
        "POST", UPLOAD, files={"file": ("big.pdf", bytes(10 * MEGABYTE))}, data={"type": "other"}
    )
    body = await request.aread()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), MEGABYTE):
            yield body[start : start + MEGABYTE]

    headers = {"Content-Type": request.headers["content-type"]}
    answer = await desk.free.post(UPLOAD, content=body if announced else pieces(), headers=headers)
    assert refusal(answer) == (413, "payload_too_large")
    assert (await desk.get("/documents"))["pagination"]["total"] == 4


async def test_a_large_change_is_413_as_well(desk: Desk) -> None:
    """The cap holds for every body."""
    desk.emulator.switches.body_bytes_max = 100
    answer = await desk.client.patch(SALE, json={"notes": "n" * 100})
    assert refusal(answer) == (413, "payload_too_large")


async def test_writes_are_counted_like_reads(desk: Desk) -> None:
    """One request each, of the same key's limits."""
    desk.emulator.switches.calls_per_minute = 2
    await patched(desk, SALE, {"notes": "1"})
    await uploaded(desk)
    answer = await desk.client.patch(SALE, json={"notes": "3"})
    assert refusal(answer) == (429, "rate_limited")
    desk.clock.advance(60)
    assert (await desk.get("/transactions/txn_sale"))["transaction"]["notes"] == "1"
