"""Oak Books, which does not exist: invoices with their lines, contacts in a list and one by one, a key in a header."""

from __future__ import annotations

import datetime as dt

from ledgermesh.model.party import Party
from ledgermesh.model.trade import DocumentLine, Invoice
from ledgermesh.spec.auth import ApiKey
from ledgermesh.spec.leaves import currency, day, decimal, money, text
from ledgermesh.spec.paging import Offset
from ledgermesh.spec.provider import Provider, ProviderKind
from ledgermesh.spec.resource import Get, List, Resource, Sort
from ledgermesh.spec.wires import each, fields, position, ref

PARTIES = Resource(
    kind="Party",
    list=List(path="/contacts", items="rows", page=Offset(size_max=1000, total="total")),
    get=Get(path="/contacts/{id}"),
    fields=fields(Party, native_id=text("id"), display_name=text("name"), email=text("email")),
    omitted={"phone": "not asked for", "status": "not asked for"},
)

INVOICES = Resource(
    kind="Invoice",
    list=List(
        path="/invoices",
        items="rows",
        page=Offset(size_max=1000, total="total"),
        sorts=(
            # There is one invoice a day.
            Sort(
                field="date", ascending=(("order", "day"),), descending=(("order", "-day"),), ties_by_id=True
            ),
        ),
    ),
    fields=fields(
        Invoice,
        native_id=text("id"),
        number=text("number"),
        date=day("issueDate"),
        currency=currency("total.currency"),
        total=money("total.amount", currency="total.currency"),
        lines=each(
            "lineItems",
            fields(
                DocumentLine,
                line_number=position(),
                description=text("description"),
                quantity=decimal("quantity"),
                unit_price=money("unitPrice", currency="^total.currency"),
                net=money("amount", currency="^total.currency"),
            ),
        ),
        party_ref=ref("Party", "contactId"),
    ),
    omitted={"dueDate": "not asked for", "status": "not asked for"},
)

PROVIDER = Provider(
    name="oak",
    title="Oak Books",
    docs_url="https://docs.oak.example",
    checked_on=dt.date(2026, 11, 21),
    kinds=(ProviderKind.INVOICING,),
    base_url="https://api.oak.example/v1",
    auth=(ApiKey(header="X-Oak-Key", prefix=""),),
    resources=(PARTIES, INVOICES),
    unsupported={},
)
