"""One set of books as a Kashoo business: which id means which account, contact, item, tax or record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TypeVar

from ledgermesh.sandbox.books import Account, Books, Item, Paper, Party, Settlement, Tax
from ledgermesh.sandbox.kashoo.entries import Entries
from ledgermesh.sandbox.kashoo.extras import Detail, Extras, Group, make_extras
from ledgermesh.sandbox.kashoo.ids import Ids, derived
from ledgermesh.sandbox.kashoo.numbers import Numbers
from ledgermesh.sandbox.kashoo.product import Product, product_of, space
from ledgermesh.sandbox.kashoo.records import Record, Records, Source, listed
from ledgermesh.sandbox.kashoo.rendered import Rendered
from ledgermesh.sandbox.kashoo.shares import Shares

T = TypeVar("T")
_UNKNOWN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""When books without a single contact say that they were opened."""
_PROJECTS_MAX = 3


def business_id(books: Books) -> int:
    """The id of the business that these books are."""
    return derived(space(books), "business")


class Businesses:
    """Every business of one product; each is put together when it is first asked for."""

    def __init__(self, shelf: Iterable[Books]) -> None:
        self._books = {business_id(books): books for books in shelf}
        self._extras: dict[int, Extras] = {}

    def __contains__(self, id: int) -> bool:
        return id in self._books

    def __iter__(self) -> Iterator[int]:
        return iter(self._books)

    def find(self, id: int) -> Business:
        """The business, put together again after `Books.invalidate()`; KeyError when there is none."""
        books = self._books[id]
        if id not in self._extras:
            projects = tuple(derived(space(books), "project", str(index)) for index in range(_PROJECTS_MAX))
            self._extras[id] = make_extras(books, projects, inbox=product_of(books).inbox)
        return books.index("kashoo", lambda: Business(books, self._extras[id]))

    def of(self, books: Books) -> Business:
        """The business that these books are."""
        return self.find(business_id(books))


class Business:
    """The lookups that answers need. Writes go through it and keep them right; nothing is put together again."""

    def __init__(self, books: Books, extras: Extras) -> None:
        self.books = books
        self.extras = extras
        self.product: Product = product_of(books)
        self.id = business_id(books)
        self.rendered = Rendered()
        self._space = space(books)
        self._ids = Ids()
        self.accounts = {row.number: self._make("account", row.number) for row in books.accounts}
        self.contacts = {row.number: self._make("contact", row.number) for row in books.parties}
        self.items = {row.number: self._make("item", row.number) for row in books.items}
        self.taxes = {name: self._make("tax", name) for name in _names(books.taxes)}
        self.groups = {row.key: self._make("group", row.key) for row in extras.groups}
        self.records = Records(books, extras, self._make, self.contacts)
        self.shares = Shares((*books.receipts, *books.disbursements))
        self.numbers = Numbers(self.records)
        self._entries: Entries | None = None
        self.account_by_id: dict[int, Account] = {self.accounts[row.number]: row for row in books.accounts}
        self.contact_by_id: dict[int, Party] = {self.contacts[row.number]: row for row in books.parties}
        self.item_by_id: dict[int, Item] = {self.items[row.number]: row for row in books.items}
        self.group_by_id: dict[int, Group] = {self.groups[row.key]: row for row in extras.groups}
        self.receivable = self._first("ACCOUNTS_RECEIVABLE")
        self.payable = self._first("ACCOUNTS_PAYABLE")
        self.tax_account = self._first("TAX")
        self.started = min((row.created_at for row in books.parties), default=_UNKNOWN)
        self._by_name: list[Party] | None = None

    @property
    def entries(self) -> Entries:
        """What is booked to each account; made when first asked for."""
        if self._entries is None:
            self._entries = Entries(self.books, self.records)
        return self._entries

    @property
    def contacts_by_name(self) -> list[Party]:
        """Every contact, in the order of the lists."""
        if self._by_name is None:
            self._by_name = sorted(self.books.parties, key=lambda row: (row.name.casefold(), row.number))
        return self._by_name

    def account(self, number: str | None) -> int | None:
        """The id of the account with this number."""
        return None if number is None else self.accounts.get(number)

    def part(self, *names: str) -> int:
        """The id of a part that is never asked for alone: a line, a rate, an attachment."""
        return derived(self._space, *names)

    # -- writes ----------------------------------------------------------------------------------------------------

    def put_record(self, type: str, source: Source, detail: Detail | None = None) -> Record:
        """Write a record; it takes the place of that with the same number of the books, if there is one."""
        known = self.records.ids.get((type, source.number))
        old = None if known is None else self.records.by_id[known].source
        _put(listed(self.books, self.extras)[type], old, source)
        if isinstance(old, Settlement):
            self.shares.drop(old)
        if isinstance(source, Settlement):
            self.shares.add(source)
        self.touch(old)
        record = self.records.put(type, source, detail)
        self.numbers.note(type, record.number)
        self._enter(record)
        return record

    def put_account(self, account: Account) -> int:
        """Write an account."""
        old = self.account_by_id.get(self.accounts.get(account.number, 0))
        _put(self.books.accounts, old, account)
        id = self._known(self.accounts, "account", account.number)
        self.account_by_id[id] = account
        self.touch()
        return id

    def put_contact(self, party: Party) -> int:
        """Write a contact."""
        old = self.contact_by_id.get(self.contacts.get(party.number, 0))
        _put(self.books.parties, old, party)
        id = self._known(self.contacts, "contact", party.number)
        self.contact_by_id[id] = party
        self._by_name = None
        self.touch()
        return id

    def put_item(self, item: Item) -> int:
        """Write an item."""
        old = self.item_by_id.get(self.items.get(item.number, 0))
        _put(self.books.items, old, item)
        id = self._known(self.items, "item", item.number)
        self.item_by_id[id] = item
        self.touch()
        return id

    def put_group(self, group: Group) -> int:
        """Write a new group of contacts."""
        self.extras.groups.append(group)
        id = self._known(self.groups, "group", group.key)
        self.group_by_id[id] = group
        self.touch()
        return id

    def touch(self, old: object = None) -> None:
        """Forget what the books' indexes and the written answers say, after a change to the books.

        What papers come to is kept, but of the `old` one: a changed paper is always another value.
        """
        known: dict[int, object] = self.books.index("totals", dict)
        known.pop(id(old), None)
        self.books.invalidate()
        self.books.index("totals", lambda: known)
        self.books.index("kashoo", lambda: self)
        self.rendered = Rendered()

    def _enter(self, record: Record) -> None:
        """Book the record; its payments too, since they clear it at its own exchange rate."""
        if self._entries is None:
            return
        self._entries.replace(record)
        if isinstance(record.source, Paper):
            for payment, _ in self.shares.of(record.source):
                type = f"{record.type}_PAYMENT"
                self._entries.replace(self.records.by_id[self.records.ids[type, payment.number]])

    def _known(self, ids: dict[str, int], kind: str, number: str) -> int:
        if number not in ids:
            ids[number] = self._make(kind, number)
        return ids[number]

    def _make(self, kind: str, number: str) -> int:
        return self._ids.make(self._space, kind, number)

    def _first(self, type: str) -> int | None:
        return next((self.accounts[row.number] for row in self.books.accounts if row.type == type), None)


def _put(rows: list[T], old: T | None, new: T) -> None:
    """In place of the old one, by identity: equal rows are not the same row."""
    if old is None:
        rows.append(new)
        return
    rows[next(index for index, row in enumerate(rows) if row is old)] = new


def _names(taxes: list[Tax]) -> list[str]:
    return list(dict.fromkeys(row.name for row in taxes))
