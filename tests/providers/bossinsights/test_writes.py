"""What is written through Boss Insights is what is read afterwards; what is read is written back without a call."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.engine.change import By
from ledgermesh.engine.read import Leaves
from ledgermesh.engine.version import MISSING, differing, field_of
from ledgermesh.model.enums import (
    AccountClassification,
    AccountType,
    DocumentStatus,
    PartyRole,
    PaymentMethod,
    RecordStatus,
    Side,
)
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.model.record import Record
from ledgermesh.model.sales import CreditNoteStatus
from ledgermesh.model.work import Payer
from ledgermesh.spec.inputs import Input, inputs_of
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.query import ListQuery
from ledgermesh.spec.write import Put, Write
from tests.contract.known import PROVIDERS
from tests.contract.stand import Stand, standing
from tests.writing import carry_out, change, planned

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = dt.date(2026, 11, 10)
UNREAD = ("party", "payment_account")
"""What documents do not show again: whose they are stands in them by another app's id."""


@dataclass
class Desk(Stand):
    """A stand that remembers the records that were there at first."""

    there: dict[str, list[Record]] = field(default_factory=dict)


@asynccontextmanager
async def writable() -> AsyncIterator[Desk]:
    """A stand over books of its own, of a tenant that may write."""
    async with standing("bossinsights") as shared:
        stand = Desk(**vars(shared))
        stand.world = copy.deepcopy(stand.world)
        stand.emulator = stand.rig.make(stand.world, stand.clock)
        stand.line.inner = httpx.ASGITransport(Starlette(routes=[Mount("/bossinsights", stand.emulator.app)]))
        made: Any = stand.emulator
        made.switches.write_enabled = True
        yield stand


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stand() -> AsyncIterator[Desk]:
    async with writable() as made:
        yield made


async def rows(stand: Stand, kind: str) -> list[Record]:
    """All records of a kind."""
    found: list[Record] = []
    for pages in stand.hub().lists(ListQuery(kind=kind, fields=frozenset())):
        leaves = Leaves(pages)
        while not leaves.ended:
            found += (await leaves.turn()).rows
    return found


async def there(stand: Desk, kind: str) -> list[Record]:
    """Those that were there when it was first asked for."""
    if kind not in stand.there:
        stand.there[kind] = await rows(stand, kind)
    return stand.there[kind]


def by(kind: str, native_id: str) -> By:
    return By(kinds=(kind,), path="here", native_id=native_id)


def money(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="CAD")


async def account(stand: Desk, use: AccountType) -> By:
    found: Any = [row for row in await there(stand, "Account") if getattr(row, "type", None) is use]
    return by("Account", found[0].native_id)


async def party(stand: Desk, resource: str) -> By:
    found = [row for row in await there(stand, "Party") if row.native_id.startswith(resource)]
    return by("Party", found[0].native_id)


async def first(stand: Desk, kind: str) -> By:
    return by(kind, (await there(stand, kind))[0].native_id)


async def lines(stand: Desk) -> tuple[Mapping[str, Any], ...]:
    booked = await account(stand, AccountType.OPERATING_EXPENSE)
    return (
        {
            "description": "Hours",
            "quantity": Decimal("2.5"),
            "unit_price": money("40.255"),
            "account": booked,
        },
        {"item": await first(stand, "Item"), "quantity": Decimal(3)},
        {"description": "Flat", "net": money("19.99")},
    )


async def sold(stand: Desk) -> dict[str, Any]:
    return {
        "party": await party(stand, "customer"),
        "date": DAY,
        "memo": "Thanks",
        "lines": await lines(stand),
    }


async def bought(stand: Desk) -> dict[str, Any]:
    return {"party": await party(stand, "vendor"), "date": DAY, "lines": await lines(stand)}


async def new(stand: Desk, kind: str) -> dict[str, Any]:
    """Values that fill everything a record of this kind takes."""
    match kind:
        case "Account":
            above = await account(stand, AccountType.BANK)
            return {
                "code": "6999", "name": "Tours", "type": AccountType.COST_OF_SALES,
                "classification": AccountClassification.EXPENSE, "type_raw": "CostOfGoodsSold",
                "status": RecordStatus.ACTIVE, "parent": above,
            }  # fmt: skip
        case "Customer" | "Vendor":
            place = {
                "lines": ("1 Quay",),
                "city": "Halifax",
                "region": "NS",
                "postal_code": "B3H",
                "country": "CA",
            }
            role = PartyRole.CUSTOMER if kind == "Customer" else PartyRole.SUPPLIER
            return {
                "roles": (role,), "display_name": "Harbour Café", "company_name": "Harbour Café", "email": "a@b.test",
                "phone": "+1 902", "website": "https://b.test", "tax_number": "123", "currency": "CAD",
                "address": place, "status": RecordStatus.ACTIVE,
            }  # fmt: skip
        case "Item":
            return {
                "code": "MAP", "name": "Map", "description": "Of the harbour", "sales_price": money("4.5025"),
                "purchase_price": money("1.10"), "quantity_on_hand": Decimal("-3.5"), "status": RecordStatus.INACTIVE,
            }  # fmt: skip
        case "Invoice":
            status = {"status": DocumentStatus.OPEN, "number": "B-900", "currency": "CAD"}
            return {**await sold(stand), **status, "due_date": dt.date(2026, 12, 10)}
        case "Bill":
            status = {"status": DocumentStatus.DRAFT, "number": "B-901", "currency": "CAD"}
            return {**await bought(stand), **status, "due_date": dt.date(2026, 12, 10), "memo": "Checked"}
        case "Expense":
            paid = {"account": await account(stand, AccountType.BANK), "payment_method": PaymentMethod.CARD}
            return {**await bought(stand), **paid, "number": "B-902", "memo": "Lunch", "currency": "CAD"}
        case "CreditNote":
            return {
                **await sold(stand),
                "number": "B-903",
                "currency": "CAD",
                "status": CreditNoteStatus.OPEN,
            }
    return await new_money(stand, kind)


async def new_money(stand: Desk, kind: str) -> dict[str, Any]:
    match kind:
        case "Payment" | "BillPayment":
            document = "Invoice" if kind == "Payment" else "Bill"
            unpaid: Any = next(row for row in await there(stand, document) if _payable(row))
            settles, currency = {"document": by(document, unpaid.native_id)}, unpaid.currency
            return {
                "date": DAY, "method": PaymentMethod.CHECK, "amount": Money(amount=Decimal("1.50"), currency=currency),
                "currency": currency, "reference": "R-7", "allocations": (settles,),
                "account": await account(stand, AccountType.BANK),
            }  # fmt: skip
        case "BankAccount":
            return {"name": "Reserve", "bank_name": "Example Bank", "currency": "CAD"}
        case "BankTransaction":
            return {
                "date": DAY, "amount": money("-4.50"), "description": "Tea", "category": {"name": "Office supplies"},
                "bank_account": await first(stand, "BankAccount"),
            }  # fmt: skip
        case "JournalEntry":
            cost, bank = (
                await account(stand, AccountType.OPERATING_EXPENSE),
                await account(stand, AccountType.BANK),
            )
            sides = (
                {"account": cost, "side": Side.DEBIT, "amount": money("7.00"), "description": "Cash"},
                {"account": bank, "side": Side.CREDIT, "amount": money("7.00")},
            )
            return {"number": "J-900", "date": DAY, "description": "Cash sale", "lines": sides}
        case "Employee":
            return {
                "number": "E-9", "display_name": "Ada Frei", "first_name": "Ada", "last_name": "Frei",
                "email": "ada@b.test", "phone": "1", "title": "Guide", "department": "Tours",
                "status": RecordStatus.ACTIVE, "hired_on": DAY, "ended_on": dt.date(2027, 1, 1),
                "pay_frequency_raw": "weekly", "hourly_rate": money("31.25"), "salary": money("60000"),
            }  # fmt: skip
        case "PayrollEntry":
            return await new_pay(stand)
    raise AssertionError(kind)


def _payable(row: Any) -> bool:
    return row.status is DocumentStatus.OPEN and row.amount_due.amount > 2


async def new_pay(stand: Desk) -> dict[str, Any]:
    """Pay with an element for some of the columns of each list."""
    who: Any = (await there(stand, "Employee"))[0]
    return {
        "employee": by("Employee", who.native_id),
        "employee_number": who.number,
        "pay_frequency_raw": who.pay_frequency_raw,
        "period_start": dt.date(2026, 11, 1),
        "period_end": DAY,
        "check_date": DAY,
        "check_number": "C-900",
        "description": "First half",
        "earnings": (
            {"name": "regular", "hours": Decimal("37.5"), "amount": money("1500.00")},
            {"name": "bonus", "amount": money("100.00")},
            {"name": "reimbursements", "amount": money("20.00")},
        ),
        "taxes": (
            {"name": "social_security", "payer": Payer.EMPLOYEE, "amount": money("90.00")},
            {"name": "federal_tax", "payer": Payer.EMPLOYEE, "amount": money("200.00")},
            {"name": "social_security", "payer": Payer.EMPLOYER, "amount": money("95.00")},
        ),
        "deductions": (
            {"name": "dental", "amount": money("10.00")},
            {"name": "pre_tax", "pre_tax": True, "amount": money("5.00")},
        ),
        "gross": money("1600.00"),
        "net": money("1315.00"),
    }


UPDATES: Mapping[str, Mapping[str, Any]] = {
    "Account": {"name": "Tours and walks", "status": RecordStatus.INACTIVE, "parent": None},
    "Customer": {"email": None, "phone": "+1 903", "address": {"lines": ("2 Quay",), "city": "Lunenburg"}},
    "Vendor": {"display_name": "Paper & Co", "company_name": "Paper & Co", "status": RecordStatus.INACTIVE},
    "Item": {"name": "Chart", "sales_price": money("5"), "purchase_price": None, "quantity_on_hand": None},
    "Invoice": {"memo": "", "due_date": dt.date(2026, 12, 20), "lines": ({"net": money("5.00")},)},
    "Bill": {"status": DocumentStatus.OPEN, "memo": "Checked twice"},
    "Expense": {"payment_method": PaymentMethod.CASH, "date": dt.date(2026, 11, 9)},
    "CreditNote": {"memo": "Sorry"},
    "Payment": {"reference": "R-8", "date": dt.date(2026, 11, 11), "method": PaymentMethod.CARD},
    "BillPayment": {"reference": "", "method": PaymentMethod.BANK_TRANSFER},
    "BankAccount": {"name": "Rainy days", "bank_name": None},
    "BankTransaction": {"amount": money("-5.00"), "category": None, "description": "Tea and cake"},
    "JournalEntry": {"description": "Till", "date": dt.date(2026, 11, 9)},
    "Employee": {"title": None, "salary": None, "status": RecordStatus.INACTIVE},
    "PayrollEntry": {
        "earnings": ({"name": "regular", "hours": Decimal(40), "amount": money("1600")},),
        "deductions": (),
    },
}


def kind_of(name: str) -> str:
    return "Party" if name in ("Customer", "Vendor") else name


@pytest.mark.parametrize("name", UPDATES)
async def test_what_is_written_is_what_is_read(stand: Desk, name: str) -> None:
    """A record filled in every field reads as it was asked for; so does each field that is changed, and no other."""
    made = change(stand, kind_of(name), "CREATE", await new(stand, name))
    asked = (await planned(stand, made)).asked
    record = await carry_out(stand, made)
    assert record is not None
    assert {field for field, _ in differing(record, asked)} <= set(UNREAD)

    changed = change(stand, kind_of(name), "UPDATE", UPDATES[name], id=record.native_id)
    plan = await planned(stand, changed)
    after = await carry_out(stand, changed)
    assert after is not None and after.native_id == record.native_id
    assert dict(
        differing(after, {**asked, **plan.asked} if name != "PayrollEntry" else plan.asked)
    ).keys() <= set(UNREAD) | ({"gross", "net"} if name == "PayrollEntry" else set())


# -- read and written back -------------------------------------------------------------------------------------------


def as_given(record: Mapped, puts: Mapping[str, Put], model: Any) -> dict[str, Any]:
    """What a record says as a caller would give it."""
    known, found = inputs_of(model), {}
    for name, put in puts.items():
        value = field_of(record, name) if name in known else MISSING
        if value != MISSING and value not in (None, ()):
            found[name] = _given(value, known[name], put)
    return found


def _given(value: Any, known: Input, put: Put) -> Any:
    if isinstance(value, tuple):
        return tuple(_given(each, known, put) for each in value)
    if isinstance(value, Mapped):
        names = put.parts or known.parts or {}
        return as_given(value, {name: (put.parts or {}).get(name, Put()) for name in names}, type(value))
    if isinstance(value, Pointer):
        return By(kinds=known.kinds, path="here", native_id=value.native_id)
    return By(kinds=known.kinds, path="here", native_id=value) if known.kinds else value


@pytest.mark.parametrize("kind", sorted({each.kind for each in PROVIDERS["bossinsights"].writes}))
async def test_what_is_read_is_written_back_without_a_call(stand: Desk, kind: str) -> None:
    """Every writable field as it was read: nothing is to be done, nothing is wrong, and nothing would be lost."""
    found = await there(stand, kind)
    assert found
    ways = [each for each in stand.provider.writes if (each.kind, each.verb) == (kind, "UPDATE")]
    for record in (found[0], found[-1]):
        way = next(
            each for each in ways if isinstance(each, Write) and record.native_id.startswith(each.resource)
        )
        values = as_given(record, way.puts, type(record))
        plan = await planned(stand, change(stand, kind, "UPDATE", values, id=record.native_id))
        assert (values != {}, plan.findings, plan.steps) == (True, (), ())
