"""Acorn Books, which does not exist: pages by number, amounts in major units as text, a key in a header."""

from __future__ import annotations

import datetime as dt

from ledgermesh.model.enums import DocumentStatus
from ledgermesh.model.party import Party
from ledgermesh.model.trade import DocumentLine, Invoice
from ledgermesh.spec.auth import ApiKey
from ledgermesh.spec.budgets import Budget
from ledgermesh.spec.faults import Fault, Verdict
from ledgermesh.spec.leaves import currency, day, decimal, instant, money, one_of, text
from ledgermesh.spec.paging import Numbered
from ledgermesh.spec.provider import Provider, ProviderKind
from ledgermesh.spec.resource import Get, List, Resource, Sort
from ledgermesh.spec.wires import each, fields, position, ref

STATUSES = {
    "open": DocumentStatus.OPEN,
    "settled": DocumentStatus.PAID,
    "part": DocumentStatus.PARTIALLY_PAID,
}

PARTIES = Resource(
    kind="Party",
    list=List(path="/clients", page=Numbered(size_max=25)),
    get=Get(path="/clients/{id}"),
    fields=fields(
        Party, native_id=text("ref"), number=text("ref"), display_name=text("title"), email=text("mail")
    ),
)

INVOICES = Resource(
    kind="Invoice",
    list=List(
        path="/sales",
        items="rows",
        page=Numbered(size="per_page", size_max=50),
        sorts=(Sort(field="date", ascending=(("order", "day"),), descending=(("order", "-day"),)),),
    ),
    get=Get(path="/sales/{id}"),
    fields=fields(
        Invoice,
        native_id=text("ref"),
        number=text("ref"),
        date=day("day"),
        due_date=day("pay_by"),
        status=one_of("state", STATUSES, other=DocumentStatus.OTHER),
        status_raw=text("state"),
        currency=currency("cur"),
        total=money("sum", currency="cur"),
        amount_due=money("open", currency="cur"),
        lines=each(
            "lines",
            fields(
                DocumentLine,
                line_number=position(),
                description=text("what"),
                quantity=decimal("count"),
                net=money("net", currency="^cur"),
            ),
        ),
        party_ref=ref("Party", "client"),
        updated_at=instant("touched"),
    ),
)

PROVIDER = Provider(
    name="acorn",
    title="Acorn Books",
    docs_url="https://docs.acorn.example",
    checked_on=dt.date(2026, 11, 21),
    kinds=(ProviderKind.INVOICING,),
    base_url="https://api.acorn.example/v1",
    auth=(ApiKey(header="X-Acorn-Key", prefix=""),),
    budgets=(Budget(calls=100, per_seconds=60),),
    faults=(Fault(418, Verdict.PAUSED),),
    fault_message="why",
    resources=(PARTIES, INVOICES),
    unsupported={"Bill": "Acorn Books knows what is sold, not what is bought."},
)
