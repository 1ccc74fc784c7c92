"""Writing payments at the smallinvoice emulator, and what they do to their invoice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.sandbox.smallinvoice import KEEPER
from ledgermesh.sandbox.world import make_world
from tests.sandbox.smallinvoice_bodies import INVOICES, made
from tests.sandbox.smallinvoice_desk import START, Desk, open_desk, tiny_world

NEW = {"type": "N", "channel": "PP", "amount": 100, "date": "2025-06-14"}


@pytest.fixture
async def desk() -> Desk:
    """The tiny books."""
    desk = open_desk(tiny_world(), "tiny")
    await desk.sign_in()
    return desk


async def state(desk: Desk, id: int) -> tuple[str, Any, Any]:
    """Status, how much is paid, and when it was all."""
    row = (await desk.get(f"{INVOICES}/{id}"))["item"]
    return row["status"], row["total_paid"], row["paid_date"]


async def test_payments_make_an_invoice_paid(desk: Desk) -> None:
    """In part, then in full, on the latest day; deleting one goes back; all types settle."""
    invoice = await made(desk)
    path = f"{INVOICES}/{invoice['id']}/payments"
    first = await desk.post(path, NEW)
    assert {key: first[key] for key in NEW} == NEW
    assert (first["notes"], first["created"]) == (None, "2025-06-15 12:00:00")
    assert await state(desk, invoice["id"]) == ("PP", 100, None)
    second = await desk.post(path, {**NEW, "type": "C", "amount": 16.2, "date": "2025-06-10"})
    third = await desk.post(path, {**NEW, "type": "W", "channel": "C", "date": "2025-06-12"})
    assert await state(desk, invoice["id"]) == ("P", Decimal("216.2"), "2025-06-14")
    paper = desk.books.invoice(invoice["number"])
    assert paper is not None
    assert desk.books.paid(paper) == Decimal("216.2")
    await desk.delete(f"{path}/{second['id']},{third['id']}")
    assert await state(desk, invoice["id"]) == ("PP", 100, None)
    assert [row["id"] for row in (await desk.get(path))["items"]] == [first["id"]]
    await desk.delete(f"{path}/{first['id']}")
    assert (await state(desk, invoice["id"]))[1:] == (0, None)
    assert len(desk.books.receipts) == 2


async def test_only_the_notes_of_a_payment_change(desk: Desk) -> None:
    """Any other key of it is refused, whatever its value."""
    invoice = await made(desk)
    path = f"{INVOICES}/{invoice['id']}/payments"
    payment = await desk.post(path, NEW)
    assert await desk.put(f"{path}/{payment['id']}", {"notes": "Bar"}) == {**payment, "notes": "Bar"}
    wrong = await desk.wrong("PUT", f"{path}/{payment['id']}", {"notes": "x", "amount": 100, "date": None})
    assert wrong == {"amount": 1104, "date": 1104}
    assert (await desk.get(f"{path}/{payment['id']}"))["item"]["notes"] == "Bar"


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"amount": 0}, {"amount": 1102}),
        ({"amount": "5"}, {"amount": 1101}),
        ({"amount": None, "date": None, "type": None}, {"amount": 1100, "date": 1100, "type": 1100}),
        ({"type": "X", "channel": "X", "date": "2025-02-30"}, {"type": 1102, "channel": 1102, "date": 1103}),
    ],
)
async def test_what_cannot_be_paid_is_named(
    desk: Desk, change: dict[str, Any], wrong: dict[str, int]
) -> None:
    """And nothing is paid."""
    invoice = await made(desk)
    assert await desk.wrong("POST", f"{INVOICES}/{invoice['id']}/payments", {**NEW, **change}) == wrong
    assert await state(desk, invoice["id"]) == ("DR", 0, None)


async def test_a_status_that_was_set_holds_until_the_next_payment(desk: Desk) -> None:
    """P without payments is paid on the day of the change; a payment then tells the truth."""
    invoice = await made(desk)
    one = f"{INVOICES}/{invoice['id']}"
    await desk.patch(f"{one}/change-status", {"status": "P", "date_time": "2025-06-03 10:00:00"})
    assert await state(desk, invoice["id"]) == ("P", 0, "2025-06-03")
    await desk.post(f"{one}/payments", {**NEW, "amount": 1})
    assert await state(desk, invoice["id"]) == ("PP", 1, None)


async def test_payments_that_were_there_stay_what_they_were() -> None:
    """Over a whole company: adding one and taking it back, or changing notes, leaves all the others alone."""
    desk = open_desk(make_world(today=START.date(), keepers={"smallinvoice": KEEPER}), "grand-tour")
    await desk.sign_in()
    kinds = set()
    for invoice in await desk.all(INVOICES, limit=200, filter='{"status": "P"}'):
        path = f"{INVOICES}/{invoice['id']}/payments"
        before = await desk.all(path)
        if (shape := tuple(sorted(row["type"] for row in before))) in kinds:
            continue
        kinds.add(shape)
        extra = await desk.post(path, NEW)
        await desk.delete(f"{path}/{extra['id']}")
        await desk.put(f"{path}/{before[0]['id']}", {"notes": "Neu"})
        assert await desk.all(path) == [{**before[0], "notes": "Neu"}, *before[1:]]
        assert (await desk.get(f"{INVOICES}/{invoice['id']}"))["item"] == invoice
        await desk.delete(f"{path}/{','.join(str(row['id']) for row in before)}")
        assert (await state(desk, invoice["id"]))[1:] == (0, None)
    assert len(kinds) >= 3
