"""Boss Insights: each kind of record made, listed, read and changed; statements, figures, and the administration."""

from __future__ import annotations

import base64
from typing import Any

from ledgermesh.sandbox.board import switches
from tests.sandbox.operations import Run

MOUNT = "http://mycompany-sandbox.myintranetapps.com"
DAY = "2025-11-14"
PUSH = {"X-Sync-Data": "push", "X-Sync-Sources": "accounting", "X-Tracking-ID": "exercise-1"}
READ_ONLY = ("Orders", "Transactions", "TrialBalances", "BalanceSheets", "IncomeStatements")


async def exercise(run: Run) -> None:
    """All of it."""
    switches(run.emulator).write_enabled = True
    keys = run.emulator.credentials(run.books)
    run.headers["Authorization"] = basic(keys["write_user"], keys["write_password"])
    run.query["X_ACCOUNT_KEY"] = keys["account_key"]
    await run("readQueryPage")
    await records(run)
    for kind in READ_ONLY:
        rows = await run(f"list{kind}", query={"page": 1})
        await run(f"read{kind.removesuffix('s')}", id=rows[0]["id"])
    await run("readMetrics", query={"start": "2025-01-01", "end": "2025-10-31", "refresh": "yes"})
    await push(run)
    del run.query["X_ACCOUNT_KEY"]
    await administration(run)


def basic(user: str, password: str) -> str:
    """The Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


async def records(run: Run) -> None:
    """What people and apps write."""
    income = await run.keep(
        "createAccount", {"accountName": "Tours", "accountType": "Income"}, {"active": True}
    )
    customer = await run.keep("createCustomer", {"name": "Harbour Cafe"}, {"name": "Harbour Café"})
    vendor = await run.keep("createVendor", {"name": "Paper & Co"}, {"phone": "+1 902 555 0100"})
    lines = [{"description": "Hours", "quantity": 2, "unitPrice": 4025, "accountId": income["id"]}]
    sold = {"customerId": customer["id"], "lines": lines}
    bought = {"vendorId": vendor["id"], "lines": [{"description": "Paper", "amount": 999}]}
    invoice = await run.keep("createInvoice", {**sold, "invoiceDate": DAY}, {"memo": "Thank you"})
    await run.keep("createBill", {**bought, "billDate": DAY}, {"memo": "Checked"})
    await run.keep("createExpense", {**bought, "billDate": DAY, "method": "card"}, {"memo": "Checked"})
    await run.keep("createCreditNote", {**sold, "date": DAY}, {"memo": "Sorry"})
    paid = {"amount": 1000, "paymentDate": DAY, "customerId": customer["id"], "invoiceIds": [invoice["id"]]}
    await run.keep("createPayment", paid, {"reference": "R-1"})
    await run.keep("createProduct", {"name": "Map", "price": 450}, {"price": 500})
    await money(run, income["id"])
    employee = await run.keep("createEmployee", {"name": "Ada Frei"}, {"job_title": "Guide"})
    pay = {"employee_id": employee["id"], "check_date": DAY, "gross_wages": 250_000, "start": "2025-11-01"}
    await run.keep("createPayroll", pay, {"social_security": 15_500})


async def money(run: Run, account: int) -> None:
    """Bank accounts, what moved on them, and entries by hand."""
    bank = await run.keep("createBankAccount", {"accountName": "Reserve"}, {"institution": "Example Bank"})
    row = {"accountId": bank["id"], "date": DAY, "amount": -450, "description": "Tea"}
    await run.keep("createBankTransaction", row, {"description": "Tea and cake"})
    other = await run("createAccount", json={"accountName": "Till", "accountType": "Asset"})
    sides = [{"accountId": other["id"], "debit": 700}, {"accountId": account, "credit": 700}]
    await run.keep("createJournalEntry", {"date": DAY, "lines": sides}, {"memo": "Cash sale"})


async def push(run: Run) -> None:
    """A change that goes on to the apps it belongs to, and how far it got."""
    await run("createCustomer", headers=PUSH, json={"name": "Lighthouse Inn"})
    assert run.last is not None
    assert run.last.headers["X-Tracking-ID"] == PUSH["X-Tracking-ID"]
    await run("readSync", id=run.last.headers["X-Sync-ID"])


async def administration(run: Run) -> None:
    """Accounts and their connections, keys, and the page where a company connects its apps."""
    keys = run.emulator.credentials(run.books)
    run.headers |= {"Authorization": basic(keys["admin_key"], ""), "Account-Key": keys["tenant_key"]}
    account = {"account_key": keys["account_key"]}
    token = await asked(run, "embed_token", **account)
    host = {"Host": f"{keys['company_subdomain']}.{keys['root_domain']}"}
    await run("readConnectionPage", query={"embed": token["token"]}, headers=host)
    health = await asked(run, "connection_health", **account)
    await asked(run, "list_api_keys")

    new = {
        "name": "Harbour Cafe",
        "active": 1,
        "email_admin": "ada@harbour.test",
        "password": "",
        "type": "standard",
    }
    await run("writeAdministration", action="create_account", json={**new, "subdomain": "harbour-cafe"})
    await told(run, "list_accounts")
    await told(run, "update_account", **account, name="New Name")
    await told(run, "disconnect", **account, integration=health["connections"][0]["integration"])
    await told(run, "allow_url", url="https://app.harbour.test/back", environment="sandbox")
    key = await told(run, "create_api_key", name="Exercise", scopes=["api.read"])
    await told(run, "update_api_key", id=key["id"], active=0)


async def asked(run: Run, action: str, **more: str) -> Any:
    """The answer to a question."""
    return await run("readAdministration", action=action, query={"action": action, **more})


async def told(run: Run, action: str, **more: object) -> Any:
    """The answer to a command."""
    return await run("writeAdministration", action=action, json={"action": action, **more})
