"""Writing to Boss Insights: who may, what each object takes, and that the books stay right."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ledgermesh.sandbox import ledger
from tests.sandbox.bossinsights_desk import (
    PURPOSE,
    TODAY,
    Desk,
    desk_over,
    exact,
    fields,
    small_books,
    writing_desk,
)

SALE = {"customerName": "Zoë Baker", "lines": [{"description": "Cake", "amount": 5000, "tax": "GST 5%"}]}


@pytest.fixture
def desk() -> Desk:
    return writing_desk()


def balanced(desk: Desk) -> None:
    """Every entry of the ledger still has equal sides, and every account is known."""
    desk.books.invalidate()
    for entry in ledger.ledger(desk.books):
        assert sum(side.debit - side.credit for side in entry.postings) == 0, entry
        assert all(side.account in ledger.chart(desk.books) for side in entry.postings)


# -- who may -------------------------------------------------------------------------------------------------------


async def test_nobody_writes_until_the_feature_is_on() -> None:
    """403 for a key with the scope, and on the company's own host; afterwards both may."""
    desk = desk_over(small_books())
    assert (await desk.refused("vendors", "POST")).status_code == 403
    assert (await own_host(desk)).status_code == 403
    desk.emulator.switches.write_enabled = True
    await desk.post("vendors", {"name": "B"})
    assert (await own_host(desk)).status_code == 200
    assert [row["name"] for row in await desk.get("vendors")][1:] == ["B", "A"]


async def own_host(desk: Desk) -> httpx.Response:
    """The answer to a write on the company's own host."""
    return await desk.company.post("/api/vendors", json={"name": "A"}, extensions=PURPOSE)


@pytest.mark.parametrize(("user", "password"), [("user", "password"), ("sk_key", "")])
async def test_a_key_without_the_scope_only_reads(desk: Desk, user: str, password: str) -> None:
    """403 also while the feature is on; nothing is written."""
    desk.client.auth = httpx.BasicAuth(desk.keys[user], desk.keys.get(password, ""))
    for path in ("vendors", f"invoices/{(await desk.get('invoices'))[0]['id']}"):
        assert (await desk.refused(path, "POST")).status_code == 403
    assert len(await desk.get("vendors")) == 1


async def test_a_body_is_json_whatever_its_type_says(desk: Desk) -> None:
    """The sample apps send no Content-Type; what is no JSON object is 400."""
    query = {"X_ACCOUNT_KEY": desk.keys["account_key"]}
    for headers in ({}, {"Content-Type": "text/plain"}):
        answer = await desk.client.post(
            "/api/vendors", params=query, content=b'{"name": "Mill"}', headers=headers, extensions=PURPOSE
        )
        assert exact(answer)["name"] == "Mill"
    for content in (b"", b"[]", b"{", b"\xff"):
        answer = await desk.client.post("/api/vendors", params=query, content=content, extensions=PURPOSE)
        assert answer.status_code == 400


async def test_unknown_fields_are_ignored_and_a_row_must_be_there(desk: Desk) -> None:
    """As on reading."""
    answer = await desk.client.post(
        "/api/vendors",
        params={"X_ACCOUNT_KEY": desk.keys["account_key"]},
        json={"name": "Mill", "shoeSize": 44},
        extensions=PURPOSE,
    )
    assert answer.status_code == 200
    for path in ("vendors/1", "vendors/x", "nowhere", "vendors/1/2"):
        assert (await desk.refused(path, "POST")).status_code == 404


# -- invoices ------------------------------------------------------------------------------------------------------


async def test_an_invoice_is_created_for_a_known_or_a_new_customer(desk: Desk) -> None:
    """By name, source id or id; totals are those of the lines; it belongs to no app yet."""
    known = await desk.one("customers", name="Zoë Baker")
    for given in ({"customerName": "Zoë Baker"}, {"customerId": known["srcId"]}, {"customerId": known["id"]}):
        row = await desk.post("invoices", {**SALE, "customerName": "Zoë Baker"} | given)
        assert (row["customerId"], row["total"], row["tax"], row["balance"]) == (
            known["srcId"],
            5250,
            250,
            5250,
        )
        assert (row["integration"], row["srcId"], row["status"]) == ("bossinsights", str(row["id"]), "open")
        assert row["invoiceDate"] == f"{TODAY}T00:00:00Z"
    row = await desk.post("invoices", SALE | {"customerName": "Newcomer"})
    made = await desk.one("customers", name="Newcomer")
    assert (row["customerId"], made["balance"], made["integration"]) == (made["srcId"], 5250, "bossinsights")
    assert len(await desk.get("invoices")) == 6
    balanced(desk)


async def test_an_invoice_is_changed_and_what_is_not_sent_stays(desk: Desk) -> None:
    """Lines come anew as a whole; the number cannot change."""
    before = await desk.one("invoices", invoiceNumber="700002")
    product = await desk.one("products", sku="P-001")
    lines = [
        {"productId": product["id"], "quantity": 3},
        {"unitPrice": "12.5", "quantity": 100, "tax": "GST 5%"},
    ]
    after = await desk.post(f"invoices/{before['id']}", {"lines": lines, "paymentDueDate": "2026-05-01"})
    assert fields(after["lines"], "quantity", "amount", "tax") == [(3, 1950, 0), (100, 1250, 63)]
    assert (after["total"], after["paymentDueDate"][:10]) == (3263, "2026-05-01")
    assert fields([before], "srcId", "customerId", "invoiceDate") == fields(
        [after], "srcId", "customerId", "invoiceDate"
    )
    assert await desk.wrong(f"invoices/{before['id']}", {"invoiceNumber": "x"}) == ["invoiceNumber"]
    balanced(desk)


async def test_an_invoice_is_marked_paid(desk: Desk) -> None:
    """`paid` settles what is open, `amountPaid` a part; the payment is there like any other."""
    half, whole = await desk.get("invoices")
    part = await desk.post(f"invoices/{whole['id']}", {"amountPaid": 1000})
    assert fields([part], "amountPaid", "balance", "status") == [(1000, whole["total"] - 1000, "partial")]
    for row in (half, whole):
        paid = await desk.post(f"invoices/{row['id']}", {"status": "paid"})
        assert fields([paid], "amountPaid", "balance", "status") == [(row["total"], 0, "paid")]
    payments = [row for row in await desk.get("payments") if row["invoiceIds"] == [whole["id"]]]
    assert [row["amount"] for row in payments] == [1000, whole["total"] - 1000]
    assert {row["integration"] for row in payments} == {"bossinsights"}
    balanced(desk)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"amountPaid": 4999}, "amountPaid"),
        ({"amountPaid": 21001}, "amountPaid"),
        ({"status": "void"}, "status"),
        ({"status": "paid", "amountPaid": 6000}, "status"),
        ({"status": "sent"}, "status"),
        ({"lines": []}, "lines"),
        ({"lines": [{"amount": 100}]}, "lines"),
        ({"lines": [{"amount": 99999, "tax": "Sin tax"}]}, "lines[0].tax"),
        ({"lines": [{"amount": 99999, "accountId": 5}]}, "lines[0].accountId"),
        ({"lines": [{"quantity": 2, "amount": 99999}]}, "lines[0].unitPrice"),
        ({"lines": [{"amount": "1.5"}]}, "lines[0].amount"),
        ({"lines": [{}]}, "lines[0].unitPrice"),
        ({"paymentDueDate": "2026-01-01"}, "paymentDueDate"),
        ({"invoiceDate": "2026-02-30"}, "invoiceDate"),
        ({"memo": 5}, "memo"),
        ({"customerId": "unknown"}, "customerId"),
        ({"customerName": "Nobody known"}, "customerName"),
    ],
)
async def test_an_invoice_that_is_half_paid_refuses(
    desk: Desk, change: dict[str, object], wrong: str
) -> None:
    """400 names the field, and nothing has changed."""
    row = await desk.one("invoices", invoiceNumber="700001")
    assert wrong in await desk.wrong(f"invoices/{row['id']}", change)
    assert await desk.get(f"invoices/{row['id']}") == row


async def test_everything_that_is_wrong_is_told_at_once(desk: Desk) -> None:
    """An empty invoice lacks its customer and its lines; a number may not stand twice."""
    assert await desk.wrong("invoices", {}) == ["customerId", "lines"]
    assert await desk.wrong("invoices", SALE | {"invoiceNumber": "700001"}) == ["invoiceNumber"]
    assert await desk.wrong("invoices", SALE | {"currency": "EUR"}) == ["currency"]
    assert len(await desk.get("invoices")) == 2


async def test_a_draft_is_not_booked_until_it_is_open(desk: Desk) -> None:
    """Nor is a void one; nothing is owed on either."""
    row = await desk.post("invoices", SALE | {"status": "draft"})
    assert fields([row], "status", "balance") == [("draft", 0)]
    assert await desk.wrong(f"invoices/{row['id']}", {"amountPaid": 100}) == ["amountPaid"]
    for status, balance in (("open", 5250), ("void", 0)):
        row = await desk.post(f"invoices/{row['id']}", {"status": status})
        assert fields([row], "status", "balance") == [(status, balance)]


# -- purchases -----------------------------------------------------------------------------------------------------


async def test_an_expense_for_a_new_and_for_a_known_vendor(desk: Desk) -> None:
    """The vendor is made on the way; the money leaves the named account, and the category gets the cost."""
    bank = await desk.one("accounts", accountName="Petty cash")
    cost = await desk.one("accounts", accountName="Insurance")
    body: dict[str, Any] = {"vendorName": "Cab Co.", "accountId": bank["id"], "method": "cash"}
    row = await desk.post("expenses", body | {"lines": [{"amount": 2000, "accountId": cost["id"]}]})
    vendor = await desk.one("vendors", name="Cab Co.")
    assert fields([row], "vendorId", "total", "status", "method") == [(vendor["srcId"], 2000, "paid", "cash")]
    again = await desk.post("expenses", body | {"lines": [{"amount": 500, "accountId": cost["id"]}]})
    assert (again["vendorId"], len(await desk.get("vendors"))) == (row["vendorId"], 2)
    changed = await desk.post(f"expenses/{row['id']}", {"lines": [{"amount": 1500, "accountId": cost["id"]}]})
    assert changed["total"] == 1500
    assert (await desk.one("accounts", accountName="Petty cash"))["balance"] == -2000
    assert (await desk.one("accounts", accountName="Insurance"))["balance"] == 2000
    assert [row["number"] for row in await desk.get("journal_entries")] == ["J-0001"]
    assert await desk.wrong("expenses", body | {"accountId": cost["id"], "lines": [{"amount": 1}]}) == [
        "accountId"
    ]
    balanced(desk)


async def test_a_bill_and_its_payment(desk: Desk) -> None:
    """A payment to the vendor lowers the balance; what is left over is unapplied."""
    row = await desk.post("bills", {"vendorName": "Flour Mill Inc.", "lines": [{"amount": 9000}]})
    paid = await desk.post("payments", {"billIds": [row["id"]], "amount": 10000, "reference": "Order 7"})
    assert fields([paid], "vendorId", "customerId", "unapplied", "reference") == [
        (row["vendorId"], None, 1000, "Order 7")
    ]
    assert (await desk.get(f"bills/{row['id']}"))["status"] == "paid"
    assert await desk.wrong("payments", {"billIds": [row["id"]], "amount": 100}) == ["billIds[0]"]
    assert await desk.wrong(f"payments/{paid['id']}", {"amount": 5}) == ["amount"]
    later = await desk.post(f"payments/{paid['id']}", {"paymentDate": "2026-03-09", "method": "check"})
    assert fields([later], "paymentDate", "method") == [("2026-03-09T00:00:00Z", "check")]
    balanced(desk)


async def test_a_payment_for_several_invoices_pays_them_in_order(desk: Desk) -> None:
    """Of one customer; the money goes as far as it goes."""
    first = await desk.one("invoices", invoiceNumber="700001")
    second = await desk.post("invoices", SALE)
    body = {"invoiceIds": [first["id"], second["id"]], "amount": first["balance"] + 250}
    row = await desk.post("payments", body)
    assert fields([row], "invoiceIds", "unapplied") == [([first["id"], second["id"]], 0)]
    assert [(await desk.get(f"invoices/{each['id']}"))["balance"] for each in (first, second)] == [0, 5000]
    other = await desk.one("invoices", invoiceNumber="700002")
    assert await desk.wrong("payments", {"invoiceIds": [second["id"], other["id"]], "amount": 1}) == [
        "customerId"
    ]
    assert await desk.wrong("payments", {"amount": 100}) == ["customerId"]
    assert "amount" in await desk.wrong("payments", {"invoiceIds": [second["id"]], "amount": 0})
    balanced(desk)


async def test_a_credit_note_is_paid_out(desk: Desk) -> None:
    """Open it is owed to the customer; paid, the money has left the bank."""
    owed = (await desk.one("accounts", accountName="Accounts receivable"))["balance"]
    row = await desk.post("credit_notes", {"customerName": "Zoë Baker", "lines": [{"amount": 700}]})
    assert fields([row], "total", "balance", "status") == [(700, 700, "open")]
    assert (await desk.one("accounts", accountName="Accounts receivable"))["balance"] == owed - 700
    row = await desk.post(f"credit_notes/{row['id']}", {"status": "paid"})
    assert fields([row], "balance", "status") == [(0, "paid")]
    assert (await desk.one("accounts", accountName="Accounts receivable"))["balance"] == owed
    balanced(desk)


# -- master data and the rest --------------------------------------------------------------------------------------


async def test_the_chart_of_accounts_is_changed(desk: Desk) -> None:
    """Sub-types say what an account is; a number is never taken twice."""
    above = await desk.one("accounts", accountNumber="6000")
    body = {
        "accountName": "Ovens",
        "accountType": "Expense",
        "parentId": above["id"],
        "accountNumber": "6075",
    }
    row = await desk.post("accounts", body)
    assert fields([row], "accountSubType", "mapping", "parentId") == [
        ("Expense", "operating_expenses", above["id"])
    ]
    row = await desk.post(f"accounts/{row['id']}", {"accountSubType": "CostOfGoodsSold", "active": False})
    assert fields([row], "accountType", "accountSubType", "active") == [("Expense", "CostOfGoodsSold", False)]
    assert await desk.wrong("accounts", body) == ["accountNumber"]
    assert await desk.wrong("accounts", {"accountType": "Cost"}) == ["accountName", "accountType"]
    assert await desk.wrong(f"accounts/{row['id']}", {"accountType": "Income", "accountSubType": "Bank"}) == [
        "accountSubType"
    ]
    assert await desk.wrong(f"accounts/{row['id']}", {"parentId": row["id"]}) == ["parentId"]


async def test_contact_details_are_changed(desk: Desk) -> None:
    """Only what is sent; null empties a field."""
    before = await desk.one("customers", name="Zoë Baker")
    change = {
        "email": None,
        "phone": "+1 416 555 0107",
        "billingAddress": {"street": "2 Mill Road", "country": "CA"},
    }
    after = await desk.post(f"customers/{before['id']}", change)
    assert fields([after], "name", "email", "phone") == [("Zoë Baker", None, "+1 416 555 0107")]
    assert (after["billingAddress"]["street"], after["srcId"]) == ("2 Mill Road", before["srcId"])
    assert await desk.wrong(f"customers/{before['id']}", {"name": " ", "active": "yes"}) == ["name", "active"]
    assert await desk.wrong("vendors", {"email": "x@example.org"}) == ["name"]


async def test_bank_transactions_are_loaded_ahead(desk: Desk) -> None:
    """They move the account's balance; without a category they wait in suspense."""
    bank = await desk.post("bank_accounts", {"accountName": "New account"})
    body = {"accountId": bank["id"], "date": "2025-12-01", "description": "Rent", "amount": -80000}
    row = await desk.post("bank_transactions", body)
    assert fields([row], "category", "amount", "integration") == [(None, -80000, "bossinsights")]
    row = await desk.post(f"bank_transactions/{row['id']}", {"category": "Rent"})
    assert row["category"] == "Rent"
    assert (await desk.get(f"bank_accounts/{bank['id']}"))["balance"] == -80000
    assert await desk.wrong("bank_transactions", body | {"category": "Nonsense"}) == ["category"]
    assert await desk.wrong("bank_transactions", body | {"amount": 0}) == ["amount"]
    assert await desk.wrong("bank_transactions", {}) == ["accountId", "date", "amount"]
    others = [each for each in await desk.get("bank_transactions") if each["id"] != row["id"]]
    assert await desk.wrong(f"bank_transactions/{others[0]['id']}", {"amount": 1}) == ["id"]
    balanced(desk)


async def test_a_journal_entry_has_equal_sides(desk: Desk) -> None:
    """Unequal ones, one-sided lines and unknown accounts are refused."""
    ids = {row["accountNumber"]: row["id"] for row in await desk.all("accounts")}
    debit, credit = {"accountId": ids["6010"], "debit": 700}, {"accountId": ids["2300"], "credit": 700}
    row = await desk.post(
        "journal_entries", {"date": "2026-03-01", "lines": [debit, credit], "memo": "Accrued"}
    )
    assert fields(row["lines"], "debit", "credit") == [(700, 0), (0, 700)]
    changed = await desk.post(f"journal_entries/{row['id']}", {"memo": "Rent accrued"})
    assert (changed["memo"], changed["lines"]) == ("Rent accrued", row["lines"])
    bad = {"date": "2026-03-01", "lines": [debit, credit | {"credit": 600}]}
    assert await desk.wrong("journal_entries", bad) == ["lines"]
    assert "lines[0].debit" in await desk.wrong("journal_entries", bad | {"lines": [debit | {"credit": 1}]})
    assert "lines[0].accountId" in await desk.wrong(
        "journal_entries", bad | {"lines": [{"accountId": 9, "debit": 1}]}
    )
    assert await desk.wrong("journal_entries", bad | {"lines": [debit, credit], "number": "J-0001"}) == [
        "number"
    ]
    balanced(desk)


async def test_products_and_employees(desk: Desk) -> None:
    """Numbers are given once and stay."""
    row = await desk.post("products", {"name": "Rye", "sku": "R-1", "price": 590, "quantity": 3})
    assert fields([row], "sku", "price", "quantity") == [("R-1", 590, 3)]
    assert await desk.wrong("products", {"name": "Rye", "sku": "R-1"}) == ["sku"]
    assert await desk.wrong(f"products/{row['id']}", {"sku": "R-2", "price": "1.234"}) == ["price", "sku"]
    row = await desk.post("employees", {"name": "Noah", "salary": 4000000, "hire_date": "2026-01-01"})
    left = await desk.post(f"employees/{row['id']}", {"termination_date": "2026-02-28", "active": False})
    assert fields([left], "termination_date", "active", "salary") == [
        ("2026-02-28T00:00:00Z", False, 4000000)
    ]
    assert await desk.wrong("employees", {"name": "Noah", "employee_number": "E101"}) == ["employee_number"]
    assert await desk.wrong(f"employees/{row['id']}", {"employee_number": "E9"}) == ["employee_number"]


async def test_pay_and_its_deductions(desk: Desk) -> None:
    """Net pay is what is left of the gross; the bank pays it out, the rest is owed."""
    who = (await desk.get("employees"))[0]
    body = {"employee_id": who["id"], "check_date": "2026-03-06", "start": "2026-02-16", "end": "2026-03-01"}
    pay = {"gross_wages": 100000, "federal_tax": 12000, "health_deductions": 3000, "company_futa_tax": 600}
    row = await desk.post("payroll", body | pay)
    assert fields([row], "net_pay", "regular_wages", "employee_name", "platform") == [
        (85000, 100000, "Priya Ashdown", "bossinsights")
    ]
    row = await desk.post(f"payroll/{row['id']}", {"garnishment_deductions": 5000, "net_pay": 80000})
    assert (row["net_pay"], row["garnishment_deductions"]) == (80000, 5000)
    owed = await desk.one("accounts", accountName="Payroll liabilities")
    assert owed["balance"] == 12000 + 3000 + 5000 + 600
    assert await desk.wrong("payroll", body | pay | {"net_pay": 1}) == ["net_pay"]
    assert "gross_wages" in await desk.wrong("payroll", body | pay | {"regular_wages": 50000})
    assert await desk.wrong("payroll", {}) == ["employee_id", "check_date", "gross_wages"]
    assert "net_pay" in await desk.wrong("payroll", body | pay | {"other_tax": 99000})
    assert "gross_wages" in await desk.wrong("payroll", body | pay | {"other_tax": -1})
    assert await desk.wrong("payroll", body | pay | {"end": "2026-01-01"}) == ["start"]
    balanced(desk)


async def test_statements_follow_what_is_written(desk: Desk) -> None:
    """The income of the month grows by the sale."""

    async def profit() -> Any:
        rows = await desk.get("income_statements", start="2026-02-01", end="2026-03-31")
        return rows[-1]["periods"][0]["totals"]["profit"]

    before = await profit()
    await desk.post("invoices", SALE | {"invoiceDate": "2026-02-27"})
    assert await profit() == before + 50
