"""The double-entry view of a set of books: every document as a balanced entry in the home currency.

Drafts, void and removed documents are not booked. A bank line that nobody has categorised goes to suspense.
Books without a chart of their own (an invoicing system's) are booked to `DEFAULT_ACCOUNTS`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal

from msgspec import Struct

from ledgermesh.sandbox.arithmetic import rounded, totals
from ledgermesh.sandbox.books import Account, BankLine, Books, Paper, Posting, Settlement

RECEIVABLE, PAYABLE, SALES_TAX, SALES = "1200", "2000", "2200", "4000"
DISCOUNT_GIVEN, DISCOUNT_TAKEN, DIFFERENCES, SUSPENSE = "4900", "5900", "7900", "9999"
_ZERO = Decimal(0)


def _default(number: str, name: str, type: str) -> Account:
    return Account(number=number, name=name, type=type, currency="")


DEFAULT_ACCOUNTS = (
    _default(RECEIVABLE, "Accounts receivable", "ACCOUNTS_RECEIVABLE"),
    _default(PAYABLE, "Accounts payable", "ACCOUNTS_PAYABLE"),
    _default(SALES_TAX, "Sales tax", "TAX"),
    _default(SALES, "Sales", "INCOME"),
    _default(DISCOUNT_GIVEN, "Discounts given", "INCOME"),
    _default(DISCOUNT_TAKEN, "Discounts taken", "EXPENSE"),
    _default(DIFFERENCES, "Exchange and rounding differences", "EXPENSE"),
    _default(SUSPENSE, "Suspense", "OTHER_CURRENT_LIABILITY"),
)
"""What entries may be booked to even when the books list no such account themselves."""


class Entry(Struct, frozen=True):
    """One balanced journal entry, in the home currency."""

    date: dt.date
    kind: str
    """invoice | bill | receipt | disbursement | journal | bank_line"""
    number: str
    """Number of the document, or the id of the bank line."""
    party: str | None
    memo: str
    postings: tuple[Posting, ...]
    """At most one for an account; none when the document comes to nothing."""


class ProfitAndLoss(Struct, frozen=True):
    """Income and expenses of a range of days, by account number, each positive when it is as expected."""

    income: dict[str, Decimal]
    expenses: dict[str, Decimal]

    @property
    def net(self) -> Decimal:
        """Income less expenses."""
        return sum(self.income.values(), _ZERO) - sum(self.expenses.values(), _ZERO)


class BalanceSheet(Struct, frozen=True):
    """What is owned and owed at the end of a day, by account number, each positive when it is as expected."""

    assets: dict[str, Decimal]
    liabilities: dict[str, Decimal]
    equity: dict[str, Decimal]
    earnings: Decimal
    """All income less all expenses up to that day; part of the equity."""


def chart(books: Books) -> dict[str, Account]:
    """Every account that an entry of these books may name, by number."""
    return books.index("chart", lambda: {row.number: row for row in (*DEFAULT_ACCOUNTS, *books.accounts)})


def ledger(books: Books) -> list[Entry]:
    """All entries by date, in the order of the books within a day; kept until `books.invalidate()`."""
    return books.index("ledger", lambda: sorted(_entries(books), key=lambda entry: entry.date))


def by_account(books: Books) -> dict[str, list[tuple[Entry, Posting]]]:
    """Every posting with its entry, by account number, in the order of the ledger."""
    return books.index("by_account", lambda: _by_account(ledger(books)))


def trial_balance(
    books: Books, since: dt.date | None = None, until: dt.date | None = None
) -> dict[str, Decimal]:
    """Debits less credits of each account that moved, both days inclusive; together they are zero."""
    moved: dict[str, Decimal] = {}
    for entry in ledger(books):
        if (since is None or entry.date >= since) and (until is None or entry.date <= until):
            for posting in entry.postings:
                moved[posting.account] = moved.get(posting.account, _ZERO) + posting.debit - posting.credit
    return moved


def profit_and_loss(
    books: Books, since: dt.date | None = None, until: dt.date | None = None
) -> ProfitAndLoss:
    """What was earned and spent, both days inclusive."""
    moved, accounts = trial_balance(books, since, until), chart(books)
    income = {number: -amount for number, amount in moved.items() if accounts[number].type == "INCOME"}
    expenses = {number: amount for number, amount in moved.items() if accounts[number].type in _EXPENSES}
    return ProfitAndLoss(income, expenses)


def balance_sheet(books: Books, on: dt.date | None = None) -> BalanceSheet:
    """What is there at the end of the day: assets equal liabilities, equity and earnings together."""
    moved, accounts = trial_balance(books, until=on), chart(books)
    types = {number: accounts[number].type for number in moved}
    return BalanceSheet(
        assets={number: amount for number, amount in moved.items() if types[number] in _ASSETS},
        liabilities={number: -amount for number, amount in moved.items() if types[number] in _LIABILITIES},
        equity={number: -amount for number, amount in moved.items() if types[number] == "EQUITY"},
        earnings=profit_and_loss(books, until=on).net,
    )


_EXPENSES = frozenset(("EXPENSE", "COST_OF_GOODS_SOLD"))
_ASSETS = frozenset(("BANK", "ACCOUNTS_RECEIVABLE", "INVENTORY", "OTHER_CURRENT_ASSET", "FIXED_ASSET"))
_LIABILITIES = frozenset(
    ("CREDIT_CARD", "ACCOUNTS_PAYABLE", "TAX", "OTHER_CURRENT_LIABILITY", "LONG_TERM_LIABILITY")
)


def _entries(books: Books) -> Iterator[Entry]:
    for paper in (*books.invoices, *books.bills):
        if paper.state == "sent" and not paper.removed:
            yield _paper_entry(books, paper)
    for settlement in (*books.receipts, *books.disbursements):
        if not settlement.removed:
            yield _settlement_entry(books, settlement)
    for row in books.journals:
        if not row.removed:
            yield Entry(row.date, "journal", row.number, None, row.memo, tuple(row.postings))
    for line in books.bank_lines:
        yield _bank_entry(line)


def _paper_entry(books: Books, paper: Paper) -> Entry:
    """Signed amounts are debits when positive; an invoice is booked as the mirror of a bill."""
    sums = totals(books, paper)
    invoice = paper.kind == "invoice"
    sign = -1 if invoice else 1
    owed, discount = (RECEIVABLE, DISCOUNT_GIVEN) if invoice else (PAYABLE, DISCOUNT_TAKEN)
    amounts = [(owed, -sign * sums.total), (discount, -sign * sums.discount), (SALES_TAX, sign * sums.tax)]
    amounts += [(line.account, sign * net) for line, net in zip(paper.lines, sums.lines, strict=True)]
    home = ((account, rounded(amount * paper.exchange_rate, books.currency)) for account, amount in amounts)
    return Entry(paper.date, paper.kind, paper.number, paper.party, paper.memo, _balanced(home))


def _settlement_entry(books: Books, settlement: Settlement) -> Entry:
    """The papers are cleared at their own rate, the money moves at the day's: the difference is exchange."""
    sign = 1 if settlement.kind == "receipt" else -1
    kind, owed = ("invoice", RECEIVABLE) if settlement.kind == "receipt" else ("bill", PAYABLE)
    rate = settlement.exchange_rate
    amounts = [
        (settlement.account, sign * settlement.amount * rate),
        (owed, -sign * settlement.unallocated * rate),
    ]
    for number, amount in settlement.allocations:
        paper = books.paper(kind, number)
        amounts.append((owed, -sign * amount * (paper.exchange_rate if paper else rate)))
    home = ((account, rounded(amount, books.currency)) for account, amount in amounts)
    return Entry(
        settlement.date,
        settlement.kind,
        settlement.number,
        settlement.party,
        settlement.memo,
        _balanced(home),
    )


def _bank_entry(line: BankLine) -> Entry:
    other = line.category or SUSPENSE
    postings = _balanced(((line.account, line.amount), (other, -line.amount)))
    return Entry(line.date, "bank_line", line.id, None, line.description, postings)


def _balanced(amounts: Iterable[tuple[str, Decimal]]) -> tuple[Posting, ...]:
    """One posting an account; what does not add up after rounding or exchange goes to the differences."""
    sums: dict[str, Decimal] = {}
    for account, amount in amounts:
        sums[account] = sums.get(account, _ZERO) + amount
    left = sum(sums.values(), _ZERO)
    if left:
        sums[DIFFERENCES] = sums.get(DIFFERENCES, _ZERO) - left
    return tuple(
        Posting(account=account, debit=max(amount, _ZERO), credit=max(-amount, _ZERO))
        for account, amount in sums.items()
        if amount
    )


def _by_account(entries: Iterable[Entry]) -> dict[str, list[tuple[Entry, Posting]]]:
    rows: dict[str, list[tuple[Entry, Posting]]] = {}
    for entry in entries:
        for posting in entry.postings:
            rows.setdefault(posting.account, []).append((entry, posting))
    return rows
