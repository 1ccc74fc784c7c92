"""Invoices, bills, expenses, credit notes and payments."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ledgermesh.sandbox.arithmetic import balance, rounded, tax_percent, totals
from ledgermesh.sandbox.books import Books, Line, Paper, Settlement
from ledgermesh.sandbox.bossinsights.origins import party_origin
from ledgermesh.sandbox.bossinsights.view import Document, View, day, plain
from ledgermesh.sandbox.more_books import CreditNote, Expense


def shown(rows: Iterable[Paper]) -> list[Paper]:
    """Removed ones are gone."""
    return [row for row in rows if not row.removed]


def settlements(books: Books) -> list[Settlement]:
    """Receipts, then disbursements; removed ones are gone."""
    return books.index(
        "bossinsights payments",
        lambda: [row for row in (*books.receipts, *books.disbursements) if not row.removed],
    )


def status(books: Books, paper: Paper) -> str:
    """In one word."""
    if paper.state != "sent":
        return paper.state
    if balance(books, paper) <= 0:
        return "paid"
    return "partial" if books.paid(paper) else "open"


def invoice(view: View, paper: Paper) -> Document:
    """An invoice."""
    books, sums = view.books, totals(view.books, paper)
    party = books.party(paper.party)
    return {
        "invoiceNumber": paper.number,
        "customerName": "" if party is None else party.name,
        "customerId": party_id(books, "customers", paper.party),
        "billingEmail": None if party is None else party.email,
        "balance": view.cents(balance(books, paper)),
        "paymentDueDate": day(paper.due),
        "invoiceDate": day(paper.date),
        "total": view.cents(sums.total),
        "subTotal": view.cents(sums.net - sums.discount),
        "tax": view.cents(sums.tax),
        "amountPaid": view.cents(books.paid(paper)),
        "status": status(books, paper),
        "memo": paper.memo,
        "lines": lines(view, paper),
    }


def bill(view: View, paper: Paper) -> Document:
    """A bill."""
    return _bill(view, paper) | {
        "balance": view.cents(balance(view.books, paper)),
        "status": status(view.books, paper),
    }


def expense(view: View, row: Expense) -> Document:
    """A purchase that was paid at once."""
    return _bill(view, row.paper) | {
        "balance": view.cents(Decimal(0)),
        "status": "paid",
        "accountId": view.id("accounts", row.account),
        "method": row.method,
    }


def _bill(view: View, paper: Paper) -> Document:
    sums, party = totals(view.books, paper), view.books.party(paper.party)
    return {
        "billNumber": paper.number,
        "vendorId": party_id(view.books, "vendors", paper.party),
        "vendorName": "" if party is None else party.name,
        "billDate": day(paper.date),
        "paymentDueDate": day(paper.due),
        "total": view.cents(sums.total),
        "tax": view.cents(sums.tax),
        "memo": paper.memo,
        "lines": lines(view, paper),
    }


def credit_note(view: View, row: CreditNote) -> Document:
    """What a customer gets back."""
    paper, sums = row.paper, totals(view.books, row.paper)
    party = view.books.party(paper.party)
    done = row.refunded_from is not None
    return {
        "creditNoteNumber": paper.number,
        "customerId": party_id(view.books, "customers", paper.party),
        "customerName": "" if party is None else party.name,
        "date": day(paper.date),
        "total": view.cents(sums.total),
        "tax": view.cents(sums.tax),
        "balance": view.cents(Decimal(0) if done else sums.total),
        "status": "paid" if done else "open",
        "memo": paper.memo,
        "lines": lines(view, paper),
    }


def payment(view: View, row: Settlement) -> Document:
    """Money from a customer or to a vendor."""
    numbers, received = [number for number, _ in row.allocations], row.kind == "receipt"
    return {
        "paymentDate": day(row.date),
        "amount": view.cents(row.amount),
        "customerId": party_id(view.books, "customers", row.party) if received else None,
        "vendorId": None if received else party_id(view.books, "vendors", row.party),
        "invoiceIds": [view.id("invoices", number) for number in numbers] if received else [],
        "billIds": [] if received else [view.id("bills", number) for number in numbers],
        "unapplied": view.cents(row.unallocated),
        "method": row.method,
        "reference": row.memo,
        "accountId": view.id("accounts", row.account),
    }


def party_id(books: Books, table: str, number: str) -> str | None:
    """The source app's id of a customer or vendor."""
    party = books.party(number)
    return None if party is None else party_origin(books, table, party).id


def lines(view: View, paper: Paper) -> list[Document]:
    """The lines of a paper; a line's own tax is rounded, the paper's is rounded over all of them."""
    nets = totals(view.books, paper).lines
    return [_line(view, paper, line, net) for line, net in zip(paper.lines, nets, strict=True)]


def _line(view: View, paper: Paper, line: Line, net: Decimal) -> Document:
    percent = tax_percent(view.books, line.tax, paper.date)
    return {
        "description": line.description,
        "quantity": plain(line.quantity),
        "unitPrice": view.fine_cents(line.unit_price),
        "amount": view.cents(net),
        "tax": view.cents(rounded(net * percent / 100, paper.currency)),
        "accountId": view.id("accounts", line.account),
        "productId": view.maybe_id("products", line.item),
    }
