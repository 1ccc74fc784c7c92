"""A small set of writes over Kashoo's emulator, made here so that planning is tested by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

from ledgermesh.providers.kashoo.accounts import ACCOUNTS
from ledgermesh.providers.kashoo.sales import INVOICES, LINES, PAYMENTS
from ledgermesh.spec.write import (
    Compose,
    Draft,
    Part,
    Problem,
    Put,
    Search,
    Stamp,
    Target,
    Write,
    Writes,
    at_path,
    hole,
    parts,
    put,
    reference,
)  # fmt: skip
from tests.contract.stand import Stand, standing

_LINES = LINES.parts
assert _LINES is not None

LINE = {
    "description": at_path("description", length_max=20),
    "account": reference("Account", "account", numeric=True, required=True),
    "quantity": at_path("quantity"),
    "unit_price": put(_LINES.wires["unit_price"]),
}


def no_free_lines(draft: Draft) -> Iterator[Problem]:
    """Lines need a quantity."""
    for place, line in enumerate(draft.values.get("lines") or ()):
        if "quantity" not in line and "native_id" not in line:
            yield Problem(f"lines.{place}.quantity", "a line counts something", "REQUIRED")


def paid_at_once(draft: Draft, target: Target | None) -> list[Part]:
    """An invoice and what settles it."""
    made = Target("Invoice", hole(0))
    own = {name: value for name, value in draft.values.items() if name != "account"}
    settled = {"date": draft.values["date"], "allocations": ({"document": made},)}
    return [
        Part(kind="Invoice", verb="CREATE", values=own),
        Part(kind="Payment", verb="CREATE", values=settled),
    ]


INVOICE = {
    "number": at_path("number"),
    "date": put(INVOICES.fields.wires["date"], required=True),
    "due_date": put(INVOICES.fields.wires["due_date"], required=True),
    "currency": at_path("currency"),
    "memo": at_path("memo"),
    "party": reference("Party", "contact", numeric=True),
    "lines": parts("lineItems", LINE, many=True, key="id"),
}

WRITES: Writes = (
    Write(
        kind="Account", verb="CREATE", method="POST", path="/businesses/{business_id}/accounts",
        puts={
            "name": at_path("name", required=True), "code": at_path("number"),
            "type": put(ACCOUNTS.fields.wires["type"], words=("REVENUE", "OPERATING_EXPENSE")),
        },
        repeat=Search(("name", "code")),
    ),
    Write(
        kind="Account", verb="UPDATE", method="PUT", path="/accounts/{id}", whole=True,
        dropped=("links", "nameAndNumber"),
        puts={"name": at_path("name"), "code": at_path("number")}, repeat=Search(()),
    ),
    Write(
        kind="Party", verb="CREATE", method="POST", path="/businesses/{business_id}/contacts",
        puts={"display_name": at_path("contactInformation.name"), "roles": Put(silent=True)},
        repeat=Search(("display_name",)), undo="DELETE",
    ),
    Write(
        kind="Party", verb="DELETE", method="DELETE", path="/contacts/{id}", body="none", empty=True,
        repeat=Search(()), delete="SOFT",
    ),
    Compose(
        kind="Invoice", verb="CREATE", applies=lambda values: "account" in values,
        puts={**INVOICE, "account": reference("Account", "")}, parts=paid_at_once, result=0,
    ),
    Write(
        kind="Invoice", verb="CREATE", method="POST", path="/businesses/{business_id}/records/invoices",
        fixed={"type": "INVOICE"}, puts=INVOICE, repeat=Stamp("memo", 60), checks=(no_free_lines,),
    ),
    Write(
        kind="Invoice", verb="UPDATE", method="PUT", path="/records/{id}", whole=True,
        dropped=("lineItems.amount", "totalDue"), puts=INVOICE, repeat=Search(()),
    ),
    Write(
        kind="Payment", verb="CREATE", method="POST", path="/businesses/{business_id}/records/invoicePayments",
        puts={
            "date": put(PAYMENTS.fields.wires["date"]),
            "allocations": parts("allocations", {"document": reference("Invoice", "record", numeric=True)}, many=True),
        },
        repeat=Search(("date",)),
    ),
)  # fmt: skip


@asynccontextmanager
async def books() -> AsyncIterator[Stand]:
    """Kashoo's emulator, with these writes."""
    async with standing("kashoo") as stand:
        provider = replace(stand.provider, writes=WRITES)
        stand.links = {company: replace(link, provider=provider) for company, link in stand.links.items()}
        yield stand
