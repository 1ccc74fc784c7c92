"""What Boss Insights takes over from a company's Kashoo books: invoices, payments, customers, by their ids there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ledgermesh.sandbox.books import Books, Paper
from ledgermesh.sandbox.kashoo.ids import derived
from ledgermesh.sandbox.kashoo.product import space
from ledgermesh.sandbox.kashoo.records import INVOICE, INVOICE_PAYMENT
from ledgermesh.sandbox.more_books import Origin

KASHOO = "kashoo"
TAKEN = 40
"""Invoices, the newest ones."""


def take_over(books: Books, source: Books) -> None:
    """Copy the newest of the source's invoices with their payments and customers; nothing when that was done before.

    Only what can be copied whole: an invoice whose payments are for nothing else, and whose number is still free.
    """
    if any(row.integration == KASHOO for row in books.more.origins.values()):
        return
    taken = list(_whole(books, source))[-TAKEN:]
    for paper in taken:
        books.invoices.append(replace(paper, lines=[replace(line) for line in paper.lines]))
        _note(books, source, "invoices", INVOICE, paper.number)
        for row in source.settlements(paper):
            books.receipts.append(replace(row, allocations=list(row.allocations)))
            _note(books, source, "receipts", INVOICE_PAYMENT, row.number)
    _parties(books, source, {paper.party for paper in taken})
    books.invalidate()


def _whole(books: Books, source: Books) -> Iterator[Paper]:
    held, receipts = {row.number for row in books.invoices}, {row.number for row in books.receipts}
    for paper in source.invoices:
        payments = source.settlements(paper)
        apart = all(len(row.allocations) == 1 and not row.unallocated for row in payments)
        free = paper.number not in held and receipts.isdisjoint(row.number for row in payments)
        if paper.state == "sent" and not paper.removed and apart and free and _booked(books, paper):
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
        if party.number in numbers and books.party(party.number) is None:
            books.parties.append(replace(party, supplier=False))
            _note(books, source, "customers", "contact", party.number)


def _note(books: Books, source: Books, table: str, kind: str, number: str) -> None:
    books.more.origins[table, number] = Origin(KASHOO, str(derived(space(source), kind, number)))
