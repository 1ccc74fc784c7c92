"""AccountsOS: everything is read, one transaction is categorised, one document sent."""

from __future__ import annotations

from tests.sandbox.operations import Run

WINDOW = {"from": "2025-01-01", "to": "2025-06-30"}


async def exercise(run: Run) -> None:
    """All ten operations."""
    run.headers["Authorization"] = f"Bearer {run.emulator.credentials(run.books)['api_key']}"
    rows = (await run("listTransactions", query={**WINDOW, "limit": 10, "offset": 5}))["transactions"]
    found = await run("readTransaction", id=rows[0]["id"])
    category = next(
        row["category"]["id"] for row in rows if row["category"] != found["transaction"]["category"]
    )
    changed = {"category_id": category, "notes": "Checked"}
    await run("updateTransaction", id=rows[0]["id"], json=changed)

    scan = {"file": ("lunch.pdf", b"%PDF-1.7", "application/pdf")}
    sent = await run("uploadDocument", files=scan, data={"type": "receipt"})
    listed = await run("listDocuments", query={"type": "receipt", "status": "pending"})
    assert sent["document"] in listed["documents"]

    await run("listDeadlines", query={"days": 400})
    await run("listContacts", query={"type": "client", "limit": 5})
    await run("readProfitAndLoss", query=WINDOW)
    await run("readBalanceSheet", query={"as_of": WINDOW["to"]})
    await run("readVatReturn", query={"period": "Q2 2025"})
