"""The AccountsOS emulator: keys, lists, paging, errors and switches, over HTTP and held against its contract."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import httpx
import pytest

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.world import make_world
from tests.sandbox.accountsos_desk import CLOSED, Desk, desk_over, exact, line, party, small_books
from tests.sandbox.contracts import ON_PURPOSE, Breach

LISTS = ("/transactions", "/documents", "/deadlines", "/contacts")
BAD_DAYS = ("1.2.2025", "2025-2-3", "2025-02-30", "")
REPORTS = ("/reports/profit-loss", "/reports/balance-sheet", "/reports/vat")


@pytest.fixture
def desk() -> Desk:
    """At the small books, with another company's beside them."""
    return desk_over(small_books(), other_books())


def other_books() -> Books:
    books = small_books("other-shop")
    for row in books.bank_lines:
        row.id = f"other_{row.id}"
    return books


# -- keys ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "unauthorized"),
        ("", "unauthorized"),
        ("Basic c2s6", "unauthorized"),
        ("Bearer", "unauthorized"),
        ("Bearer   ", "unauthorized"),
        ("Bearer sk_live_wrong", "invalid_api_key"),
    ],
)
@pytest.mark.parametrize("path", [*LISTS, *REPORTS, "/transactions/txn_sale"])
async def test_without_a_known_key_nothing_is_shown(
    desk: Desk, path: str, header: str | None, code: str
) -> None:
    """A missing or malformed header is `unauthorized`, an unknown key `invalid_api_key`; both are 401."""
    desk.client.headers.pop("Authorization")
    headers = {} if header is None else {"Authorization": header}
    answer = await desk.client.get(f"/api{path}", headers=headers, extensions=dict(ON_PURPOSE))
    assert (401, code) == (answer.status_code, exact(answer)["error"]["code"])


@pytest.mark.parametrize("path", [*LISTS, *REPORTS, "/transactions/txn_sale"])
async def test_both_keys_read_everything(desk: Desk, path: str) -> None:
    """The key that may write may read too, and the scheme's case does not matter."""
    read = await desk.get(path)
    desk.client.headers["Authorization"] = f"bearer {desk.emulator.credentials(desk.books)['api_key']}"
    assert read == await desk.get(path)


async def test_a_key_opens_one_company(desk: Desk) -> None:
    """Another company's transactions are neither listed nor found."""
    assert not any(id.startswith("other_") for id in await desk.ids("/transactions"))
    assert (404, "not_found") == await desk.refused("/transactions/other_txn_sale")


@pytest.mark.parametrize(
    ("switch", "expected"), [("revoked", (401, "invalid_api_key")), ("forbidden", (403, "forbidden"))]
)
async def test_a_key_can_be_taken_away(desk: Desk, switch: str, expected: tuple[int, str]) -> None:
    """A revoked key is 401, one that lost its scopes 403, while the company is named in the switch."""
    getattr(desk.emulator.switches, switch).add("corner-shop")
    assert expected == await desk.refused("/transactions")
    getattr(desk.emulator.switches, switch).clear()
    await desk.get("/transactions")


# -- paths and methods ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/invoices", "/contacts/con_1", "/reports", "/transactions/txn_sale/notes", ""]
)
async def test_an_unknown_path_is_404_in_the_envelope(desk: Desk, path: str) -> None:
    """Whatever the API does not have answers like a missing record."""
    assert (404, "not_found") == await desk.refused(path)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/transactions", "GET"),
        ("/transactions/txn_sale", "GET, PATCH"),
        ("/documents", "GET"),
        ("/documents/upload", "POST"),
        ("/deadlines", "GET"),
        ("/contacts", "GET"),
        ("/reports/vat", "GET"),
    ],
)
async def test_a_method_that_is_not_there_is_405_in_the_envelope(
    desk: Desk, method: str, path: str, allowed: str
) -> None:
    """Transactions are changed by PATCH and documents sent by POST; nothing else is written, nothing deleted."""
    desk.sign_in("api_key")
    answer = await desk.client.request(method, f"/api{path}", extensions=dict(ON_PURPOSE))
    error = exact(answer)["error"]
    if method in allowed:
        assert (400, "bad_request") == (answer.status_code, error["code"])
        return
    assert (405, "method_not_allowed", 405) == (answer.status_code, error["code"], error["status"])
    assert answer.headers["allow"] == allowed
    assert "x-ratelimit-remaining" in answer.headers


async def test_there_is_nothing_to_read_where_documents_are_sent(desk: Desk) -> None:
    """GET on the upload is 405, and documents have no paths of their own."""
    assert (405, "method_not_allowed") == await desk.refused("/documents/upload")
    assert (404, "not_found") == await desk.refused("/documents/doc_1")


# -- transactions --------------------------------------------------------------------------------------------------


async def test_transactions_come_newest_first_in_an_order_of_their_own(desk: Desk) -> None:
    """Days fall; within a day the order is neither that of the books nor that of the ids, and always the same."""
    books = small_books()
    books.bank_lines = [
        line(f"txn_{n:02}", "2025-10-05", "1.00", None, None) for n in range(12)
    ] + books.bank_lines
    tied = desk_over(books)
    rows = (await tied.get("/transactions"))["transactions"]
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)
    day = [row["id"] for row in rows if row["date"] == "2025-10-05"]
    assert len(day) == 15
    assert day not in (
        sorted(day),
        sorted(day, reverse=True),
        [row.id for row in books.bank_lines if row.id in day],
    )
    assert [row["id"] for row in rows] == await desk_over(books).ids("/transactions")


async def test_amounts_are_signed_decimals_with_two_places(desk: Desk) -> None:
    """Written as JSON numbers exactly as they are, money out negative."""
    text = (await desk.client.get("/api/transactions")).text
    assert set(re.findall(r'"amount":([^,}]*)', text)) == {
        "1000.00", "-50.10", "120.00", "-45.99", "-10.50", "3.10", "7.00",
    }  # fmt: skip


async def test_a_transaction_has_the_documented_fields(desk: Desk) -> None:
    """With the category as an object, null while there is none; the single read shows the same."""
    row = (await desk.get("/transactions/txn_software"))["transaction"]
    assert row == {
        "id": "txn_software",
        "date": "2025-10-05",
        "description": "Line txn_software",
        "amount": Decimal("-45.99"),
        "currency": "GBP",
        "category": {"id": "cat_software", "name": "Software"},
        "confidence": Decimal("0.93"),
        "bank_account_id": "ba_main",
        "notes": None,
        "vat_rate": Decimal(20),
    }
    assert row in (await desk.get("/transactions"))["transactions"]
    assert (await desk.get("/transactions/txn_unknown"))["transaction"]["category"] is None
    assert (await desk.get("/transactions/txn_refund"))["transaction"]["confidence"] is None
    assert (404, "not_found") == await desk.refused("/transactions/txn_none")


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (
            {"from_": "2025-10-01", "to": "2025-10-05"},
            {"txn_sale", "txn_software", "txn_stock", "txn_refund"},
        ),
        ({"from_": "2025-10-02", "to": "2025-10-04"}, set()),
        ({"from_": "2025-10-06"}, {"txn_unknown"}),
        ({"to": "2025-06-29"}, {"txn_capital"}),
        ({"from_": "2025-10-05", "to": "2025-10-01"}, set()),
        ({"category": "cat_software"}, {"txn_software", "txn_refund"}),
        ({"category": "Software", "to": "2025-10-05"}, {"txn_software", "txn_refund"}),
        ({"category": "cat_none"}, set()),
    ],
)
async def test_transactions_are_filtered(desk: Desk, window: dict[str, str], expected: set[str]) -> None:
    """Both ends of the window are in it; a category goes by id or name; the total counts what is left."""
    body = await desk.get("/transactions", **window)
    assert {row["id"] for row in body["transactions"]} == expected
    assert body["pagination"] == {"total": len(expected), "limit": 50, "offset": 0, "has_more": False}


# -- paging --------------------------------------------------------------------------------------------------------


async def test_pages_show_every_row_once_with_a_true_total() -> None:
    """A full read of a company of the world, by pages of several sizes."""
    world = make_world(today=dt.date(2025, 11, 15))
    desk = desk_over(world.books["harbour-legal", "accountsos"])
    desk.emulator.switches.limited = False
    every = [line.id for line in desk.books.bank_lines]
    for limit in (7, 50, 100):
        rows = [row["id"] for row in await desk.pages("/transactions", limit=limit)]
        assert sorted(rows) == sorted(every)
    first = await desk.get("/transactions")
    assert first["pagination"] == {"total": len(every), "limit": 50, "offset": 0, "has_more": True}
    await desk.get("/documents", limit=100)


@pytest.mark.parametrize(
    ("asked", "limit", "shown", "more"),
    [
        ({"limit": 3}, 3, 3, True),
        ({"limit": 3, "offset": 6}, 3, 1, False),
        ({"offset": 7}, 50, 0, False),
        ({"offset": 999999}, 50, 0, False),
        ({"limit": 101}, 100, 7, False),
        ({"limit": 999999}, 100, 7, False),
        ({"limit": 7}, 7, 7, False),
    ],
)
async def test_the_pagination_block_says_what_was_given(
    desk: Desk, asked: dict[str, int], limit: int, shown: int, more: bool
) -> None:
    """Too large a limit is cut to the maximum, and the block tells the limit that held."""
    body = await desk.get("/transactions", **asked)
    pagination = {"total": 7, "limit": limit, "offset": asked.get("offset", 0), "has_more": more}
    assert (pagination, shown) == (body["pagination"], len(body["transactions"]))


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        *(
            (path, {"limit": value})
            for path in ("/transactions", "/documents", "/contacts")
            for value in ("0", "-1", "ten", "1.5", "", "99999999999")
        ),
        *((path, {"offset": value}) for path in ("/transactions", "/documents") for value in ("-1", "x", "")),
        *(("/transactions", {"from_": value}) for value in BAD_DAYS),
        *(("/transactions", {"to": value}) for value in BAD_DAYS),
        ("/deadlines", {"days": "-1"}),
        ("/deadlines", {"days": "soon"}),
    ],
)  # fmt: skip
async def test_bad_parameters_are_400(desk: Desk, path: str, asked: dict[str, str]) -> None:
    """Limits, offsets, days and dates that cannot be read are `bad_request`, not guessed at."""
    assert (400, "bad_request") == await desk.refused(path, **asked)


# -- documents, deadlines, contacts ---------------------------------------------------------------------------------


async def test_documents_are_newest_first_and_filtered(desk: Desk) -> None:
    """By type and by status."""
    assert await desk.ids("/documents") == ["doc_2", "doc_3", "doc_1"]
    assert await desk.ids("/documents", type="receipt") == ["doc_3", "doc_1"]
    assert await desk.ids("/documents", type="receipt", status="processed") == ["doc_1"]
    assert await desk.ids("/documents", status="archived") == []
    assert (await desk.get("/documents", limit=1, offset=2))["documents"][0] == {
        "id": "doc_1",
        "file_name": "doc_1.pdf",
        "type": "receipt",
        "status": "processed",
        "mime_type": "application/pdf",
        "size": 1234,
        "created_at": "2025-10-01T09:00:00Z",
        "transaction_id": "txn_software",
    }


async def test_deadlines_are_told_from_the_clocks_day(desk: Desk) -> None:
    """Within 90 days or the days asked for, the overdue included, the completed not; time moves them."""
    assert await desk.ids("/deadlines") == ["dl_past", "dl_soon"]
    assert await desk.ids("/deadlines", days=91) == ["dl_past", "dl_soon", "dl_far"]
    assert await desk.ids("/deadlines", days=0) == ["dl_past"]
    assert await desk.ids("/deadlines", days=91, type="CT600") == ["dl_far"]
    overdue, soon = (await desk.get("/deadlines"))["deadlines"]
    assert overdue == {
        "id": "dl_past",
        "type": "VAT Return",
        "due_date": "2025-11-07",
        "days_until": -8,
        "status": "overdue",
        "notes": "late",
    }
    assert (soon["days_until"], soon["status"], soon["notes"]) == (84, "pending", None)
    desk.clock.advance(86_400)
    assert await desk.ids("/deadlines") == ["dl_past", "dl_soon", "dl_far"]
    assert (await desk.get("/deadlines"))["deadlines"][0]["days_until"] == -9


async def test_contacts_are_filtered_and_searched(desk: Desk) -> None:
    """By name whatever its case; the search looks into names and e-mail addresses; removed ones are gone."""
    assert await desk.ids("/contacts") == ["con_2", "con_4", "con_1"]
    assert await desk.ids("/contacts", type="client") == ["con_4", "con_1"]
    assert await desk.ids("/contacts", type="supplier") == ["con_2"]
    assert await desk.ids("/contacts", search="BAKER") == ["con_4", "con_1"]
    assert await desk.ids("/contacts", search="anna@") == ["con_4"]
    assert await desk.ids("/contacts", search="gone") == []
    assert await desk.ids("/contacts", search="none") == []
    assert (await desk.get("/contacts", search="zoë"))["contacts"] == [
        {
            "id": "con_1",
            "name": "Zoë Baker",
            "type": "client",
            "email": "zoe@example.org",
            "phone": None,
            "address": "1 High Street\nLeeds LS1 1AA\nGB",
            "vat_number": None,
            "created_at": "2025-11-15T12:30:10Z",
        }
    ]


async def test_contacts_beyond_the_limit_are_reached_by_search_only() -> None:
    """There is no offset: sending one changes nothing, and at most 100 come at once."""
    books = small_books()
    books.parties = [party(f"con_{n:03}", f"Client {n:03}", customer=True, email=None) for n in range(130)]
    desk = desk_over(books)
    assert len(await desk.ids("/contacts")) == 50
    first = await desk.ids("/contacts", limit=999)
    assert first == [f"con_{n:03}" for n in range(100)]
    moved = await desk.client.get("/api/contacts?limit=999&offset=100", extensions=dict(ON_PURPOSE))
    assert first == [row["id"] for row in exact(moved)["contacts"]]
    assert await desk.ids("/contacts", search="Client 129") == ["con_129"]


# -- switches ------------------------------------------------------------------------------------------------------


async def test_the_page_size_can_be_cut(desk: Desk) -> None:
    """The maximum may change between two pages; the block tells it."""
    desk.emulator.switches.page_size_max = 2
    assert len(await desk.ids("/transactions", limit=5)) == 2
    assert (await desk.get("/transactions"))["pagination"]["limit"] == 2
    assert len(await desk.ids("/contacts")) == 2


async def test_the_window_can_be_ignored(desk: Desk) -> None:
    """As by a provider that dropped the parameters; dates that cannot be read are still refused."""
    desk.emulator.switches.window_ignored = True
    assert len(await desk.ids("/transactions", from_="2025-10-05", to="2025-10-05")) == 7
    assert (400, "bad_request") == await desk.refused("/transactions", to="x")


@pytest.mark.parametrize("wrapped", [True, False])
async def test_single_objects_come_wrapped_or_bare(desk: Desk, wrapped: bool) -> None:
    """Both forms are within the contract."""
    desk.emulator.switches.wrapped = wrapped
    body = await desk.get("/transactions/txn_sale")
    assert (body["transaction"] if wrapped else body)["id"] == "txn_sale"
    for path in REPORTS:
        report = await desk.get(path)
        assert "currency" in report or "boxes" in report if wrapped else set(report) == {"report"}


async def test_single_values_and_records_can_be_spoiled(desk: Desk) -> None:
    """One field of one record, or one whole record, of any list."""
    desk.emulator.switches.overrides = {"txn_sale": {"amount": "12,50"}, "con_1": {"created_at": 7}}
    desk.emulator.switches.replacements = {"txn_stock": "corrupt"}
    request = httpx.Request("GET", "http://sandbox/accountsos/api/transactions", headers=desk.client.headers)
    answer = await desk.free.get("/api/transactions")
    with pytest.raises(Breach):
        CLOSED.check_response(request, answer)
    rows = exact(answer)["transactions"]
    assert "corrupt" in rows
    shown = {row["id"]: row for row in rows if isinstance(row, dict)}
    assert shown["txn_sale"]["amount"] == "12,50"
    assert shown["txn_software"]["amount"] == Decimal("-45.99")
    assert len(shown) == 6
    contacts = exact(await desk.free.get("/api/contacts"))["contacts"]
    assert [row["created_at"] for row in contacts if row["id"] == "con_1"] == [7]
