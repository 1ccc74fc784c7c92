"""Contacts: how a party of the books is shown, with its addresses, people, accounts and groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import TypeVar

from ledgermesh.sandbox.books import Books, Party
from ledgermesh.sandbox.office_books import ContactPerson, PartyAccount, PartyAddress, PartyGroup
from ledgermesh.sandbox.smallinvoice.answers import LANGUAGES, number, timestamp
from ledgermesh.sandbox.smallinvoice.store import Store
from ledgermesh.sandbox.smallinvoice.table import Shape

T = TypeVar("T", PartyAddress, ContactPerson, PartyAccount)
VIEW_EDIT = ("view", "edit")
FILING_MARK = ("filing_mark", "Ablagezeichen")
"""Key and name of the one custom field of contacts."""


@dataclass(eq=False)
class AddressRow:
    """One address of a contact."""

    id: int
    street: str
    street_no: str
    postcode: str
    city: str
    country: str
    default: bool
    default_prepage: bool
    entered: Mapping[str, object]
    record: PartyAddress | None
    """None for the main one, which the party itself has."""


@dataclass(eq=False)
class PersonRow:
    """A person at a contact."""

    id: int
    record: ContactPerson
    entered: Mapping[str, object]


@dataclass(eq=False)
class AccountRow:
    """A bank account of a contact."""

    id: int
    record: PartyAccount
    entered: Mapping[str, object]


@dataclass(eq=False)
class GroupRow:
    """A group of contacts."""

    id: int
    record: PartyGroup
    usage: int
    entered: Mapping[str, object]


@dataclass(eq=False)
class ContactRow:
    """A party as smallinvoice shows it."""

    id: int
    party: Party
    currency: str | None
    """Only when it is not the company's own."""
    addresses: list[AddressRow]
    """The main address first."""
    entered: Mapping[str, object]
    people: list[PersonRow] = field(default_factory=list)
    accounts: list[AccountRow] = field(default_factory=list)
    groups: list[GroupRow] = field(default_factory=list)

    @property
    def language(self) -> str:
        return self.party.language if self.party.language in LANGUAGES else "de"


def contact_rows(store: Store, groups: Iterable[GroupRow]) -> dict[str, ContactRow]:
    """All contacts by the party's number, removed ones too, because documents still name them."""
    books, office = store.books, store.books.office
    boxes, people, accounts = (
        by_party(office.addresses),
        by_party(office.people),
        by_party(office.party_accounts),
    )
    rows = {party.number: _contact(books, store, party, boxes[party.number]) for party in books.parties}
    for row in rows.values():
        row.people = [
            PersonRow(id := store.ids.of("person", each.id), each, store.entered("person", id))
            for each in people[row.party.number]
        ]
        row.accounts = [
            AccountRow(
                id := store.ids.of("contact account", each.id), each, store.entered("contact account", id)
            )
            for each in accounts[row.party.number]
        ]
    for group in groups:
        for name in group.record.members:
            if name in rows:
                rows[name].groups.append(group)
    return rows


def group_rows(store: Store) -> list[GroupRow]:
    """All groups; contacts that are gone do not count."""
    there = {party.number for party in store.books.parties if not party.removed}
    rows = []
    for group in store.books.office.groups:
        id = store.ids.of("contact group", group.id)
        usage = len(there.intersection(group.members))
        rows.append(GroupRow(id, group, usage, store.entered("contact group", id)))
    return rows


def by_party(records: Iterable[T]) -> defaultdict[str, list[T]]:
    """The records of each party."""
    found: defaultdict[str, list[T]] = defaultdict(list)
    for record in records:
        found[record.party].append(record)
    return found


def _contact(books: Books, store: Store, party: Party, others: list[PartyAddress]) -> ContactRow:
    id = store.ids.of("contact", party.number)
    return ContactRow(
        id=id,
        party=party,
        currency=None if party.currency == books.currency else party.currency,
        addresses=_addresses(store, id, party, others),
        entered=store.entered("contact", id),
    )


def main_address_key(store: Store, contact_id: int, party: Party) -> str:
    """Which of its addresses the party itself has."""
    return store.main_addresses.get(contact_id, party.number)


def _addresses(store: Store, contact_id: int, party: Party, others: list[PartyAddress]) -> list[AddressRow]:
    """The main one, which stands in the party, and the others."""
    main = main_address_key(store, contact_id, party)
    postal = not any(each.postal for each in others)
    rows = [_address(store, main, party, None, postal=postal)]
    return rows + [_address(store, each.id, each, each, postal=each.postal) for each in others]


def _address(
    store: Store, key: str, place: Party | PartyAddress, record: PartyAddress | None, *, postal: bool
) -> AddressRow:
    id = store.ids.of("address", key)
    return AddressRow(
        id=id,
        street=place.street,
        street_no=place.street_no,
        postcode=place.postcode,
        city=place.city,
        country=place.country,
        default=record is None,
        default_prepage=postal,
        entered=store.entered("address", id),
        record=record,
    )


def _relation(row: ContactRow) -> list[str]:
    return ["CL"] * row.party.customer + ["CR"] * row.party.supplier


def _gender(row: ContactRow) -> str | None:
    """Required for private persons only; which one is drawn from the id."""
    return "MF"[row.id % 2] if row.party.person else None


def _salutation(row: ContactRow) -> str | None:
    if not row.party.person or row.language != "de":
        return None
    return (
        f"Sehr geehrte{'r Herr' if _gender(row) == 'M' else ' Frau'} {row.party.last_name or row.party.name}"
    )


def _custom_fields(row: ContactRow) -> list[dict[str, object]]:
    """Every fourth contact has the one custom field of the account filled."""
    key, name = FILING_MARK
    return [{"key": key, "name": name, "value": "" if row.id % 4 else f"F-{row.id % 1000}"}]


def show_address(row: AddressRow) -> dict[str, object]:
    """The address as other records embed it."""
    return ADDRESS.show(row)


def show_contact(row: ContactRow) -> dict[str, object]:
    """The contact as documents embed it: its default keys."""
    return CONTACT.show(row)


ADDRESS: Shape[AddressRow] = Shape(
    entity="ContactAddress",
    columns={
        "id": attrgetter("id"),
        "default": attrgetter("default"),
        "country": attrgetter("country"),
        "street": attrgetter("street"),
        "street_no": attrgetter("street_no"),
        "street2": lambda _: "",
        "postcode": attrgetter("postcode"),
        "city": attrgetter("city"),
        "hide_on_documents": lambda _: False,
        "default_prepage": attrgetter("default_prepage"),
    },
    extras={"permissions": lambda _: VIEW_EDIT},
    default_sort="street",
    searched=(attrgetter("street"), attrgetter("postcode"), attrgetter("city")),
)
PERSON: Shape[PersonRow] = Shape(
    entity="ContactPeople",
    columns={
        "id": attrgetter("id"),
        "default": attrgetter("record.main"),
        "name": attrgetter("record.first_name"),
        "surname": attrgetter("record.last_name"),
        "gender": attrgetter("record.gender"),
        "email": attrgetter("record.email"),
        "phone": attrgetter("record.phone"),
        "department": attrgetter("record.department"),
        "salutation": lambda _: None,
        "show_title": lambda _: False,
        "show_department": lambda _: False,
        "wants_newsletter": lambda _: True,
    },
    extras={"custom_fields": lambda _: (), "permissions": lambda _: VIEW_EDIT},
    default_sort="surname",
    searched=tuple(
        attrgetter(f"record.{name}") for name in ("first_name", "last_name", "email", "department")
    ),
)
ACCOUNT: Shape[AccountRow] = Shape(
    entity="ContactAccount",
    columns={
        "id": attrgetter("id"),
        "default": attrgetter("record.main"),
        "type": attrgetter("record.type"),
        "number": attrgetter("record.number"),
        "bic": attrgetter("record.bic"),
        "description": attrgetter("record.description"),
    },
    extras={"permissions": lambda _: VIEW_EDIT},
    default_sort="description",
    searched=(attrgetter("record.number"), attrgetter("record.description")),
)
GROUP: Shape[GroupRow] = Shape(
    entity="ContactConfigurationGroup",
    columns={"id": attrgetter("id"), "name": attrgetter("record.name"), "usage": attrgetter("usage")},
    extras={"permissions": lambda _: VIEW_EDIT},
    default_sort="name",
    searched=(attrgetter("record.name"),),
)

_CONTACT_COLUMNS: Mapping[str, Callable[[ContactRow], object]] = {
    "id": attrgetter("id"),
    "number": attrgetter("party.number"),
    "relation": _relation,
    "type": lambda row: "P" if row.party.person else "C",
    "gender": _gender,
    "gender_salutation_active": attrgetter("party.person"),
    "name": attrgetter("party.name"),
    "name_addition": lambda _: None,
    "salutation": _salutation,
    "phone": attrgetter("party.phone"),
    "fax": lambda _: None,
    "email": attrgetter("party.email"),
    "website": attrgetter("party.website"),
    "notes": attrgetter("party.notes"),
    "communication_language": attrgetter("language"),
    "communication_channel": lambda row: "U" if row.party.email is None else "E",
    "communication_newsletter": lambda row: "M" if row.id % 5 == 0 else "N",
    "currency": attrgetter("currency"),
    "ebill_account_id": lambda _: None,
    "vat_identification": attrgetter("party.tax_number"),
    "vat_rate": lambda _: None,
    "discount_rate": lambda _: number(Decimal(0)),
    "discount_type": lambda _: "P",
    "payment_grace": attrgetter("party.payment_terms_days"),
    "hourly_rate": lambda _: None,
    "created": lambda row: timestamp(row.party.created_at),
    "main_address_id": lambda row: row.addresses[0].id,
}

CONTACT: Shape[ContactRow] = Shape(
    entity="Contact",
    columns=_CONTACT_COLUMNS,
    extras={
        "main_address": lambda row: show_address(row.addresses[0]),
        "groups": lambda row: [{"id": group.id, "name": group.record.name} for group in row.groups],
        "custom_fields": _custom_fields,
        "permissions": lambda _: VIEW_EDIT,
    },
    default_sort="name",
    searched=tuple(attrgetter(f"party.{name}") for name in ("number", "name", "email", "city")),
)
