"""How the Boss Insights emulator shows its rows and key figures: cents, source ids, text, what may come later."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.bossinsights_desk import (
    TENANT,
    Desk,
    desk_over,
    exact,
    fields,
    paper,
    small_books,
    writing_desk,
)


@pytest.fixture
def desk() -> Desk:
    """At the corner shop, with another company beside it."""
    return desk_over(small_books(), small_books("other-shop"))


async def test_invoices_as_the_sample_apps_read_them(desk: Desk) -> None:
    """Cents, source ids, ISO instants; the customer's id is the one of the source app."""
    row = await desk.one("invoices", invoiceNumber="700001")
    customer = await desk.one("customers", name="Zoë Baker")
    assert (row["integration"], row["customerId"]) == ("quickbooks", customer["srcId"])
    money = ("total", "subTotal", "tax", "amountPaid", "balance")
    assert fields([row], *money, "status") == [(21000, 20000, 1000, 5000, 16000, "partial")]
    assert (row["invoiceDate"], row["paymentDueDate"]) == ("2026-01-15T00:00:00Z", "2026-02-14T00:00:00Z")
    product = await desk.one("products", sku="P-001")
    assert fields(row["lines"], "unitPrice", "amount", "tax", "productId") == [
        (10000, 20000, 1000, product["id"])
    ]
    other = await desk.one("invoices", invoiceNumber="700002")
    assert (other["integration"], customer["balance"]) == ("square", 16000)


async def test_cents_may_be_text(desk: Desk) -> None:
    """The same numbers, also in lines; the switch for readers that take numbers for granted."""
    plain = await desk.one("invoices", invoiceNumber="700002")
    desk.emulator.switches.numeric_strings = True
    row = await desk.one("invoices", invoiceNumber="700002")
    assert (row["total"], row["lines"][0]["unitPrice"]) == (
        str(plain["total"]),
        str(plain["lines"][0]["unitPrice"]),
    )
    assert row["lines"][0]["quantity"] == 2


async def test_a_price_may_be_a_part_of_a_cent() -> None:
    """Four decimals of the currency are two of a cent; amounts stay whole."""
    books = small_books()
    books.invoices[0].lines[0].unit_price = Decimal("0.0375")
    books.invoices[0].lines[0].quantity = Decimal(1250)
    row = await desk_over(books).one("invoices", invoiceNumber="700001")
    assert fields(row["lines"], "quantity", "unitPrice", "amount") == [(1250, Decimal("3.75"), 4688)]


async def test_a_later_release_may_say_more() -> None:
    """Unknown fields everywhere, now and then an unknown word or app; known values stay."""
    books = small_books()
    books.receipts = []
    books.invoices = [paper("invoice", str(1 + n), "2026-01-15", "70001", "1.00") for n in range(25)]
    desk = desk_over(books)
    before = await desk.get("invoices")
    desk.emulator.switches.additive = True
    query = {"X_ACCOUNT_KEY": desk.keys["account_key"]}
    after = exact(await desk.free.get(f"/{TENANT}/api/invoices", params=query, auth=_auth(desk)))
    assert all("addedLater" in row and "addedLater" in row["lines"][0] for row in after)
    assert fields(before, "id", "total", "srcId") == fields(after, "id", "total", "srcId")
    assert {"unheard_of", "open"} == {row["status"] for row in after}
    assert {"unheard_of_app", "quickbooks"} == {row["integration"] for row in after}
    figures = (await desk.free.get(f"/{TENANT}/api/metrics", params=query, auth=_auth(desk))).json()[
        "metrics"
    ]
    assert {"unheard_of_figure", "gross_income"} <= set(figures)


def _auth(desk: Desk) -> tuple[str, str]:
    return desk.keys["user"], desk.keys["password"]


async def test_single_objects_can_be_spoiled(desk: Desk) -> None:
    """One object with other fields, one replaced whole; the others stay."""
    first, second = await desk.get("invoices")
    switches = desk.emulator.switches
    switches.overrides[first["id"]] = {"memo": "other"}
    switches.replacements[second["id"]] = {"id": "gone"}
    query = {"X_ACCOUNT_KEY": desk.keys["account_key"]}
    rows: list[Any] = exact(await desk.free.get(f"/{TENANT}/api/invoices", params=query, auth=_auth(desk)))
    assert rows == [first | {"memo": "other"}, {"id": "gone"}]


async def test_key_figures_by_month(desk: Desk) -> None:
    """Decimals in major units over whole months; every month ends on a 31st, which no calendar knows."""
    body = await desk.get("metrics", start="2026-01-20", end="2026-02-10")
    assert (body["start"], body["end"]) == ("2026-01-20T00:00:00Z", "2026-02-10T23:59:59Z")
    assert body["metrics"]["gross_income"]["series"] == {"2026-01-31": 200, "2026-02-31": Decimal("66.70")}
    assert body["metrics"]["current_ratio"]["format"] == "0.00"
    assert "2025-12-31" not in body["metrics"]["working_capital"]["series"]
    desk.emulator.switches.odd_metric_dates = False
    body = await desk.get("metrics", start="2026-02-01", end="2026-02-01")
    assert body["metrics"]["gross_income"]["series"] == {"2026-02-28": Decimal("66.70")}
    assert "2025-12-31" in (await desk.get("metrics"))["metrics"]["working_capital"]["series"]


async def test_key_figures_are_kept_until_somebody_asks_for_new_ones() -> None:
    """What is written later shows with refresh=yes, and from then on."""
    desk = writing_desk()
    await desk.get("metrics")
    sale = {"customerName": "Zoë Baker", "invoiceDate": "2026-03-01", "lines": [{"amount": 12345}]}
    await desk.post("invoices", sale)

    async def income(**refresh: str) -> object:
        return (await desk.get("metrics", **refresh))["metrics"]["gross_income"]["series"].get("2026-03-31")

    assert [await income(), await income(refresh="no")] == [None, None]
    assert [await income(refresh="yes"), await income()] == [Decimal("123.45")] * 2
    assert (await desk.refused("metrics", refresh="maybe")).status_code == 400
    assert (await desk.refused("metrics", start="2026-03-01", end="2026-02-01")).status_code == 400
