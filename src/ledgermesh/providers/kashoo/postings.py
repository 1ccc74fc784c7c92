"""What is odd about Kashoo's bookings, as pure functions with their reasons."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from ledgermesh.model.enums import Side
from ledgermesh.model.ledger import LedgerKind
from ledgermesh.model.money import Money
from ledgermesh.model.row import Malformed, Row
from ledgermesh.providers.kashoo.quirks import minor
from ledgermesh.spec.leaves import EPOCH, folded
from ledgermesh.spec.pointer import Pointer

BALANCE_IS_DEBITS_LESS_CREDITS = True
"""Assumed: the running balance of a journal entry counts debits up, whatever the account's own side is."""

KINDS = {
    "INVOICE": LedgerKind.INVOICE,
    "BILL": LedgerKind.BILL,
    "INVOICE_PAYMENT": LedgerKind.PAYMENT,
    "BILL_PAYMENT": LedgerKind.BILL_PAYMENT,
    "TRANSFER": LedgerKind.TRANSFER,
    "ADJUSTMENT": LedgerKind.JOURNAL,
}
"""Assumed: INVOICE_PAYMENT, TRANSFER and ADJUSTMENT, from the names of their lists; the others are documented."""

DOCUMENTS = {
    folded(word): kind
    for word, kind in (
        ("INVOICE", "Invoice"),
        ("BILL", "Bill"),
        ("INVOICE_PAYMENT", "Payment"),
        ("BILL_PAYMENT", "BillPayment"),
        ("TRANSFER", "Transfer"),
        ("ADJUSTMENT", "JournalEntry"),
    )
}
"""The kind that a record is read as, by its type."""


def documented_type(value: object) -> str | None:
    """The record type of a kind as a parameter, for the types that are documented: an assumed word could find none."""
    known = (LedgerKind.INVOICE, LedgerKind.BILL, LedgerKind.BILL_PAYMENT)
    return value if value in {kind.value for kind in known} and isinstance(value, str) else None


def since(value: object) -> str | None:
    """An instant as `modifiedSince`: milliseconds since 1970, less one.

    Whether Kashoo counts in the moment itself is not documented; this way it does not matter.
    """
    if not isinstance(value, str):
        return None
    passed = dt.datetime.fromisoformat(value) - EPOCH
    return str(passed // dt.timedelta(milliseconds=1) - 1)


def document_of(row: Row, type_field: str, id_field: str) -> object:
    """The record that was booked, as its own kind; null for a type that nobody knows."""
    word, id = row.doc.get(type_field), row.doc.get(id_field)
    kind = DOCUMENTS.get(folded(word)) if isinstance(word, str) else None
    if kind is None or not isinstance(id, int | str) or isinstance(id, bool) or not id:
        return None
    return Pointer(kind, str(id))


def of_record(row: Row) -> object:
    """The document that a row of the records list is."""
    return document_of(row, "type", "id")


def of_entry(row: Row) -> object:
    """The document that a journal entry was made by."""
    return document_of(row, "recordType", "record")


def record_amount(row: Row) -> object:
    """What a record comes to: its `amount`, or what is due of invoices and bills, which have none in full."""
    for name in ("amount", "totalDue"):
        found = row.doc.get(name)
        if found is not None:
            return _whole(found, name, row, absolute=True)
    return None


def posting_side(row: Row) -> object:
    """The side of a line, told by which amount is filled."""
    return Side.DEBIT if row.doc.get("debit") else Side.CREDIT if row.doc.get("credit") else None


def line_amount(row: Row) -> object:
    """The filled one of debit and credit of an adjustment's line, in minor units of the adjustment's currency."""
    return _filled(row, row.parent)


def entry_amount(row: Row) -> object:
    """The filled one of debit and credit of a journal entry, in minor units of its own currency."""
    return _filled(row, row)


def entry_balance(row: Row) -> object:
    """The running balance, turned to the side of its account, which is the row above."""
    found = row.doc.get("balance")
    if found is None:
        return None
    account = row.parent.doc if row.parent is not None else {}
    turned = BALANCE_IS_DEBITS_LESS_CREDITS and account.get("normalBalanceCredit") is True
    balance = _whole(found, "balance", row)
    return Money(amount=-balance.amount, currency=balance.currency) if turned and balance.amount else balance


def posting(row: Row) -> object:
    """A journal entry is one side of a booking: a single line, whose fields stand in the entry itself."""
    return [row.doc]


def _filled(row: Row, holder: Row | None) -> Money | None:
    name = "debit" if row.doc.get("debit") else "credit"
    found = row.doc.get(name)
    return _whole(found, name, holder) if found is not None else None


def _whole(found: object, path: str, holder: Row | None, *, absolute: bool = False) -> Money:
    """Whole minor units in the currency of the holder's document; raises Malformed for what is none."""
    if isinstance(found, Decimal) and found == found.to_integral_value():
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        raise Malformed(path, "expected a whole number of minor units")
    return minor(abs(found) if absolute else found, holder)
