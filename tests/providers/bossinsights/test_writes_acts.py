"""Documents are paid, made void and moved through their states; whose they are may be new; apps behind are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from ledgermesh.engine.change import By
from ledgermesh.model.enums import AccountType, DocumentStatus, PartyRole, PaymentMethod
from ledgermesh.model.sales import CreditNoteStatus
from tests.providers.bossinsights.test_writes import (
    DAY,
    Desk,
    account,
    bought,
    by,
    first,
    money,
    new,
    rows,
    sold,
    writable,
)
from tests.writing import carry_out, change, planned, send_steps

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stand() -> AsyncIterator[Desk]:
    async with writable() as made:
        yield made


async def made(stand: Desk, kind: str, **more: Any) -> Any:
    values = {**await (bought(stand) if kind in ("Bill", "Expense") else sold(stand)), **more}
    return await carry_out(stand, change(stand, kind, "CREATE", values))


@pytest.mark.parametrize(("kind", "payment"), [("Invoice", "Payment"), ("Bill", "BillPayment")])
async def test_paying_settles_what_is_open_by_one_payment(stand: Desk, kind: str, payment: str) -> None:
    """A payment of all that is open, with day, account and method, after which the document is paid."""
    document = await made(stand, kind)
    how = {
        "date": DAY,
        "method": PaymentMethod.CARD,
        "account": await account(stand, AccountType.BANK),
        "reference": "R-1",
    }
    paid: Any = await carry_out(stand, change(stand, kind, "PAY", how, id=document.native_id))

    assert type(paid).__name__ == payment
    assert (paid.amount, paid.date, paid.method) == (document.amount_due, DAY, PaymentMethod.CARD)
    assert paid.reference.startswith("R-1 ")
    assert [each.document_native_id for each in paid.allocations] == [document.native_id]
    after: Any = await stand.hub().one(kind, document.native_id, frozenset())
    assert (after.status, after.amount_due.amount) == (DocumentStatus.PAID, 0)


async def test_a_part_can_be_paid(stand: Desk) -> None:
    """The amount that is given, in the document's currency, and no more."""
    invoice = await made(stand, "Invoice")
    await carry_out(stand, change(stand, "Invoice", "PAY", {"amount": money("1.00")}, id=invoice.native_id))
    after: Any = await stand.hub().one("Invoice", invoice.native_id, frozenset())
    assert after.status is DocumentStatus.PARTIALLY_PAID
    assert after.amount_due.amount == invoice.amount_due.amount - 1
    too_much = {"amount": invoice.amount_due}
    plan = await planned(stand, change(stand, "Invoice", "PAY", too_much, id=invoice.native_id))
    assert [(each.path, each.blocks) for each in plan.findings] == [("input.amount", True)]


@pytest.mark.parametrize("kind", ["Invoice", "Bill"])
async def test_what_nothing_is_paid_on_can_be_made_void(stand: Desk, kind: str) -> None:
    """Void it stays there; paid it is not made so, and nothing is sent."""
    document = await made(stand, kind)
    assert document.status is DocumentStatus.OPEN
    after: Any = await carry_out(stand, change(stand, kind, "VOID", id=document.native_id))
    assert (after.native_id, after.status) == (document.native_id, DocumentStatus.VOID)
    plan = await planned(stand, change(stand, kind, "PAY", id=document.native_id))
    assert "VOID" in plan.findings[0].message and plan.steps == ()

    paid = await made(stand, kind, status=DocumentStatus.PAID)
    plan = await planned(stand, change(stand, kind, "VOID", id=paid.native_id))
    assert (plan.blocked, plan.steps) == (True, ())


@pytest.mark.parametrize(
    ("kind", "word", "status"),
    [
        ("Invoice", "DRAFT", DocumentStatus.DRAFT),
        ("Invoice", "paid", DocumentStatus.PAID),
        ("Bill", "VOID", DocumentStatus.VOID),
        ("CreditNote", "REFUNDED", CreditNoteStatus.REFUNDED),
        ("CreditNote", "paid", CreditNoteStatus.REFUNDED),
    ],
)
async def test_a_status_is_set_by_either_word(stand: Desk, kind: str, word: str, status: Any) -> None:
    """By this schema's word or by the provider's own; others are known to be wrong before anything is sent."""
    document = await made(stand, kind)
    after: Any = await carry_out(
        stand, change(stand, kind, "SET_STATUS", {"status": word}, id=document.native_id)
    )
    assert after.status is status
    for wrong in ({"status": "partial"}, {}):
        plan = await planned(stand, change(stand, kind, "SET_STATUS", wrong, id=document.native_id))
        assert (plan.blocked, plan.steps) == (True, ())


async def test_an_expense_makes_a_new_vendor_by_name(stand: Desk) -> None:
    """The name goes along with the expense: one request, after which the vendor is there; the next one finds it."""
    values = {"party_name": "Fresh Fish", "date": DAY, "lines": ({"net": money("5.00")},)}
    plan = await planned(stand, change(stand, "Expense", "CREATE", values))
    assert [step.path for step in plan.steps] == ["/expenses"]
    for _ in range(2):
        expense: Any = await carry_out(stand, change(stand, "Expense", "CREATE", values))
        assert expense.party_name == "Fresh Fish"
    vendors = [row for row in await rows(stand, "Party") if getattr(row, "display_name", "") == "Fresh Fish"]
    assert [row.native_id.partition(":")[0] for row in vendors] == ["vendor"]


async def test_a_new_vendor_can_be_a_step_of_its_own(stand: Desk) -> None:
    """A reference that says to make the vendor is planned as one more request, whose id the expense then names."""
    vendor = By(kinds=("Party",), path="party", key={"display_name": "Slow Fish"}, create=True)
    values = {"party": vendor, "lines": ({"net": money("6.00")},)}
    plan = await planned(stand, change(stand, "Expense", "CREATE", values))
    assert [step.path for step in plan.steps] == ["/vendors", "/expenses"]
    ids = await send_steps(stand.hub(), plan)
    expense: Any = await stand.hub().one("Expense", str(ids[1]), frozenset())
    assert (expense.party_name, str(ids[0]).startswith("vendor:")) == ("Slow Fish", True)


async def test_a_line_is_taxed_by_the_name_of_its_tax(stand: Desk) -> None:
    """Named when it is made; lines that replace taxed ones say so again, or that they are not."""
    taxed = {"net": money("100.00"), "taxes": ({"code": "GST"},)}
    books = stand.books()
    taxed["taxes"] = ({"code": books.taxes[0].name},)
    invoice = await made(stand, "Invoice", lines=(taxed,))
    assert invoice.tax_total.amount > 0

    for lines, problem in (
        (({"net": money("90.00")},), "input.lines.0.taxes"),
        (({"net": money("90.00"), "taxes": ({"amount": money("4.50")},)},), "input.lines.0.taxes"),
        (({"net": money("90.00"), "taxes": ()},), None),
    ):
        asked = change(stand, "Invoice", "UPDATE", {"lines": lines}, id=invoice.native_id)
        plan = await planned(stand, asked)
        assert [finding.path for finding in plan.findings] == ([problem] if problem else [])
    after: Any = await carry_out(stand, asked)
    assert (after.total.amount, after.tax_total.amount) == (Decimal(90), 0)


async def test_a_bank_account_stands_for_its_account_of_the_chart(stand: Desk) -> None:
    """An expense is paid from the bank account that is named, though documents name accounts of the chart."""
    bank = (await first(stand, "BankAccount")).native_id
    assert bank is not None
    expense: Any = await made(stand, "Expense", payment_account=by("BankAccount", bank))
    raw = expense.__dict__["_row"].doc["accountId"]
    known: Any = next(row for row in await rows(stand, "BankAccount") if row.native_id == bank)
    assert raw == known.__dict__["_row"].doc["accountId"]


async def test_an_address_is_changed_in_part(stand: Desk) -> None:
    """What is not given of it is sent as it stands, for the whole address is replaced."""
    party = await carry_out(stand, change(stand, "Party", "CREATE", await new(stand, "Customer")))
    assert party is not None
    asked = change(stand, "Party", "UPDATE", {"address": {"city": "Lunenburg"}}, id=party.native_id)
    after: Any = await carry_out(stand, asked)
    assert (after.address.city, after.address.lines, after.address.postal_code) == (
        "Lunenburg",
        ("1 Quay",),
        "B3H",
    )


async def test_a_party_is_a_customer_or_a_vendor(stand: Desk) -> None:
    """One role says which record is made; both, or none, are an error and never a choice."""
    for roles in ((), (PartyRole.CUSTOMER, PartyRole.SUPPLIER), (PartyRole.OTHER,), None):
        values = {"display_name": "X", **({} if roles is None else {"roles": roles})}
        plan = await planned(stand, change(stand, "Party", "CREATE", values))
        assert {finding.path for finding in plan.findings} == {"input.roles"}, roles
    vendor = By(kinds=("Party",), path="party", native_id=str(await _vendor(stand)))
    plan = await planned(stand, change(stand, "Invoice", "CREATE", {**await sold(stand), "party": vendor}))
    assert [(finding.path, finding.blocks) for finding in plan.findings] == [("input.party", True)]


async def _vendor(stand: Desk) -> str:
    return next(row.native_id for row in await rows(stand, "Party") if row.native_id.startswith("vendor:"))


async def test_apps_behind_are_told_unless_they_are_not_to_be(stand: Desk) -> None:
    """Each step says that it is to be pushed, to which apps, and under which name; without push it says nothing."""
    values = {"display_name": "Lighthouse Inn", "roles": (PartyRole.CUSTOMER,)}
    pushed = change(
        stand, "Party", "CREATE", values, downstream_sources=("quickbooks", "commerce"), tracking_id="T-1"
    )
    (step,) = (await planned(stand, pushed)).steps
    told = {name: value for name, value in step.headers if name.startswith("x-")}
    assert told == {"x-sync-data": "push", "x-sync-sources": "quickbooks,commerce", "x-tracking-id": "T-1"}
    await send_steps(stand.hub(), await planned(stand, pushed))
    kept = change(stand, "Party", "CREATE", values, downstream_push=False)
    (step,) = (await planned(stand, kept)).steps
    assert not [name for name, _ in step.headers if name.startswith("x-sync")]


async def test_days_go_out_as_instants(stand: Desk) -> None:
    """All dates of the API are instants in UTC; amounts are whole hundredths."""
    plan = await planned(stand, change(stand, "Invoice", "CREATE", await sold(stand)))
    body = msgspec.json.decode(plan.steps[0].body or b"")
    assert body["invoiceDate"] == "2026-11-10T00:00:00Z"
    assert [line.get("unitPrice", line.get("amount")) for line in body["lines"]] == [4025.5, None, 1999]
