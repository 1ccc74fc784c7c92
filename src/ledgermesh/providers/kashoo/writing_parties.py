"""Writes of customers, vendors and their groups: https://api.kashoo.com/index.html"""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.model.enums import PartyRole
from ledgermesh.providers.kashoo import bodies, checks
from ledgermesh.providers.kashoo.encodings import ARCHIVING, TEXT_MAX, name_at, references_at, stands, text_at
from ledgermesh.providers.kashoo.writing_accounts import CREATED
from ledgermesh.spec.write import Draft, Lost, Put, Search, Stamp, Write, Writes, at_path, reference

NAME = "contactInformation.name"
SIDES = {PartyRole.CUSTOMER: "receivable_account", PartyRole.SUPPLIER: "payable_account"}
PATHS = {"receivable_account": "receivableAccount", "payable_account": "payableAccount"}
LINES_MAX = 2


def _company_name(value: str | None, draft: Draft) -> Mapping[str, object]:
    """Kashoo has one name, which a person's contact shows as the person's."""
    if value and draft.values.get("display_name", value) != value:
        raise Lost("a contact has one name, which `displayName` gives")
    person = draft.values.get("is_individual", stands(draft, "organization") is False)
    if value and person:
        raise Lost("a contact that is a person has no company name")
    return {NAME: value} if value else {}


def _phones(value: tuple[str, ...] | None, draft: Draft) -> Mapping[str, object]:
    found = tuple(value or ())
    if len(found) > 1 or (found and draft.values.get("phone", found[0]) != found[0]):
        raise Lost("a contact has one telephone number")
    return {"contactInformation.phone": found[0] if found else ""}


def _lines(value: tuple[str, ...] | None, draft: Draft) -> Mapping[str, object]:
    found = [line for line in value or () if line]
    if len(found) > LINES_MAX:
        raise ValueError(f"an address has {LINES_MAX} lines above its city")
    first, second = (*found, "", "")[:LINES_MAX]
    return {"contactInformation.address1": first, "contactInformation.address2": second}


def _notes(value: str | None, draft: Draft) -> Mapping[str, object]:
    """Comments stand one below the other; a text with empty lines is kept in one, so that it reads as it was."""
    lines = (value or "").split("\n")
    return {"comments": lines if all(lines) else [value] if value else []}


def _roles(value: tuple[PartyRole, ...] | None, draft: Draft) -> Mapping[str, object]:
    """Contacts have no role: the accounts that they owe on and are owed on tell it, and may be given or be there."""
    found: dict[str, object] = {}
    if unknown := [role.value for role in value or () if role not in SIDES]:
        raise Lost(f"a contact is a customer or a supplier, not {' or '.join(unknown)}")
    for role, name in SIDES.items():
        account = draft.values.get(name, stands(draft, PATHS[name]))
        if role in (value or ()) and not account:
            words = "receivableAccount" if role is PartyRole.CUSTOMER else "payableAccount"
            raise Lost(f"a contact is a {role.value.lower()} by its `{words}`, which is not given")
        if role not in (value or ()) and account:
            found |= _without(role, name, draft)
    return found


def _without(role: PartyRole, name: str, draft: Draft) -> Mapping[str, object]:
    if draft.values.get(name):
        raise ValueError(f"`{PATHS[name]}` makes it a {role.value.lower()}")
    return {PATHS[name]: None}


def _said(*words: str) -> str:
    return f"contactInformation.{''.join(words)}"


ADDRESS = {
    "lines": Put(encode=_lines),
    "city": text_at(_said("city")),
    "region": text_at(_said("provinceOrState")),
    "postal_code": text_at(_said("postalCode")),
    "country": text_at(_said("country")),
}
PUTS = {
    "display_name": name_at(NAME, required_if="No other name is given."),
    "company_name": Put(encode=_company_name),
    "first_name": text_at(_said("firstName")),
    "last_name": text_at(_said("lastName")),
    "is_individual": Put(encode=lambda value, draft: {} if value is None else {"organization": not value}),
    "roles": Put(encode=_roles, words=("CUSTOMER", "SUPPLIER")),
    "email": text_at(_said("email")),
    "phone": text_at(_said("phone")),
    "phones": Put(encode=_phones),
    "website": text_at(_said("webSite")),
    "address": Put(parts=ADDRESS),
    "currency": at_path("currency"),
    "payment_terms": text_at("paymentTerms"),
    "tax_code": text_at("defaultTaxCode"),
    "notes": Put(encode=_notes, length_max=TEXT_MAX),
    "groups": references_at("groups", "PartyGroup"),
    "parent": reference("Party", "parent", numeric=True),
    "receivable_account": reference("Account", "receivableAccount", numeric=True),
    "payable_account": reference("Account", "payableAccount", numeric=True),
    **ARCHIVING,
}

PARTY_WRITES: Writes = (
    Write(
        kind="Party",
        verb="CREATE",
        method="POST",
        path="/businesses/{business_id}/contacts",
        puts=PUTS,
        build=bodies.contact,
        empty=True,
        repeat=Stamp("notes", TEXT_MAX),
        undo="DELETE",
        checks=(checks.one_of("display_name", "company_name", "first_name", "last_name"),),
        assumed=f"The path, that only a name is needed. {CREATED}",
    ),
    Write(
        kind="Party",
        verb="UPDATE",
        method="PUT",
        path="/contacts/{id}",
        puts=PUTS,
        whole=True,
        dropped=bodies.CONTACT_COMPUTED,
        build=bodies.contact,
        empty=True,
        repeat=Search(()),
        assumed="That PUT replaces the contact whole.",
    ),
    Write(
        kind="Party",
        verb="DELETE",
        method="DELETE",
        path="/contacts/{id}",
        body="none",
        empty=True,
        repeat=Search(()),
        delete="SOFT",
        assumed="The status of the answer.",
    ),
    Write(
        kind="PartyGroup",
        verb="CREATE",
        method="POST",
        path="/businesses/{business_id}/contactGroups",
        puts={
            "name": name_at("name", required=True),
            "kind_raw": text_at("type", words=("CUSTOMER", "VENDOR")),
            "members": references_at("contacts", "Party"),
        },
        empty=True,
        repeat=Search(("name", "kind_raw", "members")),
        assumed=f"The path, the two words for its kind. {CREATED}",
    ),
)
"""Groups can be made and listed; no document shows how one is changed or removed."""
