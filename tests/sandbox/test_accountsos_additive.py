"""AccountsOS of tomorrow: fields, words and error codes that nobody knows yet, on request."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ledgermesh.sandbox.books import DueDate
from tests.sandbox.accountsos_desk import Desk, desk_over, exact, file, party, small_books
from tests.sandbox.contracts import ON_PURPOSE, Breach

LISTS = ("/transactions", "/documents", "/deadlines", "/contacts")
REPORTS = ("/reports/profit-loss", "/reports/balance-sheet", "/reports/vat")
WORDS = [
    ("/contacts", "type", {"client"}, "partner"),
    ("/documents", "status", {"pending"}, "quarantined"),
    ("/deadlines", "type", {"VAT Return"}, "Plastic Packaging Tax"),
]


@pytest.fixture
def desk() -> Desk:
    return desk_over(small_books())


def objects(value: Any) -> list[dict[str, Any]]:
    """Every JSON object in a value, but for those that were added."""
    if isinstance(value, list):
        return [found for part in value for found in objects(part)]
    if not isinstance(value, dict):
        return []
    known = {key: part for key, part in value.items() if key != "x_unknown"}
    return [value, *objects([*known.values()])]


@pytest.mark.parametrize("path", [*LISTS, *REPORTS, "/transactions/txn_sale"])
async def test_every_object_gets_a_field_nobody_knows(desk: Desk, path: str) -> None:
    """The body, the records, their categories and the pagination; that is outside the contract."""
    desk.emulator.switches.additive = True
    with pytest.raises(Breach, match="x_unknown"):
        await desk.client.get(f"/api{path}")
    found = objects(exact(await desk.free.get(f"/api{path}")))
    assert len(found) > 1
    assert all("x_unknown" in each for each in found)


@pytest.mark.parametrize(("path", "field", "known", "unknown"), WORDS)
async def test_some_words_are_new(path: str, field: str, known: set[str], unknown: str) -> None:
    """About half of the records, the same ones at every read; who filters still finds them by the old word."""
    books = small_books()
    books.parties = [party(f"con_{n}", f"Client {n}", customer=True, email=None) for n in range(20)]
    books.files = [file(f"doc_{n}", "receipt", "pending", 1, None) for n in range(20)]
    books.due_dates = [DueDate(f"dl_{n}", "VAT Return", dt.date(2025, 12, 1), "pending") for n in range(20)]
    desk = desk_over(books)
    before = {row["id"]: row[field] for row in (await desk.get(path))[path.strip("/")]}
    desk.emulator.switches.additive = True
    query = {field: next(iter(known))}
    rows, again = [
        (await desk.free.get(f"/api{path}", params=query)).json()[path.strip("/")] for _ in range(2)
    ]
    words = {row["id"]: row[field] for row in rows}
    assert set(before.values()) == known
    assert words == {row["id"]: row[field] for row in again}
    assert words.keys() == before.keys()
    assert set(words.values()) == {*known, unknown}


async def test_errors_carry_codes_and_fields_nobody_knows(desk: Desk) -> None:
    """The status stays what it was, in the answer and in the envelope."""
    desk.emulator.switches.additive = True
    answer = await desk.free.get("/api/nowhere", extensions=dict(ON_PURPOSE))
    error = answer.json()["error"]
    assert (answer.status_code, error["status"], error["code"]) == (404, 404, "x_unknown")
    assert "x_unknown" in error
