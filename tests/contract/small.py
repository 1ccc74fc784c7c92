"""The demo world cut down to what a test reads in a moment: two companies for each provider, a few dozen records.

What a kept record names is kept too, and so is the journal entry that books it.
"""

from __future__ import annotations

import datetime as dt
import pickle
from dataclasses import replace
from functools import cache

from ledgermesh.sandbox import booking
from ledgermesh.sandbox.books import Books, Journal, Settlement
from ledgermesh.sandbox.more_books import MoreBooks
from ledgermesh.sandbox.office_books import OfficeBooks
from ledgermesh.sandbox.world import World, make_world

PAPERS = 28
BANK_LINES = 45
JOURNALS = 12
"""Besides those that book another record."""
ROWS = 24
"""Of every other list that grows with time."""
COMPANIES_EACH = 2


def small_world(today: dt.date) -> World:
    """One of its own for each test: what it writes into the books is nobody else's."""
    own: World = pickle.loads(_packed(today))  # noqa: S301  # our own bytes; a deep copy takes ten times as long
    return own


@cache
def _packed(today: dt.date) -> bytes:
    whole = make_world(today=today)
    kept: dict[tuple[str, str], Books] = {}
    for (company, provider), books in whole.books.items():
        if sum(1 for _, known in kept if known == provider) < COMPANIES_EACH:
            kept[company, provider] = _cut(books)
    return pickle.dumps(World(today, kept))


def _cut(books: Books) -> Books:
    invoices, bills = books.invoices[-PAPERS:], books.bills[-PAPERS:]
    lines = books.bank_lines[-BANK_LINES:]
    known = {line.id for line in lines}
    more = cut_more(books.more)
    return replace(
        books,
        invoices=invoices,
        bills=bills,
        receipts=_settling(books.receipts, {paper.number for paper in invoices}),
        disbursements=_settling(books.disbursements, {paper.number for paper in bills}),
        journals=kept_journals(books.journals, more),
        bank_lines=lines,
        files=[file for file in books.files if file.bank_line is None or file.bank_line in known][:25],
        more=more,
        office=cut_office(books.office),
    )


def cut_more(more: MoreBooks) -> MoreBooks:
    """The newest pay of everybody who is employed, and the newest orders with what was charged for them."""
    orders = more.orders[-ROWS:]
    numbers = {order.number for order in orders}
    return replace(
        more,
        pay_checks=more.pay_checks[-ROWS:],
        orders=orders,
        charges=[charge for charge in more.charges if charge.order in numbers],
        expenses=more.expenses[-ROWS:],
        credit_notes=more.credit_notes[-ROWS:],
    )


def cut_office(office: OfficeBooks) -> OfficeBooks:
    """All people, projects, activities and cost units, which the others name; of the others the newest."""
    return replace(
        office,
        people=office.people[-ROWS:],
        addresses=office.addresses[-ROWS:],
        party_accounts=office.party_accounts[-ROWS:],
        reminders=office.reminders[-ROWS:],
        letters=office.letters[-ROWS:],
        offers=office.offers[-ROWS:],
        order_confirmations=office.order_confirmations[-ROWS:],
        delivery_notes=office.delivery_notes[-ROWS:],
        efforts=office.efforts[-ROWS:],
        working_hours=office.working_hours[-ROWS:],
    )


def kept_journals(journals: list[Journal], more: MoreBooks) -> list[Journal]:
    """The newest entries of their own, and those that book what is kept."""
    kept = {row.number for row in [row for row in journals if not booking.own(row)][-JOURNALS:]}
    kept |= {f"pay_check:{check.number}" for check in more.pay_checks}
    kept |= {f"expense:{expense.paper.number}" for expense in more.expenses}
    kept |= {f"credit_note:{note.paper.number}" for note in more.credit_notes}
    return [row for row in journals if row.number in kept]


def _settling(settlements: list[Settlement], papers: set[str]) -> list[Settlement]:
    return [
        row
        for row in settlements
        if row.allocations and all(number in papers for number, _ in row.allocations)
    ]
