"""Fill Boss Insights' books; invoices, payments and customers of Kashoo's are among them, by their ids there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

from ledgermesh.sandbox.books import Books, Paper
from ledgermesh.sandbox.kashoo.ids import derived
from ledgermesh.sandbox.kashoo.product import space
from ledgermesh.sandbox.kashoo.records import INVOICE, INVOICE_PAYMENT
from ledgermesh.sandbox.more_books import Origin
from ledgermesh.sandbox.world import aggregated_books
from ledgermesh.sandbox.world.setting import Setting

KASHOO = "kashoo"
TAKEN = 40
"""Invoices at most, the newest ones; never more than a third of what the books hold."""


def fill(books: Books, setting: Setting) -> None:
    """Fill these empty books; what is taken over from Kashoo counts among the invoices they are to hold."""
    aggregated_books.lay_out(books, setting)
    source, size = setting.others.get(KASHOO), setting.size
    if source is None:
        aggregated_books.fill(books, setting)
        return
    whole = list(_whole(books, source))
    taken = whole[max(len(whole) - min(TAKEN, size.invoices // 3), 0) :]
    rest = replace(size, invoices=size.invoices - len(taken))
    aggregated_books.fill(books, replace(setting, size=rest))
    take_over(books, source, taken)
    for rows in (books.invoices, books.receipts):
        rows.sort(key=attrgetter("date"))


def take_over(books: Books, source: Books, papers: Sequence[Paper]) -> None:
    """Copy these invoices of the source with their payments and customers, whose numbers are free in the books."""
    for paper in papers:
        books.invoices.append(replace(paper, lines=[replace(line) for line in paper.lines]))
        _note(books, source, "invoices", INVOICE, paper.number)
        for row in source.settlements(paper):
            books.receipts.append(replace(row, allocations=list(row.allocations)))
            _note(books, source, "receipts", INVOICE_PAYMENT, row.number)
    _parties(books, source, {paper.party for paper in papers})
    books.invalidate()


def _whole(books: Books, source: Books) -> Iterator[Paper]:
    """What can be copied whole: invoices whose payments are for nothing else.

    Not those with a worded number, which both books may give: the others lie apart, as numbers of parties do.
    """
    for paper in source.invoices:
        apart = all(len(row.allocations) == 1 and not row.unallocated for row in source.settlements(paper))
        counts = paper.state == "sent" and not paper.removed and paper.number.isdecimal()
        if counts and apart and _booked(books, paper):
            yield paper


def _booked(books: Books, paper: Paper) -> bool:
    """Whether accounts and taxes of the paper are in these books too."""
    return all(
        books.account(line.account) is not None
        and (line.tax is None or books.tax(line.tax, paper.date) is not None)
        for line in paper.lines
    )


def _parties(books: Books, source: Books, numbers: set[str]) -> None:
    for party in source.parties:
        if party.number in numbers:
            books.parties.append(replace(party, supplier=False))
            _note(books, source, "customers", "contact", party.number)


def _note(books: Books, source: Books, table: str, kind: str, number: str) -> None:
    books.more.origins[table, number] = Origin(KASHOO, str(derived(space(source), kind, number)))
