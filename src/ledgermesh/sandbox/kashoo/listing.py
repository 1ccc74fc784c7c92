"""From a query to the records it names: an index for order and dates, then one filter over what is left."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ledgermesh.sandbox.books import Paper, Settlement
from ledgermesh.sandbox.kashoo.base import (
    adjustment_document,
    base_document,
    payment_document,
    transfer_document,
)
from ledgermesh.sandbox.kashoo.extras import Transfer
from ledgermesh.sandbox.kashoo.money import exponent
from ledgermesh.sandbox.kashoo.papers import paid_minor, paper_document
from ledgermesh.sandbox.kashoo.query import Page, Query
from ledgermesh.sandbox.kashoo.records import TYPES, Record, type_word
from ledgermesh.sandbox.kashoo.view import Document, View


def list_records(view: View, query: Query, page: Page, types: tuple[str, ...]) -> list[object]:
    """One page of the records of these types."""
    wanted = tuple(type for type in types if _type_wanted(query, type))
    ordering = view.business.records.ordering(
        wanted, query.column, descending=query.descending, removed=query.include_removed
    )
    found = matching(view, query, ordering.between(query.start, query.end))
    # The reference calls the list of invoices the same as this list with type=INVOICE, so a named type comes in full.
    general = types == TYPES and not query.types
    if general:
        return general_page(view, found, page)
    return [record_document(view, row) for row in islice(found, page.offset, page.stop)]


def general_page(view: View, rows: Iterator[Record], page: Page) -> list[object]:
    """One page of these records with the fields that all types share."""
    return [record_document(view, row, general=True) for row in islice(rows, page.offset, page.stop)]


def record_document(view: View, record: Record, *, general: bool = False) -> object:
    """The record in full, or only the fields all types share as the general list shows them."""
    if view.spoiled(record.id):
        kind = "shared record" if general else record.type
        return view.shown(record.id, _document(view, record, general=general), kind)
    key = (record.id, general)
    return view.business.rendered.find(view.form, key, lambda: _document(view, record, general=general))


def _document(view: View, record: Record, *, general: bool) -> Document:
    source = record.source
    if general:
        return base_document(view, record) | {"amount": record.amount}
    if isinstance(source, Paper):
        return paper_document(view, record, source)
    if isinstance(source, Settlement):
        return payment_document(view, record, source)
    if isinstance(source, Transfer):
        return transfer_document(view, record, source)
    return adjustment_document(view, record, source)


def matching(view: View, query: Query, rows: Iterator[Record]) -> Iterator[Record]:
    """Those of the records that the rest of the query lets through."""
    if query.contact is not None:
        rows = (row for row in rows if row.contact == query.contact)
    if query.amount_ge is not None or query.amount_le is not None:
        rows = (row for row in rows if query.fits(row.amount))
    if query.modified_since_ms is not None:
        since = query.modified_since_ms
        rows = (row for row in rows if row.modified_ms >= since)
    if query.status is not None:
        rows = (row for row in rows if _has_status(view, row, query.status))
    if query.search:
        rows = (row for row in rows if query.search in text(view, row))
    return rows


def _type_wanted(query: Query, type: str) -> bool:
    word = type_word(type)
    return (not query.types or word in query.types) and word not in query.exclude


def _has_status(view: View, row: Record, status: str) -> bool:
    paper = row.source
    if not isinstance(paper, Paper):
        return False
    paid = paid_minor(view.business, paper, exponent(paper.currency)) >= row.amount
    if status == "overdue":
        return not paid and paper.due < view.today
    return paid == (status == "paid")


def text(view: View, row: Record) -> str:
    """What a search looks through."""
    source = row.source
    party = "" if row.contact is None else view.business.contact_by_id[row.contact].name
    number = source.po_number if isinstance(source, Paper) else ""
    return f"{row.number}\n{party}\n{source.memo}\n{row.detail.description}\n{number}".casefold()
