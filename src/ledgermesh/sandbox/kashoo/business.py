"""One set of books as a Kashoo business: which id means which account, contact, item, tax or record."""

from __future__ import annotations

import datetime as dt

from ledgermesh.sandbox.books import Account, Books, Item, Party, Tax
from ledgermesh.sandbox.kashoo.ids import Ids, derived
from ledgermesh.sandbox.kashoo.records import Records
from ledgermesh.sandbox.kashoo.rendered import Rendered

_UNKNOWN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""When books without a single contact say that they were opened."""


def business_id(books: Books) -> int:
    """The id of the business that these books are."""
    return derived(books.company, "business")


def business(books: Books) -> Business:
    """The books' business, made once and again after `books.invalidate()`."""
    return books.index("kashoo", lambda: Business(books))


class Business:
    """The lookups that answers need; a snapshot of the books until they are invalidated."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.id = business_id(books)
        self.rendered = Rendered()
        self._ids = Ids()
        self.accounts = {row.number: self._make("account", row.number) for row in books.accounts}
        self.contacts = {row.number: self._make("contact", row.number) for row in books.parties}
        self.items = {row.number: self._make("item", row.number) for row in books.items}
        self.taxes = {name: self._make("tax", name) for name in _names(books.taxes)}
        self.records = Records(books, self._make, self.contacts)
        self.account_by_id: dict[int, Account] = {self.accounts[row.number]: row for row in books.accounts}
        self.contact_by_id: dict[int, Party] = {self.contacts[row.number]: row for row in books.parties}
        self.item_by_id: dict[int, Item] = {self.items[row.number]: row for row in books.items}
        self.contacts_by_name = sorted(books.parties, key=lambda row: (row.name.casefold(), row.number))
        self.receivable = self._first("ACCOUNTS_RECEIVABLE")
        self.payable = self._first("ACCOUNTS_PAYABLE")
        self.tax_account = self._first("TAX")
        self.started = min((row.created_at for row in books.parties), default=_UNKNOWN)

    def account(self, number: str | None) -> int | None:
        """The id of the account with this number."""
        return None if number is None else self.accounts.get(number)

    def part(self, *names: str) -> int:
        """The id of a part that is never asked for alone: a line, a rate, an attachment."""
        return derived(self.books.company, *names)

    def _make(self, kind: str, number: str) -> int:
        return self._ids.make(self.books.company, kind, number)

    def _first(self, type: str) -> int | None:
        return next((self.accounts[row.number] for row in self.books.accounts if row.type == type), None)


def _names(taxes: list[Tax]) -> list[str]:
    return list(dict.fromkeys(row.name for row in taxes))
