"""The last touches to whole bodies: what Kashoo wants in each, and what must not be sent back to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from ledgermesh.model.money import Money
from ledgermesh.providers.kashoo import quirks
from ledgermesh.spec.write import Draft, Target

FROM_LINES = ("taxes", "taxAmounts")
"""What Kashoo computes from the lines: as it stands it would go with the lines as they were."""
FROM_LINE = ("amount",)
SIDES = ("account", "description", "debit", "credit")

RECORD_COMPUTED = ("contactName", "homeCurrency", "projectName", "foreignCurrency", "links")
PAPER_COMPUTED = (
    *RECORD_COMPUTED, "totalDue", "balanceDue", "totalBeforeTaxes", "totalLocalDue", "totalPaid",
    "totalPaidImmediately", "totalPaidLater", "totalDueFormatted", "balanceDueFormatted", "paid", "paidInvoice",
    "income",
)  # fmt: skip
CONTACT_COMPUTED = ("name", "email", "phoneNumbers", "address")
"""The flat texts of a contact follow from its contact information."""
ACCOUNT_COMPUTED = ("nameAndNumber", "links")
ITEM_COMPUTED = ("links",)


def dated(body: Any) -> Any:
    """A body with every day as `YYYY-MM-DD`: Kashoo answers with objects, and clients of the live API send text."""
    if isinstance(body, Mapping):
        if "dayOfMonth" in body:
            with suppress(ValueError):
                return quirks.transfer_date(body).isoformat()
        return {name: dated(value) for name, value in body.items()}
    return [dated(each) for each in body] if isinstance(body, list) else body


def plain(body: dict[str, object], draft: Draft) -> object:
    """A body that needs nothing but its days."""
    return dated(body)


def paper(body: dict[str, object], draft: Draft) -> object:
    """An invoice or a bill. A client of the live API marks `poNumber` and the lines' `taxCode` as needed."""
    if draft.before is None:
        body = {"poNumber": "", **body}
    lines = body.get("lineItems")
    if isinstance(lines, list) and (draft.before is None or lines != draft.before.get("lineItems")):
        body = {name: value for name, value in body.items() if name not in FROM_LINES}
        body["lineItems"] = [_line(each) for each in lines]
    return dated(body)


def _line(line: Mapping[str, object]) -> Mapping[str, object]:
    kept = {name: value for name, value in line.items() if name not in FROM_LINE}
    return {"quantity": 1, "taxCode": "", **kept}


def payment(body: dict[str, object], draft: Draft) -> object:
    """A payment: its contact is that of what it settles, and what is not allocated is what is left of the amount."""
    shares = body.get("allocations")
    listed: list[Any] = shares if isinstance(shares, list) else []
    amount = body.get("amount")
    body = {**body, "allocations": listed}
    if isinstance(amount, int):
        body["unallocatedAmount"] = amount - sum(each["amount"] for each in listed)
    contacts = {contact for contact in _contacts(draft) if contact is not None}
    if body.get("contact") is None and len(contacts) == 1:
        body["contact"] = contacts.pop()
    return dated(body)


def _contacts(draft: Draft) -> list[Any]:
    documents = [share.get("document") for share in draft.values.get("allocations") or ()]
    return [each.doc.get("contact") for each in documents if isinstance(each, Target)]


def transfer(body: dict[str, object], draft: Draft) -> object:
    """A transfer. Without a word for its currency Kashoo would take the amount for one in the home currency."""
    return dated(_in_currency(body, draft, [draft.values]))


def _in_currency(
    body: dict[str, object], draft: Draft, rows: Iterable[Mapping[str, Any]]
) -> dict[str, object]:
    """A body that says in which currency its amounts are."""
    amounts = (row.get("amount") for row in rows)
    currency = next((each.currency for each in amounts if isinstance(each, Money)), None)
    return body if body.get("currency") or currency is None else {**body, "currency": currency}


def adjustment(body: dict[str, object], draft: Draft) -> object:
    """A journal entry. Its lines are known by their places: each keeps the id of the line that stands there."""
    lines = body.get("lineItems")
    standing = (draft.before or {}).get("lineItems")
    if isinstance(lines, list) and isinstance(standing, list) and lines != standing:
        places = [standing[place] if place < len(standing) else {} for place in range(len(lines))]
        body = {**body, "lineItems": [_side(line, there) for line, there in zip(lines, places, strict=True)]}
    return dated(_in_currency(body, draft, draft.values.get("lines") or ()))


def _side(line: Mapping[str, Any], there: Mapping[str, Any]) -> Mapping[str, Any]:
    if all((line.get(name) or None) == (there.get(name) or None) for name in SIDES):
        return there
    return {**{name: there[name] for name in ("id", "position") if name in there}, **line}


def back_to_inbox(body: dict[str, object], draft: Draft) -> object:
    """The list of records that the request takes, of which there is one."""
    return [
        dated({name: value for name, value in (draft.before or {}).items() if name not in PAPER_COMPUTED})
    ]


def contact(body: dict[str, object], draft: Draft) -> object:
    """A contact: a person who has no other name is called by the first and the last one."""
    information = body.get("contactInformation")
    if isinstance(information, Mapping) and not information.get("name"):
        names = filter(None, (information.get("firstName"), information.get("lastName")))
        body = {**body, "contactInformation": {**information, "name": " ".join(names)}}
    return dated(body)
