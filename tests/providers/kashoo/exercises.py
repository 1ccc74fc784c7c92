"""Kashoo: sign in both ways, read the business, then write and read back each kind of thing it keeps."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from httpx import BasicAuth

from ledgermesh.sandbox.kashoo.emulator import REDIRECT_URI
from tests.sandbox.operations import Run

DAY = "2025-11-14"
DUE = "2025-12-14"
PAGE = {"limit": 3, "offset": 1}


async def exercise(run: Run) -> None:
    """All of the Classic edition."""
    await exercise_shared(run)
    await older_contacts(run)
    await items(run)


async def exercise_shared(run: Run) -> Any:
    """What both products have; a new bill is given back."""
    run.headers["Accept"] = "application/json"
    bearer = await sign_in(run)
    await business(run)
    as_app = {"Authorization": f"Bearer {bearer}"}
    await run("readSubscription", query={"subscriberId": home(run)}, headers=as_app)
    chart = await accounts(run)
    contact = await contacts(run)
    await taxes(run)
    await records(run, chart, contact)
    return await paper(run, "createBill", chart["EXPENSE"], contact)


def home(run: Run) -> int:
    """The id of the business."""
    return int(run.emulator.credentials(run.books)["business_id"])


async def sign_in(run: Run) -> str:
    """As a person by password, whose token is used from now on; as an app by consent, whose token is given back."""
    keys = run.emulator.credentials(run.books)
    login = {"email": keys["email"], "password": keys["password"]}
    await run("messageCode", data=login)
    await run("logIn", data=login)
    assert run.last is not None
    run.headers["Authorization"] = f"TOKEN json:{run.last.text}"

    asked = {"client_id": keys["client_id"], "response_type": "code", "scope": "full-access"}
    asked |= {"redirect_uri": REDIRECT_URI, "login_hint": keys["email"]}
    await run("authorize", query=asked)
    code = parse_qs(urlsplit(run.last.headers["location"]).query)["code"][0]
    basic = BasicAuth(keys["client_id"], keys["client_secret"])
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    tokens = await run("exchange", data=form, auth=basic)
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    return str((await run("exchange", data=again, auth=basic))["access_token"])


async def business(run: Run) -> None:
    """The user, the business and what it pays for Kashoo itself."""
    await run("readUser")
    assert home(run) in [row["id"] for row in await run("listBusinesses")]
    found = await run("readBusiness", business=home(run))
    await run("replaceBusiness", business=home(run), json={**found, "legalName": "New Name Ltd."})
    await run("readContract", business=home(run))
    await run("listContractInvoices", business=home(run))


async def accounts(run: Run) -> dict[str, int]:
    """The chart of accounts and what was booked there; an account of each type is given back."""
    rows = await run("listAccounts", business=home(run))
    new = await created(run, "createAccount", {"type": "EXPENSE", "name": "Parking", "number": "6999"})
    await run("replaceAccount", id=new["id"], json={**new, "name": "Parking and tolls"})
    await run("readAccount", id=new["id"])
    await run("listJournalEntries", id=rows[0]["id"], query=PAGE)
    await run("listAccountRecords", id=rows[0]["id"], query=PAGE)
    return {row["type"]: row["id"] for row in rows if not row["archived"]}


async def contacts(run: Run) -> int:
    """People and companies, and groups of them; one of them is given back."""
    rows = await run("listContacts", business=home(run))
    await run("listContactRecords", id=rows[0]["id"], query=PAGE)
    body = {"contactInformation": {"name": "Harbour Cafe"}, "receivableAccount": rows[0]["receivableAccount"]}
    new = await created(run, "createContact", body)
    changed = {**new, "contactInformation": {"name": "Harbour Café", "city": "Halifax"}}
    await run("replaceContact", id=new["id"], json=changed)
    await run("readContact", id=new["id"])
    await run("removeContact", id=new["id"])
    await created(run, "createContactGroup", {"name": "Regulars", "contacts": [rows[0]["id"]]})
    await run("listContactGroups", business=home(run))
    return int(rows[0]["id"])


async def taxes(run: Run) -> None:
    """Those of the business, and those it could add."""
    await run("listTaxes", business=home(run))
    await run("listAvailableTaxes", business=home(run))


async def records(run: Run, chart: dict[str, int], contact: int) -> None:
    """Invoices, bills and their payments, transfers and entries: each made and listed, some changed."""
    here: dict[str, Any] = {"business": home(run)}
    bank = chart["CASH"]
    invoice = await paper(run, "createInvoice", chart["INCOME"], contact)
    bill = await paper(run, "createBill", chart["EXPENSE"], contact)
    received = await payment(run, "createInvoicePayment", bank, invoice)
    await payment(run, "createBillPayment", bank, bill)
    reserve = await created(run, "createAccount", {"type": "CASH", "name": "Reserve", "number": "1099"})
    moved = {"fromAccount": bank, "toAccount": reserve["id"], "amount": 1250, "date": DAY}
    await created(run, "createTransfer", moved)
    sides = [{"account": bank, "debit": 700}, {"account": chart["EQUITY"], "credit": 700}]
    await created(run, "createAdjustment", {"date": DAY, "lineItems": sides})
    for id in ("listRecords", "listInvoices", "listBills", "listInvoicePayments", "listBillPayments"):
        await run(id, **here, query=PAGE)
    await run("listTransfers", **here)
    await run("listAdjustments", **here)
    await run("nextNumbers", **here)
    await change(run, invoice, received)
    scan = {"url": "https://files.test/statement.ofx", "filename": "statement.ofx", "account": bank}
    await run("importStatement", **here, json={**scan, "preview": True})


async def change(run: Run, invoice: Any, received: Any) -> None:
    """One record alone, several at once; mailed, then taken away with what was paid on it."""
    found = await run("readRecord", id=invoice["id"])
    changed = await run("replaceRecord", id=invoice["id"], json={**found, "memo": "Thank you"})
    await run("replaceRecords", json=[{**changed, "memo": "Thanks"}])
    mail = {"to": "books@harbour.test", "message": "Attached."}
    await run("emailRecord", id=invoice["id"], json=mail)
    await run("removeRecord", id=received["id"])
    await run("removeRecord", id=invoice["id"])


async def older_contacts(run: Run) -> None:
    """Contacts the way that older clients list them."""
    sync = await run("openSync", data={"business": home(run), "description": "Exercise"})
    await run("listSyncContacts", sync=sync["id"], role="customers", query={"limit": 2})
    await run("listAllSyncContacts", sync=sync["id"], query={"limit": 2})


async def items(run: Run) -> None:
    """Products and services."""
    await run("listItems", business=home(run))
    new = await created(run, "createItem", {"name": "Tasting", "defaultSellRate": 12.5})
    changed = {**new, "name": "Wine tasting"}
    await run("replaceItem", business=home(run), id=new["id"], json=changed)
    await run("readItem", business=home(run), id=new["id"])


# -- what they share -------------------------------------------------------------------------------------------------


async def created(run: Run, id: str, body: dict[str, Any]) -> Any:
    """The new thing of the business."""
    return await run(id, business=home(run), json=body)


async def paper(run: Run, id: str, account: int, contact: int) -> Any:
    """A new invoice or bill of two hours at 40.25."""
    line = {"account": account, "quantity": 2, "rate": 40.25, "description": "Hours"}
    body = {
        "contact": contact,
        "currency": run.books.currency,
        "date": DAY,
        "dueDate": DUE,
        "lineItems": [line],
    }
    return await created(run, id, body)


async def payment(run: Run, id: str, account: int, paid: Any) -> Any:
    """Half of what the paper comes to."""
    half = paid["balanceDue"] // 2
    body = {"account": account, "amount": half, "currency": paid["currency"], "date": DAY}
    body |= {"contact": paid["contact"], "allocations": [{"amount": half, "record": paid["id"]}]}
    return await created(run, id, body)
