"""Writing invoices, offers, order confirmations, delivery notes and letters: smallinvoice API v2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from ledgermesh.model.enums import TaxMode
from ledgermesh.model.money import Money
from ledgermesh.providers.smallinvoice.writing_encodings import (
    LANGUAGES,
    Check,
    bare,
    code,
    crud,
    day,
    filled,
    given,
    in_order,
    known,
    language,
    names,
    numbered,
    optional,
    stamp,
    whole,
    words,
)
from ledgermesh.providers.smallinvoice.writing_lines import LINES, complete, discount, lines_hold
from ledgermesh.spec.write import Draft, Lost, Problem, Put, Target, Write

# -- whom it is for --------------------------------------------------------------------------------------------------


def _party(value: Target | None, draft: Draft) -> Mapping[str, object]:
    """The contact, and its main address unless the caller names another one. A document that stays with its contact
    keeps the address it has.
    """
    if value is None:
        raise ValueError("it is always for somebody")
    id = bare(value)
    if draft.values.get("party_address") is not None or (draft.before or {}).get("contact_id") == id:
        return {"contact_id": id}
    main = value.doc.get("main_address_id")
    if main is None:
        raise ValueError("the contact's main address is not known; name partyAddress")
    return {"contact_id": id, "contact_address_id": main}


def _their_own(draft: Draft) -> Iterable[Problem]:
    """The address and the person must be the contact's."""
    party = draft.values.get("party")
    id = bare(party) if isinstance(party, Target) else (draft.before or {}).get("contact_id")
    for name in ("party_address", "contact_person"):
        target = draft.values.get(name)
        if isinstance(target, Target) and known(target) and target.native_id.partition("-")[0] != str(id):
            yield Problem(name, "it belongs to another contact")


_RECIPIENT: Mapping[str, Put] = {
    "party": Put(encode=_party, kind="Party", required=True),
    "party_address": names("PartyAddress", "contact_address_id", clear=False),
    "contact_person": names("ContactPerson", "contact_person_id"),
}
_LANGUAGE: Final = language("language", required_if="the contact has no language of its own")


def _party_language(draft: Draft) -> str | None:
    party = draft.values.get("party")
    found = party.doc.get("communication_language") if isinstance(party, Target) else None
    return found if found in LANGUAGES else None


def _in_a_language(draft: Draft) -> Iterable[Problem]:
    if draft.verb == "CREATE" and not draft.values.get("language") and _party_language(draft) is None:
        yield Problem("language", "smallinvoice needs it; the contact has none of its own", "REQUIRED")


def _finished(body: dict[str, object], draft: Draft) -> object:
    """A new document is in its contact's language unless it says another one."""
    if draft.verb == "CREATE" and "language" not in body:
        body["language"] = _party_language(draft)
    complete(body, draft)
    return body


# -- amounts ---------------------------------------------------------------------------------------------------------


def _tax_mode(value: TaxMode | None, draft: Draft) -> Mapping[str, object]:
    modes = {TaxMode.EXCLUSIVE: False, TaxMode.INCLUSIVE: True}
    if value not in modes:
        raise Lost("Prices at smallinvoice hold tax, or tax is added to them: EXCLUSIVE or INCLUSIVE.")
    return {"vat_included": modes[value]}


def _percent(value: Decimal | None, draft: Draft) -> Mapping[str, object]:
    return discount(value, "P", draft, "discount_amount")


def _off(value: Money | None, draft: Draft) -> Mapping[str, object]:
    return discount(None if value is None else value.amount, "A", draft, "discount_percent")


def _one_discount(draft: Draft) -> Iterable[Problem]:
    if draft.values.get("discount_percent") is not None and draft.values.get("discount_amount") is not None:
        yield Problem("discount_amount", "a document has one discount, a percentage or an amount")


_DOCUMENT: Mapping[str, Put] = {
    **_RECIPIENT,
    "number": numbered("number"),
    "date": given("date", day, required=True),
    "currency": filled("currency", code, required=True),
    "tax_mode": Put(encode=_tax_mode, words=(TaxMode.EXCLUSIVE.value, TaxMode.INCLUSIVE.value)),
    "discount_percent": Put(encode=_percent),
    "discount_amount": Put(encode=_off),
    "private_note": words("notes"),
    "language": _LANGUAGE,
    "lines": LINES,
}
_CHECKS: Final = (_their_own, _in_a_language, _one_discount, lines_hold)


def _document(kind: str, path: str, puts: Mapping[str, Put], *checks: Check) -> tuple[Write, Write, Write]:
    return crud(
        kind,
        path,
        {**_DOCUMENT, **puts},
        repeat=stamp("private_note"),
        build=_finished,
        checks=(*_CHECKS, *checks),
        own_fields=True,
        assumed="A list of positions replaces the one that stands, and DELETE removes a document for good.",
    )


INVOICES: Final = _document(
    "Invoice",
    "/receivables/invoices",
    {
        "due_date": given("due", day, required=True),
        "period_from": optional("period_from", day),
        "period_to": optional("period_to", day),
        "cash_discount_percent": optional("cash_discount_rate", whole),
        "cash_discount_date": optional("cash_discount_date", day),
        "bank_account": names("BankAccount", "bank_account_id"),
    },
    in_order("date", "due_date", "date", "due"),
    in_order("period_from", "period_to", "period_from", "period_to"),
)

QUOTES: Final = _document(
    "Quote",
    "/receivables/offers",
    {
        "valid_until": given("valid_until", day, required=True),
        "accept_online": given("accept_online"),
    },
    in_order("date", "valid_until", "date", "valid_until"),
)

SALES_ORDERS: Final = _document("SalesOrder", "/receivables/order-confirmations", {})
DELIVERY_NOTES: Final = _document("DeliveryNote", "/receivables/delivery-notes", {})

LETTERS: Final = crud(
    "Letter",
    "/contacts/letters",
    {
        **_RECIPIENT,
        "title": words("title"),
        "content": words("content"),
        "date": given("date", day, required=True),
        "language": _LANGUAGE,
        "private_note": words("notes"),
    },
    repeat=stamp("private_note"),
    build=_finished,
    checks=(_their_own, _in_a_language),
    own_fields=True,
)

DOCUMENT_WRITES: Final = (*INVOICES, *QUOTES, *SALES_ORDERS, *DELIVERY_NOTES, *LETTERS)
