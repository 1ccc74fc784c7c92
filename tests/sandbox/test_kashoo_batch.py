"""Several records at once, statements taken in, invoices by e-mail, and the walls between businesses."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.sandbox.kashoo_desk import Desk, desk_over, small_books

STATEMENT = """OFXHEADER:100
<OFX><BANKTRANLIST>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260301120000<TRNAMT>45.50<FITID>F1<NAME>Till
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260302<TRNAMT>-12.05<FITID>F2<NAME>Rent<MEMO>March</STMTTRN>
</BANKTRANLIST></OFX>"""


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    one = desk_over(small_books(), small_books("other-shop"))
    async with one.client:
        await one.sign_in()
        yield one


async def record(desk: Desk, number: str, type: str = "INVOICE") -> dict[str, Any]:
    """One record in full."""
    found: dict[str, Any] = await desk.get(f"/api/records/{desk.id(type, number)}")
    return found


# -- batches ---------------------------------------------------------------------------------------------------------


async def test_a_batch_replaces_one_after_another(desk: Desk) -> None:
    """Records of several types of one business come back in the order in which they were sent."""
    rows = [
        await record(desk, "A-2"),
        await record(desk, "B-1", "BILL"),
        await record(desk, "J-1", "ADJUSTMENT"),
    ]

    answer = await desk.put("/api/records", [{**row, "memo": f"New {row['number']}"} for row in rows])

    assert ["New A-2", "New B-1", "New J-1"] == [row["memo"] for row in answer]
    assert answer == [await desk.get(f"/api/records/{row['id']}") for row in rows]


async def test_a_batch_ends_at_the_first_refusal(desk: Desk) -> None:
    """Those before it stay replaced, those after it stay as they were."""
    first, second, third = [await record(desk, number) for number in ("A-2", "A-3", "A-4")]
    body = [{**first, "memo": "x"}, {**second, "lineItems": []}, {**third, "memo": "x"}]

    status, message = await desk.denied("PUT", "/api/records", body)

    assert (400, True) == (status, message.startswith("[1].lineItems"))
    assert ["x", "", ""] == [(await record(desk, number))["memo"] for number in ("A-2", "A-3", "A-4")]


async def test_a_batch_takes_its_time(desk: Desk) -> None:
    """With the switch on, so many seconds for each record."""
    desk.emulator.switches.slow_batch_seconds = 40
    before = desk.clock.monotonic()

    await desk.put("/api/records", [await record(desk, "A-2"), await record(desk, "A-3")])

    assert 80 == desk.clock.monotonic() - before


async def test_what_a_batch_cannot_be(desk: Desk) -> None:
    """Every row names its record, all of one business that is the caller's."""
    own = await record(desk, "A-2")
    foreign = desk.emulator.record_id(small_books("other-shop"), "INVOICE", "A-2")

    for body, status in (
        ([], 400),
        ({}, 400),
        ([5], 400),
        ([{**own, "id": None}], 400),
        ([{**own, "id": 5}], 404),
        ([{**own, "id": foreign}], 403),
        ([own, {**own, "id": foreign}], 400),
    ):
        assert status == (await desk.denied("PUT", "/api/records", body))[0]
    assert own == await record(desk, "A-2")


async def test_records_are_not_put_back_into_an_inbox(desk: Desk) -> None:
    """Only the other product has one."""
    assert 404 == (await desk.denied("POST", "/api/records/unprocess", [await record(desk, "A-2")]))[0]


# -- statements ------------------------------------------------------------------------------------------------------


async def statement(desk: Desk, **changes: object) -> dict[str, object]:
    """A statement of two lines on the bank account, with these changes."""
    url = "data:application/x-ofx;base64," + base64.b64encode(STATEMENT.encode()).decode()
    account = (await desk.accounts())["1010"]
    return {"url": url, "filename": "march.OFX", "account": account, "uuid": "u", **changes}


async def taken(desk: Desk, body: object) -> list[dict[str, Any]]:
    """The records of a statement."""
    answer = await desk.send("POST", "/records/import", body)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


async def test_a_statement_becomes_records(desk: Desk) -> None:
    """A preview makes nothing; the lines are made once, however often they are sent."""
    before = await desk.numbers("/records/adjustments")
    preview = await taken(desk, await statement(desk, preview=True))
    between = await desk.numbers("/records/adjustments")
    made = await taken(desk, await statement(desk))
    again = await taken(desk, await statement(desk))

    assert (before, []) == (between, again)
    assert [(4550, "Till"), (1205, "Rent March")] == [(row["amount"], row["memo"]) for row in made]
    assert [row["lineItems"][0]["debit"] for row in preview] == [row["amount"] for row in made]
    assert ["J-3", "J-2"] == await desk.numbers("/records/adjustments", startDate="2026-03-01")
    bank = (await desk.accounts())["1010"]
    rows = await desk.get(f"/api/accounts/{bank}/journalEntries", startDate="2026-03-01")
    assert [(0, 1205), (4550, 0)] == [(row["debit"], row["credit"]) for row in rows]


async def test_a_statement_elsewhere_is_invented(desk: Desk) -> None:
    """The sandbox reaches no network; the same address always gives the same lines."""
    body = await statement(desk, url="https://bank.example/march.qbo", filename="march.qbo", preview=True)

    rows = await taken(desk, body)

    assert 3 == len(rows)
    assert rows == await taken(desk, body)


async def test_what_a_statement_cannot_be(desk: Desk) -> None:
    """Only OFX and QBO, only for a bank account, only an address that can be read."""
    for change, place in (
        ({"filename": "march.csv"}, "filename"),
        ({"account": (await desk.accounts())["4000"]}, "account"),
        ({"account": 5}, "account"),
        ({"url": "data:text/plain,nothing"}, "url"),
        ({"url": "data:x;base64,!"}, "url"),
        ({"url": "data:x"}, "url"),
        ({"url": "ftp://bank.example/x.ofx"}, "url"),
        ({"url": f"data:,{STATEMENT.replace('45.50', 'much')}"}, "url"),
        ({"url": f"data:,{STATEMENT.replace('20260301', '20261301')}"}, "url"),
    ):
        status, message = await desk.denied("POST", "/records/import", await statement(desk, **change))
        assert (400, True) == (status, message.startswith(place)), message
    assert ["J-1"] == await desk.numbers("/records/adjustments")


# -- e-mail ----------------------------------------------------------------------------------------------------------


async def test_an_invoice_by_mail(desk: Desk) -> None:
    """A preview sends nothing and shows the letter; without it the letter is in the outbox."""
    path = f"/api/records/{desk.id('INVOICE', 'A-2')}/email"
    letter = {"to": "ann@example.com, bob@example.com", "message": "5 < 6", "cc": None}

    preview = await desk.send("POST", path, {**letter, "preview": True})
    assert 0 == len(desk.emulator.mail.outbox)
    sent = await desk.send("POST", path, {**letter, "previewType": "text", "bcc": "us@example.com"})

    assert (False, "<p>5 &lt; 6</p>", "Invoice A-2 from Corner Shop") == tuple(
        preview.json()[name] for name in ("sent", "body", "subject")
    )
    assert (True, "5 < 6") == (sent.json()["sent"], sent.json()["body"])
    [mail] = desk.emulator.mail.outbox
    assert (("ann@example.com", "bob@example.com"), ("us@example.com",)) == (mail.to, mail.bcc)


async def test_what_cannot_be_mailed(desk: Desk) -> None:
    """No address, no invoice, a removed one."""
    good = f"/api/records/{desk.id('INVOICE', 'A-2')}/email"
    for path, body in (
        (good, {}),
        (good, {"to": "ann"}),
        (good, {"to": "ann@example.com", "previewType": "pdf"}),
        (f"/api/records/{desk.id('BILL', 'B-1')}/email", {"to": "ann@example.com"}),
        (f"/api/records/{desk.id('INVOICE', 'A-4')}/email", {"to": "ann@example.com"}),
    ):
        assert 400 == (await desk.denied("POST", path, body))[0]
    assert 0 == len(desk.emulator.mail.outbox)


# -- walls -----------------------------------------------------------------------------------------------------------


async def test_no_write_reaches_another_business(desk: Desk) -> None:
    """By the business or by the id of anything in it: 403, or 404 where there is nothing; nothing is changed."""
    other = desk.emulator.businesses.of(next(iter_books(desk, "other-shop")))
    home, invoice = f"/api/businesses/{other.id}", other.records.ids["INVOICE", "A-2"]
    account, contact, item = other.accounts["1010"], other.contacts["P1"], other.items["S-1"]
    body = await record(desk, "A-2")
    before = [str(row) for rows in other.records.by_type.values() for row in rows]

    for method, path in (
        ("PUT", home), ("POST", f"{home}/accounts"), ("PUT", f"/api/accounts/{account}"),
        ("POST", f"{home}/contacts"), ("PUT", f"/api/contacts/{contact}"), ("DELETE", f"/api/contacts/{contact}"),
        ("POST", f"{home}/contactGroups"), ("POST", f"{home}/items"), ("PUT", f"{home}/items/{item}"),
        ("POST", f"{home}/records/invoices"), ("POST", f"{home}/records/bills"),
        ("POST", f"{home}/records/invoicePayments"), ("POST", f"{home}/records/billPayments"),
        ("POST", f"{home}/records/transfers"), ("POST", f"{home}/records/adjustments"),
        ("POST", f"{home}/records/import"), ("PUT", f"/api/records/{invoice}"),
        ("DELETE", f"/api/records/{invoice}"), ("POST", f"/api/records/{invoice}/email"),
    ):  # fmt: skip
        assert 403 == (await desk.denied(method, path, body))[0], (method, path)
    for method, path in (
        ("PUT", "/api/businesses/5"), ("PUT", "/api/accounts/5"), ("DELETE", "/api/contacts/5"),
        ("PUT", "/api/records/5"), ("DELETE", "/api/records/5"), ("POST", "/api/records/5/email"),
    ):  # fmt: skip
        assert 404 == (await desk.denied(method, path, body))[0], (method, path)
    assert before == [str(row) for rows in other.records.by_type.values() for row in rows]


async def test_what_another_business_has_is_not_known(desk: Desk) -> None:
    """Accounts, contacts and records of another business in a body are a 400, as if they were not there."""
    other = desk.emulator.businesses.of(next(iter_books(desk, "other-shop")))
    own = await record(desk, "A-2")
    line = own["lineItems"][0]
    share = {"record": other.records.ids["INVOICE", "A-1"], "amount": 1}
    paid = {"account": (await desk.accounts())["1010"], "amount": 1, "currency": "CAD", "date": "2026-03-01"}

    for path, body in (
        ("/records/invoices", {**own, "contact": other.contacts["P1"]}),
        ("/records/invoices", {**own, "lineItems": [{**line, "account": other.accounts["4000"]}]}),
        ("/records/invoices", {**own, "lineItems": [{**line, "item": other.items["S-1"]}]}),
        ("/records/invoicePayments", {**paid, "account": other.accounts["1010"]}),
        ("/records/invoicePayments", {**paid, "allocations": [share]}),
    ):
        assert 400 == (await desk.denied("POST", path, body))[0]


def iter_books(desk: Desk, company: str) -> Any:
    """The desk's other books."""
    found = (desk.emulator.businesses.find(id).books for id in desk.emulator.businesses)
    return (books for books in found if books.company == company)
