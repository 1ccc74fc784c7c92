"""The demo world cut down to what a test reads in a moment: two companies for each provider, a few dozen records."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

from ledgermesh.sandbox.books import Books, Settlement
from ledgermesh.sandbox.world import World, make_world

PAPERS = 28
BANK_LINES = 45
COMPANIES_EACH = 2


@cache
def small_world(today: dt.date) -> World:
    """Shared by all tests: they turn switches of emulators, never the books."""
    whole = make_world(today=today)
    kept: dict[tuple[str, str], Books] = {}
    for (company, provider), books in whole.books.items():
        if sum(1 for _, known in kept if known == provider) < COMPANIES_EACH:
            kept[company, provider] = _cut(books)
    return World(today, kept)


def _cut(books: Books) -> Books:
    invoices, bills = books.invoices[-PAPERS:], books.bills[-PAPERS:]
    lines = books.bank_lines[-BANK_LINES:]
    known = {line.id for line in lines}
    return replace(
        books,
        invoices=invoices,
        bills=bills,
        receipts=_settling(books.receipts, {paper.number for paper in invoices}),
        disbursements=_settling(books.disbursements, {paper.number for paper in bills}),
        journals=books.journals[-12:],
        bank_lines=lines,
        files=[file for file in books.files if file.bank_line is None or file.bank_line in known][:25],
    )


def _settling(settlements: list[Settlement], papers: set[str]) -> list[Settlement]:
    return [
        row
        for row in settlements
        if row.allocations and all(number in papers for number, _ in row.allocations)
    ]
