"""What the Kashoo emulator shows of its books: amounts, dates, relations, and the faults one can switch on."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.arithmetic import balance, digits, totals
from ledgermesh.sandbox.books import Paper
from ledgermesh.sandbox.kashoo import make
from ledgermesh.sandbox.world import World
from tests.sandbox.kashoo_desk import (
    OPEN,
    START,
    Desk,
    desk_over,
    exact,
    line,
    paper,
    small_books,
    small_world,
)

BEAN = {
    "year", "month", "dayOfMonth", "lastDayOfMonth", "maxDayOfMonth", "firstDayOfMonth", "monthEnum", "past", "future",
    "dayOfYear", "leapYear",
}  # fmt: skip


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    one = desk_over(small_books())
    async with one.client:
        await one.sign_in()
        yield one


@pytest.fixture(scope="module")
def world() -> World:
    return small_world()


async def read(desk: Desk, type: str, number: str) -> dict[str, Any]:
    """One record by id."""
    record: dict[str, Any] = await desk.get(f"/api/records/{desk.id(type, number)}")
    return record


async def test_money_is_in_minor_units_and_rates_are_not(desk: Desk) -> None:
    """100.10 times 3 with 15 % tax is 34535 cents; the rate stays a decimal number."""
    invoice = await read(desk, "INVOICE", "A-1")

    [row] = invoice["lineItems"]
    assert (Decimal("100.10"), 3, 30030, "HST") == (
        row["rate"],
        row["quantity"],
        row["amount"],
        row["taxCode"],
    )
    assert (30030, 34535) == (invoice["totalBeforeTaxes"], invoice["totalDue"])
    assert [{"taxCode": "HST", "amount": 4505}] == invoice["taxes"]
    assert "$345.35" == invoice["totalDueFormatted"]


async def test_halves_are_rounded_up_and_rates_are_exact(desk: Desk) -> None:
    """A thousand pieces at 0.015 are 15.00, and 5 % of 19.99 are 1.00."""
    invoice = await read(desk, "INVOICE", "A-2")

    rates = [row["rate"] for row in invoice["lineItems"]]
    assert ([Decimal("19.99"), Decimal("0.015")], 3499, 3599) == (
        rates, invoice["totalBeforeTaxes"], invoice["totalDue"]
    )  # fmt: skip


async def test_yen_have_no_minor_unit(desk: Desk) -> None:
    """3000 yen are 3000, worth 28.50 dollars at home."""
    invoice = await read(desk, "INVOICE", "A-3")

    assert (3000, 2850, True, Decimal("0.0095")) == (
        invoice["totalDue"], invoice["totalLocalDue"], invoice["foreignCurrency"], invoice["exchangeRate"]
    )  # fmt: skip


async def test_payments_settle_invoices(desk: Desk) -> None:
    """Balance, what was paid at once and later, and the payments' ids follow the payments that are not removed."""
    invoice = await read(desk, "INVOICE", "A-1")

    assert (14535, 4535, 10000, 20000, False) == tuple(
        invoice[name]
        for name in ("totalPaid", "totalPaidImmediately", "totalPaidLater", "balanceDue", "paid")
    )
    assert [
        {"amount": 4535, "record": desk.id("INVOICE_PAYMENT", "R-1")},
        {"amount": 10000, "record": desk.id("INVOICE_PAYMENT", "R-2")},
    ] == invoice["payments"]


async def test_a_changed_book_shows_at_once(desk: Desk) -> None:
    """Removing a payment and adding an invoice moves balances and lists with the next request."""
    desk.books.receipts[1].removed = True
    desk.books.invoices.append(paper("invoice", "A-5", dt.date(2026, 3, 9), [line("1", 1)]))
    desk.books.invalidate()

    assert 30000 == (await read(desk, "INVOICE", "A-1"))["balanceDue"]
    assert "A-5" == (await desk.numbers("/records/invoices"))[0]


async def test_payments_name_what_they_settle(desk: Desk) -> None:
    """The amount is allocations plus the rest; account is the cash account; checks are told apart."""
    received = await read(desk, "INVOICE_PAYMENT", "R-2")
    made = await read(desk, "BILL_PAYMENT", "D-1")
    accounts = {row["number"]: row["id"] for row in await desk.get("/accounts")}

    assert (10500, 500, [{"amount": 10000, "record": desk.id("INVOICE", "A-1")}]) == (
        received["amount"], received["unallocatedAmount"], received["allocations"]
    )  # fmt: skip
    assert (accounts["1010"], accounts["1200"]) == (received["account"], received["creditAccount"])
    assert (True, "CHECK", [{"number": "D-1"}]) == (made["byCheck"], made["method"], made["checks"])
    assert "checks" not in received


async def test_bills_are_paid_and_not_income(desk: Desk) -> None:
    """A settled bill has nothing due; `income` and `paidInvoice` belong to invoices."""
    bill = await read(desk, "BILL", "B-1")

    assert (True, 0, False, False, 20000) == tuple(
        bill[name] for name in ("paid", "balanceDue", "income", "paidInvoice", "totalDue")
    )


async def test_adjustments_balance(desk: Desk) -> None:
    """Each line of a journal entry is on one side, and the sides agree."""
    entry = await read(desk, "ADJUSTMENT", "J-1")

    sides = [(row["debit"], row["credit"]) for row in entry["lineItems"]]
    assert ([(1230, 0), (0, 1230)], 1230) == (sides, entry["amount"])


async def test_a_document_discount_is_a_negative_line(desk: Desk) -> None:
    """A discount on the whole document shows as one line for each tax, and the lines still sum up to the net."""
    lines = [line("100", 1, tax="GST"), line("33.33", 1, tax="HST", discount="10")]
    desk.books.invoices.append(paper("invoice", "A-6", dt.date(2026, 3, 9), lines, discount="3"))
    desk.books.invalidate()

    invoice = await read(desk, "INVOICE", "A-6")

    rows = invoice["lineItems"]
    assert [(10000, "GST", ""), (3000, "HST", "10%"), (-300, "GST", ""), (-90, "HST", "")] == [
        (row["amount"], row["taxCode"], row["discountCode"]) for row in rows
    ]
    assert 12610 == invoice["totalBeforeTaxes"] == sum(row["amount"] for row in rows)


async def test_dates_come_as_beans(desk: Desk) -> None:
    """Object dates carry all eleven keys, and they agree with one another and with the clock."""
    invoice = await read(desk, "INVOICE", "A-1")

    date, due = invoice["date"], invoice["dueDate"]
    assert BEAN == set(date)
    assert (2025, 12, 31, "DECEMBER", 365, True, False, 31, False, True, False) == tuple(
        date[name]
        for name in (
            "year", "month", "dayOfMonth", "monthEnum", "dayOfYear", "lastDayOfMonth", "firstDayOfMonth",
            "maxDayOfMonth", "leapYear", "past", "future",
        )
    )  # fmt: skip
    assert (1, 30, "JANUARY", True) == (due["month"], due["dayOfMonth"], due["monthEnum"], due["past"])


async def test_past_and_future_are_seen_from_today(desk: Desk) -> None:
    """On its own day a date is neither."""
    desk.clock.advance((dt.datetime(2026, 3, 31, 8, tzinfo=dt.UTC) - START).total_seconds())
    await desk.sign_in()

    due = (await read(desk, "INVOICE", "A-2"))["dueDate"]

    assert (False, False, 31) == (due["past"], due["future"], due["dayOfMonth"])


async def test_dates_and_instants_in_their_other_forms(desk: Desk) -> None:
    """Dates can be text and instants can be milliseconds."""
    before = await read(desk, "INVOICE", "A-1")
    desk.emulator.switches.date_style = "string"
    desk.emulator.switches.instant_style = "epoch"

    after = await read(desk, "INVOICE", "A-1")

    assert ("2025-12-31", "2026-01-30") == (after["date"], after["dueDate"])
    assert ("2025-12-31T12:00:00.000Z", 1767182400000) == (before["lastModified"], after["lastModified"])


async def test_ids_are_large_and_unlike(desk: Desk) -> None:
    """No two objects of any kind share an id; all are above 31 bits and below 2**53."""
    lists = ["/accounts", "/contacts", "/items", "/taxes?version=2", "/records?includeRemoved=true"]
    ids = []
    for path in lists:
        name, _, query = path.partition("?")
        ids += [
            row["id"]
            for row in await desk.get(name, **dict(part.split("=") for part in query.split("&") if part))
        ]

    assert 6 + 2 + 1 + 2 + 10 == len(ids) == len(set(ids))
    assert 2**31 < min(ids) <= max(ids) < 2**53


async def test_a_contact_shows_its_role_in_its_accounts(desk: Desk) -> None:
    """Customers have a receivable account, vendors a payable one; records carry the contact's name."""
    accounts = {row["type"]: row["id"] for row in await desk.get("/accounts")}
    ann, zoe = await desk.get("/contacts")
    invoice = await read(desk, "INVOICE", "A-2")

    assert ("Ann & Co", "Zoë Baker") == (ann["name"], zoe["contactInformation"]["name"])
    assert (accounts["ACCOUNTS_RECEIVABLE"], None) == (ann["receivableAccount"], ann["payableAccount"])
    assert accounts["ACCOUNTS_PAYABLE"] == zoe["payableAccount"]
    assert [zoe] == await desk.get("/contacts", type="VENDOR")
    assert (ann["id"], "Ann & Co") == (invoice["contact"], invoice["contactName"])
    assert zoe == await desk.get(f"/api/contacts/{zoe['id']}")


async def test_removed_contacts_are_hidden_but_there(desk: Desk) -> None:
    """A removed contact is not listed, unless a switch says so, and still answers by its id."""
    desk.emulator.switches.list_removed = True
    gone = next(row for row in await desk.get("/contacts") if row["removed"])
    desk.emulator.switches.list_removed = False

    assert gone not in await desk.get("/contacts")
    assert gone == await desk.get(f"/api/contacts/{gone['id']}")


async def test_accounts_have_types_and_sides(desk: Desk) -> None:
    """A bank account is CASH; credit-normal accounts say so; `archived` and `type` filter; ids answer."""
    accounts = {row["number"]: row for row in await desk.get("/accounts")}

    assert ("CASH", False) == (accounts["1010"]["type"], accounts["1010"]["normalBalanceCredit"])
    assert ("INCOME", True) == (accounts["4000"]["type"], accounts["4000"]["normalBalanceCredit"])
    assert [accounts["5000"]] == await desk.get("/accounts", archived="true")
    assert [accounts["1010"]] == await desk.get("/accounts", type="CASH")
    assert accounts["2200"] == await desk.get(f"/api/accounts/{accounts['2200']['id']}")


async def test_taxes_have_dated_rates(desk: Desk) -> None:
    """Version 2 gives one tax with a rate for each period, as fractions; the older form knows the newest rate."""
    hst, _ = await desk.get("/taxes", version=2)
    old, _ = await desk.get("/taxes")

    assert ("HST", [Decimal("0.15"), Decimal("0.14")]) == (hst["name"], [row["rate"] for row in hst["rates"]])
    assert (31, None) == (hst["rates"][0]["endDate"]["dayOfMonth"], hst["rates"][1]["endDate"])
    assert (hst["id"], "HST", Decimal("0.14")) == (old["id"], old["code"], old["rate"])
    assert 400 == (await desk.refused("/taxes", version="two")).status_code


async def test_items_have_decimal_prices(desk: Desk) -> None:
    """An item's price is in major units, and its account is that of its income."""
    accounts = {row["number"]: row["id"] for row in await desk.get("/accounts")}
    [item] = await desk.get("/items")

    assert (Decimal("99.50"), None, accounts["4000"]) == (
        item["defaultSellRate"], item["defaultBuyRate"], item["creditAccount"]
    )  # fmt: skip
    assert item == await desk.get(f"/items/{item['id']}")
    assert 404 == (await desk.refused("/items/5")).status_code


async def test_the_next_numbers_follow_the_last(desk: Desk) -> None:
    """The next invoice comes after the highest number used, also by a removed one."""
    assert [{"type": "INVOICE", "number": "A-5"}, {"type": "BILL", "number": "B-2"}] == await desk.get(
        "/records/nextNumbers"
    )


async def test_links_lead_back(desk: Desk) -> None:
    """The self link of a record is the address it is read at, below wherever the emulator is mounted."""
    invoice = await read(desk, "INVOICE", "A-1")

    [link] = invoice["links"]
    assert f"http://sandbox/kashoo/api/records/{invoice['id']}" == link["href"]
    assert invoice == await desk.get(link["href"].removeprefix("http://sandbox/kashoo"))


async def test_spoiled_objects() -> None:
    """One value or one whole object can be put wrong, and unknown fields put everywhere; the rest stays right."""
    desk = desk_over(small_books(), contract=OPEN)
    async with desk.client:
        await desk.sign_in()
        switches = desk.emulator.switches
        plain = await desk.get("/records/invoices")
        switches.overrides[desk.id("INVOICE", "A-1")] = {"totalDue": "abc"}
        switches.replacements[desk.id("INVOICE", "A-2")] = "oops"
        spoiled = exact(await desk.free.get(desk.url("/records/invoices")))
        switches.overrides.clear()
        switches.replacements.clear()
        switches.additive = True
        added = await desk.get("/records/invoices")

    assert [plain[1], "oops", plain[2] | {"totalDue": "abc"}] == [spoiled[1], spoiled[0], spoiled[2]]
    assert all("addedLater" in part for part in (added[0], added[0]["date"], added[0]["lineItems"][0]))


async def test_the_world_adds_up(world: World) -> None:
    """Every invoice and bill of the world carries the totals and the balance that bookkeeping gives it."""
    books = world.books["maple-bakery", "kashoo"]
    desk = desk_over(books)
    async with desk.client:
        await desk.sign_in()
        papers = await everything(desk, "/records/invoices") + await everything(desk, "/records/bills")

    known: dict[object, Paper] = {
        desk.id(row.kind.upper(), row.number): row
        for row in (*books.invoices, *books.bills)
        if not row.removed
    }
    assert set(known) == {row["id"] for row in papers}
    assert len(known) == len(papers)
    for row in papers:
        source = known[row["id"]]
        unit = 10 ** digits(source.currency)
        due, left = totals(books, source).total * unit, balance(books, source) * unit
        assert (due, left, left <= 0) == (row["totalDue"], row["balanceDue"], row["paid"])
        assert row["totalBeforeTaxes"] == sum(part["amount"] for part in row["lineItems"])
        assert row["totalDue"] == row["totalBeforeTaxes"] + sum(part["amount"] for part in row["taxAmounts"])
        assert row["totalPaid"] == sum(part["amount"] for part in row["payments"])
    assert 0 < sum(bool(row["recordAttachments"]) for row in papers) < len(papers) / 4


async def everything(desk: Desk, path: str) -> list[dict[str, Any]]:
    """All rows of a list, read until an empty page as its clients do."""
    rows: list[dict[str, Any]] = []
    while page := await desk.get(path, limit=100, offset=len(rows)):
        rows += page
    return rows


async def test_the_published_date_form_is_an_option_too(world: World) -> None:
    """The emulator can be made with text dates from the start, and answers alike once its indexes are built ahead."""
    emulator = make(world, ManualClock(START), date_style="string")
    books = world.books["alpine-studio", "kashoo"]
    keys = emulator.credentials(books)
    emulator.warm()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(emulator.app), base_url="http://bare") as bare:
        login = {"email": keys["email"], "password": keys["password"]}
        token = (await bare.post("/api/authTokens", data=login)).text
        headers = {"Authorization": f"TOKEN uuid:{token}"}
        rows = (
            await bare.get(f"/api/businesses/{keys['business_id']}/records/bills", headers=headers)
        ).json()

    assert max(row.date.isoformat() for row in books.bills if not row.removed) == rows[0]["date"]
