"""What Kashoo's records share, whatever their type: their lists, their common fields, what is left out of them."""

from __future__ import annotations

from ledgermesh.model.party import Party
from ledgermesh.model.record import Attachment
from ledgermesh.model.row import Row
from ledgermesh.providers.kashoo import postings, quirks, scope
from ledgermesh.spec.leaves import currency, day_as, flag, instant, text, whole
from ledgermesh.spec.paging import Offset
from ledgermesh.spec.resource import List, Push, Sort, Window, day_text
from ledgermesh.spec.wires import Wire, fields, made, ref


def transfer_date(path: str) -> Wire:
    """A date in either of Kashoo's two styles."""
    return day_as(path, "transfer_date", quirks.transfer_date)


def first_text(*paths: str) -> Wire:
    """The first of several texts that is there: the reference lost the names of some, and computes some of others."""
    wires = [text(path) for path in paths]

    def read(row: Row) -> object:
        return next((found for wire in wires if (found := wire.read(row)) is not None), None)

    return made(str, *paths, read=read, transform="first_text")


PAGES = Offset(size_max=100)
"""Assumed: no document states the largest page; the reader goes on until a page is empty."""

BY_DATE = Sort(
    field="date",
    ascending=(("sortColumn", "date"), ("sortOrder", "asc")),
    descending=(("sortColumn", "date"), ("sortOrder", "desc")),
)

PUSHES = (
    Push(field="date", operator="gte", param="startDate", encode=day_text),
    Push(field="date", operator="gt", param="startDate", encode=day_text),
    Push(field="date", operator="lte", param="endDate", encode=day_text),
    Push(field="date", operator="lt", param="endDate", encode=day_text),
    Push(field="updated_at", operator="gte", param="modifiedSince", encode=postings.since),
    Push(field="updated_at", operator="gt", param="modifiedSince", encode=postings.since),
)
PARTY_PUSH = Push(field="party_ref", operator="eq", param="contactId", encode=scope.contact_id)


def record_list(name: str, *pushes: Push) -> List:
    """One of the record lists of a business; all of them take days, changes and removed records."""
    return List(
        path=f"/businesses/{{business_id}}/records{name}",
        page=PAGES,
        sorts=(BY_DATE,),
        pushes=(*PUSHES, *pushes),
        window=Window(field="date", start="startDate", end="endDate"),
        removed=(("includeRemoved", "true"),),
    )


PARTY_SUMMARY = fields(Party, native_id=text("contact"), display_name=text("contactName"))

ATTACHMENTS = made(
    list[Attachment],
    "recordAttachments",
    read=quirks.present("recordAttachments"),
    transform="not_removed",
    parts=fields(
        Attachment,
        native_id=text("id"),
        name=text("filename"),
        content_type=text("mimeType"),
        size=whole("contentLength"),
        created_at=instant("creationDate"),
    ),
)

WIRES: dict[str, Wire] = {
    "native_id": text("id"),
    "number": text("number"),
    "date": transfer_date("date"),
    "currency": currency("currency"),
    "attachments": ATTACHMENTS,
    "created_at": instant("creation"),
    "updated_at": instant("lastModified"),
    "deleted": flag("removed"),
}
"""Fields of every kind of record."""

PARTY_WIRES: dict[str, Wire] = {
    "party_ref": ref("Party", "contact", summary=PARTY_SUMMARY),
    "account_ref": ref("Account", "account"),
}

COMMON = {
    "business": "Whose record it is; those of other businesses are left out.",
    "type": "The kind of the record tells it.",
    "project": "Projects cannot be read, so that a record's project leads nowhere.",
    "projectName": "Projects cannot be read, so that a record's project leads nowhere.",
    "collaborationContext": "Kashoo's own mark of who works on a record together.",
    "inboxReference": "Leads into the inbox, which is another service.",
    "readOnly": "Whether Kashoo lets the record be changed, which only writing asks.",
    "foreignCurrency": "Follows from the two currencies.",
    "allowZeroAmounts": "A rule for the form that the record is typed into.",
    "links": "Addresses in the provider's API.",
    "recordAttachments.uuid": "A second id of the file.",
    "recordAttachments.removed": "Files that were removed are left out.",
    "recordAttachments.creationTransferDate": "The day of the moment that is carried.",
}
"""Fields of all records that no kind carries, and why."""

_OTHERS = "Records of another type have it; it is carried there."

_PAPER = ("terms", "poNumber", "dueDate", "taxes", "taxAmounts", "payments", "paid", "paidInvoice",
          "exchangePayment", "keepInOriginalCurrency", "income", "totalDue", "balanceDue", "totalBeforeTaxes",
          "totalLocalDue", "totalPaid", "totalPaidImmediately", "totalPaidLater", "totalDueFormatted",
          "balanceDueFormatted")  # fmt: skip
_PAPER_LINE = ("item", "quantity", "rate", "amount", "taxCode", "discountCode", "project", "position")
_PAYMENT = ("allocations", "unallocatedAmount", "creditAccount", "method", "byCheck", "checks")
_TRANSFER = ("fromAccount", "toAccount")

NOT_OF_PAPERS = dict.fromkeys(
    ("amount", "lineItems.debit", "lineItems.credit", *_PAYMENT, *_TRANSFER), _OTHERS
)
NOT_OF_PAYMENTS = dict.fromkeys((*_PAPER, "lineItems", *_TRANSFER), _OTHERS)
NOT_OF_TRANSFERS = dict.fromkeys((*_PAPER, "lineItems", *_PAYMENT), _OTHERS)
NOT_OF_ADJUSTMENTS = dict.fromkeys(
    (*_PAPER, *(f"lineItems.{name}" for name in _PAPER_LINE if name != "position"), *_PAYMENT, *_TRANSFER),
    _OTHERS,
)
NOT_OF_RECORDS = dict.fromkeys(
    (*(name for name in _PAPER if name != "totalDue"), "lineItems", *_PAYMENT, *_TRANSFER), _OTHERS
)
"""One record by its id may be of any type: what stands only in the other types' documents."""
