"""How smallinvoice's lists and records are asked for, and the fields that all of them have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ledgermesh.model.party import Party
from ledgermesh.model.record import CustomField
from ledgermesh.spec.leaves import local_instant, text
from ledgermesh.spec.paging import Offset
from ledgermesh.spec.resource import Expand, Get, List, Sort
from ledgermesh.spec.stream import Stream
from ledgermesh.spec.wires import Wire, each, fields, ref

PAGES = Offset(size_max=200, total="pagination.total")
WITH = Expand(param="with")
ZONE = "Europe/Zurich"
"""Assumed: times are written without a zone; the makers are Swiss."""

BY_ID = (("sort", "id"),)
"""Assumed: every list can be sorted by id, which keeps pages from overlapping."""

PERMISSIONS = {
    "permissions": "What the token's user may do with the record says nothing about the record.",
}

LOOKS = "How documents and letters are printed is not carried."

_SENT_TO = "Where it was sent is not carried; the contact's addresses and people are records of their own."

ON_PAPER = {
    "contact_address_id": _SENT_TO,
    "contact_address": _SENT_TO,
    "contact_prepage_address_id": _SENT_TO,
    "contact_prepage_address": _SENT_TO,
    "contact_person_id": _SENT_TO,
    "contact_person": _SENT_TO,
    "signature_id": LOOKS,
    "layout_id": LOOKS,
    "page_amount": LOOKS,
    "free_texts": LOOKS,
}
"""What only makes up the paper, of documents and letters alike; the paper itself is a download."""


def listed(path: str, *, sorts: Sequence[Sort] = ()) -> List:
    """A list in pages."""
    return List(path=path, items="items", page=PAGES, query=BY_ID, sorts=tuple(sorts), expand=WITH)


def single(path: str) -> Get:
    """One record of a list."""
    return Get(path=f"{path}/{{id}}", item="item", expand=WITH)


def sort_by(field: str, key: str) -> Sort:
    """An order by one key; equal rows come by id, which is assumed to be a key everywhere."""
    return Sort(
        field=field, ascending=(("sort", f"{key},id"),), descending=(("sort", f"-{key},id"),), ties_by_id=True
    )


def files(path: str) -> tuple[Stream, ...]:
    """The printed document, and a picture of its first page."""
    return (
        Stream(name="pdf", path=f"{path}/{{id}}/pdf", content_type="application/pdf"),
        Stream(name="preview", path=f"{path}/{{id}}/preview", content_type="image/png"),
    )


def local(path: str) -> Wire:
    """A time on Swiss clocks."""
    return local_instant(path, zone=ZONE)


def expanded(path: str) -> Wire:
    """Text that the answer holds only when asked for."""
    return replace(text(path), expand=path)


CUSTOM_FIELDS = each(
    "custom_fields",
    fields(CustomField, key=text("key"), name=text("name"), value=text("value")),
    expand="custom_fields",
)

NAMED_PARTY = ref(
    "Party",
    "contact_id",
    expand="contact_name",
    summary=fields(Party, native_id=text("contact_id"), display_name=text("contact_name")),
)
"""The contact of records that hold its name only."""

WHOLE_PARTY = ref(
    "Party",
    "contact_id",
    embed="contact",
    expand="contact",
    summary=fields(Party, native_id=text("contact_id")),
)
"""The contact of records that can hold it whole."""
