"""What every record of Kashoo has in common (RecordInfo), and payments, transfers and adjustments in full."""

from __future__ import annotations

import uuid

from ledgermesh.sandbox.books import Journal, Paper, Settlement
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.extras import Transfer
from ledgermesh.sandbox.kashoo.money import exponent, minor_units, plain
from ledgermesh.sandbox.kashoo.records import (
    BILL,
    BILL_PAYMENT,
    INVOICE,
    INVOICE_PAYMENT,
    Record,
)
from ledgermesh.sandbox.kashoo.view import Document, View

METHODS = {"bank_transfer": "EFT", "cash": "CASH", "card": "CREDIT_CARD", "check": "CHECK"}
"""The books' words for ways to pay, and Kashoo's."""


def base_document(view: View, record: Record) -> Document:
    """RecordInfo, without what only some types have."""
    business = view.business
    source, detail = record.source, record.detail
    home = business.books.currency
    project = business.extras.project(detail.project)
    rate = getattr(source, "exchange_rate", None)
    party = business.contact_by_id[record.contact].name if record.contact is not None else None
    return {
        "id": record.id,
        "business": business.id,
        "type": record.type,
        "contact": record.contact,
        "contactName": party,
        "account": _account(view.business, record),
        "project": None if project is None else project.id,
        "projectName": None if project is None else project.name,
        "collaborationContext": detail.context,
        "inboxReference": detail.inbox,
        "date": view.day(record.date),
        "number": record.number,
        "description": detail.description,
        "memo": source.memo,
        "currency": record.currency,
        "homeCurrency": home,
        "exchangeRate": 1 if rate is None else plain(rate),
        "creation": view.instant(source.created_at),
        "lastModified": view.instant(source.updated_at),
        "removed": record.removed,
        "readOnly": detail.read_only,
        "foreignCurrency": record.currency != home,
        "allowZeroAmounts": detail.zero_allowed,
        "recordAttachments": _attachments(view, record),
        "links": view.links(f"/records/{record.id}"),
    }


def payment_document(view: View, record: Record, payment: Settlement) -> Document:
    """InvoicePaymentInfo or BillPaymentInfo."""
    business = view.business
    digits = exponent(payment.currency)
    incoming = record.type == INVOICE_PAYMENT
    paper = INVOICE if incoming else BILL
    by_check = payment.method == "check" if record.detail.by_check is None else record.detail.by_check
    document = base_document(view, record) | {
        "creditAccount": business.receivable if incoming else business.payable,
        "amount": record.amount,
        "unallocatedAmount": minor_units(payment.unallocated, digits),
        "allocations": [
            {"amount": minor_units(amount, digits), "record": business.records.ids.get((paper, number))}
            for number, amount in payment.allocations
        ],
        "method": METHODS.get(payment.method, payment.method),
        "byCheck": by_check,
    }
    if record.type == BILL_PAYMENT:
        document["checks"] = [{"number": record.number}] if by_check else []
    return document


def transfer_document(view: View, record: Record, transfer: Transfer) -> Document:
    """Money between two of the business's accounts."""
    business = view.business
    return base_document(view, record) | {
        "amount": record.amount,
        "fromAccount": business.account(transfer.source),
        "toAccount": business.account(transfer.target),
    }


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


def _account(business: Business, record: Record) -> int | None:
    """The control account of a paper, the account that a settlement or a transfer takes money from or to."""
    match record.source:
        case Paper():
            return business.receivable if record.type == INVOICE else business.payable
        case Settlement(account=number) | Transfer(source=number):
            return business.account(number)
    return None


def _attachments(view: View, record: Record) -> list[Document]:
    if not record.detail.attached:
        return []
    id = view.business.part("attachment", record.type, record.source.number)
    created = record.source.created_at
    return [
        {
            "id": id,
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, str(id))),
            "filename": f"{record.number}.pdf",
            "mimeType": "application/pdf",
            "contentLength": 20_000 + id % 180_000,
            "creationDate": view.instant(created),
            "removed": False,
            "creationTransferDate": view.day(created.date()),
        }
    ]
