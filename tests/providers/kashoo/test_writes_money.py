"""Payments, expenses, e-mail and bank statements of Kashoo, over HTTP; what is wrong is said before it is sent."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.engine.change import By
from ledgermesh.model.enums import DocumentStatus, PaymentMethod, Side, TaxMode
from ledgermesh.model.money import Money
from ledgermesh.sandbox.kashoo.mail import Mail
from ledgermesh.spec.write import File
from tests.contract.stand import standing
from tests.providers.kashoo.writes import (
    DAY,
    LATER,
    Shop,
    blocking,
    body,
    by,
    changes,
    document,
    listed,
    open_shop,
)
from tests.writing import carry_out, change, planned, send_steps

STATEMENT = b"""OFXHEADER:100
DATA:OFXSGML

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><BANKTRANLIST>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20261102<TRNAMT>-12.50<FITID>a1<NAME>Ferry</STMTTRN>
</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """The Classic edition over its emulator."""
    async with standing("kashoo") as made:
        yield await open_shop(made)


async def found_wrong(shop: Shop, kind: str, verb: Any, values: Any, id: str | None = None) -> dict[str, str]:
    """Where a change is wrong and by which code; the line shows that nothing was changed to find it out."""
    sent = len(changes(shop.stand))
    plan = await planned(shop.stand, change(shop.stand, kind, verb, values, id=id))
    assert len(changes(shop.stand)) == sent
    return blocking(plan)


# -- payments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "payment"), [("Invoice", "Payment"), ("Bill", "BillPayment")])
async def test_a_payment_moves_the_balance(shop: Shop, kind: str, payment: str) -> None:
    """A part is paid, then all that is left by default; a payment that is removed opens it again."""
    paper = await shop.make(kind)
    paying = {"date": LATER, "account": shop.account("CASH")}
    part = {**paying, "amount": shop.money("40.00"), "method": PaymentMethod.CHECK, "number": "PP-1"}
    first = await shop.done(kind, "PAY", part, paper.native_id)
    assert type(first).__name__ == payment
    assert document(first)["byCheck"] is True
    halfway = await shop.one(kind, paper.native_id)
    assert halfway.status is DocumentStatus.PARTIALLY_PAID
    assert halfway.amount_due.amount == paper.total.amount - 40
    rest = await shop.done(kind, "PAY", paying, paper.native_id)
    assert rest is not None
    assert rest.amount == halfway.amount_due
    assert (await shop.one(kind, paper.native_id)).status is DocumentStatus.PAID
    assert await found_wrong(shop, kind, "PAY", paying, paper.native_id) == {"": "OVER_BALANCE"}
    await shop.done(payment, "DELETE", id=rest.native_id)
    assert (await shop.one(kind, paper.native_id)).amount_due == halfway.amount_due


async def test_a_payment_takes_its_contact_from_what_it_settles(shop: Shop) -> None:
    """Without a contact it is that of the invoice; what is not allocated is what is left."""
    paper = await shop.make("Invoice")
    values = {
        "date": LATER,
        "currency": shop.currency,
        "account": shop.account("CASH"),
        "amount": shop.money("120.00"),
        "allocations": ({"amount": shop.money("100.22"), "document": by(paper)},),
    }
    made = await shop.done("Payment", "CREATE", values)
    assert made is not None
    assert made.party_ref.native_id == shop.party.native_id
    assert made.unallocated == shop.money("19.78")
    less = change(
        shop.stand, "Payment", "UPDATE", {"amount": shop.money("110.00")}, id=made.native_id, client_key="k"
    )
    changed: Any = await carry_out(shop.stand, less)
    assert changed is not None
    assert (changed.unallocated, len(changed.allocations)) == (shop.money("9.78"), 1)


async def test_a_wrong_allocation_is_found_before_anything_is_sent(shop: Shop) -> None:
    """Over the balance, to another contact's paper, in another currency, to what was removed, beyond the amount."""
    paper, other = (
        await shop.make("Invoice"),
        await shop.make("Invoice", party=by(shop.other), number="IN-78"),
    )
    foreign = await shop.make("Invoice", currency="EUR", exchange_rate=Decimal("1.5"), number="IN-79", lines=(
        {"account": shop.account("INCOME"), "unit_price": Money(amount=Decimal(50), currency="EUR")},
    ))  # fmt: skip
    gone = await shop.make("Invoice", number="IN-80")
    await shop.done("Invoice", "VOID", id=gone.native_id)
    values = {
        "date": LATER,
        "currency": shop.currency,
        "party": by(shop.party),
        "account": shop.account("CASH"),
        "amount": shop.money("500.00"),
    }

    async def with_share(document: Any, part: str, **more: Any) -> dict[str, str]:
        share = {"amount": shop.money(part), "document": by(document)}
        return await found_wrong(shop, "Payment", "CREATE", {**values, "allocations": (share,), **more})

    at, of = "input.allocations.0.amount", "input.allocations.0.document"
    assert await with_share(paper, "100.23") == {at: "OVER_BALANCE"}
    assert await with_share(paper, "100.22") == {}
    assert await with_share(other, "5.00") == {of: "OTHER_PARTY"}
    assert await with_share(foreign, "5.00") == {of: "OTHER_CURRENCY"}
    assert (await with_share(gone, "5.00"))[of] == "VOID"
    assert (await with_share(await shop.make("Bill"), "5.00")) == {of: "WRONG_TYPE"}
    assert await with_share(paper, "50.00", amount=shop.money("49.99")) == {
        "input.allocations": "OVER_AMOUNT"
    }
    assert await with_share(paper, "50.00", unallocated=shop.money("1.00")) == {
        "input.unallocated": "UNBALANCED"
    }
    assert await with_share(paper, "0.00") == {at: "INVALID"}
    twice = tuple({"amount": shop.money("60.00"), "document": by(paper)} for _ in range(2))
    found = await found_wrong(shop, "Payment", "CREATE", {**values, "allocations": twice})
    assert found == {"input.allocations.1.amount": "OVER_BALANCE"}


async def test_a_payment_may_be_changed_within_what_it_settled(shop: Shop) -> None:
    """What this payment has settled itself counts as open when its own shares change."""
    paper = await shop.make("Invoice")
    paying = {"date": LATER, "account": shop.account("CASH")}
    made = await shop.done("Invoice", "PAY", paying, paper.native_id)
    assert made is not None
    share = {"amount": shop.money("60.00"), "document": by(paper)}
    less = {"amount": shop.money("60.00"), "allocations": (share,)}
    changed = await shop.done("Payment", "UPDATE", less, made.native_id)
    assert changed is not None
    assert (changed.amount, changed.unallocated) == (shop.money("60.00"), shop.money("0.00"))
    assert (await shop.one("Invoice", paper.native_id)).amount_due == shop.money("40.22")


async def test_what_is_missing_or_wrong_is_known_before(shop: Shop) -> None:
    """Required fields, closed records, sides that do not balance, one account twice, a rate of the home currency."""
    values = await shop.values("Invoice")
    for name in ("currency", "date", "due_date", "lines"):
        less = {key: value for key, value in values.items() if key != name}
        assert f"input.{'dueDate' if name == 'due_date' else name}" in await found_wrong(
            shop, "Invoice", "CREATE", less
        )
    line = {"description": "Nothing said"}
    assert set(await found_wrong(shop, "Invoice", "CREATE", {**values, "lines": (line,)})) == {
        "input.lines.0.account",
        "input.lines.0.unitPrice",
    }
    assert await found_wrong(shop, "Invoice", "CREATE", {**values, "exchange_rate": Decimal("1.2")}) == {
        "input.exchangeRate": "INVALID"
    }
    assert await found_wrong(shop, "Invoice", "CREATE", {**values, "tax_mode": TaxMode.INCLUSIVE}) == {
        "input.taxMode": "NOT_ALLOWED"
    }
    entry = await shop.values("JournalEntry")
    entry["lines"][0]["side"] = Side.CREDIT
    assert await found_wrong(shop, "JournalEntry", "CREATE", entry) == {"input.lines": "UNBALANCED"}
    moved = {**await shop.values("Transfer"), "to_account": shop.account("CASH")}
    assert await found_wrong(shop, "Transfer", "CREATE", moved) == {"input.toAccount": "INVALID"}
    assert await found_wrong(shop, "Account", "CREATE", {"name": "No type"}) == {"input.type": "REQUIRED"}
    assert await found_wrong(shop, "Party", "CREATE", {"email": "a@b.test"}) == {
        "input.displayName": "REQUIRED"
    }
    tax = shop.accounts["TAX"].native_id
    assert await found_wrong(shop, "Account", "UPDATE", {"name": "Mine"}, tax) == {"": "READ_ONLY"}
    assert changes(shop.stand) == []


async def test_closed_records_are_not_asked_for(shop: Shop) -> None:
    """A record that Kashoo marks as read-only is refused here, whatever is to be done to it."""
    paper = await shop.make("Bill")
    shop.stand.emulator.switches.overrides[int(paper.native_id)] = {"readOnly": True}  # type: ignore[attr-defined]  # Kashoo's
    for verb, values in (("UPDATE", {"memo": "x"}), ("DELETE", {}), ("VOID", {})):
        assert await found_wrong(shop, "Bill", verb, values, paper.native_id) == {"": "READ_ONLY"}


# -- an expense ------------------------------------------------------------------------------------------------------


async def expense(shop: Shop, **more: Any) -> dict[str, Any]:
    """A taxi that was paid at once."""
    line = {"account": shop.account("EXPENSE"), "net": shop.money("18.40"), "description": "Taxi"}
    return {
        "date": DAY,
        "currency": shop.currency,
        "lines": (line,),
        "payment_account": shop.account("CASH"),
        "payment_method": PaymentMethod.CARD,
        **more,
    }


async def test_an_expense_is_a_bill_that_is_paid(shop: Shop) -> None:
    """One plan makes both, the bill is what results; taking the second back takes the first back too."""
    values = await expense(shop, party=by(shop.party))
    asked = change(shop.stand, "Expense", "CREATE", values)
    plan = await planned(shop.stand, asked)
    assert [(step.kind, step.undo is not None) for step in plan.steps] == [
        ("Bill", True),
        ("BillPayment", True),
    ]
    assert body(plan, 1)["allocations"] == [{"amount": 1840, "record": "${steps.0.id}"}]
    bill: Any = await carry_out(shop.stand, asked)
    assert type(bill).__name__ == "Bill"
    assert bill is not None
    assert (bill.status, bill.total, bill.due_date) == (DocumentStatus.PAID, shop.money("18.40"), DAY)
    [payment] = bill.payment_refs
    paid = await shop.one("BillPayment", payment.native_id)
    assert (paid.method, paid.account_ref.native_id) == (PaymentMethod.CARD, shop.accounts["CASH"].native_id)


async def test_an_expense_may_name_a_vendor_that_is_made_first(shop: Shop) -> None:
    """The vendor is the first step where nobody has that name, and both records are on it."""
    vendor = By(kinds=("Party",), path="party", key={"display_name": "City Cabs"}, create=True)
    asked = change(shop.stand, "Expense", "CREATE", await expense(shop, party=vendor), on_loss="ACCEPT")
    plan = await planned(shop.stand, asked)
    assert [step.kind for step in plan.steps] == ["Party", "Bill", "BillPayment"]
    bill: Any = await carry_out(shop.stand, asked)
    assert bill is not None
    assert bill.party_name == "City Cabs"
    assert bill.status is DocumentStatus.PAID


async def test_an_expense_with_tax_says_what_was_paid(shop: Shop) -> None:
    """Only Kashoo knows the tax, so the total must be told; without tax it must be what the lines come to."""
    tax = next(row for row in await listed(shop.stand, "TaxRate") if not row.archived and row.rate)
    net = Decimal("20.00")
    line = {"account": shop.account("EXPENSE"), "net": shop.money("20.00"), "taxes": ({"code": tax.code},)}
    values = await expense(shop, party=by(shop.party), lines=(line,))
    assert await found_wrong(shop, "Expense", "CREATE", values) == {"input.total": "REQUIRED"}
    total = Money(amount=(net + net * tax.rate / 100).quantize(Decimal("0.01")), currency=shop.currency)
    bill = await shop.done("Expense", "CREATE", {**values, "total": total})
    assert bill is not None
    assert (bill.total, bill.status) == (total, DocumentStatus.PAID)
    plain = await expense(shop, total=shop.money("18.41"))
    assert await found_wrong(shop, "Expense", "CREATE", plain) == {"input.total": "UNBALANCED"}
    unpaid = {name: value for name, value in plain.items() if name not in ("total", "payment_account")}
    assert await found_wrong(shop, "Expense", "CREATE", unpaid) == {"input.paymentAccount": "REQUIRED"}


# -- e-mail and statements -------------------------------------------------------------------------------------------


def outbox(shop: Shop) -> Mail:
    """The letters that the emulator has sent."""
    found: Mail = shop.stand.emulator.mail  # type: ignore[attr-defined]  # Kashoo's
    return found


async def test_an_invoice_goes_out_by_mail_once(shop: Shop) -> None:
    """A preview sends nothing; sending says it can never be repeated; addresses are looked at before."""
    paper = await shop.make("Invoice")
    values = {
        "recipients": ({"email": "a@harbour.test"}, {"email": "b@harbour.test"}),
        "message": "Attached.",
    }
    plan = await planned(shop.stand, change(shop.stand, "Invoice", "SEND", values, id=paper.native_id))
    [step] = plan.steps
    assert (step.repeat, step.look, step.path) == ("NEVER", None, f"/records/{paper.native_id}/email")
    assert body(plan) == {"to": "a@harbour.test,b@harbour.test", "message": "Attached."}
    shown = {**values, "preview": True}
    await shop.done("Invoice", "SEND", shown, paper.native_id)
    assert len(outbox(shop).outbox) == 0
    await send_steps(shop.stand.hub(), plan)
    [letter] = outbox(shop).outbox
    assert letter.to == ("a@harbour.test", "b@harbour.test")
    assert [request.url.path.rpartition("/")[2] for request in changes(shop.stand)][-2:] == ["email", "email"]
    assert await found_wrong(shop, "Invoice", "SEND", {"message": "x"}, paper.native_id) == {
        "input.recipients": "REQUIRED"
    }
    bad = {"recipients": ({"email": "a@b.test, c@d.test"},)}
    assert await found_wrong(shop, "Invoice", "SEND", bad, paper.native_id) == {"input.recipients": "INVALID"}
    assert await found_wrong(shop, "Invoice", "SEND", {**values, "subject": "Hi"}, paper.native_id) == {
        "input.subject": "LOSS"
    }
    by_post = {**values, "channel": "POST"}
    assert await found_wrong(shop, "Invoice", "SEND", by_post, paper.native_id) == {
        "input.channel": "NOT_ALLOWED"
    }


async def test_a_statement_goes_by_its_address(shop: Shop) -> None:
    """The body names a link in place of the file; Kashoo fetches it and makes a record of each line."""
    values = {"file": File("Nov.OFX", "application/x-ofx", STATEMENT), "account": shop.account("CASH")}
    plan = await planned(shop.stand, change(shop.stand, "BankTransaction", "IMPORT", values))
    assert not plan.blocked
    account = int(shop.accounts["CASH"].native_id)
    assert body(plan) == {"url": "${file}", "filename": "Nov.OFX", "account": account}
    [step] = plan.steps
    assert (step.repeat, step.path.rpartition("/")[2]) == ("NEVER", "import")
    link = f"data:application/x-ofx;base64,{base64.b64encode(STATEMENT).decode()}"
    assert step.body is not None
    filled = replace(step, body=step.body.replace(b"${file}", link.encode()))
    await send_steps(shop.stand.hub(), replace(plan, steps=(filled,)))
    entries = [row for row in await listed(shop.stand, "JournalEntry") if row.date == dt.date(2026, 11, 2)]
    assert [row.lines[0].amount for row in entries if row.description and "Ferry" in row.description] == [
        shop.money("12.50")
    ]


async def test_only_statements_are_taken(shop: Shop) -> None:
    """The name's ending and the file's own tag tell, before anything is sent."""
    account = shop.account("CASH")
    for name, content in (("scan.pdf", STATEMENT), ("Nov.ofx", b"%PDF-1.4")):
        values = {"file": File(name, "application/x-ofx", content), "account": account}
        assert await found_wrong(shop, "BankTransaction", "IMPORT", values) == {"input.file": "WRONG_TYPE"}
    assert await found_wrong(shop, "BankTransaction", "IMPORT", {"account": account}) == {
        "input.file": "REQUIRED"
    }
