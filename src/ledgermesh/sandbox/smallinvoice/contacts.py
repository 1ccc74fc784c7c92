"""Contacts and their addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from ledgermesh.sandbox.books import Books, Party
from ledgermesh.sandbox.smallinvoice.answers import LANGUAGES, number, timestamp
from ledgermesh.sandbox.smallinvoice.ids import Ids, digest
from ledgermesh.sandbox.smallinvoice.table import Shape

_GROUPS = ("Stammkunden", "Newsletter", "Wiederverkauf")
VIEW_EDIT = ("view", "edit")


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


@dataclass(eq=False)
class ContactRow:
    """A party as smallinvoice shows it."""

    id: int
    party: Party
    currency: str | None
    """Only when it is not the company's own."""
    addresses: list[AddressRow]
    """The main address first."""
    groups: list[dict[str, object]]

    @property
    def language(self) -> str:
        return self.party.language if self.party.language in LANGUAGES else "de"


def contact_rows(books: Books, ids: Ids) -> dict[str, ContactRow]:
    """All contacts by the party's number, removed ones too, because documents still name them."""
    return {party.number: _contact(books, ids, party) for party in books.parties}


def _contact(books: Books, ids: Ids, party: Party) -> ContactRow:
    return ContactRow(
        id=ids.of("contact", party.number),
        party=party,
        currency=None if party.currency == books.currency else party.currency,
        addresses=_addresses(ids, party),
        groups=_groups(ids, party),
    )


def _addresses(ids: Ids, party: Party) -> list[AddressRow]:
    """The main address; every ninth contact also has a box for its letters."""
    box = digest(party.number, "box") % 9 == 0
    place = (party.postcode, party.city, party.country)
    main = ids.of("address", party.number)
    rows = [AddressRow(main, party.street, party.street_no, *place, default=True, default_prepage=not box)]
    if box:
        id = ids.of("address", f"{party.number} box")
        rows.append(
            AddressRow(id, "Postfach", str(id % 900 + 100), *place, default=False, default_prepage=True)
        )
    return rows


def _groups(ids: Ids, party: Party) -> list[dict[str, object]]:
    """Every third contact is in one group."""
    choice = digest(party.number, "group") % (3 * len(_GROUPS))
    names = _GROUPS[choice : choice + 1]
    return [{"id": ids.of("contact group", name), "name": name} for name in names]


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
    value = "" if row.id % 4 else f"F-{row.id % 1000}"
    return [{"key": "filing_mark", "name": "Ablagezeichen", "value": value}]


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
        "groups": attrgetter("groups"),
        "custom_fields": _custom_fields,
        "permissions": lambda _: VIEW_EDIT,
    },
    default_sort="name",
    searched=tuple(attrgetter(f"party.{name}") for name in ("number", "name", "email", "city")),
)
