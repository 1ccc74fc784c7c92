"""Writing what belongs to one contact: its addresses, people and bank accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ledgermesh.sandbox.office_books import ContactPerson, PartyAccount, PartyAddress
from ledgermesh.sandbox.smallinvoice.assigning import CUSTOM_FIELDS, Home, assign, custom_fields, words
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.contacts import (
    AccountRow,
    AddressRow,
    ContactRow,
    PersonRow,
    main_address_key,
)
from ledgermesh.sandbox.smallinvoice.errors import bad_request
from ledgermesh.sandbox.smallinvoice.fields import (
    Form,
    Values,
    country,
    email,
    filled,
    one_of,
    optional,
    required,
    switch,
    text,
)
from ledgermesh.sandbox.smallinvoice.store import fresh_id

ADDRESS_FIELDS = (
    switch("default"),
    required("country", country),
    required("street", filled),
    optional("street_no", text),
    optional("street2", text),
    required("postcode", filled),
    required("city", filled),
    switch("hide_on_documents"),
    switch("default_prepage"),
)
_PLACE: Mapping[str, Home] = {
    **{key: Home(key) for key in ("country", "street", "postcode", "city")},
    "street_no": words("street_no"),
}
_PERSON: Mapping[str, Home] = {
    "default": Home("main"),
    "name": Home("first_name"),
    "surname": Home("last_name"),
    **{key: Home(key) for key in ("gender", "email", "phone", "department")},
}
_ACCOUNT: Mapping[str, Home] = {
    "default": Home("main"),
    **{key: Home(key) for key in ("type", "number", "bic", "description")},
}


class Addresses:
    """Addresses; one is always the main one, which the party itself has in the books."""

    limited = ""
    form = Form(ADDRESS_FIELDS)

    def create(self, company: Company, values: Values, parent: ContactRow) -> int:
        addresses = company.books.office.addresses
        key = "+" + fresh_id({each.id.removeprefix("+") for each in addresses})
        blank = PartyAddress(key, parent.party.number, "", "", "", "", "")
        addresses.append(blank)
        id = company.store.ids.of("address", key)
        self._assign(company, parent, id, blank, values)
        return id

    def change(self, company: Company, row: AddressRow, values: Values) -> None:
        contact = next(each for each in company.contacts.select() if row in each.addresses)
        self._assign(company, contact, row.id, row.record, values)

    def remove(self, company: Company, rows: Sequence[AddressRow]) -> None:
        others = [row.record for row in rows if row.record is not None]
        if len(others) < len(rows):
            raise bad_request(2000, "Bad request. Main address cannot be deleted")
        for record in others:
            company.books.office.addresses.remove(record)
            company.store.forget("address", record.id)

    def _assign(
        self, company: Company, contact: ContactRow, id: int, record: PartyAddress | None, values: Values
    ) -> None:
        rest = assign(record or contact.party, values, _PLACE)
        typed: dict[str, object] = {key: rest[key] for key in ("street2", "hide_on_documents") if key in rest}
        if "street2" in typed:
            typed["street2"] = typed["street2"] or ""
        company.store.enter("address", id, typed)
        others = [each for each in company.books.office.addresses if each.party == contact.party.number]
        if rest.get("default_prepage"):
            for each in others:
                each.postal = each is record
        elif "default_prepage" in rest and record is not None:
            record.postal = False
        if rest.get("default") and record is not None:
            _make_main(company, contact, record)


def _make_main(company: Company, contact: ContactRow, record: PartyAddress) -> None:
    """The party and this record change places."""
    store, party, office = company.store, contact.party, company.books.office
    others = [each for each in office.addresses if each.party == party.number]
    was_postal = not any(each.postal for each in others)
    old = main_address_key(store, contact.id, party)
    place = (party.street, party.street_no, party.postcode, party.city, party.country)
    former = PartyAddress(old, party.number, *place, postal=was_postal)
    for name in ("street", "street_no", "postcode", "city", "country"):
        setattr(party, name, getattr(record, name))
    office.addresses[office.addresses.index(record)] = former
    store.main_addresses[contact.id] = record.id


class People:
    """People at a contact."""

    limited = ""
    form = Form(
        (
            switch("default"),
            required("name", filled),
            required("surname", filled),
            required("gender", one_of("M", "F")),
            optional("email", email),
            *(optional(name, text) for name in ("phone", "department", "salutation")),
            switch("show_title"),
            switch("show_department"),
            switch("wants_newsletter", default=True),
            CUSTOM_FIELDS,
        )
    )

    def create(self, company: Company, values: Values, parent: ContactRow) -> int:
        people = company.books.office.people
        record = ContactPerson(fresh_id({each.id for each in people}), parent.party.number, "", "", "")
        people.append(record)
        id = company.store.ids.of("person", record.id)
        self._assign(company, id, record, values)
        return id

    def change(self, company: Company, row: PersonRow, values: Values) -> None:
        self._assign(company, row.id, row.record, values)

    def remove(self, company: Company, rows: Sequence[PersonRow]) -> None:
        for row in rows:
            company.books.office.people.remove(row.record)
            company.store.forget("person", row.record.id)

    def _assign(self, company: Company, id: int, record: ContactPerson, values: Values) -> None:
        rest = assign(record, values, _PERSON)
        _one_main(record, company.books.office.people)
        if "custom_fields" in rest:
            rest["custom_fields"] = custom_fields(None, rest["custom_fields"])
        company.store.enter("person", id, rest)


class Accounts:
    """Bank accounts of a contact."""

    limited = ""
    form = Form(
        (
            switch("default"),
            required("type", one_of("IBAN", "ISR", "QR", "QRREF")),
            required("number", filled),
            optional("bic", text),
            optional("description", text),
        )
    )

    def create(self, company: Company, values: Values, parent: ContactRow) -> int:
        accounts = company.books.office.party_accounts
        record = PartyAccount(fresh_id({each.id for each in accounts}), parent.party.number, "", "")
        accounts.append(record)
        assign(record, values, _ACCOUNT)
        _one_main(record, accounts)
        return company.store.ids.of("contact account", record.id)

    def change(self, company: Company, row: AccountRow, values: Values) -> None:
        assign(row.record, values, _ACCOUNT)
        _one_main(row.record, company.books.office.party_accounts)

    def remove(self, company: Company, rows: Sequence[AccountRow]) -> None:
        for row in rows:
            company.books.office.party_accounts.remove(row.record)
            company.store.forget("contact account", row.record.id)


def _one_main(record: ContactPerson | PartyAccount, records: Iterable[ContactPerson | PartyAccount]) -> None:
    """A main one takes that rank from the others of its party."""
    if record.main:
        for each in records:
            each.main = each is record or (each.main and each.party != record.party)
