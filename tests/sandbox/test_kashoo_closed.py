"""Closed books in the Kashoo emulator: nothing of a closed day is made, changed, moved there, or removed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.sandbox.kashoo_desk import Desk, desk_over, small_books
from tests.sandbox.test_kashoo_batch import record, statement
from tests.sandbox.test_kashoo_records import invoice

WORDS = (400, "date: the books are closed through 2026-03-05")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """One business whose bookkeeper closes its books."""
    one = desk_over(small_books())
    async with one.client:
        await one.sign_in()
        yield one


async def close_books(desk: Desk, day: str | None) -> None:
    """As any client of the API does it."""
    await desk.put(desk.home, {**await desk.get(desk.home), "booksCloseDate": day})


async def test_what_is_dated_on_a_closed_day_stays_as_it_is(desk: Desk) -> None:
    """The closing day itself is closed, the day after is not; opened again, all goes as before."""
    old = await desk.post("/records/invoices", await invoice(desk, date="2026-03-05"))
    new = await desk.post("/records/invoices", await invoice(desk, date="2026-03-06"))
    await close_books(desk, "2026-03-05")

    for method, path, body in (
        ("POST", "/records/invoices", await invoice(desk, date="2026-03-05")),
        ("PUT", f"/api/records/{old['id']}", {**old, "date": "2026-03-09"}),
        ("PUT", f"/api/records/{new['id']}", {**new, "date": "2026-03-04"}),
        ("PUT", "/api/records", [{**old, "memo": "x"}]),
        ("DELETE", f"/api/records/{old['id']}", None),
    ):
        assert await desk.denied(method, path, body) == WORDS, (method, path)
    assert await desk.get(f"/api/records/{old['id']}") == old
    await desk.put(f"/api/records/{new['id']}", {**new, "memo": "x"})
    await desk.delete(f"/api/records/{new['id']}")

    await close_books(desk, None)
    await desk.delete(f"/api/records/{old['id']}")


async def test_a_payment_of_an_open_day_settles_an_old_invoice(desk: Desk) -> None:
    """What counts is the day of the payment."""
    row = await record(desk, "A-2")
    await close_books(desk, "2026-03-05")
    share = [{"record": row["id"], "amount": 1}]
    paid: dict[str, Any] = {
        "account": (await desk.accounts())["1010"], "amount": 1, "currency": row["currency"],
        "contact": row["contact"], "allocations": share,
    }  # fmt: skip
    assert await desk.denied("POST", "/records/invoicePayments", {**paid, "date": "2026-03-05"}) == WORDS
    await desk.post("/records/invoicePayments", {**paid, "date": "2026-03-06"})


async def test_a_statement_with_a_closed_day_is_not_taken_in(desk: Desk) -> None:
    """None of its lines is."""
    await close_books(desk, "2026-03-05")
    before = await desk.numbers("/records/adjustments")
    status, message = await desk.denied("POST", "/records/import", await statement(desk))
    assert (status, message) == WORDS
    assert await desk.numbers("/records/adjustments") == before
