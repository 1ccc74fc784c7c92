"""Writing contacts and the groups they are in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledgermesh.sandbox.books import Books, Party
from ledgermesh.sandbox.office_books import PartyGroup
from ledgermesh.sandbox.smallinvoice.address_writes import ADDRESS_FIELDS
from ledgermesh.sandbox.smallinvoice.answers import LANGUAGES
from ledgermesh.sandbox.smallinvoice.assigning import CUSTOM_FIELDS, Home, assign, custom_fields, taken
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.contacts import FILING_MARK, ContactRow, GroupRow
from ledgermesh.sandbox.smallinvoice.errors import Wrong
from ledgermesh.sandbox.smallinvoice.fields import (
    REQUIRED,
    UNSET,
    Field,
    Form,
    Values,
    amount,
    between,
    choice,
    currency,
    email,
    filled,
    many,
    nested,
    one_of,
    optional,
    required,
    share,
    switch,
    text,
)
from ledgermesh.sandbox.smallinvoice.store import fresh_id, next_number

_FIRST_NUMBER = 1000
_FIELDS = (
    optional("number", filled, UNSET),
    required("relation", many(one_of("CL", "CR"), 1)),
    required("type", one_of("C", "P")),
    Field("gender", one_of("M", "F")),
    switch("gender_salutation_active"),
    required("name", filled),
    *(optional(name, text) for name in ("name_addition", "salutation", "phone", "fax")),
    optional("email", email),
    *(optional(name, text) for name in ("website", "notes")),
    choice("communication_language", "de", *LANGUAGES),
    choice("communication_channel", "U", "U", "E", "P"),
    choice("communication_newsletter", "N", "A", "M", "N"),
    optional("currency", currency),
    *(optional(name, text) for name in ("ebill_account_id", "vat_identification")),
    optional("vat_rate", share),
    optional("discount_rate", share, share(0)),
    choice("discount_type", "P", "P", "A"),
    optional("payment_grace", between(0, 3650)),
    optional("hourly_rate", amount),
    CUSTOM_FIELDS,
)
_HOMES: Mapping[str, Home] = {
    **{key: Home(key) for key in ("name", "phone", "email", "website", "notes")},
    "communication_language": Home("language"),
    "vat_identification": Home("tax_number"),
    "payment_grace": Home("payment_terms_days"),
}


def _gender_if_person(values: Mapping[str, Any]) -> Iterable[Wrong]:
    if values.get("type") == "P" and values.get("gender", "") is None:
        yield Wrong("gender", REQUIRED, "is required for private persons")


def _gender_of_new(values: Mapping[str, Any]) -> Iterable[Wrong]:
    return _gender_if_person({"gender": None, **values})


class Contacts:
    """Contacts; the main address comes with a new one and is changed among the addresses afterwards."""

    limited = ""
    form = Form(_FIELDS, also=_gender_if_person)

    def create(self, company: Company, values: Values, parent: object) -> int:
        books, store = company.books, company.store
        numbers = {party.number for party in books.parties}
        key = values.get("number") or next_number(numbers, _FIRST_NUMBER)
        if key in numbers:
            raise taken("number")
        party = _party(books, key, values["main_address"], store.now())
        books.parties.append(party)
        id = store.ids.of("contact", key)
        main = {name: values["main_address"][name] for name in ("street2", "hide_on_documents")}
        store.main_addresses[id] = f"main {id}"
        address_id = store.ids.of("address", store.main_addresses[id])
        store.enter("address", address_id, {**main, "street2": main["street2"] or ""})
        self._assign(
            company, id, party, {name: value for name, value in values.items() if name != "main_address"}
        )
        return id

    def change(self, company: Company, row: ContactRow, values: Values) -> None:
        books, party, key = company.books, row.party, values.get("number")
        if key and key != party.number:
            if books.party(key):
                raise taken("number")
            _renumber(company, party, key)
        self._assign(company, row.id, party, values)

    def remove(self, company: Company, rows: Sequence[ContactRow]) -> None:
        for row in rows:
            row.party.removed = True

    def _assign(self, company: Company, id: int, party: Party, values: Values) -> None:
        rest = assign(party, values, _HOMES)
        rest.pop("number", None)
        if "relation" in rest:
            relation = rest.pop("relation")
            party.customer, party.supplier = "CL" in relation, "CR" in relation
        if "type" in rest:
            party.person = rest.pop("type") == "P"
        if "currency" in rest:
            party.currency = rest["currency"] or company.books.currency
        if "custom_fields" in rest:
            rest["custom_fields"] = custom_fields(FILING_MARK, rest["custom_fields"])
        company.store.enter("contact", id, rest)


class NewContacts(Contacts):
    """The same, for POST: with a main address."""

    form = Form((*_FIELDS, required("main_address", nested(*ADDRESS_FIELDS))), also=_gender_of_new)


def _party(books: Books, key: str, address: Mapping[str, Any], now: dt.datetime) -> Party:
    """A party with nothing but a number and an address."""
    return Party(
        number=key,
        name="",
        customer=False,
        supplier=False,
        person=False,
        first_name=None,
        last_name=None,
        email=None,
        phone=None,
        website=None,
        street=address["street"],
        street_no=address["street_no"] or "",
        postcode=address["postcode"],
        city=address["city"],
        region=None,
        country=address["country"],
        currency=books.currency,
        language="de",
        tax_number=None,
        payment_terms_days=None,
        notes=None,
        created_at=now,
    )


def _renumber(company: Company, party: Party, key: str) -> None:
    """The party's new number wherever the books name it."""
    books, office, old = company.books, company.books.office, party.number
    company.store.ids.move("contact", old, key)
    company.store.main_addresses.setdefault(company.store.ids.of("contact", key), old)
    listed: list[Any] = [
        *books.invoices,
        *books.bills,
        *books.receipts,
        *books.disbursements,
        *office.projects,
    ]
    listed += [*office.offers, *office.order_confirmations, *office.delivery_notes, *office.letters]
    listed += [*office.reminders, *office.people, *office.party_accounts, *office.addresses]
    for record in listed:
        if record.party == old:
            record.party = key
    for group in office.groups:
        group.members = [key if member == old else member for member in group.members]
    for effort in office.efforts:
        if effort.target == "party" and effort.target_id == old:
            effort.target_id = key
    party.number = key


class Groups:
    """Groups of contacts."""

    limited = ""
    form = Form((required("name", filled),))

    def create(self, company: Company, values: Values, parent: object) -> int:
        groups = company.books.office.groups
        _check_name(company, values["name"], None)
        group = PartyGroup(fresh_id({each.id for each in groups}), values["name"], [])
        groups.append(group)
        return company.store.ids.of("contact group", group.id)

    def change(self, company: Company, row: GroupRow, values: Values) -> None:
        if "name" in values:
            _check_name(company, values["name"], row.record)
            row.record.name = values["name"]

    def remove(self, company: Company, rows: Sequence[GroupRow]) -> None:
        for row in rows:
            company.books.office.groups.remove(row.record)
            company.store.forget("contact group", row.record.id)


def _check_name(company: Company, name: str, own: PartyGroup | None) -> None:
    if any(group.name == name and group is not own for group in company.books.office.groups):
        raise taken("name")


def assign_groups(company: Company, row: ContactRow, groups: Sequence[GroupRow]) -> None:
    """Put the contact into these groups; it may be in some already."""
    for group in groups:
        if row.party.number not in group.record.members:
            group.record.members.append(row.party.number)


def remove_groups(company: Company, row: ContactRow, groups: Sequence[GroupRow]) -> None:
    """Take the contact out of these groups; it need not be in all of them."""
    for group in groups:
        group.record.members = [each for each in group.record.members if each != row.party.number]
