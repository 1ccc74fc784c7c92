"""Bank transactions, journal entries, orders and commerce transactions."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from ledgermesh.sandbox import booking, ledger
from ledgermesh.sandbox.books import Account, Books, Journal, Posting
from ledgermesh.sandbox.bossinsights.papers import party_id
from ledgermesh.sandbox.bossinsights.view import Document, View, day, plain
from ledgermesh.sandbox.ledger import Entry
from ledgermesh.sandbox.more_books import Charge, Order
from ledgermesh.sandbox.world import chart


class Movement(Struct, frozen=True):
    """What one entry of the ledger did to one bank account."""

    entry: Entry
    posting: Posting

    @property
    def key(self) -> str:
        """Unique within the books."""
        return f"{self.entry.kind}:{self.entry.number}:{self.posting.account}"

    @property
    def amount(self) -> Decimal:
        """Money in is positive."""
        return self.posting.debit - self.posting.credit


def bank_accounts(books: Books) -> list[Account]:
    """Accounts that a bank keeps; not the headings above them."""
    above = {row.parent for row in books.accounts}
    return [row for row in books.accounts if row.type == "BANK" and row.number not in above]


def movements(books: Books) -> list[Movement]:
    """Everything that moved on bank accounts, so that a bank account's rows add up to its balance."""
    return books.index("bossinsights movements", lambda: _movements(books))


def _movements(books: Books) -> list[Movement]:
    numbers = {row.number for row in books.accounts if row.type == "BANK"}
    return [
        Movement(entry, posting)
        for entry in ledger.ledger(books)
        for posting in entry.postings
        if posting.account in numbers
    ]


def category(books: Books, row: Movement) -> str | None:
    """The name of the account on the other side; of several, the one with the most money."""
    others = [side for side in row.entry.postings if side.account != row.posting.account]
    if not others:
        return None
    most = max(others, key=lambda side: side.debit + side.credit).account
    return None if most == ledger.SUSPENSE else ledger.chart(books)[most].name


def bank_transaction(view: View, row: Movement) -> Document:
    """A line of a bank statement."""
    return {
        "accountId": view.id("bank_accounts", row.posting.account),
        "date": day(row.entry.date),
        "amount": view.cents(row.amount),
        "description": row.entry.memo or f"{row.entry.kind} {row.entry.number}",
        "category": category(view.books, row),
    }


def journals(books: Books) -> list[Journal]:
    """Entries that are not another record's."""
    return books.index(
        "bossinsights journals",
        lambda: [row for row in books.journals if not row.removed and not booking.own(row)],
    )


def journal_entry(view: View, row: Journal) -> Document:
    """A journal entry."""
    return {
        "date": day(row.date),
        "number": row.number,
        "memo": row.memo,
        "lines": [
            {
                "accountId": view.id("accounts", side.account),
                "debit": view.cents(side.debit),
                "credit": view.cents(side.credit),
                "description": side.memo,
            }
            for side in row.postings
        ],
    }


def order(view: View, row: Order) -> Document:
    """An order of the shop."""
    return {
        "orderNumber": row.number,
        "orderDate": day(row.date),
        "customerId": None if row.party is None else party_id(view.books, "customers", row.party),
        "total": view.cents(row.total),
        "tax": view.cents(row.tax),
        "shipping": view.cents(row.shipping),
        "status": row.status,
        "lines": [
            {
                "description": line.description,
                "quantity": plain(line.quantity),
                "unitPrice": view.fine_cents(line.unit_price),
                "amount": view.cents(line.quantity * line.unit_price),
                "tax": view.cents(line.quantity * line.unit_price * 5 / 100),
                "accountId": view.id("accounts", line.account),
                "productId": view.maybe_id("products", line.item),
            }
            for line in row.lines
        ],
    }


def transaction(view: View, row: Charge) -> Document:
    """Money that the shop's payment service moved."""
    return {
        "amount": view.cents(row.amount),
        "date": day(row.date),
        "type": row.type,
        "description": row.description,
        "fee": view.cents(row.fee),
        "net": view.cents(row.amount - row.fee),
        "status": row.status,
        "accountId": view.id("accounts", chart.CHEQUING),
        "orderId": view.id("orders", row.order),
    }
