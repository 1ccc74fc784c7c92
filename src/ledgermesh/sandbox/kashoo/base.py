"""What every record of Kashoo has in common (RecordInfo), and payments and adjustments in full."""

from __future__ import annotations

import uuid

from ledgermesh.sandbox.books import Journal, Settlement
from ledgermesh.sandbox.kashoo.money import exponent, minor_units, plain
from ledgermesh.sandbox.kashoo.records import (
    BILL,
    BILL_PAYMENT,
    INVOICE,
    INVOICE_PAYMENT,
    Record,
)
from ledgermesh.sandbox.kashoo.view import Document, View

_METHODS = {"bank_transfer": "EFT", "cash": "CASH", "card": "CREDIT_CARD", "check": "CHECK"}
_ATTACHED_EVERY = 9
"""About one invoice or bill in so many has a scanned page attached."""


def base_document(view: View, record: Record) -> Document:
    """RecordInfo, without what only some types have."""
    business = view.business
    source = record.source
    home = business.books.currency
    rate = getattr(source, "exchange_rate", None)
    party = business.contact_by_id[record.contact].name if record.contact is not None else None
    return {
        "id": record.id,
        "business": business.id,
        "type": record.type,
        "contact": record.contact,
        "contactName": party,
        "account": None,
        "project": None,
        "projectName": None,
        "collaborationContext": None,
        "inboxReference": None,
        "date": view.day(record.date),
        "number": source.number,
        "description": "",
        "memo": source.memo,
        "currency": record.currency,
        "homeCurrency": home,
        "exchangeRate": 1 if rate is None else plain(rate),
        "creation": view.instant(source.created_at),
        "lastModified": view.instant(source.updated_at),
        "removed": record.removed,
        "readOnly": False,
        "foreignCurrency": record.currency != home,
        "allowZeroAmounts": False,
        "recordAttachments": _attachments(view, record),
        "links": view.links(f"/records/{record.id}"),
    }


def payment_document(view: View, record: Record, payment: Settlement) -> Document:
    """InvoicePaymentInfo or BillPaymentInfo."""
    business = view.business
    digits = exponent(payment.currency)
    incoming = record.type == INVOICE_PAYMENT
    paper = INVOICE if incoming else BILL
    document = base_document(view, record) | {
        "account": business.account(payment.account),
        "creditAccount": business.receivable if incoming else business.payable,
        "amount": record.amount,
        "unallocatedAmount": minor_units(payment.unallocated, digits),
        "allocations": [
            {"amount": minor_units(amount, digits), "record": business.records.ids.get((paper, number))}
            for number, amount in payment.allocations
        ],
        "method": _METHODS.get(payment.method, payment.method),
        "byCheck": payment.method == "check",
    }
    if record.type == BILL_PAYMENT:
        document["checks"] = [{"number": payment.number}] if payment.method == "check" else []
    return document


def adjustment_document(view: View, record: Record, journal: Journal) -> Document:
    """A manual journal entry; each line is on one side."""
    business = view.business
    digits = exponent(record.currency)
    lines = [
        {
            "id": business.part("adjustment", journal.number, str(position)),
            "account": business.account(side.account),
            "description": side.memo,
            "debit": minor_units(side.debit, digits),
            "credit": minor_units(side.credit, digits),
            "position": position,
        }
        for position, side in enumerate(journal.postings)
    ]
    return base_document(view, record) | {"amount": record.amount, "lineItems": lines}


def _attachments(view: View, record: Record) -> list[Document]:
    if record.type not in (INVOICE, BILL) or record.id % _ATTACHED_EVERY:
        return []
    id = view.business.part("attachment", record.type, record.source.number)
    created = record.source.created_at
    return [
        {
            "id": id,
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, str(id))),
            "filename": f"{record.source.number}.pdf",
            "mimeType": "application/pdf",
            "contentLength": 20_000 + id % 180_000,
            "creationDate": view.instant(created),
            "removed": False,
            "creationTransferDate": view.day(created.date()),
        }
    ]
