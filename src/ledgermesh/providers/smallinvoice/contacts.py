"""Contacts with what stands below them, groups, reminders and letters: smallinvoice API v2."""

from __future__ import annotations

from decimal import Decimal

from ledgermesh.model.enums import PartyRole, RecordStatus
from ledgermesh.model.party import Address, ContactPerson, Party, PartyAddress, PartyBankAccount, PartyGroup
from ledgermesh.model.row import Row
from ledgermesh.model.sales import Letter, LetterStatus, Reminder
from ledgermesh.providers.smallinvoice import amounts, quirks
from ledgermesh.providers.smallinvoice.lists import (
    CUSTOM_FIELDS,
    LOOKS,
    NAMED_PARTY,
    ON_PAPER,
    PERMISSIONS,
    WHOLE_PARTY,
    expanded,
    files,
    listed,
    local,
    single,
)
from ledgermesh.spec.leaves import currency, day, decimal, flag, one_of, text, whole
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.resource import Children, Resource
from ledgermesh.spec.wires import Wire, constant, fields, made, one

ADDRESS_WIRES: dict[str, Wire] = {
    "lines": made(
        list[str], "street", "street_no", "street2", read=quirks.street_lines(), transform="street_lines"
    ),
    "city": text("city"),
    "postal_code": text("postcode"),
    "country": text("country"),
}

GROUP_SUMMARY = fields(PartyGroup, native_id=text("id"), name=text("name"))

PARTIES = Resource(
    kind="Party",
    list=listed("/contacts"),
    get=single("/contacts"),
    fields=fields(
        Party,
        native_id=text("id"),
        roles=made(list[PartyRole], "relation", read=quirks.party_roles, transform="party_roles"),
        display_name=text("name"),
        company_name=made(str, "name", "type", read=quirks.company_name, transform="name_of_company"),
        is_individual=made(bool, "type", read=quirks.is_person, transform="type_is_person"),
        number=text("number"),
        status=constant(RecordStatus.ACTIVE),
        email=text("email"),
        phone=text("phone"),
        phones=made(list[str], "phone", read=quirks.only_phone, transform="only_phone"),
        website=text("website"),
        address=one("main_address", fields(Address, **ADDRESS_WIRES), expand="main_address"),
        tax_number=text("vat_identification"),
        tax_percent=decimal("vat_rate"),
        currency=currency("currency"),
        payment_terms_days=whole("payment_grace"),
        discount_percent=made(
            Decimal,
            "discount_rate",
            "discount_type",
            read=amounts.percent_discount,
            transform="percent_discount",
        ),
        language=text("communication_language"),
        notes=text("notes"),
        group_refs=made(
            list[Pointer],
            "groups",
            read=quirks.references("groups", "PartyGroup", GROUP_SUMMARY),
            transform="refs",
            expand="groups",
        ),
        custom_fields=CUSTOM_FIELDS,
        created_at=local("created"),
    ),
    omitted={
        "name_addition": "A second line of the name; the model has one name.",
        "gender": "The model does not carry the gender of a party.",
        "gender_salutation_active": LOOKS,
        "salutation": LOOKS,
        "fax": "The model does not carry fax numbers.",
        "communication_channel": "Which way the contact likes to be written to is not carried.",
        "communication_newsletter": "Newsletters are not carried.",
        "ebill_account_id": "The number for electronic bills is not carried.",
        "hourly_rate": "The model carries hourly rates of projects and of time, not of parties.",
        "main_address_id": "The main address is carried whole.",
        "main_address.id": "The address is a PartyAddress record with its id; here it is a part of the party.",
        "main_address.default": "It is the main one.",
        "main_address.hide_on_documents": "Carried by the PartyAddress record.",
        "main_address.default_prepage": "Carried by the PartyAddress record.",
        "main_address.permissions": PERMISSIONS["permissions"],
        **PERMISSIONS,
    },
)


def _any(_: Row) -> bool:
    """A contact does not say how many addresses, people or accounts it has."""
    return True


BELOW_CONTACTS = Children(parent="Party", needed=_any)

ADDRESSES = Resource(
    kind="PartyAddress",
    list=listed("/contacts/{parent}/addresses"),
    get=single("/contacts/{parent}/addresses"),
    children=BELOW_CONTACTS,
    fields=fields(
        PartyAddress,
        native_id=text("id"),
        **ADDRESS_WIRES,
        is_default=flag("default"),
        is_postal=flag("default_prepage"),
        hidden_on_documents=flag("hide_on_documents"),
    ),
    omitted=PERMISSIONS,
)

PEOPLE = Resource(
    kind="ContactPerson",
    list=listed("/contacts/{parent}/people"),
    get=single("/contacts/{parent}/people"),
    children=BELOW_CONTACTS,
    fields=fields(
        ContactPerson,
        native_id=text("id"),
        first_name=text("name"),
        last_name=text("surname"),
        email=text("email"),
        phone=text("phone"),
        department=text("department"),
        salutation=text("salutation"),
        gender_raw=text("gender"),
        is_default=flag("default"),
        wants_newsletter=flag("wants_newsletter"),
        custom_fields=CUSTOM_FIELDS,
    ),
    omitted={"show_title": LOOKS, "show_department": LOOKS, **PERMISSIONS},
)

ACCOUNTS = Resource(
    kind="PartyBankAccount",
    list=listed("/contacts/{parent}/accounts"),
    get=single("/contacts/{parent}/accounts"),
    children=BELOW_CONTACTS,
    fields=fields(
        PartyBankAccount,
        native_id=text("id"),
        description=text("description"),
        kind_raw=text("type"),
        number=text("number"),
        bic=text("bic"),
        is_default=flag("default"),
    ),
    omitted=PERMISSIONS,
)

GROUPS = Resource(
    kind="PartyGroup",
    list=listed("/contacts/configuration/groups"),
    get=single("/contacts/configuration/groups"),
    fields=fields(PartyGroup, native_id=text("id"), name=text("name"), size=whole("usage")),
    omitted=PERMISSIONS,
)

REMINDERS = Resource(
    kind="Reminder",
    list=listed("/contacts/reminders"),
    get=single("/contacts/reminders"),
    fields=fields(
        Reminder,
        native_id=text("id"),
        title=text("title"),
        description=text("description"),
        due_at=local("date_time"),
        interval=whole("interval_value"),
        interval_unit_raw=text("interval_type"),
        party_name=expanded("contact_name"),
        party_ref=NAMED_PARTY,
    ),
    omitted=PERMISSIONS,
)

LETTERS = Resource(
    kind="Letter",
    list=listed("/contacts/letters"),
    get=single("/contacts/letters"),
    streams=files("/contacts/letters"),
    fields=fields(
        Letter,
        native_id=text("id"),
        title=text("title"),
        content=text("content"),
        date=day("date"),
        status=one_of(
            "status",
            {"DR": LetterStatus.DRAFT, "S": LetterStatus.SENT, "D": LetterStatus.VOID},
            other=LetterStatus.OTHER,
        ),
        status_raw=text("status"),
        language=text("language"),
        private_note=text("notes"),
        party_name=expanded("contact_name"),
        party_ref=WHOLE_PARTY,
        custom_fields=CUSTOM_FIELDS,
        created_at=local("created"),
        deleted=made(bool, "status", read=quirks.is_deleted, transform="status_is_deleted"),
    ),
    omitted={**ON_PAPER, **PERMISSIONS},
)
