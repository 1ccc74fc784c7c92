"""Bodies of contacts and of groups of them, as the books keep them."""

from __future__ import annotations

import datetime as dt
import re

from ledgermesh.clock import Clock
from ledgermesh.sandbox.books import Party
from ledgermesh.sandbox.kashoo.body import Body
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.dates import milliseconds
from ledgermesh.sandbox.kashoo.extras import Group
from ledgermesh.sandbox.kashoo.lookups import account_id, contact_of, currency_of, tax_of
from ledgermesh.sandbox.kashoo.masterdata import CONTACT_INFORMATION
from ledgermesh.sandbox.kashoo.stamps import later_ms
from ledgermesh.sandbox.kashoo.view import Document

_DAYS = re.compile(r"Net (\d{1,3})")
_GROUP_TYPES = ("CUSTOMER", "VENDOR", "")


def write_contact(body: Body, business: Business, clock: Clock, old: Party | None = None) -> int:
    """Create or replace a contact; its id."""
    information = contact_information_of(body)
    groups = [_group(body, id, business) for id in body.ids("groups")]
    written = _written(body, business, information)
    party = _party(body, business, information, old.created_at if old else clock.now())
    party.number = old.number if old else _number(business)
    id = business.put_contact(party)
    written["lastModified"] = modified(business, id, clock, old.created_at if old else None)
    business.extras.written[id] = written
    for group in business.extras.groups:
        _seat(group, party.number, seated=group in groups)
    return id


def write_group(body: Body, business: Business) -> int:
    """Create a group of contacts; its id."""
    if not body.text("name"):
        raise body.wrong("name", "is required")
    if body.text("type") not in _GROUP_TYPES:
        raise body.wrong("type", "is CUSTOMER or VENDOR")
    members = [business.contact_by_id.get(id) for id in body.ids("contacts")]
    if None in members:
        raise body.wrong("contacts", "not all are contacts of this business")
    group = Group(
        key=f"group {len(business.extras.groups) + 1}",
        name=body.text("name"),
        type=body.text("type"),
        members=list(dict.fromkeys(row.number for row in members if row is not None)),
        removed=body.flag("removed"),
    )
    return business.put_group(group)


def contact_information_of(body: Body) -> dict[str, str | None]:
    """The object of name and address that a contact and a business have; the name is required."""
    part = body.part("contactInformation")
    if part is None:
        raise body.wrong("contactInformation", "is required")
    if not part.text("name").strip():
        raise part.wrong("name", "is required")
    return {name: part.maybe_text(name) for name in CONTACT_INFORMATION}


def modified(business: Business, id: int, clock: Clock, before: dt.datetime | None) -> int:
    """When an object is written now, later than at any time before."""
    known = business.extras.written.get(id, {}).get("lastModified")
    earlier = milliseconds(before) if before is not None else 0
    return later_ms(clock.now(), known if isinstance(known, int) else earlier)


def _written(body: Body, business: Business, information: dict[str, str | None]) -> Document:
    parent = contact_of(body, "parent", business)
    return {
        "contactInformation": information,
        "linkedBusiness": body.whole("linkedBusiness"),
        "receivableAccount": account_id(body, "receivableAccount", business, ("ACCOUNTS_RECEIVABLE",)),
        "payableAccount": account_id(body, "payableAccount", business, ("ACCOUNTS_PAYABLE",)),
        "incomeOrExpenseAccount": account_id(body, "incomeOrExpenseAccount", business),
        "paymentAccount": account_id(body, "paymentAccount", business),
        "defaultTaxCode": tax_of(body, "defaultTaxCode", business) or "",
        "paymentTerms": body.text("paymentTerms"),
        "currency": currency_of(body, "currency", business.books.currency) if "currency" in body else None,
        "prefix": body.text("prefix"),
        "comments": body.texts("comments"),
        "collaborationContext": body.whole("collaborationContext"),
        "parent": None if parent is None else business.contacts[parent],
    }


def _party(body: Body, business: Business, information: dict[str, str | None], created: dt.datetime) -> Party:
    days = _DAYS.fullmatch(body.text("paymentTerms"))
    street = ", ".join(filter(None, (information["address1"], information["address2"])))
    return Party(
        number="",
        name=information["name"] or "",
        customer="receivableAccount" in body,
        supplier="payableAccount" in body,
        person=not body.flag("organization", absent=True),
        first_name=information["firstName"],
        last_name=information["lastName"],
        email=information["email"],
        phone=information["phone"],
        website=information["webSite"],
        street=street,
        street_no="",
        postcode=information["postalCode"] or "",
        city=information["city"] or "",
        region=information["provinceOrState"],
        country=information["country"] or "",
        currency=body.text("currency") or business.books.currency,
        language="en",
        tax_number=None,
        payment_terms_days=None if days is None else int(days[1]),
        notes=None,
        created_at=created,
        archived=body.flag("archived"),
        removed=body.flag("removed"),
    )


def _number(business: Business) -> str:
    count = len(business.contacts) + 1
    while f"N{count}" in business.contacts:
        count += 1
    return f"N{count}"


def _group(body: Body, id: int, business: Business) -> Group:
    group = business.group_by_id.get(id)
    if group is None or group.removed:
        raise body.wrong("groups", f"no group {id} in this business")
    return group


def _seat(group: Group, number: str, *, seated: bool) -> None:
    """Put the contact into the group, or out of it."""
    if seated and number not in group.members:
        group.members.append(number)
    if not seated and number in group.members:
        group.members.remove(number)
