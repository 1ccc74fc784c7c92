"""Plans by hand, as the Kashoo emulator takes them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import msgspec

from ledgermesh.engine.planned import Look, Plan, Step
from ledgermesh.engine.replay import make_stamp
from tests.contract.stand import NOW
from tests.engine.pushing import Desk

JSON = (("content-type", "application/json"),)
DAY = NOW.date().isoformat()


def body(value: object) -> bytes:
    return msgspec.json.encode(value)


def contact(desk: Desk, name: str, **changes: Any) -> Step:
    """Make a contact."""
    removal = Step(
        kind="Party",
        verb="DELETE",
        method="DELETE",
        path="/contacts/${steps.0.id}",
        template="/contacts/{id}",
        empty=True,
        id="",
        native_id="${steps.0.id}",
        repeat="SEARCH",
        settle_seconds=1.5,
        look=Look(kind="Party", native_id="${steps.0.id}", gone=True),
    )
    step = Step(
        kind="Party",
        verb="CREATE",
        method="POST",
        path=f"/businesses/{desk.link.settings['business_id']}/contacts",
        template="/businesses/{business_id}/contacts",
        headers=JSON,
        body=body({"contactInformation": {"name": name}, "organization": True}),
        repeat="SEARCH",
        settle_seconds=1.5,
        look=Look(kind="Party", equal={"display_name": name}),
        undo=removal,
    )
    return replace(step, **changes)


def plan_of(desk: Desk, *steps: Step, **changes: Any) -> Plan:
    plan = Plan(
        connection=desk.link.connection,
        provider="kashoo",
        kind=steps[-1].kind,
        verb=steps[-1].verb,
        steps=steps,
    )
    return replace(plan, **changes)


def paper(desk: Desk, collection: str, kind: str, memo: str, contact_id: object, **changes: Any) -> Step:
    """Make an invoice or a bill."""
    account = next(
        id
        for number, id in desk.business.accounts.items()
        if number.startswith("4" if kind == "Invoice" else "5")
    )
    line = {"account": account, "quantity": 1, "rate": 10, "taxCode": ""}
    step = Step(
        kind=kind,
        verb="CREATE",
        method="POST",
        path=f"/businesses/{desk.link.settings['business_id']}/records/{collection}",
        template=f"/businesses/{{business_id}}/records/{collection}",
        headers=JSON,
        body=body(
            {
                "type": kind.lower(),
                "currency": desk.business.books.currency,
                "contact": contact_id,
                "date": NOW.date().isoformat(),
                "dueDate": (NOW.date() + dt.timedelta(days=30)).isoformat(),
                "memo": memo,
                "poNumber": "",
                "lineItems": [line],
            }
        ),
        repeat="SEARCH",
        settle_seconds=1.5,
        look=Look(kind=kind, equal={"memo": memo, "date": NOW.date().isoformat(), "party": str(contact_id)}),
    )
    return replace(step, **changes)


def stamped(desk: Desk, text: str, key: str, content: str, contact_id: object) -> tuple[Plan, str]:
    """Make an invoice whose memo ends with the mark of its key and content; and that memo."""
    stamp = make_stamp(key, content)
    look, memo = Look(kind="Invoice", stamp=stamp, stamp_field="memo", equal={"date": DAY}), f"{text} {stamp}"
    step = paper(desk, "invoices", "Invoice", memo, contact_id, repeat="STAMP", look=look)
    return plan_of(desk, step), memo


def letter(desk: Desk, invoice: str, message: str = "", **changes: Any) -> Plan:
    """Send an invoice by e-mail."""
    content = {"to": "zoe@example.com", "preview": False, "message": message}
    step = Step(
        kind="Invoice",
        verb="SEND",
        method="POST",
        path=f"/records/{invoice}/email",
        template="/records/{id}/email",
        headers=JSON,
        body=body(content),
        id="",
        native_id=invoice,
        repeat="NEVER",
    )
    return plan_of(desk, replace(step, **changes), native_id=invoice)


def renamed(id: str, name: str, **changes: Any) -> Step:
    """Give a contact another name."""
    step = Step(
        kind="Party",
        verb="UPDATE",
        method="PUT",
        path=f"/contacts/{id}",
        template="/contacts/{id}",
        headers=JSON,
        body=body({"contactInformation": {"name": name}, "organization": True}),
        native_id=id,
        repeat="SEARCH",
        settle_seconds=1.5,
        look=Look(kind="Party", native_id=id, equal={"display_name": name}),
    )
    return replace(step, **changes)
