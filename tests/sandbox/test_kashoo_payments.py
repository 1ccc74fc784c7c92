"""How payments and papers of the Kashoo emulator hold together: balances, allocations, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.sandbox.kashoo_desk import Desk, desk_over, small_books


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    one = desk_over(small_books())
    async with one.client:
        await one.sign_in()
        yield one


async def payment(desk: Desk, money: int, /, *shares: tuple[str, int], **changes: object) -> dict[str, Any]:
    """A payment from Zoë for these invoices, with these changes."""
    body = {
        "type": "invoicePayment",
        "account": (await desk.accounts())["1010"],
        "contact": await desk.contact("Zoë Baker"),
        "currency": "CAD",
        "date": "2026-03-10",
        "amount": money,
        "allocations": [{"record": desk.id("INVOICE", number), "amount": share} for number, share in shares],
    }
    return {**body, **changes}


async def invoice(desk: Desk, number: str = "A-1") -> dict[str, Any]:
    """One invoice; 200.00 of the first one are open at the start."""
    found: dict[str, Any] = await desk.get(f"/api/records/{desk.id('INVOICE', number)}")
    return found


async def test_a_payment_moves_the_balance(desk: Desk) -> None:
    """Created, replaced and removed: each time balance, paid and what was paid follow, and the invoice was modified."""
    before = await invoice(desk)
    desk.clock.advance(5)
    made = await desk.post(
        "/records/invoicePayments", await payment(desk, 15100, ("A-1", 15000), method="CASH", number="R-77")
    )
    partly = await invoice(desk)
    path = f"/api/records/{made['id']}"
    desk.clock.advance(5)
    await desk.put(path, await payment(desk, 20000, ("A-1", 20000)))
    whole = await invoice(desk)
    desk.clock.advance(5)
    await desk.delete(path)
    after = await invoice(desk)

    assert (15100, 100, "CASH", "R-77", "INVOICE_PAYMENT") == tuple(
        made[name] for name in ("amount", "unallocatedAmount", "method", "number", "type")
    )
    assert [20000, 5000, 0, 20000] == [row["balanceDue"] for row in (before, partly, whole, after)]
    assert [14535, 29535, 34535, 14535] == [row["totalPaid"] for row in (before, partly, whole, after)]
    assert [False, False, True, False] == [row["paid"] for row in (before, partly, whole, after)]
    assert {"amount": 15000, "record": made["id"]} in partly["payments"]
    stamps = [row["lastModified"] for row in (before, partly, whole, after)]
    assert sorted(set(stamps)) == stamps


async def test_status_and_sums_follow_payments(desk: Desk) -> None:
    """An invoice that is paid up is listed as paid."""
    await desk.post("/records/invoicePayments", await payment(desk, 20000, ("A-1", 20000)))

    assert ["A-1"] == await desk.numbers("/records/invoices", status="paid")
    assert [] == await desk.numbers("/records/invoices", status="overdue")


async def test_bills_are_paid_likewise(desk: Desk) -> None:
    """A payment made settles bills; a check is told by its flag."""
    line = {"account": (await desk.accounts())["5000"], "quantity": 1, "rate": 90}
    zoe = await desk.contact("Zoë Baker")
    body = {
        "currency": "CAD",
        "date": "2026-03-01",
        "dueDate": "2026-03-31",
        "lineItems": [line],
        "contact": zoe,
    }
    bill = await desk.post("/records/bills", body)

    made = await desk.post(
        "/records/billPayments",
        await payment(desk, 9000, type="BILL_PAYMENT", byCheck=True, number="77",
                      allocations=[{"record": bill["id"], "amount": 9000}]),
    )  # fmt: skip

    assert (True, [{"number": "77"}]) == (made["byCheck"], made["checks"])
    assert 0 == (await desk.get(f"/api/records/{bill['id']}"))["balanceDue"]


@pytest.mark.parametrize(
    ("amount", "shares", "changes", "place"),
    [
        (20001, [("A-1", 20001)], {}, "allocations"),
        (20001, [("A-1", 10000), ("A-1", 10001)], {}, "allocations"),
        (100, [("A-2", 100)], {}, "allocations"),
        (100, [("A-3", 100)], {}, "allocations"),
        (100, [("A-4", 100)], {}, "allocations[0].record"),
        (100, [("A-1", 0)], {}, "allocations[0].amount"),
        (100, [("A-1", -5)], {}, "allocations[0].amount"),
        (100, [("A-1", 101)], {}, "amount"),
        (100, [("A-1", 90)], {"unallocatedAmount": 9}, "amount"),
        (0, [], {}, "amount"),
        (100, [], {"amount": None}, "amount"),
        (100, [], {"account": None}, "account"),
        (100, [], {"contact": None, "allocations": [{"record": 5, "amount": 1}]}, "allocations[0].record"),
        (100, [], {"type": "bill"}, "type"),
        (100, [], {"currency": None}, "currency"),
    ],
)
async def test_what_a_payment_cannot_be(
    desk: Desk, amount: int, shares: list[tuple[str, int]], changes: dict[str, object], place: str
) -> None:
    """Above the balance, of another contact or currency, of something removed or not adding up: 400, nothing made."""
    status, message = await desk.denied(
        "POST", "/records/invoicePayments", await payment(desk, amount, *shares, **changes)
    )

    assert (400, True) == (status, message.startswith(place)), message
    assert 20000 == (await invoice(desk))["balanceDue"]
    assert ["R-2", "R-1"] == await desk.numbers("/records/invoicePayments")


async def test_the_wrong_kinds(desk: Desk) -> None:
    """Only bank and card accounts pay; a payment for invoices settles no bill."""
    sales = await payment(desk, 100, account=(await desk.accounts())["4000"])
    bill = await payment(desk, 100, allocations=[{"record": desk.id("BILL", "B-1"), "amount": 100}])

    assert (await desk.denied("POST", "/records/invoicePayments", sales))[1].startswith("account")
    assert (await desk.denied("POST", "/records/invoicePayments", bill))[1].startswith(
        "allocations[0].record"
    )


async def test_a_replaced_payment_does_not_stand_in_its_own_way(desk: Desk) -> None:
    """Its earlier share is free again when it is replaced, and only that."""
    made = await desk.post("/records/invoicePayments", await payment(desk, 20000, ("A-1", 20000)))
    path = f"/api/records/{made['id']}"

    assert 20000 == (await desk.put(path, await payment(desk, 20000, ("A-1", 20000))))["amount"]
    assert 400 == (await desk.denied("PUT", path, await payment(desk, 20001, ("A-1", 20001))))[0]
    assert 0 == (await invoice(desk))["balanceDue"]


async def test_a_removed_payment_comes_back_only_if_there_is_room(desk: Desk) -> None:
    """Taken back it needs the balance again."""
    removed = f"/api/records/{desk.id('INVOICE_PAYMENT', 'R-3')}"
    await desk.post("/records/invoicePayments", await payment(desk, 20000, ("A-1", 20000)))

    back = await payment(desk, 100, ("A-1", 100), number="R-3")
    assert 400 == (await desk.denied("PUT", removed, back))[0]
    assert True is (await desk.put(removed, {**back, "removed": True}))["removed"]
    assert 0 == (await invoice(desk))["balanceDue"]


async def test_an_invoice_with_payments_is_held(desk: Desk) -> None:
    """It cannot be removed, nor come to less than is paid, nor change its contact or currency; more it can be."""
    path, before = f"/api/records/{desk.id('INVOICE', 'A-1')}", await invoice(desk)
    less = [{**before["lineItems"][0], "quantity": 1}]
    more = [{**before["lineItems"][0], "quantity": 4}]
    ann = await desk.contact("Ann & Co")

    assert 409 == (await desk.denied("DELETE", path, None))[0]
    assert 409 == (await desk.denied("PUT", path, {**before, "removed": True}))[0]
    assert 400 == (await desk.denied("PUT", path, {**before, "lineItems": less}))[0]
    assert 400 == (await desk.denied("PUT", path, {**before, "contact": ann}))[0]
    assert 400 == (await desk.denied("PUT", path, {**before, "currency": "USD"}))[0]
    assert before == await invoice(desk)
    assert 46046 - 14535 == (await desk.put(path, {**before, "lineItems": more}))["balanceDue"]
