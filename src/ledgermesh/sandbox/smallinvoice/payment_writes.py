"""Writing payments and the status of invoices, which follow from each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from ledgermesh.sandbox.books import Paper, Settlement
from ledgermesh.sandbox.smallinvoice.answers import timestamp
from ledgermesh.sandbox.smallinvoice.assigning import exact
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.errors import Wrong, invalid
from ledgermesh.sandbox.smallinvoice.fields import (
    VALUE,
    Form,
    Values,
    amount,
    day,
    one_of,
    optional,
    required,
    text,
)
from ledgermesh.sandbox.smallinvoice.invoices import CHOSEN_STATUS, InvoiceRow
from ledgermesh.sandbox.smallinvoice.payments import METHODS, PaymentRow
from ledgermesh.sandbox.smallinvoice.store import next_number

_STATES = {"DR": "draft", "C": "void"}
_FOR_A_CHANGE = ("type", "channel", "amount", "date")


class NewPayments:
    """Payments of an invoice: they settle it, whatever their type."""

    limited = ""
    form = Form(
        (
            required("type", one_of("N", "C", "D", "W")),
            optional("channel", one_of("T", "C", "PP", "PF", "CC", "PR", "SC")),
            required("amount", amount),
            required("date", day),
            optional("notes", text),
        )
    )

    def create(self, company: Company, values: Values, parent: InvoiceRow) -> int:
        if not values["amount"]:
            raise invalid([Wrong("amount", VALUE, "must not be zero")])
        store, receipts = company.store, company.books.receipts
        number = next_number({each.number for each in receipts}, 1)
        settlement = _settlement(company, parent, number, values)
        receipts.append(settlement)
        id = store.ids.of("payment", f"{parent.id} {number} {values['type']}")
        shown = {"channel": values["channel"]}
        store.payments[parent.id] = [
            *parent.payments,
            PaymentRow(id, values["type"], settlement.amount, settlement, shown),
        ]
        if parent.paper.state == "draft":
            parent.paper.state = "sent"
        _forget_status(company, parent)
        return id

    def change(self, company: Company, row: PaymentRow, values: Values) -> None:
        """The notes."""
        if "notes" not in values:
            return
        invoice, receipt = _invoice_of(company, row), row.settlement
        for each in invoice.payments:  # one receipt may be told as several payments
            if each.settlement is receipt:
                each.entered = {"notes": receipt.memo or None, **each.entered}
        row.entered = {**row.entered, "notes": values["notes"]}
        if len(receipt.allocations) == 1:
            receipt.memo = values["notes"] or ""
        company.store.payments[invoice.id] = list(invoice.payments)

    def remove(self, company: Company, rows: Sequence[PaymentRow]) -> None:
        for row in rows:
            invoice = _invoice_of(company, row)
            kept = company.store.payments.get(invoice.id, invoice.payments)
            company.store.payments[invoice.id] = [each for each in kept if each.id != row.id]
            _take_back(company, invoice.paper, row)
            _forget_status(company, invoice)


class Payments(NewPayments):
    """The same, for PUT: nothing but the notes may change."""

    form = Form((optional("notes", text),), fixed=frozenset(_FOR_A_CHANGE))


def _settlement(company: Company, invoice: InvoiceRow, number: str, values: Values) -> Settlement:
    now, paper = company.store.now(), invoice.paper
    paid = exact(values["amount"]) or Decimal(0)
    account = invoice.bank_account.account.number if invoice.bank_account else ""
    return Settlement(
        kind="receipt",
        number=number,
        date=dt.date.fromisoformat(values["date"]),
        party=paper.party,
        account=account,
        currency=paper.currency,
        amount=paid,
        method=METHODS.get(values["channel"] or "T", "bank_transfer"),
        allocations=[(paper.number, paid)],
        created_at=now,
        updated_at=now,
        memo=values["notes"] or "",
        exchange_rate=paper.exchange_rate,
    )


def _invoice_of(company: Company, row: PaymentRow) -> InvoiceRow:
    """The invoice whose payment this very row is."""
    numbers = [number for number, _ in row.settlement.allocations]
    ids = (company.store.ids.of("invoice", number) for number in numbers)
    tables = company.invoice_tables()
    return next(
        invoice for id in ids for table in tables if (invoice := table.find(id)) and row in invoice.payments
    )


def _take_back(company: Company, paper: Paper, row: PaymentRow) -> None:
    """The books' receipt loses what the payment was; one that is left with nothing goes."""
    settlement, left = row.settlement, row.amount
    kept: list[tuple[str, Decimal]] = []
    for number, part in settlement.allocations:
        off = _smaller(part, left) if number == paper.number else Decimal(0)
        left -= off
        settlement.amount -= off
        if part - off:
            kept.append((number, part - off))
    settlement.allocations = kept
    if not kept and not settlement.unallocated:
        company.books.receipts.remove(settlement)


def _smaller(part: Decimal, left: Decimal) -> Decimal:
    """What of `left` the part can give; a rounding difference may be in no receipt."""
    return left if abs(left) <= abs(part) else part


def _forget_status(company: Company, invoice: InvoiceRow) -> None:
    """From now on the payments say whether it is paid."""
    company.store.erase("invoice", invoice.id, (CHOSEN_STATUS, "paid_date"))


def set_status(company: Company, row: InvoiceRow, values: Values) -> None:
    """Any status; P without payments is paid on the day of the change. D leaves the invoice visible."""
    status, store = values["status"], company.store
    _forget_status(company, row)
    row.paper.removed = status == "D"
    if not row.paper.removed:
        row.paper.state = _STATES.get(status, "sent")
    if status not in (*_STATES, "D"):
        store.enter("invoice", row.id, {CHOSEN_STATUS: status})
    if status == "P" and row.total_paid < row.total:
        at = values.get("date_time") or timestamp(store.now())
        store.enter("invoice", row.id, {"paid_date": at[:10]})
    row.paper.updated_at = store.now()


def sent(company: Company, row: InvoiceRow, values: Values) -> None:
    """A draft that is sent is one no more."""
    if row.status == "DR":
        set_status(company, row, {"status": "S"})
