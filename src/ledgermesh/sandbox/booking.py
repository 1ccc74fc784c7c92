"""The journal entries that book what the ledger does not know: expenses, credit notes, pay, and a shop's months."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

from ledgermesh.sandbox import ledger
from ledgermesh.sandbox.arithmetic import rounded, totals
from ledgermesh.sandbox.books import Books, Journal, Paper, Posting
from ledgermesh.sandbox.more_books import Charge, CreditNote, Expense, Order, PayCheck

PAYROLL_OWED, PAYROLL_TAXES, REIMBURSED, FEES, SHIPPING = "2350", "6110", "6130", "6200", "4030"
"""Accounts that only books with pay or a shop need."""
_ZERO = Decimal(0)
_OWN = ("expense:", "credit_note:", "pay_check:")

Amounts = list[tuple[str, Decimal]]
"""Account number and amount; a debit is positive."""


def own(journal: Journal) -> bool:
    """Whether the entry only books a record that is shown as something else."""
    return journal.number.startswith(_OWN)


def book_expense(books: Books, expense: Expense) -> None:
    """Costs and tax against the account it was paid from."""
    paper = expense.paper
    sums = totals(books, paper)
    amounts = [(line.account, net) for line, net in zip(paper.lines, sums.lines, strict=True)]
    amounts += [(ledger.SALES_TAX, sums.tax), (expense.account, -sums.total)]
    _book(books, f"expense:{paper.number}", paper, amounts)


def book_credit_note(books: Books, note: CreditNote) -> None:
    """Sales and tax taken back; owed to the customer, or paid out."""
    paper = note.paper
    sums = totals(books, paper)
    amounts = [(line.account, net) for line, net in zip(paper.lines, sums.lines, strict=True)]
    amounts += [(ledger.SALES_TAX, sums.tax), (note.refunded_from or ledger.RECEIVABLE, -sums.total)]
    _book(books, f"credit_note:{paper.number}", paper, amounts)


def book_pay(books: Books, check: PayCheck, *, wages: str, bank: str) -> None:
    """Wages and the employer's taxes as cost; net pay from the bank, the rest is owed to the authorities."""
    employer = sum(check.employer.values(), _ZERO)
    kept = check.gross + check.reimbursements - check.net
    amounts = [
        (wages, check.gross),
        (REIMBURSED, check.reimbursements),
        (PAYROLL_TAXES, employer),
        (bank, -check.net),
        (PAYROLL_OWED, -kept - employer),
    ]
    entry = Journal("", check.date, check.description, _postings(amounts), check.created_at, check.updated_at)
    _put(books, f"pay_check:{check.number}", entry)


def remittance(day: dt.date, owed: Decimal, bank: str, at: dt.datetime) -> Journal:
    """What was kept from pay goes to the authorities."""
    return Journal("", day, "Payroll remittance", _postings([(PAYROLL_OWED, owed), (bank, -owed)]), at, at)


def shop_month(
    day: dt.date,
    sold: Mapping[str, Order],
    charges: Iterable[Charge],
    at: dt.datetime,
    *,
    sales: str,
    bank: str,
) -> Journal:
    """One month of the shop: what was sold and refunded, less fees, paid out to the bank; `sold` by number."""
    net = tax = shipping = fees = _ZERO
    for charge in charges:
        order, sign = sold[charge.order], 1 if charge.amount > 0 else -1
        net, tax = net + sign * order.net, tax + sign * order.tax
        shipping, fees = shipping + sign * order.shipping, fees + charge.fee
    amounts = [
        (bank, net + tax + shipping - fees),
        (FEES, fees),
        (sales, -net),
        (SHIPPING, -shipping),
        (ledger.SALES_TAX, -tax),
    ]
    return Journal("", day, f"Shop sales {day:%Y-%m}", _postings(amounts), at, at)


def _book(books: Books, number: str, paper: Paper, amounts: Amounts) -> None:
    home = [(account, rounded(amount * paper.exchange_rate, books.currency)) for account, amount in amounts]
    left = sum((amount for _, amount in home), _ZERO)
    entry = Journal(
        number,
        paper.date,
        paper.memo,
        _postings([*home, (ledger.DIFFERENCES, -left)]),
        paper.created_at,
        paper.updated_at,
    )
    _put(books, number, entry)


def _put(books: Books, number: str, entry: Journal) -> None:
    """In the place of the entry that booked the record before, if there is one."""
    entry.number = number
    known = books.index("journal places", lambda: {row.number: at for at, row in enumerate(books.journals)})
    if number in known:
        books.journals[known[number]] = entry
    else:
        known[number] = len(books.journals)
        books.journals.append(entry)


def _postings(amounts: Amounts) -> list[Posting]:
    sums: dict[str, Decimal] = {}
    for account, amount in amounts:
        sums[account] = sums.get(account, _ZERO) + amount
    return [
        Posting(account, max(amount, _ZERO), max(-amount, _ZERO))
        for account, amount in sums.items()
        if amount
    ]
