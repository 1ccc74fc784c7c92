"""What writing records to the Kashoo emulator does: totals, numbers, replacement, removal, both forms of dates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.sandbox.world import World
from tests.sandbox.kashoo_desk import Desk, desk_over, small_books, small_world

DAY = {"year": 2026, "month": 3, "dayOfMonth": 9, "monthEnum": "MARCH"}


@pytest.fixture(params=["object", "string"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """Once with each form of dates in answers."""
    one = desk_over(small_books())
    one.emulator.switches.date_style = request.param
    async with one.client:
        await one.sign_in()
        yield one


@pytest.fixture(scope="module")
def world() -> World:
    return small_world()


async def invoice(desk: Desk, **changes: object) -> dict[str, Any]:
    """The least that public clients send for an invoice, with these changes."""
    line = {"account": (await desk.accounts())["4000"], "quantity": 1, "rate": 1, "taxCode": ""}
    body: dict[str, Any] = {"type": "invoice", "currency": "CAD", "poNumber": "", "lineItems": [line]}
    return {**body, "date": "2026-03-09", "dueDate": "2026-04-08", **changes}


async def test_a_new_invoice_is_computed_and_everywhere(desk: Desk) -> None:
    """Cents from decimal rates, taxes of the date, a number, and it is in every list at once."""
    zoe, accounts = await desk.contact("Zoë Baker"), await desk.accounts()
    lines = [
        {"account": accounts["4000"], "quantity": Decimal("2.5"), "rate": Decimal("19.99"), "taxCode": "HST"},
        {"account": accounts["4000"], "quantity": 1, "rate": 10, "taxCode": "GST", "discountCode": "25%"},
    ]
    body = await invoice(
        desk, contact=zoe, lineItems=lines, memo="Fresh", description="Two kinds", poNumber="P9"
    )

    answer = await desk.send("POST", "/records/invoices", body)
    made = answer.json()

    assert (201, f"http://sandbox/kashoo/api/records/{made['id']}") == (
        answer.status_code, answer.headers["location"]
    )  # fmt: skip
    assert [4998, 750] == [row["amount"] for row in made["lineItems"]]
    assert [("HST", 700), ("GST", 38)] == [(row["taxCode"], row["amount"]) for row in made["taxes"]]
    assert (5748, 6486, 6486, False) == tuple(
        made[name] for name in ("totalBeforeTaxes", "totalDue", "balanceDue", "paid")
    )
    assert ("A-5", "Fresh", "Two kinds", "P9", "Zoë Baker") == tuple(
        made[name] for name in ("number", "memo", "description", "poNumber", "contactName")
    )
    found = await desk.get(f"/api/records/{made['id']}")
    assert made["id"] == found["id"]
    assert [found] == await desk.get("/records/invoices", search="a-5")
    assert "A-5" in await desk.numbers("/records", limit=1)
    assert "A-5" == (await desk.numbers(f"/api/contacts/{zoe}/records"))[0]
    since = int(desk.clock.now().timestamp() * 1000)
    assert ["A-5"] == await desk.numbers("/records/invoices", modifiedSince=since)
    owed = (await desk.get(f"/api/accounts/{accounts['1200']}/journalEntries", limit=1))[0]
    assert (made["id"], 6486, 0) == (owed["record"], owed["debit"], owed["credit"])


async def test_dates_are_read_in_both_forms(desk: Desk) -> None:
    """Text and objects are the same date; the name of the month counts before its number."""
    text = await desk.post("/records/invoices", await invoice(desk))
    bean = await desk.post("/records/invoices", await invoice(desk, date=DAY))
    named = await desk.post("/records/invoices", await invoice(desk, date={**DAY, "month": 2}))
    bare = await invoice(desk, date={"year": 2026, "month": 3, "dayOfMonth": 9})
    numbered = (await desk.send("POST", "/records/invoices", bare, erring=True)).json()

    assert text["date"] == bean["date"] == named["date"] == numbered["date"]


async def test_numbers_go_on(desk: Desk) -> None:
    """Without a number it gets the next one; a given one moves the sequence; two records may have the same."""
    first = await desk.post("/records/invoices", await invoice(desk))
    second = await desk.post("/records/invoices", await invoice(desk, number="A-41"))
    third = await desk.post("/records/invoices", await invoice(desk))
    again = await desk.post("/records/invoices", await invoice(desk, number="A-41"))
    bill = await desk.post("/records/bills", await invoice(desk, type="bill"))

    assert ["A-5", "A-41", "A-42", "A-41", "B-2"] == [
        row["number"] for row in (first, second, third, again, bill)
    ]
    assert second["id"] != again["id"]
    assert ["A-41", "A-41"] == await desk.numbers("/records/invoices", search="A-41")
    assert [{"type": "INVOICE", "number": "A-43"}, {"type": "BILL", "number": "B-3"}] == await desk.get(
        "/records/nextNumbers"
    )


async def test_a_put_replaces_everything(desk: Desk) -> None:
    """What is left out is lost; what is computed, read-only or unknown is ignored; the change is dated."""
    made = await desk.post(
        "/records/invoices", await invoice(desk, memo="Old", terms="Net 30", description="Gone soon")
    )
    path = f"/api/records/{made['id']}"
    desk.clock.advance(5)

    changed = await desk.put(path, await invoice(
        desk, poNumber="N", totalDue=1, balanceDue=7, readOnly=True, creation="2001-01-01T00:00:00Z", colour="red",
        id=5, business=6, paid=True,
    ))  # fmt: skip

    assert ("", "", "", "", "N") == tuple(
        changed[name] for name in ("memo", "terms", "description", "number", "poNumber")
    )
    assert (100, 100, False, False) == tuple(
        changed[name] for name in ("totalDue", "balanceDue", "readOnly", "paid")
    )
    assert (made["id"], made["business"], made["creation"]) == (
        changed["id"], changed["business"], changed["creation"]
    )  # fmt: skip
    assert changed["lastModified"] > made["lastModified"]
    assert changed == await desk.get(path)


async def test_what_was_read_can_be_sent_back(world: World) -> None:
    """A record of any type that is sent back as it came stays what it is, but for the moment of the change."""
    books = world.books["maple-bakery", "kashoo"]
    desk = desk_over(books)
    async with desk.client:
        await desk.sign_in()
        for path in ("invoices", "bills", "invoicePayments", "billPayments", "transfers", "adjustments"):
            rows = [row for row in await desk.get(f"/records/{path}", limit=6) if not row["readOnly"]]
            for row in [row for row in rows if not discounted(row)]:
                sent = await desk.put(f"/api/records/{row['id']}", row)
                assert sent.pop("lastModified") > row.pop("lastModified")
                assert row == sent


def discounted(row: dict[str, Any]) -> bool:
    """Whether a discount on the whole document stands in a line of its own, which becomes a line when it is sent."""
    return any(line.get("rate", 0) < 0 for line in row.get("lineItems", ()))


async def test_removed_is_removed_either_way(desk: Desk) -> None:
    """DELETE and `removed` do the same: gone from lists and sums, there by id, modified; and it can come back."""
    rows = [await desk.post("/records/invoices", await invoice(desk)) for _ in range(2)]
    desk.clock.advance(5)
    since = int(desk.clock.now().timestamp() * 1000)

    await desk.delete(f"/api/records/{rows[0]['id']}")
    await desk.put(f"/api/records/{rows[1]['id']}", await invoice(desk, number="A-6", removed=True))
    gone = [await desk.get(f"/api/records/{row['id']}") for row in rows]
    for row in gone:
        assert (True, 0, 100) == (row["removed"], row["balanceDue"], row["totalDue"])
        assert row["lastModified"] > rows[0]["lastModified"]
    await desk.delete(f"/api/records/{rows[0]['id']}")

    assert not {"A-5", "A-6"} & set(await desk.numbers("/records/invoices"))
    assert [] == await desk.numbers("/records/invoices", modifiedSince=since)
    assert ["A-5", "A-6"] == await desk.numbers(
        "/records/invoices", modifiedSince=since, includeRemoved="true", sortColumn="number", sortOrder="asc"
    )
    owed = (await desk.accounts())["1200"]
    booked = {row["record"] for row in await desk.get(f"/api/accounts/{owed}/journalEntries")}
    assert not booked & {row["id"] for row in rows}
    await desk.put(f"/api/records/{rows[0]['id']}", await invoice(desk, number="A-5"))
    assert "A-5" in await desk.numbers("/records/invoices")


async def test_bills_transfers_and_entries(desk: Desk) -> None:
    """Each has its own list and form; both sides of a transfer and of an entry are booked."""
    accounts = await desk.accounts()
    bank = (await desk.post("/accounts", {"type": "CASH", "name": "Savings", "number": "1020"}))["id"]
    moved = {"fromAccount": accounts["1010"], "toAccount": bank, "amount": 1250, "date": "2026-03-08"}
    sides = [{"account": accounts["5000"], "debit": 700}, {"account": accounts["1010"], "credit": 700}]

    bill = await desk.post("/records/bills", await invoice(desk, type="BILL"))
    transfer = await desk.post("/records/transfers", moved)
    entry = await desk.post("/records/adjustments", {"date": DAY, "lineItems": sides, "memo": "Fee"})

    assert ("BILL", False, "TRANSFER", 1250, "ADJUSTMENT", 700) == (
        bill["type"], bill["income"], transfer["type"], transfer["amount"], entry["type"], entry["amount"]
    )  # fmt: skip
    assert [transfer] == await desk.get("/records/transfers")
    rows = await desk.get(f"/api/accounts/{accounts['1010']}/journalEntries", startDate="2026-03-01")
    assert [(entry["id"], 0, 700), (transfer["id"], 0, 1250)] == [
        (row["record"], row["debit"], row["credit"]) for row in rows
    ]
    assert [1250] == [row["balance"] for row in await desk.get(f"/api/accounts/{bank}/journalEntries")]
    await desk.delete(f"/api/records/{transfer['id']}")
    assert [] == await desk.get(f"/api/accounts/{bank}/journalEntries")
    assert [] == await desk.get("/records/transfers")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"currency": None}, "currency"),
        ({"currency": "XYZ"}, "currency"),
        ({"date": None}, "date"),
        ({"date": "09.03.2026"}, "date"),
        ({"date": {"year": 2026, "month": 2, "dayOfMonth": 30}}, "date"),
        ({"date": {"year": 2026, "monthEnum": "MARZO", "dayOfMonth": 1}}, "date"),
        ({"dueDate": None}, "dueDate"),
        ({"lineItems": []}, "lineItems"),
        ({"lineItems": {}}, "lineItems"),
        ({"lineItems": [5]}, "lineItems[0]"),
        ({"lineItems": [{"quantity": 1, "rate": 1}]}, "lineItems[0].account"),
        ({"lineItems": [{"account": 5, "quantity": 1, "rate": 1}]}, "lineItems[0].account"),
        ({"contact": 5}, "contact"),
        ({"project": 5}, "project"),
        ({"type": "BILL"}, "type"),
        ({"memo": 5}, "memo"),
        ({"memo": "x" * 10_001}, "memo"),
        ({"removed": "yes"}, "removed"),
        ({"currency": "USD", "exchangeRate": 0}, "exchangeRate"),
        ({"currency": "SEK"}, "exchangeRate"),
    ],
)
async def test_what_an_invoice_cannot_be(change: dict[str, object], place: str) -> None:
    """It is a 400 that names the field, and nothing was made."""
    desk = desk_over(small_books())
    async with desk.client:
        await desk.sign_in()
        before = await desk.get("/records", includeRemoved="true")

        status, message = await desk.denied("POST", "/records/invoices", await invoice(desk, **change))

        assert (400, True) == (status, message.startswith(place)), message
        assert before == await desk.get("/records", includeRemoved="true")


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"quantity": None}, "quantity"),
        ({"rate": "1"}, "rate"),
        ({"rate": True}, "rate"),
        ({"rate": Decimal("1E+16")}, "rate"),
        ({"rate": Decimal("0.00000000001")}, "rate"),
        ({"taxCode": "VAT"}, "taxCode"),
        ({"discountCode": "many"}, "discountCode"),
        ({"discountCode": "101%"}, "discountCode"),
        ({"item": 5}, "item"),
    ],
)
async def test_what_a_line_cannot_be(row: dict[str, object], place: str) -> None:
    """It is a 400 that names the line and the field."""
    desk = desk_over(small_books())
    async with desk.client:
        await desk.sign_in()
        body = await invoice(desk)
        body["lineItems"][0] |= row

        status, message = await desk.denied("POST", "/records/invoices", body)

        assert (400, True) == (status, message.startswith(f"lineItems[0].{place}")), message


async def test_what_transfers_and_entries_cannot_be(desk: Desk) -> None:
    """Two different bank accounts and an amount; at least two sides that balance, in the home currency."""
    accounts = await desk.accounts()
    moved = {
        "fromAccount": accounts["1010"],
        "toAccount": accounts["1010"],
        "amount": 1,
        "date": "2026-03-08",
    }
    side = {"account": accounts["5000"], "debit": 700}
    entry = {"date": "2026-03-08", "lineItems": [side, {"account": accounts["1010"], "credit": 700}]}
    wrong = [
        ("transfers", moved, "toAccount"),
        ("transfers", {**moved, "toAccount": accounts["4000"]}, "toAccount"),
        ("adjustments", {**entry, "lineItems": [side]}, "lineItems"),
        ("adjustments", {**entry, "lineItems": [side, {**side, "debit": 1}]}, "lineItems"),
        ("adjustments", {**entry, "lineItems": [{**side, "credit": 1}]}, "lineItems[0].debit"),
        ("adjustments", {**entry, "currency": "USD"}, "currency"),
    ]

    for list, body, place in wrong:
        status, message = await desk.denied("POST", f"/records/{list}", body)
        assert (400, True) == (status, message.startswith(place)), message


async def test_bodies_that_are_none(desk: Desk) -> None:
    """Broken JSON, another shape and none at all are a 400, not an error of the server's."""
    for body in (b"", b"{", b"[]", b"null", b'"x"', b"\xff"):
        assert 400 == (await desk.denied("POST", "/records/invoices", body))[0]
        assert 400 == (await desk.denied("PUT", f"/api/records/{desk.id('INVOICE', 'A-2')}", body))[0]


async def test_read_only_records(desk: Desk) -> None:
    """A closed record is a 409 to every write, and stays as it is."""
    desk.lock("INVOICE", "A-2")
    path = f"/api/records/{desk.id('INVOICE', 'A-2')}"
    before = await desk.get(path)

    assert True is before["readOnly"]
    assert 409 == (await desk.denied("PUT", path, before))[0]
    assert 409 == (await desk.denied("DELETE", path, None))[0]
    assert before == await desk.get(path)


async def test_a_write_does_not_lose_changes_from_elsewhere(desk: Desk) -> None:
    """Books that are changed behind the emulator keep what was written, its details and ids."""
    made = await desk.post("/records/invoices", await invoice(desk, description="Kept"))
    desk.books.invoices[0].memo = "Changed elsewhere"
    desk.books.invalidate()

    assert made == await desk.get(f"/api/records/{made['id']}")
    assert "Changed elsewhere" == (await desk.get(f"/api/records/{desk.id('INVOICE', 'A-1')}"))["memo"]


async def test_the_ledger_follows_every_write() -> None:
    """After writes the entries are what they would be in books made anew."""
    desk, fresh = desk_over(small_books()), desk_over(small_books())
    for one in (desk, fresh):
        await one.sign_in()
    await desk.get(f"/api/accounts/{(await desk.accounts())['1010']}/journalEntries")
    for one in (desk, fresh):
        made = await one.post(
            "/records/invoices", await invoice(one, currency="USD", exchangeRate=Decimal("1.3"))
        )
        cash, zoe = (await one.accounts())["1010"], await one.contact("Zoë Baker")
        made = await one.put(
            f"/api/records/{made['id']}", {**made, "contact": zoe, "exchangeRate": Decimal("1.4")}
        )
        share = [{"record": made["id"], "amount": 100}]
        await one.post(
            "/records/invoicePayments",
            {"account": cash, "amount": 100, "currency": "USD", "date": "2026-03-10", "contact": zoe,
             "allocations": share, "exchangeRate": Decimal("1.5")},
        )  # fmt: skip
        await one.put(f"/api/records/{made['id']}", {**made, "exchangeRate": Decimal("1.45")})
        await one.delete(f"/api/records/{one.id('BILL_PAYMENT', 'D-1')}")
    fresh.books.invalidate()

    for number, id in (await desk.accounts()).items():
        rows = await desk.get(f"/api/accounts/{id}/journalEntries")
        anew = await fresh.get(f"/api/accounts/{id}/journalEntries")
        assert sorted(map(str, map(facts, anew))) == sorted(map(str, map(facts, rows))), number
    for one in (desk, fresh):
        await one.client.aclose()


def facts(row: dict[str, Any]) -> list[object]:
    """What an entry says, whatever the order of those of one day."""
    return [row[name] for name in ("record", "debit", "credit", "number", "recordType")]
