"""What Boss Insights shows of the world's books: statements that agree, pay, a shop, and Kashoo's own invoices."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox import kashoo, ledger
from ledgermesh.sandbox.arithmetic import rounded
from ledgermesh.sandbox.bossinsights import KEEPER, make
from ledgermesh.sandbox.bossinsights.mirror import TAKEN
from ledgermesh.sandbox.world import World, make_world
from tests.sandbox.bossinsights_desk import START, TODAY, Desk, desk_over, exact, fields

KEEPERS = {"kashoo": kashoo.KEEPER, "bossinsights": KEEPER}
COMPANY = "grand-tour"


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(today=TODAY, seed=4, keepers=KEEPERS)


@pytest.fixture
def desk(world: World) -> Desk:
    """At the grand tour, whose books lie with Kashoo too; its answers are not checked again for their form."""
    shelf = [books for (company, _), books in world.books.items() if company == COMPANY]
    desk = desk_over(*shelf, wrap=lambda inner, contract: inner)
    desk.emulator.switches.limited = False
    return desk


def test_the_same_arguments_make_the_same_books() -> None:
    """An emulator is a view of them and changes nothing."""
    first, again, other = (make_world(today=TODAY, seed=seed, keepers=KEEPERS) for seed in (4, 4, 5))
    make(again, ManualClock(START))
    assert first.books == again.books
    assert first.books != other.books


def test_every_entry_balances(world: World) -> None:
    """In each set of books, with pay, shop, expenses, credit notes and what came from Kashoo."""
    for books in world.of("bossinsights"):
        for entry in ledger.ledger(books):
            assert sum(side.debit - side.credit for side in entry.postings) == 0, entry
            assert all(rounded(side.debit, "CAD") == side.debit for side in entry.postings)
            assert entry.date <= TODAY
        for day in (TODAY, TODAY - dt.timedelta(days=200)):
            sheet = ledger.balance_sheet(books, day)
            own = sum(sheet.assets.values()) - sum(sheet.liabilities.values())
            assert own == sum(sheet.equity.values()) + sheet.earnings


def test_pay_adds_up(world: World) -> None:
    """Gross less taxes and deductions plus reimbursements is net; the leaver is not paid after leaving."""
    for books in world.of("bossinsights"):
        more = books.more
        assert len(more.pay_checks) > 100
        assert {"monthly", "biweekly"} == {row.frequency for row in more.employees}
        for row in more.pay_checks:
            kept = sum(row.taxes.values()) + sum(row.deductions.values())
            assert row.net == row.gross - kept + row.reimbursements > 0
            assert row.start < row.end <= row.date <= TODAY
        (left,) = [row for row in more.employees if row.ended]
        assert max(row.end for row in more.pay_checks if row.employee == left.number) <= (left.ended or TODAY)


async def test_payroll_columns_add_up(desk: Desk) -> None:
    """As shown: wages make the gross, and what is kept lies between it and the net."""
    earned = (
        "regular_wages",
        "overtime_wages",
        "holiday_wages",
        "sick_wages",
        "commission",
        "bonus",
        "other_pay",
    )
    taxed = (
        "social_security",
        "medicare_tax",
        "fica_tax",
        "federal_tax",
        "state_tax",
        "other_tax",
        "local_tax",
    )
    rows = await desk.all("payroll")
    assert len(rows) == len(desk.books.more.pay_checks)
    for row in rows:
        kept = sum(row[name] for name in taxed) + sum(
            row[name] for name in row if name.endswith("_deductions")
        )
        assert row["gross_wages"] == sum(row[name] for name in earned)
        assert row["net_pay"] == row["gross_wages"] - kept + row["reimbursements"]


async def test_trial_balances_are_the_ledgers(desk: Desk) -> None:
    """One for each month; debits equal credits, and the sides are those of the ledger at the month's end."""
    rows = await desk.all("trial_balances")
    assert len(rows) == 25
    for row in (rows[0], rows[11], rows[-1]):
        sides = {line["accountNumber"]: line["debit"] - line["credit"] for line in row["lines"]}
        until = dt.date.fromisoformat(row["date"][:10])
        booked = ledger.trial_balance(desk.books, until=until)
        assert sides == {number: int(amount * 100) for number, amount in booked.items() if amount}
        assert sum(sides.values()) == 0


async def test_statements_agree_with_each_other_and_with_the_ledger(desk: Desk) -> None:
    """Assets are liabilities and equity, equity grows by the profit, and details add up to the totals."""
    sheets, incomes = await desk.all("balance_sheets"), await desk.all("income_statements")
    equity = Decimal("101500.00")
    for sheet, income in zip(sheets, incomes, strict=True):
        stands, earned = sheet["periods"][0]["totals"], income["periods"][0]["totals"]
        assert stands["assets"] == stands["liabilities"] + stands["equity"]
        equity += earned["profit"]
        assert stands["equity"] == equity
        assert earned["profit"] == earned["income"] - earned["expenses"]
        values = [row["value"] for row in income["periods"][0]["details"]]
        assert sum(values) == earned["income"] + earned["expenses"]
        assert sum(row["value"] for row in sheet["periods"][0]["details"]) == 2 * stands["assets"]
    first, last = incomes[3]["start"][:10], incomes[3]["end"][:10]
    report = ledger.profit_and_loss(desk.books, dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    assert incomes[3]["periods"][0]["totals"]["profit"] == report.net
    assert [row["hasCompleteData"] for row in sheets][-2:] == [True, False]
    metrics = (await desk.get("metrics", start="2025-06-01", end="2025-06-30"))["metrics"]
    june = next(row for row in incomes if row["start"].startswith("2025-06"))
    assert metrics["gross_income"]["series"] == {"2025-06-31": june["periods"][0]["totals"]["income"]}


async def test_bank_transactions_are_the_balance(desk: Desk) -> None:
    """Each bank account's rows add up to its balance, which is that of its account."""
    rows = await desk.all("bank_transactions")
    chart = {row["id"]: row["balance"] for row in await desk.all("accounts")}
    for bank in await desk.get("bank_accounts"):
        moved = sum(row["amount"] for row in rows if row["accountId"] == bank["id"])
        assert moved == bank["balance"] == chart[bank["accountId"]]


async def test_the_shop(desk: Desk) -> None:
    """Every order was paid, refunded ones were paid back, and fees lie between amount and net."""
    orders, moves = await desk.all("orders"), await desk.all("transactions")
    assert {"completed", "refunded"} == {row["status"] for row in orders}
    for order in orders:
        own = [row["amount"] for row in moves if row["orderId"] == order["id"]]
        assert own == [order["total"], -order["total"]] if order["status"] == "refunded" else [order["total"]]
        net = sum(line["amount"] for line in order["lines"])
        assert order["total"] == net + order["tax"] + order["shipping"]
    assert all(row["net"] == row["amount"] - row["fee"] for row in moves)
    assert {row["integration"] for row in moves} == {"square"}


async def test_ids_and_sources_are_unique_and_lead_somewhere(desk: Desk) -> None:
    """No id twice in a list, no source id twice in an app; customers, accounts and products are found."""
    lists = {
        name: await desk.all(name) for name in ("accounts", "customers", "vendors", "products", "invoices")
    }
    lists |= {name: await desk.all(name) for name in ("bills", "payments", "expenses", "credit_notes")}
    for rows in lists.values():
        assert len({row["id"] for row in rows}) == len(rows)
        assert len({(row["integration"], row["srcId"]) for row in rows}) == len(rows)
    customers = {(row["integration"], row["srcId"]) for row in lists["customers"]}
    accounts, products = ({row["id"] for row in lists[name]} for name in ("accounts", "products"))
    for row in lists["invoices"]:
        assert (row["integration"], row["customerId"]) in customers
        assert all(line["accountId"] in accounts for line in row["lines"])
        assert all(line["productId"] in products for line in row["lines"])
    invoices = {row["id"] for row in lists["invoices"]}
    assert all(id in invoices for row in lists["payments"] for id in row["invoiceIds"])
    assert {"open", "partial", "paid", "void", "draft"} == {row["status"] for row in lists["invoices"]}
    assert {"quickbooks", "square", "kashoo"} == {row["integration"] for row in lists["invoices"]}
    assert {"open", "paid"} == {row["status"] for row in lists["credit_notes"]}


async def test_invoices_from_kashoo_are_kashoos_own(world: World, desk: Desk) -> None:
    """The source id is the id Kashoo shows; number, day, customer, total and balance agree to the cent."""
    rows = {row["srcId"]: row for row in await desk.all("invoices") if row["integration"] == "kashoo"}
    customers = {row["srcId"]: row for row in await desk.all("customers") if row["integration"] == "kashoo"}
    assert len(rows) == TAKEN
    client = await kashoo_client(world)
    for id, row in rows.items():
        answer = await client.get(f"records/{id}")
        there = exact(answer)
        factor = 100 if row["currency"] == "JPY" else 1
        assert (there["number"], there["currency"]) == (row["invoiceNumber"], row["currency"])
        assert (there["totalDue"] * factor, there["balanceDue"] * factor) == (
            row["total"],
            row["balance"],
        )
        assert day(there["date"]) == row["invoiceDate"][:10]
        assert there["contact"] == int(row["customerId"])
        assert there["contactName"] == customers[row["customerId"]]["name"] == row["customerName"]
    await client.aclose()
    origins = {row["integration"] for row in await desk.all("payments") if row["invoiceIds"]}
    assert "kashoo" in origins
    health = (await desk.question("connection_health"))["connections"]
    assert "kashoo" in {row["integration"] for row in health}


async def test_without_kashoo_all_records_are_its_own() -> None:
    """As many invoices as with Kashoo, none taken over, and no connection to it."""
    alone = make_world(today=TODAY, seed=4, keepers={"bossinsights": KEEPER}).books[COMPANY, "bossinsights"]
    assert (len(alone.invoices), alone.more.origins) == (160, {})
    desk = desk_over(alone, wrap=lambda inner, contract: inner)
    health = (await desk.question("connection_health"))["connections"]
    assert {row["integration"] for row in health} == {"quickbooks", "square", "gusto", "plaid"}


async def kashoo_client(world: World) -> httpx.AsyncClient:
    """A client of Kashoo, signed in as the same company."""
    books = world.books[COMPANY, "kashoo"]
    emulator = kashoo.make(world, ManualClock(START))
    keys = emulator.credentials(books)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(emulator.app), base_url="http://sandbox/api/")
    form = {"email": keys["email"], "password": keys["password"]}
    token = await client.post("authTokens", data=form, headers={"Accept": "application/json"})
    client.headers["Authorization"] = f"TOKEN json:{token.text}"
    return client


def day(value: Any) -> str:
    """A Kashoo date as text, in either of its forms."""
    if isinstance(value, str):
        return value
    return f"{value['year']:04d}-{value['month']:02d}-{value['dayOfMonth']:02d}"


def test_it_grows_with_the_scale() -> None:
    """Invoices are shared among the company's systems; pay and shop stay as they are."""
    big, usual = (make_world(today=TODAY, seed=4, scale=scale, keepers=KEEPERS) for scale in (3000, 0))
    grown, before = (each.books[COMPANY, "bossinsights"] for each in (big, usual))
    assert (len(grown.invoices), len(before.invoices)) == (1500, 160)
    assert len(grown.more.pay_checks) == len(before.more.pay_checks)


async def test_lists_of_many_invoices_are_read_to_the_end() -> None:
    """Every row once, whatever the size of the last page."""
    books = make_world(today=TODAY, seed=4, scale=1000, keepers={"bossinsights": KEEPER}).books[
        COMPANY, "bossinsights"
    ]
    desk = desk_over(books, wrap=lambda inner, contract: inner)
    desk.emulator.switches.limited = False
    rows = await desk.all("invoices", start="2025-01-01")
    wanted = [row.number for row in books.invoices if row.date >= dt.date(2025, 1, 1)]
    assert [number for (number,) in fields(rows, "invoiceNumber")] == wanted
