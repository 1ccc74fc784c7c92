"""What can be known to be wrong is said before anything is sent: by path, and without a call that changes something."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from ledgermesh.model.enums import (
    AccountClassification,
    AccountType,
    LineKind,
    PaymentKind,
    PaymentMethod,
    RecordStatus,
    Side,
    TaxMode,
)
from ledgermesh.model.mapped import graphql_name
from ledgermesh.model.money import Money
from ledgermesh.model.work import Payer
from tests.providers.bossinsights.test_writes import Desk, by, first, money, new, rows, writable
from tests.writing import change, planned

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stand() -> AsyncIterator[Desk]:
    async with writable() as made:
        yield made


CASES: list[tuple[str, Mapping[str, Any], set[str]]] = [
    ("Account", {"name": " "}, {"name"}),
    ("Account", {"type": None, "type_raw": "Savings", "classification": None}, {"type", "classification"}),
    ("Account", {"type": AccountType.BANK}, {"type", "classification"}),
    ("Account", {"type": AccountType.OTHER}, {"type"}),
    ("Account", {"classification": AccountClassification.NON_POSTING}, {"classification"}),
    ("Account", {"status": RecordStatus.ARCHIVED}, {"status"}),
    ("Account", {"description": "x"}, {"description"}),
    ("Account", {"parent": by("Account", "7")}, {"here"}),
    ("Customer", {"address": {"lines": ("a", "b", "c")}}, {"address.lines"}),
    ("Customer", {"address": {"city": "x", "planet": "y"}}, {"address.planet"}),
    ("Customer", {"currency": "crowns"}, {"currency"}),
    ("Vendor", {"display_name": ""}, {"display_name"}),
    ("Item", {"sales_price": money("1.00005")}, {"sales_price"}),
    ("Item", {"purchase_price": money("1.005")}, {"purchase_price"}),
    ("Item", {"sales_price": Money(amount=Decimal(1), currency="USD"), "purchase_price": None}, {"sales_price"}),
    ("Invoice", {"lines": ()}, {"lines"}),
    ("Invoice", {"lines": ({"description": "x"},)}, {"lines.0.unit_price"}),
    ("Invoice", {"lines": ({"net": money("1"), "quantity": Decimal(2)},)}, {"lines.0.net"}),
    ("Invoice", {"lines": ({"net": money("1"), "kind": LineKind.TEXT},)}, {"lines.0.kind"}),
    ("Invoice", {"lines": ({"net": money("3"), "unit_price": money("1"), "quantity": Decimal(2)},)}, {"lines.0.net"}),
    ("Invoice", {"lines": ({"net": money("1"), "taxes": ({"code": "a"}, {"code": "b"})},)}, {"lines.0.taxes"}),
    ("Invoice", {"lines": ({"net": money("1"), "taxes": ({"code": "a", "rate": Decimal(5)},)},)}, {"lines.0.taxes"}),
    ("Invoice", {"lines": ({"net": Money(amount=Decimal(1), currency="USD")},)}, {"lines.0.net"}),
    ("Invoice", {"party": None}, {"party"}),
    ("Invoice", {"party_name": "Somebody else"}, {"party_name"}),
    ("Invoice", {"tax_mode": TaxMode.INCLUSIVE}, {"tax_mode"}),
    ("Invoice", {"number": None}, {"number"}),
    ("Invoice", {"memo": "x" * 250}, {"memo"}),
    ("Invoice", {"total": money("1")}, {"total"}),
    ("Expense", {"payment_method": PaymentMethod.ONLINE}, {"payment_method"}),
    ("Expense", {"payment_method_raw": "cash"}, {"payment_method_raw"}),
    ("Payment", {"amount": Money(amount=Decimal(0), currency=None)}, {"amount"}),
    ("Payment", {"allocations": ()}, {"party"}),
    ("Payment", {"kind": PaymentKind.WRITE_OFF}, {"kind"}),
    ("BankTransaction", {"bank_account": None}, {"bank_account"}),
    ("BankTransaction", {"amount": Money(amount=Decimal(1), currency="USD")}, {"amount"}),
    ("BankTransaction", {"currency": "USD"}, {"currency", "amount"}),
    ("BankTransaction", {"category": {"native_id": "7"}}, {"category"}),
    ("Employee", {"salary": money("1.001")}, {"salary"}),
    ("PayrollEntry", {"taxes": ({"name": "tips"},)}, {"taxes.0.name", "net"}),
    ("PayrollEntry", {"earnings": ({"name": "bonus", "hours": Decimal(1)},)}, {"earnings.0.hours", "gross", "net"}),
    ("PayrollEntry", {"gross": money("7")}, {"gross"}),
    ("PayrollEntry", {"net": money("7")}, {"net"}),
    ("PayrollEntry", {"gross": None, "earnings": ()}, {"gross"}),
    ("PayrollEntry", {"taxes": ({"name": "other_tax"},)}, {"taxes.0.name", "net"}),
    ("PayrollEntry", {"disbursements": ({"method": "check"},)}, {"disbursements.0.method"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wrong", "paths"), CASES)
async def test_a_wrong_record_is_not_sent(
    stand: Desk, name: str, wrong: Mapping[str, Any], paths: set[str]
) -> None:
    """Something is wrong with a record that is right otherwise: the plan says where, has no step, and only read."""
    kind = "Party" if name in ("Customer", "Vendor") else name
    right = {**await new(stand, name), **wrong}
    values = {key: value for key, value in right.items() if not (key == "gross" and value is None)}
    stand.line.seen.clear()
    plan = await planned(stand, change(stand, kind, "CREATE", values))

    assert plan.blocked
    found = {finding.path.removeprefix("input.") for finding in plan.findings if finding.blocks}
    assert found == {graphql(path) for path in paths}
    assert {request.method for _, request in stand.line.seen} <= {"GET"}


def graphql(path: str) -> str:
    """A path in GraphQL names."""
    return ".".join(graphql_name(word) if not word.isdigit() else word for word in path.split("."))


async def test_what_was_lost_is_said_and_the_rest_is_sent_if_wanted(stand: Desk) -> None:
    """A kind of pay without a column is lost, with its amount; the caller may accept that."""
    values = {
        **await new(stand, "PayrollEntry"),
        "taxes": ({"name": "church_tax", "payer": Payer.EMPLOYEE, "amount": money("9.00")},),
        "net": money("1605.00"),
    }
    plan = await planned(stand, change(stand, "PayrollEntry", "CREATE", values, on_loss="ACCEPT"))
    assert {each.path for each in plan.loss} == {
        f"input.taxes.0.{name}" for name in ("name", "payer", "amount")
    }
    assert (plan.blocked, len(plan.steps)) == (False, 1)


async def test_a_journal_entry_balances(stand: Desk) -> None:
    """Each line posts more than nothing on one side, and the sides are equal."""
    right = await new(stand, "JournalEntry")
    debit, credit = right["lines"]
    for lines, path in (
        ((debit, {**credit, "amount": money("6.99")}), "input.lines"),
        ((debit, {**credit, "amount": money("-7")}), "input.lines.1.amount"),
        ((debit, {**credit, "side": None}), "input.lines.1.side"),
    ):
        plan = await planned(stand, change(stand, "JournalEntry", "CREATE", {**right, "lines": lines}))
        assert path in [finding.path for finding in plan.findings]
    assert debit["side"] is Side.DEBIT


async def test_a_payment_settles_open_documents_of_its_own_party(stand: Desk) -> None:
    """Not more than is open, not what is paid, not somebody else's, not a bill, and in the order they are named."""
    invoices: Any = await rows(stand, "Invoice")
    open = [row for row in invoices if row.amount_due.amount > 2 and row.status.value == "OPEN"]
    paid = next(row for row in invoices if row.status.value == "PAID" and row.currency == "CAD")
    one = open[0]
    other = next(row for row in open if row.party_name != one.party_name)
    bill = await first(stand, "Bill")

    async def found(*allocations: Mapping[str, Any], amount: str = "2.00") -> set[str]:
        values = {"amount": Money(amount=Decimal(amount), currency=one.currency), "allocations": allocations}
        plan = await planned(stand, change(stand, "Payment", "CREATE", values))
        return {finding.path.removeprefix("input.allocations.") for finding in plan.findings}

    def of(row: Any, amount: str | None = None) -> dict[str, Any]:
        share = {} if amount is None else {"amount": Money(amount=Decimal(amount), currency=row.currency)}
        return {"document": by("Invoice", row.native_id), **share}

    due = one.amount_due.amount
    assert await found(of(one, "2.00")) == set()
    assert await found(of(one, "1.00")) == {"0.amount"}
    assert await found(of(one, str(due + 1)), amount=str(due + 1)) == {"0.amount"}
    assert "0.document" in await found(of(paid))
    assert "1.document" in await found(of(one), of(other))
    assert await found({"document": bill}) == {"0.document"}


async def test_lines_of_a_document_are_not_taken_away(stand: Desk) -> None:
    """An update with no lines at all is wrong, and a currency that is taken away too."""
    invoice = await first(stand, "Invoice")
    assert invoice.native_id is not None
    for values in ({"lines": ()}, {"lines": None}, {"currency": None}):
        plan = await planned(stand, change(stand, "Invoice", "UPDATE", values, id=invoice.native_id))
        assert plan.blocked, values
