"""Customers, vendors and their groups: https://api.kashoo.com/index.html"""

from __future__ import annotations

from ledgermesh.model.enums import PartyRole, RecordStatus
from ledgermesh.model.party import Address, Party, PartyGroup
from ledgermesh.providers.kashoo import quirks, scope
from ledgermesh.providers.kashoo.records import PAGES, first_text
from ledgermesh.spec.leaves import currency, flag, instant, text, texts
from ledgermesh.spec.paging import Whole
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.resource import Get, List, Resource
from ledgermesh.spec.wires import fields, made, one, ref

ADDRESS = one(
    "contactInformation",
    fields(
        Address,
        lines=made(list[str], "address1", "address2", read=quirks.address_lines, transform="address_lines"),
        city=text("city"),
        region=text("provinceOrState"),
        postal_code=text("postalCode"),
        country=text("country"),
    ),
)
"""Assumed: of the contact information only `name` is confirmed; the other names follow the regions of taxes."""

PARTIES = Resource(
    kind="Party",
    list=List(path="/businesses/{business_id}/contacts", page=PAGES),
    get=Get(path="/contacts/{id}"),
    keep=scope.is_here,
    fields=fields(
        Party,
        native_id=text("id"),
        roles=made(
            list[PartyRole],
            "receivableAccount",
            "payableAccount",
            read=quirks.party_roles,
            transform="party_roles",
        ),
        display_name=first_text("name", "contactInformation.name"),
        company_name=made(
            str,
            "contactInformation.name",
            "organization",
            read=quirks.company_name,
            transform="name_of_organization",
        ),
        first_name=text("contactInformation.firstName"),
        last_name=text("contactInformation.lastName"),
        is_individual=made(bool, "organization", read=quirks.is_individual, transform="no_organization"),
        email=first_text("email", "contactInformation.email"),
        phone=first_text("phoneNumbers", "contactInformation.phone"),
        phones=made(
            list[str], "phoneNumbers", "contactInformation.phone", read=quirks.phones, transform="phones"
        ),
        website=text("contactInformation.webSite"),
        address=ADDRESS,
        status=made(RecordStatus, "archived", read=quirks.record_status, transform="status_of"),
        currency=currency("currency"),
        payment_terms=text("paymentTerms"),
        tax_code=text("defaultTaxCode"),
        notes=made(str, "comments", read=quirks.notes, transform="lines"),
        group_refs=made(
            list[Pointer], "groups", read=quirks.pointers("PartyGroup", "groups"), transform="refs"
        ),
        parent_ref=ref("Party", "parent"),
        receivable_account_ref=ref("Account", "receivableAccount"),
        payable_account_ref=ref("Account", "payableAccount"),
        updated_at=instant("lastModified"),
        deleted=flag("removed"),
        archived=flag("archived"),
    ),
    omitted={
        "business": "Whose contact it is; those of other businesses are left out.",
        "linkedBusiness": "Another business of Kashoo's that the contact is; it cannot be read from here.",
        "incomeOrExpenseAccount": "What the form of a new paper begins with; the papers tell their accounts.",
        "paymentAccount": "What the form of a new payment begins with; the payments tell their accounts.",
        "prefix": "What it stands before is not documented.",
        "collaborationContext": "Kashoo's own mark of who works on a contact together.",
        "address": "The address as one text; its parts are carried.",
        "contactInformation.fax": "The model has no fax numbers.",
    },
)

PARTY_GROUPS = Resource(
    kind="PartyGroup",
    list=List(path="/businesses/{business_id}/contactGroups", page=Whole()),
    keep=scope.is_here,
    fields=fields(
        PartyGroup,
        native_id=text("id"),
        name=text("name"),
        kind_raw=text("type"),
        size=made(int, "contacts", read=quirks.size_of("contacts"), transform="size"),
        member_native_ids=texts("contacts"),
        deleted=flag("removed"),
    ),
    omitted={"business": "Whose group it is; those of other businesses are left out."},
)
