"""The ledger month by month, added up once: what moved in each month, and what stood at its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from ledgermesh.sandbox import ledger
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.world.span import next_month

ASSETS = frozenset(("BANK", "ACCOUNTS_RECEIVABLE", "INVENTORY", "OTHER_CURRENT_ASSET", "FIXED_ASSET"))
EXPENSES = frozenset(("EXPENSE", "COST_OF_GOODS_SOLD"))
_ZERO = Decimal(0)


class Month(Struct, frozen=True):
    """One month of a set of books, in the home currency; amounts are debits less credits by account number."""

    first: dt.date
    last: dt.date
    moved: dict[str, Decimal]
    standing: dict[str, Decimal]
    types: dict[str, str]
    """Type of every account, by number."""

    @property
    def key(self) -> str:
        """For example 2025-04."""
        return f"{self.first:%Y-%m}"

    def standing_of(self, *types: str) -> Decimal:
        """What stood on all accounts of these types, debits positive."""
        return sum((amount for number, amount in self.standing.items() if self.types[number] in types), _ZERO)

    def moved_of(self, *types: str) -> Decimal:
        """What moved on them, debits positive."""
        return sum((amount for number, amount in self.moved.items() if self.types[number] in types), _ZERO)

    @property
    def assets(self) -> Decimal:
        """All that is owned."""
        return self.standing_of(*ASSETS)

    @property
    def equity(self) -> Decimal:
        """Paid in, and earned until then."""
        return -self.standing_of("EQUITY", "INCOME", *EXPENSES)

    @property
    def liabilities(self) -> Decimal:
        """All that is owed."""
        return self.assets - self.equity

    @property
    def income(self) -> Decimal:
        """Earned in the month."""
        return -self.moved_of("INCOME")

    @property
    def expenses(self) -> Decimal:
        """Spent in the month."""
        return self.moved_of(*EXPENSES)


def months(books: Books) -> list[Month]:
    """From the month of the first entry to that of the last one; kept until `books.invalidate()`."""
    return books.index("bossinsights months", lambda: list(_months(books)))


def _months(books: Books) -> Iterator[Month]:
    entries = ledger.ledger(books)
    types = {number: account.type for number, account in ledger.chart(books).items()}
    standing: dict[str, Decimal] = {}
    at, first = 0, entries[0].date.replace(day=1) if entries else dt.date.min
    while at < len(entries):
        after, moved = next_month(first), dict[str, Decimal]()
        while at < len(entries) and entries[at].date < after:
            for posting in entries[at].postings:
                moved[posting.account] = moved.get(posting.account, _ZERO) + posting.debit - posting.credit
            at += 1
        for number, amount in moved.items():
            standing[number] = standing.get(number, _ZERO) + amount
        yield Month(first, after - dt.timedelta(days=1), moved, dict(standing), types)
        first = after
