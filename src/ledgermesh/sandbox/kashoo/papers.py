"""Invoices and bills as Kashoo's JSON: everything computed from lines, taxes and payments."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from ledgermesh.sandbox.arithmetic import Totals, totals
from ledgermesh.sandbox.books import Paper
from ledgermesh.sandbox.kashoo.base import base_document
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.money import exponent, formatted, minor_units, plain
from ledgermesh.sandbox.kashoo.records import BILL_PAYMENT, INVOICE, INVOICE_PAYMENT, Record
from ledgermesh.sandbox.kashoo.taxes import tax_fraction
from ledgermesh.sandbox.kashoo.view import Document, View


def paper_document(view: View, record: Record, paper: Paper) -> Document:
    """InvoiceInfo or BillInfo."""
    business = view.business
    invoice = record.type == INVOICE
    digits = exponent(paper.currency)
    sums = totals(business.books, paper)
    due = record.amount
    paid = paid_minor(business, paper, digits)
    at_once = _paid_at_once(business, paper, digits)
    balance = 0 if record.removed else due - paid
    return base_document(view, record) | {
        "terms": paper.terms,
        "poNumber": paper.po_number,
        "dueDate": view.day(paper.due),
        "lineItems": list(_lines(business, record, paper, digits)),
        "taxes": [{"taxCode": row.name, "amount": minor_units(row.amount, digits)} for row in sums.taxes],
        "taxAmounts": _tax_amounts(business, sums, digits),
        "payments": _allocations(business, paper, digits),
        "totalDue": due,
        "balanceDue": balance,
        "totalBeforeTaxes": minor_units(sums.net - sums.discount, digits),
        "totalLocalDue": minor_units(sums.total * paper.exchange_rate, exponent(business.books.currency)),
        "totalPaid": paid,
        "totalPaidImmediately": at_once,
        "totalPaidLater": paid - at_once,
        "totalDueFormatted": formatted(due, paper.currency, digits),
        "balanceDueFormatted": formatted(balance, paper.currency, digits),
        "paid": paid >= due,
        "paidInvoice": invoice and paid >= due,
        "exchangePayment": record.detail.exchange_payment,
        "keepInOriginalCurrency": record.detail.keeps_currency,
        "income": invoice,
    }


def paid_minor(business: Business, paper: Paper, digits: int) -> int:
    """What payments that are not removed have settled, in minor units."""
    return minor_units(business.shares.paid(paper), digits)


def _paid_at_once(business: Business, paper: Paper, digits: int) -> int:
    return sum(
        minor_units(amount, digits) for row, amount in business.shares.of(paper) if row.date == paper.date
    )


def _allocations(business: Business, paper: Paper, digits: int) -> list[Document]:
    type = INVOICE_PAYMENT if paper.kind == "invoice" else BILL_PAYMENT
    return [
        {"amount": minor_units(amount, digits), "record": business.records.ids[type, row.number]}
        for row, amount in business.shares.of(paper)
    ]


def _tax_amounts(business: Business, sums: Totals, digits: int) -> list[Document]:
    return [
        {
            "tax": business.taxes.get(row.name),
            "name": row.name,
            "rate": tax_fraction(row.percent),
            "amount": minor_units(row.amount, digits),
        }
        for row in sums.taxes
    ]


def _lines(business: Business, record: Record, paper: Paper, digits: int) -> Iterator[Document]:
    sums = totals(business.books, paper)
    projects = dict(enumerate(record.detail.line_projects))
    for position, (line, net) in enumerate(zip(paper.lines, sums.lines, strict=True)):
        document: Document = {
            "id": business.part(paper.kind, paper.number, str(position)),
            "account": business.account(line.account),
            "description": line.description,
            "quantity": plain(line.quantity),
            "rate": plain(line.unit_price),
            "amount": minor_units(net, digits),
            "taxCode": line.tax or "",
            "discountCode": f"{plain(line.discount_percent)}%" if line.discount_percent else "",
            "project": projects.get(position),
            "position": position,
        }
        yield document | _item(business, line.item)
    if sums.discount:
        yield from _discount_lines(business, paper, sums, digits)


def _item(business: Business, number: str | None) -> Document:
    """The line's item, where the product has items."""
    if not business.product.items:
        return {}
    return {"item": None if number is None else business.items.get(number)}


def _discount_lines(business: Business, paper: Paper, sums: Totals, digits: int) -> Iterator[Document]:
    # Kashoo has no discount on a whole document; its users enter a negative line, one for each tax code.
    nets: dict[str, Decimal] = {}
    for line, net in zip(paper.lines, sums.lines, strict=True):
        nets[line.tax or ""] = nets.get(line.tax or "", Decimal(0)) + net
    left, unit = sums.discount, Decimal(1).scaleb(-digits)
    for index, (code, net) in enumerate(nets.items()):
        last = index == len(nets) - 1
        share = left if last else (net * paper.discount_percent / 100).quantize(unit, ROUND_HALF_UP)
        left -= share
        yield _discount_line(business, paper, index, code, share, digits)


def _discount_line(
    business: Business, paper: Paper, index: int, code: str, share: Decimal, digits: int
) -> Document:
    return {
        "id": business.part(paper.kind, paper.number, "discount", code),
        "account": business.account(paper.lines[0].account),
        "description": f"Discount {plain(paper.discount_percent.normalize())} %",
        "quantity": 1,
        "rate": plain(-share),
        "amount": minor_units(-share, digits),
        "taxCode": code,
        "discountCode": "",
        "project": None,
        "position": len(paper.lines) + index,
    } | _item(business, None)
