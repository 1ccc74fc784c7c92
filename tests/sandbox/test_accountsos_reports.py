"""AccountsOS's reports agree with its transactions, to the penny."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.sandbox.world import make_world
from tests.sandbox.accountsos_desk import Desk, desk_over, line, small_books

DAYS = [
    (dt.date(2023, 1, 1), dt.date(2025, 11, 15)),
    (dt.date(2025, 1, 1), dt.date(2025, 6, 30)),
    (dt.date(2025, 3, 3), dt.date(2025, 3, 3)),
    (dt.date(2030, 1, 1), dt.date(2030, 1, 2)),
]


@pytest.fixture(scope="module")
def big() -> Desk:
    """At a company of the world."""
    world = make_world(today=dt.date(2025, 11, 15))
    desk = desk_over(world.books["maple-bakery", "accountsos"])
    desk.emulator.switches.limited = False
    return desk


@pytest.fixture
def desk() -> Desk:
    """At the small books."""
    return desk_over(small_books())


def add_up(rows: list[Any]) -> Decimal:
    """The sum of the rows' amounts."""
    return sum((row["amount"] for row in rows), Decimal(0))


@pytest.mark.parametrize(("start", "end"), DAYS)
async def test_profit_and_loss_is_what_the_transactions_add_up_to(
    big: Desk, start: dt.date, end: dt.date
) -> None:
    """Income less expenses is the signed sum of the window's transactions in such categories, each by itself too."""
    rows = await big.pages("/transactions", limit=100, from_=start, to=end)
    types = {account.number: account.type for account in big.books.accounts}
    report = await big.get("/reports/profit-loss", from_=start, to=end)
    assert (report["from"], report["to"], report["currency"]) == (start.isoformat(), end.isoformat(), "GBP")
    for side, sign, kinds in (("income", 1, {"INCOME"}), ("expenses", -1, {"EXPENSE", "COST_OF_GOODS_SOLD"})):
        wanted: dict[str, Decimal] = {}
        for row in rows:
            if row["category"] is not None and types[row["category"]["id"]] in kinds:
                id = row["category"]["id"]
                wanted[id] = wanted.get(id, Decimal(0)) + sign * row["amount"]
        assert {row["id"]: row["amount"] for row in report[side]["categories"]} == wanted
        assert report[side]["total"] == sum(wanted.values())
    assert report["net_profit"] == report["income"]["total"] - report["expenses"]["total"]


async def test_profit_and_loss_without_days_is_this_year_so_far(desk: Desk) -> None:
    """From the first of January to the clock's day."""
    report = await desk.get("/reports/profit-loss")
    assert (report["from"], report["to"]) == ("2025-01-01", "2025-11-15")
    assert report["net_profit"] == Decimal("66.61")
    assert report["expenses"] == {
        "total": Decimal("53.39"),
        "categories": [
            {"id": "cat_software", "name": "Software", "amount": Decimal("42.89")},
            {"id": "cat_stock", "name": "Stock", "amount": Decimal("10.50")},
        ],
    }


@pytest.mark.parametrize("on", [None, dt.date(2025, 11, 15), dt.date(2025, 2, 1), dt.date(2000, 1, 1)])
async def test_the_balance_sheet_balances(big: Desk, on: dt.date | None) -> None:
    """Assets are liabilities and equity together, and each part is the sum of its accounts."""
    report = await big.get("/reports/balance-sheet", **({} if on is None else {"as_of": on}))
    assert report["as_of"] == (on or dt.date(2025, 11, 15)).isoformat()
    for part in ("assets", "liabilities", "equity"):
        assert report[part]["total"] == add_up(report[part]["accounts"])
    assert report["assets"]["total"] == report["liabilities"]["total"] + report["equity"]["total"]


async def test_the_balance_sheet_shows_what_the_bank_holds(desk: Desk) -> None:
    """Money, loan, capital, profit, and in suspense what nobody categorised; a day cuts off what came later."""
    report = await desk.get("/reports/balance-sheet")
    assert report["assets"]["accounts"] == [
        {"id": "ba_main", "name": "Current account", "amount": Decimal("1023.51")}
    ]
    assert {row["id"]: row["amount"] for row in report["liabilities"]["accounts"]} == {
        "cat_loan": Decimal("-50.10"),
        "9999": Decimal("7.00"),
    }
    assert {row["id"]: row["amount"] for row in report["equity"]["accounts"]} == {
        "cat_capital": Decimal("1000.00"),
        "eq_earnings": Decimal("66.61"),
    }
    earlier = await desk.get("/reports/balance-sheet", as_of="2025-06-30")
    assert earlier["assets"]["total"] == Decimal("949.90")


async def test_the_vat_return_has_nine_boxes(desk: Desk) -> None:
    """From the quarter's transactions with a rate: 120.00 holds 20.00, 45.99 holds 7.67 (rounded), 10.50 holds 0.50."""
    report = await desk.get("/reports/vat", period="Q4 2025")
    assert report == {
        "report": "vat",
        "period": "Q4 2025",
        "from": "2025-10-01",
        "to": "2025-12-31",
        "due_date": "2026-02-07",
        "output_vat": Decimal("20.00"),
        "input_vat": Decimal("8.17"),
        "amount_owed": Decimal("11.83"),
        "boxes": {
            "1": Decimal("20.00"),
            "2": Decimal("0.00"),
            "3": Decimal("20.00"),
            "4": Decimal("8.17"),
            "5": Decimal("11.83"),
            "6": Decimal("100.00"),
            "7": Decimal("48.32"),
            "8": Decimal("0.00"),
            "9": Decimal("0.00"),
        },
    }
    assert report == await desk.get("/reports/vat", period="2025-Q4")
    assert report == await desk.get("/reports/vat")


async def test_box_five_is_never_negative() -> None:
    """It is the difference of boxes 3 and 4; who owes whom is told by the sign of the amount owed."""
    books = small_books()
    books.bank_lines = [line("txn_buy", "2025-10-02", "-120.00", "cat_stock", "20")]
    report = await desk_over(books).get("/reports/vat", period="Q4 2025")
    assert (report["amount_owed"], report["boxes"]["5"]) == (Decimal("-20.00"), Decimal("20.00"))


@pytest.mark.parametrize(
    ("period", "due"), [("Q1 2025", "2025-05-07"), ("Q2 2025", "2025-08-07"), ("Q3 2025", "2025-11-07")]
)
async def test_a_vat_return_is_due_a_month_and_seven_days_later(desk: Desk, period: str, due: str) -> None:
    """After the end of its quarter; a quarter without sales is all zeros."""
    report = await desk.get("/reports/vat", period=period)
    assert (report["period"], report["due_date"], set(report["boxes"].values())) == (
        period,
        due,
        {Decimal(0)},
    )


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/reports/profit-loss", {"from_": "yesterday"}),
        ("/reports/profit-loss", {"to": "2025-13-01"}),
        ("/reports/balance-sheet", {"as_of": "15.11.2025"}),
        *(("/reports/vat", {"period": text}) for text in ("Q5 2025", "2025", "q4 2025", "2025-4", "")),
    ],
)
async def test_bad_days_and_periods_are_400(desk: Desk, path: str, asked: dict[str, str]) -> None:
    """Dates and quarters that cannot be read are `bad_request`."""
    assert (400, "bad_request") == await desk.refused(path, **asked)
