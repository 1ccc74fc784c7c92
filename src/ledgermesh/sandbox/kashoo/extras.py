"""What a Kashoo business has that plain books do not: projects, groups, transfers, and details of its objects.

All of it is derived from the books, the same in every run, until somebody writes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec import Struct

from ledgermesh.sandbox.books import Account, Books

_PROJECT_NAMES = ("Spring campaign", "New premises", "Year-end clearance")
_PROJECTS_FROM = 20
"""Invoices that a business has before it thinks in projects."""
_PROJECT_EVERY = 6
_ATTACHED_EVERY = 9
"""About one invoice or bill in so many has a scanned page attached."""
_LOCKED_EVERY = 89
"""About one record in so many is closed to changes, as after a reconciliation."""
_INBOX_EVERY = 4
_REMOVED_LAST = 3
"""With at least so many transfers the last one was entered by mistake."""


class Project(Struct, frozen=True):
    """Something that records are counted towards."""

    id: int
    name: str


@dataclass
class Group:
    """A group of contacts."""

    key: str
    name: str
    type: str
    members: list[str]
    """Numbers of the parties."""
    removed: bool = False


@dataclass(slots=True)
class Transfer:
    """Money moved from one account of the business to another."""

    number: str
    date: dt.date
    source: str
    """Number of the account it left."""
    target: str
    amount: Decimal
    currency: str
    memo: str
    created_at: dt.datetime
    updated_at: dt.datetime
    exchange_rate: Decimal = Decimal(1)
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """What a record has beside what books hold of it."""

    number: str | None = None
    """Shown instead of the books' number, which must be unique; a record's own number need not be."""
    description: str = ""
    project: int | None = None
    context: int | None = None
    inbox: str | None = None
    zero_allowed: bool = False
    read_only: bool = False
    attached: bool = False
    exchange_payment: bool = False
    keeps_currency: bool = False
    by_check: bool | None = None
    """None says what the method says."""
    party: str | None = None
    """Number of the contact, for records whose books have no place for one."""
    line_projects: tuple[int | None, ...] = ()


@dataclass
class Extras:
    """The further parts of one business."""

    projects: list[Project]
    groups: list[Group]
    transfers: list[Transfer]
    inbox: bool
    """Whether some records came out of an inbox."""
    details: dict[int, Detail] = field(default_factory=dict)
    """By id, of records that were written."""
    written: dict[int, dict[str, object]] = field(default_factory=dict)
    """By id, fields of businesses, accounts, contacts and items as they were written."""
    imported: set[tuple[int, str]] = field(default_factory=set)
    """Account and the bank's own id of every statement line that was taken in."""

    def detail(self, type: str, id: int) -> Detail:
        """What was written, else what is derived from the id."""
        return self.details.get(id) or self._derived(type, id)

    def project(self, id: int | None) -> Project | None:
        """The project with this id."""
        return next((row for row in self.projects if row.id == id), None)

    def _derived(self, type: str, id: int) -> Detail:
        paper = type in ("INVOICE", "BILL")
        planned = paper and bool(self.projects) and id % _PROJECT_EVERY == 0
        return Detail(
            project=self.projects[id // _PROJECT_EVERY % len(self.projects)].id if planned else None,
            inbox=f"inbox-{id:x}" if self.inbox and type != "INVOICE" and id % _INBOX_EVERY == 0 else None,
            read_only=id % _LOCKED_EVERY == 0,
            attached=paper and id % _ATTACHED_EVERY == 0,
        )


def make_extras(books: Books, project_ids: tuple[int, ...], *, inbox: bool) -> Extras:
    """What goes with these books as they were made; `project_ids` are spent on the projects."""
    named = zip(project_ids, _PROJECT_NAMES, strict=False)
    large = len(books.invoices) >= _PROJECTS_FROM
    return Extras(
        projects=[Project(id, name) for id, name in named] if large else [],
        groups=_groups(books),
        transfers=_transfers(books),
        inbox=inbox,
    )


def _groups(books: Books) -> list[Group]:
    customers = [row.number for row in books.parties if row.customer]
    vendors = [row.number for row in books.parties if row.supplier]
    rows = [
        Group("regulars", "Regular customers", "CUSTOMER", customers[::3]),
        Group("local", "Local vendors", "VENDOR", vendors[::2]),
        Group("former", "Former customers", "CUSTOMER", [], removed=True),
    ]
    return [row for row in rows if row.members or row.removed]


def _transfers(books: Books) -> list[Transfer]:
    """Something put by each month and taken back now and then; nothing without two accounts for it."""
    accounts = _cash(books)
    days = sorted(row.date for row in books.invoices)
    if len(accounts) < 2 or not days:
        return []
    rows = [
        _transfer(books, index, day, accounts[0].number, accounts[1].number)
        for index, day in enumerate(_month_starts(days[0], days[-1]), 1)
    ]
    if len(rows) >= _REMOVED_LAST:
        rows[-1].removed, rows[-1].memo = True, "Entered twice"
    return rows


def _transfer(books: Books, index: int, day: dt.date, first: str, second: str) -> Transfer:
    back = index % 5 == 0
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC)
    return Transfer(
        number=f"T-{index:04d}",
        date=day,
        source=second if back else first,
        target=first if back else second,
        amount=Decimal(90000 if back else 40000 + 2575 * (index % 7)).scaleb(-2),
        currency=books.currency,
        memo="Back from savings" if back else "Put by",
        created_at=noon,
        updated_at=noon,
    )


def _cash(books: Books) -> list[Account]:
    """Bank accounts in the home currency that stand for themselves."""
    above = {row.parent for row in books.accounts}
    return [
        row
        for row in books.accounts
        if row.type == "BANK"
        and row.currency == books.currency
        and row.number not in above
        and not row.archived
    ]


def _month_starts(first: dt.date, last: dt.date) -> list[dt.date]:
    day, found = (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1), []
    while day < last:
        found.append(day)
        day = (day + dt.timedelta(days=32)).replace(day=1)
    return found
